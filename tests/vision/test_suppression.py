"""Suppression against the plain loops that define it."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lite.vision.boxes import iou
from d2lite.vision.suppression import nms, soft_nms


def random_boxes(count, size=100.0, largest=40.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 2, generator=generator) * size
    return torch.cat([corners, corners + torch.rand(count, 2, generator=generator) * largest], dim=1)


def random_scores(count, levels=None, seed=0):
    scores = torch.rand(count, generator=torch.Generator().manual_seed(seed + 1000))
    return scores if levels is None else (scores * levels).floor() / levels


def plain_nms(boxes, scores, iou_threshold, classes=None):
    """Greedy suppression with two loops."""
    overlaps = iou(boxes, boxes).tolist()
    classes = [0] * len(boxes) if classes is None else classes.tolist()
    kept = []
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i].item(), i)):
        if all(classes[i] != classes[j] or overlaps[j][i] <= iou_threshold for j in kept):
            kept.append(i)
    return kept


# --- nms


@pytest.mark.parametrize("levels", [None, 5, 1])
@pytest.mark.parametrize("iou_threshold", [0.0, 0.3, 0.7, 1.0])
def test_nms_equals_the_plain_loop(levels, iou_threshold):
    boxes, scores = random_boxes(1300), random_scores(1300, levels)  # three blocks
    classes = (random_scores(1300, 3, seed=7) * 3).long()
    assert nms(boxes, scores, iou_threshold).tolist() == plain_nms(boxes, scores, iou_threshold)
    assert nms(boxes, scores, iou_threshold, classes).tolist() == plain_nms(
        boxes, scores, iou_threshold, classes
    )


small = st.integers(0, 5)


@st.composite
def heaps(draw):
    """Few small boxes in one place with few scores: many duplicates, ties, chains and empty boxes."""
    count = draw(st.integers(0, 12))
    corners = [(draw(small), draw(small), draw(small), draw(small)) for _ in range(count)]
    boxes = torch.tensor([[x, y, x + w, y + h] for x, y, w, h in corners], dtype=torch.float64).reshape(-1, 4)
    return boxes, torch.tensor([draw(st.integers(0, 3)) / 4 for _ in range(count)])


@settings(deadline=None)
@given(heaps(), st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 0.9]))
def test_nms_on_heaps(heap, iou_threshold):
    assert nms(*heap, iou_threshold).tolist() == plain_nms(*heap, iou_threshold)


def test_nms_chain():
    """Each box covers the next: the first goes on to save the third, the third the fifth."""
    boxes = torch.tensor([[10.0 * i, 0, 10.0 * i + 30, 10] for i in range(1200)])
    assert nms(boxes, torch.arange(1200, 0, -1.0), 0.4).tolist() == list(range(0, 1200, 2))


def test_nms_equal_scores_keep_the_earlier_box():
    assert nms([[0, 0, 2, 2]] * 3, [0.5, 0.5, 0.5]).tolist() == [0]
    assert nms([[0, 0, 2, 2], [9, 9, 10, 10], [5, 5, 6, 6]], [0.5, 0.9, 0.5]).tolist() == [1, 0, 2]


def test_nms_classes_do_not_meet():
    boxes, scores = [[0, 0, 2, 2]] * 4, [0.1, 0.2, 0.3, 0.4]
    assert nms(boxes, scores, classes=[0, 1, 0, 1]).tolist() == [3, 2]


def test_nms_without_boxes():
    kept = nms(torch.zeros(0, 4), torch.zeros(0))
    assert kept.shape == (0,)
    assert kept.dtype == torch.long


def test_nms_of_ten_thousand_boxes():
    """Two laws that only the greedy result obeys: the kept are apart, each other lies under a better one."""
    boxes, scores = random_boxes(10_000, size=250.0, largest=100.0), random_scores(10_000, levels=50)
    kept = nms(boxes, scores)
    rank = torch.empty(10_000, dtype=torch.long)
    rank[scores.argsort(descending=True, stable=True)] = torch.arange(10_000)
    assert (rank[kept].diff() > 0).all()
    over = iou(boxes[kept], boxes) > 0.5  # (K, N)
    covered = (over & (rank[kept, None] < rank)).any(dim=0)
    assert torch.equal(~covered, torch.isin(torch.arange(10_000), kept))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": [0.1]}, r"scores has shape \(1,\): expected \(2,\), one for each"),
        ({"classes": [0]}, r"classes has shape \(1,\): expected \(2,\), one for each"),
        ({"boxes": [0, 0, 1, 1]}, r"boxes has shape \(4,\): expected \(N, 4\)"),
        ({"boxes": [[0, 0, 1, 1], [1, 1, 0, 0]]}, "negative size"),
        ({"scores": [0.1, math.nan]}, "scores hold NaN: expected numbers to sort by"),
        ({"iou_threshold": 1.5}, "iou_threshold is 1.5: expected a finite number, from 0 to 1"),
    ],
)
def test_bad_boxes_and_scores_are_refused(change, message):
    arguments = {"boxes": [[0, 0, 1, 1]] * 2, "scores": [0.1, 0.2]} | change
    for function in (nms, soft_nms):
        with pytest.raises(ValueError, match=message):
            function(**arguments)


# --- soft_nms


def plain_soft_nms(boxes, scores, method, iou_threshold, sigma, score_threshold):
    overlaps, scores = iou(boxes, boxes).tolist(), scores.tolist()
    left, out = list(range(len(scores))), []
    while left := [i for i in left if scores[i] >= score_threshold]:
        best = max(left, key=lambda i: scores[i])
        out.append((best, scores[best]))
        left.remove(best)
        for i in left:
            o = overlaps[best][i]
            if method == "gaussian":
                scores[i] *= math.exp(-o * o / sigma)
            elif o >= iou_threshold:
                scores[i] *= 1 - o
    return out


@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_soft_nms_equals_the_plain_loop(method):
    boxes, scores = random_boxes(300, size=60.0).double(), random_scores(300).double()
    kept, lowered = soft_nms(boxes, scores, method, 0.3, 0.4, 0.05)
    expected = plain_soft_nms(boxes, scores, method, 0.3, 0.4, 0.05)
    assert kept.tolist() == [i for i, _ in expected]
    torch.testing.assert_close(lowered, torch.tensor([s for _, s in expected], dtype=torch.float64))
    assert lowered.diff().max() <= 0


def test_soft_nms_by_hand():
    boxes = [[0, 0, 2, 2], [0, 0, 2, 1], [5, 5, 6, 6], [0, 0, 2, 2]]
    kept, lowered = soft_nms(boxes, [0.8, 0.6, 0.5, 0.8])
    assert kept.tolist() == [0, 2, 1]  # the duplicate falls to 0 and goes; box 1 is halved by box 0
    assert lowered.tolist() == pytest.approx([0.8, 0.5, 0.3])
    kept, lowered = soft_nms(boxes, [0.8, 0.6, 0.5, 0.8], "gaussian", sigma=0.5)
    assert kept.tolist() == [0, 2, 1, 3]
    halved, same = math.exp(-0.25 / 0.5), math.exp(-1 / 0.5)
    assert lowered.tolist() == pytest.approx([0.8, 0.5, 0.6 * halved, 0.8 * same * halved])


def test_soft_nms_leaves_other_classes_and_its_arguments_alone():
    scores = torch.tensor([0.9, 0.8])
    kept, lowered = soft_nms([[0, 0, 2, 2]] * 2, scores, classes=[0, 1])
    assert kept.tolist() == [0, 1]
    assert torch.equal(lowered, scores)
    soft_nms([[0, 0, 2, 2]] * 2, scores)
    assert torch.equal(scores, torch.tensor([0.9, 0.8]))
    kept, lowered = soft_nms(torch.zeros(0, 4), torch.zeros(0))
    assert kept.shape == lowered.shape == (0,)


def test_soft_nms_refuses():
    with pytest.raises(ValueError, match="method is 'hard': expected one of 'linear', 'gaussian'"):
        soft_nms([[0, 0, 1, 1]], [0.5], "hard")
    with pytest.raises(ValueError, match="sigma is 0: expected a finite number, above 0"):
        soft_nms([[0, 0, 1, 1]], [0.5], "gaussian", sigma=0)
    for score in (-0.5, math.inf):
        with pytest.raises(ValueError, match=f"scores hold {score}: expected finite numbers, 0 or more"):
            soft_nms([[0, 0, 1, 1]], [score])
    for threshold in (-1, math.nan):
        with pytest.raises(
            ValueError, match=f"score_threshold is {threshold}: expected a finite number, 0 or more"
        ):
            soft_nms([[0, 0, 1, 1]], [0.5], score_threshold=threshold)
    assert soft_nms([[0, 0, 1, 1]] * 2, [0.5, 0.4], score_threshold=0)[0].tolist() == [0, 1]  # and it ends
