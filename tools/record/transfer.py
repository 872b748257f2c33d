"""Record what a network gains from another task: layers taken over, and frozen or trained on, by labelled images.

    python tools/record/transfer.py                # 6 runs of 40 or 100 trainings: source x seed
    python tools/record/transfer.py transfer_seeds # 30 runs: each way at the rates that it chose, other seeds, tested

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. The task: handwritten digits, 5 to 9, of MNIST, pooled to 14 x 14, of which 1 to 100 images a
class are drawn from 500 to learn from; 150 others a class validate, the test set's 1,000 images of these digits test.
The network has three convolutions, a dense layer and a head. With a `source` it takes over its first layers, "near"
from one trained on the digits 0 to 4, "far" from one trained on clothes, all ten classes, 5,000 images each. Layers
that are frozen do not change any more; the others are trained: 100 steps of Adam in batches of 32, or of all images
where there are fewer. Each seed has source networks, first weights and images of its own; all that share it, share
them. The argument `lrs` has for each way of WAYS[source] and each number of LABELS the rates to be tried. Of each run:

    <way>        accuracy on the validation images: for each number of labels, and each of its rates
    <way>, test  on the test images; in "transfer_seeds" alone
"""

import functools

import torch
from recording import record
from torch import nn

import d2lite

LABELS, POOL, VALIDATION = [1, 3, 10, 30, 100], 500, 150  # images a class
BATCH, STEPS, SOURCE_STEPS, SOURCE_RATE = 32, 100, 500, 0.002
ALL_RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
SEEDS, TEST_SEEDS = range(2), range(100, 110)
TAKEN = {f"{k} frozen": (k, True) for k in (1, 2, 3, 4)} | {"fine-tuned": (4, False)}
FIRST = {  # of the four rates that are tried, for each number of labels: so that the best one is not at an end
    "random": (2, 2, 3, 3, 3),
    "3 frozen": (1, 1, 2, 2, 2),
    "4 frozen": (3, 3, 4, 4, 4),
    "fine-tuned": (1, 1, 2, 2, 2),
}
WAYS = {"none": {"scratch": (0, False), "random": (3, True)}, "near": TAKEN, "far": TAKEN}  # layers, frozen


def pooled(data):
    """Return 14 x 14 images of a data set, about standardized, and their targets."""
    return (nn.functional.avg_pool2d(data.inputs, 2) - 0.2) / 0.3, data.targets


def choose(images, targets, classes):
    """Return the images of some consecutive classes, and their classes counted from 0."""
    found = (targets >= classes[0]) & (targets <= classes[-1])
    return images[found], targets[found] - classes[0]


@functools.cache
def load_data():
    """Return images and targets by the names of the module's docstring: pool, validation, test, near, far."""
    (digits, digits_test), (clothes, _) = d2lite.datasets.mnist(), d2lite.datasets.fashion_mnist()
    high = choose(*pooled(digits), range(5, 10))
    cut, end = 5 * POOL, 5 * (POOL + VALIDATION)  # classes take turns
    return {
        "pool": [part[:cut] for part in high],
        "validation": [part[cut:end] for part in high],
        "test": choose(*pooled(digits_test), range(5, 10)),
        "near": choose(*pooled(digits), range(5)),
        "far": [part[:5000] for part in pooled(clothes)],
    }


def make_net(num_classes, narrow=False):
    """Return the network as five parts: three convolutions, a dense layer, the head."""
    a, b, c = (2, 4, 16) if narrow else (8, 16, 64)
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(1, a, 5, stride=2, padding=2), nn.ReLU()),  # 14 x 14 -> 7 x 7
        nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.ReLU()),
        nn.Sequential(nn.Conv2d(b, b, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten()),  # -> 4 x 4
        nn.Sequential(nn.Linear(16 * b, c), nn.ReLU()),
        nn.Linear(c, num_classes),
    )


def draw(labels, seed):
    """Return so many images of each class and their targets; more labels keep those that fewer have."""
    images, targets = load_data()["pool"]
    generator = torch.Generator().manual_seed(1000 + seed)
    rows = torch.stack([torch.randperm(POOL, generator=generator)[:labels] * 5 + k for k in range(5)])
    rows = rows.flatten()
    return images[rows], targets[rows]


def fit(net, images, targets, lr, steps, generator):
    """Train with Adam on random batches."""
    optimizer = torch.optim.Adam(net.parameters(), lr)
    for _ in range(steps):
        batch = torch.randint(len(images), (min(BATCH, len(images)),), generator=generator)
        loss = nn.functional.cross_entropy(net(images[batch]), targets[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@functools.cache
def source_net(source, seed):
    """Return the network that was trained on the source task."""
    images, targets = load_data()[source]
    torch.manual_seed(2000 + seed)
    net = make_net(int(targets.max()) + 1)
    fit(net, images, targets, SOURCE_RATE, SOURCE_STEPS, torch.Generator().manual_seed(seed))
    return net.requires_grad_(False)


@torch.no_grad()
def share_right(net, images, targets):
    """Return the accuracy."""
    return (net(images).argmax(1) == targets).float().mean().item()


def train_target(net, kept, labels, lr, seed):
    """Train a network on the target task, all but its first layers."""
    images, targets = draw(labels, seed)
    with torch.no_grad():
        features = net[:kept](images)  # frozen layers give the same in each step
    fit(net[kept:], features, targets, lr, STEPS, torch.Generator().manual_seed(seed))


def take_over(source, layers, seed):
    """Return a network with the first layers of a source network."""
    torch.manual_seed(seed)
    net = make_net(5)
    if source != "none":
        for k, part in enumerate(source_net(source, seed)[:layers]):
            net[k].load_state_dict(part.state_dict())
    return net


def train_ways(source, lrs, tested=False, *, seed):
    """Train in each way, with each number of labels and each rate, and return what the module's docstring names."""
    data, found = load_data(), {}
    for (name, (layers, frozen)), rates_by_labels in zip(WAYS[source].items(), lrs, strict=True):
        found[name], test = [], []
        for labels, tried in zip(LABELS, rates_by_labels, strict=True):
            for lr in tried:
                net = take_over(source, layers, seed)
                train_target(net, layers if frozen else 0, labels, lr, seed)
                found[name].append(share_right(net, *data["validation"]))
                test.append(share_right(net, *data["test"]) if tested else 0)
        if tested:
            found[f"{name}, test"] = test
    return found


def grid():
    """Return the points of the tuning runs."""
    lrs = {
        way: [ALL_RATES[first : first + 4] for first in FIRST.get(way, (0, 0, 1, 2, 2))]
        for ways in WAYS.values()
        for way in ways
    }
    return [{"source": source, "lrs": [lrs[way] for way in ways]} for source, ways in WAYS.items()]


def chosen(tuning):
    """Return the points of the others: for each way and number of labels the rate of the best mean accuracy."""
    points = []
    for runs in tuning.points():
        point, names = runs[0].point, [name for name in runs[0].curves if not name.endswith("test")]
        best = []
        for name, rates_by_labels in zip(names, point["lrs"], strict=True):
            means = sum(run[name] for run in runs).reshape(len(rates_by_labels), -1)
            best.append([[tried[k]] for tried, k in zip(rates_by_labels, means.argmax(1), strict=True)])
        points.append(point | {"lrs": best, "tested": True})
    return points


if __name__ == "__main__":
    record(
        {
            "transfer": lambda: {"train": "train_ways", "grid": grid(), "seeds": SEEDS},
            "transfer_seeds": lambda: {
                "train": "train_ways",
                "grid": chosen(d2lite.Sweep.recorded("transfer")),
                "seeds": TEST_SEEDS,
            },
        }
    )
