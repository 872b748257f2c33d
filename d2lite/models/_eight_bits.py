"""Weights of 8 bits: batch norm folded into the convolutions, each output channel rounded to 127ths of its largest."""

import base64
import copy
from typing import NamedTuple

import torch
from torch import nn

from d2lite.models._grid_detector import GridDetector


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


def round_weight(weight):
    """Return a (O, ...) weight as int8 steps, and the (O,) float32 size of a step; step times size is the weight.

    The largest weight of each output channel becomes 127 or -127; a channel of zeros has steps of size 1.
    """
    largest = weight.flatten(1).abs().amax(dim=1)  # (O,)
    size = torch.where(largest > 0, largest / 127, 1.0).float()
    shape = (-1, *[1] * (weight.dim() - 1))
    return (weight / size.double().view(shape)).round().clamp(-127, 127).to(torch.int8), size


def eight_bit_detector(detector):
    """Return a copy of a detector whose weights are those of the page: rounded to 8 bits, batch norm folded in.

    Args:
        detector: `GridDetector`, left as it is.

    Returns:
        `GridDetector` in evaluation mode, of the same dtype; its batch norms only add the folded biases.

    Source: Jacob et al. 2018, sections 2.1 and 3.2 (folding), weights only. Taught in chapters/08_detection/yolo.
    """
    rounded = copy.deepcopy(detector).eval()
    convolutions = [module for module in rounded.modules() if isinstance(module, nn.Conv2d)]
    norms = [module for module in rounded.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for convolution, layer in zip(convolutions, layers_of(detector), strict=True):
            steps, size = round_weight(layer.weight)
            convolution.weight.copy_(steps.double() * size.double()[:, None, None, None])
        biases = [layer.bias.float() for layer in layers_of(detector)]
        for norm, bias in zip(norms, biases[:-1], strict=True):
            norm.weight.fill_(1)
            norm.bias.copy_(bias)
            norm.running_mean.fill_(0)
            norm.running_var.fill_(1 - norm.eps)
        rounded.head.bias.copy_(biases[-1])
    return rounded


def detector_payload(detector):
    """Return what a page needs of a detector: anchors, shapes, and the weights of 8 bits in base64."""
    layers = layers_of(detector)
    rounded = [round_weight(layer.weight) for layer in layers]
    steps = torch.cat([steps.flatten() for steps, _ in rounded])
    sizes = torch.cat([size for _, size in rounded])
    biases = torch.cat([layer.bias.float() for layer in layers])
    return {
        "anchors": detector.anchors.cpu().double().tolist(),
        "num_classes": detector.num_classes,
        "layers": [
            [*layer.weight.shape[:3], layer.stride, layer.groups, int(layer.active), layer.skip]
            for layer in layers
        ],
        "weights": _base64(steps),
        "sizes": _base64(sizes),
        "biases": _base64(biases),
    }


def _base64(tensor):
    array = tensor.cpu().numpy()
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()


def _check(detector):
    if not isinstance(detector, GridDetector):
        raise TypeError(f"Got {type(detector).__name__}, expected a GridDetector: make one of d2lite.models.")
