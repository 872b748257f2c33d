"""How good predictions are: functions of (logits, targets), as `fit` and `evaluate` take them."""

import torch
from torch.nn import functional

from d2lite._utils.checks import check_count
from d2lite._utils.tensors import are_distributions, as_tensor
from d2lite.training._losses import class_axis

_MODES = {"loss": "min", "accuracy": "max", "perplexity": "min"}


def accuracy(predictions, targets):
    """Return the fraction of right answers.

    Args:
        predictions: (B, K) logits or probabilities of K classes, (B,) or (B, 1) float logits of class 1
            against class 0 (class 1 where above 0), or integer class indices of the targets' shape.
            A (B, T, K) tensor with (B, T) targets is counted position by position, and (B, K, H, W) with
            (B, H, W) pixel by pixel: of four axes the second is that of the classes, as in torch's losses.
        targets: (B,), (B, T) or (B, H, W) class indices, integers or whole floats, or the probabilities of the
            classes, such as one-hot rows, in the logits' shape: then the most probable class counts.

    Returns:
        0-d tensor in [0, 1] on the predictions' device, as torch's losses are; ``float()`` makes it a number.
        NaN if a prediction is.

    Raises:
        ValueError: the shapes do not belong together, a target is no class, or there is nothing to count.
    """
    predictions = as_tensor(predictions, "predictions")
    labels, targets, _ = _labels(predictions, targets)
    correct = (labels == targets).float().mean()
    return torch.where(predictions.isnan().any(), torch.nan, correct)


def confusion(predictions, targets, num_classes=None):
    """Return how often each class was taken for each other.

    Args:
        predictions, targets: as in `accuracy`.
        num_classes: K; None takes it from the logits, or from the largest label.

    Returns:
        (K, K) long tensor: row the true class, column the predicted one; it sums to the number of targets.

    Raises:
        ValueError: shapes that do not belong together, a prediction of NaN, or a label outside 0 to K - 1.
    """
    predictions = as_tensor(predictions, "predictions")
    if num_classes is not None:
        num_classes = check_count(num_classes, "num_classes")
    if predictions.isnan().any():
        raise ValueError("predictions hold NaN: expected numbers")
    labels, targets, from_logits = _labels(predictions, targets)
    low = min(int(labels.min()), int(targets.min()))
    high = max(int(labels.max()), int(targets.max()))
    if num_classes is None:
        num_classes = max(high + 1, from_logits)
    if low < 0 or high >= num_classes:
        raise ValueError(
            f"labels run from {low} to {high}: expected 0 to {num_classes - 1} for {num_classes} classes"
        )
    pairs = targets.flatten().long() * num_classes + labels.flatten().long()  # (B,), one number per pair
    return torch.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)  # (K, K)


def perplexity(logits, targets):
    """Return the perplexity of a language model: the exponential of the mean cross-entropy in nats.

    A model that spreads its bets evenly over K symbols has perplexity K; a perfect one has 1.

    Args:
        logits: (B, K) or (B, T, K) scores of K symbols.
        targets: (B,) or (B, T) indices of the symbols that came (integers).

    Returns:
        0-d tensor, at least 1, on the logits' device.

    Raises:
        ValueError: the shapes do not belong together, or a target is no index or outside 0 to K - 1.
    """
    logits = as_tensor(logits, "logits")
    targets = as_tensor(targets, "targets", logits.device)
    if logits.ndim not in (2, 3) or logits.shape[:-1] != targets.shape or targets.numel() == 0:
        raise ValueError(
            f"logits of shape {tuple(logits.shape)} and targets of shape {tuple(targets.shape)}: expected "
            "(B, K) and (B,), or (B, T, K) and (B, T), not empty"
        )
    targets = _check_classes(targets, logits.shape[-1])
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))  # half precision has three digits
    return functional.cross_entropy(logits.flatten(0, -2), targets.flatten().long()).exp()


def mode_of(name, function=None):
    """Return whether a figure should fall, "min", or rise, "max"; None if that is not known.

    This is the one place that knows. A metric of your own says it by an attribute: ``f1.mode = "max"``.

    Args:
        name: "loss" or a metric's name, with or without ``train_`` or ``validation_`` before it.
        function: the metric, if at hand.
    """
    own = getattr(function, "mode", None)
    name = name.removeprefix("train_").removeprefix("validation_")
    return own if own in ("min", "max") else _MODES.get(name)


def _labels(predictions, targets):
    """Return predicted and true class indices of one shape, and K as the predictions' shape tells it, else 1."""
    targets = as_tensor(targets, "targets", predictions.device)
    if targets.numel() == 0:
        raise ValueError("targets are empty: expected at least one")
    shapes, same = (tuple(predictions.shape), tuple(targets.shape)), predictions.shape == targets.shape
    if class_axis(predictions) == 1:  # (B, K, H, W) -> (B, H, W, K)
        predictions, targets = predictions.movedim(1, -1), targets.movedim(1, -1) if same else targets
    if same and targets.ndim > 1 and targets.shape[-1] == 1:
        predictions, targets = predictions.squeeze(-1), targets.squeeze(-1)  # (B, 1) -> (B,)
    elif same and targets.ndim > 1 and predictions.is_floating_point():
        return _labels_of_distributions(predictions, targets)
    if same and not predictions.is_floating_point():
        _check_not_one_hot(predictions, targets)
        return predictions.long(), _check_classes(targets), 1
    if same or (predictions.shape[:-1] == targets.shape and predictions.shape[-1] == 1):
        scores = predictions.reshape(targets.shape)
        if targets.is_floating_point() and bool(((targets >= 0) & (targets <= 1)).all()):
            targets = (targets > 0.5).long()  # probabilities of class 1, too
        return (scores > 0).long(), _check_classes(targets, 2), 2
    if predictions.shape[:-1] == targets.shape and predictions.shape[-1] > 1:
        return predictions.argmax(-1), _check_classes(targets, predictions.shape[-1]), predictions.shape[-1]
    squeeze = shapes[1] == (*shapes[0][:-1], 1)
    raise ValueError(
        f"predictions of shape {shapes[0]} do not belong to targets of shape {shapes[1]}: expected (B, K), (B, 1) or "
        "(B,) and (B,), or (B, K, H, W) and (B, H, W)" + ("; use targets.squeeze(-1)" if squeeze else "")
    )


def _labels_of_distributions(predictions, targets):
    """Return what `_labels` does for (..., K) scores and (..., K) probabilities of the classes."""
    if not are_distributions(targets):
        raise ValueError(
            f"targets have shape {tuple(targets.shape)}, like the predictions, and rows that do not sum to 1: "
            "expected class indices or the classes' probabilities; give a metric of your own where a sample "
            "has several labels, or flatten() both where it has one score a position"
        )
    return predictions.argmax(-1), targets.to(predictions.dtype).argmax(-1), targets.shape[-1]


def _check_not_one_hot(predictions, targets):
    one_hot = targets.ndim > 1 and targets.shape[-1] > 2 and are_distributions(targets)
    if one_hot and are_distributions(predictions):
        raise ValueError(
            f"predictions and targets of shape {tuple(targets.shape)} are both one-hot: expected class indices; "
            "use argmax(-1) on both, or flatten() both if they are the labels 0 and 1"
        )


def _check_classes(targets, num_classes=None):
    """Return the targets as whole numbers, or raise a ValueError if one is no class of num_classes."""
    if targets.is_floating_point() and not bool((targets == targets.round()).all()):
        raise ValueError("targets are not whole numbers: expected class indices, or probabilities of classes")
    targets = targets.long()
    low, high = int(targets.min()), int(targets.max())
    if num_classes is not None and (low < 0 or high >= num_classes):
        raise ValueError(f"targets run from {low} to {high}: expected 0 to {num_classes - 1}")
    return targets
