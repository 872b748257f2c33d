"""A run depends on nothing that another run, or the process it is done in, has changed."""

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
    return {"bits": torch.finfo(torch.ones(1).dtype).bits, "gradients": torch.is_grad_enabled()}


def test_a_default_dtype_or_grad_mode_that_a_run_sets_ends_with_it(tmp_path):
    result = sweep(bits, {"kind": ["double", "single"]}, [0], tmp_path, n_jobs=1)
    assert [(run["bits"], run["gradients"]) for run in result] == [(64, 0), (32, 1)]
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_runs_have_the_default_dtype_of_this_process(tmp_path, n_jobs, in_double):
    with torch.no_grad():
        result = sweep(bits, {"kind": ["usual"]}, [0, 1], tmp_path, n_jobs=n_jobs)
    assert [(run["bits"], run["gradients"]) for run in result] == [(64, 1)] * 2
    torch.set_default_dtype(torch.float32)  # another run: it is not read where the first was kept
    assert sweep(bits, {"kind": ["usual"]}, [0], tmp_path, n_jobs=n_jobs)[0]["bits"] == 32


def test_a_live_run_has_it_too(in_double):
    assert LiveRun(bits, {"kind": "usual"}).result()["bits"] == 64
