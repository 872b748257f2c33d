"""The chapter's optimizers, taken from its cells, against torch.optim; its failure of Adam against a plain loop."""

import math

import pytest
import torch

from d2lite.optim import surfaces

PAIRS = {
    "adagrad": ("adagrad", {}, torch.optim.Adagrad, {}),
    "rmsprop": ("rmsprop", {}, torch.optim.RMSprop, {}),
    "rmsprop-short": ("rmsprop", {"beta2": 0.9}, torch.optim.RMSprop, {"alpha": 0.9}),
    "adam": ("adam", {}, torch.optim.Adam, {}),
    "adam-short": ("adam", {"beta1": 0.5, "beta2": 0.9}, torch.optim.Adam, {"betas": (0.5, 0.9)}),
    "adam-eps": ("adam", {"eps": 0.1}, torch.optim.Adam, {"eps": 0.1}),
    "adamw": ("adam", {"decoupled": True}, torch.optim.AdamW, {}),
}


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("04_optimizers/adaptive_methods")
    chapter.run("hero", "setup", "adagrad-code", "adam-code", "draw-angle", "rotate-code", "reddi-code")
    chapter.define("solution-4")
    return chapter


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("name", ["bowl", "rosenbrock", "beale", "plateau"])
def test_a_hundred_steps_are_those_of_torch(chapter, pair, decay, name):
    rule, ours, theirs, settings = PAIRS[pair]
    surface = surfaces.make_surface(name, condition=50.0, angle=20.0)
    path = chapter["walk"](
        chapter[rule], surface.gradient, surface.start, 100, lr=0.03, weight_decay=decay, **ours
    )
    w = torch.tensor(surface.start, dtype=torch.float64, requires_grad=True)
    optimizer = theirs([w], lr=0.03, weight_decay=decay, **settings)
    for step in range(100):
        assert (path[step] - w.detach()).abs().max() < 1e-9
        optimizer.zero_grad()
        surface.value(w).backward()
        optimizer.step()
    assert (path[100] - path[0]).norm() > 0.1


@pytest.mark.parametrize("pair", PAIRS)
def test_tensors_of_any_shape_and_noisy_gradients(chapter, pair):
    rule, ours, theirs, settings = PAIRS[pair]
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(2, 3, 4, dtype=torch.float64, generator=generator)
    other, state = w.clone().requires_grad_(), {}
    optimizer = theirs([other], lr=0.01, weight_decay=0.1, **settings)
    for _ in range(100):
        g = torch.randn(w.shape, dtype=torch.float64, generator=generator)
        w = chapter[rule](w, g, state, lr=0.01, weight_decay=0.1, **ours)
        other.grad = g
        optimizer.step()
        assert (w - other.detach()).abs().max() < 1e-9


def test_the_momentum_of_the_comparison_is_torchs(chapter):
    surface = surfaces.make_surface("bowl")
    path = chapter["walk"](chapter["momentum"], surface.gradient, surface.start, 50, lr=0.01)
    w = torch.tensor(surface.start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.01, momentum=0.9)
    for _ in range(50):
        optimizer.zero_grad()
        surface.value(w).backward()
        optimizer.step()
    assert (path[-1] - w.detach()).abs().max() < 1e-12


@pytest.mark.parametrize("amsgrad", [False, True])
def test_the_failure_is_adams_own(chapter, amsgrad):
    """A loop of plain numbers, Adam's rule written out, takes the same path."""
    path = chapter["reddi"](300, amsgrad=amsgrad)
    x = s = most = 0.0
    for t in range(1, 301):
        g = 3.0 if t % 3 == 1 else -1.0
        s = 0.1 * s + 0.9 * g * g
        most = max(most, s)
        kept = (most if amsgrad else s) / (1 - 0.1**t)
        x = min(1.0, max(-1.0, x - 0.1 / math.sqrt(t) * g / (math.sqrt(kept) + 1e-8)))
        assert path[t - 1].item() == pytest.approx(x, abs=1e-6)


def test_lion_moves_every_weight_by_the_rate(chapter):
    surface = surfaces.make_surface("rosenbrock")
    path = chapter["walk"](chapter["lion"], surface.gradient, surface.start, 20, lr=0.01)
    assert torch.allclose((path[1:] - path[:-1]).abs(), torch.tensor(0.01, dtype=torch.float64))


@pytest.mark.parametrize("angle", [0, 30, 45])
def test_the_steps_out_of_the_saddle_are_those_of_torch(chapter, angle):
    saddle = surfaces.make_surface("saddle", angle=angle)
    w = torch.tensor(saddle.start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([w], lr=0.05, betas=(0.9, 0.99))
    losses = [saddle.value(w).item()]
    for _ in range(150):
        optimizer.zero_grad()
        saddle.value(w).backward()
        optimizer.step()
        losses.append(saddle.value(w).item())
    above = [step for step, loss in enumerate(losses) if loss >= -0.125]
    assert chapter["by_angle"][angle] == above[-1] + 1 < 150
