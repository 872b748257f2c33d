"""Every model.js against traces of torch or NumPy, made now by traces/<explorer>.py.

A trace script has cases(), a list of dicts: name; js, a function of (model, input) where model holds all that
model.js exports; input and expected, plain JSON values. Optional: tolerance (relative to max(1, |expected|)).
"""

import importlib.util
import json
import math
from pathlib import Path

import pytest

from d2lite.widgets import explorer_class, explorer_names, widget_names
from d2lite.widgets._preview import run_module

TRACES = Path(__file__).parent / "traces"
TOLERANCE = 1e-9
LOOSEST = 1e-5
RUN = """
import * as model from "./model.mjs";
import { readFileSync } from "node:fs";
const inputs = JSON.parse(readFileSync(0, "utf8"));
const functions = [FUNCTIONS];
const plain = (key, value) => (ArrayBuffer.isView(value) ? [...value] : typeof value === "number" ? number(value) : value);
const number = (value) => (Number.isFinite(value) ? value : String(value));
process.stdout.write(JSON.stringify(functions.map((run, i) => run(model, inputs[i])), plain));
"""


def load(name):
    path = TRACES / f"{name}.py"
    assert path.exists(), f"the explorer {name} has no {path.relative_to(TRACES.parent)}: write cases() there"
    spec = importlib.util.spec_from_file_location(f"traces_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.cases()


def check(got, expected, tolerance, where):
    if isinstance(expected, dict):
        assert isinstance(got, dict), f"{where}: {got!r}, expected {expected!r}"
        assert got.keys() == expected.keys(), f"{where}: {list(got)}, expected {list(expected)}"
        for key in expected:
            check(got[key], expected[key], tolerance, f"{where}.{key}")
    elif isinstance(expected, (list, tuple)):
        assert isinstance(got, list), f"{where}: {got!r}, expected {expected!r}"
        assert len(got) == len(expected), f"{where}: {len(got)} values, expected {len(expected)}"
        for i, (one, other) in enumerate(zip(got, expected, strict=True)):
            check(one, other, tolerance, f"{where}[{i}]")
    elif isinstance(expected, float) or (isinstance(expected, int) and not isinstance(expected, bool)):
        assert isinstance(got, (int, float)), f"{where}: {got!r}, expected {expected}"
        assert not math.isnan(got), where
        assert abs(got - expected) <= tolerance * max(1, abs(expected)), (
            f"{where}: {got}, expected {expected}"
        )
    else:
        assert got == expected, f"{where}: {got!r}, expected {expected!r}"


@pytest.mark.parametrize("name", [*explorer_names(), "draw_it"])
def test_model_agrees_with_its_traces(name):
    cases = load(name)
    assert cases, f"traces/{name}.py has no cases"
    model = explorer_class(name)._folder / "model.js"
    script = RUN.replace("FUNCTIONS", ",\n".join(f"({case['js']})" for case in cases))
    modules = {"model": model}
    results = json.loads(run_module(script, modules, [case["input"] for case in cases]))
    for case, result in zip(cases, results, strict=True):
        tolerance = case.get("tolerance", TOLERANCE)
        assert tolerance <= LOOSEST
        check(result, case["expected"], tolerance, case["name"])


def test_the_check_itself_can_fail():
    check({"a": [1.0]}, {"a": [1.0 + 1e-12]}, TOLERANCE, "x")
    for wrong in ({"a": [1.1]}, {"a": []}, {"a": ["NaN"]}, {"b": [1.0]}, {"a": 1.0}):
        with pytest.raises(AssertionError):
            check(wrong, {"a": [1.0]}, TOLERANCE, "x")


def test_every_trace_belongs_to_an_explorer():
    assert set(explorer_names()) <= {path.stem for path in TRACES.glob("*.py")} <= set(widget_names())
