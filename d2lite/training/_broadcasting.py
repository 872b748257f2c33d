"""Whether a loss or a metric broadcasts: (B, 1) minus (B,) is (B, B), every prediction against every target."""

import warnings

import torch


def check_broadcasting(name, function, logits, targets):
    """Raise a ValueError if a function of (logits, targets) compares each sample's logit with all samples' targets.

    Then shapes that are equal give another value, while the order of the targets changes nothing. That is asked of
    the logits, and of right answers: beside targets of 150 the logits of a new network are all alike.

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
            given, fitting, mixed = _values(function, scores, targets)
        except Exception:  # it wants its shapes different, or what it takes to be other than its targets
            continue
        if not _close(given, fitting) and _close(given, mixed):
            raise ValueError(
                f"{name} broadcasts logits of shape {tuple(logits.shape)} against targets of shape "
                f"{tuple(targets.shape)}: expected equal shapes; reshape the targets, or squeeze the model's output"
            )


def _values(function, scores, targets):
    """Return what the function gives for shapes as they are, for equal ones, and for targets in another order."""
    calls = (scores, targets), (scores.reshape(targets.shape), targets), (scores, targets.flip(0))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using a target size")  # torch's word on what is checked here
        return [torch.as_tensor(function(*pair)).detach().cpu().double() for pair in calls]


def _close(value, other):
    return torch.allclose(value, other, rtol=1e-3, atol=0, equal_nan=True)
