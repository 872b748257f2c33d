"""Metrics against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn import metrics as oracle

from d2lite.training import metrics


@pytest.fixture
def sample():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(200, 5, generator=generator), torch.randint(0, 5, (200,), generator=generator)


def test_accuracy_agrees_with_scikit_learn(sample):
    logits, targets = sample
    assert metrics.accuracy(logits, targets).item() == pytest.approx(
        oracle.accuracy_score(targets, logits.argmax(1))
    )
    assert metrics.accuracy(logits.argmax(1), targets) == metrics.accuracy(logits, targets)


def test_accuracy_of_one_score_per_sample_splits_at_zero(sample):
    scores, targets = sample[0][:, 0], sample[1].clamp(max=1)
    expected = pytest.approx(oracle.accuracy_score(targets, scores > 0))
    for logits in (scores, scores[:, None]):
        for labels in (targets, targets.float()):
            assert metrics.accuracy(logits, labels).item() == expected
    assert metrics.accuracy(scores[:, None], targets[:, None]).item() == expected


def test_accuracy_counts_every_position_of_a_sequence(sample):
    logits, targets = sample[0].reshape(20, 10, 5), sample[1].reshape(20, 10)
    assert metrics.accuracy(logits, targets) == metrics.accuracy(*sample)


def test_accuracy_of_maps_takes_the_second_axis_for_the_classes():
    """Also where the last one fits as well, as torch's losses and ours do."""
    generator = torch.Generator().manual_seed(0)
    for K, H, W in ((4, 4, 4), (5, 3, 7)):
        logits = torch.randn(2, K, H, W, generator=generator)
        targets = torch.randint(0, K, (2, H, W), generator=generator)
        right = (logits.argmax(1) == targets).float().mean()
        assert 0 < right < 1
        one_hot = torch.nn.functional.one_hot(targets, K).movedim(-1, 1)
        assert metrics.accuracy(logits, targets) == metrics.accuracy(logits, one_hot) == right
        counts = metrics.confusion(logits, targets)
        assert torch.equal(counts, metrics.confusion(logits.argmax(1), targets, K))
    with pytest.raises(ValueError, match=r"\(B, K, H, W\) and \(B, H, W\)"):
        metrics.accuracy(torch.zeros(2, 3, 4, 5), torch.zeros(2, 3, 4, dtype=torch.long))


@pytest.mark.parametrize("shape", [(6, 1), (2, 3, 1), (2, 1, 3, 5)])
def test_one_score_a_place_splits_at_zero_also_where_every_label_is_1(shape):
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn(shape, generator=generator)
    right = (scores > 0).float().mean()
    axis = 1 if len(shape) > 3 else -1
    for labels in (torch.ones(shape), torch.ones(shape, dtype=torch.long)):
        assert metrics.accuracy(scores, labels) == right < 1
        assert metrics.accuracy(scores, labels.squeeze(axis)) == right


def test_accuracy_does_not_broadcast(sample):
    with pytest.raises(ValueError, match=r"\(200, 5\) do not belong to targets of shape \(5,\)"):
        metrics.accuracy(sample[0], torch.zeros(5))
    with pytest.raises(ValueError, match="do not belong"):
        metrics.accuracy(torch.zeros(7), torch.zeros(7, 1))
    with pytest.raises(ValueError, match="empty"):
        metrics.accuracy(torch.zeros(0, 3), torch.zeros(0))


def test_confusion_agrees_with_scikit_learn(sample):
    logits, targets = sample
    expected = torch.as_tensor(oracle.confusion_matrix(targets, logits.argmax(1)))
    assert torch.equal(metrics.confusion(logits, targets), expected)
    assert torch.equal(metrics.confusion(logits.argmax(1), targets, 5), expected)


def test_confusion_keeps_classes_that_never_come():
    matrix = metrics.confusion(torch.tensor([[1.0, 0, 0], [1.0, 0, 0]]), torch.tensor([0, 1]))
    assert matrix.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert metrics.confusion(torch.tensor([-1.0, -2.0]), torch.tensor([0, 0])).tolist() == [[2, 0], [0, 0]]


def test_confusion_names_a_label_out_of_range():
    with pytest.raises(ValueError, match=r"from 0 to 3: expected 0 to 2"):
        metrics.confusion(torch.tensor([0, 1]), torch.tensor([3, 0]), num_classes=3)
    with pytest.raises(ValueError, match=r"from -1 to 1"):
        metrics.confusion(torch.tensor([0, 1]), torch.tensor([-1, 0]))


def test_perplexity_of_even_bets_is_the_number_of_symbols():
    assert metrics.perplexity(torch.zeros(3, 4, 27), torch.zeros(3, 4, dtype=torch.long)) == pytest.approx(
        27.0
    )


def test_perplexity_agrees_with_scikit_learn(sample):
    logits, targets = sample
    expected = oracle.log_loss(targets, logits.double().softmax(1), labels=range(5))
    assert metrics.perplexity(logits, targets).log().item() == pytest.approx(expected, rel=1e-5)


def test_perplexity_checks_shapes_and_range(sample):
    with pytest.raises(ValueError, match=r"expected \(B, K\) and \(B,\)"):
        metrics.perplexity(sample[0], sample[1][:3])
    with pytest.raises(ValueError, match="targets run from 0 to 5: expected 0 to 4"):
        metrics.perplexity(torch.zeros(2, 5), torch.tensor([0, 5]))


def test_one_hot_targets_are_compared_by_class(sample):
    logits, targets = sample
    one_hot = torch.nn.functional.one_hot(targets, 5)
    assert metrics.accuracy(torch.zeros(100, 10), torch.eye(10).repeat(10, 1)) == pytest.approx(0.1)
    for kind in (torch.float32, torch.float64, torch.int64, torch.bool):
        assert metrics.accuracy(logits, one_hot.to(kind)) == metrics.accuracy(logits, targets)
        assert torch.equal(metrics.confusion(logits, one_hot.to(kind)), metrics.confusion(logits, targets))
    with pytest.raises(ValueError, match=r"both one-hot: expected class indices; use argmax\(-1\) on both"):
        metrics.accuracy(one_hot, one_hot)


def test_soft_labels_count_as_their_most_probable_class():
    assert (
        metrics.accuracy(torch.tensor([[1.0, 0, 0], [0, 1, 0]]), torch.tensor([[0.5, 0.3, 0.2]] * 2)) == 0.5
    )
    assert metrics.accuracy(torch.tensor([2.0, 2.0, -2.0]), torch.tensor([0.9, 0.2, 0.1])) == pytest.approx(
        2 / 3
    )


@pytest.mark.parametrize("metric", [metrics.accuracy, metrics.confusion])
def test_targets_that_are_no_classes_are_refused(metric):
    scores, logits = torch.zeros(4), torch.zeros(4, 3)
    for predictions, targets, message in [
        (logits, torch.tensor([0, 1, 2, 3]), "run from 0 to 3: expected 0 to 2"),
        (logits, torch.tensor([0, 1, 2, -100]), "run from -100 to 2"),
        (logits, torch.tensor([0, 1, 2, 0.5]), "not whole numbers"),
        (scores, torch.tensor([-1, 1, 1, 1]), "run from -1 to 1: expected 0 to 1"),
        (scores[:, None], torch.tensor([0, 1, 2, 0]), "run from 0 to 2: expected 0 to 1"),
        (scores, torch.tensor([0.1, 3.7, 2.0, 0.0]), "not whole numbers"),
        (logits, torch.tensor([[1, 1, 0]] * 4), "do not sum to 1: expected class indices"),
        (logits, torch.tensor([[0], [1], [2], [0]]), r"use targets.squeeze\(-1\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            metric(predictions, targets)


def test_a_prediction_of_nan_is_no_answer():
    logits = torch.tensor([[torch.nan, 1.0], [0.0, 1.0]])
    assert metrics.accuracy(logits, torch.tensor([0, 1])).isnan()
    with pytest.raises(ValueError, match="predictions hold NaN"):
        metrics.confusion(logits, torch.tensor([0, 1]))


def test_perplexity_takes_indices_only(sample):
    with pytest.raises(ValueError, match="not whole numbers"):
        metrics.perplexity(sample[0], sample[1] + 0.5)
    assert metrics.perplexity(sample[0], sample[1].int()) == metrics.perplexity(*sample)


class Elsewhere(torch.Tensor):
    """A tensor on a device without float64, as Apple's MPS is."""

    @classmethod
    def __torch_function__(cls, function, types, arguments=(), options=None):
        result = super().__torch_function__(function, types, arguments, options or {})
        if function is torch.Tensor.cpu:
            with torch._C.DisableTorchFunctionSubclass():
                return result.as_subclass(torch.Tensor)
        if isinstance(result, torch.Tensor) and result.dtype == torch.float64:
            raise TypeError("this device has no float64")
        return result


def test_devices_without_float64(sample):
    from d2lite.datasets import Data
    from d2lite.vision.anchor_sizes import kmeans_start
    from d2lite.vision.detection_metrics import precision_recall

    logits, targets = sample
    there = logits.as_subclass(Elsewhere)
    with pytest.raises(TypeError, match="no float64"):
        there.double()
    assert metrics.accuracy(there, targets) == metrics.accuracy(logits, targets)
    assert torch.equal(metrics.confusion(there, targets), metrics.confusion(logits, targets))
    assert metrics.perplexity(there, targets) == metrics.perplexity(logits, targets)
    scores, hits = logits[:, 0], targets > 2
    for got, expected in zip(
        precision_recall(scores.as_subclass(Elsewhere), hits.as_subclass(Elsewhere), 200),
        precision_recall(scores, hits, 200),
        strict=True,
    ):
        assert torch.equal(got, expected)
    sizes = logits[:, :2].abs() + 1
    assert torch.equal(kmeans_start(sizes.as_subclass(Elsewhere), 3), kmeans_start(sizes, 3))
    whole, other = Data(logits, targets), Data(there, targets)
    assert torch.equal(other.standardize().inputs.cpu(), whole.standardize().inputs)


class Column:
    """What a table of another library gives: an array on demand, and no tensor."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return self.values

    def __len__(self):
        return len(self.values)

    def __getitem__(self, key):
        raise KeyError(key)  # rows have names


@pytest.mark.parametrize("kind", [lambda a: a[::-1].copy()[::-1], Column, np.ndarray.tolist])
def test_numbers_in_every_container(sample, kind):
    logits, targets = sample
    for metric in (metrics.accuracy, metrics.confusion, metrics.perplexity):
        expected = metric(logits, targets)
        found = metric(kind(logits.numpy()), kind(targets.numpy()))
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(metric(logits, kind(targets.numpy())), expected)
    with pytest.raises(ValueError, match="targets is .*: expected a tensor, an array or lists of numbers"):
        metrics.accuracy(logits, ["cat"] * 200)


@pytest.mark.parametrize("num_classes", [5.0, "5", True, 0, [5]])
def test_classes_are_a_whole_number(sample, num_classes):
    with pytest.raises(ValueError, match="num_classes is .*: expected a whole number, 1 or more"):
        metrics.confusion(*sample, num_classes)
    assert metrics.confusion(*sample, np.int64(6)).shape == (6, 6)
