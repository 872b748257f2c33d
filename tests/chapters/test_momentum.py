"""The chapter's own functions, taken from its cells, against torch, SciPy and numerical roots."""

import numpy as np
import pytest
import torch
from scipy.linalg import solve_discrete_lyapunov
from scipy.signal import lfilter

from d2lite.optim import surfaces


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("04_optimizers/momentum")
    chapter.run("setup", "average-code", "momentum-code", "torch-check", "nesterov-code")
    chapter.run("regimes-code", "root-code", "hero", "map-plot")
    return chapter


def torch_steps(surface, start, num_steps, **settings):
    """Return torch.optim.SGD's path, (num_steps + 1, 2), on a surface."""
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], **settings)
    path = [w.detach().clone()]
    for _ in range(num_steps):
        optimizer.zero_grad()
        surface.value(w).backward()
        optimizer.step()
        path.append(w.detach().clone())
    return torch.stack(path)


@pytest.mark.parametrize("name", ["bowl", "saddle", "plateau", "rosenbrock", "beale", "himmelblau"])
@pytest.mark.parametrize("decay", [0.0, 0.2])
@pytest.mark.parametrize(("beta", "nesterov"), [(0.0, False), (0.9, False), (0.9, True), (0.5, True)])
def test_a_hundred_steps_are_those_of_torch(chapter, name, decay, beta, nesterov):
    surface = surfaces.make_surface(name)
    lr = 0.1 * surface.lr
    step = chapter["nesterov" if nesterov else "momentum"]

    def decayed(w):
        return surface.gradient(w) + decay * w

    ours = chapter["walk"](decayed, surface.start, 100, lr=lr, beta=beta, step=step)
    theirs = torch_steps(
        surface, surface.start, 100, lr=lr, momentum=beta, weight_decay=decay, nesterov=nesterov
    )
    assert ours.shape == (101, 2)
    assert (ours - theirs).abs().max() < 1e-6
    assert (ours - theirs).abs().max() < 1e-10 * (1 + theirs.abs().max())


def test_a_step_of_any_shape(chapter):
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(3, 4, 2, dtype=torch.float64, generator=generator)
    theirs, v = w.clone().requires_grad_(), 0.0
    optimizer = torch.optim.SGD([theirs], lr=0.1, momentum=0.7, nesterov=True)
    for _ in range(100):
        g = torch.randn(w.shape, dtype=torch.float64, generator=generator)
        w, v = chapter["nesterov"](w, v, g, lr=0.1, beta=0.7)
        theirs.grad = g
        optimizer.step()
        assert (w - theirs.detach()).abs().max() < 1e-12


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9, 0.99])
def test_running_mean_is_a_filter(chapter, beta):
    x = torch.randn(200, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    expected = lfilter([1 - beta], [1, -beta], x.numpy())
    np.testing.assert_allclose(chapter["running_mean"](x, beta).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.25, 0.5, 0.9, 0.99])
def test_root_size_is_the_largest_eigenvalue(chapter, beta):
    products = torch.linspace(0.0, 4.2, 43, dtype=torch.float64)
    for product, size in zip(products, chapter["root_size"](products, beta), strict=True):
        matrix = np.array([[1 + beta - product.item(), -beta], [1.0, 0.0]])
        assert size.item() == pytest.approx(np.abs(np.linalg.eigvals(matrix)).max(), abs=1e-6)


def test_counted_steps(chapter):
    path = torch.tensor([[1.0, 0.0], [1e-7, 0.0], [0.5, 0.0], [0.0, 1e-7], [0.0, 0.0]])
    assert chapter["steps_to"](path) == 3
    assert chapter["counts"][100.0][0] > 4 * chapter["counts"][100.0][1]


def test_nesterov_at_the_place_ahead(chapter):
    """PyTorch's form is Nesterov's own, seen from the place ahead."""
    gradient = surfaces.make_surface("himmelblau").gradient
    theta = torch.tensor([-1.0, 0.5], dtype=torch.float64)
    v, places = torch.zeros(2, dtype=torch.float64), []
    for _ in range(50):
        places.append(theta - 0.002 * 0.8 * v)
        v = 0.8 * v + gradient(places[-1])
        theta = theta - 0.002 * v
    ours = chapter["walk"](gradient, [-1.0, 0.5], 49, lr=0.002, beta=0.8, step=chapter["nesterov"])
    assert (ours - torch.stack(places)).abs().max() < 1e-10


@pytest.mark.parametrize("rate", [0.003, 0.02, 0.03])
@pytest.mark.parametrize("beta", [0.0, 0.7, 0.98])
def test_the_plane_is_that_of_the_roots(chapter, rate, beta):
    """The colour of the map, against the largest eigenvalue in the valley."""
    row = abs(chapter["memories"][:, 0] - beta).argmin()
    column = abs(chapter["rates"][0] - rate).argmin()
    beta, rate = chapter["memories"][row, column], chapter["rates"][row, column]
    matrices = [np.array([[1 + beta - rate * curve, -beta], [1, 0]]) for curve in (1, 100)]
    keeps = max(np.abs(np.linalg.eigvals(matrix)).max() for matrix in matrices)
    needed = chapter["needed"][row, column]
    if keeps < 0.9977:
        assert needed == pytest.approx(np.log(1000) / -np.log(keeps), rel=1e-6)
    else:
        assert np.isnan(needed)


@pytest.mark.parametrize("lr", [0.05, 0.5, 1.5])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.95])
def test_variance_under_noise_solves_the_equation_of_covariances(chapter, lr, beta):
    matrix = np.array([[1 + beta - lr, -beta], [1.0, 0.0]])
    expected = solve_discrete_lyapunov(matrix, np.diag([lr**2, 0.0]))[0, 0]
    chapter.run("noise-code")
    formula = lr * (1 + beta) / ((1 - beta) * (2 * (1 + beta) - lr))
    assert formula == pytest.approx(expected, rel=1e-9)
    assert chapter["noise_floor"](lr, beta, seed=7) == pytest.approx(expected, rel=0.15)
