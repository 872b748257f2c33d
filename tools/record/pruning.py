"""Record LeNets with most of their weights cut: retrained, rewound, started anew, and narrow ones for comparison.

    python tools/record/pruning.py                # 40 runs: ways x rates, one tuning seed
    python tools/record/pruning.py pruning_seeds  # each way at the rate it chose, with five other seeds

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. The task: the first 3,000 images of Fashion-MNIST, pooled to 14 x 14, the next 4,000 to
validate. LeNet for such images: both convolutions padded by 2, 16 maps of 3 x 3 flattened, 30,750 weights. Every
training is 6 passes of AdamW in batches of 50, one cycle of the rate; a trained LeNet (rate DENSE_RATE) comes first. A
cut keeps a share of LEVELS of all weights, those of largest size over all layers together, biases always; what is cut
is set back to zero after each step. `lr` is the rate of the trainings after a cut. `way`:

    once      cut the trained network to each level at once, train what is left on
    steps     the same level by level, each from the network trained at the one before
    rewound   level by level, but each time what is left goes back to the numbers it started from (the lottery ticket)
    shuffled  those starting numbers, with as many weights of each layer as "rewound" keeps, at random places
    redrawn   the places that "rewound" keeps, with new starting numbers
    narrow    no cut: LeNets of fewer channels and units, about as many weights, from their start, for 12 passes
    longer    no cut: the trained network, whole, trained on as in "once"
    dense     no cut: the whole LeNet at the rate `lr`; in "pruning" alone, to show that DENSE_RATE is the best

The places for "shuffled" and "redrawn" are those of "rewound" at DENSE_RATE. Of each run:

    accuracy        curve over LEVELS: on the validation images
    cut_accuracy    the same before the training after the cut; in "once" alone
    weights         how many are left at each level
    dense_accuracy  of the trained LeNet that was cut
    whole_accuracy  of "longer" and "dense", instead of a curve
    test_accuracy, dense_test_accuracy, whole_test_accuracy   on the 2,000 test images; in "pruning_seeds" alone
"""

import copy
import functools

import torch
import torch.nn.functional as F
from recording import record
from torch import nn

import d2lite

NUM_TRAIN, NUM_VALIDATION, NUM_PASSES, BATCH = 3000, 4000, 6, 50
LEVELS = [0.3, 0.1, 0.03]
WIDTHS = {0.3: (4, 12, 53, 35), 0.1: (3, 8, 25, 17), 0.03: (2, 4, 13, 9)}
WAYS = ["once", "steps", "rewound", "shuffled", "redrawn", "narrow", "longer"]
RATES = [0.001, 0.003, 0.009, 0.027, 0.081]
DENSE_RATE = 0.009
SEEDS, OTHER_SEEDS = range(1), range(100, 105)


@functools.cache
def load_data():
    """Return standardised inputs and targets of the training, the validation and the test images."""
    train, test = d2lite.datasets.fashion_mnist()
    targets = train.targets
    inputs, test_inputs = F.avg_pool2d(train.inputs, 2), F.avg_pool2d(test.inputs, 2)
    std, mean = torch.std_mean(inputs[:NUM_TRAIN])
    parts = slice(NUM_TRAIN), slice(NUM_TRAIN, NUM_TRAIN + NUM_VALIDATION)
    pairs = [(inputs[part], targets[part]) for part in parts] + [(test_inputs, test.targets)]
    return [((x - mean) / std, y) for x, y in pairs]


def make_net(seed, widths=(6, 16, 120, 84)):
    """Return a LeNet of two widths of channels and two of units, as it starts."""
    torch.manual_seed(seed)
    maps, more, units, last = widths
    return nn.Sequential(
        nn.Conv2d(1, maps, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(maps, more, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(9 * more, units), nn.ReLU(), nn.Linear(units, last), nn.ReLU(), nn.Linear(last, 10),
    )  # fmt: skip


def weights_of(net):
    """Return the weights of a network without the biases, layer by layer."""
    return [p for p in net.parameters() if p.ndim > 1]


@torch.no_grad()
def apply_masks(net, masks):
    """Set what is cut to zero."""
    for weight, mask in zip(weights_of(net), masks, strict=True):
        weight *= mask


def train(net, lr, seed, masks=None, num_passes=NUM_PASSES):
    """Train in place, as the module's docstring has it, and return the network."""
    inputs, targets = load_data()[0]
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr)
    num_steps = num_passes * NUM_TRAIN // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=num_steps, cycle_momentum=False)
    if masks is not None:
        apply_masks(net, masks)
    for _ in range(num_passes):
        for rows in torch.randperm(NUM_TRAIN, generator=order).split(BATCH):
            loss = F.cross_entropy(net(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            if masks is not None:
                apply_masks(net, masks)
    return net


@torch.no_grad()
def accuracy(net, part):
    """Return the accuracy on part 1, the validation images, or 2, the test images."""
    inputs, targets = load_data()[part]
    return (net(inputs).argmax(1) == targets).double().mean().item()


def largest(net, share):
    """Return masks that keep a share of the weights, the largest over all layers."""
    sizes = [weight.detach().abs() for weight in weights_of(net)]
    every = torch.cat([size.flatten() for size in sizes])
    least = every.sort(descending=True).values[round(share * len(every)) - 1]
    return [(size >= least).float() for size in sizes]


@functools.cache
@torch.enable_grad()
def trained(seed):
    """Return a trained LeNet; to be copied before it is changed."""
    return train(make_net(seed), DENSE_RATE, seed)


def found(way, lr, seed):
    """Yield the network and the masks at each level, of a way that finds its own places."""
    before = trained(seed)
    for level in LEVELS:
        masks = largest(trained(seed) if way == "once" else before, level)
        start = {"once": trained(seed), "steps": before, "rewound": make_net(seed)}[way]
        before = train(copy.deepcopy(start), lr, seed, masks)
        yield before, masks


@functools.cache
def tickets(seed):
    """Return the masks that "rewound" finds at each level."""
    return [masks for _, masks in found("rewound", DENSE_RATE, seed)]


def shuffled(masks, seed):
    """Return masks with as many ones a layer, at random places."""
    order = torch.Generator().manual_seed(2000 + seed)
    places = [torch.randperm(mask.numel(), generator=order) for mask in masks]
    return [mask.flatten()[rows].view(mask.shape) for mask, rows in zip(masks, places, strict=True)]


def networks(way, lr, seed):
    """Return the trained network and how many weights it has, at each level."""
    if way == "narrow":  # as many passes as "once" has had in all
        passes = 2 * NUM_PASSES
        nets = [train(make_net(seed, widths), lr, seed, num_passes=passes) for widths in WIDTHS.values()]
        return [(net, sum(weight.numel() for weight in weights_of(net))) for net in nets]
    if way in ("once", "steps", "rewound"):
        pairs = found(way, lr, seed)
    else:
        start = seed if way == "shuffled" else 1000 + seed
        places = [shuffled(m, seed) if way == "shuffled" else m for m in tickets(seed)]
        pairs = [(train(make_net(start), lr, seed, masks), masks) for masks in places]
    return [(net, int(sum(mask.sum() for mask in masks))) for net, masks in pairs]


def train_point(way, lr, tested=False, *, seed):
    """Train at all levels and return what the module's docstring names."""
    if way in ("dense", "longer"):
        start = make_net(seed) if way == "dense" else copy.deepcopy(trained(seed))
        net = train(start, lr, seed)
        tests = {"whole_test_accuracy": accuracy(net, 2)} if tested else {}
        return {"whole_accuracy": accuracy(net, 1)} | tests
    pairs = networks(way, lr, seed)
    scores = {
        "accuracy": [accuracy(net, 1) for net, _ in pairs],
        "weights": [count for _, count in pairs],
        "dense_accuracy": accuracy(trained(seed), 1),
    }
    if way == "once":
        cut = [copy.deepcopy(trained(seed)) for _ in LEVELS]
        for net, level in zip(cut, LEVELS, strict=True):
            apply_masks(net, largest(net, level))
        scores["cut_accuracy"] = [accuracy(net, 1) for net in cut]
    if tested:
        scores["test_accuracy"] = [accuracy(net, 2) for net, _ in pairs]
        scores["dense_test_accuracy"] = accuracy(trained(seed), 2)
    return scores


def chosen(sweep):
    """Return a point for each way, at its rate of the best validation accuracy over seeds and levels."""

    def score(way, lr):
        name = "whole_accuracy" if way == "longer" else "accuracy"
        return sum(run[name] if way == "longer" else run[name].mean() for run in sweep.select(way=way, lr=lr))

    return [
        {"way": way, "lr": max(RATES, key=lambda lr, way=way: score(way, lr)), "tested": True} for way in WAYS
    ]


if __name__ == "__main__":
    torch.set_num_threads(1)
    record(
        {
            "pruning": lambda: {
                "train": "train_point",
                "grid": {"way": ["dense", *WAYS], "lr": RATES},
                "seeds": SEEDS,
            },
            "pruning_seeds": lambda: {
                "train": "train_point",
                "grid": chosen(d2lite.Sweep.recorded("pruning")),
                "seeds": OTHER_SEEDS,
            },
        }
    )
