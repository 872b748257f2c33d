"""The published networks: counted to the digit, and their parts against a definition written out."""

import pytest
import torch
from torch import nn

from d2lite.models import published

COUNTS = {  # torchvision's documentation, but for the first, the paper's AlexNet and the paper's GoogLeNet
    "lenet5": (published.lenet5, {}, 61_706),
    "alexnet": (published.alexnet, {}, 61_100_840),
    "alexnet 2012": (published.alexnet, {"year": 2012}, 60_965_224),
    "vgg16": (published.vgg16, {}, 138_357_544),
    "googlenet": (published.googlenet, {}, 6_998_552),
    "googlenet with heads": (published.googlenet, {"auxiliary": True}, 13_378_280),
    "googlenet normalized": (published.googlenet, {"normalized": True}, 6_624_904),
    "googlenet normalized with heads": (
        published.googlenet,
        {"normalized": True, "auxiliary": True},
        13_004_888,
    ),
    "resnet50": (published.resnet50, {}, 25_557_032),
    "densenet121": (published.densenet121, {}, 7_978_856),
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameters_are_counted_to_the_digit(name):
    make, settings, count = COUNTS[name]
    with torch.device("meta"):
        net = make(**settings)
        size = (2, 1, 28, 28) if name == "lenet5" else (2, 3, 224, 224)
        outputs = net(torch.zeros(size))
    assert sum(p.numel() for p in net.parameters()) == count
    shapes = [o.shape for o in outputs] if isinstance(outputs, tuple) else [outputs.shape]
    assert shapes == [(2, 10 if name == "lenet5" else 1000)] * (3 if settings.get("auxiliary") else 1)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (published.alexnet, ["features.0.weight", "features.10.bias", "classifier.6.bias"]),
        (published.vgg16, ["features.28.weight", "classifier.0.weight", "classifier.6.bias"]),
        (published.resnet50, ["layer1.0.downsample.1.running_var", "layer4.2.conv3.weight", "fc.bias"]),
        (
            published.densenet121,
            [
                "features.denseblock3.denselayer24.conv2.weight",
                "features.transition3.conv.weight",
                "classifier.bias",
            ],
        ),
    ],
)
def test_weights_have_the_names_of_torchvision(make, names):
    with torch.device("meta"):
        assert set(names) <= set(make().state_dict())


def test_a_year_without_an_alexnet_is_refused():
    with pytest.raises(ValueError, match="year is 2013: expected 2012 or 2014"):
        published.alexnet(2013)


def test_an_inception_block_joins_four_paths():
    torch.manual_seed(0)
    block, x = published.Inception(8, 3, (2, 4), (2, 5), 6), torch.randn(2, 8, 7, 7)
    paths = [block.branch1(x), block.branch2(x), block.branch3(x), block.branch4(x)]
    assert [path.shape[1] for path in paths] == [3, 4, 5, 6]
    assert torch.equal(block(x), torch.cat(paths, dim=1))


@pytest.mark.parametrize(("channels", "stride"), [(16, 1), (8, 1), (16, 2)])
def test_a_bottleneck_adds_its_input(channels, stride):
    torch.manual_seed(0)
    block, x = published.Bottleneck(channels, 4, stride).eval(), torch.randn(2, channels, 8, 8)
    nn.init.zeros_(block.bn3.weight)  # nothing but the shortcut is left
    shortcut = x if (channels, stride) == (16, 1) else block.downsample(x)
    assert torch.equal(block(x), shortcut.relu())


def test_a_dense_layer_appends_to_its_input():
    torch.manual_seed(0)
    layer, x = published.DenseLayer(8, growth=5).eval(), torch.randn(2, 8, 6, 6)
    kept = x.clone()
    assert torch.equal(layer(x)[:, :8], kept)
    assert layer(x).shape == (2, 13, 6, 6)
