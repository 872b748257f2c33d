"""Train the two small networks of the dropout explorer, one without dropout and one with it.

    python tools/record/dropout_networks.py

It writes d2lite/data/recordings/dropout_networks.json: weights in eight bits, ten test images, and where they come
from. Both networks have one hidden layer of 32 units, ReLU, and dropout after it with p = 0 or 0.5; the task is that of
dropout.py: 1,000 images of Fashion-MNIST pooled to 14 x 14, seed 0, 40 passes of AdamW with learning rate 0.002.
"""

import base64
import json
import platform
import time

import torch
from atlas import FOLDER, measure
from dropout import NUM_TRAIN, draw_images, load_data, train_passes
from torch import nn

import d2lite

WIDTH, RATES = 32, {"without": 0.0, "with": 0.5}


def train_network(rate, seed=0):
    """Return the trained network, in evaluation mode."""
    inputs, targets = draw_images(NUM_TRAIN, seed)
    net = nn.Sequential(nn.Linear(196, WIDTH), nn.ReLU(), nn.Dropout(rate), nn.Linear(WIDTH, 10))
    for _ in train_passes(net, inputs, targets):
        pass
    return net


def pack(weights):
    """Return a tensor as {shape, step, data}: integers from -127 to 127 in base 64, each times step."""
    step = weights.abs().max().item() / 127
    codes = (weights / step).round().to(torch.int8)
    data = base64.b64encode(codes.numpy().tobytes()).decode("ascii")
    return {"shape": list(weights.shape), "step": step, "data": data}


def main():
    torch.set_num_threads(1)
    test_set = d2lite.datasets.fashion_mnist()[1]
    _, _, (inputs, targets) = load_data()
    networks, accuracy = {}, {}
    for name, rate in RATES.items():
        net = train_network(rate)
        accuracy[name] = round(measure(net, inputs, targets)[1], 4)
        layers = {"w1": net[0].weight, "b1": net[0].bias, "w2": net[3].weight, "b2": net[3].bias}
        networks[name] = {key: pack(value.detach()) for key, value in layers.items()}
    content = {
        "networks": networks,
        "images": pack(inputs[:10]),
        "targets": targets[:10].tolist(),
        "class_names": list(test_set.class_names),
        "provenance": {
            "command": "python tools/record/dropout_networks.py",
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "test_accuracy": accuracy,
        },
    }
    path = FOLDER / "dropout_networks.json"
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    print(path.name, f"{path.stat().st_size:,} bytes", accuracy)


if __name__ == "__main__":
    main()
