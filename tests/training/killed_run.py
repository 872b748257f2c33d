"""One training run with a checkpoint, as a script that test_training_resume.py kills and starts again."""

import sys

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import d2lite
from d2lite.training import Schedule


def main(kind, checkpoint, result):
    """Train the net of this kind, "tensors" or "loader", and save weights, history and the best epoch."""
    torch.set_num_threads(1)
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
