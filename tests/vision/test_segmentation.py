"""Overlaps of masks and label maps: scikit-learn as the oracle, then the edges."""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, f1_score, jaccard_score

from d2lite.vision.segmentation import class_iou, confusion_counts, dice, iou


@pytest.mark.parametrize("share", [0.02, 0.5, 0.97])
def test_masks_against_scikit_learn(share):
    random = np.random.default_rng(0)
    for shape in ((7,), (5, 6), (3, 4, 5)):
        predicted, target = (random.random(shape) < share for _ in range(2))
        predicted.flat[0] = True  # so that there is something to compare
        pair = target.ravel(), predicted.ravel()
        assert iou(predicted, target) == pytest.approx(jaccard_score(*pair, zero_division=0))
        assert dice(predicted, target) == pytest.approx(f1_score(*pair, zero_division=0))


def test_label_maps_against_scikit_learn():
    torch.manual_seed(0)
    predicted, target = torch.randint(0, 5, (2, 3, 8, 8))
    pair, labels = (target.flatten(), predicted.flatten()), list(range(5))
    assert confusion_counts(predicted, target, 5).tolist() == confusion_matrix(*pair, labels=labels).tolist()
    expected = jaccard_score(*pair, labels=labels, average=None)
    assert class_iou(predicted, target, 5).tolist() == pytest.approx(expected.tolist())


def test_a_class_that_is_not_there_does_not_count():
    found = class_iou([[0, 1], [1, 1]], [[0, 1], [0, 1]], 4)
    assert found[:2].tolist() == pytest.approx([1 / 2, 2 / 3])
    assert found[2:].isnan().all()
    assert found.nanmean().item() == pytest.approx(7 / 12)


def test_dice_is_a_function_of_iou():
    torch.manual_seed(1)
    for _ in range(50):
        a, b = torch.rand(2, 6, 6) < torch.rand(2, 1, 1)
        overlap = iou(a, b)
        if math.isnan(overlap):
            assert math.isnan(dice(a, b))
        else:
            assert dice(a, b) == pytest.approx(2 * overlap / (1 + overlap))
            assert iou(b, a) == overlap and 0 <= overlap <= 1
        assert math.isnan(iou(a, a)) or iou(a, a) == 1


def test_masks_as_they_come():
    target = torch.tensor([[1, 0], [1, 1]])
    for same in (target.bool(), target.float(), target.numpy()[::-1][::-1], target.tolist()):
        assert iou(same, target) == dice(same, target) == 1
    assert math.isnan(iou(torch.zeros(3, 3), torch.zeros(3, 3)))
    assert iou(torch.zeros(0), torch.zeros(0)) != 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iou([0, 1], [0, 1, 1]), r"predicted has shape \(2,\): expected \(3,\), that of target"),
        (lambda: dice([0.4, 1.0], [0, 1]), "predicted holds 0.4: expected a mask"),
        (lambda: iou([0, 1], [0, 2]), "target holds 2: expected a mask"),
        (lambda: iou([0, math.nan], [0, 1]), "predicted holds nan"),
        (lambda: iou("mask", [0, 1]), "predicted is 'mask'"),
        (lambda: class_iou([0, 5], [0, 1], 5), "predicted holds 5: expected labels from 0 to 4"),
        (lambda: class_iou([0, 1], [0, -1], 5), "target holds -1: expected labels"),
        (lambda: class_iou([0.5, 1], [0, 1], 5), "predicted holds 0.5: expected whole numbers"),
        (lambda: class_iou([0, 1], [[0, 1]], 5), "predicted has shape"),
        (lambda: confusion_counts([0], [0], 0), "num_classes is 0"),
    ],
)
def test_what_is_wrong_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
