"""Record weight decay and L2 in a small network, each with its own tuned rate: does a penalty help it?

    python tools/record/penalties.py                  # 360 runs: noise x optimizer x rate x strength x tuning seed
    python tools/record/penalties.py penalties_seeds  # what the first chose, with ten other seeds, on test images

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. The task: the first 2,000 images of Fashion-MNIST, pooled to 14 x 14, the next 2,000 to
validate; of the training labels the share `noise` is replaced by classes drawn at random. The network has one hidden
layer of 128 units; batches of 50, 30 passes; the strength acts on the two weight matrices, not on the biases. With
`optimizer` "AdamW" it is a decay beside the step, with "Adam" an L2 penalty inside the gradient. After the last pass:

    train_accuracy   part of the training images whose (noisy) label is predicted
    accuracy, loss   on the validation images, whose labels are right
    test_accuracy, test_loss   on the 2,000 test images; in "penalties_seeds" alone
"""

import functools

import torch
from atlas import measure
from recording import record
from torch import nn

import d2lite

NUM_TRAIN, NUM_VALIDATION, NUM_PASSES, BATCH, WIDTH = 2000, 2000, 30, 50, 128
RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01]
UNTUNED = 0.003  # the best rate without penalty where the labels are right
STRENGTHS = {"AdamW": [0.0, 0.03, 0.1, 0.3, 1.0, 3.0], "Adam": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2]}
NOISES = [0.0, 0.2]
GRID = [
    {"noise": noise, "optimizer": optimizer, "lr": lr, "strength": strength}
    for noise in NOISES
    for optimizer, strengths in STRENGTHS.items()
    for lr in RATES
    for strength in strengths
]
SEEDS, TEST_SEEDS = range(3), range(100, 110)


@functools.cache
def load_data():
    """Return inputs and targets of the training, the validation and the test images, as in the docstring above."""
    train, test = d2lite.datasets.fashion_mnist()
    used = NUM_TRAIN + NUM_VALIDATION
    rows, test_rows = (
        nn.functional.avg_pool2d(images, 2).flatten(1)  # (N, 1, 28, 28) -> (N, 196)
        for images in (train.inputs[:used], test.inputs)
    )
    mean, std = rows[:NUM_TRAIN].mean(), rows[:NUM_TRAIN].std()
    rows, test_rows = (rows - mean) / std, (test_rows - mean) / std
    targets = train.targets[:used]
    return (
        (rows[:NUM_TRAIN], targets[:NUM_TRAIN]),
        (rows[NUM_TRAIN:], targets[NUM_TRAIN:]),
        (test_rows, test.targets),
    )


def with_noise(targets, noise, seed):
    """Return targets of which the share noise is replaced by classes drawn at random."""
    generator = torch.Generator().manual_seed(1000 + seed)
    replaced = torch.rand(len(targets), generator=generator) < noise
    drawn = torch.randint(0, 10, (len(targets),), generator=generator)
    return torch.where(replaced, drawn, targets)


def train_network(noise, optimizer, lr, strength, seed):
    """Return the trained network and its training set."""
    inputs, targets = load_data()[0]
    targets = with_noise(targets, noise, seed)
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(196, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 10))
    weights = [p for p in net.parameters() if p.ndim > 1]
    biases = [p for p in net.parameters() if p.ndim == 1]
    groups = [{"params": weights, "weight_decay": strength}, {"params": biases, "weight_decay": 0.0}]
    updates = getattr(torch.optim, optimizer)(groups, lr=lr)
    for _ in range(NUM_PASSES):
        for batch in torch.randperm(NUM_TRAIN).split(BATCH):
            loss = nn.functional.cross_entropy(net(inputs[batch]), targets[batch])
            updates.zero_grad()
            loss.backward()
            updates.step()
    return net, (inputs, targets)


def train_point(noise, optimizer, lr, strength, *, seed):
    """Train once and return what the module's docstring names, without the test images."""
    net, train = train_network(noise, optimizer, lr, strength, seed)
    loss, accuracy = measure(net, *load_data()[1])
    return {"train_accuracy": measure(net, *train)[1], "accuracy": accuracy, "loss": loss}


def train_and_test(noise, optimizer, lr, strength, *, seed):
    """Train once and return what the module's docstring names, the test images among it."""
    net, train = train_network(noise, optimizer, lr, strength, seed)
    loss, accuracy = measure(net, *load_data()[1])
    test_loss, test_accuracy = measure(net, *load_data()[2])
    scores = {"train_accuracy": measure(net, *train)[1], "accuracy": accuracy, "loss": loss}
    return scores | {"test_accuracy": test_accuracy, "test_loss": test_loss}


def chosen(sweep):
    """Return for each noise the points of best mean validation accuracy, the ones at the rate UNTUNED among them.

    The contestants: no penalty, decay, L2; then no penalty and decay at that rate.
    """

    def best(points):
        return max(points, key=lambda point: sum(run["accuracy"] for run in sweep.select(**point)))

    points = []
    for noise in NOISES:
        here = [point for point in GRID if point["noise"] == noise]
        none = [point for point in here if point["strength"] == 0]
        decay, l2 = ([p for p in here if p["optimizer"] == name and p["strength"] > 0] for name in STRENGTHS)
        fixed = [[p for p in rivals if p["lr"] == UNTUNED] for rivals in (none, decay)]
        points += [best(rivals) for rivals in (none, decay, l2, *fixed)]
    return [point for i, point in enumerate(points) if point not in points[:i]]


if __name__ == "__main__":
    record(
        {
            "penalties": lambda: {"train": "train_point", "grid": GRID, "seeds": SEEDS},
            "penalties_seeds": lambda: {
                "train": "train_and_test",
                "grid": chosen(d2lite.Sweep.recorded("penalties")),
                "seeds": TEST_SEEDS,
            },
        }
    )
