"""Tensors from whatever holds numbers: read-only, reversed and foreign arrays, lists of tensors."""

import numpy as np
import torch

_WIDE = {
    torch.uint16: torch.int64,
    torch.uint32: torch.int64,
    torch.uint64: torch.int64,
}  # torch counts with few


def as_tensor(value, name, device=None, dtype=None):
    """Return a tensor of real numbers or booleans, sharing memory where that is safe.

    Args:
        value: tensor, array, or lists of numbers, arrays or tensors of one shape.
        name: the argument's name, for the message.
        device: where to put what is not a tensor yet; None leaves it on the CPU.
        dtype: how to read lists of Python's numbers; None takes torch's way, float32 for floats.

    Raises:
        ValueError: it holds something else, or its parts differ in shape.
    """
    try:
        tensor = _convert(value, name, dtype)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise ValueError(
            f"{name} is {value!r:.80}: expected a tensor, an array or lists of numbers"
        ) from error
    if tensor.is_complex():
        raise ValueError(f"{name} is of {tensor.dtype}: expected real numbers")
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
