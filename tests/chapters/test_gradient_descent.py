"""The chapter's own functions, taken from its cells, against torch and closed forms; its recording run again."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

import d2lite
from d2lite.optim import surfaces

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, its slow runs left out."""
    chapter = read_chapter("04_optimizers/gradient_descent")
    chapter.run("setup", "descend")
    chapter.define(
        "bisection-code", "rate-code", "steps-code", "count-steps", "sharpness", "saddle-code", "plateau-code"
    )
    chapter.run("prepare", "flat-code", "network")
    chapter.define("use-code")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("sharpness")


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


def test_bisection_finds_small_and_large_curvatures(chapter):
    """Also where a run far above the limit overflows: its `nan` is no convergence."""
    for curvature in (1.0, 4.3, 20.0, 97.0):
        found = chapter["curvature_by_bisection"](lambda w, c=curvature: c * w)
        assert found == pytest.approx(curvature, rel=1e-9)


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


def test_steps_of_a_bowl_are_at_most_those_of_its_condition_number(chapter):
    """The error shrinks by (κ - 1) / (κ + 1) at least, whatever the start."""
    for condition, seed in ((5.0, 0), (50.0, 7)):
        most = math.log(1e6) / math.log((condition + 1) / (condition - 1))
        assert 0.5 * most < chapter["count_steps"](condition, seed) <= math.ceil(most)


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
    values, vectors = torch.linalg.eigh(torch.autograd.functional.hessian(loss, weights))
    value, direction = chapter["sharpness"](gradient, [weights], 9)
    assert value == pytest.approx(values[-1].item(), rel=1e-6)
    assert abs(direction @ vectors[:, -1]).item() == pytest.approx(1, abs=1e-6)


def test_sharpness_is_the_largest_eigenvalue_even_where_a_negative_one_is_larger(chapter):
    curvatures = torch.tensor([-9.0, -1.0, 0.0, 2.0, 3.0])
    weights = torch.tensor([0.3, -1.0, 0.7, 0.2, 0.9], requires_grad=True)
    gradient = torch.autograd.grad((curvatures * weights**2).sum() / 2, [weights], create_graph=True)
    assert chapter["sharpness"](gradient, [weights], 4)[0] == pytest.approx(3)


def test_five_points_have_five_curved_directions(chapter):
    """The Hessian at a perfect fit is J^T J / 5, and J has a row for each point."""
    w = chapter["fitted"][0]

    def outputs(w):
        hidden = torch.tanh(chapter["x"] * w[:10] + w[10:20])
        return hidden @ w[20:30] + w[30]

    J = torch.autograd.functional.jacobian(outputs, w)  # (5, 31)
    H = torch.autograd.functional.hessian(chapter["five_points"], w)
    assert torch.allclose(H, J.T @ J / 5, atol=1e-8)
    assert torch.linalg.matrix_rank(J).item() == 5


def test_largest_rate_is_the_last_that_lowers_the_loss(chapter):
    """In a bowl of curvature 30 the limit is 1/15: 0.064 lowers the loss, and 0.128 does not."""

    def make_model():
        model = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.ones_(model.weight)
        return model

    found = chapter["largest_rate"](make_model, lambda model: 15 * model.weight.square().sum())
    assert found == pytest.approx(0.064)


def test_the_recorders_network_and_sharpness_are_the_chapters(chapter, recorder):
    images, targets = recorder.load_data()
    assert torch.equal(images, chapter["images"])
    torch.manual_seed(3)
    theirs = recorder.make_network()
    ours = chapter["make_network"](3)
    assert all(torch.equal(a, b) for a, b in zip(theirs.parameters(), ours.parameters(), strict=True))
    loss = recorder.squared_error(ours(images), targets)
    assert torch.isclose(loss, 0.5 * (ours(images) - chapter["signs"]).square().sum(1).mean())
    weights = list(ours.parameters())
    gradient = torch.autograd.grad(loss, weights, create_graph=True)
    assert recorder.sharpness(gradient, weights) == pytest.approx(
        chapter["sharpness"](gradient, weights)[0], rel=1e-3
    )


@pytest.mark.parametrize(
    ("kind", "lr", "seed"), [("full", 0.1, 2), ("batches", 0.1, 4), ("cross_entropy", 0.2, 1)]
)
def test_recorded_runs_begin_again(recorder, kind, lr, seed):
    recorded = d2lite.Sweep.recorded("sharpness").select(kind=kind, lr=lr, seed=seed)[0]
    now = recorder.train_point(kind, lr, num_steps=80, seed=seed)
    for name in ("sharpness", "loss"):
        np.testing.assert_allclose(now[name], recorded[name][:5], rtol=0.02)


def test_recording_is_whole(recorder):
    sweep = d2lite.Sweep.recorded("sharpness")
    assert sweep.seeds == list(recorder.SEEDS)
    assert len(sweep) == len(recorder.POINTS) * len(recorder.SEEDS)
    assert all(len(run["sharpness"]) == recorder.NUM_STEPS // recorder.EVERY + 1 for run in sweep)


def test_arrival_steps_are_those_of_the_surface(chapter):
    surface = surfaces.make_surface("plateau")
    path = chapter["descend"](surface.gradient, [3.0 * math.cos(1), 3.0 * math.sin(1)], 1.0, 40)
    assert (path.norm(dim=1) <= 1).nonzero()[0].item() == chapter["arrival_steps"](3.0)
