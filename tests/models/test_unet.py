"""The package's U-Net: its 8-bit weights stand for the same network, and what does not fit is named."""

import pytest
import torch

from d2lite.models import unet, weights


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    net = unet.UNet(2, 3, (4, 6))
    net.train()
    for _ in range(3):  # batch norm has seen something
        net(torch.randn(8, 2, 8, 8))
    return net.eval()


def test_eight_bits_are_nearly_the_network(net):
    images = torch.randn(4, 2, 8, 12)
    twin = unet.from_tensors(unet.to_tensors(net), channels_in=2, num_classes=3, widths=(4, 6))
    with torch.no_grad():
        exact, rounded = net(images), twin(images)
    assert (exact - rounded).abs().max() < 0.05 * exact.abs().max()
    again = unet.to_tensors(twin)  # what was rounded once stays
    steps = {name: part for name, part in unet.to_tensors(net).items() if part.dtype == torch.int8}
    assert all(torch.equal(part, again[name]) for name, part in steps.items())


def test_weights_may_be_in_double_precision(net):
    shape = {"channels_in": 2, "num_classes": 3, "widths": (4, 6)}
    twin = unet.from_tensors(unet.to_tensors(net), torch.float64, **shape)
    assert twin(torch.zeros(1, 2, 4, 4, dtype=torch.float64)).dtype == torch.float64


def test_the_payload_has_the_layers_in_order(net):
    layers = unet.payload(unet.to_tensors(net))
    kinds = ["conv", "conv", "pool", "conv", "conv", "up", "conv", "conv", "conv"]
    assert [layer["kind"] for layer in layers] == kinds
    assert [layer["from"] for layer in layers] == [[0], [1], [2], [3], [4], [5], [2, 6], [7], [8]]


def test_the_network_that_ships():
    net, record = unet.pretrained()
    assert not net.training
    assert sum(part.numel() for part in net.parameters()) == 58_933
    assert net(torch.rand(1, 3, 48, 48)).shape == (1, len(unet.LABELS), 48, 48)
    assert record["command"].startswith("python tools/record/unet.py")
    assert len(unet.GROUPS) == 11 and set(unet.GROUPS) == set(range(len(unet.LABELS)))


@pytest.mark.parametrize("part", ["head.bias", "down.0.1.bias", "join.0.1.running_mean", "up.0.weight"])
def test_no_number_that_is_not_finite_is_packed(part):
    net = unet.UNet()
    net.state_dict()[part].view(-1)[0] = float("nan")  # a bias was packed as it was
    with pytest.raises(ValueError, match=f"net has {part} that is not finite: expected numbers"):
        unet.to_tensors(net)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: unet.UNet(widths=(8,)), ValueError, r"widths is \(8,\): expected two or more"),
        (lambda: unet.UNet(widths=(8, 0)), ValueError, "widths is 0"),
        (lambda: unet.UNet(num_classes=0), ValueError, "num_classes is 0"),
        (lambda: unet.UNet()(torch.rand(1, 3, 50, 48)), ValueError, r"images has shape .* multiples of 8; pad or crop"),
        (lambda: unet.UNet()(torch.rand(3, 48, 48)), ValueError, "images has shape"),
        (lambda: unet.to_tensors(torch.nn.Linear(1, 1)), TypeError, "net is a Linear"),
        (lambda: unet.from_tensors(weights.load("unet")[0], widths=(4, 6)), ValueError, "tensors holds no U-Net"),
        (lambda: unet.from_tensors({}), ValueError, "tensors holds no U-Net"),
        (lambda: unet.payload(unet.to_tensors(unet.UNet(skips=False))), ValueError, "holds a U-Net without skips"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
