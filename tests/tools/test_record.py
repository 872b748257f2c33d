"""The scripts that record: one command line for all, and what it saves."""

import importlib
import sys
from pathlib import Path

import pytest

import d2lite

FOLDER = Path(__file__).resolve().parents[2] / "tools" / "record"
SCRIPT = '''"""Record squares.

More of it.
"""

from recording import record


def train_point(x, *, seed):
    if x == 13:
        raise ValueError("x is 13: expected luck")
    return {"square": x * x + seed}


def worse(sweep):
    sweep.provenance["finished"] = len(sweep)


def plan(grid):
    return {"train": "train_point", "grid": {"x": grid}, "seeds": range(2), "finish": worse}


def main():
    record({"squares": lambda: plan([2, 3]) | {"display": {"labels": {"x": "side"}}}, "unlucky": lambda: plan([13])})
'''


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Function of command line arguments that runs a small recorder there and returns the saved Sweep."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("D2LITE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "small_recorder.py").write_text(SCRIPT)
    importlib.invalidate_caches()
    module = importlib.import_module("small_recorder")
    monkeypatch.setitem(sys.modules, "__main__", module)
    monkeypatch.setattr(importlib.import_module("recording"), "FOLDER", tmp_path / "recordings")

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["small_recorder.py", *arguments])
        module.main()
        return d2lite.Sweep.load(tmp_path / "recordings" / f"{(arguments or ('squares',))[0]}.json.gz")

    yield run
    del sys.modules["small_recorder"]


def test_it_saves_all_runs_with_their_provenance(script):
    sweep = script()
    assert [run["square"] for run in sweep.select(x=3)] == [9, 10]
    assert sweep.provenance["command"] == "python tools/record/small_recorder.py squares"
    assert sweep.provenance["display"] == {"labels": {"x": "side"}}
    assert sweep.provenance["finished"] == 4


def test_a_failed_run_saves_nothing_and_says_so(script, tmp_path):
    with pytest.warns(RuntimeWarning), pytest.raises(SystemExit, match="some runs failed: start again"):
        script("unlucky")
    assert not (tmp_path / "recordings").exists()
