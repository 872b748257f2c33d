"""Boxes in every container and dtype that users bring: the same result, no warning, or one sentence."""

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from d2lite.vision import anchor_sizes, anchors, boxes, pyramids, scene_augmentation, suppression, unfold
from d2lite.vision.detection_metrics import match_detections, mean_average_precision, precision_recall

BOXES = [[0, 0, 20, 20], [1, 1, 21, 21], [40, 40, 60, 60], [0, 0, 20, 20]]
SCORES, CLASSES = [0.5, 0.75, 0.25, 0.5], [1, 1, 2, 2]


def read_only(values, dtype=np.float64):
    array = np.array(values, dtype=dtype)
    array.flags.writeable = False
    return array


def strided(values):
    return torch.tensor(values, dtype=torch.float64).repeat_interleave(2, 0)[::2]


CONTAINERS = {
    "list": lambda values: values,
    "numpy": lambda values: np.array(values),
    "read-only": read_only,
    "reversed": lambda values: np.array(values[::-1])[::-1],
    "big-endian": lambda values: np.array(values, dtype=">f4"),
    "list of tensors": lambda values: [torch.tensor(value) for value in values],
    "list of arrays": lambda values: [np.array(value) for value in values],
    "strided": strided,
    "grad": lambda values: torch.tensor(values, dtype=torch.float32, requires_grad=True),
    "float16": lambda values: torch.tensor(values, dtype=torch.float16),
    "bfloat16": lambda values: torch.tensor(values, dtype=torch.bfloat16),
}


@pytest.fixture(params=CONTAINERS)
def put(request):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield CONTAINERS[request.param]


def test_overlaps(put):
    expected = boxes.iou(torch.tensor(BOXES), torch.tensor(BOXES))
    torch.testing.assert_close(boxes.iou(put(BOXES), put(BOXES)).detach().float(), expected)
    assert boxes.area(put(BOXES)).tolist() == [400] * 4
    converted = boxes.box_convert(put(BOXES), "xyxy", "cxcywh")
    assert converted[1].tolist() == [11, 11, 20, 20]


def test_suppression(put):
    assert suppression.nms(put(BOXES), put(SCORES)).tolist() == [1, 2]
    assert suppression.nms(put(BOXES), put(SCORES), np.float32(0.5), put(CLASSES)).tolist() == [1, 3, 2]
    kept, lowered = suppression.soft_nms(put(BOXES), put(SCORES), iou_threshold=np.array(0.5))
    assert kept[0] == 1 and lowered.dtype.is_floating_point and not lowered.requires_grad


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int32, torch.int64, torch.float32])
def test_classes_and_scores_of_any_dtype(put, dtype):
    prediction = {"boxes": put(BOXES), "scores": put(SCORES), "classes": torch.tensor(CLASSES, dtype=dtype)}
    target = {"boxes": put(BOXES[1:3]), "classes": put([1, 2])}
    result = mean_average_precision([prediction], [target], np.float64(0.5))
    assert result["map"] == pytest.approx(0.75) and result["classes"] == [1, 2]
    whole = torch.tensor([2, 3, 1, 2], dtype=dtype)
    assert suppression.nms(BOXES, whole).tolist() == [1, 2]
    assert suppression.soft_nms(BOXES, whole)[1][0] == 3


def test_coding_and_anchors(put):
    sizes = put([[8.0, 8.0], [16.0, 8.0]])
    grid = anchors.anchor_boxes(sizes, np.int64(8), 8, np.float32(8)).detach()
    assert grid.shape == (8, 8, 2, 4) and grid[0, 0, 1].tolist() == [-4, 0, 12, 8]
    matched = anchors.match(put(BOXES), sizes, 8, 8, 8)
    assert sorted(matched[matched >= 0].tolist()) == [0, 1, 2]  # three in one cell, for two anchors
    cells = anchors.box_cells(put(BOXES), 8, 8, 8)
    back = anchors.decode(
        anchors.encode(put(BOXES), cells, put([[8.0, 8.0]]), 8), cells, put([[8.0, 8.0]]), 8
    )
    torch.testing.assert_close(back.detach().float(), torch.tensor(BOXES).float(), atol=1e-3, rtol=0)
    found = anchor_sizes.kmeans(put([[8, 8], [9, 9], [30, 30]]), np.int64(2), seed=np.int64(1))
    assert found.anchors.tolist() == [[8, 8], [30, 30]]


def test_windows(put):
    images = put([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]])
    columns = unfold.im2col(images, np.int64(2), np.int32(1), np.int64(1)).detach()
    expected = F.unfold(torch.arange(1.0, 10).reshape(1, 1, 3, 3), 2, padding=1)
    assert columns.tolist() == expected.tolist()
    folded = unfold.col2im(
        columns.numpy() if columns.dtype != torch.bfloat16 else columns, (1, 1, 3, 3), (2, 2), padding=1
    )
    assert folded.tolist() == F.fold(expected, 3, 2, padding=1).tolist()


def test_measures(put):
    assert precision_recall(put(SCORES), put([1, 0, 1, 0]), np.int64(2))[1].tolist() == [0, 0.5, 0.5, 1]
    assert match_detections(put([[0.75, 0.5], [0.75, 0.5]]), crowd=put([0, 1])).tolist() == [0, 1]


def test_sets_of_boxes_come_from_a_generator_as_from_a_list():
    """They ended in "object of type 'generator' has no len()"."""
    images = torch.rand(4, 3, 16, 16)
    sets, classes = [torch.tensor([[2.0, 2, 10, 10]])] * 4, [torch.tensor([i]) for i in range(4)]
    for change in (scene_augmentation.mosaic, scene_augmentation.cutmix_boxes):
        results = []
        for put in (list, iter):
            torch.manual_seed(0)
            results.append(
                [each.tolist() for part in change(images, put(sets), put(classes)) for each in part]
            )
        assert results[0] == results[1]
    assert [each.tolist() for each in scene_augmentation.resize(images, iter(sets), 32)[1]] == [
        [[4, 4, 20, 20]]
    ] * 4
    maps = [torch.rand(1, 2, 8, 8), torch.rand(1, 2, 4, 4)]
    assert len(pyramids.bottom_up(iter(maps), iter([torch.nn.AvgPool2d(2)]))) == 2


def test_halves_decode_as_exactly_as_floats():
    outputs = torch.tensor([[0.3, -0.2, 0.1, 0.4]]).half()
    decoded = anchors.decode(outputs, [[70, 90]], [[8, 8]], 8)
    torch.testing.assert_close(decoded, anchors.decode(outputs.float(), [[70, 90]], [[8, 8]], 8))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: boxes.area([["a"] * 4]),
            r"boxes is \[\['a'.*: expected a tensor, an array or lists of numbers",
        ),
        (lambda: boxes.area([[0, 0, 1, 1], [0, 0, 1]]), "boxes is .*: expected a tensor, an array or lists"),
        (
            lambda: boxes.area(torch.zeros(1, 4, dtype=torch.complex64)),
            "boxes is of torch.complex64: expected real",
        ),
        (lambda: suppression.nms(BOXES, SCORES, True), "iou_threshold is True: expected a finite number"),
        (lambda: suppression.nms(BOXES, SCORES, "0.5"), "iou_threshold is '0.5': expected a finite number"),
        (
            lambda: suppression.nms(BOXES, SCORES, classes=["a", "b", "c", "d"]),
            "classes is .*: expected a tensor",
        ),
        (lambda: anchors.grid_cells(2.5, 3), "height is 2.5: expected a whole number, 1 or more"),
        (lambda: anchors.cell_centres(2, 3, 0), "stride is 0: expected a finite number, above 0"),
        (lambda: anchors.match(BOXES, [[8, 8]], 8, 8, 8, float("nan")), "ignore_threshold is nan"),
        (
            lambda: anchors.match([[1, 1, 1, 3]], [[8, 8]], 8, 8, 8),
            "sizes of boxes holds 0: .* leave out boxes",
        ),
        (
            lambda: anchors.decode(torch.zeros(3, 4), [[0, 0]] * 2, [8, 8], 8),
            r"shapes \(3, 4\), \(2, 2\) and \(2,\): expected",
        ),
        (
            lambda: anchors.encode(BOXES, [0, 0, 0], [8, 8], 8),
            r"boxes, cells and anchors have shapes .* that broadcast",
        ),
        (
            lambda: anchor_sizes.kmeans_step(torch.zeros(0, 2), [[8, 8]]),
            r"sizes has shape \(0, 2\): expected at least one",
        ),
        (lambda: unfold.output_size(7.0, 3), "size is 7.0: expected a whole number"),
        (lambda: unfold.im2col(torch.zeros(1, 1, 4, 4), (2, 2, 2)), r"kernel_size is \(2, 2, 2\): expected"),
        (
            lambda: unfold.im2col(torch.zeros(1, 1, 4, 4), 2, stride=(1, 1)),
            r"stride is \(1, 1\): expected a whole number",
        ),
        (
            lambda: unfold.col2im(torch.zeros(1, 4, 4), (1, 3, 3), 2),
            r"shape is \(1, 3, 3\): expected \(B, C, H, W\)",
        ),
        (
            lambda: match_detections([[float("nan")]]),
            r"overlaps has shape \(1, 1\): expected \(N, M\) without NaN",
        ),
        (
            lambda: mean_average_precision({"boxes": []}, []),
            "predictions is a dict: expected a list of dicts",
        ),
        (
            lambda: mean_average_precision(torch.tensor(0.5), []),
            "predictions is a Tensor: expected a list of dicts",
        ),
        (
            lambda: mean_average_precision([], [{"boxes": BOXES, "classes": [0.5] * 4}]),
            "predictions has 0 dicts and targets 1: expected one each",
        ),
        (
            lambda: mean_average_precision(
                [{"boxes": BOXES, "scores": SCORES, "classes": [0.5] * 4}],
                [{"boxes": BOXES, "classes": CLASSES}],
            ),
            "classes holds 0.5: expected whole numbers",
        ),
        (
            lambda: precision_recall([0.5], [True], -1),
            "num_targets is -1: expected a whole number, 0 or more",
        ),
    ],
)
def test_what_is_wrong_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
