"""The chapter on multilayer perceptrons: its own code against torch, NumPy and SciPy, and what its playgrounds show."""

import itertools
import json
import re

import numpy as np
import pytest
import scipy.optimize
import torch
import torch.nn.functional as F
from torch import nn

from d2lite.widgets import PlaygroundExplorer, _preview
from d2lite.widgets.playground import _torch

NETWORKS = ([2, 2, 1], [5, 8, 6, 3], [4, 7, 7, 7, 2], [3, 4])
TRAIN = """
import * as model from "./model.mjs";
import { readFileSync } from "node:fs";
const { traits, features, epochs } = JSON.parse(readFileSync(0, "utf8"));
const run = model.makeRun(model.makeTask(traits), { ...traits, features });
const shares = epochs.map((epoch) => {
  model.trainTo(run, epoch);
  return [model.shareRight(run, run.train), run.trainLoss[epoch]];
});
process.stdout.write(JSON.stringify(shares));
"""


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("03_networks/multilayer_perceptron")
    chapter.define("setup")
    chapter.run("by-hand")
    chapter.define(
        "hundred", "bend-test", "train-corners", "many-starts", "numpy-passes", "universal-code", "fit"
    )
    chapter["X"] = torch.tensor(chapter["corners"]).float()
    chapter["y"] = torch.tensor(chapter["labels"]).float()
    return chapter


def make_network(sizes, seed):
    """Return a ReLU network in 64 bits, and its layers as NumPy arrays."""
    torch.manual_seed(seed)
    modules = [part for a, b in itertools.pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
    net = nn.Sequential(*modules[:-1]).double()
    return net, [
        (m.weight.detach().numpy(), m.bias.detach().numpy()) for m in net if isinstance(m, nn.Linear)
    ]


@pytest.mark.parametrize("sizes", NETWORKS, ids=str)
def test_forward_and_backward_are_those_of_torch(lesson, sizes):
    for seed in range(3):
        net, layers = make_network(sizes, seed)
        inputs = torch.randn(17, sizes[0], dtype=torch.float64)
        delta = torch.randn(17, sizes[-1], dtype=torch.float64)
        z = net(inputs)
        (z * delta).sum().backward()  # the gradient of this sum with respect to z is delta
        values = lesson["forward"](layers, inputs.numpy())
        np.testing.assert_allclose(values[-1], z.detach().numpy(), rtol=1e-12, atol=1e-14)
        gradients = lesson["backward"](layers, values, delta.numpy())
        flat = [part for layer in gradients for part in layer]
        for ours, theirs in zip(flat, net.parameters(), strict=True):
            np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_backward_agrees_with_nudged_weights(lesson):
    _, layers = make_network([3, 5, 4, 2], seed=1)
    rng = np.random.default_rng(0)
    inputs, delta = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))

    def total(flat):
        parts, at = [], 0
        for W, b in layers:
            w, c = flat[at : at + W.size].reshape(W.shape), flat[at + W.size : at + W.size + b.size]
            parts.append((w, c))
            at += W.size + b.size
        return (lesson["forward"](parts, inputs)[-1] * delta).sum()

    start = np.concatenate([part.ravel() for layer in layers for part in layer])
    found = lesson["backward"](layers, lesson["forward"](layers, inputs), delta)
    flat = np.concatenate([part.ravel() for layer in found for part in layer])
    np.testing.assert_allclose(flat, scipy.optimize.approx_fprime(start, total, 1e-7), atol=1e-5)


def test_no_line_separates_the_corners_but_one_does_behind_the_hidden_layer(lesson):
    signs = 2 * lesson["labels"] - 1
    for places, separable in ((lesson["corners"], False), (lesson["h"], True)):
        rows = -signs[:, None] * np.hstack([places, np.ones((4, 1))])
        found = scipy.optimize.linprog(np.zeros(3), rows, -np.ones(4), bounds=(None, None))
        assert (found.status == 0) == separable


def test_bentness_is_zero_for_straight_functions_alone(lesson):
    rng = np.random.default_rng(3)
    A, b, (u, v) = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=(2, 3))
    assert lesson["bentness"](lambda x: A @ x + b, u, v) < 1e-12
    assert lesson["bentness"](lambda x: x**2, np.array([0.0]), np.array([2.0])) == pytest.approx(0.5)
    layers = [(A, b), (rng.normal(size=(2, 4)), rng.normal(size=2))]
    np.testing.assert_allclose(lesson["run"](layers, u), layers[1][0] @ (A @ u + b) + layers[1][1])


def test_the_networks_trained_together_take_the_steps_of_one_alone(lesson):
    torch.manual_seed(7)
    shapes = ((2, 2, 3), (2, 1, 3), (3, 3, 1), (3, 1, 1))
    W1, b1, W2, b2 = [(2 * torch.rand(5, *shape) - 1) / n**0.5 for n, *shape in shapes]
    _, losses = lesson["solved"](3, starts=5, num_steps=30, seed=7)
    for k in range(5):
        net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
        weights = (W1[k].T, b1[k, 0], W2[k].T, b2[k, 0])
        with torch.no_grad():
            for part, value in zip(net.parameters(), weights, strict=True):
                part.copy_(value)
        optimizer = torch.optim.SGD(net.parameters(), lr=1)
        for _ in range(30):
            loss = F.binary_cross_entropy_with_logits(net(lesson["X"]).squeeze(1), lesson["y"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        assert losses[k].item() == pytest.approx(loss.item(), rel=1e-3)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_shares_of_starts_hold_for_other_seeds(lesson, seed):
    shares = [lesson["solved"](units, seed=seed)[0].float().mean().item() for units in (1, 2, 3, 4)]
    assert shares[0] == 0
    assert 0.5 < shares[1] < 0.7
    assert 0.92 < shares[2] < 0.985
    assert shares[3] > 0.98


def test_polyline_is_linear_interpolation(lesson):
    knots = np.array([-1.0, -0.2, 0.5, 2.0])
    x = np.linspace(-1, 2, 50)
    found = lesson["polyline"](np.cosh, knots)(x)
    np.testing.assert_allclose(found, np.interp(x, knots, np.cosh(knots)), atol=1e-12)


def test_fit_leaves_out_the_bend_behind_the_last_layer(lesson):
    inputs, targets = torch.randn(100, 4), torch.arange(100) % 3
    for sizes, count in (((4, 3), 1), ((4, 6, 5, 3), 5)):
        net = lesson["fit"](sizes, inputs, targets, lr=0.1)
        assert len(net) == count
        assert [type(m) for m in net[::2]] == [nn.Linear] * len(net[::2])
        again = lesson["fit"](sizes, inputs, targets, lr=0.1)
        assert torch.equal(net[0].weight, again[0].weight), "a seed gives one network"


# ------------------------------------------------------------------------------------------------ playgrounds


def shown(explorer, *epochs, **changes):
    """Return (share of the training points that are right, loss) after these epochs, as the page computes them."""
    names = [name for name, trait in explorer.params().items() if not trait.is_result]
    traits = {name: getattr(explorer, name) for name in names} | changes
    explorer = PlaygroundExplorer(**traits)
    request = {"traits": traits, "features": _torch.used_features(explorer), "epochs": epochs}
    return json.loads(_preview.run_module(TRAIN, {"model": explorer._folder / "model.js"}, request))


def explorer_of(lesson, cell):
    call = re.search(r"^PlaygroundExplorer\(.*\)", lesson.sources[cell], re.M | re.S)
    return eval(call.group(), lesson | {"PlaygroundExplorer": PlaygroundExplorer})


def test_the_hero_learns_with_a_bend_and_guesses_without(lesson):
    hero = explorer_of(lesson, "hero")
    (share, _), (later, _) = shown(hero, 15, 40)
    assert share < 0.9 < 0.95 < later, "it opens in the middle of learning; forty passes get nearly all right"
    for change in ({"activation": "linear"}, {"activation": "linear", "layers": [4] * 6}, {"layers": []}):
        for share, loss in shown(hero, 15, 40, 300, **change):
            assert 0.35 < share < 0.65, change
            assert loss == pytest.approx(np.log(2), abs=0.02), change
    assert shown(hero, 15, layers=[], x1x2=True)[0][0] > 0.95, "the product is enough"
    assert shown(hero, 15, activation="relu")[0][0] > 0.9


def test_a_second_layer_helps_with_the_spiral(lesson):
    hero = explorer_of(lesson, "hero")
    for seed in range(3):
        one, two = (
            shown(hero, 300, dataset="spiral", layers=layers, lr=0.3, seed=seed)[0][0]
            for layers in ([8], [8, 8])
        )
        assert one < 0.85 < 0.9 < two, "more than nine in ten with two, far fewer with one"


def test_the_corners_show_a_start_that_is_caught(lesson):
    corners = explorer_of(lesson, "explorer-corners")
    ends = [shown(corners, corners.epoch_count, 3000, seed=corners.seed + k) for k in range(4)]
    assert ends[0][0][0] < 1, "the one shown large is caught"
    assert ends[1][0][0] == 1, "the next is not"
    assert ends[0][1][1] == pytest.approx(np.log(2) / 2, abs=0.005)
    for k in range(4):
        assert shown(corners, corners.epoch_count, seed=corners.seed + k, layers=[3])[0][0] == 1
