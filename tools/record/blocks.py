"""Record LeNet against narrow relatives of AlexNet and VGG on small photos: real training runs.

    python tools/record/blocks.py blocks           # 30 runs: network x learning rate
    python tools/record/blocks.py blocks_seeds     # 15 runs: each network at the rate that it chose, with other seeds
    python tools/record/blocks.py undropped        # 6 runs: the narrow AlexNet without dropout
    python tools/record/blocks.py undropped_seeds  # 3 runs: likewise, at the rate that it chose

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again,
and it goes on where it was. The task is that of chapters/06_cnn/lenet: Fashion-MNIST as it ships, 5,000 photos to
train on, the next 5,000 to validate, the 2,000 of the test set for the end; mean and deviation of the pixels are the
training photos'. AdamW with one cycle of the rate, batches of 64, 5 passes; weights start by He's rule,
biases at 0. A seed fixes the start and the order of the photos, the latter for all networks alike. At the end:

    loss, accuracy     on the validation photos
    train_accuracy     on the 5,000 training photos
    test_parts         in the runs with other seeds: accuracy on each of 20 parts of 100 test photos
"""

import functools

import torch
from atlas import measure
from recording import record
from torch import nn

import d2lite

NUM_TRAIN, NUM_PASSES, BATCH, PARTS = 5000, 5, 64, 20
RATES = [0.001, 0.002, 0.004, 0.008, 0.016, 0.032]
SEEDS, NEW_SEEDS = (0,), (100, 101, 102)
LABELS = {"labels": {"lr": "peak learning rate", "net": "network"}}


def conv(before, after, kernel_size=3, padding=1):
    """Return a convolution and a ReLU, as a list."""
    return [nn.Conv2d(before, after, kernel_size, padding=padding), nn.ReLU()]


def make_lenet(first=6, second=16):
    """Return LeNet with so many maps in its two stages."""
    features = [*conv(1, first, 5, 2), nn.MaxPool2d(2), *conv(first, second, 5, 0), nn.MaxPool2d(2)]
    dense = [nn.Linear(25 * second, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    return nn.Sequential(*features, nn.Flatten(), *dense)


def make_alexnet(dropout=0.5):
    """Return a narrow AlexNet: five convolutions, overlapping pooling, dropout before two dense layers."""
    features = [*conv(1, 11, 5, 2), nn.MaxPool2d(3, 2), *conv(11, 22, 5, 2), nn.MaxPool2d(3, 2)]
    features += [*conv(22, 32), *conv(32, 22), *conv(22, 22), nn.MaxPool2d(3, 2)]
    dense = [nn.Dropout(dropout), nn.Linear(88, 128), nn.ReLU()]
    dense += [nn.Dropout(dropout), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10)]
    return nn.Sequential(*features, nn.Flatten(), *dense)


def make_vgg(averaged=False):
    """Return a narrow VGG: three blocks of two 3 x 3 convolutions; its maps flattened for dense layers, or averaged."""
    layers, channels = [], 1
    for width in (8, 16, 32):
        layers += [*conv(channels, width), *conv(width, width), nn.MaxPool2d(2)]
        channels = width
    if averaged:
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(288, 128), nn.ReLU(), nn.Linear(128, 10))


NETS = {
    "LeNet": make_lenet,
    "LeNet, wide": functools.partial(make_lenet, 17, 34),
    "AlexNet": make_alexnet,
    "VGG": make_vgg,
    "VGG, averaged": functools.partial(make_vgg, averaged=True),
}


@functools.cache
def load_data():
    """Return inputs and targets of the training, validation and test photos, as in the docstring above."""
    everything, test = d2lite.datasets.fashion_mnist()
    parts = everything[:NUM_TRAIN], everything[NUM_TRAIN:], test
    return [(part.inputs, part.targets) for part in (p.standardize(like=parts[0]) for p in parts)]


def start(net):
    """Draw the weights by He's rule; biases, where there are any, are 0."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return net


def train(net, lr, seed, num_passes=NUM_PASSES):
    """Train a network in place, with AdamW and one cycle of the rate."""
    inputs, targets = load_data()[0]
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr)
    num_steps = num_passes * -(-NUM_TRAIN // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, num_steps, cycle_momentum=False)
    for _ in range(num_passes):
        for rows in torch.randperm(NUM_TRAIN, generator=order).split(BATCH):
            loss = nn.functional.cross_entropy(net(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def train_made(make, lr, tested, seed):
    """Train the network that a function makes and return what the module's docstring names."""
    photos, validation, test = load_data()
    torch.manual_seed(seed)
    model = make()
    train(model, lr, seed)
    model.eval()
    loss, accuracy = measure(model, *validation)
    results = {"loss": loss, "accuracy": accuracy, "train_accuracy": measure(model, *photos)[1]}
    if tested:
        parts = zip(test[0].split(len(test[0]) // PARTS), test[1].split(len(test[1]) // PARTS), strict=True)
        results["test_parts"] = [measure(model, *part)[1] for part in parts]
    return results


def train_point(net, lr, tested=False, *, seed):
    """Train one of NETS once."""
    return train_made(lambda: start(NETS[net]()), lr, tested, seed)


def train_undropped(lr, tested=False, *, seed):
    """Do the same with the narrow AlexNet without dropout."""
    return train_made(lambda: start(make_alexnet(dropout=0)), lr, tested, seed)


def best_rate(sweep, **point):
    """Return the rate with the highest mean validation accuracy among the runs of a point, such as net="VGG"."""
    return max(RATES, key=lambda lr: sum(run["accuracy"] for run in sweep.select(lr=lr, **point)))


def chosen_points():
    """Return each network at its best rate, to be tested."""
    tried = d2lite.Sweep.recorded("blocks")
    return [{"net": net, "lr": best_rate(tried, net=net), "tested": True} for net in NETS]


if __name__ == "__main__":
    record(
        {
            "blocks": lambda: {
                "train": "train_point",
                "grid": {"net": list(NETS), "lr": RATES},
                "seeds": SEEDS,
                "display": LABELS,
            },
            "blocks_seeds": lambda: {"train": "train_point", "grid": chosen_points(), "seeds": NEW_SEEDS},
            "undropped": lambda: {"train": "train_undropped", "grid": {"lr": RATES}, "seeds": SEEDS},
            "undropped_seeds": lambda: {
                "train": "train_undropped",
                "grid": [{"lr": best_rate(d2lite.Sweep.recorded("undropped")), "tested": True}],
                "seeds": NEW_SEEDS,
            },
        }
    )
