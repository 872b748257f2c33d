"""What measures a detector: matching, precision and recall, average precision, and its mean.

Rules and results are those of COCO's own evaluation. Boxes are xyxy in pixels.
"""

import numpy as np
import torch

from d2lite._utils.checks import as_list, check_choice, check_count, check_number, plain_number
from d2lite._utils.tensors import as_mask, as_tensor, as_whole_numbers
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
        ValueError: the overlaps are not (N, M) or outside 0 to 1, a mask is not (M,) or no mask, or the threshold is
            outside (0, 1].

    Source: Lin et al. 2014 (COCO), and its evaluation code. Taught in chapters/08_detection/nms_and_map.
    """
    overlaps = as_tensor(overlaps, "overlaps", dtype=torch.float64).detach().cpu()
    iou_threshold = check_number(iou_threshold, "iou_threshold", 0, 1, open_low=True)
    if overlaps.is_floating_point():  # rounded as they are: of 0.7 in float32 the double is below 0.7
        iou_threshold = torch.tensor(iou_threshold, dtype=overlaps.dtype).item() or iou_threshold
    overlaps = overlaps.double().numpy()
    shape = overlaps.shape
    if len(shape) != 2 or np.isnan(overlaps).any():
        raise ValueError(f"overlaps has shape {shape}: expected (N, M) without NaN, a row for each detection")
    if overlaps.size and not -1e-6 <= overlaps.min() <= overlaps.max() <= 1 + 1e-6:
        raise ValueError(
            f"overlaps is from {overlaps.min():g} to {overlaps.max():g}: expected IoUs, from 0 to 1"
        )
    crowd, ignored = _mask(crowd, "crowd", shape[1]), _mask(ignored, "ignored", shape[1])
    return torch.from_numpy(_match(overlaps, iou_threshold, crowd, ignored))


def _match(overlaps, iou_threshold, crowd, ignored):
    """`match_detections` of arrays that are known to fit; returns an array."""
    enough = overlaps >= min(iou_threshold, 1 - 1e-10)  # (N, M)
    free = np.ones(len(crowd), bool)
    matches = np.full(len(overlaps), -1)
    for i in np.flatnonzero(enough.any(axis=1)):
        row, fits = overlaps[i], enough[i] & (free | crowd)
        wanted = fits & ~ignored
        fits = wanted if wanted.any() else fits
        if fits.any():
            matches[i] = best = np.flatnonzero(fits & (row == row[fits].max()))[-1]
            free[best] = False
    return matches


def _mask(mask, name, count):
    mask = as_mask(torch.zeros(count) if mask is None else mask, name)
    if mask.shape != (count,):
        raise ValueError(f"{name} has shape {tuple(mask.shape)}: expected ({count},), one for each target")
    return mask.numpy()


def precision_recall(scores, is_true_positive, num_targets):
    """Return precision and recall after each detection, best score first.

    Args:
        scores: (N,) tensor; equal scores keep their order.
        is_true_positive: (N,) bool tensor, true where the detection has a target of its own.
        num_targets: how many targets there are.

    Returns:
        (N,) float64 tensor of precision and (N,) of recall, on the CPU; recall is NaN without targets.

    Raises:
        ValueError: the shapes differ, a score is NaN, or there are more true positives than targets.

    Source: Everingham et al. 2010 (PASCAL VOC), section 4.2. Taught in chapters/08_detection/nms_and_map.
    """
    scores = as_tensor(scores, "scores", dtype=torch.float64).detach().cpu()
    is_true_positive = as_mask(is_true_positive, "is_true_positive")
    num_targets = check_count(num_targets, "num_targets", 0)
    if scores.dim() != 1 or scores.isnan().any():
        raise ValueError(f"scores has shape {tuple(scores.shape)}: expected (N,) without NaN")
    if is_true_positive.shape != scores.shape:
        got = tuple(is_true_positive.shape)
        raise ValueError(f"is_true_positive has shape {got}: expected ({len(scores)},), one for each score")
    if is_true_positive.sum() > num_targets:
        raise ValueError(
            f"is_true_positive has {is_true_positive.sum()} true: expected at most {num_targets}, the number of "
            "targets; match each target once"
        )
    found = is_true_positive[scores.argsort(descending=True, stable=True)].double().cumsum(dim=0)
    precision = found / torch.arange(1, len(found) + 1, dtype=torch.float64)
    return precision, found / num_targets


def average_precision(scores, is_true_positive, num_targets, method="101-point"):
    """Return the area under the precision-recall curve, precision taken as the best at this recall or beyond.

    Args:
        scores, is_true_positive, num_targets: as in `precision_recall`.
        method: "11-point" (mean at recalls 0, 0.1, ..., 1: VOC 2007), "all-point" (the exact area: VOC 2010)
            or "101-point" (mean at recalls 0, 0.01, ..., 1: COCO).

    Returns:
        Float in [0, 1]; 0 without detections, NaN without targets.

    Raises:
        ValueError: the method is unknown, or as in `precision_recall`.

    Source: Everingham et al. 2010; Lin et al. 2014. Taught in chapters/08_detection/nms_and_map.
    """
    check_choice(method, _METHODS, "method")
    precision, recall = (x.numpy() for x in precision_recall(scores, is_true_positive, num_targets))
    if num_targets == 0:
        return float("nan")
    falling = np.append(precision, 0.0)[::-1]  # (N + 1,), last first; 0 past the last recall
    envelope = np.maximum.accumulate(falling)[::-1]
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
    predictions, targets = _dicts(predictions, "predictions"), _dicts(targets, "targets")
    if len(predictions) != len(targets):
        raise ValueError(
            f"predictions has {len(predictions)} dicts and targets {len(targets)}: expected one each for every image, "
            "with empty tensors where nothing is"
        )
    check_choice(method, _METHODS, "method")
    max_detections = check_count(max_detections, "max_detections")
    thresholds = _thresholds(iou_thresholds)
    smallest, largest = _areas(area_range)
    targets = [_check_target(target, smallest, largest) for target in targets]
    predictions = [_check_prediction(prediction, smallest, largest) for prediction in predictions]
    classes = sorted({label for target in targets for label in target["classes"].tolist()})
    ap = torch.full((len(thresholds), len(classes)), float("nan"), dtype=torch.float64)
    pairs = zip(predictions, targets, strict=True)
    images = [(_arrays(p), _arrays(t), _overlaps(p, t).numpy()) for p, t in pairs]
    for k, label in enumerate(classes):
        having = (image for image in images if any(label in part["classes"] for part in image[:2]))
        parts = [_of_class(*image, label, max_detections) for image in having]
        for i, threshold in enumerate(thresholds):
            ap[i, k] = average_precision(*_pool(parts, threshold), method)
    result = {"map": ap.nanmean().item(), "ap": ap, "classes": classes}
    if 0.5 in thresholds:
        result["map_50"] = ap[thresholds == 0.5].nanmean().item()
    return result


def _pool(parts, threshold):
    """Match image by image; return scores, whether each is a true positive, and the number of targets not ignored."""
    scores, is_true_positive, num_targets = [], [], 0
    for prediction, target, overlaps in parts:
        match = _match(overlaps, threshold, target["crowd"], target["ignored"])
        free = match < 0
        counted = ~(free & prediction["outside"])
        counted[~free] = ~target["ignored"][match[~free]]
        scores.append(prediction["scores"][counted])
        is_true_positive.append(~free[counted])
        num_targets += int((~target["ignored"]).sum())
    return np.concatenate(scores), np.concatenate(is_true_positive), num_targets


def _overlaps(prediction, target):
    """Return the (N, M) IoUs; with a crowd, the share of the detection that lies inside."""
    overlaps = iou(prediction["boxes"], target["boxes"])
    if target["crowd"].any():
        own = area(prediction["boxes"])[:, None].clamp(min=torch.finfo(torch.float64).tiny)  # (N, 1)
        inside = intersection(prediction["boxes"], target["boxes"]) / own
        overlaps = torch.where(target["crowd"], inside, overlaps)
    return overlaps


def _arrays(image):
    return {key: value.numpy() for key, value in image.items()}


def _of_class(prediction, target, overlaps, label, limit):
    """Return what an image has of a class: the best detections, the targets, and their overlaps."""
    rows = np.flatnonzero(prediction["classes"] == label)[:limit]
    columns = np.flatnonzero(target["classes"] == label)
    prediction = {key: prediction[key][rows] for key in ("scores", "outside")}
    target = {key: target[key][columns] for key in ("crowd", "ignored")}
    return prediction, target, overlaps[rows][:, columns]


def _dicts(images, name):
    wanted = "a list of dicts, one for each image"
    if isinstance(images, dict):
        raise ValueError(f"{name} is a dict: expected {wanted}")
    return as_list(images, name, wanted)


def _thresholds(values):
    several = plain_number(values) is None and hasattr(values, "__iter__")
    values = list(values) if several else [values]
    if not values:
        raise ValueError("iou_thresholds is empty: expected at least one number, above 0 and at most 1")
    return np.array([check_number(value, "iou_thresholds", 0, 1, open_low=True) for value in values])


def _areas(area_range):
    if area_range is None:
        return 0.0, float("inf")
    smallest, largest = map(plain_number, area_range) if np.shape(area_range) == (2,) else (None, None)
    if smallest is None or largest is None or not 0 <= smallest <= largest:
        raise ValueError(
            f"area_range is {area_range!r}: expected (smallest, largest) square pixels, 0 or more"
        )
    return float(smallest), float(largest)


def _check_prediction(prediction, smallest, largest):
    """Return the prediction on the CPU in float64, best first, marking boxes outside the area range."""
    image = _check_image(prediction, "predictions", ("boxes", "scores", "classes"))
    areas = area(image["boxes"])
    image["outside"] = (areas < smallest) | (areas > largest)
    if image["scores"].isnan().any():
        raise ValueError("scores hold NaN: expected numbers to sort by")
    order = image["scores"].argsort(descending=True, stable=True)
    image["scores"] = image["scores"].double()  # NumPy has no bfloat16
    return {key: value[order] for key, value in image.items()}


def _check_target(target, smallest, largest):
    """Return the target on the CPU in float64, marking all that is ignored."""
    image = _check_image(target, "targets", ("boxes", "classes"), ("crowd", "ignored", "areas"))
    areas = image.pop("areas") if "areas" in image else area(image["boxes"])
    if not (areas >= 0).all():
        raise ValueError(f"areas hold {areas[~(areas >= 0)][0].item():g}: expected square pixels, 0 or more")
    nothing = torch.zeros(len(areas), dtype=torch.bool)
    image["crowd"], ignored = (as_mask(image.get(key, nothing), key) for key in ("crowd", "ignored"))
    image["ignored"] = ignored | image["crowd"] | (areas < smallest) | (areas > largest)
    return image


def _check_image(image, what, required, optional=()):
    if not isinstance(image, dict) or not set(required) <= set(image) <= {*required, *optional}:
        got = f"the keys {[*image]}" if isinstance(image, dict) else f"a {type(image).__name__}"
        extra = f", optionally {[*optional]}" if optional else ""
        raise ValueError(f"{what} has {got} for an image: expected a dict with {[*required]}{extra}")
    checked = {key: as_tensor(value, key, dtype=torch.float64).detach().cpu() for key, value in image.items()}
    checked["boxes"] = check_boxes(checked["boxes"].double())
    checked["classes"] = as_whole_numbers(checked["classes"], "classes")
    count = len(checked["boxes"])
    for key, value in checked.items():
        expected = (count, 4) if key == "boxes" else (count,)
        if value.shape != expected:
            raise ValueError(f"{key} has shape {tuple(value.shape)}: expected {expected}, one for each box")
    return checked
