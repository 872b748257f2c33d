"""Traces of curves by NumPy and SciPy: the oracle of draw_it/model.js."""

import numpy as np
from scipy.signal import find_peaks

PLACES = 96
TURN = 0.08
EPOCHS = np.array([1, 2, 4, 7, 11, 30, 60, 100])
LOSSES = np.array([2.3, 1.1, 0.6, 0.31, 0.2, 0.24, 0.5, 0.9])
CURVES = {
    "a valley": np.abs(np.linspace(-0.5, 0.9, 97)),
    "level": np.full(97, 0.4) + 0.03 * np.sin(np.arange(97)),
    "a climb with noise": np.linspace(0.1, 0.9, 97) + 0.02 * np.sin(3 * np.arange(97)),
    "waves": 0.5 + 0.4 * np.sin(np.arange(97) / 7),
    "waves that die": 0.5 + 0.45 * np.exp(-np.arange(97) / 30) * np.cos(np.arange(97) / 5),
    "a flat start": np.concatenate([np.full(40, 0.2), np.linspace(0.2, 0.8, 57)]),
}


def heights(given, xscale, yscale, ylim):
    """The truth at 97 places along the part to be drawn, by np.interp on the axes' own scales."""
    first = max(0, given - 1)
    x, y = (np.log(v) if s == "log" else v for v, s in ((EPOCHS, xscale), (LOSSES, yscale)))
    low, high = np.log(ylim) if yscale == "log" else ylim
    return np.interp(np.linspace(x[first], x[-1], PLACES + 1), x, (y - low) / (high - low))


def turns(curve):
    """Peaks and valleys whose prominence is at least TURN."""
    found = [find_peaks(sign * curve, prominence=TURN)[0] for sign in (1, -1)]
    return sorted(np.concatenate(found).tolist())


def distance(drawn, truth, low, high, log):
    gap = np.abs(drawn - truth)
    mean = np.trapezoid(gap) / PLACES
    by = [mean, gap.max()]
    by = (high / low) ** np.array(by) if log else (high - low) * np.array(by)
    worst = int(gap.argmax())
    return {
        "mean": float(mean),
        "worst": worst,
        "off": float(drawn[worst] - truth[worst]),
        "meanBy": float(by[0]),
        "offBy": float(by[1]),
    }


def openings():
    for given, xscale, yscale, ylim in (
        (0, "linear", "linear", (0.0, 2.5)),
        (3, "log", "linear", (0.0, 2.5)),
        (1, "log", "log", (0.1, 4.0)),
        (2, "linear", "log", (0.1, 4.0)),
    ):
        data = {"x": EPOCHS.tolist(), "y": LOSSES.tolist(), "xscale": xscale, "yscale": yscale}
        truth = heights(given, xscale, yscale, ylim)
        yield {
            "name": f"curve, {given} given, {xscale} and {yscale}",
            "js": "(model, data) => [...model.openCurve(data).truth]",
            "input": {**data, "ylim": ylim, "given": given},
            "expected": truth.tolist(),
        }


def comparisons():
    rng = np.random.default_rng(4)
    for log in (False, True):
        drawn, truth = rng.uniform(size=97), rng.uniform(size=97)
        yield {
            "name": f"compare, log {log}",
            "js": "(model, { drawn, truth, low, high, log }) => model.compare(drawn, truth, model.axisOf(low, high, log))",
            "input": {
                "drawn": drawn.tolist(),
                "truth": truth.tolist(),
                "low": 0.01,
                "high": 20.0,
                "log": log,
            },
            "expected": distance(drawn, truth, 0.01, 20.0, log),
        }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    rng = np.random.default_rng(3)
    places = np.sort(rng.choice(97, 12, replace=False))
    points = rng.uniform(size=12)
    pen = [[20.3, 0.9], [41.8, 0.1]]
    inside = np.arange(21, 42)
    return [
        *openings(),
        *comparisons(),
        {
            "name": "gaps are filled, ends held",
            "js": "(model, points) => [...model.filled(points)]",
            "input": np.stack([places, points], 1).tolist(),
            "expected": np.interp(np.arange(97), places, points).tolist(),
        },
        {
            "name": "a stroke replaces what it passes",
            "js": "(model, { rows, pen }) => model.strokeOver(rows, pen[1], pen[0], null)",
            "input": {"rows": [[5, 0.5], [30, 0.5], [60, 0.5]], "pen": pen},
            "expected": [
                [5, 0.5],
                [20, 0.9],  # next on the pen's way
                *[
                    [int(p), float(h)]
                    for p, h in zip(inside, np.interp(inside, *np.transpose(pen)).round(3), strict=True)
                ],
                [60, 0.5],
            ],
        },
        *[
            {
                "name": f"turns of {name}",
                "js": "(model, heights) => model.movesOf(heights).slice(1).map(({ from }) => from)",
                "input": curve.tolist(),
                "expected": turns(curve),
            }
            for name, curve in CURVES.items()
        ],
    ]
