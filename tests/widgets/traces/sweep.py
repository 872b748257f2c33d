"""Bands, maps and bests of small sweeps, as Sweep in Python finds them: the oracle of sweep/model.js."""

import math

import numpy as np

import d2lite
from d2lite.sweeps._runs import Run
from d2lite.widgets import SweepExplorer

METHODS, RATES, SIZES, SEEDS, LENGTH = ["sgd", "adam"], [0.01, 0.1, 1.0], [32, 64], [0, 1, 2], 50
DISPLAY = {"metrics": {"loss": {"log": True, "guess": 2.3}, "accuracy": {"guess": 0.1}}}


def make_sweep(seed=0):
    """Runs with curves of several lengths, divergence, a missing point and a scalar."""
    generator = np.random.default_rng(seed)
    runs = []
    for method in METHODS:
        for rate in RATES:
            for size in SIZES:
                if (method, rate, size) == ("adam", 0.1, 64):
                    continue
                for s in SEEDS:
                    length = LENGTH - 7 * s if size == 64 else LENGTH
                    loss = np.exp(generator.normal(size=length)) + np.linspace(1, 0, length)
                    if rate == 1.0 and s == 1:
                        loss[length // 2 :] = math.nan
                    accuracy = generator.uniform(size=length)
                    point = {"method": method, "rate": rate, "size": size}
                    runs.append(
                        Run(
                            point, s, {"test": float(accuracy[-1])}, {"loss": loss, "accuracy": accuracy}, 0.0
                        )
                    )
    return d2lite.Sweep(runs, provenance={"display": DISPLAY})


def text(value):
    """A number as test_parity.py gets it: what is not finite, as text."""
    return float(value) if math.isfinite(value) else "NaN"


def bands_case(sweep, payload, name):
    bands = sweep.bands(name)
    points = [[sweep.axes[axis].index(band.point[axis]) for axis in sweep.axes] for band in bands]
    expected = [
        {
            "mean": [text(v) for v in np.atleast_1d(band.mean)],
            "low": [text(v) for v in np.atleast_1d(band.low)],
            "high": [text(v) for v in np.atleast_1d(band.high)],
            "count": [int(v) for v in np.atleast_1d(band.count)],
        }
        for band in bands
    ]
    return {
        "name": f"bands of {name}",
        "js": """(model, { payload, points, name }) => {
            const metric = model.openSweep(payload).metrics.find((one) => one.name === name);
            return points.map((point) => model.bandAt(metric, point));
        }""",
        "input": {"payload": payload, "points": points, "name": name},
        "expected": expected,
    }


def map_case(sweep, payload):
    """The last values over the grid, the best rate of each row, and the best point of all."""
    rows, best = [], []
    for method in METHODS:
        for size in SIZES:
            line = []
            for rate in RATES:
                point = {"method": method, "rate": rate, "size": size}
                ends = [run["loss"][-1] for run in sweep if run.point == point]
                line.append(text(np.mean(ends)) if ends else None)
            finite = [v if isinstance(v, float) else math.inf for v in line]
            rows.append(line)
            best.append(int(np.argmin(finite)))
    lows = [line[k] for line, k in zip(rows, best, strict=True)]
    top = int(np.argmin(lows))
    method, size = [(method, size) for method in METHODS for size in SIZES][top]
    assert sweep.best("loss") == {"method": method, "rate": RATES[best[top]], "size": size}
    return {
        "name": "the map of the last losses",
        "js": """(model, payload) => {
            const sweep = model.openSweep(payload);
            return { across: sweep.across, rows: sweep.rows.length, ...model.mapAt(sweep, sweep.curves[0], sweep.length - 1) };
        }""",
        "input": payload,
        "expected": {"across": 1, "rows": 4, "values": rows, "best": best, "top": [top, best[top]]},
    }


def stopped_case():
    """Seeds that stop early: at NaN, and while they are worse than those that go on."""
    curves = {
        0.1: [[3.0, 2.0, 1.0], [3.0, 2.5]],
        0.2: [[3.0, 0.5, 0.4], [3.0, math.nan]],
        0.3: [[3.0, 2.0, 0.9], [3.0, 2.9]],
    }
    runs = [
        Run({"rate": rate}, seed, {}, {"loss": np.array(loss)}, 0.0)
        for rate, losses in curves.items()
        for seed, loss in enumerate(losses)
    ]
    sweep = d2lite.Sweep(runs)
    assert sweep.best("loss") == {"rate": 0.1}
    return {
        "name": "seeds that end earlier stay at their last values",
        "js": """(model, payload) => {
            const sweep = model.openSweep(payload);
            const [loss] = sweep.curves;
            const { values, top } = model.mapAt(sweep, loss, 2);
            return { values, top, first: model.valueAt(loss, [0], 2), before: model.meanAt(loss, [1], 0) };
        }""",
        "input": SweepExplorer(sweep).data,
        "expected": {
            "values": [[1.75, "NaN", 1.9]],
            "top": [0, 0],
            "first": {"mean": 1.75, "low": 1.0, "high": 2.5, "count": 2},
            "before": 3.0,
        },
    }


def words_case(payload):
    return {
        "name": "what is lost, where it broke, what lies beside, what a link may ask",
        "js": """(model, payload) => {
            const sweep = model.openSweep(payload);
            const [loss, accuracy] = sweep.curves;
            const lost = [NaN, Infinity, 2.4, 2.2].map((v) => model.isLostValue(loss, v));
            return {
                lost: [...lost, model.isLostValue(accuracy, 0.09), model.isLostValue(accuracy, 0.5)],
                broken: [model.brokenAt(loss, [0, 2, 0]), model.brokenAt(loss, [0, 0, 0])],
                beside: [model.neighbours(sweep, [0, 1, 0], 1), model.neighbours(sweep, [0, 1, 0], -1)],
                inside: model.insidePoint(sweep, [9, -1, 0.6]),
                missing: model.meanAt(loss, [1, 1, 1], 3),
                row: model.rowOf(sweep, [1, 2, 1]),
                scores: [2.3, 0.5, 9].map((v) => model.normalizedScore(loss, v, [0.5, 2.3])),
            };
        }""",
        "input": payload,
        "expected": {
            "lost": [True, True, True, False, True, False],
            "broken": [LENGTH // 2, -1],
            "beside": [[[0, 0, 0], [0, 2, 0]], []],
            "inside": [1, 0, 1],
            "missing": None,
            "row": 3,
            "scores": [0.0, 1.0, 0.0],
        },
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    made = make_sweep()
    payload = SweepExplorer(made).data
    # what the page gets is rounded: compare with the very numbers that were sent
    from d2lite.sweeps import _recordings as recordings

    runs, _ = recordings.from_payload({**payload, "failures": []})
    sent = d2lite.Sweep(runs)
    names = ("loss", "accuracy", "test")
    return [
        *(bands_case(sent, payload, name) for name in names),
        map_case(sent, payload),
        stopped_case(),
        words_case(payload),
    ]
