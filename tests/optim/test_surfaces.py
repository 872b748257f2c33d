"""surfaces: known values, minima and saddles that are what they claim, and twins that agree in JavaScript."""

import json

import numpy as np
import pytest
import torch

from d2lite.optim import surfaces
from d2lite.widgets._bundle import shared
from d2lite.widgets._preview import run_module

SHAPES = [(name, 10.0, 0.0) for name in surfaces.names()] + [
    ("bowl", 1.0, 0.0),
    ("bowl", 1000.0, 30.0),
    ("saddle", 10.0, 45.0),
]
RUN = """
import * as model from "./model.mjs";
import { readFileSync } from "node:fs";
const { shapes, points } = JSON.parse(readFileSync(0, "utf8"));
const answers = shapes.map(([name, condition, angle]) => {
  const { value, gradient, hessian, formula, ...facts } = model.makeSurface(name, { condition, angle });
  const at = points.map(([x, y]) => {
    const h = hessian(x, y);
    return { value: value(x, y), gradient: gradient(x, y), hessian: h, eigen: model.eigen(h) };
  });
  return { facts, at };
});
process.stdout.write(JSON.stringify({ names: model.SURFACE_NAMES, answers }));
"""


@pytest.fixture(scope="module")
def points():
    generator = torch.Generator().manual_seed(0)
    spread = 10 * torch.rand(60, 2, dtype=torch.float64, generator=generator) - 5
    special = [[0, 0], [0, 1], [1, 1], [3, 0.5], [-3, 3], [1e-9, -1e-9]]
    return torch.cat([spread, torch.tensor(special, dtype=torch.float64)])


@pytest.fixture(scope="module")
def twins(points):
    request = {"shapes": SHAPES, "points": points.tolist()}
    return json.loads(run_module(RUN, {"model": shared("surfaces")}, request))


@pytest.mark.parametrize("index", range(len(SHAPES)), ids=str)
def test_values_gradients_and_hessians_agree_with_autograd(index, twins, points):
    surface = surfaces.make_surface(*SHAPES[index])
    at = twins["answers"][index]["at"]

    def close(name, expected):
        got = torch.tensor([answer[name] for answer in at], dtype=torch.float64)
        torch.testing.assert_close(got, expected, rtol=1e-10, atol=1e-12 * (1 + expected.abs().max().item()))

    close("value", surface(points))
    close("gradient", surface.gradient(points))
    hessians = surface.hessian(points)  # (N, 2, 2)
    one = torch.autograd.functional.hessian(surface.value, points[0])
    torch.testing.assert_close(hessians[0], one)
    close("hessian", hessians.flatten(1)[:, [0, 1, 3]])
    for answer, hessian in zip(at, hessians, strict=True):
        values = torch.tensor(answer["eigen"]["values"])
        scale = 1 + hessian.abs().max().item()
        torch.testing.assert_close(
            values.double(), torch.linalg.eigvalsh(hessian), rtol=1e-6, atol=1e-6 * scale
        )
        for value, vector in zip(*answer["eigen"].values(), strict=True):
            vector = torch.tensor(vector, dtype=torch.float64)
            assert abs(vector.norm().item() - 1) < 1e-12
            assert (hessian @ vector - value * vector).norm().item() < 1e-9 * scale


@pytest.mark.parametrize("index", range(len(SHAPES)), ids=str)
def test_facts_agree(index, twins):
    surface, facts = surfaces.make_surface(*SHAPES[index]), twins["answers"][index]["facts"]
    for name in ("name", "lowest", "lr"):
        assert facts[name] == getattr(surface, name)
    for name in ("domain", "start"):
        assert facts[name] == json.loads(json.dumps(getattr(surface, name)))
    for name in ("minima", "saddles"):
        assert sorted(map(tuple, facts[name])) == sorted(getattr(surface, name))


def test_the_same_names_in_both_languages(twins):
    assert twins["names"] == surfaces.names()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_minima_and_saddles_are_what_they_claim(shape):
    surface = surfaces.make_surface(*shape)
    for places, signs in ((surface.minima, [1, 1]), (surface.saddles, [-1, 1])):
        for place in places:
            assert surface.gradient(place).norm() < 1e-10
            assert torch.linalg.eigvalsh(surface.hessian(place)).sign().tolist() == signs
    assert min(surface(place) for place in surface.minima) == pytest.approx(surface.lowest, abs=1e-12)
    for place in (*surface.minima, surface.start):
        assert all(low <= x <= high for x, (low, high) in zip(place, surface.domain, strict=True))


@pytest.mark.parametrize("name", surfaces.names())
def test_the_minima_are_all_there_are(name):
    """Newton's method from everywhere in the domain finds no minimum that is not listed."""
    surface = surfaces.make_surface(name)
    (x0, x1), (y0, y1) = surface.domain
    w = torch.cartesian_prod(torch.linspace(x0, x1, 25), torch.linspace(y0, y1, 25)).double()
    for _ in range(50):
        hessian = surface.hessian(w)
        hessian = hessian + 1e-12 * torch.eye(2)
        step = torch.linalg.solve(hessian, surface.gradient(w)[..., None])[..., 0]  # (N, 2)
        w = w - step.nan_to_num().clamp(-1, 1)
    inside = (w >= torch.tensor([x0, y0])).all(1) & (w <= torch.tensor([x1, y1])).all(1)
    bottom = (surface.gradient(w).norm(dim=1) < 1e-9) & (
        torch.linalg.eigvalsh(surface.hessian(w))[:, 0] > 1e-6
    )
    found = w[inside & bottom]
    gaps = torch.cdist(found, torch.tensor(surface.minima, dtype=torch.float64))
    assert gaps.min(dim=1).values.max() < 1e-6
    assert gaps.min(dim=0).values.max() < 1e-6, "the search finds each of the minima, so it would find others"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_suggested_rate_descends_from_the_suggested_start(shape):
    surface = surfaces.make_surface(*shape)
    w = torch.tensor(surface.start, dtype=torch.float64)
    for _ in range(500):
        w = w - surface.lr * surface.gradient(w)
    assert surface(w) < surface(surface.start)
    assert surface.gradient(w).norm() < surface.gradient(surface.start).norm() + 1e-3


def test_textbook_values():
    assert surfaces.make_surface("rosenbrock")([-1.2, 1.0]).item() == pytest.approx(24.2)
    assert surfaces.make_surface("beale")([0.0, 0.0]).item() == pytest.approx(1.5**2 + 2.25**2 + 2.625**2)
    assert surfaces.make_surface("himmelblau")([0.0, 0.0]).item() == 170
    assert surfaces.make_surface("bowl", 4.0)([1.0, 1.0]).item() == 2.5
    batch = torch.zeros(3, 4, 2)
    assert surfaces.make_surface("ripples")(batch).shape == (3, 4)


def test_a_turned_bowl_keeps_its_curvatures():
    hessian = surfaces.make_surface("bowl", 50.0, 37.0).hessian([0.3, -1.0])
    torch.testing.assert_close(torch.linalg.eigvalsh(hessian), torch.tensor([1.0, 50.0], dtype=torch.float64))
    assert abs(hessian[0, 1]) > 1


def test_unknown_names_and_conditions_are_refused():
    with pytest.raises(
        ValueError, match=r"surface is 'bowel': expected one of .*rosenbrock.*; did you mean 'bowl'"
    ):
        surfaces.make_surface("bowel")
    for condition in (0.5, float("nan")):
        with pytest.raises(
            ValueError, match=f"condition is {condition}: expected a finite number, 1 or more"
        ):
            surfaces.make_surface("bowl", condition)
    with pytest.raises(ValueError, match="angle is nan: expected a finite number"):
        surfaces.make_surface("bowl", angle=float("nan"))


@pytest.mark.parametrize("name", surfaces.names())
def test_weights_are_two_in_any_container(name):
    surface = surfaces.make_surface(name, np.float32(10), np.int64(30))
    expected, slope = surface([1, 2]), surface.gradient([1, 2])
    for w in (
        np.array([1, 2], dtype=np.int32),
        [torch.tensor(1), torch.tensor(2)],
        torch.tensor([1.0, 2.0]).half(),
    ):
        assert surface(w) == expected and torch.equal(surface.gradient(w), slope)
    for wrong in ([1, 2, 3], 1.0, []):
        for call in (surface, surface.gradient, surface.hessian):
            with pytest.raises(ValueError, match=r"w has shape \(.*\): expected \(\.\.\., 2\), two weights"):
                call(wrong)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("name", surfaces.names())
def test_derivatives_where_no_gradients_are_kept(name, mode):
    surface = surfaces.make_surface(name)
    expected = surface.gradient([0.3, -0.7]), surface.hessian([0.3, -0.7])
    with mode():
        w = torch.tensor([0.3, -0.7], dtype=torch.float64)
        found = surface.gradient(w), surface.hessian(w)
        w -= 0.1 * found[0]
        assert not surface(w).requires_grad
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[1], expected[1])
    assert not found[0].requires_grad
    assert not found[1].requires_grad
