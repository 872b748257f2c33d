"""Traces of batches of bowls by NumPy and torch: the oracle of minibatch/model.js."""

import numpy as np
import torch

from d2lite._utils.rng import Rng
from d2lite.widgets.minibatch import batch_payload

COUNT, CURVATURES, START = 1024, torch.tensor([1.0, 4.0], dtype=torch.float64), [-2.6, 1.8]


def samples():
    rng = Rng(7)
    points = 2 * rng.normal(2 * COUNT).reshape(COUNT, 2)
    return points - points.mean(0)


def sgd(size, lr, replacement, seed, steps):
    """The path of torch.optim.SGD on the mean of the batch's bowls."""
    points, rng, order = torch.tensor(samples()), Rng(seed), []
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer, path = torch.optim.SGD([w], lr=lr), [list(START)]
    for _ in range(steps):
        if replacement:
            batch = np.floor(rng.uniform(size) * COUNT).astype(int)
        else:
            order = order if len(order) >= size else list(rng.permutation(COUNT))
            batch, order = order[:size], order[size:]
        optimizer.zero_grad()
        (0.5 * CURVATURES * (w - points[list(batch)]) ** 2).sum(1).mean().backward()
        optimizer.step()
        path.append(w.tolist())
    return path


def descent_case(size, lr, replacement, seed=3, steps=50):
    settings = {"size": size, "lr": lr, "replacement": replacement, "seed": seed}
    return {
        "name": f"{steps} steps: {settings}",
        "js": "(model, { settings, steps }) => model.descend(model.makeSamples(), settings, steps)",
        "input": {"settings": settings, "steps": steps},
        "expected": sgd(size, lr, replacement, seed, steps),
        "tolerance": 1e-9,
    }


def noise_case(replacement):
    """Measured noise lies near the variance of a sample mean: four standard errors of 200 draws."""
    gradients = samples() * CURVATURES.numpy()
    trace = gradients.var(0).sum()
    sizes = np.array([1, 8, 64, 512])
    factor = 1 if replacement else (COUNT - sizes) / (COUNT - 1)
    return {
        "name": f"measured noise, replacement {replacement}, over the variance of a mean",
        "js": """(model, { expected, sizes, replacement }) => {
            const found = model.measureNoise(model.makeSamples(), { replacement, seed: 5 }, sizes);
            return found.map((value, k) => Number(Math.abs(value / expected[k] - 1) < 0.3));
        }""",
        "input": {
            "expected": (trace / sizes * factor).tolist(),
            "sizes": sizes.tolist(),
            "replacement": replacement,
        },
        "expected": [1, 1, 1, 1],
    }


def budget_case(cost, budget):
    recording = batch_payload()
    losses = []
    for k, size in enumerate(recording["sizes"]):
        price = {"steps": 1, "images": size, "seconds": recording["seconds"][k]}[cost]
        curve = recording["losses"][k]
        count = sum(step * price <= budget for step in recording["steps"][: len(curve)])
        losses.append(curve[count - 1] if count else -1)
    return {
        "name": f"losses within {budget} {cost}",
        "js": """(model, { recording, cost, budget }) =>
            recording.sizes.map((_, k) => model.lossWithin(recording, cost, k, budget) ?? -1)""",
        "input": {"recording": recording, "cost": cost, "budget": budget},
        "expected": losses,
    }


def over_case(cost, budget):
    """Runs stop before a budget is spent if the next measurement would have been within it."""
    recording = batch_payload()
    price = {"steps": lambda k: 1, "images": lambda k: recording["sizes"][k]}[cost]
    ends = [recording["steps"][len(curve)] * price(k) for k, curve in enumerate(recording["losses"])]
    return {
        "name": f"runs over within {budget} {cost}",
        "js": """(model, { recording, cost, budget }) =>
            recording.sizes.map((_, k) => Number(model.isOver(recording, cost, k, budget)))""",
        "input": {"recording": recording, "cost": cost, "budget": budget},
        "expected": [int(end <= budget) for end in ends],
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    gradients = samples() * CURVATURES.numpy()
    return [
        descent_case(1, 0.1, True),
        descent_case(8, 0.2, False),
        descent_case(512, 0.4, False),
        descent_case(1024, 0.4, True),
        {
            "name": "trace of the covariance",
            "js": "(model) => model.traceOf(model.makeSamples())",
            "input": None,
            "expected": gradients.var(0).sum(),
        },
        {
            "name": "the formula of the noise",
            "js": "(model, sizes) => sizes.map((size) => model.expectedNoise(10, size, 1024, false))",
            "input": [1, 32, 1024],
            "expected": [10.0, 10 / 32 * 992 / 1023, 0.0],
        },
        noise_case(True),
        noise_case(False),
        budget_case("steps", 100),
        budget_case("images", 5000),
        budget_case("seconds", 0.02),
        over_case("steps", 256),
        over_case("images", 100_000),
    ]
