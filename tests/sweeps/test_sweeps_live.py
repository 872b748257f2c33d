"""A run done now, watched and stopped, is the run that a sweep would have done."""

import math
import os
import sys
import threading
import time

import numpy as np
import pytest

import d2lite
from d2lite.sweeps._live import LiveRun
from d2lite.sweeps._runs import Failure, Run


def walk(rate, width=2, *, seed):
    """A curve that depends on the generators and the arguments; it prints, as training functions do."""
    print("walking")
    steps = np.random.normal(size=5) * rate + width  # noqa: NPY002 - the seeded generator of a run
    return {"loss": [*steps, math.nan], "last": steps[-1]}


def sleep(rate, *, seed):
    time.sleep(60)
    return {"loss": [1.0]}


def refuse(rate, *, seed):
    raise OSError(f"no rate of {rate} here")


@pytest.fixture
def recorded(tmp_path):
    return d2lite.sweep(
        walk, {"rate": [0.1, 0.2], "width": [2, 3]}, [0, 1], path=tmp_path, n_jobs=1, progress=False
    )


def test_it_is_the_run_of_the_sweep(recorded):
    run = LiveRun(walk, {"rate": 0.2, "width": 3}, seed=1)
    [expected] = recorded.select(rate=0.2, width=3, seed=1)
    assert np.array_equal(run.result()["loss"], expected["loss"], equal_nan=True)
    assert run.result().scalars == expected.scalars
    assert run.result() is run.result()


def test_it_can_be_stopped_at_once():
    run = LiveRun(sleep, {"rate": 1.0})
    run.stop()
    assert run.result() == Failure({"rate": 1.0}, 0, "stopped")  # it would have slept to its end otherwise


def test_what_train_raises_is_told():
    assert LiveRun(refuse, {"rate": 3}).result().error == "OSError: no rate of 3 here"


def shout(rate, *, seed):
    os.write(1, b"a library in C prints")
    return {"last": rate}


def test_what_is_printed_past_python_spoils_no_result():
    assert LiveRun(shout, {"rate": 3}).result()["last"] == 3


def test_without_a_standard_error_stream(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    assert LiveRun(shout, {"rate": 3}).result()["last"] == 3


def test_a_path_object_among_pythons_folders(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.path", [*sys.path, tmp_path])  # Python passes over it
    assert LiveRun(shout, {"rate": 3}).result()["last"] == 3


def test_what_the_process_answers_is_read_and_not_run(monkeypatch):
    """A pickle would run what it says; an answer that is no JSON is a failure."""
    monkeypatch.setattr("d2lite.sweeps._live.WORKER", "print('c__builtin__\\nexit\\n')")
    assert "could not be read" in LiveRun(walk, {"rate": 1}).result().error


def test_a_function_that_cannot_be_pickled_starts_nothing():
    lock = threading.Lock()
    with pytest.raises(TypeError, match="pickle"):
        LiveRun(lambda rate, *, seed: {"last": rate if lock else 0}, {"rate": 3})


@pytest.mark.parametrize(
    ("point", "seed", "error"),
    [
        ({"speed": 1}, 0, "expected to be called with speed"),
        ({"rate": 1}, 0.5, "expected integers"),
        ({}, 0, "rate"),
    ],
)
def test_bad_calls_start_nothing(point, seed, error):
    with pytest.raises((TypeError, ValueError), match=error):
        LiveRun(walk, point, seed)


class TestFromTheExplorer:
    def test_a_run_joins_the_recorded_ones(self, recorded):
        explorer = recorded.to_explorer(train=walk, at={"rate": 0.2, "width": 3})
        explorer.train_point({"rate": 0.15}, seed=4).join()
        [run] = explorer.own_runs
        assert (run.point, run.seed) == ({"rate": 0.15, "width": 3}, 4)
        [told] = explorer._own
        assert told["values"]["loss"][:5] == pytest.approx(run["loss"][:5], rel=1e-5)
        assert told["values"]["loss"][5] is None  # JSON has no nan
        assert explorer._live == {}

    def test_the_page_asks_by_messages(self, recorded):
        explorer = recorded.to_explorer(train=sleep)
        explorer._hear(explorer, {"train": {"point": {"speed": 1}, "seed": 0}}, [])
        assert explorer._live == {"error": "point has 'speed': expected one of rate, width"}
        heard = []
        explorer.observe(lambda change: heard.append(change.new), "_live")
        explorer._hear(explorer, {"train": {"point": {"speed": 1}, "seed": 0}}, [])
        assert heard[-1] == explorer._live  # the same error once more is told once more
        explorer = recorded.to_explorer(train=lambda rate, width, seed: time.sleep(60))
        explorer._hear(explorer, {"train": {"point": {"rate": 0.3}, "seed": 0}}, [])
        with pytest.raises(RuntimeError, match="a run is under way"):
            explorer.train_point({})
        end = time.monotonic() + 60
        while "seconds" not in explorer._live and time.monotonic() < end:
            time.sleep(0.05)
        assert explorer._live["expected"] >= 0
        explorer._hear(explorer, {"cancel": True}, [])
        while "error" not in explorer._live and time.monotonic() < end:
            time.sleep(0.05)
        assert explorer._live == {"error": "stopped"}
        assert explorer.own_runs == []

    @pytest.mark.parametrize(
        ("request_", "error"),
        [
            ([], "expected a point and a seed"),
            ("now", "expected a point and a seed"),
            ({"seed": 0}, "expected a point and a seed"),
            ({"point": {}, "seed": 0, "self": 1}, "expected a point and a seed"),
            ({"point": {"rate": "0.1; import os"}}, "rate is '0.1; import os': expected a number"),
            ({"point": {"rate": True}}, "rate is True: expected a number"),
            ({"point": {"rate": math.nan}}, "rate is nan: expected a number"),
            ({"point": {"rate": {"a": 1}}}, "rate is {'a': 1}: expected a number"),
            ({"point": {"kind": "c"}}, "kind is 'c': expected ['a', 'b']"),
            ({"point": {"rate": 0.1}, "seed": 0.5}, "seed is 0.5: expected a whole number"),
            ({"point": {"rate": 0.1}, "seed": -1}, "seeds is [-1]: expected"),
            ({"point": {"rate": 0.1}, "seed": None}, "seed is None: expected a whole number"),
        ],
    )
    def test_a_page_may_say_anything_and_starts_nothing_with_it(self, request_, error):
        runs = [Run({"rate": 0.1, "kind": kind}, 0, {}, {"loss": np.ones(2)}, 0.0) for kind in "ab"]
        explorer = d2lite.Sweep(runs).to_explorer(train=lambda rate, kind, seed: {"loss": [1.0]})
        explorer._hear(explorer, {"train": request_ or [0]}, [])
        assert error in explorer._live["error"]
        assert explorer._run is None

    @pytest.mark.parametrize("content", [None, [], "train", 3, {}])
    def test_other_messages_do_nothing(self, content, recorded):
        explorer = recorded.to_explorer(train=walk)
        explorer._hear(explorer, content, [])
        assert explorer._run is None

    def test_without_a_function_there_is_nothing_to_train(self, recorded):
        with pytest.raises(RuntimeError, match="train is None: expected the function"):
            recorded.to_explorer().train_point({"rate": 0.1})
