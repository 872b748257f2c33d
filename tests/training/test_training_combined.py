"""Two features together: layers that thaw, callbacks that draw, workers that persist, each with what comes after it."""

import math

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from d2lite.training import Callback, Checkpoint, evaluate, fit


def data(num_samples=64):
    inputs = torch.randn(num_samples, 8, generator=torch.Generator().manual_seed(0))
    return inputs, (inputs[:, 0] > 0).long() + (inputs[:, 1] > 0).long()


def network(dropout=0.0):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Dropout(dropout), nn.Linear(16, 3))


class Broken(Callback):
    """Ends the run in its fourth epoch, as Ctrl+C does."""

    def on_step_end(self, run):
        if run.epoch == 3 and run.step == 2:
            raise KeyboardInterrupt


class Thaw(Callback):
    """Lets the first layer learn from the second epoch on."""

    def on_epoch_end(self, run):
        if run.epoch == 1:
            run.model[0].requires_grad_(True)


class Probe(Callback):
    """Draws the points at which it will look."""

    def on_train_start(self, run):
        self.points = torch.randn(4)


class Noisy(torch.optim.SGD):
    """Adds noise from a generator of its own: stochastic gradient Langevin dynamics."""

    def __init__(self, parameters):
        super().__init__(parameters, lr=0.1)
        self.generator = torch.Generator().manual_seed(0)

    @torch.no_grad()
    def step(self, closure=None):
        super().step()
        for parameter in self.param_groups[0]["params"]:
            parameter += 0.01 * torch.randn(parameter.shape, generator=self.generator)


def everything(model):
    return torch.optim.SGD(model.parameters(), lr=0.1)


TOGETHER = {
    "layers that thaw": (Thaw, everything),
    "a callback that draws at the start": (Probe, everything),
    "an optimizer with a generator": (Callback, lambda model: Noisy(model.parameters())),
}


@pytest.mark.parametrize("kind", TOGETHER)
@pytest.mark.parametrize("every", ["epoch", 2])
def test_a_run_that_was_broken_ends_as_the_unbroken_one(kind, every, tmp_path):
    callback, optimizer = TOGETHER[kind]

    def run(*callbacks):
        model = network(dropout=0.5)
        model[0].requires_grad_(kind != "layers that thaw")
        options = {"num_epochs": 5, "batch_size": 16, "optimizer": optimizer(model)}
        history = fit(model, data(), callbacks=[callback(), *callbacks], **options)
        return history.step_losses, [value.tolist() for value in model.state_dict().values()]

    with pytest.raises(KeyboardInterrupt):
        run(Broken(), Checkpoint(tmp_path / "run.pt", every))
    assert run(Checkpoint(tmp_path / "run.pt", every)) == run()


class Shaken(TensorDataset):
    def __getitem__(self, index):
        inputs, target = super().__getitem__(index)
        return inputs + torch.randn(()), target


def test_random_validation_data_of_workers_that_persist_are_the_same_again():
    loader = DataLoader(Shaken(*data()), 32, num_workers=1, persistent_workers=True)
    first, again = (fit(network(), data(), loader, num_epochs=2)["validation_loss"] for _ in range(2))
    assert first == again
    assert evaluate(network(), loader) == evaluate(network(), loader)


def test_running_means_that_a_sample_has_spoilt_are_told_of_before_the_next_run():
    model, (inputs, targets) = network(), data()
    spoilt = inputs.clone()
    spoilt[40] = math.nan
    with pytest.raises(FloatingPointError, match="step 3"):
        fit(model, DataLoader(TensorDataset(spoilt, targets), 16))
    assert all(parameter.isfinite().all() for parameter in model.parameters())
    with pytest.raises(ValueError, match="the model's 1.running_mean holds NaN or infinity before the first"):
        fit(model, (inputs, targets), (inputs, targets))
