"""Traces of signal and gradient through blocks with and without shortcuts, by torch: the oracle of shortcut/model.js."""

import itertools

import torch
import torch.nn.functional as F

from d2lite._utils.rng import Rng

ROWS, WIDTH = 16, 24


def size(values):
    return values.square().mean().sqrt().item()


def through(blocks, scale, norm, order, times, seed):
    """Return the sizes that sendThrough returns, by torch's autograd and its batch norm."""
    rng = Rng(seed)
    draw = lambda rows: torch.from_numpy(rng.normal(rows * WIDTH).reshape(rows, WIDTH))
    standard = (lambda z: F.batch_norm(z, None, None, training=True)) if norm else (lambda z: z)
    signals, ending = [draw(ROWS).requires_grad_()], draw(ROWS)
    branches, totals, entries, passed = [], [], [], []
    for _ in range(blocks):
        first, second = (draw(WIDTH) * scale * (2 / WIDTH) ** 0.5 for _ in range(2))
        x = signals[-1]
        entry = x.clone()  # what the branch reads, so that its own gradient can be asked for
        if order == "last":
            branch = standard(F.relu(standard(entry @ first.T)) @ second.T)
        else:
            branch = F.relu(standard(F.relu(standard(entry)) @ first.T)) @ second.T
        total = branch + times * x
        signals.append(F.relu(total) if order == "last" else total)
        branches.append(branch)
        totals.append(total)
        entries.append(entry)
        passed.append(times * size(x))
    ask = lambda parts: torch.autograd.grad(signals[-1], parts, ending, retain_graph=True)
    gradients = [*ask(signals[:-1]), ending]
    return {
        "signal": [size(x) for x in signals],
        "gradient": [size(g) for g in gradients],
        "sent": [size(branch) for branch in branches],
        "passed": passed,
        "back": [size(g) for g in ask(entries)],
        "direct": [times * size(g) for g in ask(totals)],
    }


def case(blocks=12, scale=0.7, norm=False, order="last", times=1.0, seed=3):
    settings = {
        "blocks": blocks, "scale": scale, "norm": norm, "order": order, "times": times, "seed": seed,
    }  # fmt: skip
    return {
        "name": ", ".join(f"{name} {value}" for name, value in settings.items()),
        "js": """(model, settings) => {
            const numbers = model.openNumbers(settings.seed);
            for (let k = 0; k < settings.blocks; k++) numbers.more();
            return model.sendThrough(numbers, settings);
        }""",
        "input": settings,
        "expected": through(**settings),
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    kinds = itertools.product((False, True), ("last", "first"), (0.0, 1.0, 0.5))
    made = [case(norm=norm, order=order, times=times) for norm, order, times in kinds]
    return [*made, case(blocks=50, scale=1.0, norm=True), case(scale=0.0), case(blocks=1, scale=1.4, seed=9)]
