"""Language models that count: n-grams with interpolated Kneser-Ney smoothing."""

import warnings

import numpy as np
import torch

from d2lite._utils.checks import check_count
from d2lite._utils.tensors import as_whole_numbers


class NgramModel:
    """The chance of each next token, from counts of the last few.

    A token w after the context h of n - 1 tokens gets

        p(w | h) = (max(c(h w) - d, 0) + d N(h) p(w | h')) / c(h)

    where h' is h without its oldest token, c(h) the sum of c(h w) over all w, N(h) the number of different w seen
    after h, and d a discount: what is taken from the counts seen is spread over all tokens by the shorter context.
    At the longest context c(h w) counts occurrences; below it, the different tokens seen before h w. Under the
    single token stands 1 / K. Each length has its own d = n1 / (n1 + 2 n2), where n1 and n2 are how many
    counts are 1 and 2. A context never seen leaves the word to the shorter one.

    Args:
        ids: (N,) integers in 0..K - 1, the training text.
        order: n, the longest run of tokens that is counted; 1 ignores the context.
        num_tokens: K, the size of the vocabulary.

    Raises:
        ValueError: an order or num_tokens below 1, fewer ids than the order, ids of another shape, or an id outside
            0 to K - 1.

    Source: Kneser and Ney 1995; interpolated as in Chen and Goodman 1999; d after Ney, Essen and Kneser 1994.
    Taught in chapters/07_rnn/sequences.
    """

    def __init__(self, ids, order, num_tokens):
        self.order, self.num_tokens = (
            check_count(order, "order"),
            check_count(num_tokens, "num_tokens", most=2**31),
        )
        ids = self._checked(ids)
        if len(ids) < self.order:
            raise ValueError(f"ids has {len(ids)} numbers: expected at least {order}, the order")
        self._tables, grams = [], np.zeros(len(ids), dtype=np.int64)
        for n in range(1, self.order + 1):
            table, grams = _count(ids, grams, n, self.num_tokens)
            self._tables.append(table)
        for shorter, longer in zip(self._tables, self._tables[1:], strict=False):
            shorter.smooth(np.bincount(longer.suffixes, minlength=len(shorter.keys)))
        self._tables[-1].smooth(self._tables[-1].occurrences)

    def probabilities(self, ids):
        """Return (N,) float64: the chance given to each token of a text, from the tokens before it.

        The first tokens have less than n - 1 before them and make do with those.
        """
        ids = self._checked(ids)
        if len(ids) == 0:
            return np.zeros(0)
        padded = np.concatenate([np.full(self.order - 1, -1), ids])
        return self._score(np.lib.stride_tricks.sliding_window_view(padded, self.order))  # (N, n)

    def perplexity(self, ids):
        """Return the exponential of the mean of -log p over a text: how many tokens an even bet would be between.

        Raises:
            ValueError: the text is empty, or an id is outside 0 to K - 1.
        """
        chances = self.probabilities(ids)
        if len(chances) == 0:
            raise ValueError("ids is empty: expected at least one token")
        return float(np.exp(-np.log(chances).mean()))

    def next_token_probabilities(self, context):
        """Return (K,) float64, the chance of every token after a context of any length (it sums to 1)."""
        context = self._checked(context)[-(self.order - 1) :] if self.order > 1 else np.zeros(0, np.int64)
        rows = np.full((self.num_tokens, self.order), -1)
        rows[:, self.order - 1 - len(context) : -1] = context  # (n - 1,) -> (K, n - 1)
        rows[:, -1] = np.arange(self.num_tokens)
        return self._score(rows)

    def next_token(self, context):
        """Return `next_token_probabilities`, with a warning: the name said that a token comes back."""
        warnings.warn("next_token is now next_token_probabilities", DeprecationWarning, stacklevel=2)
        return self.next_token_probabilities(context)

    def sample(self, count, context=(), generator=None):
        """Return (count,) long: tokens drawn one after another, each from what came before it.

        Args:
            count: how many tokens to draw.
            context: (M,) ids that come before the first.
            generator: torch.Generator; None uses the global one.
        """
        text, count = self._checked(context).tolist(), check_count(count, "count", 0)
        for _ in range(count):
            chances = torch.from_numpy(self.next_token_probabilities(text[-self.order :]))
            text.append(int(torch.multinomial(chances, 1, generator=generator)))
        return torch.tensor(text[len(text) - count :], dtype=torch.long)

    def _checked(self, ids):
        ids = as_whole_numbers(ids, "ids").cpu().numpy()
        if ids.ndim != 1:
            raise ValueError(f"ids has shape {ids.shape}: expected (N,), one text")
        if ids.size and not 0 <= ids.min() <= ids.max() < self.num_tokens:
            raise ValueError(
                f"ids is from {ids.min()} to {ids.max()}: expected 0 to {self.num_tokens - 1} for a vocabulary "
                f"of {self.num_tokens}"
            )
        return ids

    def _score(self, rows):
        """Return (R,) chances of the last token of (R, n) rows; -1 stands for nothing before the beginning."""
        chances = np.full(len(rows), 1 / self.num_tokens)
        grams = contexts = np.zeros(len(rows), dtype=np.int64)
        for n, table in enumerate(self._tables, start=1):
            oldest = rows[:, -n]
            if n > 1:
                contexts = self._tables[n - 2].find(contexts, oldest)
            grams = table.find(grams, oldest)
            chances = table.mix(chances, grams, contexts)
        return chances


class _Table:
    """All runs of n tokens of the training text: gram number g is its suffix of n - 1 tokens and one token more.

    Args:
        keys: (G,) sorted; suffix * K + oldest token.
        num_tokens: K.
        contexts: (G,) the number of each gram's first n - 1 tokens in the table before this one.
        occurrences: (G,) how often each gram comes.
    """

    def __init__(self, keys, num_tokens, contexts, occurrences):
        self.keys, self.num_tokens = keys, num_tokens
        self.contexts, self.occurrences = contexts, occurrences
        self.suffixes = keys // num_tokens

    def smooth(self, counts):
        """Take the (G,) counts that this length's chances follow, with their discount."""
        once, twice = int((counts == 1).sum()), int((counts == 2).sum())
        self.discount = once / (once + 2 * twice) if once and twice else 0.5  # few tokens: no counts so small
        self.counts = counts
        self.totals = np.bincount(self.contexts, weights=counts)
        self.followers = np.bincount(self.contexts, weights=counts > 0)

    def find(self, suffixes, oldest):
        """Return (R,) numbers of grams; -1 for one that the training text does not hold."""
        keys = suffixes * self.num_tokens + oldest
        grams = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        known = (suffixes >= 0) & (oldest >= 0) & (self.keys[grams] == keys)
        return np.where(known, grams, -1)

    def mix(self, shorter, grams, contexts):
        """Return (R,) chances, given those of the shorter context; it stands alone where the context is new."""
        known = (contexts >= 0) & (contexts < len(self.totals))
        contexts = np.where(known, contexts, 0)
        totals, followers = self.totals[contexts], self.followers[contexts]
        counts = np.where(grams >= 0, self.counts[grams], 0)
        known &= totals > 0
        mixed = np.maximum(counts - self.discount, 0) + self.discount * followers * shorter
        return np.where(known, mixed / np.where(known, totals, 1), shorter)


def _count(ids, shorter, n, num_tokens):
    """Return the table of runs of n tokens, and which of them ends at each token (-1: none so short of the start).

    Args:
        ids: (N,) the text.
        shorter: (N,) which run of n - 1 tokens ends at each token.
    """
    ends = np.arange(n - 1, len(ids))
    keys = shorter[ends] * num_tokens + ids[ends - n + 1]
    unique, first, inverse, occurrences = np.unique(
        keys, return_index=True, return_inverse=True, return_counts=True
    )
    contexts = shorter[ends[first] - 1] if n > 1 else np.zeros(len(unique), dtype=np.int64)
    grams = np.full(len(ids), -1)
    grams[ends] = inverse
    return _Table(unique, num_tokens, contexts, occurrences), grams
