"""The sequences chapter's functions against scikit-learn and the package."""

from collections import Counter

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import LinearRegression

from d2lite.language import batching, tokens
from d2lite.language.ngrams import NgramModel


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("07_rnn/sequences")
    chapter.update(np=np, Counter=Counter)
    chapter.define("autoregression", "leakage-code", "multistep", "vocabulary", "windows-code")
    chapter.define("perplexity", "laplace-code", "kneser-ney")
    return chapter


def test_autoregression_is_least_squares_on_the_days_before(chapter):
    x = np.random.default_rng(0).normal(size=400).cumsum()
    rows = np.array([x[t - 5 : t][::-1] for t in range(5, len(x))])
    oracle = LinearRegression().fit(rows, x[5:])
    weights = chapter["fit_autoregression"](x, np.arange(5, len(x)), range(1, 6))
    np.testing.assert_allclose(weights, [*oracle.coef_, oracle.intercept_], rtol=1e-6, atol=1e-6)


def test_lagged_takes_the_values_so_many_days_before(chapter):
    found = chapter["lagged"](np.arange(100.0), np.array([50, 90]), [1, 7, 30])
    np.testing.assert_array_equal(found, [[49, 43, 20, 1], [89, 83, 60, 1]])


def test_nearest_days_are_of_the_same_weekday_and_known(chapter):
    nearest, x = chapter["nearest_days"], np.arange(100.0)
    both = nearest(x, 50, np.delete(np.arange(100), 50), count=2)
    past = nearest(x, 50, np.arange(50), count=2)
    assert (both, past) == (50, 39.5)  # 43 and 57; 43 and 36
    assert nearest(x, 50, np.array([29, 40, 51, 78]), count=2) == 53.5  # 29 and 78
    x[50:] = 1e6
    assert nearest(x, 50, np.arange(50), count=2) == past


def test_iterated_forecasts_feed_on_themselves(chapter):
    w, history = np.array([0.5, 0.25, 1.0]), np.array([[4.0, 8.0]])
    # 0.5 * 8 + 0.25 * 4 + 1 = 6, then 0.5 * 6 + 0.25 * 8 + 1 = 6, then 0.5 * 6 + 0.25 * 6 + 1 = 5.5
    np.testing.assert_allclose(chapter["iterate"](w, history, 3), [[6, 6, 5.5]])


@pytest.mark.parametrize(("length", "T", "B"), [(100, 5, 3), (61, 4, 4), (200, 10, 2)])
def test_windows_are_the_packages(chapter, length, T, B):
    x = np.arange(length)
    ours = [(a.tolist(), b.tolist()) for a, b in chapter["cut_sequential"](x, T, B)]
    theirs = [
        (a.tolist(), b.tolist()) for a, b in batching.windows(torch.arange(length), T, B, order="sequential")
    ]
    assert ours == theirs
    starts = sorted(
        row[0] for a, _ in chapter["cut_random"](x, T, B, np.random.default_rng(0)) for row in a.tolist()
    )
    assert len(starts) == batching.window_starts(length, T, B).size
    assert all(start % T == 0 for start in starts)


@pytest.mark.parametrize("min_count", [1, 2, 3])
def test_vocabulary_is_the_packages(chapter, min_count):
    text = tokens.tokenize("to be or not to be, that is the question: to be", "word")
    ours, theirs = chapter["Vocabulary"](text, min_count), tokens.Vocabulary(text, min_count=min_count)
    assert ours.tokens == theirs.tokens
    asked = ["be", "sleep", "the", ","]
    assert ours.encode(asked) == theirs.encode(asked).tolist()
    assert ours.decode(ours.encode(asked)) == theirs.decode(theirs.encode(asked))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_adding_one_is_counted_by_hand(chapter, order):
    rng = np.random.default_rng(2)
    train, text = rng.integers(0, 4, 200), rng.integers(0, 4, 30)
    runs = Counter(tuple(train[i : i + order]) for i in range(len(train) - order + 1))
    before = Counter(tuple(train[i : i + order - 1]) for i in range(len(train) - order + 1))
    expected = [
        (runs[tuple(text[i : i + order])] + 1) / (before[tuple(text[i : i + order - 1])] + 4)
        for i in range(len(text) - order + 1)
    ]
    np.testing.assert_allclose(chapter["laplace"](train, text, order, 4), expected, rtol=1e-12)


def test_perplexity_is_the_exponential_of_the_cross_entropy(chapter):
    logits, targets = torch.randn(20, 5, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 5
    p = logits.double().softmax(1)[torch.arange(20), targets].numpy()
    expected = F.cross_entropy(logits.double(), targets).exp().item()
    assert chapter["perplexity"](p) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_counting_model_is_the_packages(chapter, order):
    ids = np.random.default_rng(1).integers(0, 4, 300).tolist()
    chance, model = chapter["kneser_ney"](ids, order, 5), NgramModel(ids, order, 5)
    for context in ([0, 1, 2], [3, 3, 3], [1, 0, 2]):
        used = tuple(context[len(context) - order + 1 :]) if order > 1 else ()
        np.testing.assert_allclose(
            [chance(t, used) for t in range(5)], model.next_token_probabilities(context), rtol=1e-12
        )
