"""What cannot work is said in one sentence, before a weight has moved."""

import copy
import functools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import d2lite
from d2lite.training import Callback, EarlyStopping, Schedule

SCHEDULERS = torch.optim.lr_scheduler


def classes(num_samples=65, num_classes=3):
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(num_samples, 4, generator=generator)
    return inputs, torch.randint(0, num_classes, (num_samples,), generator=generator)


def network(outputs=3, norm=nn.BatchNorm1d):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), norm(8), nn.ReLU(), nn.Linear(8, outputs))


class Count(Callback):
    """Counts steps."""

    count = 0

    def on_step_end(self, run):
        self.count += 1


def refused(message, model=None, train=None, *, callbacks=(), kind=(ValueError, TypeError), **options):
    """Check that fit refuses with one sentence and leaves the model, its buffers and its gradients alone."""
    model = network(norm=nn.LayerNorm) if model is None else model
    before, steps = copy.deepcopy(model.state_dict()), Count()
    callbacks = [*callbacks, steps] if isinstance(callbacks, (list, tuple)) else callbacks
    with pytest.raises(kind, match=message) as caught:
        d2lite.fit(model, classes() if train is None else train, callbacks=callbacks, **options)
    assert "\n" not in str(caught.value)
    assert steps.count == 0
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("loader", [False, True])
def test_a_last_batch_of_one_sample_and_batch_norm(loader):
    train = DataLoader(TensorDataset(*classes()), batch_size=16) if loader else classes()
    refused(
        "a batch of one sample, which the model cannot learn from .*: expected at least two", network(), train
    )
    train = DataLoader(TensorDataset(*classes()), 16, drop_last=True) if loader else classes()
    d2lite.fit(network(), train, num_epochs=1, batch_size=13)
    images = torch.randn(17, 3, 8, 8), torch.zeros(17).long()  # one image has many pixels: no fault
    convolution = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 3))
    d2lite.fit(convolution, images, num_epochs=1, batch_size=16)
    d2lite.fit(network(norm=nn.LayerNorm), classes(), num_epochs=1, batch_size=16)


def test_optimizers_that_cannot_take_the_step():
    refused("optimizer LBFGS cannot train this model: .*closure", optimizer=torch.optim.LBFGS)
    sparse = nn.Sequential(nn.Embedding(10, 3, sparse=True), nn.Flatten())
    data = torch.arange(10)[:, None], torch.arange(10) % 3
    refused("optimizer Adam cannot train this model: .*sparse", sparse, data)
    refused("optimizer SparseAdam cannot train this model: .*dense", optimizer=torch.optim.SparseAdam)
    for optimizer in (torch.optim.SparseAdam, functools.partial(torch.optim.SGD, lr=0.1)):
        d2lite.fit(sparse, data, optimizer=optimizer, num_epochs=1)
    refused("optimizer is a int", optimizer=lambda parameters: 3)
    other = torch.optim.SGD(network().parameters(), lr=0.1)
    refused("no parameter of this model", optimizer=lambda parameters: other)


class Gives(nn.Module):
    """A network whose output is made into something else."""

    def __init__(self, change):
        super().__init__()
        self.net, self.change = network(norm=nn.LayerNorm), change

    def forward(self, inputs):
        return self.change(self.net(inputs))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: (x, x), "gives a tuple: expected one tensor of logits"),
        (lambda x: {"logits": x}, "gives a dict: expected one tensor"),
        (lambda x: None, "gives a NoneType: expected one tensor"),
        (lambda x: x.argmax(-1).float(), "one score per sample, for two classes"),
        (torch.Tensor.detach, "the loss has no gradient"),
    ],
)
def test_models_that_do_not_give_logits(change, message):
    refused(message, Gives(change))


def test_no_gradients_at_all():
    with torch.no_grad():
        d2lite.evaluate(network(), classes())
    model = network()
    for parameter in model.parameters():
        parameter.requires_grad = False
    refused("no parameter to train: expected one at least; see requires_grad", model)
    with torch.no_grad(), pytest.raises(ValueError, match="the loss has no gradient"):
        d2lite.fit(network(), classes())


def test_models_and_devices():
    for model, message in ((nn.Linear, "model is the class Linear"), (lambda x: x, "model is a function")):
        with pytest.raises(TypeError, match=f"{message}: expected a torch.nn.Module"):
            d2lite.fit(model, classes())
    refused("device is 'gpu'", device="gpu")
    model = network()
    model[3] = nn.Linear(8, 3, device="meta")
    with pytest.raises(ValueError, match="the model is on cpu and meta: expected one device"):
        d2lite.fit(model, classes())


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (
            torch.arange(65),
            "targets run from 0 to 64: expected class indices from 0 to 2, as the model has 3 outputs",
        ),
        (torch.arange(65) % 3 - 1, "targets run from -1 to 1"),
        (torch.arange(65) % 3.0, "expected class indices as integers"),
        ((torch.arange(65) % 3)[:, None], r"use targets.squeeze\(-1\)"),
        (torch.zeros(65, 4).long(), "for logits of shape .*: expected"),
    ],
)
@pytest.mark.parametrize("part", ["train", "validation"])
def test_labels_that_cannot_be(targets, message, part):
    inputs, good = classes()
    data = {"train": (inputs, good), part: (inputs, targets)}
    refused(message, **data)


def test_labels_that_cannot_be_for_a_loss_of_torch():
    inputs, targets = classes()
    targets[50] = 7  # not in the first batch
    refused("targets run from 0 to 7", train=(inputs, targets), loss=nn.CrossEntropyLoss(), batch_size=16)
    d2lite.fit(
        network(), (inputs, targets), loss=nn.CrossEntropyLoss(ignore_index=7), num_epochs=1, batch_size=13
    )
    targets[50] = -100
    loss = nn.functional.cross_entropy
    d2lite.fit(network(), (inputs, targets), loss=loss, num_epochs=1, batch_size=13)
    targets[:] = torch.arange(65) % 3
    refused("the loss cannot take logits", train=(inputs, targets.int()), loss=nn.CrossEntropyLoss())
    refused("the loss is a float: expected a tensor", loss=lambda logits, y: 0.5)
    refused("loss is the class CrossEntropyLoss: expected a name or a function", loss=nn.CrossEntropyLoss)


@pytest.mark.parametrize("kind", [torch.float64, torch.float16, torch.int64, torch.uint8])
def test_inputs_of_another_type(kind):
    inputs, targets = classes()
    refused("float64 but|float16 but|cannot take train inputs", train=((inputs * 10).to(kind), targets))


def test_indices_that_an_embedding_does_not_have():
    model = nn.Sequential(nn.Embedding(10, 3), nn.Flatten())
    refused("cannot take train inputs", model, (torch.full((65, 1), 10), torch.zeros(65).long()))


@pytest.mark.parametrize("train", [torch.zeros(2, 5), np.zeros((2, 5)), "ab", {"a": 1, "b": 2}, 7, None])
def test_data_of_another_kind(train):
    with pytest.raises(TypeError, match=f"train is a {type(train).__name__}: expected a pair of tensors"):
        d2lite.fit(network(), train)


@pytest.mark.filterwarnings("ignore:Sparse", "ignore:The PyTorch API of nested")
@pytest.mark.parametrize("kind", ["to_sparse", "to_sparse_csr", "nested"])
@pytest.mark.parametrize("part", ["inputs", "targets"])
def test_layouts_that_cannot_be_cut_into_batches(kind, part):
    inputs, targets = classes()
    dense = {"inputs": inputs, "targets": torch.rand(65, 3)}
    make = torch.nested.nested_tensor if kind == "nested" else getattr(torch.Tensor, kind)
    pair = dense | {part: make(list(dense[part]) if kind == "nested" else dense[part])}
    refused(
        f"train has {part} in the layout .*: expected a dense tensor", train=tuple(pair.values()), loss="mse"
    )


def fails(logits, targets):
    raise ZeroDivisionError("no such class")


def flips(logits, targets):
    return logits.neg_().mean()


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        (fails, "metric 'fails' cannot take the model's output: no such class"),
        (flips, "metric 'flips' changes its arguments in place"),
        (lambda x, y: x.mean(0), r"gives a Tensor of shape \(3,\): expected one number"),
        (lambda x, y: np.zeros(2), r"gives a ndarray of shape \(2,\): expected one number"),
        (lambda x, y: None, "gives a NoneType: expected one number"),
        (
            [lambda x, y: 1.0, lambda x, y: 2.0],
            "the name '<lambda>', that of two functions: expected different names",
        ),
        ({"loss": fails}, "the name 'loss', the loss's own"),
        (["accuracy", "accuracy"], "the name 'accuracy', that of two functions"),
        ({"a": 3}, "metric 'a' is a int"),
        ({3: fails}, "metrics has the key 3: expected a string"),
        (3, "metrics is a int: expected a name, a function, or a list or dict of them"),
        ("f1", "metrics has 'f1': expected"),
        (["perplexity", "recall"], "metrics has 'recall': expected"),
        ("perplexity", "metric 'perplexity' cannot take the model's output"),
    ],
)
def test_metrics_that_cannot_be(metrics, message):
    train = (classes()[0], torch.rand(65)) if metrics == "perplexity" else classes()
    model = network(1, nn.LayerNorm) if metrics == "perplexity" else None
    refused(message, model, train, metrics=metrics, validation=train)


def test_metrics_get_their_names_and_their_numbers():
    class Rate:
        mode = "max"

        def __call__(self, logits, targets):
            return np.float32((logits.argmax(1) == targets).numpy().mean())

    def top(logits, targets, k):
        return (logits.topk(k).indices == targets[:, None]).any(1).numpy().mean(keepdims=True)

    metrics = ["accuracy", functools.partial(top, k=1), Rate(), nn.CrossEntropyLoss()]
    history = d2lite.fit(network(norm=nn.LayerNorm), classes(), classes(), metrics=metrics, num_epochs=2)
    for part in ("train", "validation"):
        assert history[f"{part}_top"] == pytest.approx(history[f"{part}_accuracy"])
        assert history[f"{part}_Rate"] == pytest.approx(history[f"{part}_accuracy"])
        assert history[f"{part}_CrossEntropyLoss"] == pytest.approx(history[f"{part}_loss"], rel=1e-5)
    assert all(type(value) in (int, float) for row in history for value in row.values())
    counts = {"epoch": lambda x, y: 5, "seconds": lambda x, y: True}
    row = d2lite.fit(network(norm=nn.LayerNorm), classes(), metrics=counts, num_epochs=1)[-1]
    assert (row["epoch"], row["train_epoch"], row["train_seconds"]) == (1, 5.0, 1.0)


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        (EarlyStopping(), "callbacks is a EarlyStopping: expected a list"),
        (None, "callbacks is a NoneType: expected a list"),
        ([EarlyStopping], "callbacks holds the class EarlyStopping: expected an object"),
        ([print], "callbacks holds a builtin_function_or_method"),
    ],
)
def test_callbacks_that_are_none(callbacks, message):
    refused(message, callbacks=callbacks, kind=TypeError)


def test_a_schedule_that_cannot_work():
    model = network(norm=nn.LayerNorm)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    plateau = SCHEDULERS.ReduceLROnPlateau(optimizer)
    with pytest.raises(ValueError, match="expected a column of the history, such as 'validation_loss'"):
        Schedule(plateau)
    with pytest.raises(ValueError, match="mode is 'min': expected 'max' for 'validation_accuracy'"):
        Schedule(plateau, monitor="validation_accuracy")
    with pytest.raises(ValueError, match="expected None for StepLR, which looks at no figure"):
        Schedule(SCHEDULERS.StepLR(optimizer, 1), monitor="train_loss")
    watching = Schedule(plateau, monitor="validation_loss")
    with pytest.raises(
        ValueError, match="ReduceLROnPlateau watches 'validation_loss'.*give fit validation data"
    ):
        d2lite.fit(model, classes(), optimizer=optimizer, callbacks=[watching])
    d2lite.fit(model, classes(), classes(), optimizer=optimizer, callbacks=[watching], num_epochs=1)
    model.zero_grad()
    cycle = SCHEDULERS.OneCycleLR(optimizer, 0.1, total_steps=9)
    refused(
        "the scheduler has 9 steps left: expected 10", model, optimizer=optimizer, batch_size=13, num_epochs=2,
        callbacks=[Schedule(cycle, every="step")],
    )  # fmt: skip


def test_a_part_in_evaluation_mode_stays_frozen():
    model = network()
    model[1].eval()
    before = copy.deepcopy(model[1].state_dict())
    d2lite.fit(model, classes(), classes(), num_epochs=2)
    assert torch.equal(model[1].running_mean, before["running_mean"])
    assert not model[1].training and model.training
    whole = network().eval()
    d2lite.fit(whole, classes(), num_epochs=1, batch_size=13)
    assert not torch.equal(whole[1].running_mean, before["running_mean"])


def test_lazy_layers_learn_their_shapes():
    model = nn.Sequential(nn.LazyLinear(8), nn.LazyBatchNorm1d(), nn.LazyLinear(3))
    d2lite.fit(model, classes(), num_epochs=1, batch_size=13)
    assert model[0].weight.shape == (8, 4)


@pytest.mark.parametrize("call", [d2lite.fit, d2lite.evaluate])
@pytest.mark.parametrize("loader", [False, True])
def test_lazy_layers_draw_their_weights_as_those_that_are_made_with_shapes(call, loader):
    data = DataLoader(TensorDataset(*classes()), 16, shuffle=True) if loader else classes()
    options = {"num_epochs": 0} if call is d2lite.fit else {}
    drawn = []
    for first, second in ((nn.LazyLinear(8), nn.LazyLinear(3)), (nn.LazyLinear(8), nn.LazyLinear(3))):
        model = nn.Sequential(first, nn.ReLU(), second)
        if not drawn:
            torch.manual_seed(3)
        call(model, data, **options)
        drawn.append(model)
    torch.manual_seed(3)
    for model in drawn:
        assert torch.equal(model[0].weight, nn.Linear(4, 8).weight)
        assert torch.equal(model[2].weight, nn.Linear(8, 3).weight)


def test_classes_of_a_detector_may_be_any_whole_numbers():
    from d2lite.models import GridDetector, detector_loss

    torch.manual_seed(0)
    detector = GridDetector(torch.tensor([[10.0, 10.0]]), num_classes=3)
    outputs = detector(torch.rand(1, 3, 16, 16))
    boxes = [torch.tensor([[2.0, 2, 12, 12]])]
    expected = detector_loss(detector, outputs, boxes, [torch.tensor([2])])["class"]
    for kind in (torch.int32, torch.uint8, torch.int16):
        assert detector_loss(detector, outputs, boxes, [torch.tensor([2], dtype=kind)])["class"] == expected
    for wrong, message in (
        (torch.tensor([1.5]), r"\[1.5\]"),
        (torch.tensor([3]), r"\[3\]"),
        (torch.tensor([-1]), r"\[-1\]"),
    ):
        with pytest.raises(ValueError, match=f"classes .*{message}.*: expected"):
            detector_loss(detector, outputs, boxes, [wrong])


class Late(IterableDataset):
    """A stream whose last sample has another label."""

    def __init__(self, label):
        self.label = label

    def __iter__(self):
        yield from [(torch.zeros(4), torch.tensor(0))] * 31
        yield torch.zeros(4), torch.tensor(self.label)


LATE = {
    "class": (nn.Linear(4, 3), None, 5, "targets run from 0 to 5: expected class indices from 0 to 2"),
    "negative class": (nn.Linear(4, 3), "cross_entropy", -1, "targets run from -1 to 0"),
    "torch's loss": (nn.Linear(4, 3), nn.CrossEntropyLoss(), 3, "targets run from 0 to 3"),
    "score": (nn.Linear(4, 1), None, 2, "targets run from 0 to 2: expected 0 to 1"),
    "own loss": (
        nn.Linear(4, 3),
        lambda x, y: functional.nll_loss(x.log_softmax(1), y),
        3,
        "Target 3 is out of bounds",
    ),
}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", LATE)
def test_labels_out_of_range_in_a_later_batch_are_told_with_their_place(name, stream):
    model, loss, label, message = LATE[name]
    dataset = Late(label) if stream else list(Late(label))
    place = r"batch 2 of epoch 1: "
    with pytest.raises(ValueError, match=f"^train, {place}{message}") as caught:
        d2lite.fit(model, DataLoader(dataset, 16), loss=loss, num_epochs=1)
    assert "\n" not in str(caught.value)
    if name != "own loss":  # one of the caller's own takes all samples at once
        with pytest.raises(ValueError, match=f"^data, batch 2: {message}"):
            d2lite.evaluate(model, DataLoader(dataset, 16), loss=loss)
        good = DataLoader(list(Late(0)), 16)
        with pytest.raises(ValueError, match=f"^validation, batch 2: {message}"):
            d2lite.fit(model, good, DataLoader(dataset, 16), loss=loss, num_epochs=1)


def test_inputs_of_another_shape_in_a_later_batch_are_told_with_their_place():
    dataset = [(torch.zeros(4), 0)] * 16 + [(torch.zeros(5), 0)] * 16
    with pytest.raises(ValueError, match=r"^train, batch 2 of epoch 1: mat1 and mat2"):
        d2lite.fit(nn.Linear(4, 3), DataLoader(dataset, 16), num_epochs=1)
