"""The losses that `fit` and `evaluate` choose from, with the checks that torch leaves out."""

import functools
import inspect

import torch
from torch import nn
from torch.nn import functional

from d2lite._utils.tensors import are_distributions


def automatic(logits, targets):
    """Return the mean loss of a classifier: cross-entropy, its form chosen by the shapes.

    Args:
        logits: (B, K) or (B, T, K) scores of K classes, or (B,) or (B, 1) scores of class 1 against class 0.
        targets: (B,) or (B, T) class indices (integers), or the classes' probabilities in the logits' shape,
            such as one-hot rows; for one score (B,) or (B, 1) labels 0 and 1 or probabilities.

    Returns:
        0-d tensor: cross-entropy for K classes, binary cross-entropy for one score.

    Raises:
        ValueError: the shapes do not belong together, or rows of targets are no probabilities: a sample that
            has several labels needs a loss that says so, such as nn.BCEWithLogitsLoss().
    """
    if one_score(logits, targets):
        logits = _at_least_single(logits.reshape(targets.shape))
        return functional.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype))
    return cross_entropy(logits, targets)


def class_axis(logits):
    """Return the axis of the classes: the last one, but the second of (B, K, H, W)."""
    return 1 if logits.ndim > 3 else -1


def one_score(logits, targets):
    """Return whether there is a single score for each target: logits (B,) or (B, 1)."""
    axis = class_axis(logits)
    if logits.ndim > 1 and logits.shape[axis] != 1:
        return False
    return targets.shape in (logits.shape, logits.squeeze(axis).shape if logits.ndim > 1 else None)


def cross_entropy(logits, targets):
    """Return the mean cross-entropy of (B, K), (B, T, K) or (B, K, H, W) logits to class indices.

    Targets in the shape of the logits are probabilities of the classes.
    """
    axis, logits = class_axis(logits), _at_least_single(logits)
    if logits.shape == targets.shape and logits.ndim > 1:
        _check_distributions(targets, axis)
        targets = targets.to(logits.dtype)
        return functional.cross_entropy(logits.movedim(axis, 1), targets.movedim(axis, 1))
    if logits.ndim < 2 or logits.select(axis, 0).shape != targets.shape:
        wrong = logits.ndim == targets.ndim > 1 and targets.shape[-1] == 1
        raise ValueError(
            f"targets have shape {tuple(targets.shape)} for logits of shape {tuple(logits.shape)}: expected (B,) class "
            "indices for (B, K) scores, or (B,) labels for (B,) or (B, 1) scores of two classes"
            + ("; use targets.squeeze(-1)" if wrong else "")
        )
    if targets.is_floating_point():
        raise ValueError(
            f"targets are {targets.dtype}, of shape {tuple(targets.shape)} for logits of shape {tuple(logits.shape)}: "
            "expected class indices as integers; use targets.long(), or loss='mse' for regression"
        )
    if axis == -1:
        # (B * T, K), (B * T,)
        return functional.cross_entropy(logits.flatten(0, -2), targets.flatten().long())
    return functional.cross_entropy(logits, targets.long())


def mse(predictions, targets):
    """Return the mean squared error; (B, 1) predictions meet (B,) targets without broadcasting to (B, B)."""
    if _without_last_1(predictions) != _without_last_1(targets):
        raise ValueError(
            f"predictions have shape {tuple(predictions.shape)} for targets of shape {tuple(targets.shape)}: "
            "expected one number for each target"
        )
    predictions = _at_least_single(predictions.reshape(targets.shape))
    return functional.mse_loss(predictions, targets.to(predictions.dtype))


def _at_least_single(logits):
    """Return logits of half precision in single: in half, targets and losses have three digits, and sums overflow."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def _without_last_1(values):
    return values.shape[:-1] if values.ndim > 1 and values.shape[-1] == 1 else values.shape


NAMES = {"cross_entropy": automatic, "mse": mse}
_SOFTMAX = (automatic, functional.cross_entropy, nn.CrossEntropyLoss)
_SIGMOID = (functional.binary_cross_entropy_with_logits, nn.BCEWithLogitsLoss)
_PROBABILITIES = (functional.binary_cross_entropy, nn.BCELoss)
_LOGARITHMS = (functional.nll_loss, nn.NLLLoss)


def resolve(loss):
    """Return the loss function for None (automatic), a name, or a function (itself)."""
    if loss is None:
        return automatic
    if isinstance(loss, str):
        if loss not in NAMES:
            names = " or ".join(map(repr, NAMES))
            raise ValueError(f"loss is {loss!r}: expected {names}, or a function of (logits, targets)")
        return NAMES[loss]
    if not callable(loss) or isinstance(loss, type):
        name = loss.__name__ if isinstance(loss, type) else type(loss).__name__
        got = f"the class {name}" if isinstance(loss, type) else f"a {name}"
        made = f"; make one: {name}()" if isinstance(loss, type) else ""
        raise TypeError(f"loss is {got}: expected a name or a function of (logits, targets){made}")
    return loss


def takes_logits(loss):
    """Return whether a loss is known to apply softmax or sigmoid itself."""
    return _kind(loss) in _SOFTMAX + _SIGMOID


def takes_probabilities(loss):
    """Return whether a loss is known to take the probability of class 1."""
    return _kind(loss) in _PROBABILITIES


def has_classes_second(loss):
    """Return whether a loss is one of torch's, whose classes are on the second axis, also of three."""
    return _kind(loss) in _SOFTMAX[1:] + _LOGARITHMS


def check_log_probabilities(loss, logits):
    """Raise ValueError if a loss needs logarithms of probabilities over axis 1 and gets anything else."""
    if _kind(loss) not in _LOGARITHMS or logits.ndim < 2:
        return
    if bool((logits.float().logsumexp(1).abs() > 0.01).any()):
        raise ValueError(
            "the loss NLLLoss takes logarithms of probabilities, and the model gives others: end it in LogSoftmax, "
            "or pass loss=nn.CrossEntropyLoss() for logits"
        )


def _kind(loss):
    """Return the function behind a partial, or the class of a module."""
    while isinstance(loss, functools.partial):
        loss = loss.func
    return type(loss) if isinstance(loss, nn.Module) else loss


def check_targets(loss, logits, targets):
    """Raise ValueError if the targets are out of the range that a loss known here needs.

    Args:
        loss: what `resolve` returned; a function of the caller's own is not checked.
        logits: the model's output for the first B samples.
        targets: all targets at hand.
    """
    if targets.numel() == 0:
        return
    if targets.dtype in (torch.uint16, torch.uint32, torch.uint64):  # torch has no min of these
        targets = targets.long()
    if _kind(loss) in _SIGMOID + _PROBABILITIES:
        low, high = targets.min().item(), targets.max().item()
        if not 0 <= low <= high <= 1:
            raise ValueError(
                f"targets run from {low:g} to {high:g}: expected 0 to 1 for binary cross-entropy; give the two classes "
                "the numbers 0 and 1"
            )
    elif _kind(loss) not in _SOFTMAX:
        return
    elif loss is automatic and one_score(logits, targets[: len(logits)]):
        low, high = targets.min().item(), targets.max().item()
        if not 0 <= low <= high <= 1:
            raise ValueError(
                f"targets run from {low:g} to {high:g}: expected 0 to 1, as the model gives one score per sample, for "
                "two classes; give it one output per class, or pass loss='mse' for regression"
            )
    elif targets.shape[1:] == logits.shape[1:] and logits.ndim > 1:
        _check_distributions(targets, class_axis(logits) if loss is automatic else 1)
    elif not targets.is_floating_point() and logits.ndim == targets.ndim + 1:
        axis = class_axis(logits) if loss is automatic else 1
        _check_indices(targets, logits.shape[axis], _ignored(loss))


def _check_distributions(targets, axis):
    if not are_distributions(targets, axis):
        raise ValueError(
            f"targets have the logits' shape {tuple(targets.shape)} and rows that do not sum to 1: "
            "expected class indices, or the classes' probabilities; where a sample has several labels pass "
            "loss=nn.BCEWithLogitsLoss(), for regression loss='mse'"
        )


def _check_indices(targets, num_classes, ignored):
    counted = targets if ignored is None else targets[targets != ignored]
    if counted.numel() and (counted.min() < 0 or counted.max() >= num_classes):
        raise ValueError(
            f"targets run from {int(counted.min())} to {int(counted.max())}: expected class indices from 0 to "
            f"{num_classes - 1}, as the model has {num_classes} outputs"
        )


def ignored_cause(loss):
    """Return in words what makes a mean of no target NaN; "" for a loss that is known to leave out none."""
    kind = _kind(loss)
    of_torch = (getattr(kind, "__module__", None) or "").startswith("torch.")
    if kind in NAMES.values() or (of_torch and "ignore_index" not in inspect.signature(kind).parameters):
        return ""
    return "a batch of which the loss ignores every target (ignore_index), "


def _ignored(loss):
    """Return the target that a loss of torch's leaves out, or None."""
    if loss is automatic:
        return None
    if isinstance(loss, functools.partial):
        return loss.keywords.get("ignore_index", -100)
    return getattr(loss, "ignore_index", -100)
