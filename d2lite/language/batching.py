"""Sequences, of tokens or of values, in batches of windows."""

import numpy as np
import torch

from d2lite._utils.checks import check_choice, check_count, check_counts
from d2lite._utils.rng import Rng
from d2lite._utils.tensors import as_tensor

ORDERS = ("random", "sequential")


def window_starts(length, num_steps, batch_size, *, order="random", horizon=1, stride=None, seed=None):
    """Return where the windows of one epoch begin.

    A window that begins at s has the inputs x[s] to x[s + T - 1], and each input's target lies `horizon` later.

    Args:
        length: number of elements of the sequence.
        num_steps: T, the elements of one window.
        batch_size: B, the windows of one batch.
        order: "random": windows are cut `stride` apart and shuffled. "sequential": the sequence is cut into B
            streams of equal length, and row b of a batch goes on where row b of the batch before it ended, so
            that a hidden state may be carried over.
        horizon: how far ahead the targets lie, at least 1.
        stride: distance between neighbouring windows in random order; None takes T, so that none overlap.
        seed: an integer picks the first window's offset, from 0 to stride - 1, and the random order: give each
            epoch its own. None starts at 0 (and stands for seed 0 in random order).

    Returns:
        (number of batches, B) int64 array. What fills no whole window or batch is left out.

    Raises:
        ValueError: a bad argument, or a sequence too short for one batch.

    Taught in chapters/07_rnn/sequences.
    """
    check_choice(order, ORDERS, "order")
    num_steps, batch_size, horizon = check_counts(num_steps=num_steps, batch_size=batch_size, horizon=horizon)
    length, step = (
        check_count(length, "length", 0),
        num_steps if stride is None else check_count(stride, "stride"),
    )
    if order == "sequential" and step != num_steps:
        raise ValueError(
            f"stride is {step}: expected num_steps, {num_steps}, in sequential order, where each window goes on where "
            "the one before it ended; leave stride out"
        )
    rng = Rng(0 if seed is None else seed)
    offset = 0 if seed is None else int(rng.uniform(1)[0] * step)
    arrange = _random_starts if order == "random" else _sequential_starts
    starts = arrange(length - horizon - offset, num_steps, batch_size, step, rng) + offset
    if len(starts) == 0:
        needed = num_steps + (batch_size - 1) * step + horizon + offset
        raise ValueError(
            f"length is {length}: expected at least {needed} for one batch of {batch_size} windows of {num_steps}; "
            "take shorter windows or smaller batches"
        )
    return starts


def _random_starts(usable, num_steps, batch_size, stride, rng):
    count = max(0, (usable - num_steps) // stride + 1)
    shuffled = np.array(rng.permutation(count), dtype=np.int64) * stride
    return shuffled[: count // batch_size * batch_size].reshape(-1, batch_size)


def _sequential_starts(usable, num_steps, batch_size, stride, rng):
    per_stream = max(0, usable) // (batch_size * num_steps)
    grid = np.arange(batch_size * per_stream, dtype=np.int64) * num_steps
    return grid.reshape(batch_size, per_stream).T  # (batches, B): a stream is a column


def windows(sequence, num_steps, batch_size, **options):
    """Return an iterator over the batches (inputs, targets) of one epoch.

    Args:
        sequence: (N,) tensor of token numbers, or (N,) or (N, D) tensor of a series' values.
        num_steps: T, the elements of one window.
        batch_size: B, the windows of one batch.
        **options: order, horizon, stride and seed, as in `window_starts`.

    Returns:
        iterator of inputs (B, T) or (B, T, D) and targets of the same shape, `horizon` elements later. Where one
        value is to be predicted from a whole window, take the last target: targets[:, -1].

    Raises:
        ValueError: as in `window_starts`.

    Taught in chapters/07_rnn/sequences.
    """
    sequence = as_tensor(sequence, "sequence")
    if sequence.ndim not in (1, 2):
        raise ValueError(f"sequence has shape {tuple(sequence.shape)}: expected (N,) or (N, D)")
    starts = torch.from_numpy(window_starts(len(sequence), num_steps, batch_size, **options))
    # (B, 1) + (T,) -> (B, T)
    indices = (batch[:, None] + torch.arange(int(num_steps)) for batch in starts)
    horizon = int(options.get("horizon", 1))
    return ((sequence[index], sequence[index + horizon]) for index in indices)
