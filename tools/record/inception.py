"""Record narrow networks with and without parallel paths, with and without 1 x 1 reductions, at equal work.

    python tools/record/inception.py inception         # 20 runs: network x learning rate
    python tools/record/inception.py inception_seeds   # 18 runs: each network at the rate that it chose, other seeds

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again,
and it goes on where it was. Photos, optimizer, schedule, batches and passes are those of blocks.py. All networks have
a stem, two blocks at 14 x 14, one at 7 x 7, a mean over each map and a dense layer; the channels in the blocks are
such that all do 1.7 million multiply-adds for a photo, within 2%. A block is

    paths, reduced      four paths, as in GoogLeNet
    paths               the same without the 1 x 1 convolutions before the 3 x 3 and the 5 x 5
    one path, reduced   a 1 x 1 convolution to fewer maps, then a 3 x 3
    one path            a 3 x 3 convolution
    one path, twice     two 3 x 3 convolutions, as in VGG

At the end:

    loss, accuracy     on the validation photos
    train_accuracy     on the 5,000 training photos
    test_parts         in the runs with other seeds: accuracy on each of 20 parts of 100 test photos
"""

import torch
from blocks import start, train_made
from recording import record
from torch import nn

import d2lite

RATES = [0.008, 0.016, 0.032, 0.064]
SEEDS, NEW_SEEDS = (0,), range(100, 103)
SECOND = ("paths, reduced", 0.032)  # its next best rate: one seed tells the two badly apart
LABELS = {"labels": {"lr": "peak learning rate", "net": "network"}}
# Of each block: maps of the 1 x 1; to and of the 3 x 3; to and of the 5 x 5; after pooling. None: no reduction.
BLOCKS = {
    "paths, reduced": [(8, (8, 16), (4, 4), 4), (12, (12, 24), (4, 6), 6), (16, (16, 32), (6, 8), 8)],
    "paths": [(5, (None, 8), (None, 2), 3), (6, (None, 12), (None, 3), 3), (14, (None, 26), (None, 7), 7)],
    "one path, reduced": [(10, 20), (14, 28), (22, 44)],
    "one path": [16, 24, 44],
    "one path, twice": [(10, 12), (12, 16), (24, 32)],
}


def conv(before, after, kernel_size):
    """Return a convolution that keeps the side, and a ReLU, as a list."""
    return [nn.Conv2d(before, after, kernel_size, padding=kernel_size // 2), nn.ReLU()]


class Inception(nn.Module):
    """Four paths whose maps are put side by side; a reduction to None is left out."""

    def __init__(self, channels, ones, threes, fives, pooled):
        super().__init__()
        self.paths = nn.ModuleList()
        self.paths.append(nn.Sequential(*conv(channels, ones, 1)))
        for (reduced, maps), kernel_size in ((threes, 3), (fives, 5)):
            first = conv(channels, reduced, 1) if reduced else []
            self.paths.append(nn.Sequential(*first, *conv(reduced or channels, maps, kernel_size)))
        self.paths.append(nn.Sequential(nn.MaxPool2d(3, 1, padding=1), *conv(channels, pooled, 1)))

    def forward(self, x):
        return torch.cat([path(x) for path in self.paths], dim=1)


def make_block(net, channels, numbers):
    """Return a block of the kind of a network, and how many maps it gives."""
    if net.startswith("paths"):
        ones, threes, fives, pooled = numbers
        return Inception(channels, *numbers), ones + threes[1] + fives[1] + pooled
    if net == "one path":
        return nn.Sequential(*conv(channels, numbers, 3)), numbers
    first, second = numbers
    return nn.Sequential(
        *conv(channels, first, 1 if "reduced" in net else 3), *conv(first, second, 3)
    ), second


def make_net(net):
    """Return a network by its name in BLOCKS, its weights drawn by He's rule."""
    layers, channels = [*conv(1, 16, 3), nn.MaxPool2d(2)], 16
    for k, numbers in enumerate(BLOCKS[net]):
        block, channels = make_block(net, channels, numbers)
        layers += [block, nn.MaxPool2d(2)] if k == 1 else [block]
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))
    return start(model).to(
        memory_format=torch.channels_last
    )  # the same numbers, laid out so that pooling is faster


def train_point(net, lr, tested=False, *, seed):
    """Train once and return what the module's docstring names."""
    return train_made(lambda: make_net(net), lr, tested, seed)


def chosen():
    """Return a point for each network, at its rate of the best validation accuracy, and SECOND."""
    tried = sorted(d2lite.Sweep.recorded("inception"), key=lambda run: run["accuracy"])
    best = {run.point["net"]: run.point["lr"] for run in tried}
    return [
        {"net": net, "lr": lr, "tested": True} for net, lr in [*((net, best[net]) for net in BLOCKS), SECOND]
    ]


if __name__ == "__main__":
    record(
        {
            "inception": lambda: {
                "train": "train_point",
                "grid": {"net": list(BLOCKS), "lr": RATES},
                "seeds": SEEDS,
                "display": LABELS,
            },
            "inception_seeds": lambda: {
                "train": "train_point",
                "grid": chosen(),
                "seeds": NEW_SEEDS,
                "display": LABELS,
            },
        }
    )
