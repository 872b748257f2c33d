"""Traces of seven optimizers made by torch.optim in double precision: the oracle of race/model.js."""

import numpy as np
import torch

from d2lite._utils.rng import Rng
from d2lite.optim.surfaces import make_surface

STEPS = 60
BASE = {"beta": 0.9, "beta1": 0.9, "beta2": 0.99, "weightDecay": 0.0}
GROUND = {"surface": "bowl", "condition": 30.0, "angle": 0.0, "start": None, "noise": 0.0, "seed": 0}
RATES = {
    "sgd": 0.003, "momentum": 0.0005, "nesterov": 0.0005, "adagrad": 0.3, "rmsprop": 0.02, "adam": 0.1, "adamw": 0.1,
}  # fmt: skip


def make_optimizer(name, w, lr, settings):
    """Return torch's optimizer of a name; SGD is told of its weight decay as the others are."""
    beta, betas = settings["beta"], (settings["beta1"], settings["beta2"])
    decay = settings["weightDecay"]
    if name == "rmsprop":
        return torch.optim.RMSprop([w], lr, alpha=settings["beta2"], weight_decay=decay)
    if name == "adagrad":
        return torch.optim.Adagrad([w], lr, weight_decay=decay)
    if name in ("adam", "adamw"):
        kind = torch.optim.Adam if name == "adam" else torch.optim.AdamW
        return kind([w], lr, betas=betas, weight_decay=decay)
    momentum = 0 if name == "sgd" else beta
    return torch.optim.SGD([w], lr, momentum=momentum, nesterov=name == "nesterov", weight_decay=decay)


def read_state(optimizer, w):
    """Return torch's memory as [v, s] of two numbers each, zeros where it keeps none."""
    kept = optimizer.state[w]
    zero = torch.zeros(2, dtype=torch.float64)
    v = kept.get("momentum_buffer", kept.get("exp_avg", zero))
    s = kept.get("exp_avg_sq", kept.get("square_avg", kept.get("sum", zero)))
    return [(zero if part is None else part).tolist() for part in (v, s)]


def trace(name, lr, ground, settings, steps=STEPS):
    noisy = ground["surface"] == "noisy"
    surface = make_surface("bowl" if noisy else ground["surface"], ground["condition"], ground["angle"])
    w = torch.tensor(ground["start"] or surface.start, dtype=torch.float64, requires_grad=True)
    noise = ground["noise"] * torch.tensor(Rng(ground["seed"]).normal(2 * steps).reshape(steps, 2))
    optimizer = make_optimizer(name, w, lr, settings)
    points, losses, states = [w.tolist()], [surface(w).item()], [[[0.0, 0.0], [0.0, 0.0]]]
    for k in range(steps):
        optimizer.zero_grad()
        surface.value(w).backward()
        if noisy:
            w.grad += noise[k]
        optimizer.step()
        points.append(w.tolist())
        losses.append(surface(w).item())
        states.append(read_state(optimizer, w))
    return {"points": points, "losses": losses, "states": states}


def run_case(name, lr=None, ground=(), settings=()):
    ground, settings = GROUND | dict(ground), BASE | dict(settings)
    lr = lr or RATES[name]
    return {
        "name": f"{STEPS} steps of {name} at {lr} on {ground}, {settings}",
        "js": """(model, { ground, name, settings, steps }) => {
            const place = model.makeGround(ground);
            const run = model.makeRun(place, name, settings);
            model.runTo(place, run, steps);
            const { points, losses } = run;
            return { points, losses, states: run.states.map(({ v, s }) => [v, s]) };
        }""",
        "input": {"ground": ground, "name": name, "settings": {**settings, "lr": lr}, "steps": STEPS},
        "expected": trace(name, lr, ground, settings),
        "tolerance": 1e-8,
    }


def next_case():
    """The step that the page announces is the one torch then takes, from torch's own state."""
    ground = GROUND | {"surface": "noisy", "noise": 2.0, "seed": 3}
    expected = []
    for name, lr in RATES.items():
        made = trace(name, lr, ground, BASE | {"weightDecay": 0.1}, 8)
        before, after = (torch.tensor(made["points"][k], dtype=torch.float64) for k in (7, 8))
        gradient = make_surface("bowl", ground["condition"]).gradient(before)
        expected.append({"step": (after - before).tolist(), "slope": gradient.tolist(), "w": after.tolist()})
    return {
        "name": "the announced step",
        "js": """(model, { ground, rates, settings }) => {
            const place = model.makeGround(ground);
            return rates.map(([name, lr]) => {
                const run = model.makeRun(place, name, { ...settings, lr });
                model.runTo(place, run, 7);
                const { step, slope, w } = model.nextStep(place, run, 7);
                return { step, slope, w };
            });
        }""",
        "input": {"ground": ground, "rates": list(RATES.items()), "settings": BASE | {"weightDecay": 0.1}},
        "expected": expected,
        "tolerance": 1e-8,
    }


def bounds_case():
    """Where a run is lost, and from which step it has arrived."""
    ground = GROUND | {"condition": 10.0}
    surface = make_surface("bowl", 10.0)
    lost = trace("momentum", 0.5, ground, BASE, 60)["losses"]
    calm = trace("momentum", 0.05, ground, BASE, 100)["losses"]
    near = [loss <= 0.01 * calm[0] for loss in calm]
    assert surface.lowest == 0
    assert not all(near)
    assert near[-1]
    return {
        "name": "divergence and arrival",
        "js": """(model, ground) => {
            const place = model.makeGround(ground);
            const settings = { beta: 0.9, beta1: 0.9, beta2: 0.99, weightDecay: 0 };
            const lost = model.makeRun(place, "momentum", { ...settings, lr: 0.5 });
            model.runTo(place, lost, 1000);
            const calm = model.makeRun(place, "momentum", { ...settings, lr: 0.05 });
            model.runTo(place, calm, 100);
            return [lost.broken, model.stepsDone(lost), model.arrival(calm, 0, 100), model.arrival(calm, 0, 3)];
        }""",
        "input": ground,
        "expected": [
            *[next(k for k, loss in enumerate(lost) if not abs(loss) < 1e12)] * 2,
            len(near) - near[::-1].index(False),
            -1,
        ],
    }


def regime_case():
    """The name of a run along one curvature, by NumPy's eigenvalues of the matrix of a step."""
    pairs = [(p, b) for b in (0.0, 0.25, 0.81, 0.99) for p in (1e-6, 0.02, 0.3, 1.2, 2.1, 3.3, 3.7, 4.1)]
    return {
        "name": "overdamped, critical, oscillating",
        "js": "(model, pairs) => pairs.map(([product, beta]) => model.regime(product, beta))",
        "input": [*pairs, (0.01, 0.81), (0.25, 0.25), (3.61, 0.81)],
        "expected": [*(_regime(*pair) for pair in pairs), *["critical"] * 3],
    }


def plane_case():
    """What a step keeps, by NumPy's eigenvalues of the matrices of both directions, at random points and at borders."""
    rng = np.random.default_rng(0)
    points = [(rate, beta, 100.0) for rate in (0.003, 0.02, 0.033) for beta in (0.0, 0.5, 0.98)]
    for condition in (1.0, 7.0, 100.0, 1000.0):
        points += [(4.2 / condition * a, 0.995 * b, condition) for a, b in rng.random((25, 2))]
    expected = [
        max(abs(_eigenvalues(rate * curve, beta)).max() for curve in (1, condition))
        for rate, beta, condition in points
    ]
    return {
        "name": "the plane's colour",
        "js": "(model, points) => points.map((point) => model.valleyShare(...point))",
        "input": points,
        "expected": expected,
        "tolerance": 1e-6,
    }


def best_case():
    """The marked point, against the least of 160,000 points around it."""
    conditions, expected = [4.0, 100.0, 900.0], []
    for condition in conditions:
        root = condition**0.5
        best = {"lr": 4 / (1 + root) ** 2, "beta": ((root - 1) / (root + 1)) ** 2}
        rates, betas = np.meshgrid(*(best[name] * np.linspace(0.8, 1.2, 401) for name in ("lr", "beta")))
        halves = [(1 + betas - rates * curve) / 2 + 0j for curve in (1, condition)]
        roots = [np.sqrt(half**2 - betas) for half in halves]
        kept = np.max(
            [abs(h + sign * r) for h, r in zip(halves, roots, strict=True) for sign in (1, -1)], axis=0
        )
        least = np.unravel_index(kept.argmin(), kept.shape)
        assert (rates[least], betas[least]) == (best["lr"], best["beta"])
        expected.append(best)
    return {
        "name": "the plane's best point",
        "js": "(model, conditions) => conditions.map((condition) => model.bestPoint(condition))",
        "input": conditions,
        "expected": expected,
    }


def goal_case():
    """The steps to a thousandth of the distance, counted on runs of torch.optim.SGD."""
    start, points = (
        [-2.6, 0.13],
        [(2 / 101, 0.0), (4 / 121, 81 / 121), (0.027, 0.98), (0.01, 0.9), (0.0331, 0.669)],
    )
    expected = []
    for lr, beta in points:
        path = trace(
            "momentum", lr, GROUND | {"condition": 100.0, "start": start}, BASE | {"beta": beta}, 1500
        )
        lengths = np.linalg.norm(path["points"], axis=1)
        expected.append(int(np.flatnonzero(lengths > lengths[0] / 1000)[-1]) + 1)
    assert expected[:3] == [346, 47, 670]
    return {
        "name": "steps to the goal",
        "js": """(model, { start, points }) => [
            ...points.map((point) => model.stepsToGoal(...point, 100, start)),
            model.stepsToGoal(0.05, 0, 100, start), model.stepsToGoal(1e-5, 0, 100, start),
        ]""",
        "input": {"start": start, "points": points},
        "expected": [*expected, 0, 0],
    }


def _eigenvalues(product, beta):
    return np.linalg.eigvals(np.array([[1 + beta - product, -beta], [1.0, 0.0]]))


def _regime(product, beta):
    roots = _eigenvalues(product, beta)
    if abs(roots).max() >= 1:
        return "diverges"
    if abs(roots.imag).max() > 0:
        return "oscillating"
    return "overdamped" if roots.real.max() > abs(roots.real.min()) else "jumps to and fro"


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    surfaces = ("bowl", "noisy", "rosenbrock", "beale", "saddle", "plateau")
    grounds = [{"surface": name, "noise": 3.0, "seed": 5} for name in surfaces]
    decay = {"weightDecay": 0.3, "beta": 0.8, "beta1": 0.7, "beta2": 0.95}
    return [
        *(run_case(name, ground=ground) for name in RATES for ground in grounds),
        regime_case(),
        *(run_case(name, settings=decay, ground={"angle": 25.0, "start": [2.0, -1.5]}) for name in RATES),
        *(run_case(name, ground={"surface": "saddle", "angle": 45.0}) for name in RATES),
        next_case(),
        bounds_case(),
        plane_case(),
        best_case(),
        goal_case(),
    ]
