"""Anchors: the grid, the sizes to expect, which position answers for which box, and the numbers it should say.

A grid of H rows and W columns lies over the image, `stride` pixels a cell; a cell is (column, row), like a point
(x, y). Each cell has A anchors, boxes of fixed size (width, height) in pixels around the cell's centre.
"""

from typing import NamedTuple

import torch

from d2lite.boxes import box_convert, check_boxes, iou
from d2lite.datasets._rng import Rng

BACKGROUND, IGNORE = -1, -2  # what `match` says of positions without a box
_MARGIN = 1e-6  # least distance of a coded offset from its cell's edge, in cells
_MAX_LOG = 8.0  # decoded sizes are at most exp(8) = 2981 times the anchor's, and at least 1 / 2981


class Clusters(NamedTuple):
    """Anchors (A, 2) by rising area, the anchor's index of each size (N,), and the mean IoU of size and anchor."""

    anchors: torch.Tensor
    labels: torch.Tensor
    mean_iou: float


def grid_cells(height, width):
    """Return the (H, W, 2) long tensor of the cells, (column, row), of a grid of `height` rows and `width` columns."""
    row, column = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([column, row], dim=-1)


def cell_centres(height, width, stride):
    """Return the (H, W, 2) float tensor of the cells' centres, (x, y) in pixels, `stride` pixels apart."""
    return (grid_cells(height, width) + 0.5) * stride


def anchor_boxes(anchors, height, width, stride):
    """Return every anchor at every cell.

    Args:
        anchors: (A, 2) tensor of widths and heights in pixels.
        height, width: rows H and columns W of the grid.
        stride: pixels a cell.

    Returns:
        (H, W, A, 4) float tensor, xyxy in pixels.

    Raises:
        ValueError: the anchors are not (A, 2), finite and positive.

    Source: Ren et al. 2015 (Faster R-CNN), section 3.1.1. Taught in chapters/08_detection/anchors.
    """
    anchors = _check_sizes(anchors, "anchors")
    centres = cell_centres(height, width, stride)[:, :, None].expand(-1, -1, len(anchors), -1)  # (H, W, A, 2)
    return box_convert(torch.cat([centres, anchors.expand_as(centres)], dim=-1), "cxcywh", "xyxy")


def size_iou(sizes_a, sizes_b):
    """Return the (N, M) IoUs of (N, 2) and (M, 2) sizes, the boxes laid on one corner or, as well, on one centre."""
    a, b = _check_sizes(sizes_a, "sizes_a"), _check_sizes(sizes_b, "sizes_b")
    return iou(torch.cat([torch.zeros_like(a), a], dim=1), torch.cat([torch.zeros_like(b), b], dim=1))


def kmeans_step(sizes, anchors):
    """Assign each size to its anchor of highest IoU, then move each anchor to the mean of its sizes.

    An anchor without sizes takes the size that the anchors cover worst.

    Args:
        sizes: (N, 2) tensor of widths and heights in pixels.
        anchors: (A, 2) tensor, same form.

    Returns:
        The moved (A, 2) anchors, and the (N,) long labels and mean IoU of the anchors that came in.

    Source: Redmon and Farhadi 2017 (YOLO9000), section 2. Taught in chapters/08_detection/anchors.
    """
    sizes, anchors = _check_sizes(sizes, "sizes"), _check_sizes(anchors, "anchors")
    best, labels = size_iou(sizes, anchors).max(dim=1)  # (N,) each; of equal IoUs the first anchor
    owners, cover = labels.clone(), best.clone()
    for empty in (torch.bincount(owners, minlength=len(anchors)) == 0).nonzero()[:, 0]:
        worst = cover.argmin()
        owners[worst], cover[worst] = empty, 1.0
    counts = torch.bincount(owners, minlength=len(anchors))[:, None]  # (A, 1)
    sums = torch.zeros_like(anchors).index_add(0, owners, sizes.to(anchors.dtype))
    return torch.where(counts > 0, sums / counts.clamp(min=1), anchors), labels, best.mean().item()


def kmeans_start(sizes, num_anchors, seed=0):
    """Choose starts for k-means far apart: each with probability in proportion to its (1 - IoU)^2 to the nearest.

    Args:
        sizes: (N, 2) tensor of widths and heights in pixels.
        num_anchors: how many of them to choose, at most the number of different sizes.
        seed: of the draw, which is the same in the page.

    Returns:
        (A, 2) float tensor, rows of `sizes`.

    Source: Arthur and Vassilvitskii 2007 (k-means++). Taught in chapters/08_detection/anchors.
    """
    sizes = _check_sizes(sizes, "sizes")
    different = len(sizes.unique(dim=0))
    if not 1 <= num_anchors <= different:
        raise ValueError(
            f"Got num_anchors {num_anchors}, expected 1 to {different}, the number of different sizes: change it."
        )
    draws = Rng(seed).uniform(num_anchors).tolist()
    chosen = [int(draws[0] * len(sizes))]
    for draw in draws[1:]:
        distance = 1 - size_iou(sizes.double(), sizes[chosen].double()).amax(dim=1)
        total = distance.square().cumsum(dim=0)  # (N,)
        index = int(torch.searchsorted(total, draw * total[-1], right=True))
        chosen.append(min(index, len(sizes) - 1))
    return sizes[chosen]


def kmeans(sizes, num_anchors, seed=0, num_starts=5, max_iterations=100):
    """Find the anchors that overlap the given sizes best: k-means with the distance 1 - IoU.

    One start can end in a poor place, so the best of several is returned. The mean is not the best centre for this
    distance, so a step may lose a little: of one start, too, the best step counts.

    Args:
        sizes: (N, 2) tensor of widths and heights in pixels.
        num_anchors: A, at most the number of different sizes.
        seed: of the first start, see `kmeans_start`; the others have seed + 1 and so on.
        num_starts: how many starts.
        max_iterations: how many steps of each at most; they end when nothing changes.

    Returns:
        `Clusters`: anchors (A, 2), labels (N,) and mean_iou.

    Raises:
        ValueError: the sizes are not (N, 2), finite and positive, or too few differ.

    Source: Redmon and Farhadi 2017 (YOLO9000), section 2. Taught in chapters/08_detection/anchors.
    """
    starts = (kmeans_start(sizes, num_anchors, seed + i) for i in range(num_starts))
    best = max((_descend(sizes, start, max_iterations) for start in starts), key=lambda found: found.mean_iou)
    order = best.anchors.prod(dim=1).argsort(stable=True)
    return Clusters(best.anchors[order], order.argsort()[best.labels], best.mean_iou)


def _descend(sizes, anchors, max_iterations):
    best = Clusters(anchors, None, -1.0)
    for _ in range(max_iterations + 1):
        moved, labels, mean_iou = kmeans_step(sizes, anchors)
        if mean_iou > best.mean_iou:
            best = Clusters(anchors, labels, mean_iou)
        if torch.equal(moved, anchors):
            break
        anchors = moved
    return best


def match(boxes, anchors, height, width, stride, ignore_threshold=0.5, candidates=None):
    """Say for every position of the grid which box it answers for.

    A box belongs to the cell of its centre, and there to the anchor whose size overlaps it most. Where two boxes
    want one position, the better overlap has it and the other takes its next anchor in the cell; a box that finds
    all A taken gets no position. A position that overlaps a box by more than the threshold but does not answer for
    it is ignored: it is not wrong enough to be called background.

    Args:
        boxes: (N, 4) tensor, xyxy in pixels, with area, centres inside the grid.
        anchors: (A, 2) tensor of widths and heights in pixels.
        height, width: rows H and columns W of the grid.
        stride: pixels a cell.
        ignore_threshold: IoU above which a position is ignored; 1 ignores none.
        candidates: (H, W, A, 4) tensor, the boxes to measure that by, such as the predicted ones (YOLOv3);
            None: the anchors' own.

    Returns:
        (H, W, A) long tensor: the index of the box, BACKGROUND (-1) or IGNORE (-2).

    Raises:
        ValueError: a shape or value does not fit, or a centre is outside the grid.

    Source: Redmon et al. 2016 (YOLO), section 2; Redmon and Farhadi 2018 (YOLOv3), section 2.1. Taught in
    chapters/08_detection/anchors.
    """
    boxes, anchors = check_boxes(boxes), _check_sizes(anchors, "anchors")
    candidates = (
        anchor_boxes(anchors, height, width, stride) if candidates is None else check_boxes(candidates)
    )
    shape = (height, width, len(anchors))
    if candidates.shape != (*shape, 4):
        raise ValueError(
            f"Got candidates of shape {tuple(candidates.shape)}, expected {(*shape, 4)}: reshape them."
        )
    assigned = torch.full(shape, BACKGROUND)
    if len(boxes) == 0:
        return assigned
    near = iou(candidates.detach().reshape(-1, 4), boxes).amax(dim=1) > ignore_threshold  # (H W A,)
    assigned[near.view(shape)] = IGNORE
    cells = box_cells(boxes, height, width, stride).tolist()
    overlaps = size_iou(boxes[:, 2:] - boxes[:, :2], anchors)  # (N, A)
    placed = set()
    for pair in overlaps.flatten().argsort(descending=True, stable=True).tolist():
        i, a = divmod(pair, len(anchors))
        column, row = cells[i]
        if i not in placed and assigned[row, column, a] < 0:
            assigned[row, column, a] = i
            placed.add(i)
    return assigned


def box_cells(boxes, height, width, stride):
    """Return the (N, 2) long cells, (column, row), that hold the centres of (N, 4) boxes.

    A centre on an edge belongs to the cell right of it or below, on the border of the image to the last one.
    """
    centres = box_convert(boxes, "xyxy", "cxcywh")[..., :2] / stride
    limit = torch.tensor([width, height])
    outside = ((centres < 0) | (centres > limit)).any(dim=-1)
    if outside.any():
        raise ValueError(
            f"Got {int(outside.sum())} boxes centred outside the grid of {width} by {height} cells of {stride} pixels, "
            "expected them inside: clip or drop them, or check the stride."
        )
    return torch.minimum(centres.floor().long(), limit - 1)


def encode(boxes, cells, anchors, stride):
    """Return the four numbers (t_x, t_y, t_w, t_h) that `decode` turns into the boxes.

    t_x = logit(x / stride - column) and t_w = log(width / anchor width), and so for y and height. Offsets are kept a
    millionth of a cell from the cell's edges, where the logit is infinite, and logarithms in [-8, 8].

    Args:
        boxes: (..., 4) tensor, xyxy in pixels, centred in their cells.
        cells: (..., 2) tensor of (column, row).
        anchors: (..., 2) tensor of widths and heights in pixels, the anchor of each box.
        stride: pixels a cell.

    Returns:
        (..., 4) float tensor; the shapes broadcast.

    Raises:
        ValueError: a shape or value does not fit.

    Source: Redmon and Farhadi 2017 (YOLO9000), section 2, solved for t. Taught in chapters/08_detection/yolo.
    """
    x, y, width, height = box_convert(boxes, "xyxy", "cxcywh").unbind(dim=-1)
    anchors = _check_sizes(anchors, "anchors", dims=None)
    offsets = torch.stack([x, y], dim=-1) / stride - cells
    ratios = torch.stack([width, height], dim=-1) / anchors
    logs = ratios.log().clamp(-_MAX_LOG, _MAX_LOG)
    offsets, logs = torch.broadcast_tensors(offsets.clamp(_MARGIN, 1 - _MARGIN).logit(), logs)
    return torch.cat([offsets, logs], dim=-1)


def decode(outputs, cells, anchors, stride):
    """Return the boxes that a detector's raw outputs stand for.

    Centre = (cell + sigmoid(t_xy)) stride, size = anchor exp(t_wh). For a whole grid: outputs (B, H, W, A, 4), cells
    `grid_cells(H, W)[:, :, None]` and anchors (A, 2).

    Args:
        outputs: (..., 4) tensor of (t_x, t_y, t_w, t_h).
        cells: (..., 2) tensor of (column, row).
        anchors: (..., 2) tensor of widths and heights in pixels.
        stride: pixels a cell.

    Returns:
        (..., 4) float tensor, xyxy in pixels; the shapes broadcast. t_w and t_h count within [-8, 8] only.

    Raises:
        ValueError: a shape or value does not fit.

    Source: Redmon and Farhadi 2017 (YOLO9000), section 2. Taught in chapters/08_detection/yolo.
    """
    if outputs.dim() == 0 or outputs.shape[-1] != 4 or not outputs.isfinite().all():
        raise ValueError(
            f"Got outputs of shape {tuple(outputs.shape)}, expected finite (..., 4): check the detector's head."
        )
    anchors = _check_sizes(anchors, "anchors", dims=None)
    centres = (outputs[..., :2].sigmoid() + cells) * stride
    sizes = outputs[..., 2:].clamp(-_MAX_LOG, _MAX_LOG).exp() * anchors
    centres, sizes = torch.broadcast_tensors(centres, sizes)
    return box_convert(torch.cat([centres, sizes], dim=-1), "cxcywh", "xyxy")


def _check_sizes(sizes, name, dims=2):
    sizes = torch.as_tensor(sizes)
    sizes = sizes.to(torch.promote_types(sizes.dtype, torch.float32))
    if sizes.dim() == 0 or sizes.shape[-1] != 2 or (dims and sizes.dim() != dims):
        raise ValueError(
            f"{name} has shape {tuple(sizes.shape)}, expected (N, 2): give a width and a height for each."
        )
    if not ((sizes > 0) & sizes.isfinite()).all():
        raise ValueError(
            f"{name} holds {sizes.min()} to {sizes.max()}, expected finite positive pixels: drop empty boxes."
        )
    return sizes
