"""Traces of a cut and rounded LeNet by NumPy, torch and the package's own quantizer: the oracle of pruning/model.js."""

import math

import numpy as np
import torch

from d2lite._utils.encoding import from_base64
from d2lite._utils.rng import Rng
from d2lite.models import lenet
from d2lite.models.quantization import dequantize, quantize

PAGE = lenet.pretrained_payload()
PARAMETERS = lenet.unpack(PAGE)
SHAPES = lenet.SHAPES
IMAGES = from_base64(PAGE["images"], "uint8", (-1, 28, 28))
OPEN = "(model, input) => { const network = model.openNetwork(input.data);"


def masks(cut, choose):
    """Which weights stay, by layer."""
    rng = Rng(0)
    sizes = {
        name: rng.uniform(weight.numel()).reshape(weight.shape)
        if choose == "random"
        else weight.abs().numpy()
        for name, (weight, _) in PARAMETERS.items()
    }
    every = np.concatenate([size.ravel() for size in sizes.values()])
    found = {}
    for name, size in sizes.items():
        group = np.sort(size.ravel() if choose == "layer" else every)[::-1]
        found[name] = size >= group[max(1, math.floor(len(group) * (100 - cut) / 100 + 0.5)) - 1]
    return found


def rounded(weight, bits, scale):
    return (
        dequantize(*quantize(weight, bits))
        if scale == "channel"
        else dequantize(*quantize(weight[None], bits))[0]
    )


def cut_case(cut, bits, choose, scale, image):
    """Weights left, some of them after rounding, and the logits of one photo."""
    stays = masks(cut, choose)
    small = {
        name: (rounded(weight * torch.from_numpy(stays[name]), bits, scale), bias)
        for name, (weight, bias) in PARAMETERS.items()
    }
    x = (torch.from_numpy(IMAGES[image].astype(float))[None, None] / 255 - PAGE["mean"]) / PAGE["std"]
    flat = {name: weight.flatten() for name, (weight, _) in small.items()}
    return {
        "name": f"{cut}% cut ({choose}), {bits} bits ({scale}), photo {image}",
        "js": OPEN
        + """
        const ranks = model.rankWeights(network, input.choose);
        const { network: small, kept } = model.compress(network, ranks, input);
        const flat = Object.entries(small.parameters).map(([name, { weight }]) => [name, weight]);
        return {
          kept,
          some: Object.fromEntries(flat.map(([name, weight]) => [name, weight.filter((_, k) => k % 97 === 0)])),
          sums: Object.fromEntries(flat.map(([name, weight]) => [name, weight.reduce((a, w) => a + Math.abs(w), 0)])),
          logits: model.runNetwork(small, network.images[input.image]).output,
        };
    }""",
        "input": {"data": PAGE, "cut": cut, "bits": bits, "choose": choose, "scale": scale, "image": image},
        "expected": {
            "kept": int(sum(stay.sum() for stay in stays.values())),
            "some": {name: values[::97].tolist() for name, values in flat.items()},
            "sums": {name: values.abs().sum().item() for name, values in flat.items()},
            "logits": lenet.compute(small, "relu", "max", x)[0].tolist(),
        },
    }


def bytes_case():
    """By hand: 61,470 weights and 236 biases; 4,000 left in 4 bits are 2,000 bytes and 7,684 of places."""
    return {
        "name": "bytes",
        "js": OPEN
        + """
        const count = (kept, bits, scale) => { const { total, whole32, packed } = model.countBytes(network, kept, bits, scale); return [total, whole32, packed]; };
        return [count(4000, 4, "channel"), count(61470, 8, "tensor"), count(60000, 2, "channel")];
    }""",
        "input": {"data": PAGE},
        "expected": [
            [61_470, 246_824, 2000 + 7684 + 944 + 944],
            [61_470, 246_824, 61_470 + 20 + 944],
            [61_470, 246_824, 15_368 + 944 + 944],
        ],
    }


def bins_case():
    """NumPy's histogram of the weights other than zero of one layer."""
    weight = PARAMETERS["dense1"][0].numpy().ravel()
    most = np.abs(weight).max()
    inside = (weight[weight != 0] / most + 1) / 2 * 81
    counts = np.bincount(np.minimum(80, inside.astype(int)), minlength=81)
    return {
        "name": "the histogram of a layer",
        "js": OPEN
        + " const lists = model.weightsOf(network, 'dense1'); return model.countBins(lists, model.largestOf(lists)); }",
        "input": {"data": PAGE},
        "expected": counts.tolist(),
    }


def curve_case():
    """NumPy's interpolation."""
    cuts, values = [0, 20, 50, 90, 99], [0.9, 0.88, 0.8, 0.3, 0.1]
    at = [0, 7, 20, 61, 90, 98, 99]
    return {
        "name": "a curve between its points",
        "js": "(model, { cuts, values, at }) => at.map((cut) => model.readCurve(cuts, values, cut))",
        "input": {"cuts": cuts, "values": values, "at": at},
        "expected": np.interp(at, cuts, values).tolist(),
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    settings = [
        (0, 8, "all", "channel", 7),
        (50, 4, "all", "channel", 7),
        (90, 3, "all", "tensor", 0),
        (95, 8, "layer", "channel", 3),
        (80, 2, "layer", "tensor", 19),
        (30, 5, "random", "channel", 4),
        (99, 6, "random", "tensor", 11),
    ]
    return [*(cut_case(*setting) for setting in settings), bytes_case(), bins_case(), curve_case()]
