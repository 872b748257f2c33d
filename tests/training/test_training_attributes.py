"""What a model, a loss and an optimizer of one's own hold in attributes is there again when a run is resumed."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from d2lite.training import Callback, Checkpoint, fit
from d2lite.training._attributes import _taken_up

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


class Hidden(torch.optim.Optimizer):
    """A hand-written one in other spellings: private names, torch's names of layers, defaults of the class."""

    steps, rate = 0, None

    def __init__(self, parameters):
        super().__init__(parameters, {})
        self._places = [p for group in self.param_groups for p in group["params"]]
        self._velocities, self._buffers = ([torch.zeros_like(p) for p in self._places] for _ in range(2))
        self.rate = 0.1

    @torch.no_grad()
    def step(self, closure=None):
        self.steps += 1
        for p, velocity, square in zip(self._places, self._velocities, self._buffers, strict=True):
            velocity.mul_(0.9).add_(p.grad)
            square.add_(p.grad**2)
            p.sub_(self.rate / self.steps * velocity / (square.sqrt() + 0.1))


class Ahead(torch.optim.Optimizer):
    """Steps with another optimizer."""

    def __init__(self, parameters):
        super().__init__([*parameters], {})
        self.base = torch.optim.SGD(self.param_groups[0]["params"], lr=0.1, momentum=0.9)

    def step(self, closure=None):
        self.base.step()


class AheadSaved(Ahead):
    """Keeps the other's state."""

    def state_dict(self):
        return {**super().state_dict(), "base": self.base.state_dict()}

    def load_state_dict(self, state):
        self.base.load_state_dict(state.pop("base"))
        super().load_state_dict(state)


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
        (dropping, Hidden, None, []),
        (dropping, AheadSaved, None, []),
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


def test_an_optimizer_within_another_is_told_unless_it_is_saved(tmp_path):
    model = dropping()
    before = model[0].weight.detach().clone()
    with pytest.raises(
        TypeError, match=r"optimizer holds another in base, SGD: expected one with state_dict\(\)"
    ):
        fit(model, DATA, optimizer=Ahead, callbacks=[Checkpoint(tmp_path / "run")])
    assert torch.equal(model[0].weight, before)
    assert len(fit(model, DATA, optimizer=Ahead, num_epochs=1)) == 1


def test_what_was_recorded_comes_back_on_its_device():
    recorded = _taken_up(torch.zeros(2, device="meta"), torch.ones(2))
    assert recorded.device.type == "meta"
    counts = [torch.zeros(2)]
    assert _taken_up(counts, [torch.ones(2)]) is counts and counts[0].tolist() == [1, 1]


def test_a_recorded_view_is_saved_alone(tmp_path):
    """All forty samples were in the file, in place of the ten that were recorded."""
    batches = [*zip(DATA[0].split(10), DATA[1].split(10), strict=True)]
    model = Centred()
    loader = DataLoader(batches, batch_size=None)
    fit(model, loader, num_epochs=1, callbacks=[Checkpoint(tmp_path / "run")])
    saved = torch.load(tmp_path / "run", weights_only=True)["attributes"]["model "]["notes"]["last"]
    assert torch.equal(saved, batches[3][0])
    assert saved.untyped_storage().nbytes() == saved.nbytes


def test_empty_bytes_in_a_model_do_not_spoil_the_file(tmp_path):
    """Torch writes b"" in a way that it then refuses to read."""
    model = dropping()
    model.key = b""
    for num_epochs in (1, 2):
        history = fit(model, DATA, num_epochs=num_epochs, callbacks=[Checkpoint(tmp_path / "run")])
    assert history["epoch"] == [1, 2]
