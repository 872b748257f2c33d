"""The chapter on residual networks: its blocks and counts against torch, its recorded runs, some of them run again."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import d2lite


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("06_cnn/resnet")
    chapter.define("hero", "setup", "block-code", "network-code", "gradient-code", "first-code")
    chapter.define("fifty-code", "use-code", "solution-4")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("resnet_depth")


@pytest.mark.parametrize(("n_in", "n_out", "stride"), [(6, 6, 1), (6, 10, 2), (6, 10, 1), (6, 6, 2)])
@pytest.mark.parametrize("shortcut", [True, False])
def test_a_block_is_its_formula(lesson, n_in, n_out, stride, shortcut):
    """Against torch's functions on the block's weights."""
    torch.manual_seed(0)
    block, x = lesson["Residual"](n_in, n_out, stride, shortcut), torch.randn(4, n_in, 9, 9)
    norm = lambda y: F.batch_norm(y, None, None, training=True)
    first, second = block.branch[0][0].weight, block.branch[2][0].weight
    y = norm(F.conv2d(F.relu(norm(F.conv2d(x, first, stride=stride, padding=1))), second, padding=1))
    if shortcut and (n_in, stride) == (n_out, 1):
        y = y + x
    elif shortcut:
        y = y + norm(F.conv2d(x, block.project[0].weight, stride=stride))
    assert torch.allclose(block(x), F.relu(y), atol=1e-5)


@pytest.mark.parametrize("depth", [8, 20, 56])
def test_the_depth_counts_convolutions_and_the_last_layer(lesson, depth):
    net = lesson["resnet"](depth)
    counted = [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert sum(getattr(m, "kernel_size", (3, 3)) == (3, 3) for m in counted) == depth
    assert net(torch.rand(2, 1, 14, 14)).shape == (2, 10)


def test_resnet_50_is_the_packages(lesson):
    """The same layers with the same strides, and the same count of multiply-adds."""
    with torch.device("meta"):
        own, theirs = lesson["resnet50"](7), d2lite.models.published.resnet50(7)
    own_layers, their_layers = (
        sorted([m for m in net.modules() if not list(m.children()) and list(m.parameters())], key=signature)
        for net in (own, theirs)
    )
    assert [signature(m) for m in own_layers] == [signature(m) for m in their_layers]
    table = d2lite.models.layer_table(own, (3, 64, 64))
    assert table.multiply_adds == d2lite.models.layer_table(theirs, (3, 64, 64)).multiply_adds


def signature(module):
    return (
        type(module).__name__,
        [tuple(p.shape) for p in module.parameters()],
        getattr(module, "stride", None),
    )


def test_resnet_50_has_the_shapes_of_the_published_one(lesson):
    """Table 1 of He et al. (2016): sizes of the maps after the start and the four stages."""
    with torch.device("meta"):
        net = lesson["resnet50"]()
    table = d2lite.models.layer_table(net, (3, 224, 224), depth=1)
    assert [row.name for row in table] == ["start", "stage1", "stage2", "stage3", "stage4", "head"]
    shapes = [(64, 56, 56), (256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7), (1000,)]
    assert [row.shape for row in table] == shapes
    assert table.parameters == 25_557_032


def test_pre_activation_lets_the_gradient_through(lesson):
    """With silent branches it arrives whole; with others it is what autograd of the sum (4) gives."""
    torch.manual_seed(1)
    stack = nn.Sequential(*[lesson["PreActivation"](4) for _ in range(5)])
    x = torch.randn(6, 4, 5, 5, requires_grad=True)
    ending = torch.randn(6, 4, 5, 5)
    for block in stack:
        nn.init.zeros_(block.branch[-1].weight)
    (gradient,) = torch.autograd.grad(stack(x), x, ending)
    assert torch.equal(gradient, ending)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_gradients_at_the_start_on_other_seeds(lesson, seed):
    train = d2lite.datasets.fashion_mnist()[0]
    images = F.avg_pool2d(train.inputs[5000:5200], 2)
    lesson["images"] = (images - images.mean()) / images.std()
    lesson["labels"] = train.targets[5000:5200]
    plain, residual = (
        lesson["gradients_by_layer"](lesson["resnet"](56, kind, seed=seed)) for kind in (False, True)
    )
    assert len(plain) == len(residual) == 55
    assert plain[1] > 200 * plain[-1]
    assert residual[1] < 50 * residual[-1]
    bare = lesson["gradients_by_layer"](lesson["without_norm"](lesson["resnet"](56, False, seed=seed)))
    assert np.isfinite(bare).all()


def test_both_kinds_of_recorded_network_start_alike(recorder):
    plain, residual = (recorder.make_network(20, kind, seed=4).state_dict() for kind in (False, True))
    assert plain.keys() == residual.keys()
    assert all(torch.equal(plain[name], residual[name]) for name in plain)


def test_a_recorded_block_adds_its_input(recorder):
    block, x = recorder.Block(3, 6, 2, shortcut=True), torch.rand(5, 3, 7, 7)
    nn.init.zeros_(block.norm2.weight)
    out = block(x)
    assert torch.equal(out[:, :3], x[:, :, ::2, ::2])
    assert not out[:, 3:].any()


def test_rates_were_chosen_as_told(recorder):
    tuning, seeds = map(d2lite.Sweep.recorded, ("resnet_depth", "resnet_depth_seeds"))
    assert not set(tuning.seeds) & set(seeds.seeds)
    chosen = recorder.chosen(tuning)
    for point in chosen:
        assert len(seeds.select(**point)) == len(recorder.OTHER_SEEDS)
        assert min(recorder.RATES) < point["lr"] < max(recorder.RATES)
    assert all(math.isfinite(run["fit_loss"]) for run in seeds)


@pytest.mark.parametrize(("shortcut", "seed"), [(False, 100), (True, 103)])
def test_recorded_runs_happen_again(recorder, shortcut, seed):
    sweep = d2lite.Sweep.recorded("resnet_depth_seeds")
    (recorded,) = sweep.select(depth=20, shortcut=shortcut, seed=seed)
    now = recorder.train_point(**recorded.point, seed=seed)
    assert now["train_loss"][:2] == pytest.approx(recorded["train_loss"][:2], rel=0.03)
    assert now["fit_loss"] == pytest.approx(recorded["fit_loss"], rel=0.25)
