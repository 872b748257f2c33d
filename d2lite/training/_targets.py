"""What the targets of a DataLoader's batch must be."""

import torch


def check_rows(inputs, targets, name):
    """Raise one sentence unless a batch's targets are tensors, each with one row for each sample.

    Args:
        inputs: what the batch gives the model.
        targets: tensor, or tensors in a tuple, list or dict: the parts of all samples' targets. A list of one
            tensor for each sample is something else, and would be joined with the next batch's as if it were parts.
        name: what the batch is of, for the message.
    """
    parts = _parts(targets)
    others = [type(part).__name__ for part in parts if not isinstance(part, torch.Tensor)]
    if others or not parts:
        raise TypeError(
            f"{name} has {f'a {others[0]}' if others else 'nothing'} among its targets: expected tensors with one row "
            "for each sample; give classes their numbers, and leave out what is none"
        )
    if any(part.ndim == 0 for part in parts):
        raise ValueError(
            f"{name} has a single number as targets: expected one row for each sample of a batch"
        )
    fewest, most = min(map(len, parts)), max(map(len, parts))
    several = not isinstance(targets, torch.Tensor) and isinstance(inputs, torch.Tensor)
    if fewest < most or (several and most not in inputs.shape[:2]):
        rows = most if fewest == most else f"{fewest} to {most}"
        raise ValueError(
            f"{name} has targets in {len(parts)} tensors with {rows} rows: expected one row for each sample in each of "
            "them; where a sample has several rows, pad them to one tensor"
        )


def _parts(value):
    """Return what a tuple, list or dict of values holds, or the value itself, as a list."""
    if isinstance(value, dict):
        value = list(value.values())
    return [part for held in value for part in _parts(held)] if isinstance(value, (tuple, list)) else [value]
