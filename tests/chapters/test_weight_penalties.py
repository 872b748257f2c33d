"""The chapter's own functions, taken from its cells, against scikit-learn, torch and conditions of optimality."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import d2lite
from d2lite import datasets

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, its figures and long runs left out."""
    chapter = read_chapter("05_regularization/weight_penalties")
    chapter.update(np=np, torch=torch, nn=torch.nn, datasets=datasets)
    chapter.run("data")
    chapter.define("soft", "descent", "tune", "degrees", "haystack", "count", "decay-code", "recipe")
    chapter.define("solution-3", "solution-4")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("penalties")


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
    lasso = Lasso(alpha=strength, **exact).fit(X, y).coef_
    elastic = ElasticNet(alpha=strength, l1_ratio=0.4, **exact).fit(X, y).coef_
    ours = chapter["coordinate_descent"](A, b, strength, tol=1e-12)
    np.testing.assert_allclose(ours, lasso, atol=1e-6 * np.abs(lasso).max() + 1e-9)
    ours = chapter["elastic"](A, b, strength, 0.4, sweeps=4000)
    np.testing.assert_allclose(ours, elastic, atol=1e-6 * np.abs(elastic).max() + 1e-9)
    expected = Ridge(alpha=len(y) * strength, fit_intercept=False).fit(X, y).coef_
    np.testing.assert_allclose(chapter["ridge"](A, b, strength), expected, atol=1e-9)


@pytest.mark.parametrize("z", [-2.0, -0.5, -0.1, 0.0, 0.5, 0.7])
def test_soft_thresholding_is_torchs(chapter, z):
    theirs = torch.nn.functional.softshrink(torch.tensor(z, dtype=torch.float64), 0.5)
    assert chapter["soft"](z, 0.5) == theirs.item()


def test_all_weights_vanish_from_the_largest_covariance_on(chapter):
    _, _, A, b = problem(5)
    most = np.abs(b).max()
    assert (chapter["coordinate_descent"](A, b, most) == 0).all()
    assert (chapter["coordinate_descent"](A, b, 0.999 * most) != 0).sum() == 1


def test_ista_and_the_conditions_of_optimality(chapter):
    _, _, A, b = problem(7)
    w = chapter["ista"](A, b, 1.0, 100_000)
    assert chapter["violation"](A, b, w, 1.0) < 1e-8
    np.testing.assert_allclose(w, chapter["coordinate_descent"](A, b, 1.0, tol=1e-12), atol=1e-6)
    assert chapter["violation"](A, b, w + 0.01, 1.0) > 1e-3


def split(seed=0):
    order = np.random.default_rng(seed).permutation(442)
    return order[:330], order[330:]


def halves(X, y, seed=0):
    """Return X, y of the rows to train on, and X, y of the rows held out."""
    rest, held = split(seed)
    return (X[rest], y[rest]), (X[held], y[held])


def test_errors_are_those_of_a_pipeline_that_scales_inside(chapter):
    train, test = halves(chapter["patients"], chapter["y"])
    fit, ridge, lasso = chapter["fit"], chapter["ridge"], chapter["lasso"]
    models = {
        "free": (LinearRegression(), chapter["free"](*train)),
        "ridge": (Ridge(alpha=330 * 0.3), fit(*train, 0.3, ridge)),
        "lasso": (Lasso(alpha=0.3, tol=1e-10, max_iter=100_000), fit(*train, 0.3, lasso)),
    }
    for name, (model, w) in models.items():
        model = make_pipeline(StandardScaler(), model).fit(*train)
        expected = np.sqrt(((model.predict(test[0]) - test[1]) ** 2).mean())
        assert chapter["error"](w, *train, *test) == pytest.approx(expected, rel=1e-4), name


def test_columns_are_standardized_by_the_training_part_alone(chapter):
    (X, y), (X_new, _) = halves(chapter["patients"], chapter["y"])
    scaler = StandardScaler().fit(X)
    np.testing.assert_allclose(chapter["standardize"](X_new, X), scaler.transform(X_new))
    expected = Ridge(alpha=len(y) * 0.1).fit(scaler.transform(X), y).coef_
    np.testing.assert_allclose(chapter["fit"](X, y, 0.1), expected, atol=1e-9)


@pytest.mark.parametrize("solve", ["ridge", "lasso"])
def test_cross_validation_is_scikit_learns(chapter, solve):
    (X, y), _ = halves(chapter["patients"], chapter["y"], seed=3)
    grid, errors = np.array([0.01, 0.3, 1.0, 30.0]), []
    for train, part in KFold(5).split(X):
        for strength in grid:
            model = (
                Ridge(len(train) * strength)
                if solve == "ridge"
                else Lasso(strength, tol=1e-9, max_iter=100_000)
            )
            model = make_pipeline(StandardScaler(), model).fit(X[train], y[train])
            errors.append(np.sqrt(((model.predict(X[part]) - y[part]) ** 2).mean()))
    ours = chapter["cross_validate"](X, y, grid, chapter[solve])
    np.testing.assert_allclose(ours, np.reshape(errors, (5, 4)).mean(0), rtol=1e-4)


def test_parameter_groups_hold_every_parameter_once(chapter):
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Flatten(), torch.nn.Linear(8, 3)
    )
    decayed, spared = chapter["parameter_groups"](net, 0.2)
    assert [p.ndim for p in decayed["params"]] == [4, 2]
    assert all(p.ndim == 1 for p in spared["params"])
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.2, 0.0)
    assert len(decayed["params"]) + len(spared["params"]) == len(list(net.parameters()))


def test_without_a_gradient_weights_decay_and_biases_stay(chapter):
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.LayerNorm(3))
    optimizer = torch.optim.AdamW(chapter["parameter_groups"](net, 0.5), lr=0.1)
    before = [p.detach().clone() for p in net.parameters()]
    for p in net.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    factors = [0.95 if p.ndim > 1 else 1.0 for p in before]
    assert all(torch.allclose(p, f * q) for p, f, q in zip(net.parameters(), factors, before, strict=True))


@pytest.mark.parametrize(
    ("noise", "optimizer", "lr", "strength"),
    [
        (0.0, "AdamW", 0.003, 0.1),
        (0.2, "AdamW", 0.003, 1.0),
        (0.2, "Adam", 0.001, 0.01),
        (0.2, "AdamW", 0.0003, 0.0),
    ],
)
def test_recorded_runs_happen_again(recorder, noise, optimizer, lr, strength):
    """Sums in 32 bits differ between machines, and thirty passes magnify that."""
    point = {"noise": noise, "optimizer": optimizer, "lr": lr, "strength": strength}
    (recorded,) = d2lite.Sweep.recorded("penalties").select(**point, seed=1)
    now = recorder.train_point(**point, seed=1)
    assert now["accuracy"] == pytest.approx(recorded["accuracy"], abs=0.03)
    assert now["loss"] == pytest.approx(recorded["loss"], rel=0.1)
    assert now["train_accuracy"] == pytest.approx(recorded["train_accuracy"], abs=0.03)


def test_the_recordings_are_whole(recorder):
    tuning, tested = map(d2lite.Sweep.recorded, ("penalties", "penalties_seeds"))
    assert len(tuning) == len(recorder.GRID) * len(recorder.SEEDS)
    assert "test_accuracy" not in tuning.metrics
    assert not tuning.failures + tested.failures
    assert not set(tuning.seeds) & set(tested.seeds)
    assert [group[0].point for group in tested.points()] == recorder.chosen(tuning)
    assert len(tested) == len(recorder.chosen(tuning)) * len(recorder.TEST_SEEDS)


def test_the_noise_is_the_share_of_labels_drawn_anew(recorder):
    targets = torch.zeros(20_000, dtype=torch.long)
    noisy = recorder.with_noise(targets, 0.2, seed=0)
    assert (noisy != 0).float().mean().item() == pytest.approx(0.18, abs=0.01)  # a tenth is drawn as it was
    assert torch.equal(recorder.with_noise(targets, 0.0, seed=0), targets)
