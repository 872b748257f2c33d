"""Tensors from whatever holds numbers: read-only, reversed and foreign arrays, lists of tensors."""

import math
import re

import numpy as np
import torch
from torch import fx, nn

from d2lite._utils.checks import plain_number
from d2lite._utils.state import keep_draws

# torch counts with few of these
_WIDE = dict.fromkeys((torch.uint16, torch.uint32, torch.uint64), torch.int64)


def as_tensor(value, name, device=None, dtype=None):
    """Return a tensor of real numbers or booleans, sharing memory where that is safe.

    Args:
        value: tensor, array, or lists of numbers, arrays or tensors of one shape.
        name: the argument's name, for the message.
        device: where to put what is not a tensor yet; None leaves it on the CPU.
        dtype: how to read lists of Python's numbers; None takes torch's way, float32 for floats.

    Raises:
        ValueError: it holds something else, masked places too, or its parts differ in shape.
    """
    if np.ma.is_masked(value):
        raise ValueError(f"{name} has masked places: expected a number in each; leave them out, or fill them")
    try:
        tensor = _convert(value, name, dtype)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        shapes = _part_shapes(value)
        if len(shapes) > 1:
            raise ValueError(
                f"{name} has parts of shapes {shapes[0]} and {shapes[1]}: expected one shape; cut, pad or scale them, "
                "or give them one by one"
            ) from error
        came = " ".join(line.strip() for line in repr(value).splitlines())  # of a tensor, on one
        raise ValueError(f"{name} is {came:.80}: expected a tensor, an array or lists of numbers") from error
    if tensor.is_complex():
        raise ValueError(f"{name} is of {tensor.dtype}: expected real numbers")
    if tensor.dtype == torch.uint64 and (tensor.view(torch.int64) < 0).any():
        raise ValueError(f"{name} holds {tensor.cpu().numpy().max()}: expected numbers below 2**63")
    tensor = tensor.to(_WIDE.get(tensor.dtype, tensor.dtype))
    return tensor if torch.is_tensor(value) or device is None else tensor.to(device)


def as_whole_numbers(value, name, device=None):
    """Return an int64 tensor, whatever dtype the numbers came in; a fraction, NaN or infinity raises a ValueError."""
    tensor = as_tensor(value, name, device)
    if tensor.is_floating_point():
        wrong = tensor[(tensor != tensor.trunc()) | ~tensor.isfinite()]
        if len(wrong):
            raise ValueError(f"{name} holds {wrong[0].item():g}: expected whole numbers")
    return tensor.to(torch.int64)


def as_mask(value, name, wanted="True and False, or 0 and 1"):
    """Return a bool tensor on the CPU; a value that is neither 0 nor 1, NaN among them, raises a ValueError."""
    mask = as_tensor(value, name).detach().cpu()
    if mask.dtype != torch.bool:
        wrong = mask[(mask != 0) & (mask != 1)]
        if len(wrong):
            raise ValueError(f"{name} holds {wrong[0].item():g}: expected {wanted}")
    return mask.bool()


def is_traced(value):
    """Return whether torch.fx follows a network, as `layer_table` does: there is no shape to check yet."""
    return isinstance(value, fx.Proxy)


def check_images(images, floating=False):
    """Return the shape of a batch of images (B, C, H, W), or raise a ValueError.

    Args:
        images: tensor.
        floating: whether its numbers must be floats; else bytes will do, too.
    """
    if not torch.is_tensor(images):
        raise ValueError(
            f"images is of type {type(images).__name__}: expected a tensor (B, C, H, W); use torch.as_tensor"
        )
    if images.ndim != 4:
        raise ValueError(f"images has shape {tuple(images.shape)}: expected (B, C, H, W)")
    if floating and not images.is_floating_point():
        raise ValueError(f"images has dtype {images.dtype}: expected floats; divide bytes by 255")
    return images.shape


def check_filling(value, name, dtype):
    """Return the number that pixels are filled with, booleans too; one that the dtype cannot hold is a ValueError."""
    number = int(value) if isinstance(value, (bool, np.bool_)) else plain_number(value)
    if number is None:
        raise ValueError(f"{name} is {value!r:.60}: expected a number")
    if dtype.is_floating_point:
        held = not math.isfinite(number) or abs(number) <= torch.finfo(dtype).max
    else:
        low, high = (0, 1) if dtype == torch.bool else (torch.iinfo(dtype).min, torch.iinfo(dtype).max)
        held = low <= number <= high and number == int(number)
    if not held:
        raise ValueError(f"{name} is {value!r:.60}: expected a number that {dtype} holds, as the images are")
    return number


def check_weights(model, name):
    """Raise a ValueError that names a parameter or buffer that is not finite, or from which a weight is computed."""
    state = model.state_dict()
    for part, value in state.items():
        normed = part.endswith("_g") and f"{part[:-2]}_v" in state  # by torch.nn.utils.weight_norm
        if normed or part.endswith("_orig") or "parametrizations." in part:
            raise ValueError(
                f"{name} has {part}, from which a weight is computed: expected the weight itself; first call "
                "torch.nn.utils.prune.remove or parametrize.remove_parametrizations"
            )
        if torch.is_tensor(value) and not value.isfinite().all():
            raise ValueError(f"{name} has {part} that is not finite: expected numbers; train it again")


def check_layers(model, make, name):
    """Raise a ValueError that names a layer of a module that is another than in the module that make() returns."""
    with keep_draws():
        made = make()
    own, wanted = (
        {part: _described(layer) for part, layer in each.named_modules() if not [*layer.children()]}
        for each in (model, made)
    )
    for part in own | wanted:
        if own.get(part) != wanted.get(part):
            raise ValueError(
                f"{name} has {own.get(part)} as {part}: expected {wanted.get(part)}, as {type(model).__name__} makes it"
            )


def _described(layer):
    return re.sub(r"momentum=\S+ ", "", str(layer))  # of a batch norm: it says how running means are learned


def are_distributions(values, axis=-1):
    """Return whether every row (along the axis) is a distribution: numbers, 0 or more, that sum to 1, to 0.001."""
    sums = values.sum(axis) if values.is_floating_point() else values.long().sum(axis).float()
    return bool((values >= 0).all()) and bool(((sums - 1).abs() <= 1e-3).all())


def gives_probabilities(model, inputs, scores, axis=-1):
    """Return whether a module ends in a sigmoid or softmax, and so gives no logits.

    Args:
        model: the module; it may be called once more, with autograd on.
        inputs: samples for that call; a few will do.
        scores: tensor that it gives, for these samples or more.
        axis: of the scores, that of the classes.
    """
    if not scores.is_floating_point() or not bool(((scores >= 0) & (scores <= 1)).all() & scores.any()):
        return False  # all 0 are the logits of a last layer that begins with 0
    softmax = scores.ndim > 1 and scores.shape[axis] > 1 and are_distributions(scores, axis)
    if softmax or isinstance([*model.modules()][-1], (nn.Sigmoid, nn.Softmax, nn.Softmax2d)):
        return True
    with torch.enable_grad():
        return is_sigmoid(model(inputs))  # one that forward calls is no module


def is_sigmoid(scores):
    """Return whether a sigmoid has computed scores: autograd, where it is on, notes it; shapes changed since aside."""
    step = scores.grad_fn
    while type(step).__name__.startswith(("Squeeze", "Unsqueeze", "View", "Select")):
        step = step.next_functions[0][0]
    return type(step).__name__ == "SigmoidBackward0"


def _part_shapes(value):
    """Return the different shapes of the tensors and arrays in a list, in order."""
    parts = value if isinstance(value, (list, tuple)) else ()
    return [*dict.fromkeys(tuple(part.shape) for part in parts if hasattr(part, "shape"))]


def _convert(value, name, dtype):
    if torch.is_tensor(value):
        return value
    if isinstance(value, (list, tuple)):
        if any(torch.is_tensor(part) for part in value):
            return torch.stack([as_tensor(part, name, dtype=dtype) for part in value])
        if not any(isinstance(part, np.ndarray) for part in value):
            return torch.as_tensor(value, dtype=dtype)
    array = np.asarray(value)
    unsafe = not array.flags.writeable or not array.dtype.isnative or min(array.strides, default=0) < 0
    return torch.as_tensor(array.astype(array.dtype.newbyteorder("=")) if unsafe else array)
