"""The trial before the first step leaves the model as it was, meets the last batch, and reads as the loader does."""

import copy
import re

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, TensorDataset

from d2lite.training import Callback, evaluate, fit
from d2lite.training._batches import move
from d2lite.training._rehearsal import _cannot_take


@pytest.fixture
def data():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(100, 5, generator=generator), torch.randint(0, 3, (100,), generator=generator)


class Counting(nn.Module):
    """Counts its calls, in a buffer and in an attribute."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 3)
        self.register_buffer("seen", torch.zeros(()))
        self.calls = 0

    def forward(self, inputs):
        self.seen += len(inputs)
        self.calls += 1
        return self.layer(inputs)


def test_the_trial_leaves_buffers_and_attributes_as_they_were(data):
    model = Counting()
    fit(model, data, data, num_epochs=0)
    assert (model.seen.item(), model.calls) == (0, 0)
    fit(model, data, num_epochs=2, batch_size=30)
    assert (model.seen.item(), model.calls) == (200, 8)
    evaluate(model, data, batch_size=50)
    assert (model.seen.item(), model.calls) == (300, 10)


class Fixed(nn.Module):
    """Takes batches of 64 only, as one that was written for them does."""

    def __init__(self, when="always"):
        super().__init__()
        self.layer, self.when = nn.Linear(5, 3), when

    def forward(self, inputs):
        return self.layer(inputs.view(64, 5) if self.training or self.when == "always" else inputs)


class Steps(Callback):
    """Counts steps."""

    count = 0

    def on_step_end(self, run):
        self.count += 1


@pytest.mark.parametrize("when", ["always", "in training"])
@pytest.mark.parametrize("loader", [False, True])
def test_a_last_batch_of_another_size_is_tried(data, loader, when):
    steps = Steps()
    train = DataLoader(TensorDataset(*data), batch_size=64) if loader else data
    message = r"the model cannot take train inputs of shape \(36, 5\): .*; expected the shape"
    with pytest.raises(ValueError, match=message):
        fit(Fixed(when), train, callbacks=[steps])
    assert steps.count == 0
    whole = DataLoader(TensorDataset(*data), batch_size=64, drop_last=True)
    assert len(fit(Fixed(when), whole, num_epochs=1)) == 1
    if when == "always":
        with pytest.raises(ValueError, match=r"cannot take data inputs of shape \(36, 5\)"):
            evaluate(Fixed(), train, batch_size=64)


class Named(Dataset):
    """Gives its samples by name."""

    def __init__(self, data):
        self.data = data

    def __len__(self):
        return len(self.data[0])

    def __getitem__(self, index):
        return {"inputs": self.data[0][index], "targets": self.data[1][index]}


class Pairs(DataLoader):
    """Makes a pair of each batch."""

    def __iter__(self):
        for batch in super().__iter__():
            yield batch["inputs"], batch["targets"]


def test_a_loader_that_makes_its_batches_in_its_own_way_is_read_in_that_way(data):
    def trained(train):
        torch.manual_seed(0)
        return fit(nn.Linear(5, 3), train, train, num_epochs=2)

    own, plain = Pairs(Named(data), batch_size=20), DataLoader(TensorDataset(*data), batch_size=20)
    assert trained(own)["validation_loss"] == trained(plain)["validation_loss"]
    assert evaluate(nn.Linear(5, 3), own)["loss"] > 0
    with pytest.raises(ValueError, match="the model cannot take train inputs"):
        fit(nn.Linear(4, 3), own)


@pytest.mark.parametrize("part", ["sampler", "batch_sampler"])
def test_a_sampler_that_can_be_read_once_is_refused_and_loses_no_sample(data, part):
    indices = list(range(100)) if part == "sampler" else [list(range(60)), list(range(60, 100))]
    loader = lambda chosen: DataLoader(TensorDataset(*data), **{part: chosen})
    for once in (iter(indices), (index for index in indices)):
        for call in (fit, evaluate):
            with pytest.raises(
                TypeError, match="has a sampler that can be read once: expected .* such as a list"
            ):
                call(nn.Linear(5, 3), loader(once))
        assert list(once) == indices
    assert len(fit(nn.Linear(5, 3), loader(indices), num_epochs=2)) == 2


class Opened(Dataset):
    """Has its samples in workers alone, which open them."""

    def __len__(self):
        return 100

    def __getitem__(self, index):
        return self.data[0][index], self.data[1][index]


def test_samples_that_workers_alone_can_read_are_tried_there(data):
    def open_data(number):
        torch.utils.data.get_worker_info().dataset.data = data

    train = DataLoader(Opened(), 50, num_workers=1, worker_init_fn=open_data)
    plain = DataLoader(TensorDataset(*data), 50)
    torch.manual_seed(0)
    model = nn.Linear(5, 3)
    expected = fit(copy.deepcopy(model), plain, plain, num_epochs=1)
    history = fit(model, train, train, num_epochs=1)
    assert history["validation_loss"] == expected["validation_loss"]
    with pytest.raises(ValueError, match="the model cannot take train inputs"):
        fit(nn.Linear(4, 3), train)


class Doubling(nn.Module):
    """Changes what it is given, in evaluation mode alone."""

    def forward(self, inputs):
        return inputs if self.training else inputs.mul_(2)


def test_a_dataset_of_whole_batches_is_not_changed_by_the_trial(data):
    logits, targets = data[0][:, :3].clone(), data[1]
    loader = DataLoader([(logits, targets)], batch_size=None)
    expected = functional.cross_entropy(2 * data[0][:, :3], targets).item()
    assert evaluate(Doubling(), loader)["loss"] == pytest.approx(expected)


class Slices(Dataset):
    """Gives neighbours as views of its own samples."""

    def __init__(self, data):
        self.data = data

    def __len__(self):
        return len(self.data[0])

    def __getitems__(self, indices):
        return [part[indices[0] : indices[-1] + 1] for part in self.data]


def test_nor_is_the_second_batch_of_the_validation_data(data):
    validation = data[0][:, :3].clone(), data[1]
    before = validation[0].clone()
    loader = DataLoader(Slices(validation), 50, collate_fn=lambda pair: pair)
    with pytest.raises(ValueError, match="no parameter to train"):
        fit(Doubling(), (before, data[1]), loader, metrics="accuracy")
    assert torch.equal(validation[0], before)


def test_packed_sequences_keep_their_sizes_on_the_cpu():
    packed = nn.utils.rnn.pack_sequence([torch.ones(3), torch.ones(2)])
    moved = move({"texts": packed}, "meta")["texts"]
    assert moved.data.device.type == "meta" and moved.batch_sizes.tolist() == [2, 2, 1]


def test_packed_sequences_are_read_like_each_sequence_alone():
    texts = [torch.randn(length, 5) for length in (3, 1, 4, 1, 5, 2)]
    targets = torch.tensor([0, 1, 2, 0, 1, 2])

    class Last(nn.Module):
        """Scores of the last state of a GRU."""

        def __init__(self):
            super().__init__()
            self.cell = nn.GRU(5, 3)

        def forward(self, packed):
            return self.cell(packed)[1][0]

    def collate(pairs):
        rows, labels = zip(*pairs, strict=True)
        return nn.utils.rnn.pack_sequence(rows, enforce_sorted=False), torch.stack(labels)

    model = Last()
    loader = DataLoader(list(zip(texts, targets, strict=True)), 4, collate_fn=collate)
    fit(model, loader, loader, num_epochs=1)
    logits = torch.cat([model.cell(text[:, None])[1][0] for text in texts])
    measured = evaluate(model, loader, metrics="accuracy")
    assert measured["loss"] == pytest.approx(functional.cross_entropy(logits, targets).item(), rel=1e-5)


def test_a_network_that_is_frozen_after_its_last_step_ends_well(data):
    class Freeze(Callback):
        """Freezes all layers after a step."""

        def on_step_end(self, run):
            run.model.requires_grad_(False)

    assert len(fit(nn.Linear(5, 3), data, num_epochs=1, batch_size=100, callbacks=[Freeze()])) == 1


class Slowing(torch.optim.Optimizer):
    """An optimizer of one's own: the n-th step is 1/n as long."""

    def __init__(self, parameters, lr):
        super().__init__(parameters, {"lr": lr})
        self.lr, self.count, self.sizes = lr, 0, []

    @torch.no_grad()
    def step(self):
        self.count += 1
        self.sizes.append(self.lr / self.count)
        for parameter in self.param_groups[0]["params"]:
            parameter -= self.sizes[-1] * parameter.grad


@pytest.mark.parametrize("scheduled", [False, True])
def test_an_optimizer_of_ones_own_may_have_attributes(data, scheduled):
    torch.manual_seed(0)
    model = nn.Linear(5, 3)
    expected, optimizer = copy.deepcopy(model), Slowing(model.parameters(), 0.5)
    if scheduled:  # it wraps the step
        torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1)
    fit(model, data, optimizer=optimizer, num_epochs=3, batch_size=100)
    assert optimizer.sizes == [0.5, 0.25, 0.5 / 3]
    for size in optimizer.sizes:
        gradients = torch.autograd.grad(
            functional.cross_entropy(expected(data[0]), data[1]), expected.parameters()
        )
        for parameter, gradient in zip(expected.parameters(), gradients, strict=True):
            parameter.data -= size * gradient
    torch.testing.assert_close(list(model.parameters()), list(expected.parameters()))


class Warming:
    """A loss that is no module: its penalty grows with its calls, of which it keeps what it gave."""

    def __init__(self):
        self.given = []

    def __call__(self, logits, targets):
        loss = functional.cross_entropy(logits, targets) + 0.1 * len(self.given) * logits.square().mean()
        self.given.append(loss.item())
        return loss

    def method(self, logits, targets):
        return self(logits, targets)


class Kept(list):
    """A metric that keeps what it saw."""

    def __call__(self, logits, targets):
        self.append(len(targets))
        return logits.mean()


@pytest.mark.parametrize("method", [False, True])
def test_a_loss_and_metrics_with_a_state_that_are_no_modules_are_tried_on_copies(data, method):
    loss, metric = Warming(), Kept()
    options = {"loss": loss.method if method else loss, "metrics": {"mean": metric}}
    history = fit(nn.Linear(5, 3), data, num_epochs=1, batch_size=50, **options)
    assert history.step_losses == loss.given
    assert metric == [50, 50]
    evaluate(nn.Linear(5, 3), data, batch_size=50, **options)
    assert len(loss.given) == 3 and metric == [50, 50, 100]


@pytest.mark.parametrize("kind", [torch.float64, torch.int64])
def test_a_loss_that_cannot_go_back_is_told_in_one_sentence(kind):
    """Huber's takes targets of any type, and fails on the way back: 'Found dtype Long but expected Float'."""
    inputs = torch.randn(20, 5)
    targets = (10 * inputs.sum(1, keepdim=True)).to(kind)
    model = nn.Linear(5, 1)
    before = model.weight.detach().clone()
    with pytest.raises(ValueError, match=r"loss gives no gradient \(Found dtype .*\): expected"):
        fit(model, (inputs, targets), loss=nn.HuberLoss())
    assert torch.equal(model.weight, before)
    assert len(fit(model, (inputs, targets.float()), loss=nn.HuberLoss(), num_epochs=1)) == 1


class Full(torch.autograd.Function):
    """Has no memory left, on the way there or back."""

    @staticmethod
    def forward(ctx, logits, when):
        if when == "there":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return logits.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")


class FullModel(nn.Linear):
    def forward(self, inputs):
        return Full.apply(super().forward(inputs), "there")


def test_full_memory_is_no_fault_of_the_loss_or_the_model(data):
    calls = [
        lambda: fit(FullModel(5, 3), data),
        lambda: fit(
            nn.Linear(5, 3), data, loss=lambda x, y: functional.cross_entropy(Full.apply(x, "there"), y)
        ),
        lambda: fit(
            nn.Linear(5, 3), data, loss=lambda x, y: functional.cross_entropy(Full.apply(x, "back"), y)
        ),
    ]
    for call in calls:
        with pytest.raises(torch.cuda.OutOfMemoryError, match="^CUDA out of memory"):
            call()


def test_numbers_are_read_for_a_message_only_where_that_cannot_fail():
    """After a failed check on a GPU every call fails, the one for the message too."""
    for device, told in (("cpu", ", from 0 to 0: too large"), ("meta", r"\(2,\): too large")):
        error = _cannot_take(
            "train", torch.zeros(2, dtype=torch.int64, device=device), IndexError("too large")
        )
        assert re.search(told, str(error))


class Bags(nn.Module):
    """Means of embeddings."""

    def __init__(self, num_tokens=10):
        super().__init__()
        self.embedding, self.readout = nn.Embedding(num_tokens, 4), nn.Linear(4, 3)

    def forward(self, ids):
        return self.readout(self.embedding(ids).mean(1))


@pytest.mark.parametrize("strange", [10, -1])
@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_token_that_the_embedding_lacks_is_found_wherever_it_is(part, strange):
    """'index out of range in self' came from a step in the midst of an epoch."""
    good, labels = torch.arange(160).view(32, 5) % 10, torch.arange(32) % 3
    bad = good.clone()
    bad[20, 2] = strange
    model = Bags()
    before = model.readout.weight.detach().clone()
    pairs = {"train": (good, labels), "validation": (good, labels), part: (bad, labels)}
    low, high = min(0, strange), max(9, strange)
    with pytest.raises(
        ValueError, match=rf"{part} inputs of shape \(\d+, 5\), from {low} to {high}: index out of range"
    ):
        fit(model, *pairs.values(), batch_size=8)
    assert torch.equal(model.readout.weight, before)
    assert len(fit(model, (good, labels), num_epochs=1, batch_size=8)) == 1


def test_the_least_token_is_tried_where_batches_have_one_sample():
    texts = torch.arange(40).view(8, 5) % 10
    texts[6, 2] = -1
    steps = Steps()
    with pytest.raises(ValueError, match=r"train inputs of shape \(1, 5\), from -1 to 4: index out of range"):
        fit(Bags(), (texts, torch.arange(8) % 3), batch_size=1, callbacks=[steps])
    assert steps.count == 0
