"""Record the LeNet that the explorer shows where no other is given: one real training run on Fashion-MNIST.

    python tools/record/lenet.py

Writes d2lite/data/weights/lenet.npz: the weights in 8 bits with a scale for each output channel, twenty test
images (the first two of each class), what each epoch measured, the accuracies, and the run's provenance. The images are
those that ship: 9,000 to train on, 1,000 to validate, and the 2,000 of the test set for the numbers at the end. Inputs
are standardised with the training images' mean and deviation; AdamW with a one-cycle schedule, mini-batches of 64.
"""

import datetime
import platform
import time

import torch
from torch import nn

import d2lite
from d2lite.models import lenet, weights

SEED, NUM_TRAIN, NUM_EPOCHS, BATCH_SIZE, LR = 0, 9000, 15, 64, 4e-3


def make_lenet():
    """Return LeNet in its common modern form, 61,706 parameters: ReLU and max pooling."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def load_data():
    """Return the training, validation and test images, standardised, and the mean and deviation used."""
    everything, test = d2lite.datasets.fashion_mnist()
    train, validation = everything[:NUM_TRAIN], everything[NUM_TRAIN:]
    std, mean = torch.std_mean(train.inputs.double(), correction=0)
    parts = [part.standardize(like=train) for part in (train, validation, test)]
    return parts, mean.item(), std.item()


class StopAfter(d2lite.training.Callback):
    """End a run after some epochs, its schedule made for all of them."""

    def __init__(self, num_epochs):
        self.num_epochs = num_epochs

    def on_epoch_end(self, run):
        run.stop = run.epoch >= self.num_epochs


def train_lenet(train, validation, stop_after=NUM_EPOCHS):
    """Return the network after some epochs of the recorded run, and its history."""
    torch.manual_seed(SEED)
    model = make_lenet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR)
    num_steps = NUM_EPOCHS * -(-len(train) // BATCH_SIZE)
    one_cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=num_steps)
    schedule = d2lite.training.Schedule(one_cycle, "step")
    history = d2lite.fit(
        model, train, validation, optimizer=optimizer, num_epochs=NUM_EPOCHS, batch_size=BATCH_SIZE,
        metrics="accuracy", callbacks=[schedule, StopAfter(stop_after)], seed=SEED,
    )  # fmt: skip
    return model, history


def accuracy(parameters, data):
    """Return the accuracy of parameters, as `compute` takes them, on standardised data."""
    logits = lenet.compute(parameters, "relu", "max", data.inputs.double())
    return (logits.argmax(1) == data.targets).double().mean().item()


def main():
    start = time.perf_counter()
    (train, validation, test), mean, std = load_data()
    model, history = train_lenet(train, validation)
    parameters, activation, pooling = lenet.recognise(model, test.inputs[:100])
    tensors = lenet.to_tensors(parameters)
    shown = d2lite.datasets.fashion_mnist()[1][:20]
    test_accuracy = {
        "float": accuracy(parameters, test),
        "quantized": accuracy(lenet.from_tensors(tensors), test),
    }
    provenance = {
        "command": "python tools/record/lenet.py",
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "seed": SEED,
        "seconds": round(time.perf_counter() - start, 1),
        "date": datetime.date.today().isoformat(),
        "data": "Fashion-MNIST as it ships: 9,000 training, 1,000 validation, 2,000 test images",
    }
    record = {
        "activation": activation, "pooling": pooling, "mean": mean, "std": std, "classes": list(shown.class_names),
        "history": [{k: round(v, 5) for k, v in row.items() if k != "seconds"} for row in history.rows],
        "test_accuracy": test_accuracy, "provenance": provenance,
    }  # fmt: skip
    images = {"images": (255 * shown.inputs).round().byte(), "labels": shown.targets}
    path = weights.save("lenet", tensors | images, record)
    print(test_accuracy, provenance, f"{path.stat().st_size:,} bytes", sep="\n")


if __name__ == "__main__":
    main()
