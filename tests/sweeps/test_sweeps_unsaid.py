"""Names and counts of sweeps that lost a number without a word."""

import importlib.metadata

import numpy as np
import pytest
import torch

import d2lite
from d2lite import Sweep


def run(train, tmp_path, **options):
    return d2lite.sweep(train, {"a": [1, 2]}, [0], path=tmp_path, progress=False, **{"n_jobs": 1, **options})


def test_what_train_measured_stands_beside_the_grid_and_the_clock(tmp_path):
    result = run(lambda a, seed: {"a": 10.0 * a, "seconds": 100.0, "seed": 7.0, "loss": 0.5}, tmp_path)
    row = result.to_table()[1]
    assert (row["a"], row["seed"], row["loss"]) == (2, 0, 0.5)
    assert (row["measured a"], row["measured seed"], row["measured seconds"]) == (20.0, 7.0, 100.0)
    assert row["seconds"] == result.runs[1].seconds


def test_two_results_of_one_name_are_told(tmp_path):
    with pytest.warns(RuntimeWarning, match="2 of 2 runs failed"):
        result = run(lambda a, seed: {1: 1.0, "1": 2.0}, tmp_path)
    assert "the name '1' twice: expected different names" in result.failures[0].error


@pytest.mark.parametrize("n_jobs", [0, 1.5, "2", True])
def test_processes_are_a_whole_number(tmp_path, n_jobs):
    with pytest.raises(ValueError, match="n_jobs is .*: expected a whole number"):
        run(lambda a, seed: {"s": 1.0}, tmp_path, n_jobs=n_jobs)
    assert not list(tmp_path.iterdir())


def test_seeds_are_no_booleans_and_may_be_numpys(tmp_path):
    with pytest.raises(TypeError, match="seeds is .*: expected integers"):
        d2lite.sweep(lambda seed: {"s": 1.0}, {}, [True, False], path=tmp_path, n_jobs=1)
    result = d2lite.sweep(
        lambda seed: {"s": 1.0},
        {},
        (s for s in np.arange(2)),
        path=tmp_path,
        n_jobs=np.int64(1),
        progress=False,
    )
    assert [run.seed for run in result.runs] == [0, 1]


def test_a_path_may_be_bytes(tmp_path):
    run(lambda a, seed: {"s": 1.0}, str(tmp_path / "b").encode())
    assert len(list((tmp_path / "b").glob("*.json"))) == 2


def test_quantiles_are_numbers():
    with pytest.raises(ValueError, match="low is '0': expected a finite number"):
        Sweep.recorded("atlas").bands("loss", "0", 1)


@pytest.mark.parametrize("values", [np.array(0.1), torch.tensor(0.1), b"ab"])
def test_a_single_value_is_no_list(tmp_path, values):
    with pytest.raises(TypeError, match=r"grid\['a'\] is .*: expected a list of values"):
        d2lite.sweep(lambda a, seed: {"s": 1.0}, {"a": values}, path=tmp_path, n_jobs=1)
    if not isinstance(values, bytes):
        with pytest.raises(TypeError, match="seeds is .*: expected a list of integers"):
            d2lite.sweep(lambda seed: {"s": 1.0}, {}, values, path=tmp_path, n_jobs=1)


def test_a_sweep_ends_well_where_the_package_is_not_installed(tmp_path, monkeypatch):
    find = importlib.metadata.version

    def version(name):
        if name == "d2lite":
            raise importlib.metadata.PackageNotFoundError(name)
        return find(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    result = run(lambda a, seed: {"s": 1.0}, tmp_path)
    assert result.provenance["versions"]["d2lite"] == d2lite.__version__
