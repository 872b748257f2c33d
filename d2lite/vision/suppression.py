"""Suppression: from many overlapping boxes to few.

Boxes are xyxy in pixels.
"""

import torch

from d2lite._utils.checks import check_choice, check_number
from d2lite._utils.tensors import as_tensor, as_whole_numbers
from d2lite.vision.boxes import _iou_and_union, check_boxes, iou

__all__ = ["nms", "soft_nms"]

_BLOCK = 128  # boxes settled at once: the memory of nms is _BLOCK x N; 64 to 256 are equally fast


def nms(boxes, scores, iou_threshold=0.5, classes=None):
    """Return the boxes that greedy non-maximum suppression keeps.

    A box is suppressed when it overlaps a kept box of higher score by more than the threshold. The result is the
    greedy loop's, box for box, but boxes are compared block by block.

    Args:
        boxes: (N, 4) tensor, xyxy in pixels.
        scores: (N,) tensor; of equal scores the earlier box is the better one.
        iou_threshold: float in [0, 1].
        classes: (N,) whole numbers: boxes suppress only their own class; None: all boxes suppress each other.

    Returns:
        (K,) long tensor of the kept indices, best score first.

    Raises:
        ValueError: a shape or value does not fit, or the threshold is outside [0, 1].

    Source: Rosenfeld and Thurston 1971; for detection, Felzenszwalb et al. 2010. Taught in
    chapters/08_detection/nms_and_map.
    """
    boxes, scores, classes = _check_scored(boxes, scores, classes)
    iou_threshold = check_number(iou_threshold, "iou_threshold", 0, 1)
    rest = scores.argsort(descending=True, stable=True)
    kept = []
    while len(rest):
        block, rest = rest[:_BLOCK], rest[_BLOCK:]
        suppresses = _overlap_more(boxes, classes, block, block, iou_threshold).triu(diagonal=1)  # (b, b)
        keep = torch.ones_like(block, dtype=torch.bool)
        while not torch.equal(keep, update := ~suppresses[keep].any(dim=0)):
            keep = update  # the first i boxes are right after i rounds; few rounds are needed
        kept.append(block[keep])
        rest = rest[~_overlap_more(boxes, classes, kept[-1], rest, iou_threshold).any(dim=0)]
    return torch.cat([rest, *kept])  # rest is empty now


def soft_nms(
    boxes, scores, method="linear", iou_threshold=0.3, sigma=0.5, score_threshold=1e-3, classes=None
):
    """Lower the scores of overlapping boxes instead of dropping them.

    Args:
        boxes: (N, 4) tensor, xyxy in pixels.
        scores: (N,) tensor, not negative; of equal scores the earlier box is the better one.
        method: "linear" multiplies by 1 - IoU where the IoU reaches `iou_threshold`; "gaussian" multiplies by
            exp(-IoU^2 / sigma) everywhere.
        iou_threshold: float in [0, 1], for "linear".
        sigma: positive float, for "gaussian".
        score_threshold: number, 0 or more; boxes whose lowered score is smaller are dropped.
        classes: (N,) whole numbers: boxes lower only their own class; None: all boxes lower each other.

    Returns:
        (K,) long tensor of indices and (K,) tensor of lowered scores, both best first.

    Raises:
        ValueError: a shape or value does not fit, a score or threshold is negative, or `method` is unknown.

    Source: Bodla et al. 2017, equations 2 and 3. Taught in chapters/08_detection/nms_and_map.
    """
    boxes, scores, classes = _check_scored(boxes, scores, classes)
    check_choice(method, ("linear", "gaussian"), "method")
    iou_threshold = check_number(iou_threshold, "iou_threshold", 0, 1)
    sigma = check_number(sigma, "sigma", 0, open_low=True)
    score_threshold = check_number(score_threshold, "score_threshold", 0)
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    wrong = scores[(scores < 0) | scores.isinf()]
    if len(wrong):
        raise ValueError(f"scores hold {wrong[0].item():g}: expected finite numbers, 0 or more")
    rest = scores.argsort(descending=True, stable=True)
    lowered = scores[rest].clone()
    indices, values = [], []
    while (alive := lowered >= score_threshold).any():
        rest, lowered = rest[alive], lowered[alive]
        best = int(lowered.argmax())  # the first of equal ones
        indices.append(rest[best])
        values.append(lowered[best])
        overlap = iou(boxes[rest[best]][None], boxes[rest])[0]
        if classes is not None:
            overlap = overlap * (classes[rest] == classes[rest[best]])
        linear = torch.where(overlap >= iou_threshold, 1 - overlap, torch.ones_like(overlap))
        lowered = lowered * (linear if method == "linear" else torch.exp(-(overlap**2) / sigma))
        lowered[best] = -1  # taken
    if not indices:
        return rest[:0], lowered[:0]
    return torch.stack(indices), torch.stack(values)


def _check_scored(boxes, scores, classes):
    boxes = check_boxes(boxes).detach()
    scores = as_tensor(scores, "scores", boxes.device).detach()
    classes = None if classes is None else as_whole_numbers(classes, "classes", boxes.device)
    if boxes.dim() != 2:
        raise ValueError(f"boxes has shape {tuple(boxes.shape)}: expected (N, 4)")
    for name, values in (("scores", scores), ("classes", classes)):
        if values is not None and values.shape != boxes.shape[:1]:
            raise ValueError(
                f"{name} has shape {tuple(values.shape)}: expected ({len(boxes)},), one for each of the boxes"
            )
    if scores.isnan().any():
        raise ValueError("scores hold NaN: expected numbers to sort by")
    return boxes, scores, classes


def _overlap_more(boxes, classes, first, second, iou_threshold):
    """Tell for all pairs whether box first[i] overlaps box second[j] too much."""
    overlaps, _ = _iou_and_union(boxes[first, None], boxes[None, second])  # (len(first), len(second))
    more = overlaps > iou_threshold
    return more if classes is None else more & (classes[first, None] == classes[None, second])
