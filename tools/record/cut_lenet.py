"""Record what the LeNet that ships loses when weights are cut and the others kept in few bits.

    python tools/record/cut_lenet.py

Writes d2lite/data/recordings/cut_lenet.json.gz, which `Sweep.recorded("cut_lenet")` reads. The network: the trained
LeNet of `models.lenet.pretrained()`. The images: the 1,000 that it was validated on, and none that it learned from.
`choose` is which weights are cut: the smallest over "all" layers, the smallest of each "layer", or any ("random", by
d2lite's own random numbers with the run's seed). Then those left are rounded to `bits`, with a scale for each output
channel, or for each layer ("tensor"). Biases stay as they are. Of each run, curves over CUTS, the
shares cut in percent:

    accuracy    as it is after the cut
    retrained   after RETRAIN passes more over its 9,000 training images, with what is cut held at zero (AdamW, a
                rate of LR, one cycle, batches of 64): without rounding, at "all" and 8 bits alone
"""

import functools

import torch
import torch.nn.functional as F
from lenet import load_data, make_lenet
from recording import record

from d2lite._utils.rng import Rng
from d2lite.models import lenet
from d2lite.models.quantization import dequantize, quantize

CUTS = [0, 20, 40, 50, 60, 70, 75, 80, 85, 90, 92, 94, 96, 97, 98, 99]
GRID = [
    {"choose": choose, "scale": scale, "bits": bits}
    for choose in ("all", "layer", "random")
    for scale in ("channel", "tensor")
    for bits in range(2, 9)
]
RETRAIN, LR, BATCH = 3, 0.004, 64


def sizes_of(weights, choose, seed):
    """Return for each weight the number by which it is cut, the smallest first."""
    if choose == "random":
        rng = Rng(seed)
        return {name: torch.from_numpy(rng.uniform(w.numel())).view(w.shape) for name, w in weights.items()}
    return {name: weight.abs() for name, weight in weights.items()}


def masks_of(weights, choose, cut, seed=0):
    """Return which weights stay, by layer: those not smaller than the least of the share that stays."""
    sizes = sizes_of(weights, choose, seed)
    every = torch.cat([size.flatten() for size in sizes.values()])
    masks = {}
    for name, size in sizes.items():
        group = (size.flatten() if choose == "layer" else every).sort(descending=True).values
        count = round(len(group) * (100 - cut) / 100)
        masks[name] = size >= group[max(count, 1) - 1]
    return masks


def rounded(weight, bits, scale):
    """Return a weight as it is after rounding."""
    return (
        dequantize(*quantize(weight, bits))
        if scale == "channel"
        else dequantize(*quantize(weight[None], bits))[0]
    )


@functools.cache
def shipped():
    """Return the weights and biases of the LeNet that ships, by layer."""
    parameters, _ = lenet.pretrained()
    return {n: w for n, (w, _) in parameters.items()}, {n: b for n, (_, b) in parameters.items()}


@functools.cache
def images():
    """Return the training and the validation images."""
    return load_data()[0][:2]


@torch.no_grad()
def accuracy(weights, biases):
    """Return the accuracy on the validation images."""
    data = images()[1]
    pairs = {name: (weights[name].float(), biases[name].float()) for name in weights}
    logits = lenet.compute(pairs, "relu", "max", data.inputs.float())
    return (logits.argmax(1) == data.targets).double().mean().item()


def retrain(masks, seed):
    """Return the accuracy after training what is left for some passes more."""
    weights, biases = shipped()
    net, train = make_lenet(), images()[0]
    layers = [layer for layer in net if hasattr(layer, "weight")]
    keep = [mask.float() for mask in masks.values()]
    with torch.no_grad():
        for layer, name in zip(layers, weights, strict=True):
            layer.weight.copy_(weights[name] * masks[name])
            layer.bias.copy_(biases[name])
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(net.parameters(), LR)
    num_steps = RETRAIN * -(-len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=num_steps, cycle_momentum=False)
    for _ in range(RETRAIN):
        for rows in torch.randperm(len(train), generator=order).split(BATCH):
            loss = F.cross_entropy(net(train.inputs[rows].float()), train.targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            with torch.no_grad():
                for layer, mask in zip(layers, keep, strict=True):
                    layer.weight *= mask
    parts = zip(weights, layers, strict=True)
    found = {name: (layer.weight.detach(), layer.bias.detach()) for name, layer in parts}
    return accuracy({n: w for n, (w, _) in found.items()}, {n: b for n, (_, b) in found.items()})


def train_point(choose, scale, bits, *, seed):
    """Return what the module's docstring names."""
    weights, biases = shipped()
    scores = []
    for cut in CUTS:
        masks = masks_of(weights, choose, cut, seed)
        scores.append(accuracy({n: rounded(w * masks[n], bits, scale) for n, w in weights.items()}, biases))
    if (choose, scale, bits) != ("all", "channel", 8):
        return {"accuracy": scores}
    return {"accuracy": scores, "retrained": [retrain(masks_of(weights, "all", cut), seed) for cut in CUTS]}


if __name__ == "__main__":
    torch.set_num_threads(1)
    record({"cut_lenet": lambda: {"train": "train_point", "grid": GRID, "seeds": [0]}})
