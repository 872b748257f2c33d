"""Anchors: the grid, which position is responsible for which box, and the numbers that code the box there.

A grid of H rows and W columns lies over the image, `stride` pixels a cell; a cell is (column, row), like a point
(x, y). Each cell has A anchors, boxes of fixed size (width, height) in pixels around the cell's centre.
"""

import torch

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
    anchors = check_sizes(anchors, "anchors")
    centres = cell_centres(height, width, stride)[:, :, None].expand(-1, -1, len(anchors), -1)  # (H, W, A, 2)
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
    boxes, anchors = check_boxes(boxes).detach().cpu(), check_sizes(anchors, "anchors").cpu()
    if candidates is None:
        candidates = anchor_boxes(anchors, height, width, stride)
    candidates = check_boxes(candidates, "candidates").detach().cpu()
    shape = (height, width, len(anchors))
    if candidates.shape != (*shape, 4):
        raise ValueError(
            f"Got candidates of shape {tuple(candidates.shape)}, expected {(*shape, 4)}: reshape them."
        )
    assigned = torch.full(shape, BACKGROUND)
    if len(boxes) == 0:
        return assigned
    near = iou(candidates.reshape(-1, 4), boxes).amax(dim=1) > ignore_threshold  # (H W A,)
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
    limit = torch.tensor([width, height], device=centres.device)
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
        ValueError: a shape or value does not fit, or a box is centred outside its cell.

    Source: Redmon and Farhadi 2017 (YOLO9000), section 2, solved for t. Taught in chapters/08_detection/yolo.
    """
    x, y, width, height = box_convert(boxes, "xyxy", "cxcywh").unbind(dim=-1)
    cells = torch.as_tensor(cells, device=x.device)
    anchors = check_sizes(anchors, "anchors", dims=None).to(x.device)
    offsets = torch.stack([x, y], dim=-1) / stride - cells
    if ((offsets < -_SLACK) | (offsets > 1 + _SLACK)).any():
        raise ValueError(
            "Got a box centred outside its cell, expected cells from box_cells: is (row, column) swapped?"
        )
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
    outputs = torch.as_tensor(outputs)
    if outputs.dim() == 0 or outputs.shape[-1] != 4 or not outputs.isfinite().all():
        raise ValueError(
            f"Got outputs of shape {tuple(outputs.shape)}, expected finite (..., 4): check the detector's head."
        )
    cells = torch.as_tensor(cells, device=outputs.device)
    anchors = check_sizes(anchors, "anchors", dims=None).to(outputs.device)
    centres = (outputs[..., :2].sigmoid() + cells) * stride
    sizes = outputs[..., 2:].clamp(-_MAX_LOG, _MAX_LOG).exp() * anchors
    centres, sizes = torch.broadcast_tensors(centres, sizes)
    return box_convert(torch.cat([centres, sizes], dim=-1), "cxcywh", "xyxy")
