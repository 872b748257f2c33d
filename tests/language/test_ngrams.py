"""Counting language models against a plain recursive one, and laws that any distribution keeps."""

import collections
import math

import numpy as np
import pytest
import torch

from d2lite.language.ngrams import NgramModel

ALPHABET = 5


def text_of(length, seed, tokens=ALPHABET):
    rng = np.random.default_rng(seed)
    return (rng.integers(0, tokens, length) * rng.integers(0, 2, length)).tolist()


class Recursive:
    """Interpolated Kneser-Ney written from the formula, with dictionaries of tuples."""

    def __init__(self, ids, order, num_tokens):
        self.order, self.num_tokens = order, num_tokens
        runs = {n: [tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)] for n in range(1, order + 1)}
        self.counts = {order: collections.Counter(runs[order])}
        for n in range(1, order):
            before = collections.defaultdict(set)
            for run in runs[n + 1]:
                before[run[1:]].add(run[0])
            self.counts[n] = {run: len(before[run]) for run in runs[n]}

    def discount(self, n):
        values = collections.Counter(self.counts[n].values())
        return values[1] / (values[1] + 2 * values[2]) if values[1] and values[2] else 0.5

    def chance(self, token, context, n):
        if n == 0:
            return 1 / self.num_tokens
        shorter = self.chance(token, context[1:], n - 1)
        after = {run[-1]: c for run, c in self.counts[n].items() if run[:-1] == tuple(context) and c > 0}
        if not after:
            return shorter
        d = self.discount(n)
        return (max(after.get(token, 0) - d, 0) + d * len(after) * shorter) / sum(after.values())


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("length", [6, 60, 300])
def test_agrees_with_the_formula_written_out(order, length):
    train, other = text_of(length, 1), text_of(40, 2, ALPHABET + 1)
    model, oracle = NgramModel(train, order, ALPHABET + 1), Recursive(train, order, ALPHABET + 1)
    expected = []
    for t, token in enumerate(other):
        context = other[max(0, t - order + 1) : t]
        expected.append(oracle.chance(token, context, len(context) + 1))
    np.testing.assert_allclose(model.probabilities(other), expected, rtol=1e-12)
    perplexity = math.exp(-sum(map(math.log, expected)) / len(expected))
    assert model.perplexity(other) == pytest.approx(perplexity, rel=1e-12)


def test_one_token_is_counted_by_hand():
    """abab: the unigram's d is 0.5, so p(a) = (2 - 0.5 + 0.5 * 2 / 4) / 4."""
    model = NgramModel([1, 2, 1, 2], 1, 4)
    np.testing.assert_allclose(model.next_token_probabilities([]), [0.0625, 0.4375, 0.4375, 0.0625])


@pytest.mark.parametrize("order", range(1, 7))
def test_chances_of_the_next_token_sum_to_one(order):
    model = NgramModel(text_of(200, 3), order, ALPHABET + 2)
    for context in ([], [1], [6, 6, 6], text_of(3, 4), text_of(30, 5)):
        chances = model.next_token_probabilities(context)
        assert chances.sum() == pytest.approx(1, abs=1e-12)
        assert (chances > 0).all(), "no token is impossible, not even one that never came"


def test_next_token_and_probabilities_are_one_thing():
    text = text_of(30, 7)
    model = NgramModel(text_of(500, 6), 4, ALPHABET)
    for t, chance in enumerate(model.probabilities(text)):
        assert model.next_token_probabilities(text[:t])[text[t]] == chance


def test_longer_context_helps_where_there_is_one_to_see():
    """A text with period 3 whose next token the last two decide."""
    text = [0, 1, 2, 1] * 100
    perplexities = [NgramModel(text, order, 3).perplexity(text[:200]) for order in (1, 2, 3)]
    assert perplexities[0] > perplexities[1] > perplexities[2]
    assert perplexities[2] < 1.1


def test_even_bets_on_noise():
    noise = np.random.default_rng(0).integers(0, 8, 50_000)
    assert NgramModel(noise[:40_000], 2, 8).perplexity(noise[40_000:]) == pytest.approx(8, rel=0.02)


def test_samples_follow_the_chances():
    model = NgramModel(text_of(400, 8), 2, ALPHABET)
    drawn = model.sample(4000, [1], generator=torch.Generator().manual_seed(0))
    assert drawn.dtype == torch.long and drawn.shape == (4000,)
    after_zero = drawn[1:][drawn[:-1] == 0]
    shares = torch.bincount(after_zero, minlength=ALPHABET) / len(after_zero)
    np.testing.assert_allclose(shares, model.next_token_probabilities([0]), atol=0.03)


def test_names_what_is_wrong():
    with pytest.raises(ValueError, match="order is 0"):
        NgramModel([0, 1], 0, 2)
    with pytest.raises(ValueError, match="ids has 2 numbers: expected at least 3"):
        NgramModel([0, 1], 3, 2)
    with pytest.raises(ValueError, match="ids is from 0 to 5: expected 0 to 2"):
        NgramModel([0, 5], 1, 3)
    with pytest.raises(ValueError, match="ids is empty"):
        NgramModel([0, 1], 1, 2).perplexity([])


def test_ids_of_any_kind_and_whole():
    plain = NgramModel([0, 1, 2, 1, 0, 1], 2, 3)
    for ids in (
        np.array([0, 1, 2, 1, 0, 1], dtype=np.uint8),
        torch.tensor([0, 1, 2, 1, 0, 1], dtype=torch.int32),
    ):
        model = NgramModel(ids, np.int64(2), np.int32(3))
        np.testing.assert_array_equal(model.probabilities(ids), plain.probabilities([0, 1, 2, 1, 0, 1]))
    assert len(plain.sample(np.int64(4), torch.tensor([0]))) == 4
    for bad in ([0, 0.5], [0, np.nan]):
        with pytest.raises(ValueError, match="ids holds (0.5|nan): expected whole numbers"):
            NgramModel(bad, 1, 2)
    with pytest.raises(ValueError, match="ids is from 7 to 7: expected 0 to 2"):
        plain.sample(1, [7])
    with pytest.raises(ValueError, match="count is -1: expected a whole number, 0 or more"):
        plain.sample(-1)


def test_the_old_name_of_the_next_tokens_probabilities_warns():
    model = NgramModel([0, 1, 1], 2, 2)
    with pytest.warns(DeprecationWarning, match="next_token_probabilities"):
        assert (model.next_token([0]) == model.next_token_probabilities([0])).all()
