"""Traces of logistic regression made by torch in double precision: the oracle of boundary/model.js."""

import itertools

import torch
from torch.nn import functional

from d2lite._utils.points import make_points
from d2lite._utils.rng import Rng

STEPS = 50


def expand(coordinates, kind):
    x1, x2 = coordinates.T
    columns = [x1, x2] + ([x1**2, x2**2, x1 * x2] if kind == "quadratic" else [])
    return torch.stack([*columns, torch.ones_like(x1)], dim=1)  # (N, D + 1), bias last


def objective(inputs, targets, weights, loss, l2):
    logits = inputs @ weights
    if loss == "mse":
        data = functional.mse_loss(torch.sigmoid(logits), targets)
    else:
        data = functional.binary_cross_entropy_with_logits(logits, targets)
    return data + l2 / 2 * weights[:-1].square().sum()


def samples(kind, noise=0.15, seed=0, num_samples=60):
    coordinates, labels = make_points(kind, num_samples, noise, seed)
    points = [[*xy, int(label)] for xy, label in zip(coordinates.tolist(), labels.tolist(), strict=True)]
    return points, torch.tensor(coordinates), torch.tensor(labels, dtype=torch.float64)


def value_cases():
    generator = torch.Generator().manual_seed(0)
    points, coordinates, targets = samples("spiral")
    for kind, loss, l2 in itertools.product(("linear", "quadratic"), ("cross_entropy", "mse"), (0.0, 0.3)):
        inputs = expand(coordinates, kind)
        weights = 4 * torch.randn(inputs.shape[1], dtype=torch.float64, generator=generator)
        weights.requires_grad_()
        value = objective(inputs, targets, weights, loss, l2)
        value.backward()
        right = ((inputs @ weights >= 0) == (targets == 1)).sum().item()
        yield {
            "name": f"value and gradient: {kind}, {loss}, l2 = {l2}",
            "js": """(model, { points, kind, weights, settings }) => {
                const design = model.makeDesign(points, kind);
                const { loss, right, gradient } = model.evaluate(design, [...points.keys()], weights, settings);
                return { loss, right, gradient };
            }""",
            "input": {
                "points": points,
                "kind": kind,
                "weights": weights.tolist(),
                "settings": {"loss": loss, "l2": l2},
            },
            "expected": {"loss": value.item(), "right": right, "gradient": weights.grad.tolist()},
        }


def extreme_case():
    logits = torch.tensor([-800.0, -40, -1e-9, 0, 1e-9, 40, 800], dtype=torch.float64)
    return {
        "name": "cross-entropy of huge logits",
        "js": "(model, z) => z.map((v) => [model.pointLoss(v, 1), model.pointLoss(v, 0)])",
        "input": logits.tolist(),
        "expected": torch.stack(
            [
                torch.logaddexp(-logits, torch.zeros_like(logits)),
                torch.logaddexp(logits, torch.zeros_like(logits)),
            ]
        ).T.tolist(),
    }


def start(kind, points, features, rng):
    count = 6 if features == "quadratic" else 3
    if kind == "random":
        return torch.tensor(rng.normal(count))
    weights = torch.zeros(count, dtype=torch.float64)
    if kind == "wrong":
        rows = torch.tensor(points, dtype=torch.float64)
        toward = ((1 - 2 * rows[:, 2:]) * rows[:, :2]).sum(0)
        weights[:2] = 8 * toward / toward.norm()
    return weights


def run_case(dataset, features, loss, begin, lr, batch_size, l2, seed):
    points, coordinates, targets = samples(dataset, seed=seed)
    inputs, rng = expand(coordinates, features), Rng(seed + 1)
    weights = start(begin, points, features, rng).requires_grad_()
    optimizer = torch.optim.SGD([weights], lr=lr)
    trajectory, losses, waiting = (
        [weights.tolist()],
        [objective(inputs, targets, weights, loss, l2).item()],
        [],
    )
    for _ in range(STEPS):
        waiting = waiting or rng.permutation(len(points))
        size = batch_size or len(points)
        batch, waiting = (
            (list(range(len(points))), []) if size >= len(points) else (waiting[:size], waiting[size:])
        )
        optimizer.zero_grad()
        objective(inputs[batch], targets[batch], weights, loss, l2).backward()
        optimizer.step()
        trajectory.append(weights.tolist())
        losses.append(objective(inputs, targets, weights, loss, l2).item())
    names = ("features", "loss", "start", "lr", "batch_size", "l2", "seed")
    settings = dict(zip(names, (features, loss, begin, lr, batch_size, l2, seed), strict=True))
    return {
        "name": f"{STEPS} steps on {dataset}: {settings}",
        "js": """(model, { points, settings, steps }) => {
            const run = model.makeRun(points, settings);
            while (model.trainTo(run, steps, () => true));
            return { weights: run.weights.map((w) => [...w]), losses: run.losses };
        }""",
        "input": {"points": points, "settings": settings, "steps": STEPS},
        "expected": {"weights": trajectory, "losses": losses},
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [
        *value_cases(),
        extreme_case(),
        run_case("moons", "linear", "cross_entropy", "random", 0.5, 0, 0.0, 0),
        run_case("blobs", "linear", "cross_entropy", "zero", 10.0, 1, 0.0, 3),
        run_case("xor", "quadratic", "cross_entropy", "zero", 1.0, 16, 0.01, 1),
        run_case("circle", "quadratic", "mse", "random", 3.0, 64, 0.0, 2),
        run_case("spiral", "quadratic", "mse", "wrong", 1.0, 4, 0.1, 9999),
        run_case("blobs", "linear", "mse", "wrong", 0.1, 0, 0.0, 5),
    ]
