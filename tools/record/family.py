"""Record the part's networks, narrow, under one protocol: what accuracy, parameters, multiply-adds and time have they?

    python tools/record/family.py                # 15 runs: network x learning rate
    python tools/record/family.py family_seeds   # 12 runs: each network at the rate that it chose, with other seeds
    python tools/record/family.py family_costs   # 30 short runs: these networks, those of blocks.py and Inception

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again,
and it goes on where it was. Photos, optimizer, schedule, batches, passes and seeds are those of blocks.py and
inception.py, so their runs of LeNet, AlexNet, VGG and Inception ("paths, reduced") belong to the same table; rates are
a factor of 2 apart here, too. ResNet and DenseNet have a stem of 16 maps, pooled to 14 x 14, blocks at 14 x 14 and at
7 x 7, a mean over each map and a dense layer, and do 1.7 million multiply-adds for a photo, within 3%. ResNet stands
here with batch norm, as published, and without; the VGG whose maps are averaged, with it. Of each run:

    loss, accuracy, train_accuracy, test_parts    as in blocks.py
    parameters, multiply_adds   in "family_costs": of the network, the latter for one photo
    seconds             likewise: processor time of one run's steps, from the median of STEPS steps on one thread
"""

import functools
import statistics
import time

import torch
from blocks import BATCH, LABELS, NEW_SEEDS, NUM_PASSES, NUM_TRAIN, SEEDS, load_data, start, train_made
from blocks import NETS as OLDER
from inception import make_net as make_inception
from recording import record
from torch import nn

import d2lite
from d2lite.models import layer_table

STEM, STEPS = 16, 40
RATES = {
    "VGG, averaged, batch norm": [0.016, 0.032, 0.064],
    "ResNet": [0.016, 0.032, 0.064, 0.128],
    "DenseNet": [0.016, 0.032, 0.064],
    "ResNet, no batch norm": [0.004, 0.008, 0.016, 0.032, 0.064],
}
GROWTH, DENSE_LAYERS = 6, (3, 4)


def conv(before, after, kernel_size, stride=1, norm=True):
    """Return a convolution that keeps the side, with a batch norm after it where wanted, as a list."""
    layer = nn.Conv2d(before, after, kernel_size, stride, kernel_size // 2, bias=not norm)
    return [layer, nn.BatchNorm2d(after)] if norm else [layer]


class Residual(nn.Module):
    """Two 3 x 3 convolutions, whose output is added to the input, or to a 1 x 1 projection of it."""

    def __init__(self, before, after, stride, norm):
        super().__init__()
        first, second = conv(before, after, 3, stride, norm), conv(after, after, 3, norm=norm)
        self.branch = nn.Sequential(*first, nn.ReLU(), *second)
        self.project = nn.Sequential(*conv(before, after, 1, stride, norm)) if stride > 1 else nn.Identity()

    def forward(self, x):
        return torch.relu(self.branch(x) + self.project(x))


def before_conv(before, after, kernel_size, norm):
    """Return batch norm where wanted, ReLU and a convolution, as a list."""
    layer = nn.Conv2d(before, after, kernel_size, padding=kernel_size // 2, bias=not norm)
    return [*([nn.BatchNorm2d(before)] if norm else []), nn.ReLU(), layer]


class Dense(nn.Module):
    """A 1 x 1 and a 3 x 3 convolution, whose GROWTH maps are appended to the input."""

    def __init__(self, before, norm):
        super().__init__()
        first, second = before_conv(before, 4 * GROWTH, 1, norm), before_conv(4 * GROWTH, GROWTH, 3, norm)
        self.branch = nn.Sequential(*first, *second)

    def forward(self, x):
        return torch.cat([x, self.branch(x)], dim=1)


def make_resnet(norm=True):
    """Return the layers of a narrow residual network, and how many maps they give."""
    layers = [*conv(1, STEM, 3, norm=norm), nn.ReLU(), nn.MaxPool2d(2)]
    return [*layers, Residual(STEM, STEM, 1, norm), Residual(STEM, 2 * STEM, 2, norm)], 2 * STEM


def make_densenet(norm=True):
    """Return the layers of a narrow DenseNet-BC, and how many maps they give."""
    layers, channels = [*conv(1, STEM, 3, norm=norm), nn.ReLU(), nn.MaxPool2d(2)], STEM
    for block, count in enumerate(DENSE_LAYERS):
        if block:
            layers += [*before_conv(channels, channels // 2, 1, norm), nn.AvgPool2d(2)]
            channels //= 2
        for _ in range(count):
            layers.append(Dense(channels, norm))
            channels += GROWTH
    return [*layers, *([nn.BatchNorm2d(channels)] if norm else []), nn.ReLU()], channels


def make_vgg():
    """Return the layers of blocks.py's narrow VGG, with batch norm, and how many maps they give."""
    layers, channels = [], 1
    for width in (8, 16, 32):
        layers += [*conv(channels, width, 3), nn.ReLU(), *conv(width, width, 3), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width
    return layers, channels


NETS = {
    "VGG, averaged, batch norm": make_vgg,
    "ResNet": make_resnet,
    "DenseNet": make_densenet,
    "ResNet, no batch norm": functools.partial(make_resnet, norm=False),
}


def make_net(net):
    """Return a network by its name, here or in blocks.py; of those here, weights start by He's rule, biases at 0."""
    if net in OLDER:
        return OLDER[net]()
    layers, channels = NETS[net]()
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))
    return start(model)


def train_point(net, lr, tested=False, *, seed):
    """Train once and return what the module's docstring names, but for the costs."""
    return train_made(lambda: make_net(net), lr, tested, seed)


def count_costs(net, *, seed):
    """Return parameters, multiply-adds and seconds of a network."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    model = make_inception("paths, reduced") if net == "Inception" else make_net(net)
    model.to(memory_format=torch.contiguous_format)  # inception.py lays it out otherwise: to time all alike
    inputs, targets = load_data()[0]
    table = layer_table(model, (1, 28, 28))
    optimizer = torch.optim.AdamW(model.parameters(), 0.001)
    spent = []
    for rows in torch.randperm(NUM_TRAIN).split(BATCH)[:STEPS]:
        start = time.process_time()
        loss = nn.functional.cross_entropy(model(inputs[rows]), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        spent.append(time.process_time() - start)
    seconds = NUM_PASSES * -(-NUM_TRAIN // BATCH) * statistics.median(spent)
    parameters = sum(p.numel() for p in model.parameters())
    return {"parameters": parameters, "multiply_adds": table.multiply_adds, "seconds": seconds}


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
            "family": lambda: {
                "train": "train_point",
                "grid": grid(),
                "seeds": SEEDS,
                "display": LABELS,
            },
            "family_seeds": lambda: {
                "train": "train_point",
                "grid": chosen(d2lite.Sweep.recorded("family")),
                "seeds": NEW_SEEDS,
                "display": LABELS,
            },
            "family_costs": lambda: {
                "train": "count_costs",
                "grid": {"net": [*OLDER, "Inception", *NETS]},
                "seeds": range(3),
                "display": LABELS,
            },
        }
    )
