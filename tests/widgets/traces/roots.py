"""Traces of momentum along one curvature by torch.optim.SGD and NumPy's roots: the oracle of roots/model.js."""

import numpy as np
import torch

STEPS = 60
POINTS = [  # learning rate, curvature, memory
    *((rate, 1.0, 0.81) for rate in (0.001, 0.01, 1.0, 3.61, 3.62, 3.7)),
    *((rate, 100.0, 81 / 121) for rate in (1e-4, 4 / 12100, 0.01, 4 / 121, 0.034)),
    *((rate, 5.0, beta) for rate in (0.01, 0.2, 0.3) for beta in (0.0, 0.3, 0.98, 1.0)),
]


def sgd_run(rate, curvature, beta):
    """Return weights and velocities of torch's SGD from 1, at rest: two lists of STEPS + 1."""
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], rate, momentum=beta)
    weights, velocities = [1.0], [0.0]
    for _ in range(STEPS):
        optimizer.zero_grad()
        (0.5 * curvature * w**2).sum().backward()
        optimizer.step()
        weights.append(w.item())
        buffer = optimizer.state[w].get("momentum_buffer")
        velocities.append((w.grad if buffer is None else buffer).item())
    return weights, velocities


def run_case():
    return {
        "name": f"{STEPS} steps of torch.optim.SGD",
        "js": f"""(model, points) => points.map((point) => {{
            const {{ weights, velocities }} = model.runAlong(...point, {STEPS});
            return [weights, velocities];
        }})""",
        "input": POINTS,
        "expected": [sgd_run(*point) for point in POINTS],
        "tolerance": 1e-8,
    }


def roots_case():
    """Both roots, and the larger's size, by NumPy; where they meet, rounding parts them by its square root."""
    expected = []
    for rate, curvature, beta in POINTS:
        roots = np.roots([1, -(1 + beta - rate * curvature), beta])
        first, second = sorted(roots, key=lambda root: (-round(abs(root), 6), -root.imag))
        expected.append([first.real, first.imag, second.real, second.imag, abs(first)])
    return {
        "name": "two roots",
        "js": """(model, points) => points.map(([rate, curvature, beta]) => {
            const roots = model.rootsOf(rate * curvature, beta);
            return [...roots.flatMap(({ re, im }) => [re, im]), model.keptShare(rate * curvature, beta)];
        })""",
        "input": POINTS,
        "expected": expected,
        "tolerance": 1e-5,
    }


def part_case():
    """The run is a r₁ᵗ + b r₂ᵗ: the larger root's part by solving for a and b; of a pair, the wave's height is twice its size."""
    points, expected = [(0.001, 0.81), (1.0, 0.81), (0.3, 0.5), (3.7, 0.81), (2.5, 0.2)], []
    for product, beta in points:
        roots = np.roots([1, -(1 + beta - product), beta])
        roots = sorted(roots, key=lambda root: (-round(abs(root), 9), -root.imag))
        part = np.linalg.solve([[1, 1], roots], [1, 1 - product])[0]
        expected.append(2 * abs(part) if roots[0].imag else part.real)
    return {
        "name": "how much of the larger root is in a run",
        "js": "(model, points) => [...points.map(([p, b]) => model.partOf(model.rootsOf(p, b), p)), model.partOf(model.rootsOf(0.25, 0.25), 0.25)]",
        "input": points,
        "expected": [*expected, None],
    }


def powers_case():
    root = complex(0.405, 0.804)
    powers = [root**k for k in range(STEPS + 1)]
    return {
        "name": "powers of a root",
        "js": f"(model, root) => model.powersOf(root, {STEPS}).map(({{ re, im }}) => [re, im])",
        "input": {"re": root.real, "im": root.imag},
        "expected": [[power.real, power.imag] for power in powers],
        "tolerance": 1e-9,
    }


def settings_case():
    """The rate and memory of a dragged root have that root: a pair's as NumPy multiplies its polynomial out, a real one's memory kept."""
    places, memory = [(0.4, 0.8), (-0.5, 0.3), (0.2, 0.0), (-0.3, 0.0), (0.95, 0.0), (-1.1, 0.0)], 0.36
    expected = []
    for re, im in places:
        other = complex(re, -im) if im else memory / re if abs(re) >= memory**0.5 else re
        _, minus_s, beta = np.poly([complex(re, im), other]).real
        expected.append([1 + beta + minus_s, beta])
    return {
        "name": "the settings of a root",
        "js": """(model, { places, memory }) => places.map(([re, im]) => {
            const { product, beta } = model.settingsFor({ re, im }, memory);
            return [product, beta];
        })""",
        "input": {"places": places, "memory": memory},
        "expected": expected,
        "tolerance": 1e-9,
    }


def kind_case():
    """The name of a run by its last thirty weights of sixty: whether it grows, changes its sign, and how."""
    points = [
        (0.001, 0.81),
        (0.2, 0.81),
        (1.0, 0.81),
        (3.7, 0.81),
        (1.5, 0.0),
        (0.5, 0.0),
        (1.9, 0.2),
        (2.0, 0.0),
        (1.0, 0.0),
    ]
    expected = []
    for product, beta in points:
        late = np.array(sgd_run(product, 1.0, beta)[0][30:])
        if not late.any():
            expected.append("there in one step")
            continue
        sides = np.sign(late)
        if abs(late[-1]) > abs(late[0]) > 1:
            expected.append("diverges")
        elif (sides == sides[0]).all():
            expected.append("overdamped")
        else:
            flips = (sides[1:] != sides[:-1]).all()
            roots = np.roots([1, -(1 + beta - product), beta])
            assert flips == bool(abs(roots.imag).max() == 0)
            expected.append("jumps to and fro" if flips else "oscillating")
    return {
        "name": "the kind of a run",
        "js": "(model, points) => points.map(([product, beta]) => model.regime(product, beta))",
        "input": points,
        "expected": expected,
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [run_case(), roots_case(), part_case(), powers_case(), settings_case(), kind_case()]
