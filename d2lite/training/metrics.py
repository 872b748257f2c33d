"""How good predictions are: functions of (logits, targets), as `fit` and `evaluate` take them."""

import torch
from torch.nn import functional


def accuracy(predictions, targets):
    """Return the fraction of right answers.

    Args:
        predictions: (B, K) logits or probabilities of K classes, (B,) or (B, 1) float logits of class 1
            against class 0 (class 1 where above 0), or integer class indices of the targets' shape.
            A (B, T, K) tensor with (B, T) targets is counted position by position.
        targets: (B,) or (B, T) class indices, integers or whole floats.

    Returns:
        0-d tensor in [0, 1] on the predictions' device, as torch's losses are; ``float()`` makes it a number.

    Raises:
        ValueError: the shapes do not belong together, or there is nothing to count.
    """
    labels, targets = _labels(predictions, targets)
    return (labels == targets).float().mean()


def confusion(predictions, targets, num_classes=None):
    """Return how often each class was taken for each other.

    Args:
        predictions, targets: as in `accuracy`.
        num_classes: K; None takes it from the logits, or from the largest label.

    Returns:
        (K, K) long tensor: row the true class, column the predicted one; it sums to the number of targets.

    Raises:
        ValueError: shapes that do not belong together, or a label outside 0 to K - 1.
    """
    scores = torch.as_tensor(predictions)
    labels, targets = _labels(predictions, targets)
    if num_classes is None:
        from_logits = scores.shape[-1] if scores.ndim > targets.ndim and scores.shape[-1] > 1 else 2
        largest = int(torch.maximum(labels.max(), targets.max())) + 1
        num_classes = max(largest, from_logits if scores.is_floating_point() else 1)
    low = min(int(labels.min()), int(targets.min()))
    high = max(int(labels.max()), int(targets.max()))
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
        targets: (B,) or (B, T) indices of the symbols that came (long).

    Returns:
        0-d tensor, at least 1, on the logits' device.

    Raises:
        ValueError: the shapes do not belong together, or a target is outside 0 to K - 1.
    """
    logits, targets = torch.as_tensor(logits), torch.as_tensor(targets)
    if logits.shape[:-1] != targets.shape or targets.numel() == 0:
        raise ValueError(
            f"logits of shape {tuple(logits.shape)} and targets of shape {tuple(targets.shape)}: expected "
            "(B, K) and (B,), or (B, T, K) and (B, T), not empty"
        )
    num_classes = logits.shape[-1]
    if targets.min() < 0 or targets.max() >= num_classes:
        raise ValueError(
            f"targets run from {int(targets.min())} to {int(targets.max())}: expected 0 to {num_classes - 1}"
        )
    return functional.cross_entropy(logits.flatten(0, -2), targets.flatten().long()).exp()


def _labels(predictions, targets):
    predictions, targets = torch.as_tensor(predictions), torch.as_tensor(targets)
    if targets.ndim == 2 and targets.shape[1] == 1 and predictions.shape == targets.shape:
        predictions, targets = predictions.squeeze(1), targets.squeeze(1)  # (B, 1) -> (B,)
    if targets.numel() == 0:
        raise ValueError("targets are empty: expected at least one")
    if predictions.shape == targets.shape:
        labels = (predictions > 0).long() if predictions.is_floating_point() else predictions
    elif predictions.shape[:-1] == targets.shape and predictions.shape[-1] == 1:
        labels = (predictions.squeeze(-1) > 0).long()
    elif predictions.shape[:-1] == targets.shape and predictions.shape[-1] > 1:
        labels = predictions.argmax(-1)
    else:
        raise ValueError(
            f"predictions of shape {tuple(predictions.shape)} do not belong to targets of shape "
            f"{tuple(targets.shape)}: expected (B, K), (B, 1) or (B,) and (B,)"
        )
    return labels, targets


_MODES = {"loss": "min", "accuracy": "max", "perplexity": "min"}


def mode_of(name, function=None):
    """Return whether a figure should fall, "min", or rise, "max"; None if that is not known.

    This is the one place that knows. A metric of your own says it by an attribute: ``f1.mode = "max"``.

    Args:
        name: "loss" or a metric's name, with or without "train_" or "validation_" before it.
        function: the metric, if at hand.
    """
    own = getattr(function, "mode", None)
    name = name.removeprefix("train_").removeprefix("validation_")
    return own if own in ("min", "max") else _MODES.get(name)
