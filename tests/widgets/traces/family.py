"""Traces of dense blocks and of sums over seeds, by torch and NumPy: the oracle of family/model.js."""

import numpy as np
import torch
from torch import nn


def convolutions(channels, growth, layers, bottleneck):
    """Return the convolutions of a dense block, as lists of one or two a layer."""
    made = []
    for width in range(channels, channels + layers * growth, growth):
        if bottleneck:
            first = nn.Conv2d(width, 4 * growth, 1, bias=False)
            made.append([first, nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)])
        else:
            made.append([nn.Conv2d(width, growth, 3, padding=1, bias=False)])
    return made


def dense(channels, growth, layers, bottleneck):
    """Send maps of one pixel through, joining the layers' outputs, and note what there is."""
    made = convolutions(channels, growth, layers, bottleneck)
    maps, widths, joined = [torch.zeros(1, channels, 1, 1)], [channels], [0]
    for layer in made:
        x = torch.cat(maps, dim=1)
        joined.append(joined[-1] + x.shape[1])
        maps.append(nn.Sequential(*layer)(x))
        widths.append(sum(part.shape[1] for part in maps))
    weights = sum(conv.weight.numel() for layer in made for conv in layer)
    return {"widths": widths, "weights": weights, "joined": joined}


def added(width, layers, bottleneck):
    """Count the weights of layers that keep the width."""
    narrow = max(1, width // 4)
    sizes = (
        [(width, narrow, 1), (narrow, narrow, 3), (narrow, width, 1)] if bottleneck else [(width, width, 3)]
    )
    return layers * sum(nn.Conv2d(a, b, size, bias=False).weight.numel() for a, b, size in sizes)


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    blocks = [(64, 32, 6, True), (16, 12, 12, False), (1, 1, 1, True), (5, 64, 32, False)]
    names = ("channels", "growth", "layers", "bottleneck")
    made = [
        {
            "name": f"dense block {block}",
            "js": "(model, block) => model.denseBlock(block)",
            "input": dict(zip(names, block, strict=True)),
            "expected": dense(*block),
        }
        for block in blocks
    ]
    made += [
        {
            "name": f"layers that add {block}",
            "js": "(model, block) => model.addedWeights(block)",
            "input": dict(zip(("width", "layers", "bottleneck"), block, strict=True)),
            "expected": added(*block),
        }
        for block in [(256, 6, True), (160, 12, False), (3, 2, True)]
    ]
    seeds = np.array([0.86, 0.85, 0.87])
    mean = seeds.mean()
    error = np.std(np.repeat([0.0, 1.0], [round(1e6 * (1 - mean)), round(1e6 * mean)])) / np.sqrt(2000)
    made.append(
        {
            "name": "sum of three seeds",
            "js": "(model, seeds) => model.sumUp(seeds, 2000)",
            "input": seeds.tolist(),
            "expected": {"mean": mean, "low": seeds.min(), "high": seeds.max(), "error": error},
        }
    )
    return made
