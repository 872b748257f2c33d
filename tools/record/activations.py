"""Record deep networks with each activation function, each at rates tuned for it: which learn, and how well?

    python tools/record/activations.py                    # 296 runs: contestants x rates x tuning seeds
    python tools/record/activations.py activations_seeds  # each at its best rate, with ten other seeds, on test images

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. The task: the first 2,000 images of Fashion-MNIST, pooled to 14 x 14, the next 2,000 to
validate. The network: `depth` hidden layers of 64 units, each with the function of `function`, lowered by `lowered`.
Weights start normal, biases at zero; the standard deviation is 1/sqrt(inputs) in the first layer and
`scale`/sqrt(inputs) in those after it; scale 0 stands for PyTorch's untouched start. Plain stochastic gradient
descent, batches of 50, 15 passes. Runs of one seed share the order of the images, and, where the shapes are
the same, the random numbers of the weights. "kinked_mish" is Mish in straight pieces between its values at -5, ... 3.
After the last pass:

    accuracy, loss   on the validation images; an accuracy of 0.1 is that of guessing
    test_accuracy    on the 2,000 test images; in "activations_seeds" alone
"""

import functools
import itertools

import torch
import torch.nn.functional as F
from atlas import measure
from recording import record
from torch import nn

import d2lite

NUM_TRAIN, NUM_VALIDATION, NUM_PASSES, BATCH, WIDTH = 2000, 2000, 15, 50, 64
KNOTS = torch.arange(-5.0, 4.0)
RATES = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
SEEDS, TEST_SEEDS = range(2), range(100, 110)


def kinked_mish(z):
    """Return Mish in straight pieces: its slope jumps at each knot."""
    values = F.mish(KNOTS)
    slopes = torch.cat(
        [torch.zeros(1), values.diff(), torch.ones(1)]
    )  # left of, between and right of the knots
    return values[0] + F.relu(z[..., None] - KNOTS) @ slopes.diff()  # (..., 9) @ (9,)


FUNCTIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "kinked_mish": kinked_mish,
}


def own_scale(function, lowered=0.0):
    """Return 1 / the root mean square of the function of a standard normal number, to three decimals."""
    z = torch.linspace(-8, 8, 16_001, dtype=torch.float64)
    values = FUNCTIONS[function](z.float()).double() - lowered
    return round(
        (torch.trapezoid(values**2 * torch.exp(-(z**2) / 2), z) / (2 * torch.pi) ** 0.5).item() ** -0.5, 3
    )


def contestants():
    """Return the networks to compare, as dicts of all arguments of train_point but the rate."""
    at = lambda function, scale, lowered=0.0, depth=10: {
        "function": function, "lowered": lowered, "scale": scale, "depth": depth,
    }  # fmt: skip
    eight = [name for name in FUNCTIONS if name != "kinked_mish"]
    lowered = own_scale("sigmoid", 0.5)
    made = [at(name, own_scale(name)) for name in eight] + [at(name, 0.0) for name in eight]
    made += [at("sigmoid", lowered, 0.5), at("sigmoid", lowered), at("sigmoid", 10.0)]
    return made + [at(name, own_scale(name), depth=20) for name in ("relu", "mish", "kinked_mish")]


@functools.cache
def load_data():
    """Return inputs and targets of the training, the validation and the test images, as in the docstring above."""
    train, test = d2lite.datasets.fashion_mnist()
    used = NUM_TRAIN + NUM_VALIDATION
    rows, test_rows = (
        F.avg_pool2d(images, 2).flatten(1)  # (N, 1, 28, 28) -> (N, 196)
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


class Deep(nn.Module):
    """Hidden layers of one activation function, and an output layer of ten logits."""

    def __init__(self, function, lowered, scale, depth):
        super().__init__()
        sizes = [196] + [WIDTH] * depth + [10]
        self.layers = nn.ModuleList(nn.Linear(*pair) for pair in itertools.pairwise(sizes))
        self.function, self.lowered = FUNCTIONS[function], lowered
        for i, layer in enumerate(self.layers if scale else ()):
            nn.init.normal_(layer.weight, 0.0, (scale if i else 1.0) / layer.in_features**0.5)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = self.function(layer(x)) - self.lowered  # (B, 64)
        return self.layers[-1](x)  # (B, 10)


def train_network(function, lowered, scale, depth, lr, seed):
    """Return the trained network."""
    inputs, targets = load_data()[0]
    torch.manual_seed(seed)
    net = Deep(function, lowered, scale, depth)
    updates = torch.optim.SGD(net.parameters(), lr)
    order = torch.Generator().manual_seed(1000 + seed)
    for _ in range(NUM_PASSES):
        for batch in torch.randperm(NUM_TRAIN, generator=order).split(BATCH):
            loss = F.cross_entropy(net(inputs[batch]), targets[batch])
            updates.zero_grad()
            loss.backward()
            updates.step()
    return net


def train_point(function, lowered, scale, depth, lr, *, seed):
    """Train once and return what the module's docstring names, without the test images."""
    net = train_network(function, lowered, scale, depth, lr, seed)
    loss, accuracy = measure(net, *load_data()[1])
    return {"accuracy": accuracy, "loss": loss}


def train_and_test(function, lowered, scale, depth, lr, *, seed):
    """Train once and return what the module's docstring names, the test images among it."""
    net = train_network(function, lowered, scale, depth, lr, seed)
    loss, accuracy = measure(net, *load_data()[1])
    return {"accuracy": accuracy, "loss": loss, "test_accuracy": measure(net, *load_data()[2])[1]}


def grid():
    """Return the points of the tuning runs; the largest rates, at which nothing learns, are left out at depth 20."""
    return [rival | {"lr": lr} for rival in contestants() for lr in RATES if lr < 1 or rival["depth"] == 10]


def chosen(sweep):
    """Return for each contestant its point of best mean validation accuracy over the tuning seeds."""
    mean = lambda point: sum(run["accuracy"] for run in sweep.select(**point)) / len(SEEDS)
    return [max([p for p in grid() if rival.items() <= p.items()], key=mean) for rival in contestants()]


if __name__ == "__main__":
    record(
        {
            "activations": lambda: {"train": "train_point", "grid": grid(), "seeds": SEEDS},
            "activations_seeds": lambda: {
                "train": "train_and_test",
                "grid": chosen(d2lite.Sweep.recorded("activations")),
                "seeds": TEST_SEEDS,
            },
        }
    )
