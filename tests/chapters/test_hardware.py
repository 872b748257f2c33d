"""The chapter on hardware: its counts against torch's, its grid against products, its rounding against NumPy's."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from d2lite.models import layer_table
from d2lite.widgets.roofline import MACHINES, RooflineExplorer


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("09_beyond/hardware")
    chapter.define("setup", "loads", "systolic", "half")
    chapter.run("chips-run", "traps-run", "train")
    return chapter


def counted(compute, *tensors):
    """Return operations by torch's counter, and the bytes of what goes in and comes out."""
    with FlopCounterMode(display=False) as counter:
        out = compute(*tensors)
    return counter.get_total_flops(), sum(tensor.nbytes for tensor in (*tensors, out))


@pytest.mark.parametrize("B", [1, 5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_loads_are_those_that_torch_counts(lesson, B, dtype):
    s = dtype.itemsize
    make = lambda *shape: torch.zeros(shape, dtype=dtype)
    assert lesson["dense"](B, 24, s) == counted(F.linear, make(B, 24), make(24, 24))
    conv = lambda x, w: F.conv2d(x, w, padding=1)
    assert lesson["convolution"](B, 4, 6, s) == counted(conv, make(B, 4, 6, 6), make(4, 4, 3, 3))
    read = lambda q, k, v: torch.bmm(torch.bmm(q, k.mT), v)
    tensors = make(B, 1, 8), make(B, 20, 8), make(B, 20, 8)
    assert lesson["cached_letter"](B, 8, 20, s) == counted(read, *tensors)


def test_operations_are_twice_the_multiply_adds_of_the_table(lesson):
    table = layer_table(nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False)), (4, 6, 6))
    assert lesson["convolution"](1, 4, 6, 4)[0] == 2 * table.multiply_adds


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 2, 2), (7, 3, 5), (1, 6, 4), (9, 4, 1)])
def test_the_grid_computes_products(lesson, shape):
    M, K, N = shape
    generator = torch.Generator().manual_seed(sum(shape))
    A, B = (torch.randint(-20, 20, size, generator=generator).float() for size in ((M, K), (K, N)))
    out, busy = lesson["systolic"](A, B)
    assert torch.equal(out, A @ B)
    assert busy == M / (M + K + N - 2)


def test_its_chips_are_the_explorers(lesson):
    for name, (multipliers, clock, bandwidth) in lesson["chips"].items():
        key = {"CPU": "haswell", "GPU": "a100", "TPU": "tpu1"}[name[:3]]
        machine = MACHINES[key]
        assert machine["bandwidth"] == bandwidth
        assert 2e-3 * multipliers * clock == pytest.approx(machine["peaks"][name[-4:]], rel=0.02)


def test_rounding_is_numpys_on_both_ways(lesson):
    x = torch.linspace(-3, 3, 101).mul(1e-6).requires_grad_()
    weight = torch.linspace(1e-9, 1e-6, 101)
    out = lesson["Rounded"].apply(x, torch.float16)
    out.backward(weight)
    expected = [tensor.detach().numpy().astype(np.float16) for tensor in (x, weight)]
    assert np.array_equal(out.detach().numpy(), expected[0].astype(np.float32))
    assert np.array_equal(x.grad.numpy(), expected[1].astype(np.float32))


def test_without_rounding_the_scale_changes_nothing(lesson):
    plain, scaled = (lesson["first_gradient"](scale=scale) for scale in (1.0, 2.0**12))
    assert torch.allclose(plain, scaled, rtol=1e-4, atol=0)


def test_training_in_fp32_is_the_plain_loop(lesson):
    """Ten steps of `train` give the loss of a loop written again, to rounding."""
    images, labels = lesson["images"], lesson["labels"]
    torch.manual_seed(3)
    net = nn.Sequential(nn.Linear(196, 128), nn.ReLU(), nn.Linear(128, 10))
    for _ in range(10):
        batch = torch.randint(8000, (64,))
        loss = F.cross_entropy(net(images[batch]), labels[batch])
        for w, g in zip(net.parameters(), torch.autograd.grad(loss, net.parameters()), strict=True):
            w.data -= 0.1 * g
    with torch.no_grad():
        expected = F.cross_entropy(net(images[8000:]), labels[8000:]).item()
    assert lesson["train"]("fp32", 3, 0.1, num_steps=10)[1] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("trait", "value"),
    [("machine", "abacus"), ("batch", 3), ("data_type", "fp8"), ("own_peak", 0), ("side", 57)],
)
def test_the_explorer_refuses_what_it_does_not_have(trait, value):
    with pytest.raises(ValueError, match=trait):
        RooflineExplorer(**{trait: value})
