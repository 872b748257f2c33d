"""The runner of all tests: it goes on after a failure, and its last line tells the truth."""

import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import pytest

def test_good(): pass
def test_bad(): assert False
@pytest.mark.skip
def test_left_out(): pass
@pytest.fixture
def torn():
    yield
    raise OSError
def test_ends_badly(torn): pass
"""


@pytest.fixture
def runner(monkeypatch, tmp_path):
    """The script, with parts of its own that run in an empty folder."""
    spec = importlib.util.spec_from_file_location("run_tests", ROOT / "tools" / "run_tests.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "run_tests", module)
    spec.loader.exec_module(module)
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_none.py").write_text("")
    run = lambda *words: ["-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    parts = {
        "lint": [["-c", "raise SystemExit(3)"], ["-c", ""]],
        "build": [["-c", "raise SystemExit(0)"]],
        "unit": [run("test_some.py")],
        "browser": [run("test_none.py")],
        "notebooks": [run("test_some.py", "-k", "good or left")],
        "told": [["-c", "import os, pathlib; pathlib.Path('told').write_text(os.environ['D2LITE_SITE'])"]],
    }
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # starts quickly
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "PARTS", parts)
    return module


def run(runner, monkeypatch, capfd, *arguments):
    monkeypatch.setattr("sys.argv", ["run_tests.py", *arguments])
    status = runner.main()
    return status, capfd.readouterr().out.splitlines()


def test_every_part_runs_and_the_table_says_which_failed(runner, monkeypatch, capfd, tmp_path):
    status, lines = run(runner, monkeypatch, capfd)
    assert status == 1
    assert lines[-1] == "2 passed, 4 failed, 2 skipped"
    rows = [
        line.split()[:-1] for line in lines[lines.index(next(x for x in lines if x.startswith("part "))) :]
    ]
    assert rows[1:7] == [
        ["lint", "FAILED", "0", "1", "0"],
        ["build", "ok", "0", "0", "0"],
        ["unit", "FAILED", "1", "2", "1"],
        ["browser", "FAILED", "0", "1", "0"],  # nothing was collected
        ["notebooks", "ok", "1", "0", "1"],
        ["told", "ok", "0", "0", "0"],
    ]
    failures = [line for line in lines if line.startswith("failed in ")]
    assert failures[0] == "failed in lint: -c raise SystemExit(3) ended with 3"
    assert failures[1:3] == [
        "failed in unit: test_some::test_bad",
        "failed in unit: test_some::test_ends_badly",
    ]
    assert failures[3].startswith("failed in browser: -m pytest")
    assert (tmp_path / "told").read_text() == "built"


def test_parts_can_be_chosen_and_all_that_passes_is_a_success(runner, monkeypatch, capfd):
    status, lines = run(runner, monkeypatch, capfd, "build", "notebooks")
    assert (status, lines[-1]) == (0, "1 passed, 0 failed, 1 skipped")
    with pytest.raises(SystemExit):
        run(runner, monkeypatch, capfd, "everything")
    assert "parts has 'everything': expected some of lint, build" in capfd.readouterr().err


def test_a_site_that_was_not_built_is_told_to_the_browser_tests(runner, monkeypatch, capfd, tmp_path):
    monkeypatch.setitem(runner.PARTS, "build", [["-c", "raise SystemExit(1)"]])
    assert run(runner, monkeypatch, capfd, "build", "told")[0] == 1
    assert (tmp_path / "told").read_text() == "failed"
