"""Normalization: the chapter's layers and gradients against torch's, its recordings against runs made now."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import d2lite

DOUBLE = torch.float64
ACCURACY = 0.06  # sums in 32 bits differ between machines, and hundreds of steps magnify that


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("05_regularization/normalization")
    chapter.define("setup", "normalize", "backward", "batch-norm", "train", "standardize", "solution-2")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("normalization")


def new(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


@pytest.mark.parametrize("shape", [(2, 3), (7, 1), (64, 5)])
def test_the_backward_pass_is_autograds(chapter, shape):
    inputs = [(3 * new(*shape) + 5).requires_grad_(), new(shape[1], seed=1), new(shape[1], seed=2)]
    inputs = [part.requires_grad_() for part in inputs]
    h = new(*shape, seed=3)
    theirs = torch.autograd.grad(
        (h * F.batch_norm(inputs[0], None, None, *inputs[1:], training=True)).sum(), inputs
    )
    out, kept = chapter["norm_forward"](*(part.detach() for part in inputs))
    torch.testing.assert_close(out, F.batch_norm(inputs[0], None, None, *inputs[1:], training=True).detach())
    for ours, other in zip(chapter["norm_backward"](h, kept), theirs, strict=True):
        torch.testing.assert_close(ours, other)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (nn.BatchNorm1d, (9, 4)),
        (nn.BatchNorm1d, (2, 4)),
        (nn.BatchNorm2d, (3, 4, 5, 6)),
        (nn.BatchNorm2d, (1, 4, 2, 2)),
    ],
)
@pytest.mark.parametrize("momentum", [0.1, 0.5])
def test_the_layer_is_torchs_in_training_and_in_use(chapter, kind, shape, momentum):
    ours, theirs = chapter["BatchNorm"](4, momentum).double(), kind(4, momentum=momentum).double()
    for layer in (ours, theirs):
        layer.weight.data, layer.bias.data = new(4, seed=1), new(4, seed=2)
    for step in range(4):
        x = 3 * new(*shape, seed=step) - 2
        outs = [layer(x.clone().requires_grad_()) for layer in (ours, theirs)]
        torch.testing.assert_close(*outs)
    for one, other in zip(ours.state_dict().items(), list(theirs.state_dict().items())[:4], strict=True):
        assert one[0] == other[0]
        torch.testing.assert_close(one[1], other[1])
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


def test_one_value_a_channel_is_refused_as_torch_refuses_it(chapter):
    for layer in (chapter["BatchNorm"](4), nn.BatchNorm1d(4)):
        with pytest.raises(ValueError, match="xpected more"):
            layer(torch.zeros(1, 4))
        assert layer.eval()(torch.zeros(1, 4)).shape == (1, 4)


@pytest.mark.parametrize(
    ("axes", "layer"),
    [
        ((1, 2, 3), nn.LayerNorm([6, 3, 5])),
        ((2, 3), nn.InstanceNorm2d(6)),
        ((0, 2, 3), nn.BatchNorm2d(6)),
        ((3,), nn.LayerNorm(5)),
    ],
)
def test_other_directions_are_torchs(chapter, axes, layer):
    x = 4 * new(2, 6, 3, 5) + 1
    torch.testing.assert_close(chapter["standardize"](x, axes), layer.double()(x).detach())


def test_group_and_rms_norm_are_torchs(chapter):
    x = 4 * new(2, 6, 3, 5) + 1
    for groups in (1, 2, 3, 6):
        ours = chapter["standardize"](x.view(2, groups, -1), (2,)).view_as(x)
        torch.testing.assert_close(ours, nn.GroupNorm(groups, 6).double()(x).detach())
    torch.testing.assert_close(
        chapter["rms_norm"](x, (1, 2, 3)), nn.RMSNorm([6, 3, 5], eps=1e-5).double()(x).detach()
    )


def test_a_folded_network_answers_the_same(chapter):
    torch.manual_seed(0)
    norm = chapter["BatchNorm"]
    net = nn.Sequential(
        nn.Linear(5, 4, bias=False), norm(4), nn.ReLU(), nn.Linear(4, 3, bias=False), norm(3)
    ).double()
    for step in range(5):
        net(new(20, 5, seed=step))
    x = new(6, 5, seed=9)
    folded = chapter["fold"](copy.deepcopy(net)).double()
    assert not any(isinstance(layer, norm) for layer in folded)
    torch.testing.assert_close(folded(x), net.eval()(x), rtol=1e-5, atol=1e-5)


def test_the_recordings_are_whole(recorder):
    tuning, tested = map(d2lite.Sweep.recorded, ("normalization", "normalization_seeds"))
    points = [point for contestant in recorder.contestants() for point in recorder.points_of(contestant)]
    assert [group[0].point for group in tuning.points()] == points
    assert [group[0].point for group in tested.points()] == recorder.chosen(tuning)
    assert tuning.seeds == list(recorder.SEEDS)
    assert tested.seeds == list(recorder.TEST_SEEDS)
    assert not set(tuning.seeds) & set(tested.seeds)


def test_rates_are_chosen_inside_their_grids(recorder):
    """But for networks that learn at no rate."""
    tuning = d2lite.Sweep.recorded("normalization")
    for contestant, point in zip(recorder.contestants(), recorder.chosen(tuning), strict=True):
        accuracy = np.mean([run["accuracy"][-1] for run in tuning.select(**point)])
        rates = contestant["lr"]
        assert accuracy < 0.2 or min(rates) < point["lr"] < max(rates), point


@pytest.mark.parametrize(("task", "method", "optimizer", "lr"), [
    ("mlp3", "batch", "sgd", 1.0), ("mlp3", "he", "sgd", 0.316), ("mlp20", "batch", "adam", 0.001),
    ("lenet", "batch", "sgd", 0.1), ("small", "layer", "adam", 0.001),
])  # fmt: skip
def test_recorded_runs_happen_again(recorder, task, method, optimizer, lr):
    point = {"task": task, "method": method, "optimizer": optimizer, "lr": lr, "dropout": 0.0}
    (recorded,) = d2lite.Sweep.recorded("normalization").select(**point, seed=1)
    now = recorder.train_point(**point, seed=1)
    assert len(now["accuracy"]) == len(recorded["accuracy"])
    assert abs(now["accuracy"][-1] - recorded["accuracy"][-1]) < ACCURACY
