"""Anchors: clusters against plain loops, matching against the rule told box by box, coding against its inverse."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lite.vision.anchor_sizes import kmeans, kmeans_start, kmeans_step, size_iou
from d2lite.vision.anchors import (
    BACKGROUND,
    IGNORE,
    anchor_boxes,
    box_cells,
    cell_centres,
    decode,
    encode,
    grid_cells,
    match,
)
from d2lite.vision.boxes import box_convert, iou


def random_sizes(count, seed=0):
    """Three kinds of boxes: wide, tall and large."""
    generator = torch.Generator().manual_seed(seed)
    kinds = torch.tensor([[40.0, 10], [12, 36], [60, 60]])[torch.randint(3, (count,), generator=generator)]
    return kinds * torch.exp(0.1 * torch.randn(count, 2, generator=generator))


def mean_best_iou(sizes, anchors):
    return size_iou(sizes, anchors).amax(dim=1).mean().item()


# --- grids


def test_grid_by_hand():
    assert grid_cells(2, 3).tolist() == [[[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 1], [2, 1]]]
    assert cell_centres(2, 3, 8).tolist() == [[[4, 4], [12, 4], [20, 4]], [[4, 12], [12, 12], [20, 12]]]
    boxes = anchor_boxes([[8, 8], [2, 4]], 2, 3, 8)
    assert boxes.shape == (2, 3, 2, 4)
    assert boxes[1, 2].tolist() == [[16, 8, 24, 16], [19, 10, 21, 14]]


def test_size_iou_is_the_iou_of_boxes_on_one_centre():
    a, b = random_sizes(20).double(), random_sizes(15, seed=1).double()
    centred = lambda sizes: box_convert(torch.cat([torch.zeros_like(sizes), sizes], 1), "cxcywh", "xyxy")
    torch.testing.assert_close(size_iou(a, b), iou(centred(a), centred(b)), rtol=0, atol=1e-14)
    assert size_iou([[2, 4]], [[4, 2], [2, 4], [1, 2]]).tolist() == [[pytest.approx(1 / 3), 1, 0.25]]


# --- k-means


def plain_step(sizes, anchors):
    overlap = lambda a, b: (s := min(a[0], b[0]) * min(a[1], b[1])) / (a[0] * a[1] + b[0] * b[1] - s)
    rows = [[overlap(size, anchor) for anchor in anchors] for size in sizes]
    labels = [row.index(max(row)) for row in rows]
    moved = []
    for a, anchor in enumerate(anchors):
        own = [size for size, label in zip(sizes, labels, strict=True) if label == a]
        moved.append([sum(s[i] for s in own) / len(own) for i in (0, 1)] if own else anchor)
    return moved, labels, sum(map(max, rows)) / len(rows)


def test_step_equals_the_plain_loop():
    sizes, anchors = (
        random_sizes(200).double(),
        torch.tensor([[20.0, 20], [50, 20], [20, 50], [40, 40]]).double(),
    )
    for _ in range(5):
        moved, labels, mean_iou = kmeans_step(sizes, anchors)
        expected, expected_labels, expected_mean = plain_step(sizes.tolist(), anchors.tolist())
        assert labels.tolist() == expected_labels
        assert mean_iou == pytest.approx(expected_mean)
        torch.testing.assert_close(moved, torch.tensor(expected, dtype=torch.float64))
        anchors = moved


def test_the_mean_of_many_sizes_is_exact():
    """A float32 sum of a million numbers has lost a hundredth of them."""
    moved, _, _ = kmeans_step(torch.full((1_000_000, 2), 33.3), [[30.0, 30.0]])
    assert moved.dtype == torch.float32
    torch.testing.assert_close(moved, torch.full((1, 2), 33.3), rtol=1e-6, atol=0)


def test_an_anchor_without_sizes_takes_the_worst_covered_one():
    sizes = torch.tensor([[10.0, 10], [11, 11], [30, 5]])
    moved, labels, _ = kmeans_step(sizes, [[10, 10], [500, 500]])
    assert labels.tolist() == [0, 0, 0]
    assert moved.tolist() == [[10.5, 10.5], [30, 5]]
    moved, _, _ = kmeans_step(sizes, [[10, 10], [500, 500], [600, 600]])
    assert moved[1:].tolist() == [[30, 5], [11, 11]]
    moved, _, _ = kmeans_step(sizes[:1], [[10, 10], [500, 500]])  # fewer sizes than anchors
    assert moved.isfinite().all()


def test_kmeans_finds_the_three_kinds():
    sizes = random_sizes(300)
    for seed in range(5):
        anchors, labels, mean_iou = kmeans(sizes, 3, seed=seed)
        kinds = torch.tensor([[12.0, 36], [40, 10], [60, 60]])
        torch.testing.assert_close(anchors[anchors[:, 0].argsort()], kinds, rtol=0.05, atol=0)
        assert torch.equal(labels, size_iou(sizes, anchors).argmax(dim=1))
        assert mean_iou == pytest.approx(mean_best_iou(sizes, anchors))
        assert mean_iou > 0.8


def test_kmeans_is_the_same_for_a_seed_and_better_with_more_anchors():
    sizes = random_sizes(60)
    first, second = kmeans(sizes, 4, seed=3), kmeans(sizes, 4, seed=3)
    assert torch.equal(first.anchors, second.anchors)
    means = [kmeans(sizes, k).mean_iou for k in (1, 3, 6, 60)]
    assert means == sorted(means)
    assert means[-1] == 1
    before = torch.random.get_rng_state()
    kmeans(sizes, 3)
    assert torch.equal(before, torch.random.get_rng_state())


sizes_strategy = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=20)


@settings(deadline=None)
@given(sizes_strategy, st.integers(1, 6), st.integers(0, 99))
def test_kmeans_keeps_its_promises(sizes, num_anchors, seed):
    sizes = torch.tensor(sizes)
    different = len(sizes.unique(dim=0))
    if num_anchors > different:
        with pytest.raises(
            ValueError, match=f"num_anchors is {num_anchors}: expected at most {different}, the"
        ):
            kmeans(sizes, num_anchors, seed)
        return
    start = kmeans_start(sizes, num_anchors, seed + 2)
    assert len(start.unique(dim=0)) == num_anchors
    anchors, labels, mean_iou = kmeans(sizes, num_anchors, seed)
    assert mean_iou >= mean_best_iou(sizes, start) - 1e-6
    assert mean_iou == pytest.approx(mean_best_iou(sizes, anchors), abs=1e-6)
    assert (anchors.prod(dim=1).diff() >= 0).all()
    assert labels.shape == (len(sizes),)
    chosen = size_iou(sizes, anchors).gather(1, labels[:, None])[:, 0]
    torch.testing.assert_close(chosen, size_iou(sizes, anchors).amax(dim=1))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([[1, 0], [2, 2]], "sizes holds 0: expected finite numbers of pixels above 0"),
        ([[1, math.nan], [2, 2]], "sizes holds nan: expected finite numbers of pixels above 0"),
        ([[1, 2, 3]], r"sizes has shape \(1, 3\): expected \(N, 2\)"),
        (torch.zeros(0, 2), "num_anchors is 1: expected at most 0"),
    ],
)
def test_bad_sizes_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        kmeans(sizes, 1)


@pytest.mark.parametrize("change", [{"num_anchors": 2.5}, {"num_starts": 0}, {"max_iterations": -1}])
def test_bad_counts_are_refused(change):
    (name, value), sizes = *change.items(), random_sizes(20)
    with pytest.raises(ValueError, match=f"{name} is {value}: expected a whole number, [01] or more"):
        kmeans(sizes, **{"num_anchors": 2} | change)
    with pytest.raises(ValueError, match="num_anchors is 2.5: expected a whole number, 1 or more"):
        kmeans_start(sizes, 2.5)
    assert len(kmeans(sizes, 2, max_iterations=0).anchors) == 2


# --- matching

ANCHORS = torch.tensor([[8.0, 8], [16, 8], [8, 16]])


def test_matching_by_hand():
    boxes = torch.tensor([[1.0, 2, 9, 10], [16, 6, 32, 14]])  # centres (5, 6) and (24, 10)
    assigned = match(boxes, ANCHORS, 3, 4, 8)
    assert assigned.shape == (3, 4, 3)
    assert assigned[0, 0].tolist() == [0, BACKGROUND, BACKGROUND]
    assert assigned[1, 3, 1] == 1
    assert (assigned >= 0).sum() == 2
    assert assigned[1, 2, 1] == BACKGROUND  # a neighbour at IoU 1/3 or so
    near = match(boxes, ANCHORS, 3, 4, 8, ignore_threshold=0.3)
    assert near[1, 2, 1] == IGNORE
    assert torch.equal(near >= 0, assigned >= 0)


def test_a_picture_without_boxes_is_background():
    for candidates in (None, anchor_boxes(ANCHORS, 2, 3, 8)):
        assigned = match(torch.zeros(0, 4), ANCHORS, 2, 3, 8, candidates=candidates)
        assert assigned.shape == (2, 3, 3)
        assert (assigned == BACKGROUND).all()


def test_two_boxes_in_one_place_both_get_one():
    boxes = torch.tensor([[0.0, 0, 7, 7], [0, 0, 8, 8], [0, 0, 6, 6]])
    assert match(boxes, ANCHORS, 1, 1, 8)[0, 0].tolist() == [1, 0, 2]  # the best overlap has the first choice
    crowded = match(boxes[[0, 1, 2, 1]], ANCHORS, 1, 1, 8)[0, 0]
    assert sorted(crowded.tolist()) == [0, 1, 3]  # the fourth finds no position


@st.composite
def scenes(draw):
    count = draw(st.integers(0, 6))
    numbers = [
        [
            draw(st.integers(0, 32)),
            draw(st.integers(0, 24)),
            draw(st.integers(1, 20)),
            draw(st.integers(1, 20)),
        ]
        for _ in range(count)
    ]
    return box_convert(torch.tensor(numbers, dtype=torch.float32).reshape(-1, 4), "cxcywh", "xyxy")


@settings(deadline=None)
@given(scenes(), st.sampled_from([0.2, 0.5, 1.0]))
def test_matching_keeps_the_rule(boxes, ignore_threshold):
    assigned = match(boxes, ANCHORS, 3, 4, 8, ignore_threshold)
    positions = anchor_boxes(ANCHORS, 3, 4, 8)
    taken = assigned[assigned >= 0].tolist()
    assert len(taken) == len(set(taken))
    cells, overlaps = box_cells(boxes, 3, 4, 8).tolist(), size_iou(boxes[:, 2:] - boxes[:, :2], ANCHORS)
    for i, (column, row) in enumerate(cells):
        own = (assigned[row, column] == i).nonzero()[:, 0].tolist()
        assert (assigned == i).sum() == len(own)  # nowhere but in its cell
        rivals = [j for j in range(len(boxes)) if cells[j] == cells[i] and j != i]
        if not rivals:
            assert own == [int(overlaps[i].argmax())]
        assert own or len(rivals) >= len(ANCHORS)
        for a in range(len(ANCHORS)):  # no anchor it would rather have is held by a worse box
            better = overlaps[i, a] > (overlaps[i, own[0]] if own else -1)
            if better and a not in own:
                holder = int(assigned[row, column, a])
                assert holder >= 0
                assert overlaps[holder, a] >= overlaps[i, a]
    if len(boxes):
        near = iou(positions.view(-1, 4), boxes).amax(dim=1).view(assigned.shape) > ignore_threshold
        assert torch.equal(assigned == IGNORE, near & (assigned < 0))
    else:
        assert (assigned == BACKGROUND).all()


def test_ignoring_by_predicted_boxes():
    box = torch.tensor([[0.0, 0, 8, 8]])
    predicted = anchor_boxes(ANCHORS, 2, 2, 8)
    predicted[1, 1, 2] = box[0]
    assigned = match(box, ANCHORS, 2, 2, 8, candidates=predicted.clone().requires_grad_())
    assert assigned[1, 1, 2] == IGNORE
    assert assigned[0, 0, 0] == 0
    with pytest.raises(ValueError, match=r"candidates has shape .*: expected \(2, 2, 3, 4\)"):
        match(box, ANCHORS, 2, 2, 8, candidates=predicted[0])


def test_centres_on_edges():
    centred = lambda x, y: [x - 1, y - 1, x + 1, y + 1]
    boxes = torch.tensor(
        [centred(0, 0), centred(8, 0), centred(7.99, 16), centred(16, 16)], dtype=torch.float32
    )
    assert box_cells(boxes, 2, 2, 8).tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]
    with pytest.raises(
        ValueError,
        match="boxes has 1 with centres outside the grid: expected all inside its 2 by 2 cells of 8 pixels",
    ):
        box_cells(torch.tensor([centred(16.5, 0)]), 2, 2, 8)


# --- coding


def test_decoding_by_hand():
    zero = torch.zeros(2, 3, 3, 4)
    centred = decode(zero, grid_cells(2, 3)[:, :, None], ANCHORS, 8)
    assert torch.equal(centred, anchor_boxes(ANCHORS, 2, 3, 8))
    outputs = torch.tensor([math.log(3), -math.log(3), math.log(2), math.log(0.5)])  # sigmoids 3/4 and 1/4
    box = decode(outputs, torch.tensor([1, 2]), ANCHORS[0], 8)
    torch.testing.assert_close(box_convert(box, "xyxy", "cxcywh"), torch.tensor([14.0, 18, 16, 4]))
    batch = decode(torch.zeros(5, 2, 3, 3, 4), grid_cells(2, 3)[:, :, None], ANCHORS, 8)
    assert batch.shape == (5, 2, 3, 3, 4)


@settings(deadline=None)
@given(
    st.tuples(*[st.floats(0, 32, width=32), st.floats(0, 24, width=32)]),
    st.tuples(*[st.floats(0.0625, 500, width=32)] * 2),
    st.sampled_from([torch.float32, torch.float64]),
)
def test_decoding_inverts_encoding(centre, size, dtype):
    """Whatever the place, on the edges of cells too."""
    box = box_convert(torch.tensor([[*centre, *size]], dtype=dtype), "cxcywh", "xyxy")
    cells = (
        box_cells(box.clamp(-500, 500), 3, 4, 8)
        if (box[:, :2] + box[:, 2:] <= torch.tensor([64, 48])).all()
        else None
    )
    if cells is None:  # rounding put the centre past the border
        return
    outputs = encode(box, cells, ANCHORS[:1], 8)
    assert outputs.isfinite().all()
    assert outputs.abs().max() < 14
    back = decode(outputs, cells, ANCHORS[:1], 8)
    atol = 2e-5 * (1 + max(size)) if dtype == torch.float32 else 1e-5
    torch.testing.assert_close(back, box, rtol=0, atol=atol)


@settings(deadline=None)
@given(st.tuples(*[st.floats(-6, 6)] * 4), st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_encoding_inverts_decoding(outputs, cell):
    outputs, cells = torch.tensor([outputs], dtype=torch.float64), torch.tensor([cell])
    box = decode(outputs, cells, ANCHORS[1:2], 8)
    torch.testing.assert_close(encode(box, cells, ANCHORS[1:2], 8), outputs, rtol=0, atol=1e-7)


def test_coding_stays_finite_at_the_extremes():
    cells = torch.tensor([[1, 1]])
    for t in (-1e4, 1e4):
        box = decode(torch.full((1, 4), t, requires_grad=True), cells, ANCHORS[:1], 8)
        assert box.isfinite().all()
        assert encode(box.detach(), cells, ANCHORS[:1], 8).isfinite().all()
    point = torch.tensor([[8.0, 8, 8, 8]])
    assert encode(point, cells, ANCHORS[:1], 8)[0, 2:].tolist() == [-8, -8]
    with pytest.raises(ValueError, match="outputs holds NaN or infinity: expected finite"):
        decode(torch.full((1, 4), math.nan), cells, ANCHORS[:1], 8)
    with pytest.raises(ValueError, match=r"outputs has shape \(3,\): expected \(\.\.\., 4\)"):
        decode(torch.zeros(3), cells, ANCHORS[:1], 8)


def test_boxes_are_not_encoded_for_other_cells():
    box = torch.tensor(
        [[20.0, 2, 28, 10]]
    )  # centred at (24, 6): column 3 and row 0, or on the edge of column 2
    for cell in ([3, 0], [2, 0]):
        assert encode(box, torch.tensor([cell]), ANCHORS[:1], 8).isfinite().all()
    for cell in ([0, 3], [1, 0], [3, 1]):
        with pytest.raises(
            ValueError,
            match="boxes has one with its centre outside its cell: expected the cells that box_cells",
        ):
            encode(box, torch.tensor([cell]), ANCHORS[:1], 8)


def test_decoding_takes_lists():
    box = decode([0.0, 0, 0, 0], [0, 0], [8.0, 8], 8)
    assert box.tolist() == [0, 0, 8, 8]
    assert decode([0, 0, 0, 0], [0, 0], [8, 8], 8).tolist() == [0, 0, 8, 8]


def test_decoding_trains():
    outputs = torch.randn(2, 3, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(
        lambda t: decode(t, grid_cells(2, 3)[:, :, None], ANCHORS.double(), 8), outputs.requires_grad_()
    )


def test_targets_of_a_scene_decode_to_its_boxes():
    """The whole way: match, encode where matched, decode the grid, and find every box again."""
    boxes = torch.tensor([[1.0, 2, 9, 10], [16, 6, 30, 14], [3, 8, 11, 23]])
    assigned = match(boxes, ANCHORS, 3, 4, 8)
    row, column, a = (assigned >= 0).nonzero(as_tuple=True)
    cells = torch.stack([column, row], dim=-1)
    grid = torch.zeros(3, 4, 3, 4)
    grid[row, column, a] = encode(boxes[assigned[row, column, a]], cells, ANCHORS[a], 8)
    decoded = decode(grid, grid_cells(3, 4)[:, :, None], ANCHORS, 8)[assigned >= 0]
    torch.testing.assert_close(decoded, boxes[assigned[assigned >= 0]])
