"""Train the two small networks of the dropout explorer, one without dropout and one with it.

    python tools/record/dropout_networks.py

It writes d2lite/data/weights/dropout_networks.npz: weights in 8 bits, a scale for each tensor, ten test images, and
where they come from. Both networks have one hidden layer of 32 units, ReLU, and dropout after it with p = 0 or 0.5;
the task is that of dropout.py: 1,000 images of Fashion-MNIST pooled to 14 x 14, seed 0, 40 passes of AdamW with
learning rate 0.002.
"""

import platform
import time

import torch
from atlas import measure
from dropout import NUM_TRAIN, draw_images, load_data, train_passes
from torch import nn

import d2lite
from d2lite.models import weights
from d2lite.models.quantization import quantize

WIDTH, RATES = 32, {"without": 0.0, "with": 0.5}


def train_network(rate, seed=0):
    """Return the trained network, in evaluation mode."""
    inputs, targets = draw_images(NUM_TRAIN, seed)
    net = nn.Sequential(nn.Linear(196, WIDTH), nn.ReLU(), nn.Dropout(rate), nn.Linear(WIDTH, 10))
    for _ in train_passes(net, inputs, targets):
        pass
    return net


def quantized(name, tensor):
    """Return a tensor's steps of 8 bits and one scale for all of them, under its name as `weights.save` takes them."""
    steps, scale = quantize(tensor[None])
    return {name: steps[0], f"{name}.scale": scale[0]}


def main():
    torch.set_num_threads(1)
    test_set = d2lite.datasets.fashion_mnist()[1]
    _, _, (inputs, targets) = load_data()
    tensors, accuracy = {"targets": targets[:10]} | quantized("images", inputs[:10]), {}
    for name, rate in RATES.items():
        net = train_network(rate)
        accuracy[name] = round(measure(net, inputs, targets)[1], 4)
        layers = {"w1": net[0].weight, "b1": net[0].bias, "w2": net[3].weight, "b2": net[3].bias}
        for key, value in layers.items():
            tensors |= quantized(f"{name}.{key}", value)
    provenance = {
        "command": "python tools/record/dropout_networks.py",
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "test_accuracy": accuracy,
    }
    record = {"class_names": list(test_set.class_names), "provenance": provenance}
    path = weights.save("dropout_networks", tensors, record)
    print(path.name, f"{path.stat().st_size:,} bytes", accuracy)


if __name__ == "__main__":
    main()
