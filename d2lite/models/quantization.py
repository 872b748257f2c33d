"""Weights in 8 bits or fewer: each output channel as whole steps from -127 to 127, or fewer, times one scale."""

import torch

from d2lite._utils.checks import check_count
from d2lite._utils.tensors import as_tensor

STEPS = 127  # on either side of zero, in 8 bits
SCALE = ".scale"  # after a weight's name, the name of its scales


def quantize(weight, bits=8):
    """Return a weight as whole steps, and the scale of each output channel; steps times scale is the weight.

    The largest weight of each channel becomes 127 or -127, so the error is at most half a scale; a channel of zeros
    has scale 1. One scale for the whole tensor: `quantize(weight[None])`, one channel that holds it all.

    Args:
        weight: (O, ...) tensor or array of finite numbers, of any dtype and on any device.
        bits: from 2 to 8; the steps go to 2**(bits - 1) - 1 on either side of zero: 127, 63, 31, 15, 7, 3, 1.

    Returns:
        (steps, scale): int8 tensor of the weight's shape and (O,) float32 tensor, on the CPU.

    Raises:
        ValueError: the weight is empty, has no axis of channels, or is not finite; or bits is no whole number from
            2 to 8.

    Source: Jacob et al. 2018, section 2.1, with zero as the zero point; Krishnamoorthi 2018, section 3.1, a scale for
    each channel. Taught in chapters/06_cnn/compression.
    """
    most = 2 ** (check_count(bits, "bits", 2, 8) - 1) - 1
    weight = as_tensor(weight, "weight").detach().cpu()
    if weight.dim() == 0 or weight.numel() == 0:
        raise ValueError(
            f"weight has shape {tuple(weight.shape)}: expected real numbers, (O, ...) with O output channels"
        )
    rows = weight.double().reshape(len(weight), -1)  # (O, ...) -> (O, D)
    scale = (rows.abs().amax(dim=1) / most).float()
    if not scale.isfinite().all():
        raise ValueError(
            f"weight runs from {rows.min():g} to {rows.max():g}: expected finite float32 numbers"
        )
    scale = torch.where(scale > 0, scale, 1.0)
    steps = (rows / scale.double()[:, None]).round().clamp(-most, most).to(torch.int8)
    return steps.view(weight.shape), scale


def dequantize(steps, scale):
    """Return the weight that steps and scales stand for.

    Args:
        steps: (O, ...) int8 tensor.
        scale: (O,) float tensor, or 0-d: one for all channels.

    Returns:
        (O, ...) float64 tensor, on the CPU.

    Raises:
        ValueError: there is not one scale a channel.
    """
    steps, scale = (torch.as_tensor(part).detach().cpu().double() for part in (steps, scale))
    if scale.dim() and scale.shape != steps.shape[:1]:
        raise ValueError(
            f"scale has shape {tuple(scale.shape)}: expected {tuple(steps.shape[:1])}, one a channel"
        )
    return steps * scale.reshape(-1, *[1] * (steps.dim() - 1))


def quantize_all(weights):
    """Return named weights as named steps, and beside each "name" its "name.scale".

    Args:
        weights: dict of name to (O, ...) tensor.

    Returns:
        dict of name to tensor, as `d2lite.models.weights.save` takes it.

    Raises:
        ValueError: as for `quantize`.
    """
    pairs = {name: quantize(weight) for name, weight in weights.items()}
    return {
        key: part for name, (s, scale) in pairs.items() for key, part in ((name, s), (name + SCALE, scale))
    }


def dequantize_all(tensors):
    """Return the named weights of `quantize_all` in float64; tensors without a scale beside them as they are."""
    return {
        name: dequantize(part, tensors[name + SCALE]) if name + SCALE in tensors else part
        for name, part in tensors.items()
        if not name.endswith(SCALE)
    }
