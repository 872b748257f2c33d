"""Record what each augmentation and each regularizer is worth where images are few: hundreds of short, real runs.

    python tools/record/augmentation.py                     # 384 runs: methods, strengths, learning rates
    python tools/record/augmentation.py augmentation_seeds  # 95 runs: what those chose, with other seeds, tested

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. There are two tasks: MNIST ("digits") and, for three methods, Fashion-MNIST ("clothes"). The
seed draws 500 images from the first 8,000 that ship; the last 2,000 validate, and the 2,000 of the test set stand
aside. Images are changed at 28 x 28 pixels in [0, 1], then pooled to 14 x 14 and scaled. The network has two hidden
layers of 128 units and ReLU; AdamW, batches of 50, 60 passes at a constant rate. A run returns

    passes                    whose weights are kept: 60, or with early stopping those of the least validation loss
    loss, accuracy            on the validation images
    temperature, scaled_loss  the divisor of the logits that makes the validation loss least, and that loss

and in "augmentation_seeds" on the test images too

    test_loss, test_error, test_scaled_error   loss; calibration error, as it is and at the fitted temperature
    test_parts                accuracy on each of 20 parts of 100 test images
    corrupted                 accuracy on the test images once changed, in the order of CORRUPTIONS
    confusion                 parts of the images of class i that were taken for class j, (10, 10) as one list
"""

import copy
import functools
import itertools
import math

import torch
from atlas import measure
from dropout import calibration_error, fit_temperature
from recording import record
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy, pad

import d2lite
from d2lite.vision import augmentation as aug

NUM_TRAIN, NUM_POOL, NUM_PASSES, BATCH, WIDTH = 500, 8000, 60, 50, 128
TASKS = {"digits": d2lite.datasets.mnist, "clothes": d2lite.datasets.fashion_mnist}
ON_CLOTHES = ("nothing", "flip", "shift")  # digits have every method
TUNING_SEEDS, NEW_SEEDS, PARTS = range(2), range(100, 105), 20
STRENGTHS = {  # of each method; where there is one alone, only the rate is tuned
    "early_stopping": [1],
    "weight_decay": [0.1, 1.0, 10.0],
    "dropout": [0.2, 0.5, 0.8],
    "batch_norm": [1],
    "smoothing": [0.05, 0.2, 0.5, 0.8],
    "flip": [1],
    "shift": [1, 2, 3, 4],
    "noise": [0.1, 0.2, 0.4, 0.8, 1.6],
    "cutout": [4, 8, 12, 16],
    "mixup": [0.1, 0.4, 1.6],
    "cutmix": [0.1, 0.4, 1.6],
}
RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03]
CAREFUL = (
    "nothing",
    "early_stopping",
    "weight_decay",
    "flip",
    "shift",
    "cutout",
)  # may learn best at small rates
WIDE = ("nothing", "weight_decay", "batch_norm", "1,000 images", "2,000 images")  # or at large ones
NOTHING = dict.fromkeys(STRENGTHS, 0) | {"num_train": NUM_TRAIN, "num_passes": NUM_PASSES}
MORE = {f"{n:,} images": [{"num_train": n, "num_passes": 30_000 // n}] for n in (1000, 2000)}  # as many steps
TUNED = {"nothing": [{}]} | {name: [{name: s} for s in values] for name, values in STRENGTHS.items()} | MORE
COVERED = 12  # pixels: the side of squares that cover test images, and of "large cutout"
TOGETHER = ("shift", "dropout", "smoothing")  # a method of each kind, at the strengths that each chose alone


def rates_of(name):
    """Return the learning rates tried with a method: from one too small to one too large."""
    first = 0 if name in CAREFUL else 1
    return RATES[first:] if name in WIDE else RATES[first:5]


def methods_of(task):
    """Return the names of the methods tried on a task."""
    return list(TUNED) if task == "digits" else list(ON_CLOTHES)


def points_of(task, name):
    """Return every setting tried of a method on a task."""
    return [{"task": task, "lr": lr} | NOTHING | kind for kind in TUNED[name] for lr in rates_of(name)]


@functools.cache
def load_data(task):
    """Return images (N, 1, 28, 28) and targets of the pool, the validation and the test images, and a scaler."""
    train, test = TASKS[task]()
    pooled = avg_pool2d(train.inputs[:NUM_POOL], 2)
    mean, std = pooled.mean(), pooled.std()

    def prepare(images):
        return (avg_pool2d(images, 2).flatten(1) - mean) / std  # (B, 1, 28, 28) -> (B, 196)

    parts = [(part.inputs, part.targets) for part in (train, test)]
    (images, targets), tested = parts
    return (images[:NUM_POOL], targets[:NUM_POOL]), (images[NUM_POOL:], targets[NUM_POOL:]), tested, prepare


def make_network(batch_norm=0, dropout=0.0):
    """Return the network of the docstring above, its weights drawn from torch's random state."""
    layers, sizes = [], (196, WIDTH, WIDTH)
    for i, o in itertools.pairwise(sizes):
        norm = [nn.BatchNorm1d(o)] if batch_norm else []
        layers += [nn.Linear(i, o), *norm, nn.ReLU(), *([nn.Dropout(dropout)] if dropout else [])]
    return nn.Sequential(*layers, nn.Linear(WIDTH, 10))


def change(images, targets, *, flip, shift, noise, cutout, mixup, cutmix, smoothing):
    """Return a batch of images and labels after the augmentations whose strength is not 0."""
    images = aug.flip(images) if flip else images
    images = aug.shift(images, shift) if shift else images
    images = aug.add_noise(images, noise) if noise else images
    images = aug.cutout(images, cutout) if cutout else images
    labels = aug.smooth_labels(targets, 10, smoothing)
    images, labels = aug.mixup(images, labels, mixup) if mixup else (images, labels)
    return aug.cutmix(images, labels, cutmix) if cutmix else (images, labels)


def train_network(
    task, lr, weight_decay, dropout, batch_norm, early_stopping, num_train, num_passes, seed, **kinds
):
    """Train once; return the network, in evaluation mode, and the pass whose weights it has."""
    (images, targets), (X_val, y_val), _, prepare = load_data(task)
    X_val = prepare(X_val) if early_stopping else None
    torch.manual_seed(seed)
    chosen = torch.randperm(NUM_POOL)[:num_train]
    net, best, kept = make_network(batch_norm, dropout), math.inf, num_passes
    optimizer = torch.optim.AdamW(net.parameters(), lr, weight_decay=weight_decay, fused=True)
    for epoch in range(1, num_passes + 1):
        net.train()
        for rows in torch.randperm(num_train).split(BATCH):
            inputs, labels = change(images[chosen[rows]], targets[chosen[rows]], **kinds)
            loss = cross_entropy(net(prepare(inputs)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        if early_stopping and (now := measure(net, X_val, y_val)[0]) < best:
            best, kept, state = now, epoch, copy.deepcopy(net.state_dict())
    if early_stopping:
        net.load_state_dict(state)
    return net, kept


def blur(images):
    """Return images under a window of 5 x 5, every pixel the mean of its neighbours."""
    return avg_pool2d(pad(images, (2, 2, 2, 2)), 5, stride=1)


CORRUPTIONS = {  # each from random state 0
    "noise": lambda images: aug.add_noise(images, 0.4),
    "blur": blur,
    "faint": lambda images: 0.4 * images,
    "shifted": lambda images: aug.shift(images, 3),
    "covered": lambda images: aug.cutout(images, COVERED),
}


@functools.cache
def corrupted(task):
    """Return the test images, prepared, of each corruption."""
    _, _, (images, _), prepare = load_data(task)
    found = []
    for corrupt in CORRUPTIONS.values():
        torch.manual_seed(0)
        found.append(prepare(corrupt(images)))
    return found


def score(net, passes, task):
    """Return what the docstring of the module names, on the validation images, and the temperature."""
    _, (images, targets), _, prepare = load_data(task)
    inputs = prepare(images)
    with torch.no_grad():
        logits = net(inputs)
    temperature, (loss, accuracy) = fit_temperature(logits, targets), measure(net, inputs, targets)
    scaled = cross_entropy(logits / temperature, targets).item()
    scores = {"passes": passes, "loss": loss, "accuracy": accuracy}
    return scores | {"temperature": temperature, "scaled_loss": scaled}


def train_tuned(*, seed, **point):
    """Train once and judge on the validation images."""
    return score(*train_network(**point, seed=seed), point["task"])


@torch.no_grad()
def judge(net, temperature, task):
    """Return what the docstring of the module names, on the test images."""
    _, _, (images, targets), prepare = load_data(task)
    logits = net(prepare(images))
    answers = logits.argmax(1)
    confusion = torch.zeros(10, 10).index_put((targets, answers), torch.tensor(1.0), accumulate=True)
    right = [(net(inputs).argmax(1) == targets).float().mean().item() for inputs in corrupted(task)]
    return {
        "test_loss": cross_entropy(logits, targets).item(),
        "test_error": calibration_error(logits, targets),
        "test_scaled_error": calibration_error(logits / temperature, targets),
        "test_parts": (answers == targets).float().view(PARTS, -1).mean(1).tolist(),  # (2000,) -> (20,)
        "corrupted": right,
        "confusion": (confusion / confusion.sum(1, keepdim=True)).flatten().tolist(),
    }


def train_and_test(*, seed, **point):
    """Train once and judge on the validation images and the test images."""
    net, passes = train_network(**point, seed=seed)
    scores = score(net, passes, point["task"])
    return scores | judge(net, scores["temperature"], point["task"])


def choose(sweep, task, name, **fixed):
    """Return the setting of a method whose mean validation loss, at its own temperature, is least."""
    points = [point for point in points_of(task, name) if fixed.items() <= point.items()]
    return min(points, key=lambda point: sum(r["scaled_loss"] for r in sweep.select(**point)))


def contestants(sweep, task):
    """Return the settings to be tested on a task, by name."""
    found = {name: choose(sweep, task, name) for name in methods_of(task)}
    if task == "digits":
        found["together"] = found["shift"] | {name: found[name][name] for name in TOGETHER}
        found["large cutout"] = choose(sweep, task, "cutout", cutout=COVERED)
    return found


def points_of_all():
    """Return every setting tried of every method on every task."""
    return [point for task in TASKS for name in methods_of(task) for point in points_of(task, name)]


def chosen():
    """Return the settings of all contestants on every task, as the recorded tuning has them."""
    sweep = d2lite.Sweep.recorded("augmentation")
    return [point for task in TASKS for point in contestants(sweep, task).values()]


if __name__ == "__main__":
    record(
        {
            "augmentation": lambda: {"train": "train_tuned", "grid": points_of_all(), "seeds": TUNING_SEEDS},
            "augmentation_seeds": lambda: {"train": "train_and_test", "grid": chosen(), "seeds": NEW_SEEDS},
        }
    )
