"""Boxes: formats and the four measures, against scalar loops, finite differences and the laws they obey."""

import itertools
import math

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from d2lite.vision import boxes
from d2lite.vision.boxes import (
    area,
    box_convert,
    ciou,
    ciou_loss,
    diou,
    diou_loss,
    giou,
    giou_loss,
    iou,
    iou_loss,
)

MEASURES = [iou, giou, diou, ciou]
LOSSES = [iou_loss, giou_loss, diou_loss, ciou_loss]
CASES = {  # name: (box, box, IoU, GIoU, DIoU, v of CIoU, alpha of CIoU), worked by hand
    "identical": ([0, 0, 2, 2], [0, 0, 2, 2], 1, 1, 1, 0, 0),
    "overlapping": ([0, 0, 2, 2], [1, 1, 3, 3], 1 / 7, 1 / 7 - 2 / 9, 1 / 7 - 2 / 18, 0, 0),
    "nested": ([0, 0, 4, 4], [1, 1, 3, 3], 1 / 4, 1 / 4, 1 / 4, 0, 0),
    "touching": ([0, 0, 1, 1], [1, 0, 2, 1], 0, 0, -1 / 5, 0, 0),
    "at a corner": ([0, 0, 1, 1], [1, 1, 2, 2], 0, -1 / 2, -1 / 4, 0, 0),
    "disjoint": ([0, 0, 1, 1], [3, 0, 4, 1], 0, -1 / 2, -9 / 17, 0, 0),
    "one line": ([0, 0, 2, 0], [0, 0, 2, 2], 0, 0, -1 / 8, 1 / 4, 1 / 5),
    "crossed lines": ([0, 1, 2, 1], [1, 0, 1, 2], 0, -1, 0, 1, 1 / 2),
    "same line": ([0, 0, 2, 0], [0, 0, 2, 0], 0, 0, 0, 0, 0),
    "a point in a box": ([1, 1, 1, 1], [0, 0, 2, 2], 0, 0, 0, 0, 0),
    "two points": ([0, 0, 0, 0], [3, 4, 3, 4], 0, -1, -1, 0, 0),
    "one point twice": ([5, 5, 5, 5], [5, 5, 5, 5], 0, 0, 0, 0, 0),
}


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def scalar_measures(a, b):
    """The definitions of the papers on plain numbers, for boxes with area."""
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
    overlap = width * height / union
    w, h = max(a[2], b[2]) - min(a[0], b[0]), max(a[3], b[3]) - min(a[1], b[1])
    rho2 = ((a[0] + a[2] - b[0] - b[2]) ** 2 + (a[1] + a[3] - b[1] - b[3]) ** 2) / 4
    distance = overlap - rho2 / (w * w + h * h)
    aspect = [math.atan((c[2] - c[0]) / (c[3] - c[1])) for c in (a, b)]
    v = 4 / math.pi**2 * (aspect[1] - aspect[0]) ** 2
    alpha = v / (1 - overlap + v) if v else 0
    return overlap, overlap - (w * h - union) / (w * h), distance, distance - alpha * v


coordinate = st.one_of(st.integers(-4, 4).map(float), st.floats(-100, 100, width=32))


@st.composite
def any_box(draw):
    """A box of small whole numbers, where boxes touch, nest and vanish often, or of any numbers."""
    x, y = sorted([draw(coordinate), draw(coordinate)]), sorted([draw(coordinate), draw(coordinate)])
    return double([x[0], y[0], x[1], y[1]])


def random_boxes(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(count, 2, generator=generator, dtype=torch.float64) * 10
    sizes = 0.5 + torch.rand(count, 2, generator=generator, dtype=torch.float64) * 6
    return torch.cat([corners, corners + sizes], dim=1)


@pytest.mark.parametrize("case", CASES)
def test_worked_cases(case):
    a, b, *expected, v, alpha = CASES[case]
    expected.append(expected[-1] - alpha * v)
    for measure, value in zip(MEASURES, expected, strict=True):
        assert measure([a], [b]).item() == pytest.approx(value, abs=1e-6), measure.__name__
        assert measure([b], [a]).item() == pytest.approx(value, abs=1e-6), measure.__name__


def test_equal_to_the_definitions_on_random_boxes():
    a, b = random_boxes(40), random_boxes(30, seed=1)
    expected = double([[scalar_measures(x, y) for y in b.tolist()] for x in a.tolist()])  # (40, 30, 4)
    for i, measure in enumerate(MEASURES):
        torch.testing.assert_close(measure(a, b), expected[..., i], rtol=0, atol=1e-14)


@pytest.mark.parametrize("measure", MEASURES)
def test_rows_are_the_diagonal_of_the_pairs(measure):
    a, b = random_boxes(12), random_boxes(12, seed=1)
    rows = measure(a, b, pairwise=False)
    assert torch.equal(rows, measure(a, b).diagonal())
    assert torch.equal(measure(a.view(3, 4, 4), b.view(3, 4, 4), pairwise=False), rows.view(3, 4))


@settings(deadline=None)
@given(any_box(), any_box())
def test_laws(a, b):
    overlap, generalized, distance, complete = (measure(a[None], b[None]).item() for measure in MEASURES)
    assert 0 <= overlap <= 1
    assert -1 - 1e-9 <= generalized <= overlap + 1e-9
    assert -1 - 1e-9 <= distance <= overlap + 1e-9
    assert -1.5 - 1e-9 <= complete <= distance + 1e-9
    for measure in MEASURES:
        assert measure(b[None], a[None]).item() == pytest.approx(measure(a[None], b[None]).item(), abs=1e-12)
        if area(a) > 0:
            assert measure(a[None], a[None]).item() == 1


@settings(deadline=None)
@given(any_box(), any_box(), st.floats(0.1, 10), st.floats(-50, 50))
def test_measures_do_not_depend_on_unit_and_origin(a, b, scale, shift):
    if min(area(a), area(b)) < 0.01:
        return
    for measure in MEASURES:
        moved = measure(a[None] * scale + shift, b[None] * scale + shift).item()
        assert moved == pytest.approx(measure(a[None], b[None]).item(), abs=1e-9)


@settings(deadline=None, max_examples=300)
@given(any_box(), any_box())
@example(double([0, 0, 0, 0]), double([0, 0, 0, 0]))
@example(double([0, 0, 1e-160, 1e-160]), double([0, 0, 1e-160, 1e-160]))
@example(double([0, 0, 1e-18, 1e-21]), double([0, 0, 1e-21, 1e-18]))
def test_gradients_are_finite(a, b):
    for dtype in (torch.float32, torch.float64):
        for loss in LOSSES:
            leaves = [box.to(dtype).requires_grad_() for box in (a, b)]
            loss(*leaves).backward()
            assert all(leaf.grad.isfinite().all() for leaf in leaves), (loss.__name__, dtype)


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_finite_in_every_worked_case(case):
    for loss in LOSSES:
        a, b = (torch.tensor(box, dtype=torch.float32, requires_grad=True) for box in CASES[case][:2])
        loss(a, b).backward()
        assert a.grad.isfinite().all()
        assert b.grad.isfinite().all()


@pytest.mark.parametrize("loss", LOSSES)
def test_no_pull_at_the_minimum(loss):
    a = double([[1, 2, 5, 4]]).requires_grad_()
    loss(a, a.detach()).backward()
    torch.testing.assert_close(a.grad, torch.zeros_like(a), rtol=0, atol=1e-15)


@pytest.mark.parametrize("loss", LOSSES[:3])
def test_gradient_equals_finite_differences(loss):
    a, b = random_boxes(20).requires_grad_(), random_boxes(20, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda *pair: loss(*pair, reduction="none"), (a, b))


def test_ciou_gradient_takes_alpha_as_a_constant():
    a, b = random_boxes(20), random_boxes(20, seed=1)

    def v(a):
        aspect = [torch.atan((c[:, 2] - c[:, 0]) / (c[:, 3] - c[:, 1])) for c in (a, b)]
        return 4 / math.pi**2 * (aspect[1] - aspect[0]) ** 2

    alpha = v(a) / (1 - iou(a, b, pairwise=False) + v(a))
    frozen = lambda a: (diou(a, b, pairwise=False) - alpha * v(a)).sum()
    numeric = torch.zeros_like(a)
    for i in range(4):
        step = torch.zeros(4, dtype=torch.float64)
        step[i] = 1e-6
        for row in range(len(a)):
            up, down = a.clone(), a.clone()
            up[row] += step
            down[row] -= step
            numeric[row, i] = (frozen(up) - frozen(down)) / 2e-6
    leaf = a.clone().requires_grad_()
    ciou(leaf, b, pairwise=False).sum().backward()
    torch.testing.assert_close(leaf.grad, numeric, rtol=0, atol=1e-8)


def test_apart_only_iou_is_flat_and_the_others_pull():
    for measure, pulls in zip(MEASURES, (False, True, True, True), strict=True):
        a = torch.tensor([[0.0, 0, 1, 1]], requires_grad=True)
        measure(a, [[3, 0, 4, 1]]).backward()
        assert (a.grad[0, [0, 2]].sum() > 0) == pulls, measure.__name__


@settings(deadline=None)
@given(any_box(), st.permutations(boxes.FORMATS))
def test_formats_invert_each_other(box, formats):
    first, second, _ = formats
    start = box_convert(box, "xyxy", first)
    there = box_convert(start, first, second)
    torch.testing.assert_close(box_convert(there, second, first), start, rtol=0, atol=1e-12)


@pytest.mark.parametrize("formats", [*itertools.product(boxes.FORMATS, boxes.FORMATS)])
def test_converted_boxes_share_no_memory(formats):
    before = torch.tensor([[1.0, 2, 3, 4]])
    box_convert(before, *formats)[:] = 0
    assert before.tolist() == [[1, 2, 3, 4]]


def test_formats_by_hand():
    box = torch.tensor([[1, 2, 4, 8]])
    assert box_convert(box, "xyxy", "xywh").tolist() == [[1, 2, 3, 6]]
    assert box_convert(box, "xyxy", "cxcywh").tolist() == [[2.5, 5, 3, 6]]
    assert box_convert([[1, 2, 3, 6]], "xywh", "cxcywh").tolist() == [[2.5, 5, 3, 6]]
    assert box_convert([[2.5, 5, 3, 6]], "cxcywh", "xyxy").tolist() == box.tolist()
    assert area(box).tolist() == [18]
    assert boxes.intersection(box, [[3, 0, 9, 5], [4, 0, 9, 5], [5, 0, 9, 5]]).tolist() == [[3, 0, 0]]


@pytest.mark.parametrize("measure", MEASURES)
def test_empty_sets(measure):
    none = torch.zeros(0, 4)
    assert measure(none, random_boxes(3)).shape == (0, 3)
    assert measure(random_boxes(3), none).shape == (3, 0)
    assert measure(none, none, pairwise=False).shape == (0,)


def test_loss_of_no_boxes_is_zero_and_trains_nothing():
    none = torch.zeros(0, 4, requires_grad=True)
    loss = ciou_loss(none, torch.zeros(0, 4))
    loss.backward()
    assert loss.item() == 0


@pytest.mark.parametrize(("loss", "measure"), list(zip(LOSSES, MEASURES, strict=True)))
def test_losses_reduce(loss, measure):
    a, b = random_boxes(5), random_boxes(5, seed=1)
    each = 1 - measure(a, b, pairwise=False)
    assert torch.equal(loss(a, b, reduction="none"), each)
    assert loss(a, b, reduction="sum").item() == pytest.approx(each.sum().item())
    assert loss(a, b).item() == pytest.approx(each.mean().item())
    with pytest.raises(ValueError, match="reduction is 'max': expected one of 'mean', 'sum', 'none'"):
        loss(a, b, reduction="max")


def test_whole_numbers_and_half_precision_are_computed_in_float32():
    big = torch.tensor([[0, 0, 600, 600]])
    assert area(big.half()).item() == 360_000  # past the largest float16
    assert area(big).dtype == area(big.to(torch.uint8) * 0).dtype == area(big.half()).dtype == torch.float32
    assert area(big.double()).dtype == torch.float64


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ([[0, 0, math.nan, 1]], r"boxes\[0\] is \[.*nan.*\]: expected finite coordinates"),
        ([[0, 0, 1, 1], [0, 0, math.inf, 1]], r"boxes\[1\] is \[.*inf.*\]: expected finite coordinates"),
        ([[0, 0, 1e30, 1e30]], r"boxes\[0\] is .*: expected finite coordinates below 5e\+18"),
        (
            [[2, 0, 1, 1]],
            r"boxes\[0\] is \[2.0, 0.0, 1.0, 1.0\], which has negative size: expected xyxy with x1 <= x2",
        ),
        ([0, 0, 1, -1], r"boxes is \[.*\], which has negative size"),
        ([[0, 0, 1]], r"boxes has shape \(1, 3\): expected \(\.\.\., 4\)"),
        ([], r"shape \(0,\).*torch.zeros\(0, 4\)"),
        (3.0, r"shape \(\)"),
    ],
)
def test_bad_boxes_are_refused(box, message):
    with pytest.raises(ValueError, match=message):
        area(box)


@pytest.mark.parametrize("measure", MEASURES)
def test_bad_pairs_are_refused(measure):
    good = random_boxes(2)
    with pytest.raises(ValueError, match=r"boxes_b\[1\] is .*, which has negative size"):
        measure(good, [[0, 0, 1, 1], [1, 1, 0, 0]])
    with pytest.raises(
        ValueError, match=r"boxes_a has shape \(2, 4\) and boxes_b \(1, 4\): expected one shape"
    ):
        measure(good, good[:1], pairwise=False)
    with pytest.raises(ValueError, match=r"expected \(N, 4\) and \(M, 4\) for all pairs"):
        measure(good[0], good)


def test_bad_formats_are_refused():
    with pytest.raises(ValueError, match="in_format is 'yxyx': expected one of 'xyxy', 'xywh', 'cxcywh'"):
        box_convert([[0, 0, 1, 1]], "yxyx", "xywh")
    with pytest.raises(ValueError, match="expected cxcywh with width and height >= 0"):
        box_convert([[0, 0, 1, -1]], "cxcywh", "xyxy")
