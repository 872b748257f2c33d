"""A trained LeNet as data for the page: recognised by what it computes, its weights in 8 bits."""

import base64
import gzip
import itertools
import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from d2lite._utils.state import keep_mode
from d2lite.widgets._traits import BadValueError

FORMAT = "d2lite-lenet-1"
SHAPES = {  # of the weights, layer by layer
    "conv1": (6, 1, 5, 5),
    "conv2": (16, 6, 5, 5),
    "dense1": (120, 400),
    "dense2": (84, 120),
    "output": (10, 84),
}
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
POOLINGS = {"max": functional.max_pool2d, "average": functional.avg_pool2d}
RECORDED = Path(__file__).parents[2] / "data" / "networks" / "lenet.json.gz"


def compute(parameters, activation, pooling, inputs):
    """Return the (B, 10) logits of LeNet for (B, 1, 28, 28) inputs.

    Args:
        parameters: dict of layer name -> (weight, bias) tensors, with the shapes of SHAPES.
        activation: "relu", "tanh" or "sigmoid", after every layer but the last.
        pooling: "max" or "average", 2 x 2.
        inputs: standardised images.
    """
    act, pool, p = ACTIVATIONS[activation], POOLINGS[pooling], parameters
    maps = pool(act(functional.conv2d(inputs, *p["conv1"], padding=2)), 2)  # (B, 6, 14, 14)
    maps = pool(act(functional.conv2d(maps, *p["conv2"])), 2)  # (B, 16, 5, 5)
    units = act(functional.linear(maps.flatten(1), *p["dense1"]))  # (B, 400) -> (B, 120)
    return functional.linear(act(functional.linear(units, *p["dense2"])), *p["output"])


def recognise(model, inputs):
    """Return the parameters, the activation and the pooling of a torch module that computes LeNet.

    The module may be built in any way: it must have LeNet's five layers of weights in order, and give on the inputs
    what LeNet with one of the activations and poolings gives.

    Raises:
        ValueError: it has other layers, or computes something else with them.
    """
    layers = [m for m in model.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    shapes = [tuple(layer.weight.shape) for layer in layers]
    if shapes != list(SHAPES.values()) or any(layer.bias is None for layer in layers):
        raise BadValueError(
            f"the model's weights have shapes {shapes}; expected those of LeNet, with biases: {list(SHAPES.values())}"
        )
    parameters = {
        name: (layer.weight.detach().cpu().double(), layer.bias.detach().cpu().double())
        for name, layer in zip(SHAPES, layers, strict=True)
    }
    with keep_mode(model), torch.no_grad():
        logits = model.eval()(inputs.to(layers[0].weight)).cpu().double()
    for activation, pooling in itertools.product(ACTIVATIONS, POOLINGS):
        ours = compute(parameters, activation, pooling, inputs.double())
        if ours.shape == logits.shape and (ours - logits).abs().max() <= 1e-3 * logits.abs().max().clamp(
            min=1
        ):
            return parameters, activation, pooling
    raise BadValueError(
        "the model has LeNet's weights but computes something else with them; expected padding 2 in the first "
        "convolution, relu, tanh or sigmoid throughout, and max or average pooling by 2, no softmax at the end"
    )


def quantize(weight):
    """Return a weight as (codes, scales): int8 codes of the weight's shape and a scale for each output channel.

    A channel's scale is its largest absolute weight divided by 127, so codes * scales is off by at most half a scale.

    Args:
        weight: (O, ...) tensor or array.

    Returns:
        (codes, scales): an int8 array of the weight's shape, and (O,) float32.
    """
    weight = np.asarray(weight, dtype=np.float64)
    rows = weight.reshape(len(weight), -1)  # (O, ...) -> (O, D)
    scales = (np.abs(rows).max(1) / 127).astype(np.float32)
    scales[scales == 0] = 1
    codes = np.clip(np.round(rows / scales[:, None]), -127, 127).astype(np.int8)
    return codes.reshape(weight.shape), scales


def pack(parameters, activation, pooling, mean, std):
    """Return a network as a plain dict that JSON can hold; the weights in 8 bits, the biases in 32."""
    layers = []
    for name, (weight, bias) in parameters.items():
        codes, scales = quantize(weight)
        text = {"codes": codes, "scales": scales, "biases": np.asarray(bias, dtype=np.float32)}
        layers.append({"name": name, **{key: encode(array) for key, array in text.items()}})
    about = {"activation": activation, "pooling": pooling, "mean": float(mean), "std": float(std)}
    return {"format": FORMAT, "layers": layers, **about}


def unpack(packed):
    """Return the parameters a packed network stands for, as `compute` takes them, in double precision."""
    parameters = {}
    for layer in packed["layers"]:
        shape = SHAPES[layer["name"]]
        codes = decode(layer["codes"], np.int8).reshape(shape).astype(np.float64)
        scales = decode(layer["scales"], np.float32).reshape(-1, *[1] * (len(shape) - 1))  # (O, 1, ...)
        biases = decode(layer["biases"], np.float32).astype(np.float64)
        parameters[layer["name"]] = torch.from_numpy(codes * scales), torch.from_numpy(biases)
    return parameters


def encode(array):
    """Return an array's bytes, little-endian, in base64."""
    return base64.b64encode(
        np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
    ).decode()


def decode(text, dtype):
    """Return the flat array of encoded bytes."""
    return np.frombuffer(base64.b64decode(text), np.dtype(dtype).newbyteorder("<"))


def read_recorded():
    """Return the network that ships with the package, as tools/record/lenet.py wrote it, with its provenance."""
    with gzip.open(RECORDED, "rt", encoding="utf-8") as file:
        return json.load(file)
