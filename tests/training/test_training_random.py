"""Equal calls of `fit` are equal, however the data are read, and leave all random state as it was."""

import collections
import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, RandomSampler, Subset, TensorDataset, random_split

import d2lite
from d2lite.datasets import Data
from d2lite.training._batches import TensorBatches


def network(dropout=0.0):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 3))


def arrays(num_samples=40):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(num_samples, 4, generator=generator)
    return inputs, torch.randint(0, 3, (num_samples,), generator=generator)


def weights(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


class Noisy(TensorDataset):
    """Draws from all three global generators at each look."""

    def __getitem__(self, index):
        inputs, target = super().__getitem__(index)
        noise = random.random() + np.random.rand() + torch.rand(()).item()  # noqa: NPY002
        return inputs + noise, target


def noisy_collate(samples):
    inputs, targets = torch.utils.data.default_collate(samples)
    return inputs * np.random.rand(), targets  # noqa: NPY002


def global_draws():
    return random.random(), np.random.rand(), torch.rand(()).item()  # noqa: NPY002


LOADERS = {
    "dataset": lambda: DataLoader(Noisy(*arrays()), batch_size=16, shuffle=True),
    "collate": lambda: DataLoader(TensorDataset(*arrays()), batch_size=16, collate_fn=noisy_collate),
    "generator": lambda: DataLoader(
        TensorDataset(*arrays()), 16, shuffle=True, generator=torch.Generator().manual_seed(3)
    ),
    "workers": lambda: DataLoader(Noisy(*arrays()), batch_size=16, num_workers=2),
    "persistent": lambda: DataLoader(Noisy(*arrays()), 16, num_workers=1, persistent_workers=True),
}


@pytest.mark.parametrize("kind", LOADERS)
@pytest.mark.parametrize("same_loader", [True, False])
def test_equal_calls_are_equal_and_leave_random_state_alone(kind, same_loader):
    loader, results = LOADERS[kind](), []
    for _ in range(2):
        d2lite.seed(9)
        expected = global_draws()
        d2lite.seed(9)
        model = network(dropout=0.5)
        d2lite.seed(9)
        loader = loader if same_loader else LOADERS[kind]()
        d2lite.seed(9)
        history = d2lite.fit(model, loader, loader, num_epochs=2)
        assert global_draws() == expected
        results.append((weights(model).tolist(), history.step_losses, history["validation_loss"]))
        global_draws()
    assert results[0] == results[1]


def test_random_data_differ_from_epoch_to_epoch():
    frozen = lambda parameters: torch.optim.SGD(parameters, lr=0.0)
    for kind in ("dataset", "workers"):
        losses = d2lite.fit(network(), LOADERS[kind](), optimizer=frozen, num_epochs=2)["train_loss"]
        assert losses[0] != losses[1]


def test_measuring_does_not_change_the_training():
    results = []
    for validation in (None, arrays(), LOADERS["dataset"](), LOADERS["generator"]()):
        model = network(dropout=0.5)
        d2lite.fit(model, arrays(), validation, num_epochs=2, batch_size=16)
        results.append(weights(model))
    assert all(torch.equal(result, results[0]) for result in results)


class Drawing(nn.Module):
    """Draws from a generator of its own, in evaluation mode, too."""

    def __init__(self):
        super().__init__()
        self.net, self.generator = network(), torch.Generator().manual_seed(3)

    def forward(self, inputs):
        return self.net(inputs + torch.rand(inputs.shape, generator=self.generator))


def test_measuring_leaves_a_generator_of_the_networks_own_alone():
    alone, measured = (d2lite.fit(Drawing(), arrays(), data, num_epochs=3) for data in (None, arrays()))
    assert measured["train_loss"] == alone["train_loss"]


def test_evaluate_leaves_random_state_alone_and_repeats_itself():
    d2lite.seed(4)
    expected = global_draws()
    model = network()
    d2lite.seed(4)
    measured = [d2lite.evaluate(model, LOADERS["dataset"]()) for _ in range(2)]
    assert measured[0] == measured[1]
    assert global_draws() == expected


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True, "0"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match="seed is .*: expected a whole number, from 0"):
        d2lite.fit(network(), arrays(), seed=seed)


def test_numpy_numbers_are_numbers():
    a, b = network(), network()
    d2lite.fit(a, arrays(), num_epochs=np.int64(2), batch_size=np.int32(16), seed=np.int64(3))
    d2lite.fit(b, arrays(), num_epochs=2, batch_size=16, seed=3)
    assert torch.equal(weights(a), weights(b))


def test_seed_decides_the_order_of_a_loader_unless_it_has_a_generator():
    def trained(seed, **options):
        model = network()
        d2lite.fit(model, DataLoader(TensorDataset(*arrays()), 8, **options), num_epochs=1, seed=seed)
        return weights(model)

    def generator():
        return torch.Generator().manual_seed(3)

    assert torch.equal(trained(0, shuffle=True), trained(0, shuffle=True))
    assert not torch.equal(trained(0, shuffle=True), trained(1, shuffle=True))
    for make in (
        lambda: {"shuffle": True, "generator": generator()},
        lambda: {"sampler": RandomSampler(range(40), generator=generator())},
    ):
        assert torch.equal(trained(0, **make()), trained(1, **make()))
    assert "has a generator of its own, whose state decides" in " ".join(d2lite.fit.__doc__.split())


Pair = collections.namedtuple("Pair", ["inputs", "targets"])


def named_collate(samples):
    return Pair(*torch.utils.data.default_collate(samples))


def loaders_of_the_first(count):
    inputs, targets = arrays(count)
    data, tensors = Data(inputs, targets), TensorDataset(inputs, targets)
    longer = Data(*(torch.cat([part, part]) for part in (inputs, targets)))
    return {
        "Data": DataLoader(data, batch_size=16),
        "sliced Data": DataLoader(longer[:count], batch_size=16),
        "Subset of Data": DataLoader(Subset(longer, range(count)), batch_size=16),
        "Subset of tensors": DataLoader(Subset(tensors, range(count)), batch_size=16),
        "list": DataLoader(list(zip(inputs, targets, strict=True)), batch_size=16),
        "batch sampler": DataLoader(tensors, batch_sampler=BatchSampler(range(count), 16, drop_last=False)),
        "batches": DataLoader(tensors, sampler=BatchSampler(range(count), 16, False), batch_size=None),
        "named": DataLoader(tensors, batch_size=16, collate_fn=named_collate),
        "strings as keys": DataLoader(
            {str(i): (inputs[i], targets[i]) for i in range(count)},
            16,
            sampler=[str(i) for i in range(count)],
        ),
    }


@pytest.mark.parametrize("kind", loaders_of_the_first(40))
def test_every_kind_of_loader_trains_like_its_tensors(kind):
    model, expected = network(), network()
    history = d2lite.fit(model, loaders_of_the_first(40)[kind], num_epochs=2, metrics="accuracy")
    d2lite.fit(expected, DataLoader(TensorDataset(*arrays()), batch_size=16), num_epochs=2)
    assert torch.equal(weights(model), weights(expected))
    assert len(history.step_losses) == 6
    assert np.isfinite(d2lite.evaluate(model, loaders_of_the_first(40)[kind])["loss"])


def test_a_split_of_data_trains():
    parts = random_split(Data(*arrays()), [30, 10], generator=torch.Generator().manual_seed(0))
    loaders = [DataLoader(part, batch_size=8) for part in parts]
    assert len(d2lite.fit(network(), *loaders, num_epochs=1).step_losses) == 4


def test_dropped_samples_are_not_counted():
    frozen = lambda parameters: torch.optim.SGD(parameters, lr=0.0)
    inputs, targets = arrays()
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=16, drop_last=True)
    history = d2lite.fit(network(), loader, loader, optimizer=frozen, num_epochs=1)
    expected = d2lite.evaluate(network(), (inputs[:32], targets[:32]))["loss"]
    assert history["train_loss"][0] == pytest.approx(expected)
    assert history["validation_loss"][0] == pytest.approx(expected)
    sampler = RandomSampler(range(40), replacement=True, num_samples=24)
    history = d2lite.fit(
        network(), DataLoader(TensorDataset(inputs, targets), 8, sampler=sampler), num_epochs=1
    )
    assert len(history.step_losses) == 3


@pytest.mark.parametrize(
    ("loader", "message"),
    [
        (
            DataLoader([{"x": torch.zeros(4), "y": 1}] * 4),
            "train gives a dict as a batch: expected a pair",
        ),
        (DataLoader([(torch.zeros(4), 1, 2)] * 4), "gives a list of 3 as a batch: expected a pair"),
        (
            DataLoader(TensorDataset(*arrays(3)), batch_size=4, drop_last=True),
            "train gives no batch: expected at least one; its batch_size is 4 .* with 3 samples",
        ),
    ],
)
def test_what_a_loader_gives_is_checked_before_training(loader, message):
    with pytest.raises(ValueError, match=message):
        d2lite.fit(network(), loader)


def test_a_copy_waits_for_none_but_cuda(monkeypatch):
    from d2lite.training._batches import move

    seen = []
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, device, **options: seen.append(options) or tensor)
    for name in ("cpu", "mps", "cuda", "xpu"):
        move((torch.zeros(1), {"a": [torch.zeros(1)]}), torch.device(name))
    assert [options["non_blocking"] for options in seen] == [False] * 4 + [True] * 2 + [False] * 2


def test_devices_that_do_not_train_keep_their_random_state(monkeypatch):
    """torch.manual_seed seeds every device, and the state of those that do not train is not brought back."""
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    model = network(dropout=0.5)
    seeded.clear()
    d2lite.fit(model, arrays(), arrays(), num_epochs=1)
    d2lite.evaluate(model, arrays())
    assert seeded == []
    d2lite.seed(5)
    assert seeded == [5]


def test_a_global_numpy_generator_of_another_kind(tmp_path):
    before = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(3))
    try:
        callbacks = [d2lite.Checkpoint(tmp_path / "run")]
        losses = d2lite.fit(network(), LOADERS["collate"](), num_epochs=1, callbacks=callbacks)["train_loss"]
        longer = d2lite.fit(network(), LOADERS["collate"](), num_epochs=2, callbacks=callbacks)["train_loss"]
        assert longer[:1] == losses
        expected = np.random.PCG64(3).random_raw(5).tolist()
        assert np.random.get_bit_generator().random_raw(5).tolist() == expected
    finally:
        np.random.set_bit_generator(before)


def test_pairs_are_shuffled_where_torchs_default_device_is_another():
    """torch.set_default_device("cuda") is taken for what is made without a device; here "meta" stands for it."""
    generators = [torch.Generator().manual_seed(0) for _ in range(2)]
    plain, other = (TensorBatches(*arrays(), 16, "cpu", generator) for generator in generators)
    expected = [targets.tolist() for _, targets in plain]
    with torch.device("meta"):
        batches = [targets for _, targets in other]
    assert [targets.tolist() for targets in batches] == expected
