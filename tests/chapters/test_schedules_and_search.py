"""Schedules and search: the chapter's code against PyTorch, its recordings against runs made now."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

import d2lite

ROOT = Path(__file__).resolve().parent.parent.parent
LR = torch.optim.lr_scheduler
# Sums in 32 bits differ between machines, and training magnifies that; these settings forgive it, chaotic ones do not.
ACCURACY, LOSS = 0.04, 0.12
REDONE = {
    "atlas": [
        ("sgd", 0.0064, 128), ("sgd", 0.4096, 512), ("momentum", 0.0256, 128), ("nesterov", 0.0064, 512),
        ("rmsprop", 0.0016, 128), ("adam", 0.0001, 512), ("adam", 0.0064, 128), ("adamw", 0.0016, 512),
    ],
    "schedules": [("momentum", 0.05, 64, "one_cycle"), ("momentum", 0.1, 64, "step")],
}  # fmt: skip


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("04_optimizers/schedules_and_search")
    chapter.update(math=math, np=np, torch=torch, nn=torch.nn, d2lite=d2lite, datasets=d2lite.datasets)
    chapter.run("train", "schedule-code")
    chapter.define("best-of")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("atlas")


def torch_schedule(make, total, peak=0.3):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], peak, momentum=0.9)
    scheduler, rates = make(optimizer), []
    for t in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if t < total - 1:
            scheduler.step()
    return np.array(rates)


@pytest.mark.parametrize("total", [20, 100, 333, 640, 1280])
@pytest.mark.parametrize("name", ["constant", "step", "linear", "cosine", "warmup_cosine", "one_cycle"])
def test_schedules_agree_with_torch(chapter, recorder, name, total):
    warm = total // 10
    make = {
        "constant": lambda o: LR.ConstantLR(o, 1.0),
        "step": lambda o: LR.MultiStepLR(o, [total // 2, total * 3 // 4], 0.1),
        "linear": lambda o: LR.PolynomialLR(o, total),
        "cosine": lambda o: LR.CosineAnnealingLR(o, total),
        "warmup_cosine": lambda o: LR.SequentialLR(
            o, [LR.LinearLR(o, 0.01, 1, warm), LR.CosineAnnealingLR(o, total - warm)], [warm]
        ),
        "one_cycle": lambda o: LR.OneCycleLR(o, 0.3, total_steps=total),
    }[name]
    theirs = torch_schedule(make, total)
    for schedule in (chapter[name], recorder.SCHEDULES[name]):
        ours = [0.3 * schedule(t, total) for t in range(total)]
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "setting"), [(n, s) for n, all_ in REDONE.items() for s in all_], ids=str)
def test_recorded_runs_happen_again(recorder, name, setting):
    optimizer, lr, batch_size, *rest = setting
    point = {"optimizer": optimizer, "lr": lr, "batch_size": batch_size}
    if rest:
        point["schedule"] = rest[0]
    recorded = d2lite.Sweep.recorded(name).select(**point, seed=1)
    assert len(recorded) == 1
    now = recorder.train_point(**point, seed=1)
    np.testing.assert_allclose(now["loss"], recorded[0]["loss"], atol=LOSS)
    np.testing.assert_allclose(now["accuracy"], recorded[0]["accuracy"], atol=ACCURACY)
    assert abs(now["test_accuracy"] - recorded[0]["test_accuracy"]) < ACCURACY


def test_divergence_happens_again(recorder):
    point = {"optimizer": "sgd", "lr": 26.2144, "batch_size": 32}
    recorded = d2lite.Sweep.recorded("atlas").select(**point, seed=0)[0]
    assert np.isnan(recorded["loss"][-1])
    assert math.isnan(recorder.train_point(**point, seed=0)["loss"][-1])


def test_recordings_are_whole(recorder):
    for name, seeds in recorder.SEEDS.items():
        sweep = d2lite.Sweep.recorded(name)
        grid = recorder.GRIDS[name]
        assert len(sweep) == math.prod(map(len, grid.values())) * len(seeds)
        assert sweep.axes == grid
        assert sweep.seeds == list(seeds)
        assert all(len(run["loss"]) == 20 for run in sweep)
        assert {"command", "versions", "seeds", "seconds_of_runs", "date"} <= sweep.provenance.keys()


def test_no_such_recording():
    with pytest.raises(
        ValueError, match=r"name is 'nothing': expected a recording, one of .*atlas, .*schedules"
    ):
        d2lite.Sweep.recorded("nothing")


def test_the_chapters_training_is_the_recorders(chapter, recorder):
    for seed, schedule in ((0, "constant"), (3, "cosine")):
        ours = chapter["train"](torch.optim.Adam, 0.0016, 512, seed, chapter[schedule])
        theirs = recorder.train_point("adam", 0.0016, 512, schedule, seed=seed)
        np.testing.assert_allclose(ours, np.transpose([theirs["loss"], theirs["accuracy"]]), atol=1e-6)


def test_expected_best_against_every_draw(chapter):
    values = np.array([0.3, 0.9, 0.5, 0.7])
    for n in (1, 2, 3):
        draws = np.stack(np.meshgrid(*[values] * n), -1).reshape(-1, n)
        assert np.isclose(chapter["expected_best"](values, n), draws.max(1).mean())
    ties = np.array([0.1, 0.1, 0.4])
    assert np.isclose(chapter["expected_best"](ties, 2), 0.4 * 5 / 9 + 0.1 * 4 / 9)
