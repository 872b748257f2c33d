"""Training runs in several processes, as a script that test_training_processes.py starts with torchrun."""

import os
import signal
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

import d2lite
from d2lite.training import Callback, Checkpoint, EarlyStopping, ProgressBar


class DieAfter(Callback):
    """Kill this process when a number of steps has been taken, unless torchrun has started it again already."""

    def __init__(self, number):
        self.left = number if os.environ.get("TORCHELASTIC_RESTART_COUNT") == "0" else -1

    def on_step_end(self, run):
        self.left -= 1
        if self.left == 0 and run.rank == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def data():
    """Return 50 samples: in batches of 12 the last batch has two."""
    inputs = torch.randn(50, 6, generator=torch.Generator().manual_seed(1))
    return inputs, (inputs[:, 0] * inputs[:, 1] > 0).long()


def make(*extra):
    """Return a network whose weights are the same in all processes."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 16), *extra, nn.ReLU(), nn.Linear(16, 2))


def train(model, batches, num_epochs=4, callbacks=(), parallel=True, batch_size=12):
    """Train a model, in all processes or in this one alone, and return its weights, buffers and history."""
    network = DistributedDataParallel(model) if parallel else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    options = {
        "loss": "cross_entropy",
        "metrics": "accuracy",
        "callbacks": callbacks,
        "batch_size": batch_size,
    }
    history = d2lite.fit(network, batches, data(), optimizer=optimizer, num_epochs=num_epochs, **options)
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in history]
    return {"state": model.state_dict(), "rows": rows}


def refused(function):
    """Return the sentence of the ValueError that a function raises."""
    try:
        function()
    except ValueError as error:
        return str(error)
    return ""


def runs(folder):
    """Return what several fits in these processes gave, by name."""
    set_of = TensorDataset(*data())
    loader = DataLoader(set_of, batch_size=12, shuffle=True, generator=torch.Generator().manual_seed(3))
    shared_out = DataLoader(set_of, batch_size=12, sampler=DistributedSampler(set_of))
    stopping = EarlyStopping(patience=1, monitor="train_loss", min_delta=0.05)
    own = folder if os.environ["RANK"] == "0" else folder / "another machine's"
    first_half = [Checkpoint(folder / "half.pt"), ProgressBar()]
    return {
        "pair": train(make(), data()),
        "loader": train(make(), loader),
        "normalized": train(make(nn.BatchNorm1d(16)), data(), batch_size=10),
        "dropped": train(make(nn.Dropout(0.5)), data()),
        "stopped": train(make(), data(), 20, [stopping]),
        "half": train(make(), data(), 2, first_half),
        "sampler": refused(lambda: train(make(), shared_out)),
        "one sample": refused(lambda: train(make(), data(), batch_size=49)),
        "own file": refused(lambda: train(make(), data(), 3, [Checkpoint(own / "half.pt")])),
    }


def main(kind, folder):
    """Start the group, do the runs, and save what this process has."""
    torch.set_num_threads(1)
    folder, rank = Path(folder), d2lite.training.join_processes("gloo")
    if kind == "runs":
        found = runs(folder)
    else:
        kept = [DieAfter(12), Checkpoint(folder / "killed.pt", every=2)]
        found = {"killed": train(make(nn.Dropout(0.2)), data(), callbacks=kept)}
        found["whole"] = train(make(nn.Dropout(0.2)), data())
        found["restarts"] = int(os.environ["TORCHELASTIC_RESTART_COUNT"])
    torch.save(found, folder / f"{kind}-{rank}.pt")


if __name__ == "__main__":
    main(*sys.argv[1:])
