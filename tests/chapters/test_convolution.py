"""The chapter's own functions, taken from its cells, against torch over random shapes, and against the package's."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from d2lite.vision import unfold


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, its slow runs left out."""
    chapter = read_chapter("06_cnn/convolution")
    chapter.run("setup", "average", "loops", "output-size", "backward-code", "im2col", "im2col-backward")
    return chapter


@st.composite
def layers(draw):
    """Draw the sizes of a layer in which at least one window fits."""
    number = lambda most: draw(st.integers(1, most))
    stride, padding, dilation = number(3), draw(st.integers(0, 3)), number(3)
    sides = []
    for _ in range(2):
        k = number(3)
        least = max(1, dilation * (k - 1) + 1 - 2 * padding)
        sides.append((draw(st.integers(least, least + 4)), k))
    (H, kH), (W, kW) = sides
    return (number(2), number(3), H, W), (number(3), kH, kW), (stride, padding, dilation), number(10_000)


@settings(max_examples=40, deadline=None)
@given(layer=layers())
def test_loops_and_columns_are_conv2d_forward_and_backward(chapter, layer):
    shape, (num, kH, kW), arguments, seed = layer
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(num, shape[1], kH, kW, generator=generator, dtype=torch.float64, requires_grad=True)
    y = F.conv2d(x, weight, None, *arguments)
    grad = torch.randn(y.shape, generator=generator, dtype=torch.float64)
    expected = torch.autograd.grad(y, (x, weight), grad)
    x, weight = x.detach(), weight.detach()
    for name in ("correlate_loops", "correlate"):
        assert torch.allclose(chapter[name](x, weight, *arguments), y, atol=1e-12), name
        gradients = chapter[f"{name}_backward"](grad, x, weight, *arguments)
        for ours, theirs in zip(gradients, expected, strict=True):
            assert torch.allclose(ours, theirs, atol=1e-12), name


@settings(max_examples=40, deadline=None)
@given(layer=layers())
def test_the_package_holds_the_chapters_lines(chapter, layer):
    (_, _, H, W), (_, kH, kW), (stride, padding, dilation), _ = layer
    sides = (H + 2 * padding, W + 2 * padding)
    ours = chapter["window_index"](*sides, kH, kW, stride, dilation)
    assert torch.equal(ours, unfold.window_index(*sides, (kH, kW), stride, dilation))
    arguments = (H, kH, stride, padding, dilation)
    assert chapter["output_size"](*arguments) == unfold.output_size(*arguments)


def test_averaging_over_shifts_leaves_a_circular_correlation(read_chapter):
    names = read_chapter("06_cnn/convolution")
    names.run("setup", "average")
    n, V = names["n"], names["V"]
    kernel = V[0].reshape(n, n)  # what the output in the corner looks at
    x = torch.randn(1, 1, n, n, dtype=torch.float64)
    wrapped = F.pad(x, (0, n - 1, 0, n - 1), mode="circular")
    expected = F.conv2d(wrapped, kernel[None, None])
    assert torch.allclose(names["averaged"](x[0]), expected[0])
