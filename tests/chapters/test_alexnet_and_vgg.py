"""AlexNet and VGG: the chapter's networks against the published ones, its recording against a run made now."""

import pytest
import torch
from torch import nn

import d2lite
from d2lite import datasets
from d2lite.models import layer_table, published

DIFFERENCE = 0.02  # sums in 32 bits differ between machines, and five passes magnify that
NETS = ["LeNet", "LeNet, wide", "AlexNet", "VGG", "VGG, averaged"]


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The chapter's functions and its narrow networks."""
    chapter = read_chapter("06_cnn/alexnet_and_vgg")
    chapter.run("setup", "vgg")
    chapter.define("alexnet", "patches", "loop", "shares", "narrow", "narrow-vgg", "start", "recipe")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("blocks")


def narrow(chapter, name):
    makers = {
        "LeNet": lambda: chapter["lenet_of"](6, 16),
        "LeNet, wide": lambda: chapter["lenet_of"](17, 34),
        "AlexNet": chapter["narrow_alexnet"],
        "VGG": chapter["narrow_vgg"],
        "VGG, averaged": lambda: chapter["narrow_vgg"](averaged=True),
    }
    return makers[name]()


def layers_of(net):
    """Kind, shape and parameters of the layers with weights, for photos of 224 by 224."""
    rows = layer_table(net, (3, 224, 224))
    return [(row.kind, row.shape, row.parameters) for row in rows if row.parameters]


def test_ten_lines_make_the_published_vgg16(chapter):
    blocks = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]
    with torch.device("meta"):
        ours, theirs = chapter["vgg"](blocks, 3, 224, 4096, 1000), published.vgg16()
    assert layers_of(ours) == layers_of(theirs)


def test_the_alexnet_written_out_is_the_published_one(chapter):
    with torch.device("meta"):
        ours, theirs = chapter["make_alexnet"](), published.alexnet()
    assert layers_of(ours) == layers_of(theirs)
    kinds = [
        [type(layer).__name__ for layer in net.modules() if not list(layer.children())]
        for net in (ours, theirs)
    ]
    assert [kind for kind in kinds[0] if kind != "Flatten"] == [
        kind for kind in kinds[1] if kind != "AdaptiveAvgPool2d"
    ]


def test_patches_of_the_two_halves_share_no_pixel(chapter):
    chapter["names"] = ["coffee"]  # 256 high, 384 wide: 29 by 21 patches of each half
    left, right = chapter["patches"](0), chapter["patches"](1)
    photo = 4 * datasets.photo("coffee") - 2
    assert len(left) == len(right) == 29 * 21
    assert torch.equal(left.inputs[22], photo[:, 8:40, 8:40])
    assert torch.equal(right.inputs[0], photo[:, :32, 192:224])


def test_a_block_is_convolutions_and_a_pooling(chapter):
    torch.manual_seed(0)
    block, x = chapter["vgg_block"](2, 3, 5), torch.randn(2, 3, 8, 8)
    first, second = (module for module in block if isinstance(module, nn.Conv2d))
    maps = nn.functional.conv2d(x, first.weight, first.bias, padding=1).relu()
    maps = nn.functional.conv2d(maps, second.weight, second.bias, padding=1).relu()
    assert torch.allclose(block(x), nn.functional.max_pool2d(maps, 2))


@pytest.mark.parametrize("name", NETS)
def test_the_narrow_networks_are_those_of_the_recording(chapter, recorder, name):
    torch.manual_seed(3)
    ours = chapter["start"](narrow(chapter, name)).eval()
    torch.manual_seed(3)
    theirs = recorder.start(recorder.NETS[name]()).eval()
    x = torch.randn(4, 1, 28, 28)
    assert list(recorder.NETS) == NETS
    assert torch.allclose(ours(x), theirs(x), atol=1e-5)


def test_all_but_plain_lenet_do_equal_work(recorder):
    work = [
        layer_table(make(), (1, 28, 28)).multiply_adds
        for name, make in recorder.NETS.items()
        if name != "LeNet"
    ]
    assert max(work) < 1.03 * min(work)


def test_the_dense_share_is_counted_by_hand(chapter):
    table = layer_table(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3)), (1, 4, 4))
    assert chapter["dense_shares"](table) == (27 / (20 + 27), 24 / (2 * 9 * 4 + 24))


def test_the_recipe_takes_any_side(chapter):
    for side in (16, 45):
        assert chapter["small_net"](3, 7)(torch.randn(1, 3, side, side)).shape == (1, 7)


def test_the_recordings_chose_their_rates_inside_the_grid(recorder):
    tried, runs = (d2lite.Sweep.recorded(name) for name in ("blocks", "blocks_seeds"))
    rates = {name: recorder.best_rate(tried, net=name) for name in NETS}
    assert {run.point["net"]: run.point["lr"] for run in runs} == rates
    rates["undropped"] = recorder.best_rate(d2lite.Sweep.recorded("undropped"))
    assert {run.point["lr"] for run in d2lite.Sweep.recorded("undropped_seeds")} == {rates["undropped"]}
    assert all(recorder.RATES[0] < lr < recorder.RATES[-1] for lr in rates.values())


@pytest.mark.parametrize(
    ("recording", "train"),
    [
        ("blocks_seeds", "train_point"),
        pytest.param("undropped_seeds", "train_undropped", marks=pytest.mark.nightly),
    ],
)
def test_a_recorded_run_can_be_made_again(recorder, recording, train):
    recorded = d2lite.Sweep.recorded(recording)[0]
    made = getattr(recorder, train)(**recorded.point, seed=recorded.seed)
    assert made["accuracy"] == pytest.approx(recorded["accuracy"], abs=DIFFERENCE)
    assert made["train_accuracy"] == pytest.approx(recorded["train_accuracy"], abs=DIFFERENCE)
    parts = torch.tensor(made["test_parts"]), torch.tensor(recorded["test_parts"])
    assert abs(parts[0].mean() - parts[1].mean()) < DIFFERENCE
