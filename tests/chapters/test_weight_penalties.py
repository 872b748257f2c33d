"""The chapter's own functions, taken from its cells, against scikit-learn, torch and conditions of optimality."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import ElasticNet, Lasso, Ridge

from d2lite import datasets


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, its training of networks left out."""
    chapter = read_chapter("05_regularization/weight_penalties")
    chapter.update(np=np, torch=torch, nn=torch.nn, Ridge=Ridge, datasets=datasets)
    chapter.run("data", "soft", "descent")
    chapter.define("count", "adam", "solution-3")
    return chapter


def problem(seed, N=60, D=8):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, D)) @ rng.normal(size=(D, D))
    y = X @ rng.normal(size=D) + rng.normal(size=N)
    return X, y, X.T @ X / N, X.T @ y / N


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("strength", [0.01, 0.5, 5.0])
def test_solutions_agree_with_scikit_learn(chapter, seed, strength):
    X, y, A, b = problem(seed)
    exact = {"fit_intercept": False, "tol": 1e-14, "max_iter": 1_000_000}
    expected = {
        0.0: Ridge(alpha=len(y) * strength, fit_intercept=False).fit(X, y).coef_,
        0.4: ElasticNet(alpha=strength, l1_ratio=0.4, **exact).fit(X, y).coef_,
        1.0: Lasso(alpha=strength, **exact).fit(X, y).coef_,
    }
    for ratio, theirs in expected.items():
        ours = chapter["coordinate_descent"](A, b, strength, ratio, tol=1e-12)
        np.testing.assert_allclose(ours, theirs, atol=1e-6 * np.abs(theirs).max() + 1e-9)
    np.testing.assert_allclose(chapter["ridge"](A, b, strength), expected[0.0], atol=1e-9)


def test_all_weights_vanish_from_the_largest_covariance_on(chapter):
    _, _, A, b = problem(5)
    most = np.abs(b).max()
    assert (chapter["coordinate_descent"](A, b, most) == 0).all()
    assert (chapter["coordinate_descent"](A, b, 0.999 * most) != 0).sum() == 1


def test_a_warm_start_ends_in_the_same_place(chapter):
    _, _, A, b = problem(6)
    cold = chapter["coordinate_descent"](A, b, 0.3, tol=1e-12)
    warm = chapter["coordinate_descent"](A, b, 0.3, w=np.full(8, 3.0), tol=1e-12)
    np.testing.assert_allclose(cold, warm, atol=1e-9)


def test_ista_and_the_conditions_of_optimality(chapter):
    _, _, A, b = problem(7)
    w = chapter["ista"](A, b, 1.0, 200_000)
    assert chapter["violation"](A, b, w, 1.0) < 1e-8
    np.testing.assert_allclose(w, chapter["coordinate_descent"](A, b, 1.0, tol=1e-12), atol=1e-6)
    assert chapter["violation"](A, b, w + 0.01, 1.0) > 1e-3


@pytest.mark.parametrize(("coupled", "kind"), [(True, torch.optim.Adam), (False, torch.optim.AdamW)])
def test_steps_are_those_of_torch(chapter, coupled, kind):
    generator = torch.Generator().manual_seed(1)
    w = torch.nn.Parameter(torch.randn(5, 3, dtype=torch.float64, generator=generator))
    optimizer = kind([w], lr=0.01, weight_decay=0.3)
    ours, state = w.detach().clone(), {"v": 0.0, "s": 0.0}
    for t in range(1, 101):
        w.grad = (
            torch.randn(5, 3, dtype=torch.float64, generator=generator) * torch.tensor([0.1, 1, 10])
            + w.detach()
        )
        ours = chapter["adam_step"](ours, w.grad, state, t, lr=0.01, decay=0.3, coupled=coupled)
        optimizer.step()
        assert (ours - w.detach()).abs().max() < 1e-12
