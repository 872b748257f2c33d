"""The chapter on compression: its cuts and its rounding against torch and the package, recorded runs made again."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune

import d2lite
from d2lite.models import lenet, quantization


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("06_cnn/compression")
    chapter.define("setup", "cut-load", "cut-code", "retrain-code", "bits-code", "teacher-code")
    chapter.define("bytes-code", "channels-code", "activations-code", "activations-net", "read-code")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("pruning")


def test_its_lenet_is_the_one_that_ships(lesson):
    x = torch.randn(5, 1, 28, 28)
    expected = lenet.compute(lenet.pretrained()[0], "relu", "max", x.double())
    assert torch.allclose(lesson["load_lenet"]()(x).double(), expected, atol=1e-4)


@pytest.mark.parametrize("keep", [0.9, 0.5, 0.1, 0.02])
def test_masks_are_those_of_torch(lesson, keep):
    """On weights without ties: global pruning by size."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(36, 7), nn.Linear(7, 3))
    masks = lesson["magnitude_masks"](net, keep)
    layers = [(layer, "weight") for layer in lesson["weighted"](net)]
    total = sum(layer.weight.numel() for layer, _ in layers)
    prune.global_unstructured(layers, pruning_method=prune.L1Unstructured, amount=total - round(keep * total))
    assert all(
        torch.equal(mask, layer.weight_mask.bool()) for mask, (layer, _) in zip(masks, layers, strict=True)
    )


@pytest.mark.parametrize("bits", range(2, 9))
@pytest.mark.parametrize("shape", [(6, 1, 5, 5), (10, 84)])
def test_rounding_is_the_packages(lesson, bits, shape):
    weight = torch.randn(shape, generator=torch.Generator().manual_seed(bits))
    for mine, theirs in ((weight, weight), (weight[None], weight[None])):
        steps, scale = lesson["quantize"](mine, bits)
        expected, scales = quantization.quantize(theirs, bits)
        assert torch.equal(steps.view(expected.shape).to(torch.int8), expected)
        assert torch.allclose(scale.flatten(), scales)
    one = lesson["quantize"](weight, bits, per_channel=False)
    assert torch.equal(one[0].flatten(), lesson["quantize"](weight[None], bits)[0].flatten())


def test_a_channel_of_zeros_stays(lesson):
    steps, scale = lesson["quantize"](torch.tensor([[0.0, 0.0], [1.0, -0.5]]), 4)
    assert (steps * scale)[0].tolist() == [0, 0]


def test_training_keeps_what_is_cut_at_zero(lesson):
    net = lesson["load_lenet"]()
    masks = lesson["magnitude_masks"](net, 0.1)
    part = d2lite.datasets.fashion_mnist()[0][:128]
    lesson["train"](lesson["apply_masks"](net, masks), part, masks, num_epochs=1)
    for layer, mask in zip(lesson["weighted"](net), masks, strict=True):
        assert not layer.weight[~mask].any()
        assert layer.weight[mask].any()


def test_the_distillation_loss_is_its_formula(lesson):
    torch.manual_seed(0)
    logits, teacher, targets = torch.randn(6, 5), torch.randn(6, 5), torch.randint(0, 5, (6,))
    p, q = (teacher / 3).softmax(1), (logits / 3).log_softmax(1)
    divergence = F.kl_div(q, p, reduction="batchmean") - (p * p.log()).sum(1).mean()
    expected = 0.8 * 9 * divergence + 0.2 * F.cross_entropy(logits, targets)
    assert lesson["distillation_loss"](logits, targets, teacher, 3.0, 0.2) == pytest.approx(
        expected.item(), rel=1e-5
    )


def test_cut_channels_are_a_part_of_the_network(lesson):
    """With the channels that are cut set to zero, the whole network says what the narrow one says."""
    net = lesson["load_lenet"]()
    narrow = lesson["cut_channels"](net)
    assert [layer.weight.shape[0] for layer in lesson["weighted"](narrow)] == [3, 8, 60, 42, 10]
    twin = lesson["load_lenet"]()
    kept = None
    with torch.no_grad():
        for whole, small in zip(lesson["weighted"](twin)[:-1], lesson["weighted"](narrow)[:-1], strict=True):
            stays = torch.isin(whole.bias, small.bias)
            assert stays.sum() == len(small.bias)
            whole.weight[~stays], whole.bias[~stays] = 0, 0
            kept = stays
    assert kept.sum() == 42
    x = torch.randn(4, 1, 28, 28)
    assert torch.allclose(twin(x), narrow(x), atol=1e-3)


@pytest.mark.parametrize("bits", [4, 8, 32])
def test_files_hold_every_weight(lesson, bits):
    net = lesson["load_lenet"]()
    data = lesson["file_of"](net, bits)
    assert len(data) == 61_470 * bits // 8


def test_a_file_of_four_bits_is_read_again(lesson):
    import zlib

    net = lesson["load_lenet"]()
    back = lesson["read_back"](net, zlib.compress(lesson["file_of"](net, 4)))
    rounded = lesson["round_net"](lesson["load_lenet"](), 4)
    for one, other in zip(lesson["weighted"](back), lesson["weighted"](rounded), strict=True):
        assert torch.allclose(one.weight, other.weight, atol=1e-6)


def test_recorded_choices_are_those_told(recorder, read_recorder):
    tuning, seeds = map(d2lite.Sweep.recorded, ("pruning", "pruning_seeds"))
    assert not set(tuning.seeds) & set(seeds.seeds)
    for point in recorder.chosen(tuning):
        assert len(seeds.select(**point)) == len(recorder.OTHER_SEEDS)
        assert min(recorder.RATES) < point["lr"] < max(recorder.RATES)
    dense = {run.point["lr"]: run["whole_accuracy"] for run in tuning.select(way="dense")}
    assert max(dense.values()) - dense[recorder.DENSE_RATE] < 0.005  # of 4,000 photos: not to be told apart
    lessons, later = map(d2lite.Sweep.recorded, ("distillation", "distillation_seeds"))
    distiller = read_recorder("distillation")
    assert not set(lessons.seeds) & set(later.seeds)
    for point in distiller.chosen(lessons):
        assert len(later.select(**point)) == len(distiller.OTHER_SEEDS)
        assert min(distiller.RATES) < point["lr"] < max(distiller.RATES)


def test_a_recorded_narrow_run_happens_again(recorder):
    (recorded,) = d2lite.Sweep.recorded("pruning_seeds").select(way="narrow", seed=101)
    now = recorder.train_point(**recorded.point, seed=101)
    assert now["weights"] == recorded["weights"].tolist()
    assert now["accuracy"] == pytest.approx(recorded["accuracy"].tolist(), abs=0.03)


def test_recorded_places_are_as_many(recorder):
    """Shuffled masks keep as many weights of each layer; those of the lottery ticket are the largest."""
    masks = recorder.largest(recorder.make_net(0), 0.1)
    other = recorder.shuffled(masks, 0)
    assert [int(mask.sum()) for mask in masks] == [int(mask.sum()) for mask in other]
    assert not all(torch.equal(a, b) for a, b in zip(masks, other, strict=True))


def test_mixed_starts_have_the_same_numbers_of_each_layer(recorder, read_recorder):
    masks = recorder.largest(recorder.make_net(0), 0.1)
    one = recorder.make_net(1)
    other = read_recorder("tickets").mixed(recorder.make_net(1), masks, 0)
    for mask, a, b in zip(masks, recorder.weights_of(one), recorder.weights_of(other), strict=True):
        left, moved = a[mask.bool()], b[mask.bool()]
        assert torch.equal(left.sort().values, moved.sort().values)
        assert (left != moved).double().mean() > 0.8
        assert torch.equal(a[~mask.bool()], b[~mask.bool()])


def test_tickets_are_those_of_the_first_recording(read_recorder):
    """The same places, found again at the rate that "rewound" chose."""
    own = d2lite.Sweep.recorded("tickets").select(start="own")
    first = d2lite.Sweep.recorded("pruning_seeds").select(way="rewound")
    assert {run.point["lr"] for run in first} == {read_recorder("tickets").LR}
    for run, before in zip(own, first, strict=True):
        assert run.seed == before.seed
        assert run["accuracy"] == pytest.approx(before["accuracy"], abs=0.01)


@pytest.mark.parametrize(("choose", "scale", "bits"), [("all", "tensor", 3), ("layer", "channel", 4)])
def test_the_recorded_cuts_of_lenet_happen_again(read_recorder, choose, scale, bits):
    cutter = read_recorder("cut_lenet")
    (recorded,) = d2lite.Sweep.recorded("cut_lenet").select(choose=choose, scale=scale, bits=bits)
    now = cutter.train_point(choose, scale, bits, seed=0)["accuracy"]
    assert np.allclose(now, recorded["accuracy"], atol=0.004)
