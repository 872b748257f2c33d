"""Train the LeNet that has seen attacks, for the attack explorer and the chapter on what networks see.

    python tools/record/defended.py

Writes d2lite/data/weights/lenet_defended.npz: the weights in 8 bits with a scale for each output channel, what its
inputs are standardised with, its accuracy and the run's provenance. The images are those of the LeNet that ships
(lenet.py): 9,000 to train on, the 2,000 of the test set for the numbers at the end; fifteen passes of the recipe of
attacks.py, at the rate that was best there for this defence.
"""

import datetime
import platform
import time

import torch
from attacks import EPSILON, attacked, chosen, share, train_network

import d2lite
from d2lite.models import lenet, weights

SEED, NUM_TRAIN, NUM_EPOCHS = 0, 9000, 15


def quantized(net):
    """Return a network with its weights in 8 bits, as the tensors to keep and as a module."""
    standardize, layers = net[0], net[1:]
    example = torch.rand(100, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    parameters, activation, pooling = lenet.recognise(layers, standardize(example))
    tensors = lenet.to_tensors(parameters)
    return tensors, as_module(lenet.from_tensors(tensors), activation, pooling, standardize)


def as_module(parameters, activation, pooling, standardize):
    """Return parameters as a function of images in [0, 1], in 32 bits."""
    single = {name: (weight.float(), bias.float()) for name, (weight, bias) in parameters.items()}
    return lambda images: lenet.compute(single, activation, pooling, standardize(images))


def main(rate):
    """Train at a rate and write the file."""
    torch.set_num_threads(1)
    start = time.perf_counter()
    everything, test = d2lite.datasets.fashion_mnist()
    images, targets = everything[:NUM_TRAIN].inputs, everything[:NUM_TRAIN].targets
    images = images.contiguous(memory_format=torch.channels_last)
    net = train_network("attack", rate, SEED, (images, targets), NUM_EPOCHS)
    tensors, rounded = quantized(net)
    moved = attacked(rounded, test.inputs, test.targets, EPSILON)
    accuracy = {
        "float": share(net, test.inputs, test.targets),
        "quantized": share(rounded, test.inputs, test.targets),
        "attacked": share(rounded, moved, test.targets),
    }
    provenance = {
        "command": "python tools/record/defended.py",
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "seed": SEED,
        "rate": rate,
        "seconds": round(time.perf_counter() - start, 1),
        "date": datetime.date.today().isoformat(),
        "data": "Fashion-MNIST as it ships: 9,000 training and 2,000 test images",
    }
    about = {"activation": "relu", "pooling": "max", "mean": net[0].mean, "std": net[0].std}
    record = about | {"epsilon": EPSILON, "test_accuracy": accuracy, "provenance": provenance}
    path = weights.save("lenet_defended", tensors, record)
    print(accuracy, provenance, f"{path.stat().st_size:,} bytes", sep="\n")


if __name__ == "__main__":
    points = chosen(d2lite.Sweep.recorded("attacks"))
    main(next(point["lr"] for point in points if point["defence"] == "attack"))
