"""Traces of a signal and a gradient through random layers, by torch: the oracle of signal/model.js."""

import numpy as np
import torch
from scipy.integrate import quad
from scipy.stats import norm

from d2lite._utils.rng import Rng

FUNCTIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": lambda z: z}
VARIANCES = {
    "standard": lambda n: 1,
    "xavier": lambda n: 1 / n,
    "he": lambda n: 2 / n,
    "pytorch": lambda n: 1 / (3 * n),
}
ROWS = 8


def sizes(parts):
    return [part.square().mean().sqrt().item() for part in parts]


def through(scheme, activation, depth, width, scale, seed):
    """Return the sizes of signal and gradient, and the values in the last layer, by torch's autograd."""
    rng = Rng(seed)
    draw = lambda rows: torch.from_numpy(rng.normal(rows * width).reshape(rows, width))
    signals, ending = [draw(ROWS).requires_grad_()], draw(ROWS)
    for _ in range(depth):
        weight = draw(width)
        if scheme == "equal":
            weight = torch.full_like(weight, 1 / width)
        elif scheme == "own":
            weight = weight * scale / width**0.5
        else:
            weight = weight * VARIANCES[scheme](width) ** 0.5
        signals.append(FUNCTIONS[activation](signals[-1] @ weight.T))
    gradients = torch.autograd.grad(signals[-1], signals[:-1], ending)
    return [sizes(signals), sizes([*gradients, ending]), signals[-1].flatten().tolist()]


def network_case(scheme, activation, depth=50, width=8, scale=1.2, seed=3):
    return {
        "name": f"{scheme}, {activation}, {depth} layers of {width}",
        "js": """(model, settings) => {
            const numbers = model.openNumbers(settings.seed, settings.width);
            for (let k = 0; k < settings.depth; k++) numbers.more();
            const { signals, gradients } = model.propagate(numbers, settings);
            return [model.sizesOf(signals), model.sizesOf(gradients), [...signals.at(-1)]];
        }""",
        "input": {
            "scheme": scheme,
            "activation": activation,
            "depth": depth,
            "width": width,
            "scale": scale,
            "seed": seed,
        },
        "expected": through(scheme, activation, depth, width, scale, seed),
    }


def deeper_case(first, then):
    """A network whose first layers were sent through at another depth: as if it had been sent through at once."""
    settings = {"scheme": "he", "activation": "relu", "width": 8, "scale": 1.2, "seed": 3}
    return {
        "name": f"{first} layers, then {then}",
        "js": """(model, [settings, first, then]) => {
            const numbers = model.openNumbers(settings.seed, settings.width);
            for (let k = 0; k < Math.max(first, then); k++) numbers.more();
            const before = model.propagate(numbers, { ...settings, depth: first });
            const { signals, gradients } = model.propagate(numbers, { ...settings, depth: then }, before);
            return [model.sizesOf(signals), model.sizesOf(gradients), [...signals.at(-1)]];
        }""",
        "input": [settings, first, then],
        "expected": through(depth=then, **settings),
    }


def squares_case(activation, deviation):
    """Mean squares of value and slope at normal numbers, by SciPy's adaptive integration and torch's derivative."""

    def value_and_slope(x):
        z = torch.tensor(x * deviation, dtype=torch.float64, requires_grad=True)
        a = FUNCTIONS[activation](z)
        (slope,) = torch.autograd.grad(a, z)
        return a.item(), slope.item()

    points = [0.0, *np.outer([-1, 1], [0.5, 2, 6]).ravel() / max(1, deviation)]
    squares = [lambda x, i=i: norm.pdf(x) * value_and_slope(x)[i] ** 2 for i in (0, 1)]
    expected = [quad(square, -8, 8, points=points, limit=400)[0] for square in squares]
    return {
        "name": f"mean squares of {activation} at {deviation}",
        "js": "(model, [activation, deviation]) => model.meanSquares(activation, deviation)",
        "input": [activation, deviation],
        "expected": expected,
    }


def theory_case(activation, gain):
    """ReLU and no function at all: each layer multiplies both mean squares by gain/2, or gain."""
    factor = gain / 2 if activation == "relu" else gain
    powers = [factor ** (k / 2) for k in range(21)]
    return {
        "name": f"theory of {activation} with gain {gain}",
        "js": "(model, [name, gain]) => { const { signal, gradient } = model.predictSizes(name, gain, 20); return [signal, gradient]; }",
        "input": [activation, gain],
        "expected": [powers, powers[::-1]],
    }


def counts_case():
    rows = Rng(1).normal(4 * 6).reshape(4, 6)
    rows[:, 4] = rows[:, 1]
    return {
        "name": "different units, and bins",
        "js": "(model, rows) => [model.countDifferent(rows.flat(), 6), [...model.countBins(rows.flat(), 3, 12)]]",
        "input": rows.tolist(),
        "expected": [5, np.histogram(rows.clip(-3, 2.999), bins=12, range=(-3, 3))[0].tolist()],
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    networks = [
        network_case(scheme, activation)
        for scheme in (*VARIANCES, "equal", "own")
        for activation in FUNCTIONS
    ]
    networks += [network_case("he", "relu", 12, 64), network_case("own", "tanh", 7, 32, 0, 9)]
    networks += [deeper_case(5, 12), deeper_case(12, 5)]
    squares = [squares_case(name, deviation) for name in FUNCTIONS for deviation in (0.02, 1, 3, 40)]
    theory = [theory_case(name, gain) for name in ("relu", "linear") for gain in (1 / 3, 1, 2, 64)]
    return [*networks, *squares, *theory, counts_case()]
