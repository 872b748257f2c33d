"""A detector's weights: the trained ones that ship, those with batch norm folded in, and those in 8 bits."""

import copy
from typing import NamedTuple

import torch
from torch import nn

from d2lite._utils.encoding import to_base64
from d2lite._utils.state import keep_draws
from d2lite._utils.tensors import check_layers, check_weights
from d2lite.models import weights
from d2lite.models._grid_detector import STRIDE, GridDetector
from d2lite.models.quantization import dequantize, quantize


def pretrained_detector(path=None):
    """Return the detector of the chapter on YOLO, trained on 320,000 scenes, and how that went.

    Args:
        path: a file that tools/record/detector.py wrote; None for the one that ships.

    Returns:
        `GridDetector` in evaluation mode, its weights stored as float16; and a dict: "losses", a dict of term to
        (S,) list, means over "every" steps each; "first_losses", likewise of each of the first steps; "map_50" and
        "merged_map_50", measured then; "command", "seed", "versions", "seconds" and what else says where it is from.

    Raises:
        ValueError: the file holds no such detector.
        FileNotFoundError: there is no such file.

    Taught in chapters/08_detection/yolo.
    """
    state, record = weights.load("detector" if path is None else path)
    try:
        with keep_draws():
            detector = GridDetector(state["anchors"], **record["shape"])
        detector.load_state_dict({name: value.float() for name, value in state.items()})
    except (ValueError, LookupError, RuntimeError, TypeError) as error:
        raise ValueError(
            f"{path} holds no detector ({error}): expected a file of tools/record/detector.py"
        ) from error
    return detector.eval(), record


def save_detector(path, detector, record):
    """Write the file that `pretrained_detector` reads, the weights as float16; record is its dict.

    Counts stay whole numbers, and what float16 cannot hold (to 65504) stays as it is. The detector's shape is added.

    Raises:
        TypeError: it is no `GridDetector`.
        ValueError: a number is not finite, a weight is computed from others, or the path does not end in ".npz".
    """
    _check(detector)
    state = {name: halved(value) for name, value in detector.state_dict().items()}
    tensors, record = state | {"anchors": detector.anchors.float()}, {**record, "shape": detector.shape}
    return weights.save(weights.check_file(path), tensors, record)


def halved(value):
    """Return numbers as float16 if it holds them all, else as they are."""
    fits = value.is_floating_point() and (value.abs() <= torch.finfo(torch.float16).max).all()
    return value.half() if fits else value


class Layer(NamedTuple):
    """A convolution with all that follows it.

    weight (O, I / groups, k, k) and bias (O,): batch norm folded in; active: leaky ReLU follows; skip: how many
    layers back the maps come from that are added to its result, 0 for none.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    stride: int
    groups: int
    active: bool
    skip: int


def layers_of(detector):
    """Return a detector's convolutions in order, each a `Layer` of float64, batch norm as in evaluation folded in."""
    _check(detector)
    detector = copy.deepcopy(detector).cpu().double()  # not every device has float64
    layers = []
    for stage in detector.body:
        pairs = [stage] if isinstance(stage[0], nn.Conv2d) else list(stage)
        for i, (convolution, norm, _) in enumerate(pairs):
            factor = norm.weight / (norm.running_var + norm.eps).sqrt()  # (O,)
            weight = convolution.weight * factor[:, None, None, None]
            bias = norm.bias - norm.running_mean * factor
            skip = len(pairs) if len(pairs) > 1 and i == len(pairs) - 1 else 0
            layers.append(
                Layer(weight.detach(), bias.detach(), convolution.stride[0], convolution.groups, True, skip)
            )
    head = detector.head
    layers.append(Layer(head.weight.detach(), head.bias.detach(), 1, 1, False, 0))
    return layers


def quantized_detector(detector):
    """Return a copy of a detector whose weights are those of the page: rounded to 8 bits, batch norm folded in.

    Args:
        detector: `GridDetector`, left as it is.

    Returns:
        `GridDetector` in evaluation mode, of the same dtype; its batch norms only add the folded biases.

    Source: Jacob et al. 2018, sections 2.1 and 3.2 (folding), weights only. Taught in chapters/08_detection/yolo.
    """
    folded = layers_of(detector)
    rounded = copy.deepcopy(detector).eval()
    convolutions = [module for module in rounded.modules() if isinstance(module, nn.Conv2d)]
    norms = [module for module in rounded.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for convolution, layer in zip(convolutions, folded, strict=True):
            convolution.weight.copy_(dequantize(*quantize(layer.weight)))
        biases = [layer.bias.float() for layer in folded]
        for norm, bias in zip(norms, biases[:-1], strict=True):
            norm.weight.fill_(1)
            norm.bias.copy_(bias)
            norm.running_mean.fill_(0)
            norm.running_var.fill_(1 - norm.eps)
        rounded.head.bias.copy_(biases[-1])
    return rounded


def detector_payload(detector):
    """Return what a page needs of a detector, in the form of `pyramid_payload`: weights of 8 bits in base64."""
    layers = layers_of(detector)
    rounded = [quantize(layer.weight) for layer in layers]
    return {
        "heads": [[len(layers), STRIDE, detector.anchors.tolist()]],
        "anchor_free": False,
        "bits": 8,
        "num_classes": detector.num_classes,
        "layers": [
            [*layer.weight.shape[:3], layer.stride, layer.groups, int(layer.active), i, added]
            for i, layer in enumerate(layers)
            for added in [i + 1 - layer.skip if layer.skip else -1]
        ],
        "weights": to_base64(torch.cat([steps.flatten() for steps, _ in rounded])),
        "sizes": to_base64(torch.cat([scale for _, scale in rounded])),
        "biases": to_base64(torch.cat([layer.bias.float() for layer in layers])),
    }


def _check(detector):
    if not isinstance(detector, GridDetector):
        raise TypeError(f"detector is a {type(detector).__name__}: expected a d2lite.models.GridDetector")
    check_weights(detector, "detector")
    check_layers(detector, lambda: GridDetector(detector.anchors, **detector.shape), "detector")
