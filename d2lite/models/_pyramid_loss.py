"""What trains a `PyramidDetector`: which box each position answers for, and the loss."""

import torch
from torch.nn import functional as F

from d2lite._utils.checks import check_choice, check_number
from d2lite.models._grid_detector import unwrapped
from d2lite.vision.anchor_sizes import size_iou
from d2lite.vision.anchors import BACKGROUND, IGNORE
from d2lite.vision.assignment import assignment_cost, dynamic_assignment
from d2lite.vision.boxes import ciou_loss
from d2lite.vision.truths import as_sets, check_truths

CENTRE_RADIUS = 2.5  # cells from an object's centre within which a position may own it


def pad_truths(boxes, classes):
    """Return the boxes and classes of a batch as two tensors.

    Args:
        boxes: list of B tensors (k, 4), xyxy in pixels.
        classes: list of B tensors (k,) of whole numbers.

    Returns:
        (B, M, 4) float tensor and (B, M) long tensor, M the most boxes of a picture, at least 1; zeros and class -1
        where there is no box.

    Raises:
        ValueError: the lists differ in length, a picture has more or fewer classes than boxes, a box is no (x1, y1, x2,
            y2), or a class no whole number from 0.

    Taught in chapters/08_detection/modern_detectors.
    """
    boxes = as_sets(boxes, "boxes")
    if len(boxes) == 0:
        raise ValueError("boxes is empty: expected a tensor of boxes for each of B pictures")
    boxes, classes = check_truths(boxes, classes)
    most = max([1, *map(len, boxes)])
    padded = torch.zeros(len(boxes), most, 4), torch.full((len(boxes), most), -1)
    for b, (some, labels) in enumerate(zip(boxes, classes, strict=True)):
        padded[0][b, : len(some)], padded[1][b, : len(some)] = some, labels
    return padded


def static_owners(positions, boxes, classes, ignore_threshold=0.5):
    """Say which box each position answers for: the cell of its centre, the anchor of the most similar shape.

    Args:
        positions: (N, 5), of `PyramidDetector.positions`.
        boxes: (B, M, 4); classes: (B, M), -1 where there is no box, as of `pad_truths`.
        ignore_threshold: IoU of anchor and box above which a position that owns no box is ignored.

    Returns:
        (B, N) long tensor: the index of the box in its picture, BACKGROUND or IGNORE. Where two boxes want one
        position, the later has it; a box whose centre is in none of the cells has none.

    Source: Redmon and Farhadi 2018. Taught in chapters/08_detection/modern_detectors.
    """
    cells, strides, sizes = positions[:, :2], positions[:, 2:3], positions[:, 3:]
    centres = (boxes[..., :2] + boxes[..., 2:]) / 2  # (B, M, 2)
    inside = ((centres[:, :, None] / strides).floor() == cells).all(-1)  # (B, M, N)
    shapes = size_iou((boxes[..., 2:] - boxes[..., :2]).flatten(0, 1).clamp(min=1e-3), sizes)  # (B M, N)
    fit = shapes.view(inside.shape).masked_fill(~inside, -1)
    best = fit.argmax(-1)  # (B, M)
    middles = (cells + 0.5) * strides
    everywhere = torch.cat([middles - sizes / 2, middles + sizes / 2], dim=1)  # (N, 4)
    there = classes >= 0  # (B, M)
    near = (pair_iou(boxes, everywhere) > ignore_threshold) & there[..., None]
    owners = torch.where(near.any(1), IGNORE, BACKGROUND)  # (B, N), both below 0
    found = there & inside.any(-1)  # (B, M)
    boxes = torch.where(found, torch.arange(found.shape[1], device=found.device), IGNORE)
    # any box is more than IGNORE and BACKGROUND, a later one most
    return owners.scatter_reduce(1, best, boxes, "amax")


def pair_iou(truths, boxes):
    """Return the (B, M, N) IoUs of (B, M, 4) with (B, N, 4) or (N, 4), without the checks of `vision.boxes.iou`."""
    a, b = truths[:, :, None], boxes[..., None, :, :]
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    areas = [(each[..., 2:] - each[..., :2]).prod(-1) for each in (a, b)]
    return shared / (areas[0] + areas[1] - shared).clamp(min=1e-6)


@torch.no_grad()
def dynamic_owners(outputs, drawn, positions, boxes, classes):
    """Say which box each position answers for by what it would cost: SimOTA.

    Args:
        outputs: (B, N, 5 + K) of a `PyramidDetector`; drawn: (B, N, 4), their boxes.
        positions, boxes, classes: as in `static_owners`.

    Returns:
        (B, N) long tensor: the index of the box in its picture or BACKGROUND.

    Source: Ge et al. 2021 (YOLOX). Taught in chapters/08_detection/modern_detectors.
    """
    middles = (positions[:, :2] + 0.5) * positions[:, 2:3]  # (N, 2)
    centres = (boxes[..., :2] + boxes[..., 2:]) / 2
    inside = ((middles > boxes[:, :, None, :2]) & (middles < boxes[:, :, None, 2:])).all(-1)  # (B, M, N)
    reach = CENTRE_RADIUS * positions[:, 2:3]
    close = ((middles - centres[:, :, None]).abs() < reach).all(-1)
    candidates = inside & close & (classes >= 0)[..., None]
    chance = outputs[..., 5:].log_softmax(-1) + F.logsigmoid(outputs[..., 4:5])  # (B, N, K)
    losses = -chance.transpose(1, 2).gather(
        1, classes.clamp(min=0)[..., None].expand(-1, -1, chance.shape[1])
    )
    overlaps = pair_iou(boxes, drawn) * candidates
    return dynamic_assignment(assignment_cost(losses, overlaps, candidates), overlaps)


def pyramid_loss(detector, outputs, size, boxes, classes, dynamic=False, box_loss="ciou", smoothing=0.0):
    """Return the three terms of the loss, each counted by the position that owns an object.

    Args:
        detector: the `PyramidDetector` that gave the outputs, also in a wrapper such as DataParallel.
        outputs: (B, N, 5 + K) float tensor; half precision is computed in single.
        size: rows and columns of the pictures, in pixels.
        boxes, classes: of `pad_truths`.
        dynamic: whether owners are chosen by `dynamic_owners`, or by `static_owners`.
        box_loss: "ciou", or "squared": the squared error of the four numbers, summed.
        smoothing: of the labels.

    Returns:
        dict of 0-d tensors: "box", "objectness" and "class".

    Raises:
        TypeError: the detector is another network.
        ValueError: box_loss is unknown, a shape does not fit, an output is not finite, a class is K or more, or a box
            has no size or its centre outside the picture.

    Source: as `detector_loss`; Ge et al. 2021 for dynamic owners. Taught in chapters/08_detection/modern_detectors.
    """
    check_choice(box_loss, ("ciou", "squared"), "box_loss")
    detector = unwrapped(detector, "PyramidDetector")
    smoothing, positions = check_number(smoothing, "smoothing", 0, 1), detector.positions(*_pair(size))
    _check_batch(detector, outputs, positions, size, boxes, classes)
    classes = classes.long()  # of its whole numbers torch counts with some dtypes only
    outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
    drawn = detector.boxes(outputs, positions)
    if dynamic:
        owners = dynamic_owners(outputs, drawn, positions, boxes, classes)
    else:
        owners = static_owners(positions, boxes, classes)
    picture, place = (owners >= 0).nonzero(as_tuple=True)
    box = owners[picture, place]
    wanted, labels, answers = boxes[picture, box], classes[picture, box], outputs[picture, place]
    count = max(len(box), 1)
    if box_loss == "ciou":
        term = ciou_loss(drawn[picture, place], wanted)
    else:
        term = _squared_error(answers, wanted, positions[place], detector.anchor_free) / count
    empty = outputs[..., 4][owners == BACKGROUND]
    return {
        "box": term,
        "objectness": (F.softplus(-answers[:, 4]).sum() + F.softplus(empty).sum()) / count,
        "class": F.cross_entropy(answers[:, 5:], labels, reduction="sum", label_smoothing=smoothing) / count,
    }


def _pair(size):
    if not isinstance(size, list | tuple) or len(size) != 2:
        raise ValueError(f"size is {size!r}: expected (rows, columns) in pixels")
    return size


def _check_batch(detector, outputs, positions, size, boxes, classes):
    """Raise a ValueError if outputs or truths are not those of these pictures."""
    for name, value in (("boxes", boxes), ("classes", classes)):
        if not torch.is_tensor(value):
            raise ValueError(
                f"{name} is a {type(value).__name__}: expected a tensor; put the lists in pad_truths"
            )
    wanted = (len(boxes), len(positions), 5 + detector.num_classes)
    if tuple(outputs.shape) != wanted or classes.shape != boxes.shape[:2]:
        raise ValueError(
            f"outputs has shape {tuple(outputs.shape)}, boxes {tuple(boxes.shape)} and classes {tuple(classes.shape)}: "
            f"expected {wanted}, (B, M, 4) and (B, M) for pictures of {size[0]} by {size[1]}"
        )
    if not outputs.isfinite().all():
        raise ValueError(
            "outputs holds NaN or infinite numbers: expected finite ones; the training may have diverged"
        )
    there = classes >= 0
    known, found = classes[there], boxes[there]  # (k,) and (k, 4)
    if classes.is_floating_point() or (len(known) and known.max() >= detector.num_classes):
        raise ValueError(
            f"classes holds {classes.max():g}: expected whole numbers from 0 to {detector.num_classes - 1}"
        )
    sides, centres = found[:, 2:] - found[:, :2], (found[:, :2] + found[:, 2:]) / 2
    ends = torch.tensor(size[::-1]).to(centres)  # width, height
    wrong = ~((sides > 0) & (centres >= 0) & (centres < ends)).all(-1)  # NaN, too
    if wrong.any():
        raise ValueError(
            f"boxes holds {found[wrong][0].tolist()}: expected xyxy with x1 < x2 and y1 < y2, its centre inside the "
            f"picture of {size[0]} by {size[1]}"
        )


def _squared_error(answers, wanted, positions, anchor_free):
    centres = (wanted[:, :2] + wanted[:, 2:]) / 2 / positions[:, 2:3] - positions[:, :2]  # in cells
    sizes = ((wanted[:, 2:] - wanted[:, :2]) / positions[:, 3:]).log()
    shift = answers[:, :2] + 0.5 if anchor_free else answers[:, :2].sigmoid()
    return (shift - centres).square().sum() + (answers[:, 2:4] - sizes).square().sum()
