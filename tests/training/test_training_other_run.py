"""A checkpoint belongs to one run: every other one is refused before anything is done."""

import collections
import copy
import functools
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune
from torch.utils.data import DataLoader, Subset, TensorDataset, WeightedRandomSampler

import d2lite
from d2lite.training import Callback, Checkpoint, EarlyStopping, Schedule

SCHEDULERS = torch.optim.lr_scheduler


def data(seed=0):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(40, 4, generator=generator)
    return inputs, (inputs[:, 0] > 0).long()


def network(activation=nn.ReLU, dropout=0.5, **options):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8, **options), activation(), nn.Dropout(dropout), nn.Linear(8, 2))


class Scaled(nn.Module):
    """A network with a setting of its own and a method that a subclass changes."""

    def __init__(self, scale=1.0, act=torch.relu):
        super().__init__()
        self.net, self.scale, self.act = network(), scale, act

    def forward(self, inputs):
        self.seen = inputs  # kept, as a network that shows its insides does
        return self.act(self.net(inputs)) * self.scale


class Cut(Scaled):
    def forward(self, inputs):
        return super().forward(inputs).clamp(max=1)


def own_loss(smoothing=0.0, weight=None):
    return lambda logits, y: functional.cross_entropy(logits, y, weight, label_smoothing=smoothing)


class Masked(nn.Module):
    """Has a mask that is no buffer."""

    def __init__(self, *mask):
        super().__init__()
        self.mask, self.last = torch.tensor(mask), nn.Linear(4, 2)

    def forward(self, inputs):
        return self.last(inputs) * self.mask


class Clip(Callback):
    """Changes the gradients' effect: its code names run.model."""

    def __init__(self, limit):
        self.limit = limit

    def on_step_end(self, run):
        for parameter in run.model.parameters():
            parameter.data.clamp_(-self.limit, self.limit)


class Watch(Callback):
    """Only looks."""

    def on_epoch_end(self, run):
        self.last = run.history[-1]


def options_of(**change):
    """Return fit's arguments: those of the base run, with a change."""
    base = dict(model=network(), train=data(), num_epochs=2, batch_size=20)
    options = base | change
    callbacks = options.pop("callbacks", [])
    if callable(callbacks):
        options["optimizer"], callbacks = callbacks(options["model"])
    return options, callbacks


def loader(dataset=None, **options):
    dataset = TensorDataset(*data()) if dataset is None else dataset
    return dict(train=DataLoader(dataset, **{"batch_size": 20} | options))


def scheduled(make, **options):
    def build(model):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        return optimizer, [Schedule(make(optimizer), **options)]

    return dict(callbacks=build)


def generator(seed):
    return torch.Generator().manual_seed(seed)


class Shifted(TensorDataset):
    def __getitem__(self, index):
        inputs, target = super().__getitem__(index)
        return inputs + 1, target


class Scored(TensorDataset):
    """Has attributes, one with a name that a scheduler's has."""

    def __init__(self, best=1.0, file=None):
        super().__init__(*data())
        self.best, self.file = best, file

    def __getitem__(self, index):
        inputs, target = super().__getitem__(index)
        return inputs * self.best, target


class Lookup(Callback):
    """Looks at the model through an optimizer that it was given."""

    def __init__(self, optimizer):
        self.optimizer = optimizer

    def on_epoch_end(self, run):
        self.last = run.model, self.optimizer.param_groups[0]["lr"]


class Weighted(nn.Module):
    """A loss whose weights are no buffer, though they decide it; the last value is none and does not."""

    def __init__(self, *weights):
        super().__init__()
        self.weights, self.last = torch.tensor(weights), None

    def forward(self, logits, targets):
        loss = functional.cross_entropy(logits, targets, weight=self.weights)
        self.last = loss.detach()
        return loss


class Distilled(nn.Module):
    """A loss that holds a teacher, and a temperature that is learned."""

    def __init__(self, teacher):
        super().__init__()
        self.teacher, self.scale = teacher, nn.Parameter(torch.zeros(()))

    def forward(self, logits, targets):
        return functional.cross_entropy(logits * self.scale.exp(), targets)


def distilled(teacher, method):
    """Return the arguments of a run that learns from a teacher, in a module or in a function."""
    if method == "module":
        return dict(loss=Distilled(teacher))
    return dict(loss=lambda x, y: functional.cross_entropy(x, y) + 0 * teacher[0].bias.detach().sum())


class Doubled(torch.optim.SGD):
    """An optimizer of one's own."""

    def __init__(self, parameters, factor=2.0):
        super().__init__(parameters, lr=0.1)
        self.factor, self.count = factor, 0

    def step(self):
        self.count += 1
        for parameter in self.param_groups[0]["params"]:
            parameter.grad *= self.factor
        super().step()


class Doubling(Doubled):
    """As above, with another step."""

    def step(self):
        super().step()
        super().step()


Doubling.__name__ = "Doubled"


def other_network():
    """Return one of the same layers with other weights."""
    model = network()
    model[0].weight.data += 1
    return model


def steps(size, gamma=0.1):
    return lambda optimizer: SCHEDULERS.StepLR(optimizer, size, gamma)


def decay(rate):
    return lambda optimizer: SCHEDULERS.LambdaLR(optimizer, lambda epoch: rate**epoch)


PAIRS = {
    "inputs": ({}, dict(train=(data()[0] + 1e-6, data()[1]))),
    "one label": ({}, dict(train=(data()[0], torch.cat([1 - data()[1][:1], data()[1][1:]])))),
    "type of labels": ({}, dict(train=(data()[0], data()[1].int()))),
    "order": ({}, dict(train=tuple(part.flip(0) for part in data()))),
    "validation": (dict(validation=data(1)), dict(validation=data(2))),
    "no validation": (dict(validation=data(1)), {}),
    "activation": ({}, dict(model=network(nn.Tanh))),
    "slope": (dict(model=network(lambda: nn.LeakyReLU(0.1))), dict(model=network(lambda: nn.LeakyReLU(0.2)))),
    "dropout": ({}, dict(model=network(dropout=0.1))),
    "bias": ({}, dict(model=network(bias=False))),
    "own layer": (dict(model=Scaled()), dict(model=Scaled(scale=2.0))),
    "own activation": (dict(model=Scaled()), dict(model=Scaled(act=torch.tanh))),
    "own forward": (dict(model=Scaled()), dict(model=Cut())),
    "named loss": (dict(loss="cross_entropy"), dict(loss=own_loss())),
    "loss": ({}, dict(loss=nn.CrossEntropyLoss(label_smoothing=0.1))),
    "class weights": (
        dict(loss=nn.CrossEntropyLoss(torch.tensor([1.0, 2]))), dict(loss=nn.CrossEntropyLoss(torch.tensor([1.0, 3])))
    ),
    "closure": (dict(loss=own_loss(0.1)), dict(loss=own_loss(0.2))),
    "closure of tensors": (
        dict(loss=own_loss(weight=torch.tensor([1.0, 2]))), dict(loss=own_loss(weight=torch.tensor([1.0, 3])))
    ),
    "weights that are no buffer": (dict(loss=Weighted(1.0, 2.0)), dict(loss=Weighted(1.0, 3.0))),
    "teacher": tuple(distilled(make(), "module") for make in (network, other_network)),
    "teacher in a function": tuple(distilled(make(), "function") for make in (network, other_network)),
    "mask": (dict(model=Masked(1.0, 0.0)), dict(model=Masked(0.0, 1.0))),
    "optimizer's code": (dict(optimizer=Doubled), dict(optimizer=Doubling)),
    "optimizer's attribute": (dict(optimizer=Doubled), dict(optimizer=functools.partial(Doubled, factor=3.0))),
    "code": (
        dict(loss=lambda x, y: functional.cross_entropy(x, y) * 2),
        dict(loss=lambda x, y: functional.cross_entropy(x, y) * 3),
    ),
    "partial": (
        dict(loss=functools.partial(functional.cross_entropy, label_smoothing=0.1)),
        dict(loss=functools.partial(functional.cross_entropy, label_smoothing=0.2)),
    ),
    "metrics": (dict(metrics="accuracy"), {}),
    "a metric's code": (dict(metrics={"a": lambda x, y: x.mean()}), dict(metrics={"a": lambda x, y: x.sum()})),
    "optimizer": ({}, dict(optimizer=torch.optim.SGD)),
    "rate": ({}, dict(optimizer=functools.partial(torch.optim.Adam, lr=0.1))),
    "betas": ({}, dict(optimizer=functools.partial(torch.optim.Adam, betas=(0.5, 0.9)))),
    "rates of groups": tuple(
        dict(optimizer=lambda parameters, lr=lr: torch.optim.SGD([{"params": parameters, "lr": lr}], lr=0.1))
        for lr in (0.2, 0.3)
    ),
    "schedule": (scheduled(steps(1)), scheduled(steps(2))),
    "no schedule": (dict(optimizer=functools.partial(torch.optim.SGD, lr=0.1)), scheduled(steps(1))),
    "kind of schedule": (scheduled(steps(1)), scheduled(lambda o: SCHEDULERS.ExponentialLR(o, 0.1))),
    "schedule's function": (scheduled(decay(0.9)), scheduled(decay(0.8))),
    "schedule's moments": (scheduled(steps(1)), scheduled(steps(1), every="step")),
    "seed": ({}, dict(seed=1)),
    "batch size": ({}, dict(batch_size=10)),
    "patience": (dict(validation=data(1), callbacks=[EarlyStopping(3)]), dict(validation=data(1))),
    "monitor": tuple(
        dict(validation=data(1), callbacks=[EarlyStopping(monitor=m)]) for m in ("train_loss", "validation_loss")
    ),
    "clipping": (dict(callbacks=[Clip(1.0)]), dict(callbacks=[Clip(0.1)])),
    "no clipping": ({}, dict(callbacks=[Clip(1.0)])),
    "loader": (loader(), {}),
    "shuffle": (loader(), loader(shuffle=True)),
    "drop_last": (loader(batch_size=15), loader(batch_size=15, drop_last=True)),
    "loader's labels": (loader(), loader(TensorDataset(data()[0], 1 - data()[1]))),
    "subset": tuple(loader(Subset(TensorDataset(*data()), range(i, i + 20))) for i in (0, 10)),
    "transform": (loader(), loader(Shifted(*data()))),
    "sampler": tuple(loader(sampler=WeightedRandomSampler([1.0] * 20 + [w] * 20, 40)) for w in (1.0, 2.0)),
    "generator": tuple(loader(shuffle=True, generator=generator(seed)) for seed in (0, 1)),
    "dataset's number": (loader(Scored(1.0)), loader(Scored(2.0))),
    "workers": (loader(), loader(num_workers=1)),
}  # fmt: skip


def frozen_first_layer():
    model = network()
    model[0].requires_grad_(False)
    return dict(model=model)


PAIRS["frozen"] = ({}, frozen_first_layer())


def start(path, change, **more):
    options, callbacks = options_of(**change)
    options |= dict(model=copy.deepcopy(options["model"])) if "optimizer" not in options else {}
    return d2lite.fit(**options | more, callbacks=[*callbacks, Checkpoint(path)])


@pytest.mark.parametrize("name", PAIRS)
def test_another_run_is_refused_before_anything_is_done(name, tmp_path, capsys):
    one, other = PAIRS[name]
    start(tmp_path / "run", one)
    before = (tmp_path / "run").read_bytes()
    watch = Watch()
    options, callbacks = options_of(**other)
    weights = copy.deepcopy(options["model"].state_dict())
    with pytest.raises(
        ValueError, match=r"the checkpoint .*run was made with .*: use the same settings"
    ) as caught:
        d2lite.fit(**options, callbacks=[*callbacks, watch, Checkpoint(tmp_path / "run")])
    assert "\n" not in str(caught.value)
    assert (tmp_path / "run").read_bytes() == before
    assert not hasattr(watch, "last")
    assert all(torch.equal(value, weights[key]) for key, value in options["model"].state_dict().items())
    capsys.readouterr()
    history = start(tmp_path / "run", one)  # the same run is still known
    assert "holds a finished run of 2 epochs: nothing left to do" in capsys.readouterr().out
    assert len(history) == 2
    longer, straight = (
        start(tmp_path / "run", one, num_epochs=3),
        start(tmp_path / "straight", one, num_epochs=3),
    )
    assert longer.step_losses == straight.step_losses
    assert "nothing left" not in capsys.readouterr().out


def test_callbacks_that_only_watch_may_come_and_go(tmp_path):
    start(tmp_path / "run", {})
    plot = d2lite.LivePlot(output="log")
    start(tmp_path / "run", dict(callbacks=[Watch(), d2lite.ProgressBar(output="log"), plot]), num_epochs=3)
    assert len(start(tmp_path / "run", dict(callbacks=[Watch()]), num_epochs=4)) == 4


def test_a_cell_run_again_with_its_trained_objects_goes_on(tmp_path):
    model = Scaled()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule, stopping = (
        Schedule(SCHEDULERS.OneCycleLR(optimizer, 0.1, total_steps=9)),
        EarlyStopping(9, "train_loss"),
    )
    penalty = lambda logits, y: (
        functional.cross_entropy(logits, y) + sum(p.square().sum() for p in model.parameters())
    )
    train = DataLoader(TensorDataset(*data()), 20, shuffle=True, generator=generator(2))
    callbacks = [schedule, stopping, Checkpoint(tmp_path / "run")]
    for num_epochs in (2, 2, 4):
        history = d2lite.fit(
            model,
            train,
            data(),
            loss=penalty,
            optimizer=optimizer,
            num_epochs=num_epochs,
            callbacks=callbacks,
        )
        assert len(history) == num_epochs


class Recording(nn.Module):
    """A network that counts its calls, records what it computes and keeps what it needs again."""

    def __init__(self):
        super().__init__()
        self.last, self.calls, self.attention, self.cache, self.log = nn.Linear(4, 2), 0, None, {}, []

    def forward(self, inputs):
        self.calls += 1
        self.cache.setdefault("scale", torch.tensor(2.0))
        self.attention = self.last(inputs).softmax(1).detach()
        self.log.append(self.attention.mean().item())
        self.new = inputs
        return self.last(inputs) * self.cache["scale"]


class Logged(nn.Module):
    """A loss that keeps its last value and a running mean."""

    def __init__(self):
        super().__init__()
        self.value = 0.0
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, logits, targets):
        loss = functional.cross_entropy(logits, targets)
        self.value, self.mean = loss.item(), 0.9 * self.mean + 0.1 * loss.detach()
        return loss


class Listed:
    """A loss that is no module and keeps all its values."""

    def __init__(self):
        self.values = []

    def __call__(self, logits, targets):
        loss = functional.cross_entropy(logits, targets)
        self.values.append(loss.item())
        return loss


class Stream(torch.utils.data.IterableDataset):
    """The samples, one after the other."""

    def __iter__(self):
        return iter(list(zip(*data(), strict=True)))


def pruned():
    model = network()
    prune.l1_unstructured(model[0], "weight", 0.5)
    return model


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss, lambda: Weighted(1.0, 2.0), Logged, Listed])
@pytest.mark.parametrize("make", [network, Recording, pruned])
def test_what_a_network_or_a_loss_records_is_no_setting(make, loss, used, tmp_path):
    model, loss = make(), loss()
    if used:
        model(data()[0][:3])
    for num_epochs in (2, 2, 4):
        options = dict(loss=loss, num_epochs=num_epochs, callbacks=[Checkpoint(tmp_path / "run")])
        assert len(d2lite.fit(model, data(), data(), **options)) == num_epochs


def test_what_a_network_records_of_a_stream_is_no_setting_either(tmp_path):
    model, loss = network(), Weighted(1.0, 2.0)
    for num_epochs in (2, 4):
        options = dict(loss=loss, num_epochs=num_epochs, callbacks=[Checkpoint(tmp_path / "run")])
        assert len(d2lite.fit(model, DataLoader(Stream(), 20), **options)) == num_epochs


def test_what_cannot_be_compared_counts_by_its_type_and_name(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).write_text(name)
    with open(tmp_path / "one") as one, open(tmp_path / "one") as again, open(tmp_path / "other") as other:
        start(tmp_path / "run", loader(Scored(file=one)))
        assert len(start(tmp_path / "run", loader(Scored(file=again)), num_epochs=3)) == 3
        for dataset in (Scored(file=other), Scored(2.0, file=again), Scored()):
            with pytest.raises(ValueError, match="was made with another dataset"):
                start(tmp_path / "run", loader(dataset), num_epochs=4)


def test_a_number_of_numpy_deep_inside_is_a_number(tmp_path):
    start(tmp_path / "run", loader(Scored(1.0)))
    assert len(start(tmp_path / "run", loader(Scored(np.float64(1))), num_epochs=3)) == 3


def test_an_optimizer_that_has_trained_is_the_same(tmp_path):
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    watch = Lookup(optimizer)
    for num_epochs in (2, 4):
        d2lite.fit(
            model,
            data(),
            optimizer=optimizer,
            num_epochs=num_epochs,
            callbacks=[watch, Checkpoint(tmp_path / "run")],
        )


SCRIPT = """
import sys, torch, d2lite
from torch import nn
inputs = torch.linspace(-1, 1, 80).reshape(20, 4)
class Net(nn.Sequential):
    def forward(self, x):
        return super().forward(x) * {factor}
torch.manual_seed(0)
history = d2lite.fit(
    Net(nn.Linear(4, 2)), (inputs, (inputs[:, 0] > 0).long()), num_epochs=int(sys.argv[2]),
    loss=lambda x, y: nn.functional.cross_entropy(x, y, label_smoothing=0.1),
    metrics={{"a": lambda x, y: x.mean()}}, callbacks=[d2lite.Checkpoint(sys.argv[1])],
)
print(len(history), "epochs")
"""


def test_another_process_knows_the_run_and_an_edited_script_does_not(tmp_path):
    def script(text, num_epochs):
        (tmp_path / "run.py").write_text(textwrap.dedent(text))
        command = [sys.executable, str(tmp_path / "run.py"), str(tmp_path / "saved"), str(num_epochs)]
        environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    assert "2 epochs" in script(SCRIPT.format(factor=1), 2).stdout
    commented = "# a comment\n\n" + SCRIPT.format(factor="1  # one")
    assert "3 epochs" in script(commented, 3).stdout
    assert "another model" in script(SCRIPT.format(factor=2), 4).stderr


def compiled(model, how):
    if how == "in place":
        model.compile(backend="eager")
        return model
    if how == "a part":
        model[0] = torch.compile(model[0], backend="eager")
        return model
    return torch.compile(model, backend="eager")


@pytest.mark.parametrize("how", ["whole", "in place", "a part"])
def test_a_compiled_network_resumes(how, tmp_path):
    def go(path, model, num_epochs):
        return start(path, dict(model=model, optimizer=torch.optim.Adam), num_epochs=num_epochs)

    go(tmp_path / "run", compiled(network(), how), 2)
    history = go(tmp_path / "run", compiled(network(), how), 4)
    assert history.step_losses == go(tmp_path / "other", network(), 4).step_losses
    with pytest.raises(ValueError, match="was made with another model"):
        go(tmp_path / "run", compiled(network(nn.Tanh), how), 5)


def numpy_in_everything(model):
    optimizer = torch.optim.SGD(model.parameters(), lr=np.float64(0.1), momentum=np.float32(0.9))
    return optimizer, [
        Schedule(SCHEDULERS.StepLR(optimizer, np.int64(1), gamma=np.float64(0.5))), Rows(),
        EarlyStopping(np.int64(9), "score", np.float64(0.0), mode="max"),
    ]  # fmt: skip


class Rows(Callback):
    """Adds a NumPy number to the history and keeps more of them."""

    def on_epoch_end(self, run):
        run.history[-1]["score"] = np.float64(run.epoch)
        self.kept = {
            "mean": np.float32(0.5),
            "counts": np.arange(3),
            "flag": np.bool_(True),
            "n": np.array(3),
        }

    def state_dict(self):
        return getattr(self, "kept", {})


def test_numpy_numbers_anywhere_are_saved_and_read_again(tmp_path):
    change = dict(
        callbacks=numpy_in_everything, num_epochs=np.int64(2), batch_size=np.int64(20), seed=np.int32(4),
        validation=data(1), metrics={"mean": lambda x, y: x.numpy().mean(), "one": lambda x, y: x.numpy()[:1, 0]},
    )  # fmt: skip
    start(tmp_path / "run", change)
    history = start(tmp_path / "run", change, num_epochs=4)
    straight = start(tmp_path / "straight", change, num_epochs=4)
    for name in straight.names[:-2]:
        assert history[name] == straight[name]


class Photos(torch.Tensor):
    """A tensor of a class of one's own, as other libraries have them."""


class Named(dict):
    """A dict of a class of one's own."""


@pytest.mark.parametrize(
    "state",
    [
        collections.defaultdict(list), collections.defaultdict(list, {"a": [1.0]}), Named(a=torch.ones(2)),
        {"a": Photos(torch.ones(2))}, collections.OrderedDict(a=Photos(torch.ones(2))), {"a": [Named()]},
    ],
)  # fmt: skip
def test_what_has_a_class_of_ones_own_is_read_again(state, tmp_path):
    callback, other = Watch(), Watch()
    callback.state_dict, other.load_state_dict = lambda: state, lambda read: setattr(other, "read", read)
    inputs, targets = data()
    change = dict(train=(inputs.as_subclass(Photos), targets), metrics={"mean": lambda x, y: x.mean()})
    start(tmp_path / "run", dict(change, callbacks=[callback]))
    history = start(tmp_path / "run", dict(change, callbacks=[other]), num_epochs=4)
    straight = start(tmp_path / "straight", dict(change, train=data()), num_epochs=4)
    assert history["train_loss"] == straight["train_loss"]
    assert getattr(other, "read", {}).keys() == state.keys()


@pytest.mark.parametrize("state", [{"a": {1, 2}}, {"a": [print]}, {"a": {"b": object()}}, {"a": b""}])
def test_a_state_that_cannot_be_read_again_is_refused_before_training(state, tmp_path):
    callback = Watch()
    callback.state_dict = lambda: state
    with pytest.raises(TypeError, match=r"\['a'\].* is a .*: expected what a checkpoint can keep"):
        start(tmp_path / "run", dict(callbacks=[callback]))
    assert not hasattr(callback, "last")
    assert not (tmp_path / "run").exists()


MANY = {
    "LambdaLR": decay(0.9),
    "MultiplicativeLR": lambda o: SCHEDULERS.MultiplicativeLR(o, lambda epoch: 0.9),
    "StepLR": steps(1),
    "MultiStepLR": lambda o: SCHEDULERS.MultiStepLR(o, [1, 3]),
    "ConstantLR": lambda o: SCHEDULERS.ConstantLR(o, 0.5, 3),
    "LinearLR": lambda o: SCHEDULERS.LinearLR(o, 0.5, total_iters=3),
    "ExponentialLR": lambda o: SCHEDULERS.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda o: SCHEDULERS.PolynomialLR(o, 5),
    "CosineAnnealingLR": lambda o: SCHEDULERS.CosineAnnealingLR(o, 5),
    "CosineAnnealingWarmRestarts": lambda o: SCHEDULERS.CosineAnnealingWarmRestarts(o, 3),
    "CyclicLR": lambda o: SCHEDULERS.CyclicLR(o, 0.01, 0.1, step_size_up=3, cycle_momentum=False),
    "OneCycleLR": lambda o: SCHEDULERS.OneCycleLR(o, 0.1, total_steps=8),
    "SequentialLR": lambda o: SCHEDULERS.SequentialLR(o, [steps(1)(o), decay(0.9)(o)], [2]),
    "ChainedScheduler": lambda o: SCHEDULERS.ChainedScheduler([steps(2)(o), decay(0.9)(o)]),
    "ReduceLROnPlateau": lambda o: SCHEDULERS.ReduceLROnPlateau(o, patience=0),
}


@pytest.mark.parametrize("name", MANY)
def test_every_scheduler_resumes(name, tmp_path):
    monitor = "validation_loss" if name == "ReduceLROnPlateau" else None
    change = dict(scheduled(MANY[name], monitor=monitor), validation=data(1))
    start(tmp_path / "run", change)
    resumed, straight = (
        start(tmp_path / "run", change, num_epochs=5),
        start(tmp_path / "other", change, num_epochs=5),
    )
    assert resumed.step_losses == straight.step_losses


def test_a_path_may_begin_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    start("~/runs/run", {})
    assert (tmp_path / "runs" / "run").exists()
