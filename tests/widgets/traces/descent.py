"""Traces of gradient descent made by torch.optim.SGD in double precision: the oracle of descent/model.js."""

import torch

from d2lite.optim.surfaces import make_surface, names

STEPS = 50


def sgd(surface, start, lr, steps):
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=lr)
    points, losses = [w.tolist()], [surface(w).item()]
    for _ in range(steps):
        optimizer.zero_grad()
        surface.value(w).backward()
        optimizer.step()
        points.append(w.tolist())
        losses.append(surface(w).item())
    return points, losses


def run_case(name, lr=None, start=None, condition=10.0, angle=0.0):
    surface = make_surface(name, condition, angle)
    lr = lr or surface.lr
    points, losses = sgd(surface, start or surface.start, lr, STEPS)
    settings = {"surface": name, "condition": condition, "angle": angle, "start": start, "lr": lr}
    return {
        "name": f"{STEPS} steps: {settings}",
        "js": """(model, { settings, steps }) => {
            const run = model.makeRun(settings);
            model.descendTo(run, steps);
            return { points: run.points, losses: run.losses, broken: run.broken };
        }""",
        "input": {"settings": settings, "steps": STEPS},
        "expected": {"points": points, "losses": losses, "broken": 0},
        "tolerance": 1e-8,
    }


def divergence_case():
    surface = make_surface("rosenbrock")
    losses = sgd(surface, surface.start, 0.01, 30)[1]
    broken = next(step for step, loss in enumerate(losses) if not abs(loss) < 1e12)
    return {
        "name": "the step at which Rosenbrock's surface is lost",
        "js": """(model, settings) => {
            const run = model.makeRun(settings);
            model.descendTo(run, 1000);
            return [run.broken, model.stepsDone(run)];
        }""",
        "input": {"surface": "rosenbrock", "condition": 10, "angle": 0, "start": None, "lr": 0.01},
        "expected": [broken, broken],
    }


def local_case(name, point, lr):
    surface = make_surface(name, 25.0, 20.0)
    values = torch.linalg.eigvalsh(surface.hessian(point))
    gradient = surface.gradient(point)
    rates = torch.linspace(0, 2.5 * lr, 61, dtype=torch.float64)
    here = torch.tensor(point, dtype=torch.float64)
    changes = surface(here - rates[:, None] * gradient) - surface(here)  # (61, 1) * (2,) -> (61, 2)
    return {
        "name": f"the local picture on {name} at {point}",
        "js": """(model, { settings, point }) => {
            const { surface, lr } = model.makeRun(settings);
            const { gradient, slope, values, factors } = model.localPicture(surface, point, lr);
            const { slope: down, ...along } = model.alongStep(surface, point, lr);
            return { gradient, slope, values, factors, down, ...along };
        }""",
        "input": {
            "settings": {"surface": name, "condition": 25, "angle": 20, "start": None, "lr": lr},
            "point": point,
        },
        "expected": {
            "gradient": gradient.tolist(),
            "slope": gradient.norm().item(),
            "values": values.tolist(),
            "factors": (1 - lr * values).tolist(),
            "rates": rates.tolist(),
            "changes": changes.tolist(),
            "down": -(gradient @ gradient).item(),
            "change": (surface(here - lr * gradient) - surface(here)).item(),
        },
    }


def rate_case():
    """On a bowl the slower of the two axes sets the rate, the square root of the loss's."""
    pairs = [(4.0, 0.1), (10.0, 0.19), (10.0, 2 / 11), (100.0, 0.0199)]
    expected = []
    for condition, lr in pairs:
        axes = [sgd(make_surface("bowl", condition), axis, lr, 10)[1] for axis in ([1.0, 0.0], [0.0, 1.0])]
        expected.append(max((losses[10] / losses[9]) ** 0.5 for losses in axes))
    return {
        "name": "the bowl's rate",
        "js": "(model, pairs) => pairs.map(([condition, lr]) => model.bowlRate(condition, lr))",
        "input": pairs,
        "expected": expected,
        "tolerance": 1e-6,
    }


def ends_case():
    generator = torch.Generator().manual_seed(1)
    starts = (13 * torch.rand(40, 2, dtype=torch.float64, generator=generator) - 6.5).tolist()
    surface = make_surface("himmelblau")
    minima = torch.tensor(surface.minima, dtype=torch.float64)
    expected = []
    for start in starts:
        points = torch.tensor(sgd(surface, start, 0.014, 200)[0], dtype=torch.float64)
        distances = torch.cdist(points[:200], minima).square()  # (200, 4)
        closer = (distances[1:] < 1e-4) & (distances[1:] <= distances[:-1]) & (distances[:-1] < 1e-4)
        settled = closer.unfold(0, 5, 1).all(2).any(1).nonzero() + 5  # five in a row
        lost = (~(points.abs().sum(1) < 1e6)).nonzero()
        if len(settled):
            step = settled[0].item()
            expected.append([distances[step].argmin().item(), step])
        else:
            expected.append([-2, lost[0].item() - 1] if len(lost) else [-1, 200])
    assert {end for end, _ in expected} >= {-2, 0, 1, 2, 3}
    return {
        "name": "where starts on Himmelblau's surface end",
        "js": """(model, starts) => {
            const { surface } = model.makeRun({ surface: "himmelblau" });
            return starts.map((start) => model.endOf(surface, start, 0.014, 200));
        }""",
        "input": starts,
        "expected": expected,
    }


def words_case():
    products = [-0.1, 0.0, 0.01, 0.5, 1.0, 1.5, 2.0, 2.1]
    marks = ["leaves", "flat", "hardly", "without", "one step", "still", "for ever", "further"]
    return {
        "name": "words for a direction",
        "js": """(model, [products, marks]) =>
            marks.map((mark, i) => model.describeDirection(products[i]).includes(mark))""",
        "input": [products, marks],
        "expected": [True] * len(products),
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [
        *(run_case(name) for name in names()),
        run_case("bowl", lr=0.199, condition=10.0, angle=30.0, start=[2.5, -2.0]),
        run_case("bowl", lr=0.21, start=[1.0, 1.0]),
        run_case("ripples", lr=0.45, start=[3.1, -4.2]),
        divergence_case(),
        local_case("beale", [1.3, -0.7], 0.01),
        local_case("bowl", [-2.0, 1.5], 0.05),
        local_case("saddle", [0.3, 0.2], 0.5),
        rate_case(),
        ends_case(),
        words_case(),
    ]
