"""The chapter on linear regression: its own functions against scikit-learn, torch, SciPy and optimality."""

import numpy as np
import pytest
import scipy.optimize
import torch
from sklearn.linear_model import LinearRegression, QuantileRegressor

from d2lite.widgets.line_fit import NUM_PATIENTS, load_patients


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, its figures and long runs left out."""
    chapter = read_chapter("02_linear_models/linear_regression")
    chapter.update(np=np, torch=torch, LinearRegression=LinearRegression, QuantileRegressor=QuantileRegressor)
    chapter.define("predict", "best-line", "descend", "steps-needed", "typo", "condition")
    return chapter


def problem(seed, N=60, D=5):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, D)) @ rng.normal(size=(D, D)) + rng.normal(size=D)
    return X, X @ rng.normal(size=D) + rng.normal() + rng.normal(size=N)


@pytest.mark.parametrize("seed", range(3))
def test_least_squares_is_scikit_learns_and_the_normal_equations(chapter, seed):
    X, y = problem(seed)
    theta = chapter["least_squares"](X, y)
    model = LinearRegression().fit(X, y)
    np.testing.assert_allclose(theta, [*model.coef_, model.intercept_], rtol=1e-8)
    np.testing.assert_allclose(chapter["predict"](theta, X), model.predict(X), rtol=1e-8)
    error = X @ theta[:-1] + theta[-1] - y
    np.testing.assert_allclose([*(X.T @ error), error.sum()], 0, atol=1e-9 * np.abs(X.T @ y).max())


@pytest.mark.parametrize("seed", range(3))
def test_gradient_is_torchs(chapter, seed):
    X, y = problem(seed)
    theta = torch.tensor(np.random.default_rng(seed).normal(size=6), requires_grad=True)
    loss = torch.nn.functional.mse_loss(torch.tensor(X) @ theta[:-1] + theta[-1], torch.tensor(y))
    loss.backward()
    np.testing.assert_allclose(chapter["mse"](theta.detach().numpy(), X, y), loss.item(), rtol=1e-12)
    np.testing.assert_allclose(
        chapter["gradient"](theta.detach().numpy(), X, y), theta.grad.numpy(), rtol=1e-10
    )


def test_descent_is_torchs_sgd_for_fifty_steps(chapter):
    X, y = problem(4)
    path = chapter["descend"](X, y, lr=0.01, num_steps=50)
    layer = torch.nn.Linear(5, 1, dtype=torch.float64)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    for step in range(51):
        np.testing.assert_allclose(
            path[step], [*layer.weight[0].tolist(), layer.bias.item()], rtol=1e-9, atol=1e-12
        )
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(layer(torch.tensor(X)).squeeze(1), torch.tensor(y)).backward()
        optimizer.step()


def test_steps_are_counted_to_the_first_loss_within_a_hundredth(chapter):
    X, y = problem(5, D=1)
    X = (X - X.mean()) / X.std()
    path = chapter["descend"](X, y, lr=0.05, num_steps=200)
    losses = [chapter["mse"](theta, X, y) for theta in path]
    lowest = np.mean((np.polyval(np.polyfit(X[:, 0], y, 1), X[:, 0]) - y) ** 2)
    expected = int(np.argmax(np.array(losses) <= 1.01 * lowest))
    assert expected > 3
    assert chapter["steps_needed"](X, y, 0.05) == expected
    assert chapter["steps_needed"](X, y, 0.5) <= 1
    assert chapter["steps_needed"](X, y, 1.01) == np.inf
    assert chapter["steps_needed"](X, y, 0.05, most=expected) == np.inf


def test_least_absolute_is_no_worse_than_a_search(chapter):
    X, y = problem(6, N=40, D=1)

    def loss(theta):
        return np.abs(X[:, 0] * theta[0] + theta[1] - y).mean()

    found = scipy.optimize.minimize(loss, np.polyfit(X[:, 0], y, 1), method="Nelder-Mead", tol=1e-10)
    theta = chapter["least_absolute"](X, y)
    assert loss(theta) <= found.fun + 1e-9
    assert loss(theta) < loss(chapter["least_squares"](X, y))


def test_a_standardized_input_has_condition_number_one(chapter):
    X, _ = problem(7, D=1)
    assert chapter["condition_number"]((X - X.mean()) / X.std()) == pytest.approx(1)
    assert chapter["condition_number"](X + 100) > 1000


def test_the_explorer_shows_patients_of_the_training_set_alone(read_chapter):
    chapter = read_chapter("02_linear_models/linear_regression")
    chapter.run("setup", "data")
    seen = np.stack([chapter["X"][:NUM_PATIENTS, 2], chapter["y"][:NUM_PATIENTS]], axis=1)
    np.testing.assert_allclose(load_patients()["points"], seen, atol=0.05)
