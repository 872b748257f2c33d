"""Metrics against scikit-learn."""

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
