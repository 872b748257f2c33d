"""Windows: sizes over thousands of settings, columns and their transpose against torch's own."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lite.vision.unfold import col2im, im2col, output_size, window_index


def test_size_is_that_of_torch_over_thousands_of_settings():
    """The meta device computes shapes alone."""
    checked = refused = 0
    grid = itertools.product(range(1, 13), range(1, 6), range(1, 5), range(4), range(1, 5))
    for size, kernel, stride, padding, dilation in grid:
        x, weight = torch.empty(1, 1, size, device="meta"), torch.empty(1, 1, kernel, device="meta")
        arguments = (kernel, stride, padding, dilation)
        if dilation * (kernel - 1) + 1 <= size + 2 * padding:
            assert output_size(size, *arguments) == F.conv1d(x, weight, None, *arguments[1:]).shape[2]
            checked += 1
        else:
            with pytest.raises(ValueError, match="the window is"):
                output_size(size, *arguments)
            with pytest.raises(RuntimeError, match="size"):
                F.conv1d(x, weight, None, *arguments[1:])
            refused += 1
    assert checked > 2500 and refused > 300


def test_size_is_the_number_of_windows_counted():
    for size, kernel, stride, padding, dilation in [(7, 3, 2, 0, 1), (8, 3, 3, 1, 2), (5, 5, 4, 0, 1)]:
        length = size + 2 * padding
        starts = [at for at in range(0, length, stride) if at + dilation * (kernel - 1) < length]
        assert output_size(size, kernel, stride, padding, dilation) == len(starts)


shapes = st.fixed_dictionaries(
    {
        "B": st.integers(1, 2), "C": st.integers(1, 3), "H": st.integers(1, 8), "W": st.integers(1, 8),
        "kH": st.integers(1, 4), "kW": st.integers(1, 4), "stride": st.integers(1, 3),
        "padding": st.integers(0, 3), "dilation": st.integers(1, 3),
    }
).filter(
    lambda s: s["dilation"] * (max(s["kH"], s["kW"]) - 1) + 1 <= min(s["H"], s["W"]) + 2 * s["padding"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(shapes, st.integers(0, 2**32 - 1))
def test_columns_are_unfold_and_its_transpose_is_fold(shape, seed):
    B, C, H, W, kH, kW = (shape[name] for name in ("B", "C", "H", "W", "kH", "kW"))
    stride, padding, dilation = (shape[name] for name in ("stride", "padding", "dilation"))
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(B, C, H, W, dtype=torch.float64, generator=generator)
    columns = im2col(x, (kH, kW), stride, padding, dilation)
    assert torch.equal(columns, F.unfold(x, (kH, kW), dilation, padding, stride))
    other = torch.randn(columns.shape, dtype=torch.float64, generator=generator)
    back = col2im(other, x.shape, (kH, kW), stride, padding, dilation)
    assert torch.allclose(back, F.fold(other, (H, W), (kH, kW), dilation, padding, stride))
    assert torch.isclose((columns * other).sum(), (x * back).sum())  # the transpose, by its definition


def test_the_padding_can_hold_another_value():
    columns = im2col(torch.zeros(1, 1, 1, 1), 3, padding=1, value=-float("inf"))
    assert columns.isneginf().sum() == 8


def test_one_window_covers_all():
    assert torch.equal(window_index(3, 3, 3)[:, 0], torch.arange(9))
    assert window_index(4, 5, (2, 3)).tolist()[0] == [0, 1, 2, 5, 6, 7, 10, 11, 12]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: output_size(3, 0), "kernel_size is 0"),
        (lambda: output_size(3, 2, stride=0), "stride is 0"),
        (lambda: output_size(3, 2, padding=-1), "padding is -1"),
        (lambda: output_size(3, 2, dilation=float("nan")), "dilation is nan"),
        (
            lambda: output_size(4, 3, dilation=2),
            "the window is 5 pixels long: expected at most the padded side's 4",
        ),
        (lambda: im2col(torch.zeros(3, 3), 2), "expected \\(B, C, H, W\\)"),
        (lambda: col2im(torch.zeros(1, 4, 3), (1, 1, 3, 3), 2), "expected \\(1, 4, 4\\)"),
        (lambda: col2im(torch.zeros(1, 4, 4), 3, 2), "shape is 3: expected \\(B, C, H, W\\)"),
        (lambda: im2col(torch.zeros(1, 1, 3, 3), 2, value="a"), "value is 'a': expected a number"),
        (
            lambda: im2col(torch.zeros(1, 1, 3, 3).byte(), 2, padding=1, value=0.5),
            "value is 0.5: expected a number that torch.uint8 holds",
        ),
    ],
)
def test_errors_say_what_came_and_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_gradients_flow_through_both():
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: im2col(x, 2, padding=1), x)
    columns = torch.randn(1, 8, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda c: col2im(c, (1, 2, 4, 4), 2), columns)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int32, torch.bool])
def test_sums_of_bytes_are_not_wrapped(dtype):
    images = torch.full((1, 1, 4, 4), 100).to(dtype)
    columns = im2col(images, 3, padding=1)
    back = col2im(columns, (1, 1, 4, 4), 3, padding=1)
    assert back.dtype == torch.int64
    assert torch.equal(back.double(), F.fold(columns.double(), 4, 3, padding=1))
