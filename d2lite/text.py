"""Text and series as numbers: tokens, a vocabulary, and windows in batches."""

import collections
import re

import numpy as np
import torch

from d2lite.datasets._data import check_choice
from d2lite.datasets._rng import Rng

LEVELS = ("character", "word")
ORDERS = ("random", "sequential")
UNKNOWN = "<unk>"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")


def tokenize(text, level="character"):
    """Cut a text into tokens.

    Args:
        text: a string.
        level: "character" gives every character, spaces and line ends included; "word" gives words in lower
            case, with their inner apostrophes, and each punctuation mark by itself: white space is lost.

    Returns:
        list of strings.

    Raises:
        TypeError: text is not a string.
        ValueError: there is no level of that name.

    Taught in chapters/07_rnn/sequences.
    """
    check_choice(level, LEVELS, "level")
    if not isinstance(text, str):
        raise TypeError(f"text is a {type(text).__name__}: expected a string; decode bytes first")
    return list(text) if level == "character" else _WORD.findall(text.lower())


class Vocabulary:
    """Tokens and their numbers, most frequent first; number 0 stands for every token that is not in it.

    Args:
        tokens: the training text's tokens; ties in frequency are put in alphabetical order.
        min_count: tokens that come less often are left out.
        max_size: at most so many numbers, the unknown token's included; None for no limit.

    Raises:
        ValueError: no tokens, or a min_count or max_size below 1.

    Attributes:
        tokens: list of K strings; the first is "<unk>".
        counts: list of K numbers, how often each came in the training text.

    Taught in chapters/07_rnn/sequences.
    """

    def __init__(self, tokens, min_count=1, max_size=None):
        _check_counts(min_count=min_count, **({} if max_size is None else {"max_size": max_size}))
        counted = collections.Counter(tokens)
        if not counted:
            raise ValueError("there are no tokens: expected the tokens of a training text, at least one")
        unknown = counted.pop(UNKNOWN, 0)
        ranked = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        kept = [pair for pair in ranked if pair[1] >= min_count]
        kept = kept if max_size is None else kept[: max_size - 1]
        self.tokens = [UNKNOWN, *(token for token, _ in kept)]
        unknown += sum(counted.values()) - sum(count for _, count in kept)
        self.counts = [unknown, *(count for _, count in kept)]
        self._numbers = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self._numbers

    def __repr__(self):
        return f"Vocabulary of {len(self)} tokens: {' '.join(map(repr, self.tokens[:6]))} ..."

    def encode(self, tokens):
        """Return the tokens' numbers, (N,) long; 0 for a token that is not in the vocabulary."""
        return torch.tensor([self._numbers.get(token, 0) for token in tokens], dtype=torch.long)

    def decode(self, ids):
        """Return the list of N tokens of (N,) numbers.

        Raises:
            ValueError: a number outside 0 to K - 1.
        """
        numbers = np.asarray(ids).reshape(-1)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(self):
            raise ValueError(
                f"ids run from {numbers.min()} to {numbers.max()}: expected 0 to {len(self) - 1}, "
                f"the numbers of {len(self)} tokens"
            )
        return [self.tokens[number] for number in numbers]


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
    step = num_steps if stride is None else stride
    _check_counts(num_steps=num_steps, batch_size=batch_size, horizon=horizon, stride=step)
    if order == "sequential" and step != num_steps:
        raise ValueError(
            f"stride is {step} and num_steps {num_steps}: in sequential order each window goes on where the one "
            "before it ended, so leave stride out"
        )
    rng = Rng(0 if seed is None else seed)
    offset = 0 if seed is None else int(rng.uniform(1)[0] * step)
    arrange = _random_starts if order == "random" else _sequential_starts
    starts = arrange(length - horizon - offset, num_steps, batch_size, step, rng) + offset
    if len(starts) == 0:
        needed = num_steps + (batch_size - 1) * step + horizon + offset
        raise ValueError(
            f"a sequence of {length} is too short for one batch of {batch_size} windows of {num_steps}: expected "
            f"at least {needed}; take shorter windows or smaller batches"
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
    """Yield the batches (inputs, targets) of one epoch.

    Args:
        sequence: (N,) tensor of token numbers, or (N,) or (N, D) tensor of a series' values.
        num_steps: T, the elements of one window.
        batch_size: B, the windows of one batch.
        **options: order, horizon, stride and seed, as in `window_starts`.

    Yields:
        inputs (B, T) or (B, T, D), and targets of the same shape, `horizon` elements later. Where one value
        is to be predicted from a whole window, take the last target: targets[:, -1].

    Raises:
        ValueError: as in `window_starts`.

    Taught in chapters/07_rnn/sequences.
    """
    sequence = torch.as_tensor(sequence)
    starts = window_starts(len(sequence), num_steps, batch_size, **options)
    steps = torch.arange(num_steps)
    for batch in torch.from_numpy(starts):
        index = batch[:, None] + steps  # (B, 1) + (T,) -> (B, T)
        yield sequence[index], sequence[index + options.get("horizon", 1)]


def _check_counts(**counts):
    for name, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
            raise ValueError(f"{name} is {count!r}: expected a whole number, at least 1")
