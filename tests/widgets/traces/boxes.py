"""Traces of boxes fitted by torch in double precision: the oracle of boxes/model.js."""

import torch

from d2lite.vision import boxes

MEASURES = {"iou": boxes.iou, "giou": boxes.giou, "diou": boxes.diou, "ciou": boxes.ciou}
STEPS = 50
PAIRS = {
    "overlapping": ([10, 12, 40, 50], [25, 20, 60, 70]),
    "disjoint": ([5, 5, 20, 30], [50, 40, 80, 90]),
    "nested": ([20, 20, 60, 70], [30, 32, 45, 55]),
    "around": ([30, 32, 45, 55], [20, 20, 60, 70]),
    "identical": ([10, 20, 40, 60], [10, 20, 40, 60]),
    "touching": ([10, 10, 30, 30], [30, 10, 50, 30]),
    "at a corner": ([10, 10, 30, 30], [30, 30, 50, 45]),
    "level edges": ([10, 10, 30, 40], [20, 10, 60, 40]),
    "no width": ([20, 10, 20, 40], [10, 10, 30, 50]),
    "a point": ([20, 20, 20, 20], [10, 10, 30, 50]),
    "two points": ([20, 20, 20, 20], [30, 50, 30, 50]),
    "one point twice": ([20, 20, 20, 20], [20, 20, 20, 20]),
}


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def measure_case():
    expected = {}
    for name, (box, target) in PAIRS.items():
        expected[name] = {}
        for key, measure in MEASURES.items():
            leaf = double(box).requires_grad_()
            value = measure(leaf, double(target), pairwise=False)
            value.backward()
            expected[name][key] = {"value": value.item(), "slope": leaf.grad.tolist()}
    return {
        "name": "the four measures and their gradients",
        "js": """(model, pairs) =>
            Object.fromEntries(Object.entries(pairs).map(([name, [a, b]]) => [name, model.measures(a, b)]))""",
        "input": PAIRS,
        "expected": expected,
    }


def random_case():
    generator = torch.Generator().manual_seed(0)
    corners = 60 * torch.rand(40, 2, 2, generator=generator, dtype=torch.float64)
    both = torch.cat([corners, corners + 36 * torch.rand(40, 2, 2, generator=generator)], -1)  # (40, 2, 4)
    expected = []
    for box, target in both:
        leaf, row = box.clone().requires_grad_(), []
        for measure in MEASURES.values():
            value = measure(leaf, target, pairwise=False)
            row.append([value.item(), *torch.autograd.grad(value, leaf)[0].tolist()])
        expected.append(row)
    return {
        "name": "random boxes",
        "js": """(model, pairs) => pairs.map(([a, b]) =>
            Object.values(model.measures(a, b)).map(({ value, slope }) => [value, ...slope]))""",
        "input": both.tolist(),
        "expected": expected,
    }


def fit(loss, box, target, lr, decay, steps=STEPS):
    leaf = double(box).requires_grad_()
    optimizer = torch.optim.SGD([leaf], lr=lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: max(0, 1 - step / decay) if decay else 1
    )
    path, overlaps = [], []
    for step in range(steps + 1):
        path.append(leaf.tolist())
        overlaps.append(boxes.iou(leaf, double(target), pairwise=False).item())
        if step < steps:
            optimizer.zero_grad()
            (1 - MEASURES[loss](leaf, double(target), pairwise=False)).backward()
            optimizer.step()
            schedule.step()
    return path, overlaps


def run_case(loss, box, target, lr, decay=0):
    path, overlaps = fit(loss, box, target, lr, decay)
    settings = {"loss": loss, "box": box, "target": target, "lr": lr, "decay": decay}
    return {
        "name": f"{STEPS} steps: {settings}",
        "js": """(model, { settings, steps }) => {
            const run = model.makeRun(settings);
            model.descendTo(run, steps);
            return { path: run.boxes, overlaps: run.overlaps, broken: run.broken };
        }""",
        "input": {"settings": settings, "steps": STEPS},
        "expected": {"path": path, "overlaps": overlaps, "broken": ""},
        "tolerance": 1e-8,
    }


def arrival_case():
    """Steps to an IoU of 0.9 from a row of starts: some arrive, some never do."""
    target, size, settings = [40, 40, 60, 70], (24, 16), {"lr": 60.0, "decay": 200}
    starts = [[float(x), 50.0 + x / 7] for x in range(8, 90, 9)]
    expected = {}
    for loss in MEASURES:
        expected[loss] = []
        for x, y in starts:
            box = [x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2]
            overlaps = fit(loss, box, target, settings["lr"], settings["decay"], steps=200)[1]
            expected[loss].append(next((k for k, overlap in enumerate(overlaps) if overlap >= 0.9), -1))
    assert -1 in expected["iou"]
    assert max(expected["iou"]) > 0
    return {
        "name": "steps to an IoU of 0.9",
        "js": """(model, { starts, target, size, lr, decay }) => Object.fromEntries(model.LOSSES.map((loss) =>
            [loss, starts.map(([x, y]) => model.arrivalFrom({ loss, target, lr, decay }, size, x, y, 200))]))""",
        "input": {"starts": starts, "target": target, "size": size, **settings},
        "expected": expected,
    }


def penalty_case():
    a, b = double([10, 12, 40, 50]), double([25, 20, 60, 70])
    enclosing = 50 * 58
    union = boxes.area(a) + boxes.area(b) - boxes.intersection(a, b, pairwise=False)
    angle = [torch.atan((c[2] - c[0]) / (c[3] - c[1])).item() for c in (a, b)]
    return {
        "name": "the parts that the measures take away",
        "js": "(model, [a, b]) => model.penalties(a, b)",
        "input": [a.tolist(), b.tolist()],
        "expected": {
            "empty": ((enclosing - union) / enclosing).item(),
            "distance": (17.5**2 + 14**2) / (50**2 + 58**2),
            "aspect": 4 / torch.pi**2 * (angle[1] - angle[0]) ** 2,
            "gap": (15 + 8 + 20 + 20) / 4,
        },
    }


def broken_case():
    """Steps by torch until an edge has passed its opposite, at a learning rate far too large."""
    box, target, lr = [10.0, 10, 50, 50], [28.0, 10, 30, 50], 3000.0
    here = double(box)
    for count in range(20):  # noqa: B007
        leaf = here.clone().requires_grad_()
        boxes.iou(leaf, double(target), pairwise=False).backward()
        here = here + lr * leaf.grad
        if (here[:2] > here[2:]).any():
            break
    assert 0 < count < 19
    return {
        "name": "a step that turns the box inside out ends the run",
        "js": """(model, settings) => {
            const run = model.makeRun(settings);
            model.descendTo(run, 100);
            return [model.stepsDone(run), run.broken.includes("inside out"), model.descendStep(run)];
        }""",
        "input": {"loss": "iou", "box": box, "target": target, "lr": lr, "decay": 0},
        "expected": [count, True, False],
    }


def tidy_case():
    given = [[30, 40, 10, 20], [0, 0, 0, 0], [96, 96, 96, 96], [-5, 10, 200, 11], [10.5, 20, 30, 40]]
    return {
        "name": "any two corners make a box",
        "js": "(model, given) => given.map((box) => model.tidyBox(box, 96))",
        "input": given,
        "expected": [[10, 20, 30, 40], [0, 0, 2, 2], [94, 94, 96, 96], [0, 10, 96, 12], [10.5, 20, 30, 40]],
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    starts = {"overlapping": [18.0, 10.0, 52.0, 44.0], "disjoint": [4.0, 6.0, 22.0, 30.0]}
    target = [40.0, 34.0, 75.0, 84.0]
    return [
        measure_case(),
        random_case(),
        *(run_case(loss, box, target, 60.0) for loss in MEASURES for box in starts.values()),
        run_case("ciou", [20.0, 50.0, 80.0, 62.0], target, 200.0, decay=200),
        run_case("giou", [41.0, 35.0, 60.0, 50.0], target, 30.0, decay=40),
        arrival_case(),
        penalty_case(),
        broken_case(),
        tidy_case(),
    ]
