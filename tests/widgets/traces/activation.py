"""Traces of activation functions, and of a signal through layers of them, by torch: the oracle of activation/model.js."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from d2lite._utils.rng import Rng

FUNCTIONS = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": F.relu, "leaky_relu": F.leaky_relu, "elu": F.elu, "gelu": F.gelu,
    "silu": F.silu, "mish": F.mish, "linear": lambda z: z,
}  # fmt: skip
WIDTH, INPUTS, DEPTH = 48, 64, 20
SETTINGS = [("sigmoid", 0.0, 1.0), ("sigmoid", 0.5, 1.0), ("relu", 0.0, 0.41), ("tanh", 0.0, 2.0)]
SETTINGS += [(name, 0.0, 1.0) for name in FUNCTIONS if name != "sigmoid"]
RUN = """(model, [name, lowered, factor, layers, seed]) => {
    const own = model.ownScale(name, lowered);
    const numbers = model.drawNumbers(seed);
    const { signals, slopes } = model.sendForward(numbers, name, lowered, factor * own, own);
    const back = model.sendBack(numbers, slopes, layers, factor * own, own);
    const ranges = model.unitRanges(signals[layers], [0, 0.5, 1]);
    return {
        own, back, sizes: signals.map(model.rootMeanSquare), spreads: signals.map(model.spreadOverInputs),
        dead: model.deadShare(slopes[layers - 1]), lowest: ranges.map((range) => range[0]), highest: ranges.map((range) => range[2]),
    };
}"""


def own_scale(function, lowered):
    """Return 1 / the root mean square of the lowered function of a standard normal number, by Gauss and Hermite."""
    z, weights = (torch.tensor(part) for part in np.polynomial.hermite_e.hermegauss(180))
    halves = torch.linspace(0, 9, 90_001, dtype=torch.float64)  # kinks at 0: both sides apart
    density = torch.exp(-(halves**2) / 2) / math.sqrt(2 * math.pi)
    mean = sum(
        torch.trapezoid((function(sign * halves) - lowered) ** 2 * density, halves) for sign in (1, -1)
    )
    if function not in (F.relu, F.leaky_relu, F.elu):
        smooth = (weights * (function(z) - lowered) ** 2).sum() / math.sqrt(2 * math.pi)
        assert abs(smooth - mean) < 1e-6
    return 1 / math.sqrt(mean)


def send(name, lowered, factor, layers, seed):
    """Return what the JavaScript above returns, with torch's gradients."""
    rng, function = Rng(seed), FUNCTIONS[name]
    draw = lambda *shape: torch.tensor(rng.normal(math.prod(shape)).reshape(shape))
    signals, ending = [draw(INPUTS, WIDTH).requires_grad_()], draw(INPUTS, WIDTH)
    own, sums = own_scale(function, lowered), []
    for k in range(DEPTH):
        scale = (factor * own if k else factor) / math.sqrt(WIDTH)
        sums.append(scale * signals[k] @ draw(WIDTH, WIDTH).T)  # (64, 48) @ (48, 48)
        signals.append(function(sums[k]) - lowered)
    wanted = [*signals[:layers], sums[layers - 1]]
    *gradients, slope = torch.autograd.grad((signals[layers] * ending).sum(), wanted)
    size = lambda values: values.detach().square().mean().sqrt().item()
    last = signals[layers].detach()
    order = last.sort(dim=0).values[math.floor(0.5 * (INPUTS - 1) + 0.5)].argsort(stable=True)
    return {
        "own": own,
        "back": [*map(size, gradients), size(ending)],
        "sizes": list(map(size, signals)),
        "spreads": [signal.detach().var(dim=0, correction=0).mean().sqrt().item() for signal in signals],
        "dead": (slope == 0).all(dim=0).double().mean().item(),
        "lowest": last.min(dim=0).values[order].tolist(),
        "highest": last.max(dim=0).values[order].tolist(),
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    z = torch.linspace(-40, 40, 801, dtype=torch.float64)
    made = []
    for name, function in FUNCTIONS.items():
        leaf = (z + 1e-3).requires_grad_()  # 0 itself is a kink
        (slope,) = torch.autograd.grad(function(leaf).sum(), leaf)
        value = function(leaf).detach() - 0.25
        made.append(
            {
                "name": f"{name} and its slope",
                "js": "(model, [name, points]) => points.map((z) => model.valueAndSlope(name, 0.25, z))",
                "input": [name, leaf.tolist()],
                "expected": torch.stack([value, slope], dim=1).tolist(),
            }
        )
    for i, (name, lowered, factor) in enumerate(SETTINGS):
        given = [name, lowered, factor, [10, 20, 1][i % 3], i]
        made.append(
            {
                "name": f"signal, {given}",
                "js": RUN,
                "input": given,
                "expected": send(*given),
                "tolerance": 1e-6,
            }
        )
    return made
