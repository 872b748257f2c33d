"""A small training program in three parts, twenty mistakes that can be planted in it, and what runs it."""

import copy
import functools
from types import SimpleNamespace

import torch
from torch import nn

from d2lite._utils.checks import check_choice, check_seed
from d2lite._utils.state import keep_random_state

__all__ = ["MISTAKES", "NUM_PASSES", "PARTS", "PROGRAM", "part_of", "run_program", "source_of"]

NUM_TRAIN, NUM_HELD, NUM_NEW, NUM_PASSES = 2000, 450, 6000, 12
PARTS = ("prepare", "loop", "measure")
PROGRAM = {
    "prepare": (
        "torch.manual_seed(seed)",
        "mean, std = statistics(train.x)",
        "def scale(pixels):",
        "    return (pixels / 255 - mean) / std",
        "x, y = scale(train.x), train.y",
        "net = Net(nn.ModuleList(make_layers()))",
        "with torch.no_grad():",
        "    net.last.weight *= 0.1",
        "optimizer = SGD(two_groups(net), lr=0.3)",
    ),
    "loop": (
        "net.train()",
        "x, y = shuffle(x, y)",
        "for rows in torch.arange(2000).split(64):",
        "    loss = cross_entropy(net(x[rows]), y[rows])",
        "    optimizer.zero_grad()",
        "    loss.backward()",
        "    optimizer.step()",
        "    total += loss.item() * len(rows)",
        "schedule.step()",
    ),
    "measure": (
        "def evaluate(net, data):",
        "    net.eval()",
        "    with torch.no_grad():",
        "        scores = net(scale(data.x))",
        "    right = scores.argmax(dim=1) == data.y",
        "    return right.float().mean().item()",
        "accuracy = evaluate(net, valid)",
        "if accuracy > best:",
        "    best, kept = accuracy, deepcopy(net)",
        "report = evaluate(kept, test)",
    ),
}
# Name -> (part, first line replaced, line after the last, lines in their place).
MISTAKES = {
    "no_zero_grad": ("loop", 4, 5, ()),
    "zero_grad_too_late": ("loop", 4, 6, ("    loss.backward()", "    optimizer.zero_grad()")),
    "softmax_twice": (
        "loop",
        3,
        4,
        ("    p = softmax(net(x[rows]), dim=1)", "    loss = cross_entropy(p, y[rows])"),
    ),
    "loss_summed": ("loop", 3, 4, ('    loss = cross_entropy(net(x[rows]), y[rows], reduction="sum")',)),
    "labels_shuffled": ("loop", 1, 2, ("x, y = shuffle(x), shuffle(y)",)),
    "loss_kept_whole": ("loop", 7, 8, ("    total += loss * len(rows)",)),
    "rate_falls_each_batch": ("loop", 8, 9, ("    schedule.step()",)),
    "whole_division": ("prepare", 3, 4, ("    return (pixels // 255 - mean) / std",)),
    "scaled_twice": ("prepare", 3, 4, ("    return (pixels / 255 / 255 - mean) / std",)),
    "scaled_with_test": ("prepare", 1, 2, ("mean, std = statistics(everything.x)",)),
    "list_of_layers": ("prepare", 5, 6, ("net = Net(list(make_layers()))",)),
    "in_place_on_a_leaf": ("prepare", 6, 8, ("net.last.weight *= 0.1",)),
    "decay_on_all": ("prepare", 8, 9, ("optimizer = SGD(net.parameters(), 0.3, weight_decay=0.01)",)),
    "lucky_seed": ("prepare", 0, 1, ("torch.manual_seed(best_of_ten)",)),
    "no_eval": ("measure", 1, 2, ()),
    "wrong_axis": ("measure", 4, 5, ("    right = scores.argmax(dim=0) == data.y",)),
    "column_against_row": ("measure", 4, 5, ("    right = scores.argmax(1, keepdim=True) == data.y",)),
    "unequal_batches": ("measure", 5, 6, ("    return average(right.float().split(64))",)),
    "kept_by_name": ("measure", 8, 9, ("    best, kept = accuracy, net",)),
    "chosen_on_test": ("measure", 6, 7, ("accuracy = evaluate(net, test)",)),
}


def part_of(name, mistake=None):
    """Return the lines of one part of the program, with a mistake planted where it is of that part.

    Args:
        name: "prepare", "loop" or "measure".
        mistake: a name in MISTAKES, or None.

    Returns:
        tuple of str.

    Raises:
        ValueError: there is no part or no mistake of that name.

    Taught in chapters/09_beyond/questions.
    """
    check_choice(name, PARTS, "part")
    lines = PROGRAM[name]
    if mistake is None:
        return lines
    check_choice(mistake, list(MISTAKES), "mistake")
    part, start, stop, new = MISTAKES[mistake]
    return (*lines[:start], *new, *lines[stop:]) if part == name else lines


def source_of(mistake=None):
    """Return the whole program as text, with one mistake planted or none; `run_program` runs it.

    Args:
        mistake: a name in MISTAKES, or None for the program as it should be.

    Returns:
        str: Python code that uses names which `run_program` gives it.

    Raises:
        ValueError: there is no mistake of that name.

    Taught in chapters/09_beyond/questions.
    """
    prepare, loop, measure = (part_of(name, mistake) for name in PARTS)
    cut = next(i for i, line in enumerate(measure) if line.startswith("accuracy ="))
    inside = [
        "total = 0.0",
        *loop,
        *measure[cut:-1],
        "losses.append(read(total) / 2000)",
        "curve.append(accuracy)",
    ]
    setup = ["schedule = ExponentialLR(optimizer, 0.9)", "best = -1.0"]
    head = [*prepare, *setup, *measure[:cut], f"for epoch in range({NUM_PASSES}):"]
    return "\n".join([*head, *(f"    {line}" for line in inside), measure[-1]])


class Net(nn.Module):
    """Layers in a row and a last one, from 196 pixels to 10 scores."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers
        self.last = nn.Linear(64, 10)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.last(x)


def make_layers():
    """Return two hidden layers of 64 units with dropout."""
    sizes = ((196, 64), (64, 64))
    return [layer for a, b in sizes for layer in (nn.Linear(a, b), nn.ReLU(), nn.Dropout(0.3))]


def two_groups(net):
    """Return the groups of an optimizer: weights that decay, biases that do not."""
    weights = [p for p in net.parameters() if p.ndim > 1]
    biases = [p for p in net.parameters() if p.ndim == 1]
    return [{"params": weights, "weight_decay": 0.01}, {"params": biases}]


def shuffle(*tensors):
    """Return tensors with their rows in one new order, the same for all of one call."""
    order = torch.randperm(len(tensors[0]))
    mixed = [tensor[order] for tensor in tensors]
    return mixed if len(mixed) > 1 else mixed[0]


def statistics(pixels):
    """Return mean and standard deviation of all pixels, which are bytes, in units of 255."""
    return (pixels / 255).mean(), (pixels / 255).std()


@functools.cache
def _photos():
    from d2lite.datasets import fashion_mnist

    train, _ = fashion_mnist()
    pixels = (train.inputs[:, 0, ::2, ::2] * 255).round().to(torch.uint8)  # (10000, 14, 14)
    return pixels.flatten(1), train.targets


def draw_data(seed, few=False):
    """Return training, validation, test and new photos, drawn anew for each seed: x (N, 196) bytes, y (N,).

    With few, the training photos are twenty, each a hundred times.
    """
    pixels, targets = _photos()
    order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(1000 + seed))
    rest = len(order) - NUM_TRAIN - 2 * NUM_HELD - NUM_NEW
    rows = order.split([NUM_TRAIN, NUM_HELD, NUM_HELD, NUM_NEW, rest])
    train = rows[0][:20].repeat(NUM_TRAIN // 20) if few else rows[0]
    parts = {
        "train": train,
        "valid": rows[1],
        "test": rows[2],
        "new": rows[3],
        "everything": torch.cat(rows[:3]),
    }
    return {name: SimpleNamespace(x=pixels[part], y=targets[part]) for name, part in parts.items()}


def run_program(mistake=None, seed=0, *, first=None, few=False):
    """Run the program once, as its text says, and measure the network it keeps on photos it has never met.

    It seeds torch; random state is left as it was found.

    Args:
        mistake: a name in MISTAKES, or None for the program as it should be.
        seed: a whole number from 0; draws the photos, and unless `first` is given the weights and the order.
        first: the number that `torch.manual_seed` gets, where that is another.
        few: train on twenty photos, each shown a hundred times a pass.

    Returns:
        dict: "raised", the error in words or ""; "losses" and "accuracies", what the program prints after each of 12
        passes; "report", the accuracy that it reports in the end; "true", the accuracy of the network that it keeps on
        6,000 new photos. After an error the lists hold what there was, and the two numbers are nan.

    Raises:
        ValueError: there is no mistake of that name, or the seed is no whole number from 0 to 2**32 - 1.

    Taught in chapters/09_beyond/questions.
    """
    code, data = source_of(mistake), draw_data(check_seed(seed), few)
    luckiest = _luckiest(seed, few) if mistake == "lucky_seed" else None
    start = seed if first is None else first
    names = _names() | data | {"seed": start, "best_of_ten": luckiest, "losses": [], "curve": []}
    raised = ""
    with keep_random_state(), torch.inference_mode(False), torch.enable_grad():
        try:
            exec(code, names)
        except Exception as error:  # whatever a mistake of one's own leads to
            raised = str(error) or type(error).__name__
    found = {"raised": raised, "losses": names["losses"], "accuracies": names["curve"]}
    nan = float("nan")
    return found | (
        {"report": nan, "true": nan} if raised else {"report": float(names["report"]), "true": _true(names)}
    )


def _luckiest(seed, few):
    """Return the one of ten first numbers with which the right program reports the most."""
    firsts = range(10 * seed, 10 * seed + 10)
    return max(firsts, key=lambda first: run_program(None, seed, first=first, few=few)["report"])


def _true(names):
    net, new = names["kept"].eval(), names["new"]
    with torch.no_grad():
        return (net(names["scale"](new.x)).argmax(dim=1) == new.y).float().mean().item()


def _names():
    """Return what the program uses and does not define."""
    return {
        "torch": torch,
        "nn": nn,
        "Net": Net,
        "SGD": torch.optim.SGD,
        "ExponentialLR": torch.optim.lr_scheduler.ExponentialLR,
        "cross_entropy": nn.functional.cross_entropy,
        "softmax": torch.softmax,
        "average": lambda groups: sum(group.mean().item() for group in groups) / len(groups),
        "deepcopy": copy.deepcopy,
        "read": lambda total: total if isinstance(total, float) else total.item(),
        **{f.__name__: f for f in (make_layers, two_groups, shuffle, statistics)},
    }
