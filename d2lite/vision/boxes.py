"""Boxes: formats, areas, the four overlap measures and their losses.

Boxes are xyxy everywhere, the corners (x1, y1, x2, y2) in pixels with y growing downwards; `box_convert` goes
between formats. Coordinates are continuous: a width is x2 - x1. Each measure compares all pairs, (N, 4) with
(M, 4) into (N, M); with `pairwise=False` row with row, two (..., 4) tensors of one shape into (...).
"""

import math

import torch

from d2lite._utils.checks import check_choice
from d2lite._utils.tensors import as_tensor

FORMATS = ("xyxy", "xywh", "cxcywh")


def box_convert(boxes, in_format, out_format):
    """Return the same boxes written in another format.

    Args:
        boxes: (..., 4) tensor in `in_format`, in any unit.
        in_format: "xyxy" (corners), "xywh" (top-left corner and size) or "cxcywh" (centre and size).
        out_format: one of the same three.

    Returns:
        (..., 4) float tensor in `out_format`.

    Raises:
        ValueError: a format is unknown, a shape or value does not fit, or a box has negative size.

    Taught in chapters/08_detection/boxes.
    """
    check_choice(in_format, FORMATS, "in_format")
    check_choice(out_format, FORMATS, "out_format")
    boxes = check_boxes(boxes, box_format=in_format)
    if in_format == out_format:
        return boxes.clone()  # like every other pair of formats, a tensor of its own
    first, second = boxes[..., :2], boxes[..., 2:]  # (..., 2) each
    if in_format == "xyxy":
        top_left, size = first, second - first
    else:
        top_left, size = (first if in_format == "xywh" else first - second / 2), second
    if out_format == "xyxy":
        return torch.cat([top_left, top_left + size], dim=-1)
    return torch.cat([top_left if out_format == "xywh" else top_left + size / 2, size], dim=-1)


def area(boxes):
    """Return the area of each box.

    Args:
        boxes: (..., 4) tensor, xyxy in pixels, x1 <= x2 and y1 <= y2.

    Returns:
        (...) float tensor in square pixels, never negative.

    Raises:
        ValueError: the last axis is not 4, a value is not finite, or a box has negative size.

    Taught in chapters/08_detection/boxes.
    """
    return _area(check_boxes(boxes))


def intersection(boxes_a, boxes_b, pairwise=True):
    """Return the area that two sets of boxes share.

    Args:
        boxes_a, boxes_b, pairwise: boxes in xyxy, as in `iou`.

    Returns:
        (N, M) float tensor in square pixels, or (...) with `pairwise=False`; 0 where they touch or are apart.

    Raises:
        ValueError: a shape does not fit, a value is not finite, or a box has negative size.

    Taught in chapters/08_detection/boxes.
    """
    return _intersection(*_pair(boxes_a, boxes_b, pairwise))


def iou(boxes_a, boxes_b, pairwise=True):
    """Return the intersection over union of two sets of boxes.

    Boxes that are apart have IoU 0 and gradient 0, so that it cannot move them; GIoU, DIoU and CIoU can.

    Args:
        boxes_a: (N, 4) tensor, xyxy in pixels, x1 <= x2 and y1 <= y2; (..., 4) with `pairwise=False`.
        boxes_b: (M, 4) tensor, same format; the shape of `boxes_a` with `pairwise=False`.
        pairwise: compare all pairs, or row with row.

    Returns:
        (N, M) float tensor in [0, 1], or (...) with `pairwise=False`; 0 where the union is empty.

    Raises:
        ValueError: a shape does not fit, a value is not finite, or a box has negative size.

    Source: Jaccard 1901; as a loss, Yu et al. 2016 (UnitBox). Taught in chapters/08_detection/boxes.
    """
    return _iou_and_union(*_pair(boxes_a, boxes_b, pairwise))[0]


def giou(boxes_a, boxes_b, pairwise=True):
    """Return the generalized intersection over union: IoU less the empty share of the enclosing box.

    Args:
        boxes_a, boxes_b, pairwise: boxes in xyxy, as in `iou`.

    Returns:
        (N, M) or (...) float tensor in [-1, 1]; the IoU where the enclosing box has no area.

    Raises:
        ValueError: as in `iou`.

    Source: Rezatofighi et al. 2019, algorithm 1. Taught in chapters/08_detection/boxes.
    """
    a, b = _pair(boxes_a, boxes_b, pairwise)
    overlap, union = _iou_and_union(a, b)
    enclosing = _area(_enclosing(a, b))
    return overlap - _ratio(enclosing - union, enclosing)


def diou(boxes_a, boxes_b, pairwise=True):
    """Return the distance IoU: IoU less (distance of the centres / diagonal of the enclosing box)^2.

    Args:
        boxes_a, boxes_b, pairwise: boxes in xyxy, as in `iou`.

    Returns:
        (N, M) or (...) float tensor in [-1, 1]; 0 where both boxes are one same point.

    Raises:
        ValueError: as in `iou`.

    Source: Zheng et al. 2020, equation 7. Taught in chapters/08_detection/boxes.
    """
    a, b = _pair(boxes_a, boxes_b, pairwise)
    return _iou_and_union(a, b)[0] - _centre_penalty(a, b)


def ciou(boxes_a, boxes_b, pairwise=True):
    """Return the complete IoU: DIoU less alpha v, where v compares the aspect ratios.

    v = 4 / pi^2 (atan(w_b / h_b) - atan(w_a / h_a))^2 and alpha = v / (1 - IoU + v). The gradient takes alpha
    as a constant: the paper calls it a trade-off parameter and differentiates v alone (equation 12), and the
    common implementations do the same. Ours is the exact gradient of v, without the paper's rescaling of it.

    Args:
        boxes_a, boxes_b, pairwise: boxes in xyxy, as in `iou`.

    Returns:
        (N, M) or (...) float tensor in [-1.5, 1]; v is 0 where a box is a point, which has no aspect ratio.

    Raises:
        ValueError: as in `iou`.

    Source: Zheng et al. 2020, equations 8 to 11. Taught in chapters/08_detection/boxes.
    """
    a, b = _pair(boxes_a, boxes_b, pairwise)
    overlap = _iou_and_union(a, b)[0]
    angle_a, known_a = _aspect_angle(a)
    angle_b, known_b = _aspect_angle(b)
    v = torch.where(known_a & known_b, 4 / math.pi**2 * (angle_b - angle_a) ** 2, 0.0)
    alpha = _ratio(v, 1 - overlap + v).detach()
    return overlap - _centre_penalty(a, b) - alpha * v


def iou_loss(boxes, targets, reduction="mean"):
    """Return 1 - IoU of each box with its target; arguments, result and errors as in `ciou_loss`."""
    return _loss(iou, boxes, targets, reduction)


def giou_loss(boxes, targets, reduction="mean"):
    """Return 1 - GIoU of each box with its target; arguments, result and errors as in `ciou_loss`."""
    return _loss(giou, boxes, targets, reduction)


def diou_loss(boxes, targets, reduction="mean"):
    """Return 1 - DIoU of each box with its target; arguments, result and errors as in `ciou_loss`."""
    return _loss(diou, boxes, targets, reduction)


def ciou_loss(boxes, targets, reduction="mean"):
    """Return 1 - CIoU of each box with its target.

    Args:
        boxes: (..., 4) tensor, xyxy in pixels, x1 <= x2 and y1 <= y2.
        targets: tensor of the same shape, same format.
        reduction: "mean", "sum" or "none".

    Returns:
        A scalar (0 without boxes), or a (...) float tensor with "none". Gradients are finite everywhere.

    Raises:
        ValueError: a shape or value does not fit, a box has negative size, or `reduction` is unknown.

    Source: Zheng et al. 2020, equation 10. Taught in chapters/08_detection/boxes.
    """
    return _loss(ciou, boxes, targets, reduction)


def check_boxes(boxes, name="boxes", box_format="xyxy", device=None):
    """Return (..., 4) boxes of any dtype as a float tensor, float32 at least; bad ones raise ValueError."""
    boxes = as_tensor(boxes, name, device)
    if boxes.dim() == 0 or boxes.shape[-1] != 4:
        raise ValueError(
            f"{name} has shape {tuple(boxes.shape)}: expected (..., 4), four numbers a box in {box_format}; for no "
            "boxes give torch.zeros(0, 4)"
        )
    boxes = boxes.to(torch.promote_types(boxes.dtype, torch.float32))
    size = _size(boxes) if box_format == "xyxy" else boxes[..., 2:]
    limit = math.sqrt(torch.finfo(boxes.dtype).max) / 4  # beyond it areas overflow
    finite, ordered = boxes.abs() < limit, size >= 0  # (..., 4), False for NaN, and (..., 2)
    if not (finite.all() & ordered.all()):
        wrong = ~(finite.all(dim=-1) & ordered.all(dim=-1))  # (...)
        index = tuple(wrong.nonzero()[0].tolist())
        got = f"{name}{list(index) or ''} is {boxes[index].tolist()}"
        if not finite[index].all():
            raise ValueError(f"{got}: expected finite coordinates below {limit:.0e}")
        order = "x1 <= x2 and y1 <= y2" if box_format == "xyxy" else "width and height >= 0"
        raise ValueError(
            f"{got}, which has negative size: expected {box_format} with {order}; check the format"
        )
    return boxes


def _size(boxes):
    return boxes[..., 2:] - boxes[..., :2]  # (..., 2): width, height


def _area(boxes):
    width, height = _size(boxes).unbind(dim=-1)
    return width * height


def _pair(boxes_a, boxes_b, pairwise):
    """Check both sets and shape them so that they broadcast to the result."""
    device = next((boxes.device for boxes in (boxes_a, boxes_b) if torch.is_tensor(boxes)), None)
    a, b = check_boxes(boxes_a, "boxes_a", device=device), check_boxes(boxes_b, "boxes_b", device=device)
    got = f"boxes_a has shape {tuple(a.shape)} and boxes_b {tuple(b.shape)}"
    if pairwise and (a.dim() != 2 or b.dim() != 2):
        raise ValueError(
            f"{got}: expected (N, 4) and (M, 4) for all pairs; to compare row with row pass pairwise=False"
        )
    if not pairwise and a.shape != b.shape:
        raise ValueError(
            f"{got}: expected one shape, to compare row with row; for all pairs pass pairwise=True"
        )
    return (a[:, None], b[None]) if pairwise else (a, b)  # (N, 1, 4) and (1, M, 4)


def _ratio(numerator, denominator):
    """Divide where the denominator is positive; elsewhere 0, with zero gradient rather than NaN."""
    positive = denominator > torch.finfo(denominator.dtype).tiny
    return torch.where(positive, numerator / torch.where(positive, denominator, 1.0), 0.0)


def _intersection(a, b):
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = a.unbind(dim=-1), b.unbind(dim=-1)
    width = (torch.minimum(ax2, bx2) - torch.maximum(ax1, bx1)).clamp(min=0)
    height = (torch.minimum(ay2, by2) - torch.maximum(ay1, by1)).clamp(min=0)
    return width * height


def _iou_and_union(a, b):
    shared = _intersection(a, b)
    union = _area(a) + _area(b) - shared
    return _ratio(shared, union), union


def _enclosing(a, b):
    return torch.cat([torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])], dim=-1)


def _centre_penalty(a, b):
    between = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) / 2
    return _ratio(between.square().sum(dim=-1), _size(_enclosing(a, b)).square().sum(dim=-1))


def _aspect_angle(boxes):
    """Return atan(width / height), also where the height is 0, and whether the box is more than a point."""
    width, height = _size(boxes).unbind(dim=-1)
    known = width.square() + height.square() > torch.finfo(boxes.dtype).tiny
    return torch.atan2(torch.where(known, width, 0.0), torch.where(known, height, 1.0)), known


def _loss(measure, boxes, targets, reduction):
    check_choice(reduction, ("mean", "sum", "none"), "reduction")
    loss = 1 - measure(boxes, targets, pairwise=False)
    if reduction == "none":
        return loss
    return loss.sum() / (max(loss.numel(), 1) if reduction == "mean" else 1)
