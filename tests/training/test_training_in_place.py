"""What changes its arguments in place: no sample of the caller's, and no figure that is taken after it."""

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from d2lite.training import evaluate, fit


@pytest.fixture
def data():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(40, 4, generator=generator), torch.randint(0, 3, (40,), generator=generator)


class Centred(nn.Module):
    """Takes the mean off its inputs, in place."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(4, 3)

    def forward(self, inputs):
        inputs -= 5
        return self.layer(inputs)


def test_a_model_that_changes_its_inputs_changes_no_sample(data):
    inputs, targets = data
    before, expected = inputs.clone(), evaluate(Centred(), DataLoader(TensorDataset(*data), batch_size=8))
    for _ in range(2):
        assert evaluate(Centred(), data, batch_size=8) == pytest.approx(expected)
        assert torch.equal(inputs, before)
    fit(Centred(), data, data, num_epochs=1)
    assert torch.equal(inputs, before)
    assert fit(Centred(), data, num_epochs=1)["train_loss"] == pytest.approx([expected["loss"]])


class Stream(IterableDataset):
    """Gives no sample that could be tried before."""

    def __init__(self, data):
        self.data = data

    def __iter__(self):
        return zip(*self.data, strict=True)


@pytest.mark.parametrize("kind", ["pair", "loader", "stream"])
@pytest.mark.parametrize("which", ["logits", "targets"])
def test_a_metric_that_changes_its_arguments_spoils_no_other(data, kind, which):
    def spoils(logits, targets):
        return {"logits": logits, "targets": targets}[which].zero_().float().mean()

    chosen = {"pair": data, "loader": DataLoader(TensorDataset(*data), batch_size=8)}
    chosen = chosen.get(kind, DataLoader(Stream(data), batch_size=8))
    for measure in (evaluate, fit):
        with pytest.raises(ValueError, match="metric 'spoils' changes its arguments in place: expected"):
            measure(nn.Linear(4, 3), chosen, metrics=[spoils, "accuracy"])
    assert data[1].any()


@pytest.mark.parametrize("measure", [evaluate, fit])
def test_a_loss_that_changes_its_arguments_is_told_before_training(data, measure):
    def cold(logits, targets):
        logits *= 2
        return nn.functional.cross_entropy(logits, targets)

    def from_one(logits, targets):
        return nn.functional.cross_entropy(logits, targets.sub_(1))

    for loss, targets in ((cold, data[1]), (from_one, data[1] + 1)):
        before = targets.clone()
        with pytest.raises(ValueError, match="the loss changes its arguments in place: expected"):
            measure(nn.Linear(4, 3), (data[0], targets), loss=loss, metrics="accuracy")
        assert torch.equal(targets, before)


def test_what_is_measured_under_inference_mode(data):
    model = nn.Linear(4, 3)
    expected = evaluate(model, data, metrics=["accuracy", "perplexity"])
    with torch.inference_mode():
        assert evaluate(model, data, metrics=["accuracy", "perplexity"]) == expected


def test_a_metric_that_fails_in_a_later_batch_is_named(data):
    def needs_all_classes(logits, targets):
        if len(logits) < 40:
            raise RuntimeError("only one class")
        return 0.5

    stream = DataLoader(Stream(data), batch_size=8)
    with pytest.raises(ValueError, match="metric 'needs_all_classes' cannot take .*: only one class"):
        fit(nn.Linear(4, 3), stream, metrics=needs_all_classes)
