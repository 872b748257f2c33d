"""Traces of torch in float32, and of torch.optim.SGD: the oracle of softmax/model.js."""

import torch
import torch.nn.functional as F

from d2lite.widgets.softmax import CLASSES

LOGITS = ([2.0, 1.0, 0.0, -1.0], [6.0, -6.0, 0.35, 0.4], [0.0, 0.0, 0.0, 0.0], [-5.5, 5.5, 5.45, -6.0])
RUN = "(model, { logits, target, settings }) => model.pass(logits, target, settings)"


def plain(values):
    """Return numbers as the page writes them: texts for what is none."""
    words = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
    return [words.get(str(value), value) for value in values.tolist()]


def one_pass(logits, target, temperature, shift, method):
    """Return the case of a forward and backward pass, the softmax as the formula says or as torch computes it."""
    z = (torch.tensor(logits, dtype=torch.float64) + shift).float().requires_grad_()
    scaled = z / temperature
    if method == "stable":
        p, loss = scaled.softmax(0), F.cross_entropy(scaled, torch.tensor(target))
        powers = (scaled - scaled.max()).exp()
        gradient = torch.autograd.grad(loss, z)[0]
    else:
        powers = scaled.exp()
        p = powers / powers.sum()
        loss = -p[target].log()
        gradient = (p - F.one_hot(torch.tensor(target), len(logits))) / temperature
    settings = {"temperature": temperature, "shift": shift, "method": method}
    numbers = {"z": z, "powers": powers, "p": p, "gradient": gradient}
    return {
        "name": f"{logits}, class {target}, {settings}",
        "js": RUN,
        "input": {"logits": logits, "target": target, "settings": settings},
        "expected": {name: plain(part.detach()) for name, part in numbers.items()}
        | {"loss": plain(loss.detach()[None])[0]},
        "tolerance": 1e-5,
    }


def descent(logits, target, temperature, lr, steps=50):
    """Return the case of some steps of torch.optim.SGD on the logits."""
    z = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([z], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(z / temperature, torch.tensor(target)).backward()
        optimizer.step()
    settings = {"temperature": temperature, "shift": 3, "method": "stable", "lr": lr}
    return {
        "name": f"{steps} steps from {logits}, class {target}, {settings}",
        "js": "(model, { logits, target, settings, steps }) => model.descend(logits, target, settings, steps)",
        "input": {"logits": logits, "target": target, "settings": settings, "steps": steps},
        "expected": z.detach().tolist(),
        "tolerance": 1e-5,
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    grid = [(1.0, 0), (0.5, 10), (4.0, -30), (1.0, 80)]
    found = [
        one_pass(logits, target, *where, method)
        for target, logits in enumerate(LOGITS)
        for where in grid
        for method in ("written", "stable")
    ]
    for shift in (100, -120):  # powers that are inf, and powers that are 0
        found += [one_pass(LOGITS[0], 1, 1.0, shift, method) for method in ("written", "stable")]
    found += [descent(logits, k, *how) for k, logits in enumerate(LOGITS) for how in ((1.0, 1.0), (0.5, 0.3))]
    names = {"name": "classes", "js": "(model) => model.CLASSES", "input": None, "expected": list(CLASSES)}
    return [*found, names]
