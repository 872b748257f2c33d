"""Whether a loss or a metric broadcasts: (B, 1) minus (B,) is (B, B), every prediction against every target."""

import warnings

import torch


def check_broadcasting(name, function, logits, targets):
    """Raise a ValueError if a function of (logits, targets) compares each sample's logit with all samples' targets.

    Then the order of the targets along some axis changes nothing, though it does where the shapes are equal. That is
    asked of the logits, and of right answers: beside targets of 150 the logits of a new network are all alike.

    Args:
        name: what the function is, for the message.
        function: loss or metric of the caller's own.
        logits: what the model gives.
        targets: those of the batch; nothing is checked unless they have as many numbers and another shape.
    """
    if not (isinstance(logits, torch.Tensor) and isinstance(targets, torch.Tensor)):
        return
    if logits.shape == targets.shape or logits.numel() != targets.numel():
        return
    right = targets.to(logits.dtype).reshape(logits.shape)
    for scores in (logits, right):
        try:
            given, *moved = _in_all_orders(function, scores, targets)
            fitting, *fitting_moved = _in_all_orders(function, scores.reshape(targets.shape), targets)
        except Exception:  # it wants its shapes different, or what it takes to be other than its targets
            continue
        pairs = zip(moved, fitting_moved, strict=True)
        free = any(_close(given, value) and not _close(fitting, other) for value, other in pairs)
        if free and not _close(given, fitting):
            raise ValueError(
                f"{name} broadcasts logits of shape {tuple(logits.shape)} against targets of shape "
                f"{tuple(targets.shape)}: expected equal shapes; reshape the targets, or squeeze the model's output"
            )


def _in_all_orders(function, scores, targets):
    """Return what the function gives for the targets, and for the same moved on by one along each axis."""
    orders = [targets, *(targets.roll(1, axis) for axis in range(targets.ndim))]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using a target size")  # torch's word on what is checked here
        values = [function(scores, ordered) for ordered in orders]
    return [torch.as_tensor(value).detach().cpu().double() for value in values]


def _close(value, other):
    return torch.allclose(value, other, rtol=1e-3, atol=0, equal_nan=True)
