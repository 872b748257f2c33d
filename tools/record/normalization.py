"""Record networks with and without normalization, each at rates tuned for it: speed, range of rates, regularization.

    python tools/record/normalization.py                      # 404 runs: tasks x methods x optimizers x rates x seeds
    python tools/record/normalization.py normalization_seeds  # each at its best rate, six other seeds, test images

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. The images are Fashion-MNIST's: the first 8,000 to train on, the last 2,000 to validate, the
2,000 of the test set for one number at the end. The tasks:

    mlp3, mlp20  3 or 20 hidden layers of 64 ReLU units on images pooled to 14 x 14; three passes in batches of 64
    lenet        LeNet with ReLU and maximum pooling on the whole images; two passes in batches of 64
    small        2 hidden layers of 256 ReLU units, 1,000 images that the seed draws; forty passes in batches of 50

The methods: "pytorch" and "he" have no normalization and start as PyTorch or as He does; "batch" and "layer" have one
before each ReLU and start as PyTorch does (in "lenet" layer is a group normalization of one group for each image).
`dropout` is the rate of a dropout after each ReLU. Optimizers: plain stochastic gradient descent, or Adam. Runs of
one seed share the random numbers of the start and the order of the images. Measured:

    accuracy        on the validation images, after every 25 steps (in "small": after every pass); 0.1 is guessing
    train_loss      on the first 1,000 training images at the end, in evaluation mode
    test_accuracy   at the end; in "normalization_seeds" alone

Once a loss is not finite the run stops: what is left of the curve is 0.1.
"""

import functools
import itertools
import math

import torch
import torch.nn.functional as F
from atlas import measure
from recording import record
from torch import nn

import d2lite

TASKS = {  # training images, passes, size of a batch, steps between measurements
    "mlp3": (8000, 3, 64, 25),
    "mlp20": (8000, 3, 64, 25),
    "lenet": (8000, 2, 64, 25),
    "small": (1000, 40, 50, 20),
}
METHODS = {
    "mlp3": ["pytorch", "he", "batch", "layer"],
    "mlp20": ["pytorch", "he", "batch", "layer"],
    "lenet": ["he", "batch", "layer"],
    "small": ["he", "batch", "layer"],
}
RATES = {
    "sgd": [float(f"{10 ** (k / 2):.3g}") for k in range(-6, 3)],  # 0.001 to 10
    "adam": [float(f"{10 ** (k / 2):.3g}") for k in range(-8, 0)],  # 0.0001 to 0.316
}
SMALL_RATES = [float(f"{10 ** (k / 2):.3g}") for k in range(-9, -4)]  # 0.0000316 to 0.00316
DROPOUT = [0.2, 0.35, 0.5]
SEEDS, TEST_SEEDS = range(2), range(100, 106)
OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


@functools.cache
def load_data(whole=False):
    """Return inputs and targets of the training, the validation and the test images, as in the docstring above."""
    train, test = d2lite.datasets.fashion_mnist()
    mean, std = train.inputs[:8000].mean(), train.inputs[:8000].std()
    images, held_out = ((data.inputs - mean) / std for data in (train, test))  # (N, 1, 28, 28)
    if not whole:
        images, held_out = (F.avg_pool2d(x, 2).flatten(1) for x in (images, held_out))  # (N, 196)
    parts = [(images[:8000], train.targets[:8000]), (images[8000:], train.targets[8000:])]
    return [*parts, (held_out, test.targets)]


def unit(linear, norm, method, dropout=0.0):
    """Return a linear or convolutional layer, its normalization, ReLU and dropout as a list."""
    if method == "he":
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
    layers = [linear, *([norm] if norm else []), nn.ReLU()]
    return layers + [nn.Dropout(dropout)] * (dropout > 0)


def dense(n_in, n_out, method, dropout=0.0):
    """Return a dense layer of ReLU units as a list of layers."""
    norms = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}
    norm = norms[method](n_out) if method in norms else None
    return unit(nn.Linear(n_in, n_out), norm, method, dropout)


def convolution(n_in, n_out, padding, method):
    """Return a convolution of 5 x 5 with ReLU and maximum pooling as a list of layers."""
    norm = {"batch": nn.BatchNorm2d, "layer": functools.partial(nn.GroupNorm, 1)}.get(method)
    conv = nn.Conv2d(n_in, n_out, 5, padding=padding)
    return [*unit(conv, norm and norm(n_out), method), nn.MaxPool2d(2)]


def make_network(task, method, dropout):
    """Return the network of a task, its weights drawn from torch's random state."""
    if task == "lenet":
        maps = [*convolution(1, 6, 2, method), *convolution(6, 16, 0, method), nn.Flatten()]
        return nn.Sequential(*maps, *dense(400, 120, method), *dense(120, 84, method), nn.Linear(84, 10))
    widths = {"mlp3": [64] * 3, "mlp20": [64] * 20, "small": [256] * 2}[task]
    hidden = [dense(*pair, method, dropout) for pair in itertools.pairwise([196, *widths])]
    return nn.Sequential(*itertools.chain(*hidden), nn.Linear(widths[-1], 10))


def train_network(task, method, optimizer, lr, dropout, seed):
    """Return the trained network in evaluation mode and its validation accuracies; stop where a loss is not finite."""
    num_train, num_passes, size, every = TASKS[task]
    (inputs, targets), validation, _ = load_data(task == "lenet")
    order = torch.Generator().manual_seed(1000 + seed)
    chosen = torch.randperm(8000, generator=order)[:num_train]
    torch.manual_seed(seed)
    net = make_network(task, method, dropout)
    updates = OPTIMIZERS[optimizer](net.parameters(), lr)
    batches = [chosen[torch.randperm(num_train, generator=order)].split(size) for _ in range(num_passes)]
    batches, accuracies = list(itertools.chain(*batches)), []
    for step, batch in enumerate(batches, 1):
        loss = F.cross_entropy(net.train()(inputs[batch]), targets[batch])
        if not loss.isfinite():
            break
        updates.zero_grad()
        loss.backward()
        updates.step()
        if step % every == 0:
            accuracies.append(measure(net.eval(), *validation)[1])
    return net.eval(), accuracies + [0.1] * (len(batches) // every - len(accuracies))


def train_point(task, method, optimizer, lr, dropout, *, seed):
    """Train once and return what the module's docstring names, without the test images."""
    net, accuracies = train_network(task, method, optimizer, lr, dropout, seed)
    inputs, targets = load_data(task == "lenet")[0]
    loss = measure(net, inputs[:1000], targets[:1000])[0]
    return {"accuracy": accuracies, "train_loss": loss if loss < 1e6 else math.inf}


def train_and_test(task, method, optimizer, lr, dropout, *, seed):
    """Train once and return what the module's docstring names, the test images among it."""
    net, accuracies = train_network(task, method, optimizer, lr, dropout, seed)
    test = load_data(task == "lenet")[2]
    return {"accuracy": accuracies, "test_accuracy": measure(net, *test)[1]}


def contestants():
    """Return what is compared: dicts of lists, whose combinations are a contestant's points."""
    made = []
    for task, methods in METHODS.items():
        for optimizer in {"lenet": ["sgd"], "small": ["adam"]}.get(task, ["sgd", "adam"]):
            rates = {"lenet": RATES["sgd"][1:-1], "small": SMALL_RATES}.get(task, RATES[optimizer])
            for method in methods:
                point = {"task": [task], "method": [method], "optimizer": [optimizer], "lr": rates}
                made.append(point | {"dropout": [0.0]})
                if task == "small" and method != "layer":
                    made.append(point | {"dropout": DROPOUT})
    return made


def points_of(contestant):
    """Return a contestant's points."""
    return [dict(zip(contestant, values, strict=True)) for values in itertools.product(*contestant.values())]


def chosen(sweep):
    """Return each contestant's point of best mean validation accuracy at the end, over the tuning seeds."""
    mean = lambda point: sum(run["accuracy"][-1] for run in sweep.select(**point))
    return [max(points_of(contestant), key=mean) for contestant in contestants()]


if __name__ == "__main__":
    record(
        {
            "normalization": lambda: {
                "train": "train_point",
                "grid": list(itertools.chain(*map(points_of, contestants()))),
                "seeds": SEEDS,
            },
            "normalization_seeds": lambda: {
                "train": "train_and_test",
                "grid": chosen(d2lite.Sweep.recorded("normalization")),
                "seeds": TEST_SEEDS,
            },
        }
    )
