"""Time of one epoch: d2lite.fit against a bare loop, Lightning and Keras 3 (torch backend).

    python benchmarks/training.py [--quick] [--repeats 5] [--threads 2]

LeNet-5, Adam, batch 128, 60,000 images made from the 10,000 that ship (each also shifted by one pixel). Every
measurement runs in a process of its own: warm up, then one epoch timed. The trainers take turns, so that a
busy moment of the machine hits all of them; where it is busy often, compare the best times. Peers: pip install -r
benchmarks/requirements.txt.
"""

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import time
from importlib.util import find_spec

TRAINERS = ("bare", "fit", "lightning", "keras")
NAMES = {
    "bare": "bare loop",
    "fit": "d2lite.fit, progress, history",
    "lightning": "Lightning",
    "keras": "Keras 3",
}
BATCH_SIZE, LR = 128, 1e-3


def make_data(num_samples):
    """Return (images (N, 1, 28, 28), labels (N,)): the shipped ones, then the same shifted by a pixel."""
    import torch

    from d2lite import datasets

    images, labels = datasets.fashion_mnist()[0]
    shifts = [(0, 0), (0, 1), (1, 0), (0, -1), (-1, 0), (1, 1)]
    images = torch.cat([images.roll(shift, (2, 3)) for shift in shifts])
    return images[:num_samples].contiguous(), labels.repeat(len(shifts))[:num_samples]


def make_lenet():
    """Return LeNet-5 with its 61,706 parameters."""
    from torch import nn

    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip


def bare(images, labels):
    """Return a function that trains one epoch on the data it is given, by the shortest loop there is."""
    import torch
    from torch.nn import functional

    model = make_lenet()
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)

    def train(images, labels):
        for index in torch.randperm(len(images)).split(BATCH_SIZE):
            loss = functional.cross_entropy(model(images[index]), labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return model

    return train


def fit(images, labels):
    """The same through d2lite, with the progress bar of a terminal."""
    import torch

    import d2lite

    model = make_lenet()
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)

    def train(images, labels):
        bar = d2lite.ProgressBar(output="terminal")
        d2lite.fit(
            model, (images, labels), optimizer=optimizer, num_epochs=1, batch_size=BATCH_SIZE, callbacks=[bar]
        )
        return model

    return train


def lightning(images, labels):
    """The same through Lightning, with its progress bar and the loss logged."""
    import logging

    import lightning as L
    import torch
    from torch.nn import functional
    from torch.utils.data import DataLoader, TensorDataset

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(L.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = make_lenet()

        def training_step(self, batch, index):
            loss = functional.cross_entropy(self.net(batch[0]), batch[1])
            self.log("train_loss", loss, on_step=False, on_epoch=True, prog_bar=True)
            return loss

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=LR)

    module = Module()
    options = dict(logger=False, enable_checkpointing=False, enable_model_summary=False)

    def train(images, labels):
        loader = DataLoader(TensorDataset(images, labels), batch_size=BATCH_SIZE, shuffle=True)
        L.Trainer(max_epochs=1, accelerator="cpu", **options).fit(module, loader)
        return module.net

    return train


def keras(images, labels):
    """The same through Keras 3 on torch, with its progress bar and history."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras
    import torch
    from keras import layers

    first = {"data_format": "channels_first"}
    model = keras.Sequential([
        layers.Input((1, 28, 28)),
        layers.Conv2D(6, 5, padding="same", activation="tanh", **first), layers.AveragePooling2D(2, **first),
        layers.Conv2D(16, 5, activation="tanh", **first), layers.AveragePooling2D(2, **first),
        layers.Flatten(), layers.Dense(120, activation="tanh"), layers.Dense(84, activation="tanh"),
        layers.Dense(10),
    ])  # fmt: skip
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(LR), loss=loss)

    def train(images, labels):
        model.fit(images.numpy(), labels.numpy(), batch_size=BATCH_SIZE, epochs=1)
        return lambda x: torch.as_tensor(model(x))

    return train


def measure(trainer, num_samples, threads):
    """Train one epoch in this process; return its seconds, memory and accuracy."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    images, labels = make_data(num_samples)
    with contextlib.redirect_stdout(io.StringIO()):
        train = {"bare": bare, "fit": fit, "lightning": lightning, "keras": keras}[trainer](images, labels)
        train(images[: 10 * BATCH_SIZE], labels[: 10 * BATCH_SIZE])
        start = time.perf_counter()
        model = train(images, labels)
        seconds = time.perf_counter() - start
    with torch.no_grad():
        accuracy = (model(images[:2000]).argmax(1) == labels[:2000]).float().mean().item()
    return {"seconds": seconds, "peak_mb": peak_memory(), "accuracy": accuracy}


def peak_memory():
    """Return the largest resident memory of this process so far, in MB."""
    if sys.platform == "win32":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def measure_apart(trainer, options):
    """Run `measure` in a new process and return what it says."""
    command = [sys.executable, __file__, "--one", trainer, "--samples", str(options.samples)]
    command += ["--threads", str(options.threads)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(f"{NAMES[trainer]} failed:\n{result.stderr}")
    return json.loads(result.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="2,560 images, once: does it run at all")
    parser.add_argument("--samples", type=int, default=60_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count()))
    parser.add_argument("--only", nargs="+", choices=TRAINERS, default=TRAINERS)
    parser.add_argument("--one", choices=TRAINERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.samples, options.repeats = 2560, 1
    if options.one:
        print(json.dumps(measure(options.one, options.samples, options.threads)))
        return
    missing = [name for name in options.only if name in ("lightning", "keras") and find_spec(name) is None]
    trainers = [name for name in options.only if name not in missing]
    runs = {name: [] for name in trainers}
    for _ in range(options.repeats):
        for name in trainers:
            runs[name].append(measure_apart(name, options))
    report(runs, options)
    for name in missing:
        print(f"{NAMES[name]} is not installed: pip install -r benchmarks/requirements.txt")


def report(runs, options):
    """Print medians and best times, their ratios to the bare loop's, and peak memory."""
    print(
        f"LeNet, {options.samples:,} images, batch {BATCH_SIZE}, one epoch, {options.threads} threads; "
        f"median and best of {options.repeats}"
    )
    print(f"{'':30}  median  ratio    best  ratio  peak MB  accuracy  each run's seconds")
    seconds = {name: [run["seconds"] for run in found] for name, found in runs.items()}
    base = seconds.get("bare", next(iter(seconds.values())))
    for name, found in seconds.items():
        peak, accuracy = (
            statistics.median(run[key] for run in runs[name]) for key in ("peak_mb", "accuracy")
        )
        columns = [f"{NAMES[name]:30}"]
        for middle in (statistics.median, min):
            columns.append(f"{middle(found):7.2f} {middle(found) / middle(base):6.2f}")
        print(*columns, f"{peak:8.0f} {accuracy:9.2f} ", *[f"{each:.2f}" for each in found])


if __name__ == "__main__":
    main()
