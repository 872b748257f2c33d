"""The losses that `fit` and `evaluate` choose from, with the checks that torch leaves out."""

from torch.nn import functional


def automatic(logits, targets):
    """Return the mean loss of a classifier: cross-entropy, its form chosen by the shapes.

    Args:
        logits: (B, K) or (B, T, K) scores of K classes, or (B,) or (B, 1) scores of class 1 against class 0.
        targets: (B,) or (B, T) class indices (long), or (B,) or (B, 1) floats in [0, 1].

    Returns:
        0-d tensor: cross-entropy for K classes, binary cross-entropy for one score.

    Raises:
        ValueError: the shapes do not belong together.
    """
    if logits.shape == targets.shape or (logits.shape[-1:] == (1,) and logits.shape[:-1] == targets.shape):
        return functional.binary_cross_entropy_with_logits(
            logits.reshape(targets.shape), targets.to(logits.dtype)
        )
    return cross_entropy(logits, targets)


def cross_entropy(logits, targets):
    """Return the mean cross-entropy of (B, K), (B, T, K) or (B, K, H, W) logits to class indices."""
    if targets.is_floating_point():
        raise ValueError(
            f"float targets of shape {tuple(targets.shape)} with logits of shape {tuple(logits.shape)}: "
            "class indices must be integers (use targets.long()); for regression pass loss='mse'"
        )
    if logits.ndim <= 3 and logits.shape[:-1] == targets.shape:
        return functional.cross_entropy(
            logits.flatten(0, -2), targets.flatten().long()
        )  # (B * T, K), (B * T,)
    if logits.shape[:1] + logits.shape[2:] == targets.shape:
        return functional.cross_entropy(logits, targets.long())
    raise ValueError(
        f"logits of shape {tuple(logits.shape)} do not belong to targets of shape {tuple(targets.shape)}: "
        "expected (B, K) scores with (B,) class indices, or (B,) or (B, 1) scores for two classes"
    )


def mse(predictions, targets):
    """Return the mean squared error; (B, 1) predictions meet (B,) targets without broadcasting to (B, B)."""
    if predictions.numel() != targets.numel():
        raise ValueError(
            f"predictions of shape {tuple(predictions.shape)} do not match targets of shape "
            f"{tuple(targets.shape)}: the model must give one number for each target"
        )
    return functional.mse_loss(predictions.reshape(targets.shape), targets.to(predictions.dtype))


NAMES = {"cross_entropy": automatic, "mse": mse}


def resolve(loss):
    """Return the loss function for None (automatic), a name, or a function (itself)."""
    if loss is None:
        return automatic
    if isinstance(loss, str):
        if loss not in NAMES:
            raise ValueError(
                f"unknown loss {loss!r}: use one of {', '.join(NAMES)}, or a function of (logits, targets)"
            )
        return NAMES[loss]
    if not callable(loss):
        raise TypeError(f"loss is a {type(loss).__name__}: pass a name or a function of (logits, targets)")
    return loss


def check_targets(loss, logits, targets):
    """Raise ValueError if the targets are out of the range that a named loss needs.

    Args:
        loss: what `resolve` returned; a function of the caller's own is not checked.
        logits: the model's output for a few samples.
        targets: all targets at hand.
    """
    if loss is not automatic or targets.numel() == 0:
        return
    low, high = targets.min().item(), targets.max().item()
    one_score = logits.ndim == targets.ndim or (logits.shape[-1] == 1 and logits.ndim == targets.ndim + 1)
    if one_score and not 0 <= low <= high <= 1:
        raise ValueError(
            f"targets run from {low:g} to {high:g}, but one score per sample means two classes, 0 and 1: "
            "give the model one output per class, or pass loss='mse' for regression"
        )
    if not one_score and not targets.is_floating_point():
        classes = (
            logits.shape[-1] if logits.ndim == targets.ndim + 1 and logits.ndim <= 3 else logits.shape[1]
        )
        if low < 0 or high >= classes:
            raise ValueError(
                f"class indices run from {low} to {high}, but the model has {classes} outputs, for classes 0 "
                f"to {classes - 1}: change the last layer or the labels"
            )
