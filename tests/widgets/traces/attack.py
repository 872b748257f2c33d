"""Attacks on the two networks of the page by torch's autograd in double precision: the oracle of attack/model.js."""

import numpy as np
import torch
from torch.nn import functional as F

from d2lite._utils.encoding import from_base64
from d2lite._utils.rng import Rng
from d2lite.widgets.attack import attack_payload, page_parameters

SIDE = 28
PAGE = attack_payload()
IMAGES = torch.from_numpy(from_base64(PAGE["images"], "uint8", (-1, SIDE * SIDE)).astype(float))
DRAWN = torch.from_numpy(np.random.default_rng(0).integers(0, 256, SIDE * SIDE).astype(float))
OPEN = """(model, { data, network: name, pixels, ...input }) => {
    const network = model.openData(data).networks[name];
"""


def logits_of(name, pixels):
    """The ten logits of a network of the page for 784 gray levels."""
    about = PAGE["networks"][name]
    p = page_parameters(name)
    x = (pixels.reshape(1, 1, SIDE, SIDE) / 255 - about["mean"]) / about["std"]
    maps = F.max_pool2d(snap(F.conv2d(x, *p["conv1"], padding=2).relu()), 2)
    maps = F.max_pool2d(snap(F.conv2d(maps, *p["conv2"]).relu()), 2)
    units = F.linear(maps.flatten(1), *p["dense1"]).relu()
    return F.linear(F.linear(units, *p["dense2"]).relu(), *p["output"])[0]


def snap(values):
    """Round values, not their gradients: on black ground, equal values differ by rounding, and the pool's first is meant."""
    return values.detach().round(decimals=11) + (values - values.detach())


def slope(name, pixels, label):
    """The gradient of the cross-entropy with respect to the gray levels."""
    pixels = pixels.detach().requires_grad_()
    loss = F.cross_entropy(logits_of(name, pixels)[None], torch.tensor([label]))
    return torch.autograd.grad(loss, pixels)[0]


def attack(name, pixels, *, label, goal=-1, epsilon, method, steps=1, seed=0):
    """The attacked gray levels."""
    low, high = (pixels - epsilon).clamp(min=0), (pixels + epsilon).clamp(max=255)
    if method == "noise":
        signs = torch.from_numpy(np.where(Rng(seed).uniform(SIDE * SIDE) < 0.5, -1.0, 1.0))
        return torch.minimum(torch.maximum(pixels + epsilon * signs, low), high)
    moved, (count, size) = pixels, {"fgsm": (1, epsilon), "pgd": (steps, epsilon / 4)}[method]
    for _ in range(count):
        step = size * slope(name, moved, label if goal < 0 else goal).sign()
        moved = torch.minimum(torch.maximum(moved + (step if goal < 0 else -step), low), high)
    return moved


def case(what, js, name, pixels, expected, **given):
    """One case: what model.js is asked, and what torch answers."""
    data = PAGE | {"images": "", "labels": [], "networks": {name: PAGE["networks"][name]}}
    given = {"data": data, "network": name, "pixels": pixels.tolist(), **given}
    return {"name": f"{what} ({name})", "js": OPEN + js + "}", "input": given, "expected": expected}


def slope_case(name, pixels, label):
    return case(
        f"gradient of class {label}",
        "return model.slopeOf(network, pixels, input.label).map((value) => 1e4 * value);",  # up to some tens
        name, pixels, (1e4 * slope(name, pixels, label)).tolist(), label=label,
    )  # fmt: skip


def attack_case(name, pixels, **choice):
    moved = attack(name, pixels, **choice)
    return case(
        f"attack {choice}",
        "return model.answerTo(network, pixels, input.choice);",
        name,
        pixels,
        {"pixels": moved.tolist(), "probabilities": logits_of(name, moved).softmax(0).tolist()},
        choice=choice,
    )


def curve_case(name, pixels, **choice):
    rows = [logits_of(name, attack(name, pixels, epsilon=e, **choice)).softmax(0).tolist() for e in range(13)]
    wrong = [e for e, row in enumerate(rows) if np.argmax(row) != choice["label"]]
    return case(
        f"answers over all budgets {choice}",
        """const curve = model.makeCurve(network, pixels, input.choice, 12);
        while (model.continueCurve(curve, () => true));
        return { rows: curve.rows, fooled: model.fooledAt(curve) };""",
        name,
        pixels,
        {"rows": rows, "fooled": wrong[0] if wrong else -1},
        choice=choice,
    )


def images_case():
    return {
        "name": "images come out of their code",
        "js": "(model, { data }) => model.openData(data).images.map((image) => [...image])",
        "input": {"data": PAGE},
        "expected": IMAGES.tolist(),
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    found = [images_case()]
    labels = PAGE["labels"]
    for name in PAGE["networks"]:
        found += [slope_case(name, IMAGES[i], labels[i]) for i in (0, 3, 4, 7)]
        found += [slope_case(name, DRAWN, 6), slope_case(name, torch.zeros(SIDE * SIDE).double(), 1)]
        found.append(attack_case(name, IMAGES[4], label=labels[4], epsilon=8, method="fgsm"))
        found.append(attack_case(name, IMAGES[4], label=labels[4], goal=8, epsilon=10, method="fgsm"))
        found.append(attack_case(name, IMAGES[2], label=labels[2], epsilon=6, method="pgd", steps=9))
        found.append(attack_case(name, DRAWN, label=3, goal=5, epsilon=12, method="pgd", steps=5))
        found.append(attack_case(name, IMAGES[2], label=labels[2], epsilon=30, method="noise", seed=5))
        found.append(attack_case(name, IMAGES[2], label=labels[2], epsilon=0, method="pgd", steps=9))
        found.append(curve_case(name, IMAGES[5], label=labels[5], method="fgsm"))
        found.append(curve_case(name, IMAGES[6], label=labels[6], method="pgd", steps=3))
    return found
