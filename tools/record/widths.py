"""Record the errors of a small network by its width, with and without a penalty: is a wider one worse on new photos?

    python tools/record/widths.py    # 120 runs, to d2lite/data/recordings/widths.json.gz

The task: the first 500 training images of Fashion-MNIST, pooled to 14 x 14; a fifth of their labels, drawn by the seed,
is replaced by another class. The network has one hidden layer of `width` ReLU units. Adam, all images in each step,
2,000 steps, a rate of 0.005 that falls to 0 along a cosine, the same for all; `strength` times half the sum of the
squared weights, biases left out, is added to the loss (0.03 is the best of 0.003, 0.01 and 0.03 at three widths,
seed 0, test images). Paired: all networks of a seed learn the same labels. After the last step:

    train_error   part of the 500 images whose (noisy) label is not predicted
    test_error    part of the 2,000 test images whose (right) label is not predicted
    test_loss     the cross-entropy on the test images
"""

import functools

import torch
from recording import record
from torch import nn

import d2lite

WIDTHS = [1, 2, 4, 6, 8, 10, 12, 16, 24, 48, 96, 192]
STRENGTHS = [0.0, 0.03]
GRID = [{"strength": strength, "width": width} for strength in STRENGTHS for width in WIDTHS]
SEEDS = range(5)
NUM_TRAIN, NOISE, NUM_STEPS, LR = 500, 0.2, 2000, 0.005


@functools.cache
def load_data():
    """Return inputs (N, 196) and classes of the training images, and of the test images."""
    train, test = d2lite.datasets.fashion_mnist()
    rows, test_rows = (
        nn.functional.avg_pool2d(images, 2).flatten(1)  # (N, 1, 28, 28) -> (N, 196)
        for images in (train.inputs[:NUM_TRAIN], test.inputs)
    )
    mean, std = rows.mean(), rows.std()
    return ((rows - mean) / std, train.targets[:NUM_TRAIN]), ((test_rows - mean) / std, test.targets)


def with_noise(targets, seed):
    """Return targets of which a fifth is replaced by another class."""
    generator = torch.Generator().manual_seed(1000 + seed)
    wrong = torch.randperm(len(targets), generator=generator)[: round(NOISE * len(targets))]
    noisy = targets.clone()
    noisy[wrong] = (targets[wrong] + torch.randint(1, 10, (len(wrong),), generator=generator)) % 10
    return noisy


def train_point(width, strength, num_steps=NUM_STEPS, *, seed):
    """Train once and return what the module's docstring names."""
    (inputs, targets), (test_inputs, test_targets) = load_data()
    targets = with_noise(targets, seed)
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(196, width), nn.ReLU(), nn.Linear(width, 10))
    weights = [p for p in net.parameters() if p.ndim > 1]
    optimizer = torch.optim.Adam(net.parameters(), lr=LR)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
    for _ in range(num_steps):
        loss = nn.functional.cross_entropy(net(inputs), targets)
        loss = loss + strength / 2 * sum(w.square().sum() for w in weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        train_logits, test_logits = net(inputs), net(test_inputs)
    return {
        "train_error": (train_logits.argmax(1) != targets).float().mean().item(),
        "test_error": (test_logits.argmax(1) != test_targets).float().mean().item(),
        "test_loss": nn.functional.cross_entropy(test_logits, test_targets).item(),
    }


if __name__ == "__main__":
    record({"widths": lambda: {"train": "train_point", "grid": GRID, "seeds": SEEDS}})
