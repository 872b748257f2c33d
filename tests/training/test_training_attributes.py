"""What a model, a loss and an optimizer of one's own hold in attributes is there again when a run is resumed."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Sampler, TensorDataset

from d2lite.training import Callback, Checkpoint, fit

GENERATOR = torch.Generator().manual_seed(0)
DATA = torch.randn(40, 6, generator=GENERATOR), torch.randint(3, (40,), generator=GENERATOR)


class Momentum(torch.optim.Optimizer):
    """As chapter 4 writes it out: the velocities in a list, the number of steps beside it."""

    def __init__(self, parameters):
        super().__init__(parameters, {"lr": 0.1})
        self.places = [p for group in self.param_groups for p in group["params"]]
        self.numbers = [p.data for p in self.places]  # the very weights
        self.velocities, self.steps = self.make_velocities(), 0

    def make_velocities(self):
        return [torch.zeros_like(p) for p in self.places]

    def step(self, closure=None):
        self.steps += 1
        velocities = self.velocities.values() if isinstance(self.velocities, dict) else self.velocities
        for p, number, velocity in zip(self.places, self.numbers, velocities, strict=True):
            velocity.mul_(0.9).add_(p.grad)
            number.sub_(0.1 / self.steps * velocity)


class ByParameter(Momentum):
    def make_velocities(self):
        return {p: torch.zeros_like(p) for p in self.places}


class Centred(nn.Module):
    """Takes off a running mean, and keeps how often in a dict that a hook may hold, too."""

    def __init__(self):
        super().__init__()
        self.layer, self.mean, self.notes = nn.Linear(6, 3), torch.zeros(6), {"calls": [0], "last": None}
        self.register_buffer("square", torch.ones(6), persistent=False)

    def forward(self, inputs):
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * inputs.mean(0)
            self.square.mul_(0.9).add_(0.1 * inputs.square().mean(0))
            self.notes["calls"][0] += 1
            self.notes["last"] = inputs
        return self.layer((inputs - self.mean) / self.square) / self.notes["calls"][0] ** 0.1


class Growing:
    """A loss that looks at hard samples more and more."""

    def __init__(self):
        self.power = 0.0

    def __call__(self, logits, targets):
        if torch.is_grad_enabled():
            self.power += np.float64(0.1)
        losses = functional.cross_entropy(logits, targets, reduction="none")
        return ((1 - (-losses).exp()) ** self.power * losses).mean()


class Calmer(Callback):
    """Turns the dropout down from epoch to epoch."""

    def on_epoch_end(self, run):
        run.model[1].p /= 2


class Break(Callback):
    def __init__(self, unit, last):
        self.unit, self.last = unit, last

    def on_step_end(self, run):
        if (self.unit, run.step) == ("step", self.last):
            raise KeyboardInterrupt

    def on_epoch_end(self, run):
        if (self.unit, run.epoch) == ("epoch", self.last):
            raise KeyboardInterrupt


def dropping():
    return nn.Sequential(nn.Linear(6, 8), nn.Dropout(0.5), nn.Linear(8, 3))


def train(make, optimizer, loss, callbacks, *others):
    torch.manual_seed(0)
    model, loss = make(), loss and loss()
    callbacks = [callback() for callback in callbacks]
    options = dict(num_epochs=4, batch_size=16, loss=loss, callbacks=[*callbacks, *others])
    history = fit(model, DATA, DATA, optimizer=optimizer(model.parameters()), **options)
    return model, history


@pytest.mark.parametrize(
    "parts",
    [
        (dropping, Momentum, None, []),
        (Centred, torch.optim.Adam, None, []),
        (dropping, torch.optim.Adam, Growing, []),
        (dropping, torch.optim.Adam, None, [Calmer]),
    ],
)
def test_what_is_held_in_attributes_is_resumed(parts, tmp_path):
    whole, history = train(*parts)
    with pytest.raises(KeyboardInterrupt):
        train(*parts, Checkpoint(tmp_path / "run", every=1), Break("epoch", 2))
    resumed, again = train(*parts, Checkpoint(tmp_path / "run", every=1))
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, other)
    assert again["train_loss"] == history["train_loss"]
    assert again["validation_loss"] == history["validation_loss"]


def test_a_hook_goes_on_with_the_dict_that_it_holds(tmp_path):
    model = Centred()
    notes = model.notes
    fit(model, DATA, num_epochs=2, callbacks=[Checkpoint(tmp_path / "run")])
    other = Centred()
    held = other.notes
    fit(other, DATA, num_epochs=2, callbacks=[Checkpoint(tmp_path / "run")])
    assert other.notes is held and held["calls"] == notes["calls"] == [2]
    assert torch.equal(held["last"], notes["last"])


def test_momentum_that_cannot_be_kept_is_told_before_the_first_step(tmp_path):
    model = dropping()
    before = model[0].weight.detach().clone()
    with pytest.raises(TypeError, match=r"optimizer keeps tensors in velocities, a dict: expected them in"):
        fit(model, DATA, optimizer=ByParameter, callbacks=[Checkpoint(tmp_path / "run")])
    assert torch.equal(model[0].weight, before)
    assert len(fit(model, DATA, optimizer=ByParameter, num_epochs=1)) == 1


def test_data_that_a_layer_recorded_are_not_written_into(tmp_path):
    """Batches as the dataset holds them: the last one was recorded when the run broke, an earlier one saved."""
    batches = [(x.clone(), y.clone()) for x, y in zip(DATA[0].split(10), DATA[1].split(10), strict=True)]
    loader = DataLoader(batches, batch_size=None)
    model = Centred()
    options = dict(num_epochs=1, callbacks=[Checkpoint(tmp_path / "run", every=3), Break("step", 4)])
    with pytest.raises(KeyboardInterrupt):
        fit(model, loader, **options)
    assert model.notes["last"].data_ptr() == batches[3][0].data_ptr()
    options["callbacks"][1] = Callback()
    fit(model, loader, **options)
    assert torch.equal(torch.cat([inputs for inputs, _ in batches]), DATA[0])


class Widening(Sampler):
    """Ten samples more in each epoch."""

    epoch = 0

    def __len__(self):
        return 10 * (self.epoch + 1)

    def __iter__(self):
        self.epoch += 1
        return iter(range(10 * min(self.epoch, 4)))


@pytest.mark.parametrize("place", [("epoch", 2), ("step", 5)])
def test_a_sampler_goes_on_with_the_epochs_it_has_counted(place, tmp_path):
    def run(*callbacks):
        model = dropping()
        loader = DataLoader(TensorDataset(*DATA), 5, sampler=Widening())
        history = fit(model, loader, num_epochs=4, callbacks=callbacks)
        return history["train_loss"], len(history.step_losses)

    torch.manual_seed(0)
    whole = run()
    torch.manual_seed(0)
    with pytest.raises(KeyboardInterrupt):
        run(Checkpoint(tmp_path / "run", every=1), Break(*place))
    assert run(Checkpoint(tmp_path / "run", every=1)) == whole
    assert whole[1] == 2 + 4 + 6 + 8
