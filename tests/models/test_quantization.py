"""Weights in 8 bits or fewer against a plain loop, and what is refused."""

import numpy as np
import pytest
import torch

from d2lite.models.quantization import dequantize, dequantize_all, quantize, quantize_all


@pytest.mark.parametrize("shape", [(6, 1, 5, 5), (10, 84), (3, 1), (7,)])
@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_each_channel_has_steps_of_its_own_scale(shape, size):
    weight = size * torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    steps, scale = quantize(weight)
    assert (steps.dtype, scale.dtype) == (torch.int8, torch.float32)
    assert (steps.shape, scale.shape) == (weight.shape, weight.shape[:1])
    for channel, row, s in zip(weight, steps, scale.double(), strict=True):
        assert s == pytest.approx(channel.abs().max().item() / 127, rel=1e-6)
        assert row.abs().max() == 127
        assert (channel - row * s).abs().max() <= 0.5001 * s
    assert torch.equal(dequantize(steps, scale)[0], steps[0] * scale.double()[0])


@pytest.mark.parametrize(("bits", "most"), [(8, 127), (6, 31), (4, 7), (3, 3), (2, 1)])
def test_fewer_bits_have_fewer_steps(bits, most):
    weight = torch.randn(6, 50, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    steps, scale = quantize(weight, bits)
    assert steps.abs().amax(1).tolist() == [most] * 6
    assert scale.tolist() == pytest.approx((weight.abs().amax(1) / most).tolist(), rel=1e-6)
    whole, one = quantize(weight[None], bits)
    assert one.tolist() == pytest.approx([weight.abs().max().item() / most], rel=1e-6)
    assert (dequantize(whole, one)[0] - weight).abs().max() <= 0.5001 * one


@pytest.mark.parametrize("bits", [1, 9, 4.5, True, "8"])
def test_other_numbers_of_bits_are_refused(bits):
    with pytest.raises(ValueError, match="bits is .*: expected a whole number, from 2 to 8"):
        quantize(torch.ones(2, 2), bits)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.int64])
def test_every_dtype_is_taken_and_nothing_is_changed(dtype):
    weight = (
        torch.tensor([[1.0, -2.0], [0.0, 0.0], [4.0, 2.0]]).to(dtype).requires_grad_(dtype.is_floating_point)
    )
    steps, scale = quantize(weight)
    assert steps.tolist() == [[64, -127], [0, 0], [127, 64]]
    assert scale[1] == 1
    assert weight.dtype == dtype
    assert quantize(np.float32([[1, -2]]))[0].tolist() == [[64, -127]]


def test_weights_too_small_for_a_scale_become_zero():
    steps, scale = quantize(torch.tensor([[1e-300, 0.0]], dtype=torch.float64))
    assert steps.tolist() == [[0, 0]]
    assert scale.tolist() == [1]


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (torch.tensor(1.0), r"weight has shape \(\): expected"),
        (torch.zeros(0, 3), r"weight has shape \(0, 3\)"),
        (torch.zeros(3, 0), r"weight has shape \(3, 0\)"),
        (torch.tensor([[1.0, float("nan")]]), "expected finite float32 numbers"),
        (torch.tensor([[1.0, float("-inf")]]), "expected finite float32 numbers"),
        (torch.tensor([[1e300]], dtype=torch.float64), "expected finite float32 numbers"),
        (torch.zeros(2, 2, dtype=torch.complex64), "weight is of torch.complex64: expected real numbers"),
    ],
)
def test_what_has_no_steps_is_refused(weight, message):
    with pytest.raises(ValueError, match=message):
        quantize(weight)


def test_named_weights_have_their_scales_beside_them():
    weights = {"a": torch.randn(3, 4), "b": torch.randn(2, 2)}
    tensors = quantize_all(weights) | {"bias": torch.ones(3)}
    assert list(tensors) == ["a", "a.scale", "b", "b.scale", "bias"]
    again = dequantize_all(tensors)
    assert list(again) == ["a", "b", "bias"]
    assert torch.allclose(again["a"].float(), weights["a"], atol=weights["a"].abs().max().item() / 250)
    assert torch.equal(again["bias"], tensors["bias"])


def test_scales_of_another_length_are_refused():
    with pytest.raises(ValueError, match=r"scale has shape \(2,\): expected \(3,\), one a channel"):
        dequantize(torch.zeros(3, 4, dtype=torch.int8), torch.ones(2))
    assert dequantize(torch.ones(3, 4, dtype=torch.int8), torch.tensor(0.5)).unique().tolist() == [0.5]
