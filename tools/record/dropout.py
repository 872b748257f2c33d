"""Record dropout rate x width x weight decay on a small set: hundreds of short, real training runs.

    python tools/record/dropout.py                # 504 runs: rate x width x weight decay x seed
    python tools/record/dropout.py dropout_tuning  # 195 runs: four methods, each with its strengths and learning rates
    python tools/record/dropout.py dropout_seeds  # 100 runs: what those chose, and more images, with other seeds

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again,
and it goes on where it was. The task: 1,000 images of Fashion-MNIST, pooled to 14 x 14, drawn by the seed from the
first 8,000; the last 2,000 validate, and the 2,000 of the test set stand aside. Pixels are scaled by the mean and
spread of all 10,000, which are those of the 8,000 to three digits. The network has two hidden layers of
`width` units, ReLU, and dropout after each; Adam with decoupled weight decay (AdamW), learning rate 0.002, batches
of 50, 40 passes. Measured after every second pass, all in evaluation mode:

    train_loss     loss on the 1,000 training images
    loss           loss on the validation images
    accuracy       part of the validation images that is classified correctly
    test_accuracy  the same on the test images

In the two others the width is 256, every method has its own learning rate, and a run with a patience stops early and
goes back to its best weights. Measured once, at the end:

    passes                    whose weights are kept
    loss, accuracy            on the validation images
    temperature, scaled_loss  the divisor of the logits that makes the validation loss least, and that loss
    test_loss, test_scaled_loss, test_error, test_scaled_error   on the test images, "error" the calibration error;
    test_parts                accuracy on each of 20 parts of 100 test images; all of these in "dropout_seeds" alone
"""

import copy
import functools
import math

import torch
from atlas import measure
from recording import record
from torch import nn

import d2lite

NUM_TRAIN, NUM_POOL, NUM_PASSES, EVERY = 1000, 8000, 40, 2  # EVERY: passes between measurements
LR, BATCH = 0.002, 50
GRID = {
    "weight_decay": [0.0, 0.3, 1.0, 3.0],
    "width": [16, 64, 256],
    "rate": [0.0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8],
}
SEEDS, TUNING_SEEDS, NEW_SEEDS = range(6), range(3), range(100, 120)
PATIENCE, PARTS, BINS = 3, 20, 10  # measurements; parts of the test set; bins of the calibration error
RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01]
METHODS = {  # the strengths of each, as the arguments of train_contestant
    "none": [{}],
    "early stopping": [{"patience": PATIENCE}],
    "dropout": [{"rate": rate} for rate in (0.2, 0.35, 0.5, 0.65, 0.8)],
    "weight decay": [{"weight_decay": decay} for decay in (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)],
}
NOTHING = {"rate": 0.0, "weight_decay": 0.0, "patience": 0, "num_train": NUM_TRAIN, "num_passes": NUM_PASSES}
CHOICES = {
    name: [NOTHING | kind | {"lr": lr} for kind in kinds for lr in RATES] for name, kinds in METHODS.items()
}
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


def train_passes(net, inputs, targets, num_passes=NUM_PASSES, weight_decay=0.0, lr=LR):
    """Train a network pass by pass; yield the number of passes done, from 1 on, the network in evaluation mode."""
    optimizer = torch.optim.AdamW(net.parameters(), lr, weight_decay=weight_decay)
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


def fit_temperature(logits, targets):
    """Return the divisor of the logits (N, K) that makes their loss least, by bisection: the slope in 1 / T rises."""
    low, high = math.log(0.05), math.log(20)  # of 1 / T
    for _ in range(25):
        middle = (low + high) / 2
        scaled = math.exp(middle) * logits
        pull = (scaled.softmax(1) * logits).sum(1) - logits[
            range(len(targets)), targets
        ]  # the slope of each loss
        low, high = (low, middle) if pull.mean() > 0 else (middle, high)
    return math.exp(-middle)


def calibration_error(logits, targets):
    """Return the mean distance of confidence and accuracy over BINS bins of confidence, weighted by their sizes."""
    confidence, answers = logits.softmax(1).max(1)
    excess = confidence - (answers == targets).float()  # (N,)
    bins = (confidence * BINS).long().clamp(max=BINS - 1)
    return torch.zeros(BINS).index_add(0, bins, excess).abs().sum().item() / len(targets)


def train_contestant(lr, rate, weight_decay, patience, num_train, num_passes, seed):
    """Train once; return the network, in evaluation mode, and the pass whose weights it has."""
    inputs, targets = draw_images(num_train, seed)
    net, best, kept = make_network(256, rate), math.inf, 0
    for epoch in train_passes(net, inputs, targets, num_passes, weight_decay, lr):
        if not patience or epoch % EVERY:
            continue
        loss = measure(net, *load_data()[1])[0]
        if loss < best:
            best, kept, state = loss, epoch, copy.deepcopy(net.state_dict())
        elif epoch - kept >= patience * EVERY:
            break
    if patience:
        net.load_state_dict(state)
    return net, kept or epoch


def score(net, passes):
    """Return what the docstring of the module names, on the validation images, and the temperature."""
    inputs, targets = load_data()[1]
    with torch.no_grad():
        logits = net(inputs)
    temperature, (loss, accuracy) = fit_temperature(logits, targets), measure(net, inputs, targets)
    scaled = nn.functional.cross_entropy(logits / temperature, targets).item()
    return {
        "passes": passes,
        "loss": loss,
        "accuracy": accuracy,
        "temperature": temperature,
        "scaled_loss": scaled,
    }


def train_tuned(*, seed, **point):
    """Train once and judge on the validation images."""
    return score(*train_contestant(**point, seed=seed))


def train_and_test(*, seed, **point):
    """Train once and judge on the validation images and the test images."""
    net, passes = train_contestant(**point, seed=seed)
    scores, (inputs, targets) = score(net, passes), load_data()[2]
    with torch.no_grad():
        logits = net(inputs)
    for name, values in {"test_": logits, "test_scaled_": logits / scores["temperature"]}.items():
        scores[f"{name}loss"] = nn.functional.cross_entropy(values, targets).item()
        scores[f"{name}error"] = calibration_error(values, targets)
    right = (logits.argmax(1) == targets).float()
    return scores | {"test_parts": right.view(PARTS, -1).mean(1).tolist()}  # (2000,) -> (20,)


def chosen(sweep, by="scaled_loss"):
    """Return for each method the point whose mean validation loss, once scaled, is least; and one with more images."""

    def mean(point):
        return sum(run[by] for run in sweep.select(**point))

    points = [min(points, key=mean) for points in CHOICES.values()]
    return [*points, points[0] | {"num_train": 4 * NUM_TRAIN, "num_passes": NUM_PASSES // 4}]


if __name__ == "__main__":
    record(
        {
            "dropout": lambda: {"train": "train_point", "grid": GRID, "seeds": SEEDS, "display": DISPLAY},
            "dropout_tuning": lambda: {
                "train": "train_tuned",
                "grid": [point for points in CHOICES.values() for point in points],
                "seeds": TUNING_SEEDS,
            },
            "dropout_seeds": lambda: {
                "train": "train_and_test",
                "grid": chosen(d2lite.Sweep.recorded("dropout_tuning")),
                "seeds": NEW_SEEDS,
            },
        }
    )
