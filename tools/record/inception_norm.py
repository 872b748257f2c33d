"""Record the narrow networks of inception.py with batch norm: do paths and reductions help with it?

    python tools/record/inception_norm.py inception_norm         # 18 runs: network x learning rate
    python tools/record/inception_norm.py inception_norm_seeds   # 15 runs: each at the rate that it chose, other seeds

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again,
and it goes on where it was. Networks, photos, optimizer, schedule, batches, passes and seeds are those of inception.py.
A batch norm stands behind every convolution, before its ReLU, in place of the biases. So runs of one network and seed
start from the same kernels there and here, and all runs of a seed see the photos in the same order. Each
network is tried at three rates, and at one more where the best of these was at an end. At the end:

    loss, accuracy, train_accuracy, test_parts    as in inception.py
"""

from blocks import train_made
from inception import LABELS, NEW_SEEDS, SEEDS, make_net
from recording import record
from torch import nn

import d2lite

RATES = {
    "paths, reduced": [0.016, 0.032, 0.064],
    "paths": [0.016, 0.032, 0.064, 0.128],
    "one path, reduced": [0.016, 0.032, 0.064],
    "one path": [0.008, 0.016, 0.032, 0.064],
    "one path, twice": [0.008, 0.016, 0.032, 0.064],
}


def add_norm(net):
    """Put a batch norm behind each convolution of a network, in place of its biases, and return the network."""
    for name, child in net.named_children():
        if isinstance(child, nn.Conv2d):
            child.bias = None
            setattr(net, name, nn.Sequential(child, nn.BatchNorm2d(child.out_channels)))
        else:
            add_norm(child)
    return net


def make_normed(net):
    """Return a network by its name in BLOCKS, with batch norm."""
    return add_norm(make_net(net))


def train_point(net, lr, tested=False, *, seed):
    """Train once and return what the module's docstring names."""
    return train_made(lambda: make_normed(net), lr, tested, seed)


def grid():
    """Return the points of the tuning runs."""
    return [{"net": net, "lr": lr} for net, rates in RATES.items() for lr in rates]


def chosen(sweep):
    """Return a point for each network, at its rate of the best validation accuracy."""
    found = {run.point["net"]: run.point["lr"] for run in sorted(sweep, key=lambda run: run["accuracy"])}
    return [{"net": net, "lr": found[net], "tested": True} for net in RATES]


if __name__ == "__main__":
    record(
        {
            "inception_norm": lambda: {
                "train": "train_point",
                "grid": grid(),
                "seeds": SEEDS,
                "display": LABELS,
            },
            "inception_norm_seeds": lambda: {
                "train": "train_point",
                "grid": chosen(d2lite.Sweep.recorded("inception_norm")),
                "seeds": NEW_SEEDS,
                "display": LABELS,
            },
        }
    )
