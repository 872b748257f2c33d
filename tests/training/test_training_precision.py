"""Half precision, features with a history, a full disk: figures that are right, and no step before an error."""

import errno
import math
import os

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from d2lite.training import Callback, Checkpoint, Schedule, evaluate, fit, metrics
from d2lite.training import _losses as losses

GENERATOR = torch.Generator().manual_seed(0)
INPUTS, LABELS = torch.randn(40, 6, generator=GENERATOR), torch.randint(3, (40,), generator=GENERATOR)


def network(outputs=3):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, outputs))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_loss_in_half_precision_is_that_of_its_logits(dtype):
    """It was 1.216 in place of 1.184 in bfloat16, and infinite in float16: the sum over 12,000 samples."""
    model, inputs, labels = network().to(dtype), INPUTS.repeat(300, 1).to(dtype), LABELS.repeat(300)
    right = functional.cross_entropy(model(inputs).float(), labels).item()
    for batch_size in (64, 12_000):
        assert evaluate(model, (inputs, labels), batch_size=batch_size)["loss"] == pytest.approx(
            right, rel=1e-4
        )
    far = network(1).to(dtype), (inputs, torch.full((12_000,), 30.0).to(dtype))
    measured = evaluate(*far, loss="mse", batch_size=12_000)["loss"]
    assert measured == pytest.approx(((far[0](inputs).float()[:, 0] - 30) ** 2).mean().item(), rel=1e-4)


def test_targets_keep_their_digits_beside_predictions_in_half_precision():
    """Of the years 1969 to 1988 bfloat16 holds 1968, 1976, 1984 and 1992."""
    years, still = torch.arange(1969.0, 1989), lambda parameters: torch.optim.SGD(parameters, 0.0)
    model = nn.Linear(1, 1)
    with torch.no_grad():
        model.weight.zero_(), model.bias.fill_(1976)
    data, right = (torch.zeros(20, 1), years), ((years - 1976) ** 2).mean().item()
    with torch.autocast("cpu", torch.bfloat16):
        history = fit(model, data, data, loss="mse", optimizer=still, num_epochs=1)
    assert history["train_loss"] == history["validation_loss"] == [pytest.approx(right)]


@pytest.mark.parametrize("outputs", [1, 3])
def test_soft_labels_keep_their_digits_beside_logits_in_half_precision(outputs):
    logits, generator = torch.zeros(40, outputs, dtype=torch.bfloat16), torch.Generator().manual_seed(0)
    labels = torch.rand(40, outputs, generator=generator)
    labels = labels if outputs == 1 else labels / labels.sum(1, keepdim=True)
    right = math.log(2) if outputs == 1 else math.log(3)  # logits of 0: the same whatever the labels
    kept = logits.requires_grad_()
    losses.automatic(kept, labels).backward()
    wanted = (torch.full_like(labels, 1 / max(outputs, 2)) - labels) / 40
    assert losses.automatic(kept, labels).item() == pytest.approx(right, rel=1e-6)
    assert torch.equal(kept.grad, wanted.bfloat16())


def test_a_metric_in_half_precision_is_summed_in_single():
    def large(logits, targets):
        return torch.tensor(1000.0, dtype=torch.float16)

    history = fit(network(), (INPUTS.repeat(5, 1), LABELS.repeat(5)), num_epochs=1, metrics={"large": large})
    assert history["train_large"] == [1000.0]


@pytest.mark.parametrize(
    ("value", "kind"),
    [(0.1, torch.float64), (200, torch.uint8), (2**24 + 1, torch.int64), (True, torch.bool)],
)
def test_a_metric_keeps_its_digits(value, kind):
    """The mean of equal numbers is that number, whatever their type."""
    wide = {"wide": lambda logits, targets: torch.tensor(value, dtype=kind)}
    history = fit(network(), (INPUTS, LABELS), (INPUTS, LABELS), num_epochs=1, batch_size=4, metrics=wide)
    assert history["train_wide"] == [pytest.approx(float(value), rel=1e-15)]
    assert history["validation_wide"] == [float(value)]


def test_perplexity_of_half_precision_is_computed_in_single():
    logits = torch.randn(50, 200, generator=torch.Generator().manual_seed(0)).half()
    targets = torch.arange(50)
    right = functional.cross_entropy(logits.float(), targets).exp()
    assert torch.equal(metrics.perplexity(logits, targets), right)


def test_a_first_step_that_spoils_the_weights_is_told_before_it():
    model = network().half()
    before = [p.clone() for p in model.parameters()]
    with pytest.raises(
        FloatingPointError, match=r"first step of Adam makes torch.float16 weights NaN .*: expected numbers"
    ):
        fit(model, (INPUTS.half(), LABELS))
    assert all(torch.equal(p, old) for p, old in zip(model.parameters(), before, strict=True))


@pytest.mark.parametrize("wrap", [lambda pair: pair, lambda pair: DataLoader(TensorDataset(*pair), 8)])
def test_features_that_a_network_made_with_gradients_are_numbers(wrap):
    """They ended in "backward through the graph a second time"."""
    backbone = nn.Linear(6, 6)
    features = backbone(INPUTS)
    history = fit(network(), wrap((features, LABELS)), num_epochs=2, batch_size=8)
    wanted = fit(network(), wrap((features.detach(), LABELS)), num_epochs=2, batch_size=8)
    assert history["train_loss"] == wanted["train_loss"]
    assert backbone.weight.grad is None


def test_inputs_that_want_gradients_get_none():
    inputs = INPUTS.clone().requires_grad_()
    fit(network(), (inputs, LABELS), num_epochs=1)
    assert inputs.grad is None


@pytest.mark.parametrize("wrong", ["cosine", torch.optim.lr_scheduler.StepLR, None])
def test_a_schedule_is_made_of_a_scheduler(wrong):
    with pytest.raises(TypeError, match="scheduler is .*: expected an object of torch.optim.lr_scheduler"):
        Schedule(wrong)


def test_a_device_that_is_not_there_is_told():
    for device in ("gpu", "cuda:99", 1.5, ["cpu"], fit):
        with pytest.raises(ValueError, match="device is .*: expected one that this machine has"):
            fit(network(), (INPUTS, LABELS), device=device)


def test_a_full_disk_is_told_with_its_path_and_loses_nothing_that_was_saved(tmp_path, monkeypatch):
    path, real, calls = tmp_path / "run.pt", os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        OSError, match=r"run.pt', which cannot be written \(No space left.*: expected room"
    ) as caught:
        fit(network(), (INPUTS, LABELS), num_epochs=5, callbacks=[Checkpoint(path)])
    assert caught.value.errno == errno.ENOSPC
    assert [file.name for file in tmp_path.iterdir()] == ["run.pt"]
    resumed = fit(network(), (INPUTS, LABELS), num_epochs=5, callbacks=[Checkpoint(path)])
    assert len(calls) == 6  # two epochs, the one that failed, and the three that were left
    assert resumed["train_loss"] == fit(network(), (INPUTS, LABELS), num_epochs=5)["train_loss"]


class _Break(Callback):
    def on_epoch_end(self, run):
        if run.epoch == 2:
            raise KeyboardInterrupt


def test_two_checkpoints_of_one_run_resume_it(tmp_path):
    """The second took the random state that the first had restored for another run's."""
    first, second = tmp_path / "a.pt", tmp_path / "b.pt"
    callbacks = [Checkpoint(first), Checkpoint(second, every=3)]
    with pytest.raises(KeyboardInterrupt):
        fit(network(), (INPUTS, LABELS), num_epochs=4, batch_size=8, callbacks=[*callbacks, _Break()])
    again = fit(
        network(),
        (INPUTS, LABELS),
        num_epochs=4,
        batch_size=8,
        callbacks=[Checkpoint(first), Checkpoint(second, every=3)],
    )
    assert again["train_loss"] == fit(network(), (INPUTS, LABELS), num_epochs=4, batch_size=8)["train_loss"]
