"""Record the largest curvature of a small network's loss while gradient descent trains it.

    python tools/record/sharpness.py    # 60 runs, to d2lite/data/recordings/sharpness.json.gz

The network has 784 inputs, two hidden layers of 32 units, tanh, ten outputs, and learns the first 100 images of
Fashion-MNIST, their mean image taken off. Plain gradient descent, 1,000 steps; the seed draws the first weights.
The kinds:

    full             all 100 images in each step, half the squared error of the ten outputs against 1 and -1
    raised           the same, with the rate 0.04 for 500 steps, then the rate `lr`
    batches          the same as full, with ten images drawn anew for each step
    cross_entropy    all images in each step, the cross-entropy of the ten outputs

Measured before the first step and after every 20th, on all 100 images:

    sharpness    the largest eigenvalue of the loss's Hessian, by 15 products of the Lanczos iteration
    loss         the loss
"""

import functools

import torch
from recording import record
from torch import nn

import d2lite

FULL_RATES = [0.02, 0.04, 0.06, 0.1, 0.15, 0.2, 0.3]
OTHERS = [("raised", 0.1), ("batches", 0.1), ("cross_entropy", 0.2)]
POINTS = [{"kind": kind, "lr": lr} for kind, lr in [*(("full", lr) for lr in FULL_RATES), *OTHERS]]
SEEDS = range(6)
NUM_STEPS, EVERY, FIRST_RATE, RAISED_AT, BATCH_SIZE, NUM_PRODUCTS = 1000, 20, 0.04, 500, 10, 15
DISPLAY = {
    "x": {"label": "steps", "first": 0, "step": EVERY},
    "metrics": {"sharpness": {"label": "sharpness"}, "loss": {"label": "training loss", "log": True}},
    "labels": {"kind": "training", "lr": "learning rate"},
}


@functools.cache
def load_data():
    """Return the images (100, 784) and their classes (100,)."""
    clothes = d2lite.datasets.fashion_mnist()[0][:100]
    images = clothes.inputs.flatten(1)  # (100, 1, 28, 28) -> (100, 784)
    return images - images.mean(0), clothes.targets


def make_network():
    """Return the network of the docstring above, its weights drawn from torch's random state."""
    first, second, third = (nn.Linear(n, m, dtype=torch.float32) for n, m in ((784, 32), (32, 32), (32, 10)))
    return nn.Sequential(first, nn.Tanh(), second, nn.Tanh(), third)


def squared_error(outputs, targets):
    """Return half the squared error against 1 for the class and -1 for the others, summed over outputs."""
    signs = 2 * nn.functional.one_hot(targets, 10).float() - 1
    return 0.5 * (outputs - signs).square().sum(1).mean()


def sharpness(gradient, weights):
    """Return the largest eigenvalue of the Hessian, from a gradient made with create_graph."""
    flat = torch.cat([g.flatten() for g in gradient])
    basis, images = [flat.detach() / flat.detach().norm()], []
    for _ in range(NUM_PRODUCTS):
        product = torch.autograd.grad(flat @ basis[-1], weights, retain_graph=True)
        images.append(torch.cat([p.flatten() for p in product]).detach())
        known, rest = torch.stack(basis), images[-1]
        for _ in range(2):  # the second time takes off what rounding left
            rest = rest - known.T @ (known @ rest)
        basis.append(rest / rest.norm())
    return torch.linalg.eigvalsh((known @ torch.stack(images).T).double())[-1].item()


def train_point(kind, lr, num_steps=NUM_STEPS, *, seed):
    """Train once and return the curves that the module's docstring names."""
    images, targets = load_data()
    measure = nn.functional.cross_entropy if kind == "cross_entropy" else squared_error
    torch.manual_seed(seed)
    model = make_network()
    weights, curves = list(model.parameters()), {"sharpness": [], "loss": []}
    for step in range(num_steps + 1):
        if step % EVERY == 0:
            loss = measure(model(images), targets)
            gradient = torch.autograd.grad(loss, weights, create_graph=True)
            curves["sharpness"].append(sharpness(gradient, weights))
            curves["loss"].append(loss.item())
        batch = torch.randperm(100)[:BATCH_SIZE] if kind == "batches" else slice(None)
        gradient = torch.autograd.grad(measure(model(images[batch]), targets[batch]), weights)
        rate = FIRST_RATE if kind == "raised" and step < RAISED_AT else lr
        with torch.no_grad():
            for w, g in zip(weights, gradient, strict=True):
                w -= rate * g
    return curves


if __name__ == "__main__":
    record(
        {"sharpness": lambda: {"train": "train_point", "grid": POINTS, "seeds": SEEDS, "display": DISPLAY}},
        jobs=2,
    )
