"""Anchors: the grid, which position is responsible for which box, and the numbers that code the box there.

A grid of H rows and W columns lies over the image, `stride` pixels a cell; a cell is (column, row), like a point
(x, y). Each cell has A anchors, boxes of fixed size (width, height) in pixels around the cell's centre.
"""

import torch

from d2lite._utils.checks import check_counts, check_number
from d2lite._utils.tensors import as_tensor, as_whole_numbers
from d2lite.vision.anchor_sizes import check_sizes, size_iou
from d2lite.vision.boxes import box_convert, check_boxes, iou

__all__ = [
    "BACKGROUND", "IGNORE", "anchor_boxes", "box_cells", "cell_centres", "decode", "encode", "grid_cells", "match",
]  # fmt: skip

BACKGROUND, IGNORE = -1, -2  # what `match` says of positions without a box
_MARGIN = 1e-6  # least distance of a coded offset from its cell's edge, in cells
_SLACK = 1e-3  # so far outside its cell a centre may be by rounding, in cells
_MAX_LOG = 8.0  # decoded sizes are at most exp(8) = 2981 times the anchor's, and at least 1 / 2981


def grid_cells(height, width):
    """Return the (H, W, 2) long tensor of the cells, (column, row), of a grid of `height` rows and `width` columns."""
    height, width = check_counts(height=height, width=width)
    row, column = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([column, row], dim=-1)


def cell_centres(height, width, stride):
    """Return the (H, W, 2) float tensor of the cells' centres, (x, y) in pixels, `stride` pixels apart."""
    return (grid_cells(height, width) + 0.5) * _check_stride(stride)


def anchor_boxes(anchors, height, width, stride):
    """Return every anchor at every cell.

    Args:
        anchors: (A, 2) tensor of widths and heights in pixels.
        height, width: rows H and columns W of the grid.
        stride: pixels a cell.

    Returns:
        (H, W, A, 4) float tensor, xyxy in pixels.

    Raises:
        ValueError: the anchors are not (A, 2), finite and positive, or a number does not fit.

    Source: Ren et al. 2015 (Faster R-CNN), section 3.1.1. Taught in chapters/08_detection/anchors.
    """
    anchors = check_sizes(anchors, "anchors")
    centres = (
        cell_centres(height, width, stride).to(anchors.device)[:, :, None].expand(-1, -1, len(anchors), -1)
    )  # (H, W, A, 2)
    return box_convert(torch.cat([centres, anchors.expand_as(centres)], dim=-1), "cxcywh", "xyxy")


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
        candidates: (H, W, A, 4) tensor, the boxes to measure that by, such as the predicted ones (the program
            of YOLOv3); None: the anchors' own.

    Returns:
        (H, W, A) long tensor on the CPU: the index of the box, BACKGROUND (-1) or IGNORE (-2).

    Raises:
        ValueError: a shape or value does not fit, or a centre is outside the grid.

    Source: Redmon et al. 2016 (YOLO), section 2; Redmon and Farhadi 2018 (YOLOv3), section 2.1. Taught in
    chapters/08_detection/anchors.
    """
    boxes, anchors = check_boxes(boxes).detach().cpu(), check_sizes(anchors, "anchors").detach().cpu()
    if boxes.dim() != 2:
        raise ValueError(f"boxes has shape {tuple(boxes.shape)}: expected (N, 4), the boxes of one image")
    sizes = check_sizes(boxes[:, 2:] - boxes[:, :2], "sizes of boxes")
    ignore_threshold = check_number(ignore_threshold, "ignore_threshold", 0, 1)
    height, width = check_counts(height=height, width=width)
    if candidates is None:
        candidates = anchor_boxes(anchors, height, width, stride)
    candidates = check_boxes(candidates, "candidates").detach().cpu()
    shape = (height, width, len(anchors))
    if candidates.shape != (*shape, 4):
        raise ValueError(f"candidates has shape {tuple(candidates.shape)}: expected {(*shape, 4)}")
    assigned = torch.full(shape, BACKGROUND)
    if len(boxes) == 0:
        return assigned
    near = iou(candidates.reshape(-1, 4), boxes).amax(dim=1) > ignore_threshold  # (H W A,)
    assigned[near.view(shape)] = IGNORE
    cells = box_cells(boxes, height, width, stride).tolist()
    overlaps = size_iou(sizes, anchors)  # (N, A)
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
    height, width = check_counts(height=height, width=width)
    centres = box_convert(boxes, "xyxy", "cxcywh")[..., :2] / _check_stride(stride)
    limit = torch.tensor([width, height], device=centres.device)
    outside = ((centres < 0) | (centres > limit)).any(dim=-1)
    if outside.any():
        raise ValueError(
            f"boxes has {int(outside.sum())} with centres outside the grid: expected all inside its {width} by "
            f"{height} cells of {stride} pixels; check the stride, clip the boxes or leave them out"
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
        ValueError: a shape or value does not fit, or a box is centred outside its cell.

    Source: Redmon and Farhadi 2017 (YOLO9000), section 2, solved for t. Taught in chapters/08_detection/yolo.
    """
    boxes = box_convert(boxes, "xyxy", "cxcywh")
    cells, anchors = _broadcast(boxes, "boxes", cells, anchors)
    offsets = boxes[..., :2] / _check_stride(stride) - cells
    if ((offsets < -_SLACK) | (offsets > 1 + _SLACK)).any():
        raise ValueError(
            "boxes has one with its centre outside its cell: expected the cells that box_cells gives, (column, row)"
        )
    logs = (boxes[..., 2:] / anchors).log().clamp(-_MAX_LOG, _MAX_LOG)
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
    outputs = as_tensor(outputs, "outputs")
    outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
    if outputs.dim() == 0 or outputs.shape[-1] != 4:
        raise ValueError(f"outputs has shape {tuple(outputs.shape)}: expected (..., 4), (t_x, t_y, t_w, t_h)")
    if not outputs.isfinite().all():
        raise ValueError("outputs holds NaN or infinity: expected finite numbers")
    cells, anchors = _broadcast(outputs, "outputs", cells, anchors)
    centres = (outputs[..., :2].sigmoid() + cells) * _check_stride(stride)
    sizes = outputs[..., 2:].clamp(-_MAX_LOG, _MAX_LOG).exp() * anchors
    centres, sizes = torch.broadcast_tensors(centres, sizes)
    return box_convert(torch.cat([centres, sizes], dim=-1), "cxcywh", "xyxy")


def _check_stride(stride):
    return check_number(stride, "stride", 0, open_low=True)


def _broadcast(boxes, name, cells, anchors):
    """Return the cells and anchors on the boxes' device; shapes that do not broadcast raise a ValueError."""
    cells = as_whole_numbers(cells, "cells", boxes.device)
    anchors = check_sizes(anchors, "anchors", dims=None).to(boxes.device)
    shapes = tuple(boxes.shape[:-1]), tuple(cells.shape[:-1]), tuple(anchors.shape[:-1])
    try:
        torch.broadcast_shapes(*shapes)
    except RuntimeError:
        shapes = None
    if shapes is None or cells.dim() == 0 or cells.shape[-1] != 2:
        raise ValueError(
            f"{name}, cells and anchors have shapes {tuple(boxes.shape)}, {tuple(cells.shape)} and "
            f"{tuple(anchors.shape)}: expected (..., 4), (..., 2) and (..., 2) that broadcast"
        )
    return cells, anchors
