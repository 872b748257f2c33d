"""What is taken for the result of a sweep: of failed seeds, of columns with gaps, of numbers of any type."""

import json
import math

import numpy as np
import pytest
import torch

import d2lite
from d2lite.sweeps import Sweep
from d2lite.sweeps._runs import Run
from d2lite.training import Callback, fit

GENERATORS = {"numpy": np.random.default_rng(0), "torch": torch.Generator().manual_seed(0)}


def sweep(train, grid, tmp_path, **options):
    return d2lite.sweep(train, grid, path=tmp_path, n_jobs=1, progress=False, **options)


def diverging(lr, seed):
    if lr == 1 and seed:
        raise FloatingPointError("the loss became nan\nin epoch 1")
    return {"loss": 0.1 if lr == 1 else 0.5}


def test_the_one_seed_that_did_not_fail_wins_nothing(tmp_path):
    with pytest.warns(RuntimeWarning, match="2 of 6 runs failed"):
        result = sweep(diverging, {"lr": [0.1, 1]}, tmp_path)
    assert result.best("loss") == {"lr": 0.1}
    assert [len(point.failures) for point in result.points()] == [0, 2]
    assert result.failures[0].error == "FloatingPointError: the loss became nan in epoch 1"  # one line
    for part in (result[:], result[3:], result[::-1], result[:1]):
        assert len(part.failures) == (2 if {"lr": 1} in [run.point for run in part] else 0)
    assert result[:].best("loss") == {"lr": 0.1}
    payload = result.payload(failed_as_nan=True)
    assert payload["metrics"]["loss"]["values"] == [0.5, 0.5, 0.5, 0.1, "NaN", "NaN"]
    assert payload["runs"] == {"axes": {"lr": [0, 0, 0, 1, 1, 1]}, "seed": [0, 1, 2, 0, 1, 2]}
    assert len(result.payload()["runs"]["seed"]) == 4
    with pytest.raises(ValueError, match="nowhere finite at the end of all seeds"):
        result.select(lr=1).best("loss")
    result.save(tmp_path / "saved.json.gz")
    assert Sweep.load(tmp_path / "saved.json.gz").best("loss") == {"lr": 0.1}


def test_a_seed_that_lacks_the_metric_wins_nothing():
    runs = [Run({"lr": lr}, seed, {"loss": 0.5}, {}, 1.0) for lr in (0.1, 1) for seed in (0, 1)]
    runs[2].scalars["loss"] = 0.1
    del runs[3].scalars["loss"]
    assert Sweep(runs).best("loss") == {"lr": 0.1}


class Sometimes(Callback):
    def on_epoch_end(self, run):
        if run.epoch == 2:
            run.history[-1]["validation_f1"] = 0.5


def gaps(seed):
    data = torch.ones(4, 2), torch.tensor([0, 1, 0, 1])
    return fit(torch.nn.Linear(2, 2), data, num_epochs=2, callbacks=[Sometimes()])


def numbers(seed):
    weight = torch.ones(1, requires_grad=True)
    return {
        "brain": torch.tensor([0.5, 0.25], dtype=torch.bfloat16),
        "list": [weight.sum(), None, np.float16(0.5)],
    }


def test_a_column_with_gaps_and_short_floats_are_no_failure(tmp_path):
    [run] = sweep(gaps, {}, tmp_path, seeds=[0])
    assert math.isnan(run["validation_f1"][0]) and run["validation_f1"][1] == 0.5
    [run] = sweep(numbers, {}, tmp_path, seeds=[0])
    assert run["brain"].tolist() == [0.5, 0.25]
    assert np.array_equal(run["list"], [1, np.nan, 0.5], equal_nan=True)


@pytest.mark.parametrize("kind", GENERATORS)
def test_a_generator_that_all_runs_would_share_is_told_of(kind, tmp_path):
    generator = GENERATORS[kind]

    def train(seed):
        return {
            "loss": float(
                np.ravel(generator.random() if kind == "numpy" else torch.rand(1, generator=generator))[0]
            )
        }

    with pytest.warns(
        RuntimeWarning, match="a random generator of its own, a Generator, of which each run gets"
    ):
        sweep(train, {}, tmp_path, version="1")


def test_numbers_of_numpy_and_torch_may_stand_in_the_provenance(tmp_path):
    provenance = {
        "step": np.int64(5),
        "rate": np.float32(0.5),
        "sizes": np.arange(2),
        "best": torch.tensor(0.25),
    }
    Sweep([Run({"lr": 1}, 0, {"loss": 1.0}, {}, 1.0)], provenance=provenance).save(tmp_path / "a.json.gz")
    loaded = Sweep.load(tmp_path / "a.json.gz").provenance
    assert json.loads(json.dumps(loaded)) == {"step": 5, "rate": 0.5, "sizes": [0, 1], "best": 0.25}


def test_what_json_cannot_hold_is_named(tmp_path):
    with pytest.raises(TypeError, match="provenance holds a set: expected texts, numbers"):
        Sweep([], provenance={"names": {"a"}}).save(tmp_path / "a.json.gz")
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_has_its_own_name_in_the_error(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        Sweep([]).save(tmp_path / "missing" / "a.json.gz")
    assert caught.value.filename == str(tmp_path / "missing" / "a.json.gz")
