"""What a sweep runs, keeps and returns, and what Sweep makes of it; faults are in test_sweeps_faults.py."""

import gzip
import json
import math
import random
import tempfile

import numpy as np
import pytest
import torch

import d2lite
from d2lite import sweeps
from d2lite.sweeps._grids import points_of
from d2lite.sweeps._runs import Run, Task, perform

GRID = {"lr": [0.1, 1.0], "batch": [1, 16]}


def train(lr, batch, seed):
    """A made-up run that diverges at lr=1, batch=1."""
    noise = np.random.default_rng(seed).normal(size=20)
    loss = 2.3 * np.exp(-lr * np.arange(20) / batch) + 0.01 * noise
    if lr == 1.0 and batch == 1:
        loss[10:15], loss[15:] = math.inf, math.nan
    return {"loss": loss, "accuracy": 1 - loss[-1], "steps": 20}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    return d2lite.sweep(train, GRID, path=tmp_path_factory.mktemp("runs"), n_jobs=1)


def counting(folder, result=None):
    """A train that leaves a line for each of its calls."""
    log = folder / "calls"

    def count(x, seed):
        with open(log, "a") as file:
            file.write(f"{x} {seed}\n")
        return result or {"y": 10 * x + seed}

    return count, lambda: log.read_text().splitlines() if log.exists() else []


def same(a, b):
    """Whether two sweeps hold exactly the same runs."""
    assert [(run.point, run.seed) for run in a] == [(run.point, run.seed) for run in b]
    for left, right in zip(a, b, strict=True):
        np.testing.assert_equal(left.scalars, right.scalars)
        np.testing.assert_equal(left.curves, right.curves)
    return True


def test_order_contents_and_exactness(swept):
    assert len(swept) == 12
    assert [run.seed for run in swept][:4] == [0, 1, 2, 0]
    assert [tuple(run.point.values()) for run in swept[::3]] == [(0.1, 1), (0.1, 16), (1.0, 1), (1.0, 16)]
    assert swept.axes == GRID
    assert swept.seeds == [0, 1, 2]
    assert swept.metrics == {"loss": "curve", "accuracy": "scalar", "steps": "scalar"}
    for run in swept:
        expected = train(**run.point, seed=run.seed)
        np.testing.assert_array_equal(run["loss"], expected["loss"])
        np.testing.assert_equal(run["accuracy"], float(expected["accuracy"]))


def test_processes_give_the_same_as_this_process(swept, tmp_path):
    assert same(d2lite.sweep(train, GRID, path=tmp_path, n_jobs=2), swept)


def test_second_call_runs_nothing_and_gives_the_same(tmp_path):
    count, calls = counting(tmp_path)
    first = d2lite.sweep(count, {"x": [1, 2]}, path=tmp_path, n_jobs=1)
    assert len(calls()) == 6
    assert same(d2lite.sweep(count, {"x": [1, 2]}, path=tmp_path, n_jobs=1), first)
    assert len(calls()) == 6


def test_a_larger_grid_runs_only_what_is_new(tmp_path):
    count, calls = counting(tmp_path)
    d2lite.sweep(count, {"x": [1]}, [0], path=tmp_path, n_jobs=1)
    larger = d2lite.sweep(count, [{"x": 2}, {"x": 1}], [1, 0], path=tmp_path, n_jobs=1)
    assert calls() == ["1 0", "2 1", "2 0", "1 1"]
    assert [run["y"] for run in larger] == [21, 20, 11, 10]


def test_changed_code_runs_again_unless_a_version_says_otherwise(tmp_path):
    def make(slope):
        def line(x, seed):
            return {"y": slope * x}

        return line

    def run(slope, **options):
        return d2lite.sweep(make(slope), {"x": [1]}, [0], path=tmp_path, n_jobs=1, **options)[0]["y"]

    answers = [run(2), run(3), run(2), run(4, version="a"), run(5, version="a"), run(5, version="b")]
    assert answers == [2, 3, 2, 4, 4, 5]


def test_damaged_files_are_run_again(tmp_path):
    count, calls = counting(tmp_path)
    d2lite.sweep(count, {"x": [1, 2, 3]}, [0], path=tmp_path / "runs", n_jobs=1)
    first, second, third = sorted((tmp_path / "runs").iterdir())
    first.write_bytes(first.read_bytes()[:-10])
    second.write_bytes(b"\xff\xfe")
    third.write_text("[]")
    again = d2lite.sweep(count, {"x": [1, 2, 3]}, [0], path=tmp_path / "runs", n_jobs=1)
    assert [run["y"] for run in again] == [10, 20, 30]
    assert len(calls()) == 6


def test_the_folder_holds_finished_runs_only(swept, tmp_path):
    d2lite.sweep(train, GRID, path=tmp_path, n_jobs=1)
    assert len(list(tmp_path.iterdir())) == len(list(tmp_path.glob("train-*.json"))) == 12


def test_default_folder_is_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("D2LITE_DATA_DIR", str(tmp_path))
    d2lite.sweep(train, {"lr": [0.1], "batch": [1]}, [0], n_jobs=1)
    assert len(list((tmp_path / "sweeps" / "train").glob("*.json"))) == 1


def test_paths_are_written_out(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("RUNS", "of-mine")
    swept = d2lite.sweep(train, {"lr": [0.1], "batch": [1]}, [0], path="~/$RUNS", n_jobs=1)
    assert len(list((tmp_path / "of-mine").glob("*.json"))) == 1
    swept.save("~/$RUNS/all.json.gz")
    assert same(d2lite.Sweep.load("~/$RUNS/all.json.gz").select(seed=0)[:0], swept[:0])
    assert (tmp_path / "of-mine" / "all.json.gz").exists()


def test_a_folder_that_cannot_be_written_is_told_before_anything_runs(tmp_path, monkeypatch):
    count, calls = counting(tmp_path)
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "runs"):
        with pytest.raises(OSError, match="path is .*: expected a folder that can be written"):
            d2lite.sweep(count, {"x": [1]}, path=path, n_jobs=1)
    monkeypatch.setattr(tempfile, "TemporaryFile", _refuse)
    with pytest.raises(OSError, match=r"path is .*: expected a folder that can be written \(Read-only"):
        d2lite.sweep(count, {"x": [1]}, path=tmp_path / "runs", n_jobs=1)
    assert not calls()


def _refuse(*args, **options):
    raise OSError(30, "Read-only file system")


def test_a_finished_sweep_is_read_from_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    count, calls = counting(tmp_path)
    first = d2lite.sweep(count, {"x": [1]}, path=tmp_path / "runs", n_jobs=1)
    monkeypatch.setattr(tempfile, "TemporaryFile", _refuse)
    assert same(d2lite.sweep(count, {"x": [1]}, path=tmp_path / "runs", n_jobs=1), first)
    assert len(calls()) == 3


def test_a_worker_without_the_folder_returns_what_this_process_stores(tmp_path, monkeypatch):
    def elsewhere(tasks, blob, folder, n_jobs):
        return (perform(task, blob, tmp_path / "not" / "there") for task in tasks)

    count, calls = counting(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(sweeps, "perform_all", elsewhere)
        first = d2lite.sweep(count, {"x": [1]}, path=tmp_path / "runs", n_jobs=1)
    assert not (tmp_path / "not").exists()
    assert same(d2lite.sweep(count, {"x": [1]}, path=tmp_path / "runs", n_jobs=1), first)
    assert len(calls()) == 3


def test_failures_are_listed_and_tried_again(tmp_path):
    cure = tmp_path / "cure"

    def fragile(x, seed):
        if x == 2 and not cure.exists():
            raise ZeroDivisionError(f"x is {x}")
        return {"y": x}

    with pytest.warns(
        RuntimeWarning, match=r"2 of 6 runs failed, the first at x=2, seed=0: ZeroDivisionError: x is 2"
    ):
        partial = d2lite.sweep(fragile, {"x": [1, 2, 3]}, [0, 1], path=tmp_path / "runs", n_jobs=1)
    assert [run["y"] for run in partial] == [1, 1, 3, 3]
    assert [(failure.point, failure.seed) for failure in partial.failures] == [({"x": 2}, 0), ({"x": 2}, 1)]
    assert "in fragile" in partial.failures[0].traceback
    assert "runs.py" not in partial.failures[0].traceback
    cure.touch()
    whole = d2lite.sweep(fragile, {"x": [1, 2, 3]}, [0, 1], path=tmp_path / "runs", n_jobs=1)
    assert len(whole) == 6
    assert not whole.failures


def test_every_run_starts_alike(tmp_path):
    """Fresh copy, one thread, seeded generators: a run does not depend on those before it."""
    state = {"calls": 0}

    def sloppy(x, seed):
        state["calls"] += 1
        numbers = [random.random(), np.random.rand(), torch.rand(()).item()]  # noqa: NPY002
        return {"calls": state["calls"], "threads": torch.get_num_threads(), "numbers": numbers}

    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    runs = d2lite.sweep(sloppy, {"x": [1, 2]}, [7, 8], path=tmp_path, n_jobs=1)
    torch.set_num_threads(threads)
    assert {run["calls"] for run in runs} == {run["threads"] for run in runs} == {1}
    assert runs[0]["numbers"].tolist() == runs[2]["numbers"].tolist() != runs[1]["numbers"].tolist()
    assert state["calls"] == 0


def test_this_process_keeps_its_generators_and_threads(tmp_path):
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    d2lite.sweep(train, {"lr": [0.1], "batch": [1]}, path=tmp_path, n_jobs=1)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(threads)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.random.get_state()[1].tolist() == before[2]  # noqa: NPY002


def test_history_and_tensors(tmp_path):
    def fit(x, seed):
        rows = [{"epoch": i, "train_loss": 1 / i, "seconds": 0.1} for i in (1, 2, 4)]
        return d2lite.History(rows)

    def tensors(x, seed):
        weight = torch.ones(2, requires_grad=True)
        return {
            "a": weight * 2,
            "b": [weight.sum(), 1.5],
            "c": torch.tensor(3),
            "d": [],
            "e": np.float32(0.5),
        }

    run = d2lite.sweep(fit, {"x": [1]}, [0], path=tmp_path, n_jobs=1)[0]
    assert run.curves["train_loss"].tolist() == [1, 0.5, 0.25]
    assert list(run.curves) == ["train_loss"]
    run = d2lite.sweep(tensors, {"x": [1]}, [0], path=tmp_path, n_jobs=1)[0]
    assert [run[name].tolist() for name in "abd"] == [[2, 2], [2, 1.5], []]
    assert [run[name] for name in "ce"] == [3, 0.5]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "train's result is NoneType: expected a dict"),
        ({}, "train's result is an empty dict: expected"),
        ({"a": "text"}, "train's 'a' is a str: expected a number or a list of numbers"),
        ({"a": [[1, 2], [3]]}, "train's 'a' is a list: expected"),
        ({"a": np.ones((2, 3))}, "train's 'a' has the shape (2, 3): expected"),
        ({"a": 1j}, "train's 'a' is a complex: expected"),
    ],
)
def test_wrong_results_are_failures(result, message, tmp_path):
    with pytest.warns(RuntimeWarning, match="1 of 1 runs failed"):
        swept = d2lite.sweep(lambda x, seed: result, {"x": [1]}, [0], path=tmp_path, n_jobs=1)
    assert message in swept.failures[0].error


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((train, 3), TypeError, "grid is 3: expected a dict of lists"),
        ((train, [1, 2]), TypeError, r"grid is \[1, 2\]: expected"),
        (
            (train, {"lr": 0.1}),
            TypeError,
            r"grid\['lr'\] is 0.1: expected a list of values, such as \[0.1\]",
        ),
        ((train, {"lr": "adam"}), TypeError, "expected a list of values"),
        ((train, {"lr": []}), ValueError, "grid has no points"),
        ((train, []), ValueError, "grid has no points"),
        ((train, {"lr": [0.1, 0.1]}), ValueError, "grid has lr=0.1 twice"),
        (
            (train, {"lr": [1, 1.0]}),
            ValueError,
            r"grid\['lr'\] has 1 and 1.0, which are equal: expected one way",
        ),
        ((train, {"lr": [np.float32(0.1), 0.1]}), ValueError, "grid has lr=0.1 twice"),
        ((train, [{"lr": [0, 1]}, {"lr": [0, 1.0]}]), ValueError, r"has \[0, 1\] and \[0, 1.0\]"),
        ((train, {"lr": [np.float32(np.inf)]}), ValueError, r"grid\['lr'\] has inf"),
        ((train, {"lr": [math.nan]}), ValueError, r"grid\['lr'\] has nan"),
        (
            (train, {"lr": [torch.optim.SGD]}),
            TypeError,
            r"grid\['lr'\] has a value of type type: expected a number",
        ),
        ((train, {1: [0.1]}), TypeError, "grid has the name 1"),
        ((train, {"seed": [0.1]}), ValueError, "grid has the name 'seed': expected the seeds as seeds="),
        ((train, {"lr": [1]}), TypeError, r"expected to be called with lr, seed .*'batch'"),
        (
            (train, {**GRID, "momentum": [0]}),
            TypeError,
            "expected to be called with lr, batch, momentum, seed",
        ),
        (("train", GRID), TypeError, "train is 'train': expected a function"),
        ((train, GRID, 3), TypeError, r"seeds is 3: expected a list of integers, such as range\(3\)"),
        ((train, GRID, [0.5]), TypeError, "expected integers"),
        ((train, GRID, []), ValueError, "at least one"),
        ((train, GRID, [1, 1]), ValueError, "expected different integers"),
        ((train, GRID, [-1]), ValueError, "from 0 to"),
    ],
)
def test_wrong_arguments_run_nothing(arguments, error, message, tmp_path):
    with pytest.raises(error, match=message):
        d2lite.sweep(*arguments, path=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_values_that_are_not_plain_become_so(tmp_path):
    def record(size, rate, flag, seed):
        return {"kind": float(type(size) is list), "sum": sum(size) + rate + flag}

    grid = {"size": [(1, 2)], "rate": np.geomspace(0.1, 1, 2), "flag": [True, 1]}
    swept = d2lite.sweep(record, grid, [np.int64(3)], path=tmp_path, n_jobs=1)
    assert swept.axes == {"size": [[1, 2]], "rate": [0.1, 1.0], "flag": [True, 1]}
    assert len(swept.select(size=(1, 2), rate=0.1 + 1e-17, flag=True)) == 1
    assert swept.seeds == [3]


def test_select(swept):
    part = swept.select(lr=0.1, seed=1)
    assert [(run.point["batch"], run.seed) for run in part] == [(1, 1), (16, 1)]
    assert part.axes == {"lr": [0.1], "batch": [1, 16]}
    with pytest.raises(KeyError, match="name is 'momentum': expected one of the grid's, lr, batch, seed"):
        swept.select(momentum=0.9)
    with pytest.raises(ValueError, match="lr is 0.5: expected a value that was run, 0.1, 1.0"):
        swept.select(lr=0.5)
    with pytest.raises(ValueError, match="seed is 9: expected a value that was run, 0, 1, 2"):
        swept.select(seed=9)


def test_table(swept):
    rows = swept.to_table()
    assert list(rows[0]) == ["lr", "batch", "seed", "accuracy", "steps", "loss", "seconds"]
    assert rows[0]["loss"] == swept[0]["loss"][-1]
    assert len(rows) == 12
    assert str(rows).splitlines()[0].split() == list(rows[0])  # it prints as a table


def test_bands_against_numpy(swept):
    bands = swept.bands("loss")
    assert [band.point["batch"] for band in bands] == [1, 16, 1, 16]
    curves = np.stack([run["loss"] for run in swept[:3]])
    np.testing.assert_allclose(bands[0].mean, curves.mean(0), rtol=1e-14)
    np.testing.assert_array_equal(bands[0].low, curves.min(0))
    np.testing.assert_array_equal(bands[0].high, curves.max(0))
    middle = swept.bands("loss", 0.5, 0.5)[0]
    np.testing.assert_array_equal(middle.low, np.median(curves, 0))
    np.testing.assert_array_equal(middle.high, middle.low)
    diverged = bands[2]
    assert np.isposinf(diverged.high[10:15]).all()
    for part in (diverged.mean, diverged.low, diverged.high):
        assert np.isnan(part[15:]).all()
        assert np.isfinite(part[:10]).all()
    accuracy = swept.bands("accuracy")[0]
    assert accuracy.low <= accuracy.mean <= accuracy.high
    assert accuracy.count == 3


def test_bands_of_unequal_lengths():
    runs = [Run({}, seed, {}, {"loss": np.arange(length) + seed}, 0) for seed, length in enumerate((1, 3, 2))]
    [band] = d2lite.Sweep(runs).bands("loss")
    assert band.count.tolist() == [3, 2, 1]
    assert band.mean.tolist() == [1, 2.5, 3]
    assert band.low.tolist() == [0, 2, 3]


def test_best(swept):
    assert swept.best("loss") == {"lr": 0.1, "batch": 1} != swept.best("loss", "max")
    assert swept.best("accuracy") == {"lr": 0.1, "batch": 1}
    with pytest.raises(
        KeyError, match="name is 'error': expected a metric of the sweep, accuracy, steps, loss"
    ):
        swept.best("error")
    with pytest.raises(ValueError, match="loss is nowhere finite at the end"):
        swept.select(lr=1.0, batch=1).best("loss")
    with pytest.raises(ValueError, match="mode of 'loss' is 'least': expected 'min' or 'max'"):
        swept.best("loss", "least")


def test_a_point_that_is_returned_may_be_changed():
    runs = [Run({"widths": [8], "lr": lr}, 0, {"loss": lr}, {}, 0) for lr in (0.1, 1.0)]
    sweep = d2lite.Sweep(runs)
    for point in (sweep.best("loss"), sweep.bands("loss")[0].point):
        point["num_epochs"] = 50
        point["widths"].append(point.pop("lr"))
        assert sweep.best("loss") == {"widths": [8], "lr": 0.1}


@pytest.mark.parametrize("name", ["error", "terror", "lossless", "reward", "steps", "d_loss"])
def test_which_way_is_better_is_never_guessed_from_a_name(name, tmp_path):
    runs = [Run({"x": x}, 0, {name: float(x)}, {}, 0) for x in (1, 2)]
    sweep = d2lite.Sweep(runs)
    with pytest.raises(ValueError, match=f"mode of '{name}' is None: expected 'min' or 'max'"):
        sweep.best(name)
    assert (sweep.best(name, "min"), sweep.best(name, "max")) == ({"x": 1}, {"x": 2})
    sweep.modes[name] = "min"
    sweep.save(tmp_path / "sweep.json.gz")
    assert d2lite.Sweep.load(tmp_path / "sweep.json.gz").select(x=[1, 2][0]).modes == {name: "min"}
    assert d2lite.Sweep.load(tmp_path / "sweep.json.gz").best(name) == {"x": 1}


@pytest.mark.parametrize(
    ("name", "mode"), [("validation_loss", "min"), ("test_accuracy", "max"), ("perplexity", "min")]
)
def test_which_way_is_better_is_known_of_the_usual_metrics(name, mode):
    assert d2lite.Sweep([Run({}, 0, {name: 1.0}, {}, 0)]).mode(name) == mode


def test_number_and_curve_under_one_name():
    runs = [Run({}, 0, {"a": 1.0}, {}, 0), Run({}, 1, {}, {"a": np.ones(2)}, 0)]
    with pytest.raises(ValueError, match="a is a number in one run and a curve in another"):
        d2lite.Sweep(runs)


def test_file_round_trip(swept, tmp_path):
    path = tmp_path / "sweep.json.gz"
    swept.save(path)
    loaded = d2lite.Sweep.load(path)
    assert [(run.point, run.seed) for run in loaded] == [(run.point, run.seed) for run in swept]
    for run, original in zip(loaded, swept, strict=True):
        for name in swept.metrics:
            np.testing.assert_allclose(
                run[name], original[name], rtol=5e-4
            )  # nan and infinities as they were
        assert run["steps"] == 20
    provenance = loaded.provenance
    assert provenance == swept.provenance
    assert provenance["function"] == "train"
    assert provenance["seeds"] == [0, 1, 2]
    assert provenance["versions"]["torch"] == torch.__version__
    assert not [word for word in json.dumps(provenance).split('"') if word.startswith("/")]
    assert provenance["seconds_of_runs"] > 0
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (0.123456, 0.1235),
        (-9.87654e-300, -9.877e-300),
        (123_456.7, 123_500.0),
        (123_457, 123_457),
        (0.0, 0),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (1.7976931348623157e308, 1.7976931348623157e308),
        (np.float32(0.1), 0.1),
    ],
)
def test_numbers_keep_four_digits_and_whole_ones_all(value, kept, tmp_path):
    sweep = d2lite.Sweep([Run({}, 0, {"a": value}, {"b": np.array([value])}, 0.0)])
    metrics = json.loads(json.dumps(sweep.payload(), allow_nan=False))["metrics"]
    assert (metrics["a"]["values"], metrics["b"]["values"]) == ([kept], [[kept]])
    sweep.save(tmp_path / "sweep.json.gz")
    [run] = d2lite.Sweep.load(tmp_path / "sweep.json.gz")
    np.testing.assert_equal([run["a"], *run["b"]], [float(kept)] * 2)


def test_file_of_failures_and_missing_results(tmp_path):
    def uneven(x, seed, y=0):
        if x == 3:
            raise ValueError("three")
        return {"a": x} if x == 1 else {"b": [x, x]}

    grid = [{"x": 1}, {"x": 2, "y": 5}, {"x": 3}]
    with pytest.warns(RuntimeWarning, match="1 of 3"):
        swept = d2lite.sweep(uneven, grid, [0], path=tmp_path, n_jobs=1)
    swept.save(tmp_path / "sweep.json.gz")
    loaded = d2lite.Sweep.load(tmp_path / "sweep.json.gz")
    assert [run.point for run in loaded] == [{"x": 1}, {"x": 2, "y": 5}]
    assert [(list(run.scalars), list(run.curves)) for run in loaded] == [(["a"], []), ([], ["b"])]
    assert (loaded.failures[0].point, loaded.failures[0].error) == ({"x": 3}, "ValueError: three")
    assert len(loaded.select(y=5)) == 1


@pytest.mark.parametrize("damage", [lambda d: d[:-20], lambda d: b"text", lambda d: gzip.compress(b"{}")])
def test_damaged_file_is_refused(damage, swept, tmp_path):
    path = tmp_path / "sweep.json.gz"
    swept.save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="expected a file of a whole sweep"):
        d2lite.Sweep.load(path)


def test_payload_of_20_000_numbers_fits_the_page():
    """Even where every number is noise, and so costs its most."""
    generator = np.random.default_rng(0)
    runs = []
    for i in range(540):
        point = {
            "optimizer": "abcdef"[i % 6],
            "lr": 10.0 ** -(i // 6 % 10),
            "batch": [16, 64, 256][i // 60 % 3],
        }
        curves = {"loss": np.exp(generator.normal(size=50) * 5), "accuracy": generator.random(50)}
        curves["loss"][40:] = math.nan if i % 3 else math.inf
        runs.append(Run(point, i // 180, {}, curves, 1.0))
    text = json.dumps(d2lite.Sweep(runs[:200]).payload(), separators=(",", ":"), allow_nan=False)
    assert len(gzip.compress(text.encode())) <= 100_000
    assert list(d2lite.Sweep(runs).payload(["loss"])["metrics"]) == ["loss"]


def test_progress_bar_only_where_somebody_watches(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("D2LITE_PROGRESS", "terminal")
    d2lite.sweep(train, GRID, [0, 1], path=tmp_path, n_jobs=1)
    assert "8/8" in capsys.readouterr().err
    d2lite.sweep(train, GRID, [0, 1, 2], path=tmp_path, n_jobs=1)
    assert "8/12" in (shown := capsys.readouterr().err)  # finished ones count
    assert "12/12" in shown
    d2lite.sweep(train, GRID, [3], path=tmp_path, n_jobs=1, progress=False)
    monkeypatch.setenv("D2LITE_PROGRESS", "static")
    d2lite.sweep(train, GRID, [4], path=tmp_path, n_jobs=1)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("place", ["", "terminal", "log"])
def test_without_a_standard_error_stream_there_is_no_bar(place, tmp_path, monkeypatch):
    monkeypatch.setenv("D2LITE_PROGRESS", place)
    monkeypatch.setattr("sys.stderr", None)
    assert len(d2lite.sweep(train, GRID, [0, 1], path=tmp_path, n_jobs=1)) == 8


def test_numbers_of_numpy_are_numbers(tmp_path):
    def record(rate, size, flag, seed):
        assert [type(v) for v in (rate, size, flag, seed)] == [float, int, bool, int]
        return {"y": np.float32(rate), "z": np.int64(size), "curve": np.broadcast_to(np.float64(1), 3)}

    grid = {"rate": np.array([0.1, 0.2]), "size": [np.array(3), np.int64(4)], "flag": [np.bool_(True)]}
    swept = d2lite.sweep(record, grid, np.arange(2), path=tmp_path, n_jobs=1)
    assert swept.axes == {"rate": [0.1, 0.2], "size": [3, 4], "flag": [True]}
    assert len(swept.select(rate=np.float64(0.1), size=np.array(3), seed=np.int64(1))) == 1


@pytest.mark.parametrize(
    "values",
    [
        np.array([0.1, 1e-20, 3.0], dtype=np.float32), np.array([0.1, 1e-20, 3.0], dtype=np.longdouble),
        torch.tensor([0.1, 1e-20, 3.0]),
    ],
    ids=str,
)  # fmt: skip
def test_short_floats_are_the_decimals_that_were_written(values, tmp_path):
    swept = d2lite.sweep(lambda lr, seed: {"y": lr}, {"lr": values}, [0], path=tmp_path, n_jobs=1)
    assert swept.axes == {"lr": [0.1, 1e-20, 3.0]}
    for lr in (0.1, np.float32(0.1), torch.tensor(0.1)):
        assert [run["y"] for run in swept.select(lr=lr)] == [0.1]


def test_equal_values_of_two_types_are_two():
    assert points_of({"flag": [True, 1, "1", None]}) == [
        {"flag": True},
        {"flag": 1},
        {"flag": "1"},
        {"flag": None},
    ]
    assert points_of({"p": np.array([0.1], np.float16)}) == [{"p": 0.1}]


def test_names_of_files_are_stable():
    """A change here would make readers run everything again: it needs a reason."""
    task = Task("train", "version 1", {"lr": 0.1, "batch": 16}, 0)
    assert task.file == "train-070c9525bebcbd141832.json"
    assert Task("train", "version 1", {"batch": 16, "lr": 0.1}, 0).file == task.file
