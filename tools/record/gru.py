"""Record the plain cell, the LSTM and the GRU with equal numbers of weights, tuned alike, on a memory task and on text.

    python tools/record/gru.py               # 198 runs: task x cell x start x rate x tuning seed, to .../cells.json.gz
    python tools/record/gru.py cells_shut    # 50 runs of an LSTM that begins with its entrance shut, too
    python tools/record/gru.py cells_tied    # 120 runs: an LSTM whose input gate is 1 - f, beside LSTM and GRU
    python tools/record/gru.py cells_seeds   # what the first chose, with eight other seeds, to .../cells_seeds.json.gz
    python tools/record/gru.py cells_shut_seeds   # what the second chose, with the same
    python tools/record/gru.py cell          # one GRU of two units, to .../weights/gates_gru.npz

Two tasks. "memory" is the first letter of tools/record/memory.py at lag 60: 300 steps of 32 new sequences. "text" is
the next character of Austen: 32 streams side by side, windows of 32 characters, 400 steps, from the first 800,000
characters; the next 100,000 to validate, 100,000 more to test. Both: one recurrent layer and a linear one, Adam, the
rate falling in a straight line to nothing, gradients clipped to norm 1. Units are chosen so that the three networks of
a task have equal numbers of weights, within 4%.

`start` is what each cell has to begin by keeping: for the LSTM the forget bias, for the GRU the update bias (0 is
nearly as PyTorch starts them), for the plain cell the factor of an orthogonal recurrent matrix.

Raising a GRU's update bias shuts its entrance: it writes 1 - z. "cells_shut" gives the LSTM the same start on the
memory task: an input bias of minus the forget bias. "cells_tied" changes one thing of an LSTM: its
input gate is one minus its forget gate. Lag 20, 300 steps, cells as PyTorch starts them, 16 units each.

After the last step:

    loss, accuracy   memory: on 2,000 new sequences; text: on the validation text (cross-entropy; no accuracy)
    test_loss        text, in "cells_seeds" alone: on the test text
    test_pieces      the same by pieces: the test text is read as 100 pieces, each from an empty state

The explorer's GRU learns the longer task of memory.py's `last_capital`, as its LSTM did.
"""

import functools
import itertools
import sys

import torch
from memory import first_letter, last_capital
from recording import record
from torch import nn

import d2lite
from d2lite import datasets
from d2lite.language import batching, tokens
from d2lite.models import character_rnn, weights

KINDS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
UNITS = {"memory": {"RNN": 34, "LSTM": 16, "GRU": 19}, "text": {"RNN": 72, "LSTM": 32, "GRU": 39}}
GAINS = {"memory": [0.9, 1.0, 1.1, 1.2], "text": [1.0]}
BIASES = {"memory": [0.0, 2.0, 4.0, 6.0, 8.0], "text": [0.0]}  # on text the rate alone is tuned
RATES = {"memory": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3], "text": [0.003, 0.01, 0.03, 0.1, 0.3]}
SEEDS, TEST_SEEDS = range(2), range(100, 108)
LAG, NUM_STEPS, BATCH = 60, {"memory": 300, "text": 400}, 32
GRID = [
    {"task": task, "cell": cell, "start": start, "lr": lr}
    for task in UNITS
    for cell in KINDS
    for start in (GAINS if cell == "RNN" else BIASES)[task]
    for lr in RATES[task]
]

SHUT = [{"start": start, "lr": lr} for start in BIASES["memory"] for lr in RATES["memory"][:-1]]

TIED = {"cell": ["LSTM", "tied LSTM", "GRU"], "lr": [0.003, 0.01, 0.03, 0.1, 0.3]}


def make_network(cell, start, num_inputs, num_units, num_classes):
    """Return a recurrent layer that begins as `start` says, and the linear layer that reads it."""
    net = KINDS[cell](num_inputs, num_units, batch_first=True)
    with torch.no_grad():
        if cell == "RNN":
            nn.init.orthogonal_(net.weight_hh_l0, gain=start)
        else:  # the second block is the forget gate of an LSTM, the update gate of a GRU: both keep where they are 1
            net.bias_ih_l0[num_units : 2 * num_units] = start
            net.bias_hh_l0[num_units : 2 * num_units] = 0
    return net, nn.Linear(num_units, num_classes)


def train_network(net, head, batches, lr, num_steps):
    """Train on (loss, state) as batches(state) gives them, the state carried from step to step without its gradient."""
    parameters = [*net.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, lr)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, num_steps)
    state = None
    for _ in range(num_steps):
        loss, state = batches(state)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()


def learn_letter(net, head, lag, lr, seed):
    """Train a new network on the memory task; return loss and accuracy on 2,000 new sequences."""
    generator = torch.Generator().manual_seed(seed)

    def scores(count):
        inputs, letters = first_letter(count, lag, generator)
        return head(net(inputs)[0][:, -1]), letters

    def batches(state):
        return nn.functional.cross_entropy(*scores(BATCH)), None

    train_network(net, head, batches, lr, NUM_STEPS["memory"])
    with torch.no_grad():
        logits, letters = scores(2000)
    loss = nn.functional.cross_entropy(logits, letters).item()
    return {"loss": loss, "accuracy": (logits.argmax(1) == letters).float().mean().item()}


@functools.cache
def load_text():
    """Return training, validation and test text as whole numbers, and how many characters there are."""
    text = character_rnn.clean(datasets.text("austen")[:1_100_000])[:1_000_000]
    vocabulary = tokens.Vocabulary(text[:800_000])
    parts = text[:800_000], text[800_000:900_000], text[900_000:]
    return [vocabulary.encode(part) for part in parts], len(vocabulary)


def train_text(cell, start, lr, seed):
    """Train on text; return the losses of 100 pieces of the validation text, and of the test text."""
    (training, *others), K = load_text()
    torch.manual_seed(seed)
    net, head = make_network(cell, start, K, UNITS["text"][cell], K)
    windows = batching.windows(training, 32, BATCH, order="sequential", seed=seed)

    def scores(characters, state=None):
        states, state = net(nn.functional.one_hot(characters, K).float(), state)  # (B, T, K) -> (B, T, H)
        return head(states).transpose(1, 2), state  # (B, K, T)

    def batches(state):
        inputs, targets = next(windows)
        logits, state = scores(inputs, state)
        state = tuple(part.detach() for part in state) if cell == "LSTM" else state.detach()
        return nn.functional.cross_entropy(logits, targets), state

    train_network(net, head, batches, lr, NUM_STEPS["text"])
    with torch.no_grad():
        pieces = [ids[: len(ids) // 100 * 100].view(100, -1) for ids in others]
        return [
            nn.functional.cross_entropy(scores(p[:, :-1])[0], p[:, 1:], reduction="none").mean(1)
            for p in pieces
        ]


def train_memory(cell, start, lr, seed):
    """Train a cell on the memory task; return as learn_letter."""
    torch.manual_seed(seed)
    return learn_letter(*make_network(cell, start, 6, UNITS["memory"][cell], 4), LAG, lr, seed)


def train_point(task, cell, start, lr, *, seed):
    """Train once and return what the module's docstring names, without the test text."""
    if task == "memory":
        return train_memory(cell, start, lr, seed)
    return {"loss": train_text(cell, start, lr, seed)[0].mean().item()}


def train_shut(start, lr, *, seed):
    """Train an LSTM whose input biases begin at minus its forget biases on the memory task; return as learn_letter."""
    torch.manual_seed(seed)
    units = UNITS["memory"]["LSTM"]
    net, head = make_network("LSTM", start, 6, units, 4)
    with torch.no_grad():
        net.bias_ih_l0[:units], net.bias_hh_l0[:units] = -start, 0.0
    return learn_letter(net, head, LAG, lr, seed)


class TiedLSTM(nn.Module):
    """An LSTM whose input gate is 1 - f: sigma(-a) = 1 - sigma(a), so its block is minus that of the forget gate."""

    def __init__(self, num_inputs, num_units, batch_first=True):
        super().__init__()
        self.lstm = nn.LSTM(num_inputs, num_units, batch_first=batch_first)

    def forward(self, inputs):
        tied = {}
        for name, w in self.lstm.named_parameters():
            _, forget, candidate, output = w.chunk(4)
            tied[name] = torch.cat([-forget, forget, candidate, output])
        return torch.func.functional_call(self.lstm, tied, inputs)


def train_tied(cell, lr, *, seed):
    """Train one of three cells on the memory task at lag 20; return as learn_letter."""
    torch.manual_seed(seed)
    net = {"LSTM": nn.LSTM, "tied LSTM": TiedLSTM, "GRU": nn.GRU}[cell](6, 16, batch_first=True)
    return learn_letter(net, nn.Linear(16, 4), 20, lr, seed)


def train_and_test(task, cell, start, lr, *, seed):
    """Train once and return what the module's docstring names, the test text among it."""
    if task == "memory":
        return train_memory(cell, start, lr, seed)
    validation, test = train_text(cell, start, lr, seed)
    pieces = [round(loss, 5) for loss in test.tolist()]
    return {"loss": validation.mean().item(), "test_loss": test.mean().item(), "test_pieces": pieces}


def best_of(sweep, points):
    """Return the point of least mean loss."""
    return min(points, key=lambda point: sum(run["loss"] for run in sweep.select(**point)))


def chosen(sweep):
    """Return for each task and cell the point of least mean loss; for gates on memory also the best of start 0."""
    best = functools.partial(best_of, sweep)
    points = []
    for task, cell in itertools.product(UNITS, KINDS):
        here = [point for point in GRID if (point["task"], point["cell"]) == (task, cell)]
        points.append(best(here))
        if task == "memory" and cell != "RNN":
            points.append(best([point for point in here if point["start"] == 0]))
    return [point for i, point in enumerate(points) if point not in points[:i]]


def train_cell(num_steps=2000, stop_after=None, seed=2):
    """Return a GRU of two units, its linear layer, and the training loss of each step (all, or the first few)."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    net, head = nn.GRU(6, 2, batch_first=True), nn.Linear(2, 4)
    with torch.no_grad():
        net.bias_ih_l0.zero_()
        net.bias_hh_l0.zero_()
        net.bias_ih_l0[2:4] = 4.0  # begins by keeping
    parameters = [*net.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, 1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
    losses = []
    for _ in range(stop_after or num_steps):
        inputs, letters, asked = last_capital(32, 50, generator)
        loss = nn.functional.cross_entropy(head(net(inputs)[0])[asked], letters[asked])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return net, head, losses


def record_cell():
    """Train the explorer's GRU and write its weights, rounded to four decimals."""
    torch.set_num_threads(1)
    net, head, losses = train_cell()
    outside = torch.cat([net.bias_hh_l0[:4], torch.zeros(2)])  # of the gates, whose two biases are one
    named = {
        "weight_x": net.weight_ih_l0, "weight_h": net.weight_hh_l0, "bias": net.bias_ih_l0 + outside,
        "bias_hn": net.bias_hh_l0[4:], "head_weight": head.weight, "head_bias": head.bias,
    }  # fmt: skip
    tensors = {name: value.detach().double().round(decimals=4) for name, value in named.items()}
    about = {
        "command": "python tools/record/gru.py cell",
        "torch": torch.__version__,
        "loss_every_100_steps": [round(loss, 4) for loss in losses[99::100]],
    }
    weights.save("gates_gru", tensors, {"provenance": about})
    print(f"last loss {losses[-1]:.4f}")


def main():
    """Record the cell, or the sweep that the command line names."""
    if sys.argv[1:] == ["cell"]:
        return record_cell()
    record(
        {
            "cells": lambda: {"train": "train_point", "grid": GRID, "seeds": SEEDS},
            "cells_shut": lambda: {"train": "train_shut", "grid": SHUT, "seeds": SEEDS},
            "cells_tied": lambda: {"train": "train_tied", "grid": TIED, "seeds": TEST_SEEDS},
            "cells_seeds": lambda: {
                "train": "train_and_test",
                "grid": chosen(d2lite.Sweep.recorded("cells")),
                "seeds": TEST_SEEDS,
            },
            "cells_shut_seeds": lambda: {
                "train": "train_shut",
                "grid": [best_of(d2lite.Sweep.recorded("cells_shut"), SHUT)],
                "seeds": TEST_SEEDS,
            },
        }
    )


if __name__ == "__main__":
    main()
