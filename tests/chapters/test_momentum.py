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
    chapter.run("hero", "regimes-code", "factor-plot", "floors-plot", "root-code")
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


@pytest.mark.parametrize("name", ["A", "B", "C"])
def test_the_three_runs_of_the_plane_are_torchs(chapter, name):
    lr, memory = chapter["runs"][name]
    valley = surfaces.make_surface("bowl", condition=100.0)
    lengths = torch_steps(valley, [-2.6, 0.13], 999, lr=lr, momentum=memory).norm(dim=1)
    away = (lengths > lengths[0] / 1000).nonzero()[-1].item()
    assert chapter["hero_steps"][name] == away + 1


@pytest.mark.parametrize("beta", [0.3, 81 / 121, 0.9])
def test_the_thick_stretch_is_laid_as_low_as_it_can_lie(chapter, beta):
    """What a valley keeps at its best rate, against the largest eigenvalues at ten thousand rates."""
    rates = np.linspace(1e-4, 0.04, 10_000)
    sizes = []
    for curve in (1.0, 100.0):
        matrices = np.zeros((len(rates), 2, 2))
        matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 0] = 1 + beta - rates * curve, -beta, 1.0
        sizes.append(np.abs(np.linalg.eigvals(matrices)).max(1))
    assert chapter["highest"][beta] == pytest.approx(np.maximum(*sizes).min(), abs=0.02)
    assert chapter["highest"][beta] <= np.maximum(*sizes).min() + 1e-3


@pytest.mark.parametrize("lr", [0.05, 0.5, 1.5])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.95])
def test_variance_under_noise_solves_the_equation_of_covariances(chapter, lr, beta):
    matrix = np.array([[1 + beta - lr, -beta], [1.0, 0.0]])
    expected = solve_discrete_lyapunov(matrix, np.diag([lr**2, 0.0]))[0, 0]
    chapter.run("noise-code")
    formula = lr * (1 + beta) / ((1 - beta) * (2 * (1 + beta) - lr))
    assert formula == pytest.approx(expected, rel=1e-9)
    assert chapter["noise_floor"](lr, beta, seed=7) == pytest.approx(expected, rel=0.15)
