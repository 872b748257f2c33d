"""What targets mean to losses and metrics: the right number or an error, never a wrong one."""

import functools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

import d2lite
from d2lite.training import _losses as losses
from d2lite.training import evaluate, fit


def classes(num_samples=60, num_classes=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(num_samples, 4, generator=generator)
    return inputs, torch.randint(0, num_classes, (num_samples,), generator=generator)


def network(outputs=3):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, outputs))


def weights(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.int64, torch.bool])
def test_one_hot_targets_train_like_their_class_indices(kind):
    inputs, targets = classes()
    one_hot = functional.one_hot(targets, 3).to(kind)
    model, expected = network(), network()
    history = d2lite.fit(model, (inputs, one_hot), (inputs, one_hot), num_epochs=2, metrics="accuracy")
    by_index = d2lite.fit(expected, (inputs, targets), (inputs, targets), num_epochs=2, metrics="accuracy")
    torch.testing.assert_close(weights(model), weights(expected))
    for name in ("train_accuracy", "validation_accuracy", "validation_loss"):
        assert history[name] == pytest.approx(by_index[name], rel=1e-5)


def test_soft_labels_are_targets_of_softmax_cross_entropy():
    inputs, _ = classes()
    soft = torch.rand(60, 3, generator=torch.Generator().manual_seed(1))
    soft = soft / soft.sum(1, keepdim=True)
    model = network()
    measured = d2lite.evaluate(model, (inputs, soft), metrics="accuracy", batch_size=7)
    logits = model(inputs)
    assert measured["loss"] == pytest.approx(functional.cross_entropy(logits, soft).item())
    assert measured["accuracy"] == pytest.approx((logits.argmax(1) == soft.argmax(1)).float().mean().item())
    texts, letters = torch.randn(2, 5, 3), torch.softmax(torch.randn(2, 5, 3), -1)  # (B, T, K)
    expected = -(letters * texts.log_softmax(-1)).sum(-1).mean().item()
    assert losses.automatic(texts, letters).item() == pytest.approx(expected)
    maps, shares = torch.randn(2, 3, 4, 4), torch.softmax(torch.randn(2, 3, 4, 4), 1)  # (B, K, H, W)
    assert losses.automatic(maps, shares).item() == pytest.approx(
        functional.cross_entropy(maps, shares).item()
    )


@pytest.mark.parametrize("kind", [torch.float32, torch.int64, torch.bool])
def test_several_labels_a_sample_need_a_loss_that_says_so(kind):
    inputs, _ = classes()
    labels = (torch.rand(60, 3, generator=torch.Generator().manual_seed(0)) > 0.4).to(kind)
    labels[:30] = torch.tensor([1, 0, 0]).to(kind)  # the first look like one-hot rows
    with pytest.raises(ValueError, match=r"BCEWithLogitsLoss"):
        d2lite.fit(network(), (inputs, labels))
    loss = nn.BCEWithLogitsLoss()
    history = d2lite.fit(network(), (inputs, labels.float()), loss=loss, num_epochs=1)
    assert np.isfinite(history["train_loss"][0])
    with pytest.raises(ValueError, match="do not sum to 1: expected class indices"):
        d2lite.metrics.accuracy(torch.zeros(60, 3), labels)


@pytest.mark.parametrize("kind", [torch.float32, torch.int64, torch.bool, torch.uint8, torch.int32])
@pytest.mark.parametrize("shape", [(60,), (60, 1)])
def test_two_classes_with_one_score_in_every_shape_and_type(kind, shape):
    inputs, targets = classes(num_classes=2)
    model, expected = network(1), network(1)
    d2lite.fit(model, (inputs, targets.to(kind).reshape(shape)), num_epochs=1, metrics="accuracy")
    loss = lambda logits, y: functional.binary_cross_entropy_with_logits(logits[:, 0], y)
    d2lite.fit(expected, (inputs, targets.float()), loss=loss, num_epochs=1)
    torch.testing.assert_close(weights(model), weights(expected))


@pytest.mark.parametrize(
    "kind",
    [torch.int64, torch.bool, torch.uint8, torch.int32, torch.uint16, torch.uint32, torch.uint64],
)
def test_class_indices_of_every_integer_type(kind):
    inputs, targets = classes(num_classes=2)
    if kind != torch.bool:
        with pytest.raises(ValueError, match="targets run from 2 to 3: expected class indices from 0 to 1"):
            d2lite.evaluate(network(2), DataLoader(TensorDataset(inputs, (targets + 2).to(kind)), 60))
    model, expected = network(2), network(2)
    d2lite.fit(model, (inputs, targets.to(kind)), num_epochs=1, metrics="accuracy")
    d2lite.fit(expected, (inputs, targets), num_epochs=1)
    torch.testing.assert_close(weights(model), weights(expected))


def test_labels_in_a_column_get_the_right_advice():
    inputs, targets = classes()
    with pytest.raises(ValueError, match=r"\(60, 1\).*use targets.squeeze\(-1\)"):
        d2lite.fit(network(), (inputs, targets[:, None]))
    with pytest.raises(ValueError, match=r"use targets.squeeze\(-1\)"):
        d2lite.metrics.accuracy(torch.zeros(60, 3), targets[:, None])


@pytest.mark.parametrize("kind", [torch.float64, torch.int64, torch.bool])
@pytest.mark.parametrize("shapes", [((60, 1), (60,)), ((60,), (60, 1)), ((60, 1), (60, 1))])
def test_mse_takes_numbers_of_every_type_and_never_broadcasts(kind, shapes):
    values, targets = torch.randn(60), torch.randint(0, 2, (60,))
    expected = ((values - targets) ** 2).mean().item()
    data = (values.reshape(shapes[0]), targets.to(kind).reshape(shapes[1]))
    assert d2lite.evaluate(nn.Identity(), data, loss="mse")["loss"] == pytest.approx(expected)


def test_mse_does_not_read_a_transposed_table():
    with pytest.raises(ValueError, match="for targets of shape .*: expected one number"):
        d2lite.evaluate(nn.Identity(), (torch.randn(6, 6, 2), torch.randn(6, 2, 6)), loss="mse")


@pytest.mark.parametrize("loss", [nn.MSELoss(), functional.l1_loss, lambda p, y: ((p - y) ** 2).mean()])
def test_a_loss_of_ones_own_that_broadcasts_is_found_before_training(loss):
    inputs = torch.randn(60, 4)
    model = network(1)
    before = weights(model)
    with pytest.raises(
        ValueError, match=r"broadcasts logits of shape \(60, 1\) against targets of shape \(60,\)"
    ):
        d2lite.fit(model, (inputs, inputs.sum(1)), loss=loss)
    assert torch.equal(weights(model), before)
    flat = lambda predictions, y: loss(predictions.squeeze(1), y)
    d2lite.fit(model, (inputs, inputs.sum(1)), loss=flat, num_epochs=1)


@pytest.mark.parametrize("start", ["random", "zeros"])
@pytest.mark.parametrize("loss", [nn.MSELoss(), functional.l1_loss, lambda p, y: ((p - y) ** 2).mean()])
def test_it_is_found_beside_large_targets_and_where_all_logits_are_zero(loss, start):
    inputs = torch.randn(60, 4)
    targets = 150 + 70 * inputs.sum(1) if start == "random" else inputs.sum(1)
    model = nn.Linear(4, 1)
    if start == "zeros":
        nn.init.zeros_(model.weight), nn.init.zeros_(model.bias)
    with pytest.raises(ValueError, match="the loss broadcasts logits"):
        d2lite.fit(model, (inputs, targets), loss=loss)


SHAPES = [((4, 1), (4,)), ((8, 8, 1), (8, 8)), ((1, 8, 1), (1, 8))]


@pytest.mark.parametrize(("logits", "targets"), SHAPES)
def test_it_is_found_where_backwards_is_the_same_and_along_every_axis(logits, targets):
    """XOR is a palindrome; of (B, T, 1) against (B, T) each row of logits meets a row of targets, in its order."""
    answers = torch.tensor([0.0, 1.0, 1.0, 0.0]) if targets == (4,) else torch.randn(targets)
    data = torch.randn(*logits[:-1], 4), answers
    with pytest.raises(ValueError, match="the loss broadcasts logits of shape"):
        d2lite.fit(network(1), data, loss=nn.MSELoss())
    with pytest.raises(ValueError, match="metric 'own' broadcasts logits of shape"):
        evaluate(network(1), data, loss="mse", metrics={"own": nn.MSELoss()})
    flat = lambda predictions, y: functional.mse_loss(predictions.squeeze(-1), y)
    assert len(d2lite.fit(network(1), data, loss=flat, metrics={"own": flat}, num_epochs=1)) == 1


METRICS_OF_EQUAL_SHAPES = {
    "rmse": lambda p, y: ((p - y) ** 2).mean().sqrt(),
    "r2": lambda p, y: 1 - ((y - p) ** 2).sum() / ((y - y.mean()) ** 2).sum(),
    "share": lambda p, y: ((p > 0) == (y > 0)).float().mean().item(),
}


@pytest.mark.parametrize("name", METRICS_OF_EQUAL_SHAPES)
@pytest.mark.parametrize("shapes", [((60, 1), (60,)), ((60,), (60, 1))])
def test_a_metric_of_ones_own_that_broadcasts_is_told(name, shapes):
    metric = METRICS_OF_EQUAL_SHAPES[name]
    values, targets = torch.randn(60), torch.randn(60)
    data = values.reshape(shapes[0]), targets.reshape(shapes[1])
    with pytest.raises(ValueError, match=f"metric '{name}' broadcasts logits of shape"):
        evaluate(nn.Identity(), data, loss="mse", metrics={name: metric})
    flat = {name: lambda p, y: metric(p.flatten(), y.flatten())}
    measured = evaluate(nn.Identity(), data, loss="mse", metrics=flat)
    assert measured[name] == pytest.approx(float(metric(values, targets)))


@pytest.mark.parametrize(
    "metric",
    [
        lambda scores, targets: scores.norm(dim=-1).mean(),
        lambda scores, targets: scores.mean() - targets.mean(),
        lambda scores, targets: (scores[..., -1] - targets).abs().mean(),
    ],
)
def test_a_metric_that_broadcasts_nothing_is_left_alone(metric):
    values, targets = torch.randn(60, 1), torch.randn(60)
    measured = evaluate(nn.Identity(), (values, targets), loss="mse", metrics={"own": metric})
    assert measured["own"] == pytest.approx(metric(values, targets).item())


def test_a_metric_that_picks_the_one_channel_of_square_images_is_no_such_one():
    # (B, H, W)[:, 0] is (B, W) for H = B
    scores, masks = torch.randn(8, 1, 8, 8), torch.randint(0, 2, (8, 8, 8))
    overlap = lambda logits, targets: ((logits[:, 0] > 0) & (targets > 0)).float().mean()
    measured = evaluate(nn.Identity(), (scores, masks), loss=None, metrics={"overlap": overlap})
    assert measured["overlap"] == pytest.approx(overlap(scores, masks).item())


class_weights = torch.tensor([1.0, 5.0, 0.2])
OWN_LOSSES = {
    "class weights": nn.CrossEntropyLoss(weight=class_weights),
    "partial": functools.partial(functional.cross_entropy, weight=class_weights),
    "ignored": nn.CrossEntropyLoss(ignore_index=1),
    "smoothing": nn.CrossEntropyLoss(weight=class_weights, label_smoothing=0.2),
    "lambda": lambda logits, y: functional.cross_entropy(logits, y, weight=class_weights),
    "root": lambda logits, y: functional.cross_entropy(logits, y).sqrt(),
}


@pytest.mark.parametrize("name", OWN_LOSSES)
def test_a_measured_loss_does_not_depend_on_the_batch_size(name):
    inputs, targets = classes()
    model, loss = network(), OWN_LOSSES[name]
    expected = pytest.approx(loss(model(inputs), targets).item(), rel=1e-6)
    for batch_size in (1, 7, 32, 60):
        assert d2lite.evaluate(model, (inputs, targets), loss=loss, batch_size=batch_size)["loss"] == expected
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=11)
    assert d2lite.evaluate(model, loader, loss=loss)["loss"] == expected
    frozen = functools.partial(torch.optim.SGD, lr=0.0)
    history = d2lite.fit(model, (inputs, targets), loader, loss=loss, optimizer=frozen, num_epochs=1)
    assert history["validation_loss"][0] == expected


def test_texts_of_uneven_length_weigh_by_their_letters():
    generator = torch.Generator().manual_seed(0)
    batches = [(torch.randn(2, t, 5, generator=generator), torch.randint(0, 5, (2, t))) for t in (3, 9)]
    loader = DataLoader(batches, batch_size=None)
    logits = torch.cat([logits.flatten(0, 1) for logits, _ in batches])
    expected = functional.cross_entropy(logits, torch.cat([targets.flatten() for _, targets in batches]))
    assert d2lite.evaluate(nn.Identity(), loader)["loss"] == pytest.approx(expected.item())
    with pytest.raises(ValueError, match="batches differ in shape"):
        d2lite.evaluate(nn.Identity(), loader, metrics="accuracy")


def test_validation_data_that_cannot_be_joined_are_told_before_training():
    """Chapter 7 pads each batch by itself; the error came when the first epoch was over."""
    generator = torch.Generator().manual_seed(0)
    pairs = [(torch.randn(t, 4, generator=generator), torch.ones(t)) for t in (3, 5, 4, 8, 6, 2)]
    pad = functools.partial(nn.utils.rnn.pad_sequence, batch_first=True, padding_value=-1.0)
    loader = DataLoader(pairs, 2, collate_fn=lambda batch: tuple(map(pad, zip(*batch, strict=True))))
    model = nn.Sequential(nn.Linear(4, 1), nn.Flatten(1))

    def masked(logits, targets):
        return functional.mse_loss(logits[targets >= 0], targets[targets >= 0])

    before = weights(model)
    with pytest.raises(ValueError, match="batches differ in shape: .*; pad them"):
        d2lite.fit(model, loader, loader, loss=masked, num_epochs=1)
    assert torch.equal(weights(model), before)
    assert len(d2lite.fit(model, loader, loss=masked, num_epochs=1)) == 1


@pytest.mark.parametrize(
    "loss",
    [nn.CrossEntropyLoss(reduction="sum"), lambda logits, y: functional.cross_entropy(logits, y) * len(y)],
)
def test_a_loss_that_grows_with_the_batch_is_refused(loss):
    for call in (d2lite.fit, d2lite.evaluate):
        with pytest.raises(ValueError, match="taken twice .* expected a mean over the samples"):
            call(network(), classes(), loss=loss)


@pytest.mark.parametrize("size", [1e-5, 1e-10, 1e-16])
def test_a_loss_that_is_nearly_0_is_a_mean_all_the_same(size):
    inputs = classes()[0]
    data = inputs, torch.full((60, 1), size**0.5)
    for loss in (nn.MSELoss(), functional.mse_loss):
        model = network(1)
        model[-1].weight.data.zero_(), model[-1].bias.data.zero_()
        assert evaluate(model, data, loss=loss)["loss"] == pytest.approx(size)
        assert fit(model, data, loss=loss, optimizer=torch.optim.SGD, num_epochs=1)["train_loss"][0] > 0
    with pytest.raises(ValueError, match="taken twice"):
        evaluate(network(1), (inputs, 1e-5 + network(1)(inputs).detach()), loss=nn.MSELoss(reduction="sum"))


class Ends(nn.Module):
    """A network of one's own with a layer after it."""

    def __init__(self, outputs, last):
        super().__init__()
        self.net, self.last = network(outputs), last

    def forward(self, inputs):
        return self.last(self.net(inputs))


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(network(1), nn.Sigmoid()),
        nn.Sequential(nn.Sequential(network(3), nn.Sequential(nn.Softmax(1)))),
        Ends(1, nn.Sigmoid()),
        Ends(3, lambda x: torch.softmax(x, -1)),
        Ends(1, torch.sigmoid),
        Ends(1, lambda x: x.sigmoid().squeeze(1)),
    ],
)
@pytest.mark.parametrize("loss", [None, nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss()])
def test_probabilities_for_a_loss_that_wants_logits_are_told(model, loss):
    inputs, targets = classes(num_classes=2)
    if isinstance(loss, nn.BCEWithLogitsLoss):
        outputs = model(inputs)
        targets = functional.one_hot(targets, 3)[:, : outputs[0].numel()].float().reshape(outputs.shape)
    for call in (d2lite.fit, d2lite.evaluate):
        with pytest.raises(ValueError, match="ends in a sigmoid or softmax: expected logits"):
            call(model, (inputs, targets), loss=loss)


def test_logits_that_all_happen_to_be_small_and_positive_are_no_probabilities():
    inputs, targets = classes(num_classes=2)
    model = nn.Linear(4, 1)
    with torch.no_grad():
        model.weight.mul_(0.01), model.bias.fill_(0.5)
    assert 0 < model(inputs).min() < model(inputs).max() < 1
    assert evaluate(model, (inputs, targets), metrics="accuracy")["accuracy"] == targets.float().mean()


@pytest.mark.parametrize("outputs", [1, 3])
def test_logits_that_begin_with_0_are_no_probabilities(outputs):
    """A last layer of zeros, and a sigmoid that is made last and used in between."""
    inputs, targets = classes(num_classes=2)
    model = Ends(outputs, nn.Sigmoid())
    model.forward = lambda inputs: model.net[2](model.last(model.net[0](inputs)))
    nn.init.zeros_(model.net[2].weight)
    nn.init.zeros_(model.net[2].bias)
    expected = pytest.approx(torch.tensor(max(2.0, outputs)).log().item())
    assert d2lite.evaluate(model, (inputs, targets), metrics="accuracy")["loss"] == expected
    assert len(d2lite.fit(model, (inputs, targets), num_epochs=1, metrics="accuracy")) == 1


def test_a_log_softmax_changes_nothing_and_other_losses_take_probabilities():
    inputs, targets = classes()
    logs = nn.Sequential(network(), nn.LogSoftmax(1))
    expected = d2lite.evaluate(network(), (inputs, targets))["loss"]
    assert d2lite.evaluate(logs, (inputs, targets))["loss"] == pytest.approx(expected, rel=1e-5)
    model = nn.Sequential(network(1), nn.Sigmoid())
    loss = lambda p, y: functional.binary_cross_entropy(p.squeeze(1), y)
    d2lite.fit(model, (inputs, (targets > 0).float()), loss=loss, num_epochs=1)


def test_a_model_that_gives_several_tensors_trains_with_a_loss_of_its_own():
    class Coder(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = network(4)

        def forward(self, inputs):
            return self.net(inputs), inputs.mean(1)

    inputs, targets = classes()
    with pytest.raises(ValueError, match="gives a tuple: expected one tensor"):
        d2lite.fit(Coder(), (inputs, targets))
    loss = lambda output, y: functional.cross_entropy(output[0], y) + output[1].square().mean()
    model = Coder()
    history = d2lite.fit(model, (inputs, targets), (inputs, targets), loss=loss, num_epochs=1)
    assert history["validation_loss"][0] == pytest.approx(loss(model(inputs), targets).item(), rel=1e-6)


def of_samples(targets, form):
    """Return a loader of batches of 10 whose targets the function puts together from a list of one for each sample."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(len(targets), 4, generator=generator)
    return DataLoader(
        list(zip(inputs, targets, strict=True)),
        batch_size=10,
        collate_fn=lambda samples: (torch.stack([x for x, _ in samples]), form([y for _, y in samples])),
    )


def boxes_apart(logits, targets):
    return sum((a.mean() - b.mean()) ** 2 for a, b in zip(logits, targets, strict=False)) / len(targets)


@pytest.mark.parametrize(
    ("targets", "form", "message"),
    [
        ([torch.ones(1 + i % 3, 4) for i in range(40)], list, "in 10 tensors with 1 to 3 rows"),
        ([torch.ones(2, 4)] * 40, list, "in 10 tensors with 2 rows"),
        ([torch.ones(2, 4)] * 40, lambda ys: {"boxes": tuple(ys)}, "in 10 tensors with 2 rows"),
        (["cat", "dog"] * 20, tuple, "a str among"),
        ([0, 1] * 20, list, "a int among"),
        ([0, 1] * 20, lambda ys: None, "a NoneType among"),
        ([0, 1] * 20, lambda ys: {}, "nothing among"),
        ([0, 1] * 20, lambda ys: {"class": torch.tensor(ys), "file": ["photo"] * 10}, "a str among"),
        ([0, 1] * 20, lambda ys: torch.tensor(1.0), "a single number as"),
    ],
)
def test_targets_that_are_no_rows_of_samples_are_told_before_training(targets, form, message):
    """A list of each sample's boxes was joined as if it were parts: the figures were those of other pairs."""
    train = of_samples(targets, form)
    for call in (fit, evaluate):
        with pytest.raises((TypeError, ValueError), match=f"has (targets )?{message}") as caught:
            call(nn.Linear(4, 3), train, loss=boxes_apart)
        assert "\n" not in str(caught.value)


def test_targets_in_several_tensors_are_joined_row_by_row():
    train = of_samples(
        [[i, 2 * i] for i in range(35)], lambda ys: {"a": torch.tensor(ys), "b": torch.tensor(ys)}
    )

    def apart(logits, targets):
        return ((logits[:, :2] - targets["a"]) ** 2 + (logits[:, 1:] - targets["b"]) ** 2).mean()

    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    inputs = torch.cat([x for x, _ in train])
    rows = torch.tensor([[i, 2 * i] for i in range(35)])
    expected = apart(model(inputs), {"a": rows, "b": rows}).item()
    assert evaluate(model, train, loss=apart)["loss"] == pytest.approx(expected)


class Sequences(nn.Module):
    """Logits (B, T, K) for (B, T, 4) inputs, or (B, K, T), as torch's losses want them."""

    def __init__(self, second):
        super().__init__()
        self.layer, self.second = nn.Linear(4, 3), second

    def forward(self, inputs):
        logits = self.layer(inputs)
        return logits.transpose(1, 2) if self.second else logits


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), functional.cross_entropy])
@pytest.mark.parametrize("second", [True, False])
def test_a_loss_of_torch_and_accuracy_on_different_axes_are_told(loss, second):
    """With as many places as classes both could be meant."""
    inputs, targets = classes()
    data = inputs.view(20, 3, 4), targets.view(20, 3)
    with pytest.raises(ValueError, match=r"\(20, 3, 3\), .* the second axis .* metric 'accuracy' the last"):
        fit(Sequences(second), data, loss=loss, metrics="accuracy", num_epochs=1)
    assert len(fit(Sequences(False), data, metrics=["accuracy", "perplexity"], num_epochs=1)) == 1
    assert len(fit(Sequences(True), data, loss=loss, num_epochs=1)) == 1


def test_maps_of_logits_are_counted_along_the_axis_of_their_loss():
    torch.manual_seed(0)
    model = nn.Conv2d(1, 4, 1)
    inputs, targets = torch.randn(6, 1, 4, 4), torch.randint(0, 4, (6, 4, 4))
    right = (model(inputs).argmax(1) == targets).float().mean().item()
    for loss in (None, nn.CrossEntropyLoss()):
        assert evaluate(model, (inputs, targets), loss=loss, metrics="accuracy")["accuracy"] == right
