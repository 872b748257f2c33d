"""Numbers that cannot be right, given to what works on pictures: one sentence, and no result."""

import numpy as np
import pytest
import torch

from d2lite.vision import augmentation as aug
from d2lite.vision import detection_metrics, pyramids, scene_augmentation, suppression
from d2lite.vision.assignment import assignment_cost, dynamic_assignment

NAN = float("nan")
MAPS = [torch.rand(1, 2, 8, 8), torch.rand(1, 2, 4, 4)]
IMAGES, BYTES = torch.rand(4, 3, 16, 16), torch.full((4, 3, 16, 16), 200, dtype=torch.uint8)
BOXES, CLASSES = [torch.tensor([[2.0, 2, 10, 10]])] * 4, [torch.tensor([i]) for i in range(4)]
COST, OVERLAPS = torch.tensor([[1.0, 2], [3, 0.5]]), torch.tensor([[0.9, 0.8], [0.7, 0.6]])
ALL = torch.ones(2, 2).bool()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: pyramids.top_down([m.numpy() for m in MAPS]), r"maps\[0\] is of type ndarray: expected"),
        (lambda: pyramids.top_down(torch.rand(1, 2, 4, 4)), r"maps\[0\] has shape \(2, 4, 4\)"),
        (
            lambda: pyramids.drop_block(torch.ones(1, 1, 4, 4).long(), 0.1),
            "dtype torch.int64: expected a float",
        ),
        (
            lambda: pyramids.bottom_up(MAPS, [lambda m: m.mean((2, 3), keepdim=True)]),
            r"halve\[0\] gives the shape \(1, 2, 1, 1\): expected \(1, 2, 4, 4\)",
        ),
        (lambda: dynamic_assignment(COST * NAN, OVERLAPS), "cost holds NaN: expected"),
        (lambda: dynamic_assignment(COST, OVERLAPS * NAN), "overlaps is from nan to nan: expected IoUs"),
        (lambda: dynamic_assignment(COST, OVERLAPS * 100), "overlaps is from 60 to 90: expected IoUs"),
        (lambda: dynamic_assignment(torch.zeros(0, 3), torch.zeros(0, 3), 0), "num_top is 0"),
        (
            lambda: assignment_cost(COST, OVERLAPS[:1], ALL),
            r"shapes \[\(2, 2\), \(1, 2\), \(2, 2\)\]: expected",
        ),
        (lambda: assignment_cost(COST, OVERLAPS, ALL.int()), "candidates has dtype torch.int32"),
        (lambda: assignment_cost(COST, OVERLAPS, ALL, NAN), "weight is nan"),
        (
            lambda: scene_augmentation.mosaic(IMAGES, BOXES, [torch.tensor([0, 1])] * 4),
            "a class for each box",
        ),
        (lambda: scene_augmentation.mosaic(IMAGES, [b.flip(1) for b in BOXES], CLASSES), "negative size"),
        (lambda: scene_augmentation.cutmix_boxes(IMAGES, [b * NAN for b in BOXES], CLASSES), "finite"),
        (lambda: scene_augmentation.cutmix_boxes(IMAGES, BOXES, [c - 1 for c in CLASSES]), r"holds \[-1\]"),
        (
            lambda: scene_augmentation.cutmix_boxes(IMAGES, BOXES, [c + 0.5 for c in CLASSES]),
            r"holds \[0.5\]",
        ),
        (lambda: scene_augmentation.resize(IMAGES, BOXES[:2], 8), "with 2 sets of boxes: expected"),
        (
            lambda: scene_augmentation.resize(IMAGES, None, 8),
            "boxes is a NoneType: expected a list of tensors",
        ),
        (lambda: scene_augmentation.mosaic(IMAGES, BOXES, 1), "classes is a int: expected a list of tensors"),
        (lambda: pyramids.top_down(None), "maps is a NoneType: expected a list of tensors"),
        (lambda: pyramids.bottom_up(MAPS, 2), "halve is a int: expected a list of functions"),
        (lambda: scene_augmentation.stylize(255 * IMAGES), "expected 0 to 1; divide bytes by 255"),
        (lambda: scene_augmentation.stylize(BYTES), "dtype torch.uint8: expected floats"),
        (lambda: scene_augmentation.stylize(torch.rand(2, 3, 1, 1)), "expected two pixels or more"),
        (lambda: aug.flip(IMAGES.numpy()), "images is of type ndarray: expected a tensor"),
        (lambda: aug.add_noise(BYTES, 0.1), "dtype torch.uint8: expected floats"),
        (lambda: aug.mixup(BYTES, torch.eye(4), 1.0), "dtype torch.uint8: expected floats"),
        (lambda: aug.mixup(IMAGES, torch.tensor([[3], [1], [2], [0]]), 1.0), "not probabilities"),
        (lambda: aug.cutmix(IMAGES, torch.ones(4, 4), 1.0), "not probabilities"),
        (
            lambda: aug.smooth_labels(torch.tensor([0, 3]), 3, 0.1),
            "from 0 to 3: expected classes from 0 to 2",
        ),
        (lambda: aug.smooth_labels(torch.tensor([[0, 2, 1]]), 3, 0.1), "not probabilities"),
        (lambda: aug.smooth_labels(3, 10, 0.1), r"labels has shape \(\): expected \(B, 10\)"),
        (
            lambda: detection_metrics.mean_average_precision(None, []),
            "predictions is a NoneType: expected a list",
        ),
        (lambda: detection_metrics.mean_average_precision([], [], None), "iou_thresholds is None: expected"),
        (lambda: aug.smooth_labels(torch.tensor([0, 1]), 0, 0.1), "num_classes is 0"),
        (lambda: detection_metrics.precision_recall([0.9, 0.8], [0.5, 0.2], 2), "is_true_positive holds 0.5"),
        (lambda: detection_metrics.precision_recall([0.9, 0.8], [NAN, 0], 2), "is_true_positive holds nan"),
        (lambda: detection_metrics.match_detections([[90.0, 80]], 0.5), "from 80 to 90: expected IoUs"),
        (lambda: detection_metrics.match_detections([[0.9, 0.8]], 0.5, crowd=[0.3, 0]), "crowd holds 0.3"),
        (
            lambda: suppression.nms(BOXES[0], [0.5], classes=[NAN]),
            "classes holds nan: expected whole numbers",
        ),
    ],
)
def test_a_sentence_and_no_result(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_lists_have_the_owners_of_tensors():
    cost = assignment_cost(COST.tolist(), OVERLAPS.numpy(), ALL.tolist())
    assert torch.equal(cost, assignment_cost(COST, OVERLAPS, ALL))
    owners = dynamic_assignment(cost.tolist(), OVERLAPS.tolist())
    assert torch.equal(owners, dynamic_assignment(cost, OVERLAPS))


def test_class_numbers_of_any_dtype_are_smoothed():
    right = aug.smooth_labels(torch.tensor([0, 1]), 3, 0.1)
    for targets in (
        [0, 1],
        np.array([0, 1], np.uint16),
        torch.tensor([0.0, 1.0]),
        torch.tensor([0, 1]).byte(),
    ):
        assert torch.equal(aug.smooth_labels(targets, 3, 0.1), right)


def test_bytes_are_cut_and_pasted_like_floats():
    torch.manual_seed(0)
    floats, labels = aug.cutmix(BYTES.float() * torch.rand(4, 1, 1, 1).round(), torch.eye(4), 1.0)
    torch.manual_seed(0)
    torch.rand(4, 1, 1, 1)
    _, of_bytes = aug.cutmix(BYTES, torch.eye(4), 1.0)
    assert torch.equal(labels, of_bytes)
    assert ((labels > 0).sum(1) <= 2).all()
    assert floats.dtype == torch.float32


def test_labels_of_pictures_in_half_precision_still_sum_to_1():
    torch.manual_seed(0)
    for change in (aug.mixup, aug.cutmix):
        images, labels = change(IMAGES.half(), torch.eye(4), 1.0)
        assert images.dtype == torch.float16
        assert torch.allclose(labels.sum(1), torch.ones(4), atol=1e-6)


def test_a_cost_in_half_precision_stays_finite_where_boxes_are_apart():
    cost = assignment_cost(torch.ones(2, 2).half(), torch.zeros(2, 2).half(), ALL)
    assert cost.isfinite().all()
    assert torch.allclose(cost, torch.tensor(1 - 3 * np.log(1e-8), dtype=torch.float32))
