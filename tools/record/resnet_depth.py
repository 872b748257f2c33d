"""Record plain and residual networks of 8 to 56 layers, each at rates tuned for it: which fit their training images?

    python tools/record/resnet_depth.py                     # 80 runs: networks x rates x tuning seeds
    python tools/record/resnet_depth.py resnet_depth_seeds  # each at its best rate, with five other seeds

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. The task: the first 2,000 images of Fashion-MNIST, pooled to 14 x 14, the next 2,000 to
validate. The networks are those of He et al. (2016), section 4.2, at half their width and on smaller maps: a 3 x 3
convolution (stride 2 here), three stages of 8, 16 and 32 channels on maps of 7, 4 and 2, each of (depth - 2) / 6
blocks of two 3 x 3 convolutions, global average pooling, ten logits. Batch norm after every convolution, He's start.
`shortcut` adds each block's input to its output, where shapes differ subsampled and filled up with zeros: so both
kinds have the same weights, and runs of one seed start from the same numbers. Stochastic gradient descent with
momentum 0.9 and weight decay 0.0001, batches of 100, `num_epochs` passes, a tenth of the rate in the last quarter.
Of each run:

    train_loss          curve: mean over the batches of a pass, as they were trained
    fit_loss, fit_accuracy   after the last pass, on the 2,000 training images, batch norm in its mode of use
    loss, accuracy      the same on the validation images
"""

import functools
import math

import torch
import torch.nn.functional as F
from atlas import measure
from recording import record
from torch import nn

import d2lite

NUM_TRAIN, NUM_VALIDATION, BATCH, WIDTH = 2000, 2000, 100, 8
RATES = [0.003, 0.01, 0.03, 0.1, 0.3]
SEEDS, OTHER_SEEDS = range(2), range(100, 105)
NUM_EPOCHS = 10


class Block(nn.Module):
    """Two convolutions with batch norm; with a shortcut, the input is added before the last ReLU."""

    def __init__(self, n_in, n_out, stride, shortcut):
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(n_out), nn.BatchNorm2d(n_out)
        self.stride, self.added, self.shortcut = stride, n_out - n_in, shortcut

    def forward(self, x):
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        if self.shortcut:
            x = x[:, :, :: self.stride, :: self.stride]  # a map with a stride's every other pixel
            y = y + F.pad(x, (0, 0, 0, 0, 0, self.added))  # (B, n_in, h, w) -> (B, n_out, h, w)
        return F.relu(y)


def make_network(depth, shortcut, seed):
    """Return a network as the module's docstring has it."""
    torch.manual_seed(seed)
    layers = [nn.Conv2d(1, WIDTH, 3, 2, 1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU()]
    n_in = WIDTH
    for stage in range(3):
        for k in range((depth - 2) // 6):
            n_out = WIDTH * 2**stage
            layers.append(Block(n_in, n_out, 2 if stage and k == 0 else 1, shortcut))
            n_in = n_out
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n_in, 10))
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return net


@functools.cache
def load_data():
    """Return inputs and targets of the training and of the validation images."""
    train, _ = d2lite.datasets.fashion_mnist()
    used = NUM_TRAIN + NUM_VALIDATION
    images, targets = F.avg_pool2d(train.inputs[:used], 2), train.targets[:used]  # (4000, 1, 14, 14)
    images = (images - images[:NUM_TRAIN].mean()) / images[:NUM_TRAIN].std()
    return (images[:NUM_TRAIN], targets[:NUM_TRAIN]), (images[NUM_TRAIN:], targets[NUM_TRAIN:])


def train_point(depth, shortcut, lr, num_epochs, *, seed):
    """Train once and return what the module's docstring names."""
    (inputs, targets), validation = load_data()
    net = make_network(depth, shortcut, seed)
    updates = torch.optim.SGD(net.parameters(), lr, momentum=0.9, weight_decay=1e-4)
    order = torch.Generator().manual_seed(1000 + seed)
    curve = []
    for epoch in range(num_epochs):
        updates.param_groups[0]["lr"] = lr if epoch < 0.75 * num_epochs else lr / 10
        losses = []
        for batch in torch.randperm(NUM_TRAIN, generator=order).split(BATCH):
            loss = F.cross_entropy(net(inputs[batch]), targets[batch])
            updates.zero_grad()
            loss.backward()
            updates.step()
            losses.append(loss.detach())
        curve.append(torch.stack(losses).mean().item())
    net.eval()
    fit_loss, fit_accuracy = measure(net, inputs, targets)
    loss, accuracy = measure(net, *validation)
    return {
        "train_loss": curve, "fit_loss": fit_loss, "fit_accuracy": fit_accuracy, "loss": loss, "accuracy": accuracy,
    }  # fmt: skip


def rises(sweep):
    """Say of the accuracy on the training images that more is better."""
    sweep.modes |= {"fit_accuracy": "max"}


def networks():
    """Return the networks to compare, those of the chapter's first picture first."""
    return [{"depth": depth, "shortcut": shortcut} for depth in (56, 20, 32, 8) for shortcut in (False, True)]


def grid():
    """Return the points of the tuning runs."""
    return [net | {"lr": lr, "num_epochs": NUM_EPOCHS} for net in networks() for lr in RATES]


def chosen(sweep):
    """Return for each network its point of lowest mean training loss over the tuning seeds."""
    finite = lambda loss: loss if math.isfinite(loss) else math.inf
    mean = lambda point: sum(finite(run["fit_loss"]) for run in sweep.select(**point)) / len(SEEDS)
    return [min([p for p in grid() if net.items() <= p.items()], key=mean) for net in networks()]


if __name__ == "__main__":
    record(
        {
            "resnet_depth": lambda: {
                "train": "train_point", "grid": grid(), "seeds": SEEDS, "finish": rises,
            },
            "resnet_depth_seeds": lambda: {
                "train": "train_point",
                "grid": chosen(d2lite.Sweep.recorded("resnet_depth")),
                "seeds": OTHER_SEEDS,
                "finish": rises,
            },
        }
    )  # fmt: skip
