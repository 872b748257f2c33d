"""Record dropout rate x width x weight decay on a small set: hundreds of short, real training runs.

    python tools/record/dropout.py                # 504 runs: rate x width x weight decay x seed
    python tools/record/dropout.py dropout_seeds  # 192 runs: no dropout, dropout, or more images, with 64 other seeds

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again,
and it goes on where it was. The task: 1,000 images of Fashion-MNIST, pooled to 14 x 14, drawn by the seed from the
first 8,000; the last 2,000 validate, and the 2,000 of the test set stand aside. The network has two hidden layers of
`width` units, ReLU, and dropout after each; Adam with decoupled weight decay (AdamW), learning rate 0.002, batches
of 50, 40 passes. Measured after every second pass, and in "dropout_seeds" at the end, all in evaluation mode:

    train_loss     loss on the 1,000 training images
    loss           loss on the validation images
    accuracy       part of the validation images that is classified correctly
    test_accuracy  the same on the test images, a curve too: early stopping is a rule over curves that exist
"""

import argparse
import functools
import importlib
import math

import torch
from atlas import FOLDER, measure
from torch import nn

import d2lite

NUM_TRAIN, NUM_POOL, NUM_PASSES, EVERY = 1000, 8000, 40, 2  # EVERY: passes between measurements
LR, BATCH = 0.002, 50
GRID = {
    "weight_decay": [0.0, 0.3, 1.0, 3.0],
    "width": [16, 64, 256],
    "rate": [0.0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8],
}
SEEDS = range(6)
MORE_POINTS = [  # width 256, no decay; four times the images, a quarter of the passes: as many steps
    {"rate": 0.0, "num_train": 1000, "num_passes": 40},
    {"rate": 0.5, "num_train": 1000, "num_passes": 40},
    {"rate": 0.0, "num_train": 4000, "num_passes": 10},
]
MORE_SEEDS = range(6, 70)
DISPLAY = {  # for Sweep.to_explorer
    "labels": {"rate": "dropout rate p", "weight_decay": "weight decay"},
    "x": {"label": "passes", "first": EVERY, "step": EVERY},
    "metrics": {
        "train_loss": {"label": "training loss", "log": True, "guess": math.log(10)},
        "loss": {"label": "validation loss", "log": True, "guess": math.log(10)},
        "accuracy": {"label": "validation accuracy", "guess": 0.1},
        "test_accuracy": {"label": "test accuracy", "guess": 0.1},
    },
}


@functools.cache
def load_data():
    """Return inputs and targets of the pool, the validation and the test images, as in the docstring above."""
    train, test = d2lite.datasets.fashion_mnist()
    mean, std = train.inputs.mean(), train.inputs.std()

    def prepare(images):
        return (nn.functional.avg_pool2d(images, 2).flatten(1) - mean) / std  # (N, 1, 28, 28) -> (N, 196)

    inputs = prepare(train.inputs)
    parts = [(inputs[:NUM_POOL], train.targets[:NUM_POOL]), (inputs[NUM_POOL:], train.targets[NUM_POOL:])]
    return [*parts, (prepare(test.inputs), test.targets)]


def make_network(width, rate):
    """Return the network of the docstring above, its weights drawn from torch's random state."""
    hidden = [nn.Linear(196, width), nn.ReLU(), nn.Dropout(rate)]
    return nn.Sequential(*hidden, nn.Linear(width, width), nn.ReLU(), nn.Dropout(rate), nn.Linear(width, 10))


def draw_images(num_train, seed):
    """Seed torch's random state; return the inputs (num_train, 196) and targets of images drawn from the pool."""
    inputs, targets = load_data()[0]
    torch.manual_seed(seed)
    chosen = torch.randperm(NUM_POOL)[:num_train]
    return inputs[chosen], targets[chosen]


def train_passes(net, inputs, targets, num_passes=NUM_PASSES, weight_decay=0.0):
    """Train a network pass by pass; yield the number of passes done, from 1 on, the network in evaluation mode."""
    optimizer = torch.optim.AdamW(net.parameters(), LR, weight_decay=weight_decay)
    for epoch in range(1, num_passes + 1):
        net.train()
        for batch in torch.randperm(len(inputs)).split(BATCH):
            loss = nn.functional.cross_entropy(net(inputs[batch]), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        yield epoch


def train_point(rate, width, weight_decay, *, seed):
    """Train once and return the curves that the module's docstring names."""
    _, validation, test = load_data()
    inputs, targets = draw_images(NUM_TRAIN, seed)
    net = make_network(width, rate)
    curves = {"train_loss": [], "loss": [], "accuracy": [], "test_accuracy": []}
    for epoch in train_passes(net, inputs, targets, weight_decay=weight_decay):
        if epoch % EVERY == 0:
            row = (measure(net, inputs, targets)[0], *measure(net, *validation), measure(net, *test)[1])
            for curve, value in zip(curves.values(), row, strict=True):
                curve.append(value)
    return curves


def train_to_the_end(rate, num_train, num_passes, *, seed):
    """Train 256 units without decay; return the validation loss and both accuracies after the last pass."""
    _, validation, test = load_data()
    inputs, targets = draw_images(num_train, seed)
    net = make_network(256, rate)
    for _ in train_passes(net, inputs, targets, num_passes):
        pass
    loss, accuracy = measure(net, *validation)
    return {"loss": loss, "accuracy": accuracy, "test_accuracy": measure(net, *test)[1]}


RECORDINGS = {
    "dropout": ("train_point", GRID, SEEDS, {"display": DISPLAY}),
    "dropout_seeds": ("train_to_the_end", MORE_POINTS, MORE_SEEDS, {}),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("name", nargs="?", choices=RECORDINGS, default="dropout")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    options = parser.parse_args()
    function, grid, seeds, display = RECORDINGS[options.name]
    # By its module's name, so that a process loads the data once, not for every run.
    train = getattr(importlib.import_module("dropout"), function)
    sweep = d2lite.sweep(train, grid, seeds, n_jobs=options.jobs)
    if sweep.failures:
        raise SystemExit("some runs failed: start again")
    sweep.provenance |= {"command": f"python tools/record/dropout.py {options.name}", **display}
    sweep.save(FOLDER / f"{options.name}.json.gz")
    print(sweep, sweep.provenance, sep="\n")


if __name__ == "__main__":
    main()
