"""Dropout and early stopping: the chapter's code against PyTorch and d2lite, its recordings against runs made now."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch

import d2lite
from d2lite.models import weights

ROOT = Path(__file__).resolve().parent.parent.parent
# Sums in 32 bits differ between machines, and forty passes magnify that.
ACCURACY, LOSS = 0.04, 0.12
REDONE = [
    (0.0, 64, 0.0),
    (0.5, 64, 0.3),
    (0.2, 16, 1.0),
    (0.8, 16, 0.0),
    (0.35, 256, 3.0),
]  # rate, width, decay


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, their checks and prints left out."""
    chapter = read_chapter("05_regularization/dropout_and_early_stopping")
    chapter.define("setup")
    chapter.run("network", "data", "dropout", "linear")
    chapter.define("train", "stop", "temperature-code", "solution-3")
    return chapter


@pytest.fixture(scope="module")
def recorders(read_recorder):
    """The two scripts of tools/record."""
    return read_recorder("dropout"), read_recorder("dropout_networks")


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("kind", ["ours", "torch"])
def test_mean_and_variance(chapter, kind, p):
    torch.manual_seed(1)
    layer = {"ours": chapter["Dropout"], "torch": torch.nn.Dropout}[kind](p).train()
    h, n = torch.tensor([[1.5, -2.0]], dtype=torch.float64), 50_000
    out = layer(h.expand(n, 2))
    deviation = h[0].abs() * math.sqrt(p / (1 - p))
    assert ((out.mean(0) - h[0]).abs() < 5 * deviation / math.sqrt(n)).all()
    torch.testing.assert_close(out.std(0), deviation, rtol=0.03, atol=0)
    # Two units of a sample are dropped independently of each other.
    assert abs(torch.corrcoef((out != 0).double().T)[0, 1]) < 5 / math.sqrt(n)


def test_train_eval_shape_and_gradient(chapter):
    layer, h = chapter["Dropout"](0.4), torch.randn(3, 4, 5, requires_grad=True)
    out = layer(h)
    (out.sum()).backward()
    kept = out != 0
    torch.testing.assert_close(h.grad, kept / 0.6)
    assert torch.equal(layer.eval()(h), h)
    assert torch.equal(chapter["Dropout"](0.0).train()(h), h)


@pytest.mark.parametrize("p", [0.2, 0.7])
def test_the_penalty_against_every_mask(chapter, p):
    rng = np.random.default_rng(2)
    X, y, w = rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=2)
    expected = gram = moment = 0.0
    for mask in itertools.product([0, 1], repeat=6):
        chance = p ** mask.count(0) * (1 - p) ** mask.count(1)
        masked = X * np.reshape(mask, (3, 2)) / (1 - p)
        expected += chance * ((y - masked @ w) ** 2).sum()
        gram, moment = gram + chance * masked.T @ masked, moment + chance * masked.T @ y
    penalty = p / (1 - p) * w @ np.diag(np.diag(X.T @ X)) @ w
    np.testing.assert_allclose(expected, ((y - X @ w) ** 2).sum() + penalty)
    np.testing.assert_allclose(chapter["closed_form"](X, y, p), np.linalg.solve(gram, moment))


@pytest.mark.parametrize("patience", [1, 2, 4])
def test_stopping_is_the_librarys(chapter, patience):
    """Replay recorded losses through the callback, epoch by epoch."""

    class Replay:
        stop, model, metrics, callbacks = False, torch.nn.Linear(1, 1), {}, ()

    for recorded in d2lite.Sweep.recorded("dropout").select(width=256, weight_decay=1.0, seed=3):
        losses, run = list(recorded["loss"]), Replay()
        callback, run.history = d2lite.EarlyStopping(patience), d2lite.History()
        for run.epoch, loss in enumerate(losses, 1):
            run.history.rows.append({"epoch": run.epoch, "validation_loss": loss})
            callback.on_epoch_end(run)
            if run.stop:
                break
        assert chapter["stop"](losses, patience) == (run.epoch - 1, callback.best_epoch - 1)


def test_stopping_at_the_edges(chapter):
    assert chapter["stop"]([1.0], 1) == (0, 0)
    assert chapter["stop"]([3, 2, 1], 1) == (2, 2)
    assert chapter["stop"]([1, 1, 1], 2) == (2, 0), "an equal loss is no improvement"
    assert chapter["stop_by_rise"]([1, 0.5, 0.56, 0.1], 0.1) == (2, 1)
    assert chapter["stop_by_rise"]([1, 0.5, 0.54, 0.1], 0.1) == (3, 3)


@pytest.mark.parametrize(("rate", "width", "decay"), REDONE)
def test_recorded_runs_happen_again(recorders, rate, width, decay):
    point = {"rate": rate, "width": width, "weight_decay": decay}
    (recorded,) = d2lite.Sweep.recorded("dropout").select(**point, seed=1)
    now = recorders[0].train_point(**point, seed=1)
    for name in ("train_loss", "loss", "accuracy", "test_accuracy"):
        atol = LOSS if "loss" in name else ACCURACY
        np.testing.assert_allclose(now[name], recorded[name], atol=atol, err_msg=name)


def test_the_recording_is_whole(recorders):
    sweep, grid = d2lite.Sweep.recorded("dropout"), recorders[0].GRID
    assert sweep.axes == grid
    assert sweep.seeds == list(recorders[0].SEEDS)
    assert len(sweep) == math.prod(map(len, grid.values())) * len(sweep.seeds)
    assert all(len(run["loss"]) == 20 for run in sweep)


def test_the_tuning_is_whole_and_the_choice_is_inside_its_grid(recorders):
    sweep, recorder = d2lite.Sweep.recorded("dropout_tuning"), recorders[0]
    points = [point for choices in recorder.CHOICES.values() for point in choices]
    assert [group[0].point for group in sweep.points()] == points
    assert sweep.seeds == list(recorder.TUNING_SEEDS)
    for name, point in zip(recorder.CHOICES, recorder.chosen(sweep), strict=False):
        strengths = [
            [choice[key] for choice in recorder.CHOICES[name]] for key in ("lr", "rate", "weight_decay")
        ]
        for values, value in zip(strengths, (point["lr"], point["rate"], point["weight_decay"]), strict=True):
            assert len(set(values)) == 1 or min(values) < value < max(values), name


def test_other_seeds_test_what_the_tuning_chose(recorders):
    sweep, recorder = d2lite.Sweep.recorded("dropout_seeds"), recorders[0]
    chosen = recorder.chosen(d2lite.Sweep.recorded("dropout_tuning"))
    assert [group[0].point for group in sweep.points()] == chosen
    assert sweep.seeds == list(recorder.NEW_SEEDS)
    assert not set(sweep.seeds) & {*recorder.SEEDS, *recorder.TUNING_SEEDS}, (
        "nothing was chosen on the new seeds"
    )


@pytest.mark.parametrize("row", [1, 2, 4])
def test_recorded_ends_happen_again(recorders, row):
    runs = d2lite.Sweep.recorded("dropout_seeds").points()[row]
    now = recorders[0].train_and_test(**runs[7].point, seed=runs[7].seed)
    assert abs(now["passes"] - runs[7]["passes"]) <= 8
    for name in ("loss", "scaled_loss", "test_loss", "test_scaled_loss"):
        assert abs(now[name] - runs[7][name]) < LOSS, name
    assert abs(np.mean(now["test_parts"]) - np.mean(runs[7]["test_parts"])) < ACCURACY


def test_the_temperature_has_the_least_loss(chapter, recorders):
    rng = torch.Generator().manual_seed(0)
    z, targets = 5 * torch.randn(500, 10, generator=rng), torch.randint(10, (500,), generator=rng)
    z[range(500), targets] += 4
    log_t = torch.zeros(1, requires_grad=True)
    oracle = torch.optim.LBFGS([log_t], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        oracle.zero_grad()
        loss = torch.nn.functional.cross_entropy(z / log_t.exp(), targets)
        loss.backward()
        return loss

    oracle.step(closure)
    expected = log_t.exp().item()
    assert recorders[0].fit_temperature(z, targets) == pytest.approx(expected, rel=1e-3)
    assert chapter["fit_temperature"](z, targets) == pytest.approx(expected, rel=0.03), (
        "its candidates are 3% apart"
    )


def test_calibration_error_of_known_cases(recorders):
    error = recorders[0].calibration_error
    p = torch.tensor([0.8, 0.2]).repeat(10, 1).log()
    targets = torch.tensor([0] * 8 + [1] * 2)
    assert error(p, targets) == pytest.approx(0, abs=1e-6), "80% sure and right in eight of ten"
    assert error(p, targets * 0) == pytest.approx(0.2, abs=1e-6), "always right"
    assert error(p, targets * 0 + 1) == pytest.approx(0.8, abs=1e-6), "never right"
    both = torch.cat([p, torch.tensor([0.6, 0.4]).log().repeat(10, 1)])
    assert error(both, torch.tensor([0] * 10 + [0] * 2 + [1] * 8)) == pytest.approx(0.3, abs=1e-6), (
        "0.2 and 0.4"
    )


def test_the_chapters_training_is_the_recorders(chapter, recorders):
    """On the recorder's own scaling, which differs from the chapter's in the fourth digit."""
    (inputs, _), (X_val, y_val), _ = recorders[0].load_data()
    assert torch.allclose(chapter["X"], torch.cat([inputs, X_val]), atol=2e-3)
    chapter["X"] = torch.cat([inputs, X_val])
    net = chapter["train"](0.2, 4, width=16)
    theirs = recorders[0].train_point(0.2, 16, 0.0, seed=4)
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(net(X_val), y_val).item()
    assert abs(loss - theirs["loss"][-1]) < 1e-4


@pytest.mark.parametrize("name", ["without", "with"])
def test_the_explorers_networks_train_again(recorders, name):
    recorder = recorders[1]
    tensors, record = weights.load("dropout_networks")
    _, _, (inputs, targets) = recorder.load_data()
    accuracy = recorder.measure(recorder.train_network(recorder.RATES[name]), inputs, targets)[1]
    assert abs(accuracy - record["provenance"]["test_accuracy"][name]) < ACCURACY
    assert tensors["targets"].tolist() == targets[:10].tolist()
    assert {f"{network}.w1" for network in recorder.RATES} <= set(tensors)
