"""What measures a segmentation: the overlap of two masks, and of label maps class by class.

All pixels that come are counted together: those of a batch, too. For a score of each image, ask image by image.
"""

import torch

from d2lite._utils.checks import check_count
from d2lite._utils.tensors import as_mask, as_whole_numbers

_WANTED = "a mask, bool or 0 and 1; compare scores with a threshold"


def iou(predicted, target):
    """Return the intersection over union of two masks.

    Args:
        predicted, target: tensors of one shape, bool, or 0 and 1.

    Returns:
        float in [0, 1]; NaN where both are empty: nothing was to be found, and nothing was.

    Raises:
        ValueError: the shapes differ, or a value is neither 0 nor 1.

    Source: Jaccard 1901; Everingham et al. 2010, section 4.3, for segmentation. Taught in
    chapters/06_cnn/segmentation.
    """
    shared, either, _ = _counts(predicted, target)
    return shared / either if either else float("nan")


def dice(predicted, target):
    """Return the Dice coefficient of two masks, which is their F1 score: twice what they share over the sum of sizes.

    Args:
        predicted, target: as for `iou`.

    Returns:
        float in [0, 1], equal to 2 IoU / (1 + IoU); NaN where both are empty.

    Raises:
        ValueError: as for `iou`.

    Source: Dice 1945. Taught in chapters/06_cnn/segmentation.
    """
    shared, _, sizes = _counts(predicted, target)
    return 2 * shared / sizes if sizes else float("nan")


def confusion_counts(predicted, target, num_classes):
    """Return how many pixels of each true class got each label.

    Args:
        predicted, target: tensors of one shape, whole numbers from 0 to K - 1.
        num_classes: K.

    Returns:
        (K, K) long tensor on the CPU, rows true, columns predicted.

    Raises:
        ValueError: the shapes differ, or a label is no whole number from 0 to K - 1.

    Taught in chapters/06_cnn/segmentation.
    """
    num_classes = check_count(num_classes, "num_classes")
    predicted, target = (
        _labels(value, name, num_classes) for value, name in ((predicted, "predicted"), (target, "target"))
    )
    _check_shapes(predicted, target)
    pairs = num_classes * target.flatten() + predicted.flatten()
    return torch.bincount(pairs, minlength=num_classes**2).view(num_classes, num_classes)


def class_iou(predicted, target, num_classes):
    """Return the intersection over union of each class; their mean is the mean IoU.

    Args:
        predicted, target, num_classes: as for `confusion_counts`.

    Returns:
        (K,) float64 tensor on the CPU; NaN for a class that is neither there nor predicted, so take `nanmean`.

    Raises:
        ValueError: as for `confusion_counts`.

    Source: Long, Shelhamer and Darrell 2015, section 5. Taught in chapters/06_cnn/segmentation.
    """
    counts = confusion_counts(predicted, target, num_classes).double()
    shared = counts.diagonal()
    return shared / (counts.sum(0) + counts.sum(1) - shared)  # 0 / 0 is NaN


def _counts(predicted, target):
    """Return how many pixels both masks hold, how many either, and the sum of their sizes."""
    predicted, target = as_mask(predicted, "predicted", _WANTED), as_mask(target, "target", _WANTED)
    _check_shapes(predicted, target)
    shared, sizes = (predicted & target).sum().item(), predicted.sum().item() + target.sum().item()
    return shared, sizes - shared, sizes


def _labels(value, name, num_classes):
    labels = as_whole_numbers(value, name).detach().cpu()
    wrong = labels[(labels < 0) | (labels >= num_classes)]
    if len(wrong):
        raise ValueError(f"{name} holds {wrong[0].item()}: expected labels from 0 to {num_classes - 1}")
    return labels


def _check_shapes(predicted, target):
    if predicted.shape != target.shape:
        raise ValueError(
            f"predicted has shape {tuple(predicted.shape)}: expected {tuple(target.shape)}, that of target"
        )
