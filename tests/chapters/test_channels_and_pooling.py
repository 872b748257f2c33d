"""The chapter's own functions, taken from its cells, against torch over random shapes."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("06_cnn/channels_and_pooling")
    chapter.run("setup", "costs-code", "pool", "field-code", "ways")
    chapter.define("sum", "seen", "effective-code")
    return chapter


@st.composite
def pools(draw):
    """Draw a pool that torch takes: padding at most half the window, which fits."""
    k = draw(st.integers(1, 4))
    padding = draw(st.integers(0, k // 2))
    sides = [draw(st.integers(max(1, k - 2 * padding), 8)) for _ in range(2)]
    return (draw(st.integers(1, 2)), draw(st.integers(1, 3)), *sides), (k, draw(st.integers(1, 3)), padding)


@settings(max_examples=60, deadline=None)
@given(pool=pools(), seed=st.integers(0, 10_000))
def test_pooling_is_that_of_torch_forward_and_backward(chapter, pool, seed):
    shape, arguments = pool
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
    grad = None
    for name, layer in (("max", F.max_pool2d), ("avg", F.avg_pool2d)):
        y = layer(x, *arguments)
        grad = torch.randn(y.shape, generator=generator, dtype=torch.float64)
        expected = torch.autograd.grad(y, x, grad)[0]
        flat = grad.flatten(2)
        if name == "max":
            ours, winner = chapter["max_pool"](x.detach(), *arguments)
            back = chapter["max_pool_backward"](flat, winner, shape, *arguments)
        else:
            ours = chapter["pool_columns"](x.detach(), *arguments).mean(2)
            back = chapter["avg_pool_backward"](flat, shape, *arguments)
        assert torch.allclose(ours, y.flatten(2)), name
        assert torch.allclose(back, expected), name


@settings(max_examples=40, deadline=None)
@given(
    layers=st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 2), st.integers(1, 3)), min_size=1, max_size=4
    )
)
def test_the_recurrence_is_what_gradients_measure(chapter, layers):
    width, count = chapter["seen"](layers, size=220)
    assert chapter["field"](layers)[0] == width >= count


@settings(max_examples=30, deadline=None)
@given(
    channels=st.integers(1, 4), kernels=st.integers(1, 4), k=st.integers(1, 3), seed=st.integers(0, 10_000)
)
def test_summed_slices_are_the_layer_of_torch(chapter, channels, kernels, k, seed):
    generator = torch.Generator().manual_seed(seed)
    shapes = (channels, 5, 6), (kernels, channels, k, k), (kernels,)
    x, weight, bias = (torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes)
    assert torch.allclose(chapter["conv_channels"](x, weight, bias), F.conv2d(x, weight, bias))


def test_costs_are_those_of_torch(chapter):
    for C, C_out, k, side, groups in [(1, 1, 1, 1, 1), (3, 7, 5, 4, 1), (8, 2, 3, 6, 2), (6, 6, 3, 5, 6)]:
        layer = nn.Conv2d(C, C_out, k, groups=groups)
        parameters, products = chapter["cost"](C, C_out, k, side, groups)
        assert parameters == sum(p.numel() for p in layer.parameters())
        outputs = layer(torch.zeros(1, C, side + k - 1, side + k - 1)).numel()
        assert products == layer.weight[0].numel() * outputs  # each output number takes one kernel's weights


def test_ways_are_coefficients_of_a_power(chapter):
    for num_layers, k in [(1, 3), (4, 3), (3, 5)]:
        row = [1]
        for _ in range(num_layers):  # multiply by 1 + x + ... + x^(k - 1)
            row = [sum(row[max(0, i - k + 1) : i + 1]) for i in range(len(row) + k - 1)]
        assert chapter["ways"](num_layers, k).tolist() == row


def test_squared_gradients_are_shared_out_by_the_ways(chapter):
    """Other seeds than the chapter's."""
    for seed in (11, 12):
        share = chapter["influence"](12, nets=20, seed=seed)
        exact = chapter["ways"](12) / chapter["ways"](12).sum()
        assert (share - exact).abs().sum() < 0.2
