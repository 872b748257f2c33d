"""Record the hyperparameter atlas and the comparison of schedules: hundreds of short, real training runs.

    python tools/record/atlas.py atlas       # 540 runs: optimizer x learning rate x batch size x seed
    python tools/record/atlas.py schedules   # 240 runs: schedule x peak learning rate x seed

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again,
and it goes on where it was. The task is the same throughout: Fashion-MNIST as it ships, pooled to 14 x 14, 8,192
images to train on, 1,808 to validate, the 2,000 of the test set for one number at the end; a network of one hidden
layer of 64 units; five passes, whatever the batch size. What is measured after every quarter of a pass:

    train_loss  mean loss of the mini-batches since the last measurement
    loss        loss on the validation images
    accuracy    part of the validation images that is classified correctly

and, at the end, ``test_accuracy``. Once a loss is not finite the run stops and what is left of its curves is nan. In
the file a loss above a million stands as infinity, so that the others keep their digits.
"""

import functools
import math

import torch
from recording import record
from torch import nn

import d2lite

OPTIMIZERS = {
    "sgd": lambda w, lr: torch.optim.SGD(w, lr),
    "momentum": lambda w, lr: torch.optim.SGD(w, lr, momentum=0.9),
    "nesterov": lambda w, lr: torch.optim.SGD(w, lr, momentum=0.9, nesterov=True),
    "rmsprop": lambda w, lr: torch.optim.RMSprop(w, lr),
    "adam": lambda w, lr: torch.optim.Adam(w, lr),
    "adamw": lambda w, lr: torch.optim.AdamW(w, lr),
}


def cosine(step, total):
    """Return half a cosine, from 1 at step 0 to 0 at step total."""
    return (1 + math.cos(math.pi * step / total)) / 2


def warmup_cosine(step, total):
    """Return a line from 0.01 up to 1 over the first tenth, then half a cosine."""
    warm = total // 10
    return 0.01 + 0.99 * step / warm if step < warm else cosine(step - warm, total - warm)


def one_cycle(step, total, part=0.3, start=1 / 25, end=1e-4 / 25):
    """Return half a cosine from start up to 1 over a part of the steps, then one down to end."""
    top = part * total - 1
    if step <= top:
        return 1 + (start - 1) * cosine(step, top)
    return end + (1 - end) * cosine(step - top, total - 1 - top)


SCHEDULES = {  # part of the peak learning rate at a step of total
    "constant": lambda step, total: 1.0,
    "step": lambda step, total: 0.1 ** ((step >= total // 2) + (step >= total * 3 // 4)),
    "linear": lambda step, total: 1 - step / total,
    "cosine": cosine,
    "warmup_cosine": warmup_cosine,
    "one_cycle": one_cycle,
}
NUM_TRAIN, NUM_PASSES, PER_PASS = 8192, 5, 4  # PER_PASS: measurements in a pass
GRIDS = {
    "atlas": {
        "optimizer": list(OPTIMIZERS),
        "lr": [round(1e-4 * 4**k, 10) for k in range(10)],  # 0.0001 to 26.2: over five decades
        "batch_size": [32, 128, 512],
    },
    "schedules": {
        "optimizer": ["momentum"],
        "schedule": list(SCHEDULES),
        "lr": [0.003125, 0.00625, 0.0125, 0.025, 0.05, 0.1, 0.2, 0.4],
        "batch_size": [64],
    },
}
SEEDS = {"atlas": (0, 1, 2), "schedules": (0, 1, 2, 3, 4)}
DISPLAY = {  # for Sweep.to_explorer
    "x": {"label": "passes", "first": 1 / PER_PASS, "step": 1 / PER_PASS},
    "metrics": {
        "train_loss": {"label": "training loss", "log": True, "guess": math.log(10)},
        "loss": {"label": "validation loss", "log": True, "guess": math.log(10)},
        "accuracy": {"label": "validation accuracy", "guess": 0.1},
        "test_accuracy": {"label": "test accuracy", "guess": 0.1},
    },
}


@functools.cache
def load_data():
    """Return inputs and targets of the training, validation and test images: pooled, as in the docstring above."""
    train, test = d2lite.datasets.fashion_mnist()
    mean, std = train.inputs.mean(), train.inputs.std()

    def prepare(images):
        return (nn.functional.avg_pool2d(images, 2).flatten(1) - mean) / std  # (N, 1, 28, 28) -> (N, 196)

    inputs = prepare(train.inputs)
    parts = [(inputs[:NUM_TRAIN], train.targets[:NUM_TRAIN]), (inputs[NUM_TRAIN:], train.targets[NUM_TRAIN:])]
    return [*parts, (prepare(test.inputs), test.targets)]


def measure(net, inputs, targets):
    """Return the loss and the accuracy of a network on some images."""
    with torch.no_grad():
        logits = net(inputs)
        loss = nn.functional.cross_entropy(logits, targets).item()
        return loss, (logits.argmax(1) == targets).float().mean().item()


def train_point(optimizer, lr, batch_size, schedule="constant", *, seed):
    """Train once and return the curves and the number that the module's docstring names."""
    (inputs, targets), validation, test = load_data()
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 10))
    update = OPTIMIZERS[optimizer](net.parameters(), lr)
    curves = {"train_loss": [], "loss": [], "accuracy": []}
    every = NUM_TRAIN // batch_size // PER_PASS  # steps between measurements
    total, step, losses = NUM_PASSES * NUM_TRAIN // batch_size, 0, []
    for _ in range(NUM_PASSES):
        for batch in torch.randperm(NUM_TRAIN).split(batch_size):
            update.param_groups[0]["lr"] = lr * SCHEDULES[schedule](step, total)
            loss = nn.functional.cross_entropy(net(inputs[batch]), targets[batch])
            update.zero_grad()
            loss.backward()
            update.step()
            losses.append(loss.detach())
            step += 1
            if step % every == 0:
                row = (torch.stack(losses).mean().item(), *measure(net, *validation))
                losses = []
                if not all(map(math.isfinite, row)):
                    return finish(curves, math.nan)
                for curve, value in zip(curves.values(), row, strict=True):
                    curve.append(value)
    return finish(curves, measure(net, *test)[1])


def finish(curves, test_accuracy):
    """Return a run's results, curves that ended early filled up with nan."""
    length = NUM_PASSES * PER_PASS
    full = {name: curve + [math.nan] * (length - len(curve)) for name, curve in curves.items()}
    return {**full, "test_accuracy": test_accuracy}


def mark_the_lost(sweep):
    """Write what is beyond every picture as infinite."""
    for run in sweep:
        for curve in run.curves.values():
            curve[curve > 1e6] = math.inf


def plan(name):
    """Return what `record` takes for one of the GRIDS."""
    rate = "learning rate" if name == "atlas" else "peak learning rate"
    return {
        "train": "train_point",
        "grid": GRIDS[name],
        "seeds": SEEDS[name],
        "display": {**DISPLAY, "labels": {"lr": rate, "batch_size": "batch"}},
        "finish": mark_the_lost,
    }


if __name__ == "__main__":
    record({name: functools.partial(plan, name) for name in GRIDS}, jobs=2)
