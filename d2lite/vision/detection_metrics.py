"""What measures a detector: matching, precision and recall, average precision, and its mean.

Rules and results are those of COCO's own evaluation. Boxes are xyxy in pixels.
"""

import numpy as np
import torch

from d2lite.vision.boxes import area, check_boxes, intersection, iou

COCO_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())
_METHODS = ("11-point", "all-point", "101-point")


def match_detections(overlaps, iou_threshold=0.5, crowd=None, ignored=None):
    """Give each detection, best first, the free target that it overlaps most.

    Args:
        overlaps: (N, M) tensor of IoUs, rows in the order of falling score.
        iou_threshold: the least IoU of a match, above 0, at most 1.
        crowd: (M,) bool: these may take any number of detections.
        ignored: (M,) bool: these are taken only when no other target fits.

    Returns:
        (N,) long tensor: the target of each detection, or -1; of equal overlaps the later target, as in COCO.

    Raises:
        ValueError: the overlaps are not (N, M), a mask is not (M,), or the threshold is outside (0, 1].

    Source: Lin et al. 2014 (COCO), and its evaluation code. Taught in chapters/08_detection/nms_and_map.
    """
    overlaps = torch.as_tensor(overlaps).detach().cpu().numpy()
    shape = overlaps.shape
    masks = [
        np.zeros(shape[1:], bool) if mask is None else np.asarray(mask, bool) for mask in (crowd, ignored)
    ]
    if len(shape) != 2 or any(mask.shape != shape[1:] for mask in masks):
        shapes = [shape, *(mask.shape for mask in masks)]
        raise ValueError(
            f"Got shapes {shapes}, expected (N, M) overlaps with (M,) masks: give one row a detection."
        )
    if not 0 < iou_threshold <= 1:
        got = f"Got iou_threshold {iou_threshold}, expected a number above 0, at most 1"
        raise ValueError(f"{got}: give a share, not percent.")
    crowd, ignored = masks
    free = np.ones(shape[1], bool)
    matches = torch.full(shape[:1], -1)
    for i, row in enumerate(overlaps):
        fits = (row >= min(iou_threshold, 1 - 1e-10)) & (free | crowd)
        wanted = fits & ~ignored
        fits = wanted if wanted.any() else fits
        if fits.any():
            matches[i] = best = np.flatnonzero(fits & (row == row[fits].max()))[-1]
            free[best] = False
    return matches


def precision_recall(scores, hits, num_targets):
    """Return precision and recall after each detection, best score first.

    Args:
        scores: (N,) tensor; equal scores keep their order.
        hits: (N,) bool tensor, true where the detection has a target of its own.
        num_targets: how many targets there are.

    Returns:
        (N,) float64 tensor of precision and (N,) of recall; recall is NaN without targets.

    Raises:
        ValueError: the shapes differ, a score is NaN, or there are more hits than targets.

    Source: Everingham et al. 2010 (PASCAL VOC), section 4.2. Taught in chapters/08_detection/nms_and_map.
    """
    scores, hits = torch.as_tensor(scores), torch.as_tensor(hits, dtype=torch.bool)
    if scores.dim() != 1 or scores.shape != hits.shape or scores.isnan().any():
        got = f"Got scores of shape {tuple(scores.shape)} and hits of shape {tuple(hits.shape)}"
        raise ValueError(f"{got}, expected two (N,) tensors without NaN: give one hit for each score.")
    if hits.sum() > num_targets:
        raise ValueError(
            f"Got {hits.sum()} hits, expected at most the {num_targets} targets: match each once."
        )
    scores, hits = scores.cpu(), hits.cpu()  # not every device has float64
    found = hits[scores.argsort(descending=True, stable=True)].double().cumsum(dim=0)
    precision = found / torch.arange(1, len(found) + 1, dtype=torch.float64)
    return precision, found / num_targets


def average_precision(scores, hits, num_targets, method="101-point"):
    """Return the area under the precision-recall curve, precision taken as the best at this recall or beyond.

    Args:
        scores, hits, num_targets: as in `precision_recall`.
        method: "11-point" (mean at recalls 0, 0.1, ..., 1: VOC 2007), "all-point" (the exact area: VOC 2010)
            or "101-point" (mean at recalls 0, 0.01, ..., 1: COCO).

    Returns:
        Float in [0, 1]; 0 without detections, NaN without targets.

    Raises:
        ValueError: the method is unknown, or as in `precision_recall`.

    Source: Everingham et al. 2010; Lin et al. 2014. Taught in chapters/08_detection/nms_and_map.
    """
    if method not in _METHODS:
        raise ValueError(f"Got the method {method!r}, expected one of {_METHODS}: choose one of these.")
    precision, recall = (x.cpu().numpy() for x in precision_recall(scores, hits, num_targets))
    if num_targets == 0:
        return float("nan")
    envelope = np.maximum.accumulate(np.append(precision, 0.0)[::-1])[
        ::-1
    ]  # (N + 1,); 0 past the last recall
    if method == "all-point":
        return float(np.diff(recall, prepend=0.0) @ envelope[:-1])
    # COCO's points are those of linspace, rounding and all; n / 10 is the float nearest to each tenth.
    points = np.linspace(0, 1, 101) if method == "101-point" else np.arange(11) / 10
    return float(envelope[np.searchsorted(recall, points, side="left")].mean())


def mean_average_precision(
    predictions,
    targets,
    iou_thresholds=COCO_THRESHOLDS,
    method="101-point",
    area_range=None,
    max_detections=100,
):
    """Return the mean over classes, and over IoU thresholds, of the average precision.

    Args:
        predictions: list, a dict for each image: "boxes" (N, 4), "scores" (N,), "classes" (N,) whole numbers.
        targets: list, a dict for each image: "boxes" (M, 4), "classes" (M,) whole numbers, and where wanted
            "crowd" (M,) bool (a region of many items: takes any number of detections, by their share inside),
            "ignored" (M,) bool (neither wanted nor wrong) and "areas" (M,) (instead of the boxes' own).
        iou_thresholds: a float or several, above 0, at most 1: 0.5 for mAP@0.5; the default is mAP@[.5:.95].
        method: as in `average_precision`.
        area_range: (smallest, largest) area in square pixels; what lies outside is ignored.
        max_detections: so many of the best detections count in each image and class; 1 or more.

    Returns:
        dict: "map", the mean over "ap" (NaN where nothing is to be found); "map_50" if 0.5 is a threshold;
        "ap", (T, K) float64 tensor, NaN for a class of ignored targets only; "classes", the K classes of
        the targets, in order.

    Raises:
        ValueError: the lists differ in length, a dict lacks a key, has an unknown one or a wrong shape, or a
            threshold, limit or range does not fit.

    Source: Lin et al. 2014 (COCO), and its evaluation code. Taught in chapters/08_detection/nms_and_map.
    """
    if len(predictions) != len(targets):
        got = f"Got {len(predictions)} predictions and {len(targets)} targets"
        raise ValueError(
            f"{got}, expected one dict each for every image: give empty tensors where nothing is."
        )
    thresholds = np.atleast_1d(np.asarray(iou_thresholds, dtype=float))
    smallest, largest = area_range or (0, float("inf"))
    if not (len(thresholds) and ((thresholds > 0) & (thresholds <= 1)).all()):
        got = f"Got iou_thresholds {iou_thresholds}, expected numbers above 0, at most 1"
        raise ValueError(f"{got}: give shares, not percent.")
    if max_detections < 1 or not smallest <= largest:
        got = f"Got max_detections {max_detections} and area_range {area_range}"
        raise ValueError(f"{got}, expected 1 or more and smallest <= largest: change them.")
    targets = [_check_target(target, smallest, largest) for target in targets]
    predictions = [_check_prediction(prediction, smallest, largest) for prediction in predictions]
    classes = sorted({label for target in targets for label in target["classes"].tolist()})
    ap = torch.full((len(thresholds), len(classes)), float("nan"), dtype=torch.float64)
    for k, label in enumerate(classes):
        images = zip(predictions, targets, strict=True)
        images = [(p, t) for p, t in images if (p["classes"] == label).any() or (t["classes"] == label).any()]
        pairs = [(_of_class(p, label, max_detections), _of_class(t, label)) for p, t in images]
        pairs = [(p, t, _overlaps(p, t)) for p, t in pairs]
        for i, threshold in enumerate(thresholds):
            ap[i, k] = average_precision(*_pool(pairs, threshold), method)
    result = {"map": ap.nanmean().item(), "ap": ap, "classes": classes}
    if 0.5 in thresholds:
        result["map_50"] = ap[thresholds == 0.5].nanmean().item()
    return result


def _pool(pairs, threshold):
    """Match image by image; return all scores, hits and the number of targets, less what is ignored."""
    scores, hits, num_targets = [], [], 0
    for prediction, target, overlaps in pairs:
        match = match_detections(overlaps, threshold, target["crowd"], target["ignored"])
        free = match < 0
        counted = ~(free & prediction["outside"])
        counted[~free] = ~target["ignored"][match[~free]]
        scores.append(prediction["scores"][counted])
        hits.append(~free[counted])
        num_targets += int((~target["ignored"]).sum())
    return torch.cat(scores), torch.cat(hits), num_targets


def _overlaps(prediction, target):
    """Return the (N, M) IoUs; with a crowd, the share of the detection that lies inside."""
    overlaps = iou(prediction["boxes"], target["boxes"])
    if target["crowd"].any():
        own = area(prediction["boxes"])[:, None].clamp(min=torch.finfo(torch.float64).tiny)  # (N, 1)
        inside = intersection(prediction["boxes"], target["boxes"]) / own
        overlaps = torch.where(target["crowd"], inside, overlaps)
    return overlaps


def _of_class(image, label, limit=None):
    chosen = (image["classes"] == label).nonzero()[:, 0][:limit]
    return {key: value[chosen] for key, value in image.items()}


def _check_prediction(prediction, smallest, largest):
    """Return the prediction on the CPU in float64, best first, marking boxes outside the area range."""
    image = _check_image(prediction, ("boxes", "scores", "classes"))
    image["outside"] = (area(image["boxes"]) < smallest) | (area(image["boxes"]) > largest)
    if image["scores"].isnan().any():
        raise ValueError("Got a score of NaN, expected numbers to sort by: find where it arose.")
    order = image["scores"].argsort(descending=True, stable=True)
    return {key: value[order] for key, value in image.items()}


def _check_target(target, smallest, largest):
    """Return the target on the CPU in float64, marking all that is ignored."""
    image = _check_image(target, ("boxes", "classes"), ("crowd", "ignored", "areas"))
    areas = image.pop("areas", area(image["boxes"]))
    nothing = torch.zeros(len(areas), dtype=torch.bool)
    image["crowd"] = image.get("crowd", nothing).bool()
    image["ignored"] = (
        image.get("ignored", nothing).bool() | image["crowd"] | (areas < smallest) | (areas > largest)
    )
    return image


def _check_image(image, required, optional=()):
    if not set(required) <= set(image) <= {*required, *optional}:
        raise ValueError(
            f"Got a dict of {[*image]}, expected the keys {[*required]}, optionally {[*optional]}: rename."
        )
    checked = {key: torch.as_tensor(value).detach().cpu() for key, value in image.items()}
    checked["boxes"] = check_boxes(checked["boxes"].double())
    for key, value in checked.items():
        if value.shape != (len(checked["boxes"]), 4)[: 2 if key == "boxes" else 1]:
            got = (
                f"Got {key} of shape {tuple(value.shape)} with boxes of shape {tuple(checked['boxes'].shape)}"
            )
            raise ValueError(f"{got}, expected (N,) with (N, 4): give one for each box.")
    return checked
