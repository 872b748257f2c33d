"""The weights of a `PyramidDetector` in 8 bits: those that ship, and those that a page reads."""

import string

import torch
from torch import nn

from d2lite._utils.encoding import to_base64
from d2lite._utils.state import keep_draws
from d2lite._utils.tensors import check_layers, check_weights
from d2lite.models import weights
from d2lite.models._detector_weights import halved
from d2lite.models._pyramid_detector import PyramidDetector
from d2lite.models.quantization import dequantize, quantize

PAGE_BITS = 6
LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+"  # of the steps -31 to 31


def folded_convolutions(detector):
    """Return name to (convolution, batch norm or None, weight, bias), in float64, batch norm folded in."""
    found = {}
    for name, module in detector.named_modules():
        if isinstance(module, nn.Sequential) and len(module) == 3 and isinstance(module[1], nn.BatchNorm2d):
            convolution, norm, _ = module
            factor = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().double()  # (O,)
            weight = convolution.weight.detach().double() * factor[:, None, None, None]
            bias = norm.bias.detach().double() - norm.running_mean.double() * factor
            found[name] = convolution, norm, weight, bias
        elif isinstance(module, nn.Conv2d) and name.startswith("heads"):
            found[name] = module, None, module.weight.detach().double(), module.bias.detach().double()
    return found


def save_modern_detector(path, detector, record):
    """Write the file that `pretrained_modern_detector` reads, the weights in 8 bits; record is its dict.

    All layers' steps, scales and biases stand in one tensor each, in the order of `folded_convolutions`: a hundred
    small arrays would be a quarter of the file.

    Raises:
        TypeError: it is no `PyramidDetector`.
        ValueError: a number is not finite, a weight is computed from others, or the path does not end in ".npz".
    """
    _check(detector)
    folded = folded_convolutions(detector).values()
    rounded = [quantize(weight) for _, _, weight, _ in folded]
    tensors = {
        "steps": torch.cat([steps.flatten() for steps, _ in rounded]),
        "scales": torch.cat([scale for _, scale in rounded]),
        "biases": halved(torch.cat([bias for _, _, _, bias in folded])),
    }
    if not detector.anchor_free:
        tensors |= {f"anchors{i}": sizes for i, sizes in enumerate(detector.anchors)}
    return weights.save(weights.check_file(path), tensors, {**record, "shape": detector.shape})


def pretrained_modern_detector(path=None):
    """Return the detector of the chapter on modern detectors, and how it was trained.

    Args:
        path: a file that tools/record/modern_detector.py wrote; None for the one that ships.

    Returns:
        `PyramidDetector` in evaluation mode, its weights those of 8 bits, its batch norms only adding the folded
        biases; and a dict: "map_50" and "merged_map_50", measured then with each position's best class alone;
        "measured" and "errors", beside YOLO's detector, also with every class; "row", its changes; "lr", "losses",
        "seconds", "command" and what else says where it is from.

    Raises:
        ValueError: the file holds no such detector.
        FileNotFoundError: there is no such file.

    Taught in chapters/08_detection/modern_detectors.
    """
    tensors, record = weights.load("modern_detector" if path is None else path)
    try:
        anchors = [tensors[name] for name in sorted(tensors) if name.startswith("anchors")] or None
        with keep_draws():
            detector = PyramidDetector(anchors, **record["shape"]).eval()
        _fill(detector, tensors)
    except (ValueError, LookupError, RuntimeError, TypeError) as error:
        raise ValueError(
            f"{path} holds no detector ({error}): expected a file of tools/record/modern_detector.py"
        ) from error
    return detector, record


@torch.no_grad()
def _fill(detector, tensors):
    folded = folded_convolutions(detector).values()
    shapes = [convolution.weight.shape for convolution, _, _, _ in folded]
    steps = tensors["steps"].split([shape.numel() for shape in shapes])
    scales, biases = (tensors[name].split([shape[0] for shape in shapes]) for name in ("scales", "biases"))
    for (convolution, norm, _, _), step, scale, bias in zip(folded, steps, scales, biases, strict=True):
        convolution.weight.copy_(dequantize(step.view_as(convolution.weight), scale))
        (convolution if norm is None else norm).bias.copy_(bias)
        if norm is not None:
            norm.weight.fill_(1)
            norm.running_mean.fill_(0)
            norm.running_var.fill_(1 - norm.eps)


def pyramid_payload(detector):
    """Return what a page needs of a detector: its layers in the order they run, and weights of 6 bits, a letter each.

    In 8 bits a network of 94,000 weights and the bench's clothes would be more than a page may hold.

    A layer is [outputs, inputs of a group, kernel, stride, groups, active, from, add]: from is the maps that it reads,
    0 the picture, k what layer k made; add, the maps added to its result, doubled in size where they are coarser; -1
    for none. heads names the maps that are answers, with their stride and anchors.

    Args:
        detector: `PyramidDetector`.

    Returns:
        dict of what JSON holds.

    Raises:
        TypeError: it is no `PyramidDetector`.
        ValueError: a number is not finite, or a weight is computed from others.
    """
    _check(detector)
    folded = folded_convolutions(detector)
    layers, order, heads = _wiring(detector, folded)
    rounded = [quantize(folded[name][2], PAGE_BITS) for name in order]
    steps = torch.cat([steps.flatten() for steps, _ in rounded])
    return {
        "heads": [
            [head, stride, sizes.tolist()]
            for head, stride, sizes in zip(heads, detector.strides, detector.anchors, strict=True)
        ],
        "anchor_free": detector.anchor_free,
        "bits": PAGE_BITS,
        "num_classes": detector.num_classes,
        "layers": layers,
        "weights": "".join(LETTERS[step + 31] for step in steps.tolist()),
        "sizes": to_base64(torch.cat([scale for _, scale in rounded])),
        "biases": to_base64(torch.cat([folded[name][3].float() for name in order])),
    }


def _wiring(detector, folded):
    """Return the layers in the order they run, as `pyramid_payload` describes them, their names, and the heads."""
    layers, order = [], []

    def run(name, source, add=-1):
        convolution, norm, _, _ = folded[name]
        kind = [*convolution.weight.shape[:3], convolution.stride[0], convolution.groups]
        layers.append([*kind, int(norm is not None), source, add])
        order.append(name)
        return len(layers)

    def chain(prefix, source, add=-1):
        """Run the convolutions of a sequence of two; add belongs to the last."""
        return run(f"{prefix}.1", run(f"{prefix}.0", source), add)

    fine = chain("fine", 0)
    middle = chain("middle", fine)
    for i in range(detector.shape["num_blocks"]):
        middle = chain(f"middle.{2 + i}", middle, middle if detector.shape["residual"] else -1)
    maps = [middle] if detector.neck == "none" else _neck_wiring(detector, fine, middle, run, chain)
    heads = [run(f"heads.{i}", each) for i, each in enumerate(maps)]
    return layers, order, heads


def _neck_wiring(detector, fine, middle, run, chain):
    """Run the layers of the neck; return its maps."""
    coarse = chain("coarse.0", middle)
    coarse = chain("coarse.1", coarse, coarse)
    sources = [fine, middle, coarse][-len(detector.laterals) :]
    maps = [run(f"laterals.{len(sources) - 1}", sources[-1])]
    for i in range(len(sources) - 2, -1, -1):
        maps.insert(0, run(f"laterals.{i}", sources[i], maps[0]))
    if detector.neck == "pan":
        for i in range(2):
            maps[i + 1] = chain(f"halve.{i}", maps[i], maps[i + 1])
        maps = maps[1:]
    return [chain(f"smooth.{i}", each) for i, each in enumerate(maps)]


def _check(detector):
    if not isinstance(detector, PyramidDetector):
        raise TypeError(f"detector is a {type(detector).__name__}: expected a d2lite.models.PyramidDetector")
    check_weights(detector, "detector")
    check_layers(detector, lambda: PyramidDetector(detector.anchors, **detector.shape), "detector")
