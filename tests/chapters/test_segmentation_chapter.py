"""The chapter on segmentation: its layers, measures and U-Net against torch and scikit-learn; recorded runs again."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score, jaccard_score
from torch import nn

import d2lite
from d2lite.models import unet


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("06_cnn/segmentation")
    chapter.define("setup", "measure-code", "up-code", "checkerboard-code", "unet-code", "dice-code")
    chapter.define("deeper-checkerboard-code", "solution-5")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("masks")


def test_overlap_is_that_of_scikit_learn(lesson):
    torch.manual_seed(0)
    found, truth = torch.rand(2, 9, 9) < 0.4
    pair = truth.flatten(), found.flatten()
    assert lesson["overlap"](found, truth) == pytest.approx((jaccard_score(*pair), f1_score(*pair)))


@pytest.mark.parametrize(("count", "size", "stride"), [(2, 3, 2), (5, 4, 2), (4, 2, 3), (1, 5, 1), (6, 1, 2)])
def test_painting_is_a_transposed_convolution(lesson, count, size, stride):
    torch.manual_seed(count)
    values, kernel = torch.randn(count), torch.randn(size)
    expected = F.conv_transpose1d(values[None, None], kernel[None, None], stride=stride).flatten()
    painted = lesson["paint"](values, kernel, stride)
    assert torch.allclose(painted, expected, atol=1e-6)
    assert len(painted) == (count - 1) * stride + size


def test_the_expected_checkerboard(lesson):
    """Of random kernels: as many kernels' weights add up at a place as paint it."""
    lesson["flat"] = torch.ones(1, 1, 16, 16)
    torch.manual_seed(7)
    even, odd = lesson["parities"](lesson["transposed"], 3), lesson["parities"](lesson["transposed"], 4)
    assert even == pytest.approx([4 / 9, 2 / 9, 2 / 9, 1 / 9], rel=0.3)
    assert odd == pytest.approx([4 / 16] * 4, rel=0.3)


def test_the_chapters_unet_is_the_packages(lesson):
    """The same names, shapes and numbers: the weights of one fit the other."""
    torch.manual_seed(0)
    own, theirs = lesson["UNet"](), unet.UNet()
    own.load_state_dict(theirs.state_dict())
    images = torch.rand(2, 3, 32, 48)
    assert torch.equal(own(images), theirs(images))


def test_skips_are_joined_and_can_be_left_out():
    torch.manual_seed(0)
    with_skips, without = (unet.UNet(3, 1, (4, 6, 8), skips).eval() for skips in (True, False))
    shapes = {name: part.shape for name, part in with_skips.state_dict().items() if not name.startswith("up")}
    assert shapes == {
        name: part.shape for name, part in without.state_dict().items() if not name.startswith("up")
    }
    images = torch.rand(1, 3, 16, 16, requires_grad=True)
    for net, joined in ((with_skips, True), (without, False)):
        nn.init.zeros_(net.up[0].weight)  # nothing comes from below any more
        nn.init.zeros_(net.up[0].bias)
        (gradient,) = torch.autograd.grad(net(images).sum(), images)
        assert bool(gradient.any()) is joined


def test_dice_loss_falls_to_zero_and_has_the_gradient_of_the_formula(lesson):
    targets = torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    assert lesson["dice_loss"](100 * (2 * targets - 1), targets).item() == pytest.approx(0, abs=1e-6)
    logits = torch.randn(1, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: lesson["dice_loss"](z, targets.double()), logits)
    empty = torch.zeros(1, 4)
    assert torch.isfinite(lesson["dice_loss"](torch.full((1, 4), -9.0), empty))


def test_rings_are_distances_from_the_outline(recorder):
    masks = torch.zeros(1, 12, 12, dtype=torch.bool)
    masks[0, :, :5] = True
    assert recorder.rings(masks)[0, 3].tolist() == [4, 3, 2, 1, 0, 0, 1, 2, 3, 4, 4, 4]


def test_the_shipped_network_scores_what_its_record_says(read_recorder):
    recorder = read_recorder("unet")
    net, record = unet.pretrained()
    test = d2lite.datasets.scenes(0, recorder.NUM_TEST, **unet.SCENES)[1]
    found = recorder.measure(net, test)
    assert found["mean_iou"] == pytest.approx(record["test"]["mean_iou"], abs=5e-4)
    assert found["class_iou"] == pytest.approx(record["test"]["class_iou"], abs=1e-3)
    assert min(found["mean_iou"], record["test"]["mean_iou"]) >= 0.75


def test_the_shipped_network_begins_as_recorded(read_recorder):
    recorder = read_recorder("unet")
    _, losses = recorder.train(4000, stop=3)
    assert losses == pytest.approx(unet.pretrained()[1]["first_losses"][:3], rel=1e-3)


def test_rates_were_chosen_as_told(recorder):
    for name, task in (("skips", "skips"), ("mask_losses", "losses")):
        tuning, seeds = map(d2lite.Sweep.recorded, (name, f"{name}_seeds"))
        assert not set(tuning.seeds) & set(seeds.seeds)
        for point in recorder.chosen(task, tuning):
            assert len(seeds.select(**point)) == len(recorder.OTHER_SEEDS)
            assert min(recorder.RATES[task]) < point["lr"] < max(recorder.RATES[task])


@pytest.mark.parametrize(
    ("name", "point"),
    [
        ("skips_seeds", {"skips": False}),
        pytest.param("mask_losses_seeds", {"loss": "dice"}, marks=pytest.mark.nightly),
    ],
)
def test_recorded_runs_happen_again(recorder, name, point):
    """A short run's numbers depend a little on the machine's order of sums."""
    recorded = d2lite.Sweep.recorded(name).select(**point, seed=102)[0]
    now = recorder.train_and_test(**recorded.point, seed=102)
    assert now["iou"] == pytest.approx(recorded["iou"], abs=0.03)
    assert np.max(now["iou_at"]) == pytest.approx(np.max(recorded["iou_at"]), abs=0.03)


def test_recorded_masks_are_of_the_scenes_that_are_shown(recorder):
    """The masks fit the truth of the first two test scenes as well as the IoU says, or nearly."""
    truth = recorder.load_data("skips")[2][1][:2]
    for run in d2lite.Sweep.recorded("skips_seeds"):
        shown = torch.tensor(run["shown"]).view(2, 32, 32) > 0
        assert d2lite.vision.segmentation.iou(shown, truth) > run["iou"] - 0.2
