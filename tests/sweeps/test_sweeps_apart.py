"""A run depends on nothing that another run, or the process it is done in, has changed."""

import tempfile
import time

import joblib
import pytest
import torch

import d2lite
from d2lite.sweeps import LiveRun


def sweep(train, grid, seeds, folder, **options):
    return d2lite.sweep(train, grid, seeds, path=folder, progress=False, **options)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_train_that_changes_its_arguments_changes_no_other_run(tmp_path, n_jobs):
    def train(hidden, seed):
        hidden.append(10)
        hidden[0].append(1)
        return {"layers": len(hidden), "first": len(hidden[0])}

    grid = {"hidden": [[[64], 32], [[8]]]}
    for result in (sweep(train, grid, (0, 1, 2), tmp_path, n_jobs=n_jobs) for _ in range(2)):  # run, and read
        assert result.axes == {"hidden": [[[64], 32], [[8]]]}
        assert [run["layers"] for run in result] == [3, 3, 3, 2, 2, 2]
        assert {run["first"] for run in result} == {2}


@pytest.fixture
def in_double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def bits(kind, seed):
    if kind == "double":
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
    return {
        "bits": torch.finfo(torch.ones(1).dtype).bits,
        "gradients": torch.is_grad_enabled() and not torch.is_inference_mode_enabled(),
    }


def test_a_default_dtype_or_grad_mode_that_a_run_sets_ends_with_it(tmp_path):
    result = sweep(bits, {"kind": ["double", "single"]}, [0], tmp_path, n_jobs=1)
    assert [(run["bits"], run["gradients"]) for run in result] == [(64, 0), (32, 1)]
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_runs_have_the_default_dtype_of_this_process(tmp_path, n_jobs, in_double):
    with torch.inference_mode():
        result = sweep(bits, {"kind": ["usual"]}, [0, 1], tmp_path, n_jobs=n_jobs)
    assert [(run["bits"], run["gradients"]) for run in result] == [(64, 1)] * 2
    torch.set_default_dtype(torch.float32)  # another run: it is not read where the first was kept
    assert sweep(bits, {"kind": ["usual"]}, [0], tmp_path, n_jobs=n_jobs)[0]["bits"] == 32


def test_a_live_run_has_it_too(in_double):
    assert LiveRun(bits, {"kind": "usual"}).result()["bits"] == 64


def draws(x, seed):
    """Draw with a pause between, in which another thread would draw."""
    first = torch.rand(()).item()
    time.sleep(0.02)
    return {"draws": [first, torch.rand(()).item()]}


def inner(x, seed):
    found = d2lite.sweep(draws, {"x": [1]}, (0, 1, 2, 3), path=tempfile.mkdtemp(), progress=False)
    return {"draws": [number for run in found for number in run["draws"]], "own": torch.rand(()).item()}


def test_runs_in_threads_are_those_of_processes(tmp_path):
    with joblib.parallel_config("threading", n_jobs=4):
        threads = sweep(draws, {"x": [1, 2]}, (0, 1, 2), tmp_path / "threads")
    alone = sweep(draws, {"x": [1, 2]}, (0, 1, 2), tmp_path / "alone", n_jobs=1)
    assert [run["draws"].tolist() for run in threads] == [run["draws"].tolist() for run in alone]


@pytest.mark.parametrize("how", [{"n_jobs": 1}, {"n_jobs": 2}, {"backend": "threading", "n_jobs": 2}])
def test_a_sweep_in_a_run_draws_what_it_draws_alone(tmp_path, how):
    alone = sweep(draws, {"x": [1]}, (0, 1, 2, 3), tmp_path / "alone", n_jobs=1)
    expected = [number for run in alone for number in run["draws"]]
    with joblib.parallel_config(**{"backend": "loky"} | how):
        found = sweep(inner, {"x": [1]}, (0, 1), tmp_path / "runs")
    assert [run["draws"].tolist() for run in found] == [expected] * 2
    torch.manual_seed(0)
    assert found[0]["own"] == torch.rand(()).item()


def test_a_backend_that_returns_no_generator_is_told(tmp_path):
    with (
        joblib.parallel_config("multiprocessing"),
        pytest.raises(ValueError, match="joblib's backend is Multipro"),
    ):
        sweep(draws, {"x": [1]}, [0], tmp_path)
    assert not list(tmp_path.iterdir())
