"""One training run with a checkpoint, as a script that test_training_resume.py kills and starts again."""

import os
import signal
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import d2lite
from d2lite.training import Schedule


def die_in(name, number):
    """Let a call of os.<name>, counted from 1, kill this process before it does anything."""
    function, left = getattr(os, name), [int(number)]

    def counted(*arguments, **options):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return function(*arguments, **options)

    setattr(os, name, counted)


class DieAfter(d2lite.training.Callback):
    """Kill this process when a number of steps has been taken."""

    def __init__(self, number):
        self.left = int(number)

    def on_step_end(self, run):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def main(kind, checkpoint, result, place=None, number=0):
    """Train the net of this kind, "tensors" or "loader", and save weights, history and the best epoch.

    A place kills the run: "step" after that number of steps, "fsync" or "replace" in that number of such calls.
    """
    torch.set_num_threads(1)
    if place in ("fsync", "replace"):
        die_in(place, number)
    d2lite.seed(0)
    inputs = torch.randn(96, 6)
    targets = (inputs[:, 0] * inputs[:, 1] > 0).long()
    model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    stopping = d2lite.EarlyStopping(patience=20)
    train = (inputs, targets)
    if kind == "loader":
        noisy = NoisyDataset(inputs, targets)
        train = DataLoader(noisy, batch_size=12, shuffle=True, generator=torch.Generator().manual_seed(5))
    history = d2lite.fit(
        model,
        train,
        (inputs, targets),
        optimizer=optimizer,
        num_epochs=4,
        batch_size=12,
        metrics="accuracy",
        callbacks=[
            d2lite.Checkpoint(checkpoint, every=1),
            Schedule(torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 40), every="step"),
            stopping,
            *([DieAfter(number)] if place == "step" else []),
        ],
    )
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in history]
    outcome = {
        "weights": model.state_dict(),
        "rows": rows,
        "steps": history.step_losses,
        "best": stopping.best_epoch,
    }
    torch.save(outcome, result)


class NoisyDataset(TensorDataset):
    """Adds noise to each sample as it is read, from torch's global generator."""

    def __getitem__(self, index):
        inputs, target = super().__getitem__(index)
        return inputs + 0.1 * torch.randn_like(inputs), target


if __name__ == "__main__":
    main(*sys.argv[1:])
