"""The chapter's own functions, taken from its cells, against torch, closed forms and finite differences."""

import math

import pytest
import torch

from d2lite.optim import surfaces


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, its slow runs left out."""
    chapter = read_chapter("04_optimizers/gradient_descent")
    chapter.run("setup", "descend", "rate-code", "prepare", "count-steps", "sharpness", "plateau-code")
    return chapter


@pytest.mark.parametrize("name", surfaces.names())
def test_descent_is_sgd(chapter, name):
    surface = surfaces.make_surface(name)
    path = chapter["descend"](surface.gradient, surface.start, surface.lr, 100)
    w = torch.tensor(surface.start, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=surface.lr)
    for step in range(100):
        assert (path[step] - w.detach()).abs().max() < 1e-12
        optimizer.zero_grad()
        surface(w).backward()
        optimizer.step()
    assert path.shape == (101, 2)


def test_random_bowl_has_the_condition_it_is_asked_for(chapter):
    for condition in (1.0, 10.0, 1000.0):
        H = chapter["random_bowl"](condition)
        assert torch.allclose(H, H.T)
        assert torch.linalg.cond(H).item() == pytest.approx(condition)
        assert (H - torch.diag(H.diag())).abs().max() > 0.1 or condition == 1


def test_measured_rate_is_the_spectral_radius(chapter):
    H = chapter["random_bowl"](20.0, D=5, seed=1)
    for lr in (0.01, 0.08, 0.104):
        radius = torch.linalg.eigvals(torch.eye(5) - lr * H).abs().max().item()
        assert chapter["measured_rate"](H, lr, 3000) == pytest.approx(radius, rel=1e-6)


def test_bowls_are_the_least_squares_losses(chapter):
    inputs, y = chapter["standard"], chapter["y"]
    X = torch.hstack([inputs, torch.ones(len(inputs), 1)])
    w = torch.randn(11, generator=torch.Generator().manual_seed(0)).requires_grad_()
    loss = (X @ w - y).square().mean() / 2
    gradient = torch.autograd.grad(loss, w)[0]
    H, target = chapter["bowls"]["standardized"]
    assert torch.allclose(H @ w - target, gradient)
    minimum = torch.linalg.lstsq(X, y[:, None]).solution[:, 0]
    assert torch.allclose(torch.linalg.solve(H, target), minimum)


def test_excess_is_what_runs_leave(chapter):
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(40, 6, generator=generator) * torch.tensor([1.0, 2, 3, 1, 1, 0.5])
    y = torch.randn(40, generator=generator)
    H, target = X.T @ X / 40, X.T @ y / 40

    def loss(w):
        return (X @ w - y).square().mean() / 2

    least = loss(torch.linalg.solve(H, target))
    path = chapter["descend"](lambda w: H @ w - target, torch.zeros(6), 0.1, 60)
    expected = torch.stack([(loss(w) - least) / (loss(path[0]) - least) for w in path])
    assert torch.allclose(chapter["excess"](H, target, 0.1, torch.arange(61)), expected, atol=1e-12)


def test_sharpness_is_the_largest_eigenvalue(chapter):
    generator = torch.Generator().manual_seed(0)
    inputs, weights = (
        torch.randn(20, 3, generator=generator),
        torch.randn(9, generator=generator).requires_grad_(),
    )

    def loss(w):
        return (torch.tanh(inputs @ w[:6].reshape(3, 2)) @ w[6:8] + w[8]).square().mean()

    gradient = torch.autograd.grad(loss(weights), [weights], create_graph=True)
    value, v = chapter["sharpness"](gradient, [weights], torch.ones(9), 300)
    values, vectors = torch.linalg.eigh(torch.autograd.functional.hessian(loss, weights))
    assert values[-1] > 1.2 * values[0].abs()
    assert value == pytest.approx(values[-1].item(), rel=1e-6)
    assert abs(v @ vectors[:, -1]) / v.norm() > 1 - 1e-6


def test_arrival_steps_are_those_of_the_surface(chapter):
    surface = surfaces.make_surface("plateau")
    path = chapter["descend"](surface.gradient, [3.0 * math.cos(1), 3.0 * math.sin(1)], 1.0, 40)
    assert (path.norm(dim=1) <= 1).nonzero()[0].item() == chapter["arrival_steps"](3.0)
