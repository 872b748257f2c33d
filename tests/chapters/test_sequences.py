"""The sequences chapter's functions against scikit-learn and the package."""

from collections import Counter

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from d2lite import datasets
from d2lite.language import batching
from d2lite.language.ngrams import NgramModel


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("07_rnn/sequences")
    chapter.update(np=np, Counter=Counter, births=datasets.series("births"))
    chapter.run("autoregression")
    chapter.define("multistep")
    chapter.run("windows-code", "kneser-ney")
    return chapter


def test_autoregression_is_least_squares_on_the_days_before(chapter):
    x = chapter["x"][:400]
    rows = np.array([x[t - 5 : t][::-1] for t in range(5, len(x))])
    oracle = LinearRegression().fit(rows, x[5:])
    weights = chapter["fit_autoregression"](x, 5)
    np.testing.assert_allclose(weights, [*oracle.coef_, oracle.intercept_], rtol=1e-6, atol=1e-6)


def test_iterated_forecasts_feed_on_themselves(chapter):
    w, history = np.array([0.5, 0.25, 1.0]), np.array([[4.0, 8.0]])
    # 0.5 * 8 + 0.25 * 4 + 1 = 6, then 0.5 * 6 + 0.25 * 8 + 1 = 6, then 0.5 * 6 + 0.25 * 6 + 1 = 5.5
    np.testing.assert_allclose(chapter["iterate"](w, history, 3), [[6, 6, 5.5]])


@pytest.mark.parametrize(("length", "T", "B"), [(100, 5, 3), (61, 4, 4), (200, 10, 2)])
def test_windows_are_the_packages(chapter, length, T, B):
    x = np.arange(length)
    ours = [(a.tolist(), b.tolist()) for a, b in chapter["cut_sequential"](x, T, B, 0)]
    theirs = [
        (a.tolist(), b.tolist()) for a, b in batching.windows(torch.arange(length), T, B, order="sequential")
    ]
    assert ours == theirs
    starts = sorted(
        row[0] for a, _ in chapter["cut_random"](x, T, B, 0, np.random.default_rng(0)) for row in a.tolist()
    )
    assert len(starts) == batching.window_starts(length, T, B).size
    assert all(start % T == 0 for start in starts)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_counting_model_is_the_packages(chapter, order):
    ids = np.random.default_rng(1).integers(0, 4, 300).tolist()
    chance, model = chapter["kneser_ney"](ids, order, 5), NgramModel(ids, order, 5)
    for context in ([0, 1, 2], [3, 3, 3], [1, 0, 2]):
        used = tuple(context[len(context) - order + 1 :]) if order > 1 else ()
        np.testing.assert_allclose(
            [chance(t, used) for t in range(5)], model.next_token_probabilities(context), rtol=1e-12
        )
