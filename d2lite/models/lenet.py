"""LeNet: what it computes, how to recognise one, its weights in 8 bits, and the trained one that ships."""

import copy
import itertools

import torch
from torch.nn import functional

from d2lite._utils.checks import check_choice
from d2lite._utils.encoding import from_base64, to_base64
from d2lite._utils.tensors import check_weights
from d2lite.models import weights
from d2lite.models.quantization import SCALE, dequantize, quantize_all

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
_BIAS = ".bias"  # after a layer's name, the name of its biases in the file of weights


def compute(parameters, activation, pooling, inputs):
    """Return the (B, 10) logits of LeNet for (B, 1, 28, 28) inputs.

    Args:
        parameters: dict of layer name -> (weight, bias) tensors, with the shapes of SHAPES.
        activation: "relu", "tanh" or "sigmoid", after every layer but the last.
        pooling: "max" or "average", 2 x 2.
        inputs: standardised images.

    Raises:
        ValueError: the activation or the pooling is another.

    Source: LeCun et al. 1998, section II B, with full connections and a linear output. Taught in
    chapters/06_cnn/lenet.
    """
    check_choice(activation, ACTIVATIONS, "activation")
    check_choice(pooling, POOLINGS, "pooling")
    act, pool, p = ACTIVATIONS[activation], POOLINGS[pooling], parameters
    maps = pool(act(functional.conv2d(inputs, *p["conv1"], padding=2)), 2)  # (B, 6, 14, 14)
    maps = pool(act(functional.conv2d(maps, *p["conv2"])), 2)  # (B, 16, 5, 5)
    units = act(functional.linear(maps.flatten(1), *p["dense1"]))  # (B, 400) -> (B, 120)
    return functional.linear(act(functional.linear(units, *p["dense2"])), *p["output"])


def recognise(model, inputs):
    """Return the parameters, the activation and the pooling of a torch module that computes LeNet.

    The module may be built in any way, be in training mode, on any device and of any float dtype: it must have LeNet's
    five layers of weights in order, and give on the inputs what LeNet with one of the activations and poolings gives.
    A copy of it in evaluation mode is asked, the module stays as it is.

    Args:
        model: torch module.
        inputs: (N, 1, 28, 28) float tensor of standardised images.

    Returns:
        (parameters, activation, pooling), as `compute` takes them, the parameters in float64 on the CPU.

    Raises:
        TypeError: it is no torch module.
        ValueError: it has other layers, or computes something else with them; or a weight is not finite, or computed
            from others, as one that is being pruned.
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model is a {type(model).__name__}: expected a torch.nn.Module that computes LeNet")
    check_weights(model, "model")
    layers = [m for m in model.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    shapes = [tuple(layer.weight.shape) for layer in layers]
    if shapes != list(SHAPES.values()) or any(layer.bias is None for layer in layers):
        raise ValueError(
            f"model has weights of shapes {shapes}: expected those of LeNet, with biases, {list(SHAPES.values())}"
        )
    parameters = {
        name: (layer.weight.detach().cpu().double(), layer.bias.detach().cpu().double())
        for name, layer in zip(SHAPES, layers, strict=True)
    }
    logits = _ask(model, inputs)
    kinds = [*itertools.product(ACTIVATIONS, POOLINGS)]
    ours = torch.stack([compute(parameters, *kind, inputs.double()) for kind in kinds])  # (6, N, 10)
    if ours.shape[1:] == logits.shape:
        apart = (
            (ours - logits).abs().amax((1, 2))
        )  # of a fresh sigmoid LeNet, two poolings are a thousandth apart
        if apart.min() <= 1e-4 * logits.abs().max():
            return parameters, *kinds[apart.argmin()]
    raise ValueError(
        "model has LeNet's weights but computes something else with them: expected padding 2 in the first "
        "convolution, relu, tanh or sigmoid throughout, max or average pooling by 2, and no softmax at the end"
    )


def _ask(model, inputs):
    """Return a module's logits in float64, computed by a copy of at least float32 in evaluation mode on the CPU."""
    dtype = torch.promote_types(next(model.parameters()).dtype, torch.float32)
    twin = copy.deepcopy(model).cpu().to(dtype).eval()
    try:
        with torch.no_grad():
            logits = twin(inputs.to(dtype))
    except Exception as error:  # whatever its forward raises
        raise ValueError(
            f"model fails on images of shape {tuple(inputs.shape)} ({error}): expected logits"
        ) from error
    if not isinstance(logits, torch.Tensor):
        raise ValueError(f"model returns a {type(logits).__name__}: expected a tensor of logits (N, 10)")
    return logits.double()


def to_tensors(parameters):
    """Return parameters in 8 bits, as `d2lite.models.weights.save` takes them: steps, scales and biases by name."""
    tensors = quantize_all({name: weight for name, (weight, _) in parameters.items()})
    return tensors | {name + _BIAS: torch.as_tensor(bias).float() for name, (_, bias) in parameters.items()}


def from_tensors(tensors):
    """Return the parameters, in float64, that the tensors of `to_tensors` stand for."""
    return {
        name: (dequantize(tensors[name], tensors[name + SCALE]), tensors[name + _BIAS].double())
        for name in SHAPES
    }


def pack(parameters, activation, pooling, mean, std):
    """Return a network as a plain dict that JSON can hold; the weights in 8 bits, the biases in 32.

    Args:
        parameters, activation, pooling: as `compute` takes them.
        mean, std: what its inputs are standardised with.
    """
    return _payload(to_tensors(parameters), activation, pooling, mean, std)


def _payload(tensors, activation, pooling, mean, std):
    layers = [
        {
            "name": name,
            "codes": to_base64(tensors[name]),
            "scales": to_base64(tensors[name + SCALE]),
            "biases": to_base64(tensors[name + _BIAS]),
        }
        for name in SHAPES
    ]
    about = {"activation": activation, "pooling": pooling, "mean": float(mean), "std": float(std)}
    return {"format": FORMAT, "layers": layers, **about}


def unpack(packed):
    """Return the parameters a packed network stands for, as `compute` takes them, in float64."""
    tensors = {}
    for layer in packed["layers"]:
        name = layer["name"]
        tensors[name] = torch.from_numpy(from_base64(layer["codes"], "int8", SHAPES[name]))
        tensors[name + SCALE] = torch.from_numpy(from_base64(layer["scales"], "float32"))
        tensors[name + _BIAS] = torch.from_numpy(from_base64(layer["biases"], "float32"))
    return from_tensors(tensors)


def pack_images(images, labels, names):
    """Return images (N, 1, 28, 28), uint8 or in [0, 1], their class indices and the classes' names for the page."""
    pixels = images if images.dtype == torch.uint8 else (255 * images).round().to(torch.uint8)
    return {"images": to_base64(pixels), "labels": labels.tolist(), "classes": list(names)}


def pretrained():
    """Return the LeNet that ships with the package, trained on Fashion-MNIST, and the record of its training.

    Returns:
        (parameters, record): as `compute` takes them, in float64, from 8 bits; and a dict: "activation", "pooling",
        "mean" and "std" of its inputs, "history", "test_accuracy" and "provenance".

    Taught in chapters/06_cnn/lenet.
    """
    tensors, record = weights.load("lenet")
    return from_tensors(tensors), record


def pretrained_payload():
    """Return what a page needs of the LeNet that ships, and twenty test images."""
    tensors, record = weights.load("lenet")
    packed = _payload(tensors, *(record[name] for name in ("activation", "pooling", "mean", "std")))
    return {**packed, **pack_images(tensors["images"], tensors["labels"], record["classes"])}
