"""Record a memory task at growing lags, and train the small cell that the gates explorer opens.

    python tools/record/memory.py                 # 320 runs: cell x lag x seed, to .../recordings/memory.json.gz
    python tools/record/memory.py memory_rates    # 12 longer runs at lag 20: rate x seed, to .../memory_rates.json.gz
    python tools/record/memory.py cell            # one LSTM of two units, to .../weights/gates_cell.npz

The sweep's task: a sequence's first letter is a capital, one of A to D, then come small letters at random, one for
each step of the lag but the last, and at the end a question mark. The answer is the first letter. A step is six
numbers: four for the letter, one that is 1 for a capital, one that is 1 for the question mark. Chance is a quarter.

The networks have 16 units and a linear layer on the last hidden state; Adam, learning rate 0.003, gradients clipped
to norm 1, 600 steps of 32 new sequences. What is measured every 30 steps: the mean training loss since the last
measurement, and the accuracy on 256 new sequences; at the end the accuracy on 2,000. The cells: "rnn" and "lstm" are
as PyTorch starts them; "lstm 4 -2" has forget biases of 4 and input biases of -2, the other biases of its gates near
zero as PyTorch draws them; "lstm rule" draws its biases by the rule of Tallec and Ollivier (2018), told the lag.

The rates' runs ask whether the answer at lag 20 hangs on the rate or on the 600 steps: three rates, 1,800 steps, four
seeds.

The explorer's cell learns a longer task: capitals come again and again, full stops too, and every question mark asks
for the capital before it.
"""

import functools
import sys
from pathlib import Path

import torch
from recording import record
from torch import nn

import d2lite
from d2lite.models import weights

CELLS = ["rnn", "rnn orthogonal", "lstm", "lstm 0", "lstm 1", "lstm 4", "lstm 4 -2", "lstm rule"]
LAGS = [5, 10, 20, 40, 80]
SEEDS = tuple(range(8))
RATES = {"cell": ["lstm"], "lr": [1e-3, 3e-3, 1e-2]}
NUM_UNITS, NUM_STEPS, BATCH_SIZE, EVERY, LR = 16, 600, 32, 30, 3e-3
DISPLAY = {
    "x": {"label": "steps", "first": EVERY, "step": EVERY},
    "metrics": {
        "accuracy": {"label": "accuracy", "guess": 0.25},
        "train_loss": {"label": "training loss", "log": True, "guess": 1.386},
    },
    "labels": {"cell": "cell", "lag": "lag"},
}
DATA = Path(d2lite.__file__).parent / "data"


def first_letter(batch_size, lag, generator):
    """Return inputs (B, lag + 1, 6) and the letters to remember, (B,) in 0..3."""
    letters = torch.randint(0, 4, (batch_size, lag + 1), generator=generator)
    inputs = torch.zeros(batch_size, lag + 1, 6)
    inputs[:, :-1, :4] = nn.functional.one_hot(letters[:, :-1], 4).float()
    inputs[:, 0, 4] = inputs[:, -1, 5] = 1
    return inputs, letters[:, 0]


def make_cell(name, lag, num_units=NUM_UNITS):
    """Return the recurrent layer of a cell's name, its biases as the name says."""
    kind, *biases = name.split()
    net = {"rnn": nn.RNN, "lstm": nn.LSTM}[kind](6, num_units, batch_first=True)
    with torch.no_grad():
        if name == "rnn orthogonal":
            nn.init.orthogonal_(net.weight_hh_l0)
            net.bias_hh_l0.zero_()
        elif name == "lstm rule":
            forget = torch.log(1 + (lag - 2) * torch.rand(num_units))  # log u, u uniform in 1 .. lag - 1
            set_biases(net, forget, -forget)
        elif kind == "lstm" and biases:
            set_biases(net, *map(float, biases))
    return net


def set_biases(net, forget, given=None):
    """Set an LSTM's forget biases, and its input biases if given; the second bias of every gate becomes zero."""
    net.bias_hh_l0.zero_()
    parts = net.bias_ih_l0.view(4, -1)  # PyTorch's order: input, forget, candidate, output
    parts[1] = forget
    if given is not None:
        parts[0] = given


def train_point(cell, lag, lr=LR, num_steps=NUM_STEPS, *, seed):
    """Train once and return the curves and the number that the module's docstring names."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    net, head = make_cell(cell, lag), nn.Linear(NUM_UNITS, 4)
    weights = [*net.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(weights, lr)
    curves, losses = {"accuracy": [], "train_loss": []}, []

    def accuracy(count):
        with torch.no_grad():
            inputs, letters = first_letter(count, lag, generator)
            return (head(net(inputs)[0][:, -1]).argmax(1) == letters).float().mean().item()

    for step in range(1, num_steps + 1):
        inputs, letters = first_letter(BATCH_SIZE, lag, generator)
        loss = nn.functional.cross_entropy(head(net(inputs)[0][:, -1]), letters)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        losses.append(loss.item())
        if step % EVERY == 0:
            curves["accuracy"].append(accuracy(256))
            curves["train_loss"].append(sum(losses) / len(losses))
            losses = []
    return {**curves, "test_accuracy": accuracy(2000)}


def last_capital(batch_size, length, generator, capital=0.08, question=0.08, stop=0.1):
    """Return inputs (B, T, 6), the last capital before each step (B, T), and where a question is asked (B, T)."""
    letters = torch.randint(0, 4, (batch_size, length), generator=generator)
    kind = torch.rand(batch_size, length, generator=generator)
    kind[:, 0] = 0  # begins with a capital
    capitals, asked = kind < capital, (kind >= capital) & (kind < capital + question)
    letter = capitals | (kind >= capital + question + stop)
    inputs = torch.zeros(batch_size, length, 6)
    inputs[..., :4] = nn.functional.one_hot(letters, 4) * letter[..., None]
    inputs[..., 4], inputs[..., 5] = capitals, asked
    latest = torch.where(capitals, torch.arange(length), 0).cummax(1).values  # (B, T)
    return inputs, letters.gather(1, latest), asked


def train_cell(num_steps=2000, stop_after=None, seed=2):
    """Return an LSTM of two units, its linear layer, and the training loss of each step (all, or the first few)."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    net, head = nn.LSTM(6, 2, batch_first=True), nn.Linear(2, 4)
    with torch.no_grad():
        net.bias_ih_l0.zero_()
        net.bias_hh_l0.zero_()
        net.bias_ih_l0[:4] = torch.tensor([-2.0, -2.0, 5.0, 5.0])  # begins by keeping
    net.bias_hh_l0.requires_grad_(False)
    weights = [w for w in [*net.parameters(), *head.parameters()] if w.requires_grad]
    optimizer = torch.optim.Adam(weights, 1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
    losses = []
    for _ in range(stop_after or num_steps):
        inputs, letters, asked = last_capital(32, 50, generator)
        loss = nn.functional.cross_entropy(head(net(inputs)[0])[asked], letters[asked])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return net, head, losses


def record_cell():
    """Train the explorer's cell and write its weights, rounded to four decimals."""
    torch.set_num_threads(1)
    net, head, losses = train_cell()
    named = {
        "weight_x": net.weight_ih_l0, "weight_h": net.weight_hh_l0, "bias": net.bias_ih_l0,
        "head_weight": head.weight, "head_bias": head.bias,
    }  # fmt: skip
    tensors = {name: value.detach().double().round(decimals=4) for name, value in named.items()}
    about = {
        "command": "python tools/record/memory.py cell",
        "torch": torch.__version__,
        "loss_every_100_steps": [round(loss, 4) for loss in losses[99::100]],
    }
    weights.save("gates_cell", tensors, {"provenance": about})
    print(f"last loss {losses[-1]:.4f}")


def main():
    """Record the cell, or the sweep that the command line names."""
    if sys.argv[1:] == ["cell"]:
        return record_cell()
    both = {"train": "train_point", "display": DISPLAY}
    grids = {
        "memory": {"cell": CELLS, "lag": LAGS},
        "memory_rates": RATES | {"lag": [20], "num_steps": [1800]},
    }
    seeds = {"memory": SEEDS, "memory_rates": SEEDS[:4]}
    plans = {name: both | {"grid": grids[name], "seeds": seeds[name]} for name in grids}
    record({name: functools.partial(plans.get, name) for name in plans}, jobs=2)


if __name__ == "__main__":
    main()
