"""Counts, losses and scores of models that were wrong without a word, or failed late: the value, or one sentence."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lite import models
from d2lite.models import (
    CharacterTransformer,
    PyramidDetector,
    layer_table,
    pad_truths,
    published,
    pyramid_loss,
)
from d2lite.models.character_transformer import rotate
from d2lite.models.quantization import quantize

NAN = float("nan")


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 3, 3, 3))

    def forward(self, x):
        return F.conv2d(x, self.weight)


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.gamma = nn.Conv2d(3, 4, 3), nn.Parameter(torch.ones(4, 1, 1))

    def forward(self, x):
        return self.conv(x) * self.gamma


class TestLayerTable:
    @pytest.mark.parametrize("model", [Functional(), Scaled()])
    def test_a_parameter_in_no_layer_is_told_and_not_left_out(self, model):
        with pytest.raises(ValueError, match="is a parameter in no layer: expected"):
            layer_table(model, (3, 8, 8))

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
    def test_the_weights_may_have_any_dtype(self, dtype):
        assert layer_table(published.lenet5().to(dtype), (1, 28, 28)).multiply_adds == 416_520

    @pytest.mark.parametrize(
        ("call", "error", "said"),
        [
            (lambda: layer_table(published.lenet5(), (1, 28, 28), -1), ValueError, "depth is -1: expected"),
            (lambda: layer_table(published.lenet5(), (1, 28, 28), 1.5), ValueError, "depth is 1.5: expected"),
            (lambda: layer_table(nn.Linear(4, 2), 4), ValueError, "input_shape is 4: expected"),
            (lambda: layer_table(nn.Linear, (4,)), TypeError, "model is <class .*Linear'>: expected a torch"),
            (lambda: layer_table(nn.LazyLinear(3), (4,)), ValueError, "model has lazy layers: expected"),
        ],
    )
    def test_what_cannot_be_counted_is_said(self, call, error, said):
        with pytest.raises(error, match=said):
            call()


def test_recomputed_dense_blocks_count_a_batch_once_in_their_running_means():
    nets = []
    for recompute in (False, True):
        torch.manual_seed(0)
        net = published.densenet121(10, recompute=recompute).train()
        net(torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))).sum().backward()
        nets.append(net)
    plain, recomputed = (dict(net.named_buffers()) for net in nets)
    assert all(torch.equal(plain[name], recomputed[name]) for name in plain)
    assert all(module.momentum == 0.1 for module in nets[1].modules() if isinstance(module, nn.BatchNorm2d))
    gradients = [[p.grad for p in net.parameters()] for net in nets]
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(*gradients, strict=True))


@pytest.mark.parametrize(
    "make", [published.lenet5, published.vgg16, published.resnet50, published.densenet121]
)
def test_a_network_has_a_whole_number_of_classes(make):
    for wrong in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="num_classes is .*: expected a whole number"):
            make(num_classes=wrong)


class TestPyramidDetector:
    def detector(self, neck="none"):
        torch.manual_seed(0)
        net = PyramidDetector(num_classes=3, widths=(4, 4, 8), num_blocks=1, neck=neck, neck_width=8).eval()
        return net, net(torch.rand(1, 3, 32, 32))

    @pytest.mark.parametrize("dynamic", [False, True])
    @pytest.mark.parametrize(
        ("box", "label", "options", "said"),
        [
            ([40.0, 40, 50, 50], 1, {}, "its centre inside the picture"),  # was learned by the first position
            ([32.0, 4, 32, 8], 1, {}, "its centre inside the picture"),
            ([5.0, 5, 5, 5], 1, {}, "expected xyxy with x1 < x2"),
            ([12.0, 2, 2, 14], 1, {}, "expected xyxy with x1 < x2"),
            ([NAN, 2, 12, 14], 1, {}, "expected xyxy with x1 < x2"),
            ([2.0, 2, 12, 14], 3, {}, "classes holds 3: expected whole numbers from 0 to 2"),
            ([2.0, 2, 12, 14], 1.5, {}, "classes holds 1.5: expected whole numbers"),
            ([2.0, 2, 12, 14], 1, {"smoothing": 2}, "smoothing is 2: expected"),
            ([2.0, 2, 12, 14], 1, {"size": 32}, "size is 32: expected"),
            (
                [2.0, 2, 12, 14],
                1,
                {"size": (64, 64)},
                r"outputs has shape \(1, 16, 8\).*: expected \(1, 64, 8\)",
            ),
        ],
    )
    def test_truths_that_no_position_can_own_are_told(self, dynamic, box, label, options, said):
        net, outputs = self.detector()
        settings = {"size": (32, 32), "dynamic": dynamic, **options}
        with pytest.raises(ValueError, match=said):
            pyramid_loss(
                net, outputs, settings.pop("size"), torch.tensor([[box]]), torch.tensor([[label]]), **settings
            )

    @pytest.mark.parametrize("dynamic", [False, True])
    def test_classes_of_any_whole_dtype_have_the_same_loss(self, dynamic):
        net, outputs = self.detector()
        boxes, classes = models.pad_truths([[[2.0, 2, 12, 14], [8, 8, 20, 30]]], [[1, 2]])
        expected = pyramid_loss(net, outputs, (32, 32), boxes, classes, dynamic)
        for dtype in (torch.int8, torch.int16, torch.int32):
            found = pyramid_loss(net, outputs, (32, 32), boxes, classes.to(dtype), dynamic)
            assert all(torch.equal(found[name], expected[name]) for name in expected)

    def test_lists_are_to_be_padded_first(self):
        net, outputs = self.detector()
        boxes, classes = [torch.tensor([[2.0, 2, 12, 14]])], [torch.tensor([1])]
        padded, numbers = models.pad_truths(boxes, classes)
        for truths, name in (((boxes, classes), "boxes"), ((padded, numbers.tolist()), "classes")):
            with pytest.raises(
                ValueError, match=f"{name} is a list: expected a tensor; put the lists in pad_truths"
            ):
                pyramid_loss(net, outputs, (32, 32), *truths)

    @pytest.mark.parametrize(
        ("boxes", "classes", "said"),
        [
            ([[0.0, 0, 1, 1]], [1.7], r"holds \[1.7.*\]: expected \(k,\) whole numbers"),  # was 1
            (
                [[0.0, 0, 1, 1]],
                [-1],
                r"holds \[-1\]: expected \(k,\) whole numbers from 0 up",
            ),  # was left out
            ([[5.0, 5, 1, 1]], [1], "negative size"),
            ([[5.0, NAN, 1, 1]], [1], "finite"),
            ([5.0], [1], r"shape \(1,\)"),  # was [5, 5, 5, 5]
        ],
    )
    def test_padding_takes_nothing_that_is_no_box_and_class(self, boxes, classes, said):
        with pytest.raises(ValueError, match=said):
            pad_truths([torch.tensor(boxes)], [torch.tensor(classes)])

    def test_pictures_are_divided_by_the_strides(self):
        for neck, side, least in (("none", 20, 8), ("fpn", 24, 16), ("pan", 24, 16)):
            net, _ = self.detector(neck)
            with pytest.raises(
                ValueError, match=rf"is {side}: expected a multiple of {least}|multiples of {least}"
            ):
                net.positions(side, 32)
            with pytest.raises(ValueError, match=f"multiple of {least}|multiples of {least}"):
                net(torch.rand(1, 3, side, side))

    @pytest.mark.parametrize(
        "wrong",
        [{"num_blocks": -1}, {"num_blocks": 1.5}, {"widths": (4, 8)}, {"widths": 4}, {"residual": "no"}],
    )
    def test_settings_that_do_not_fit_are_named(self, wrong):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} is .*: expected"):
            PyramidDetector(**wrong)


class TestCharacterTransformer:
    def model(self, positions="rotary"):
        torch.manual_seed(0)
        return CharacterTransformer("abcdefgh", 16, 2, 2, 12, positions).eval()

    @pytest.mark.parametrize(
        ("characters", "said"),
        [
            ([[8]], "from 8 to 8: expected places in the alphabet, from 0 to 7"),
            ([[-1]], "from -1 to -1: expected places"),
            ([[0.5]], r"dtype torch.float32: expected \(B, T\) whole numbers"),
            (torch.zeros(1, 0), r"shape \(1, 0\) and dtype .*: expected \(B, T\)"),
        ],
    )
    def test_what_is_no_place_in_the_alphabet_is_said(self, characters, said):
        with pytest.raises(ValueError, match=said):
            self.model()(characters)

    def test_characters_may_be_of_any_whole_dtype(self):
        model = self.model()
        wanted = model(torch.tensor([[1, 2]]))[0]
        for characters in ([[1, 2]], np.array([[1, 2]], np.uint8), torch.tensor([[1, 2]]).short()):
            assert torch.equal(model(characters)[0], wanted)

    @pytest.mark.parametrize("silent", [[0], [(0, 0.5)], "ab", [(0, 2)], [(2, 0)], [(-1, 0)]])
    def test_heads_that_are_not_there_are_told(self, silent):
        with pytest.raises(ValueError, match="silent is .*: expected pairs"):
            self.model()(torch.tensor([[1]]), silent=silent)

    def test_the_cache_of_another_batch_is_told(self):
        model = self.model()
        _, cache = model(torch.tensor([[1, 2], [3, 4]]))
        with pytest.raises(ValueError, match="cache is of 2 texts: expected 1"):
            model(torch.tensor([[1]]), cache)

    def test_bfloat16_turns_as_float32_does(self):
        vectors = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(0))
        turned = rotate(vectors.bfloat16(), 7)
        assert turned.dtype == torch.bfloat16
        assert torch.allclose(turned.float(), rotate(vectors.bfloat16().float(), 7), rtol=2**-8, atol=2**-8)
        with pytest.raises(ValueError, match="dtype torch.int64: expected floats"):
            rotate(vectors.long())

    def test_the_coldest_temperature_writes_the_likeliest_and_nan_is_told(self):
        model = self.model()
        assert model.sample("ab", 5, temperature=1e-310) == model.sample("ab", 5, temperature=1e-6)
        with torch.no_grad():
            model.readout.bias[0] = NAN
        with pytest.raises(ValueError, match="model gives scores that are not finite"):
            model.sample("ab", 5)
        with pytest.raises(TypeError, match="text is a NoneType: expected a str"):
            model.sample(None, 3)


def test_quantize_reads_what_holds_numbers_and_names_what_does_not():
    flipped = np.arange(6.0).reshape(2, 3)[::-1]
    assert torch.equal(quantize(flipped)[0], quantize(flipped.copy())[0])
    for wrong in ("a", None):
        with pytest.raises(ValueError, match="weight is .*: expected a tensor"):
            quantize(wrong)


def test_lenet_has_three_activations_and_two_poolings():
    parameters, images = models.lenet.pretrained()[0], torch.zeros(1, 1, 28, 28)
    with pytest.raises(ValueError, match="activation is 'gelu': expected one of 'relu'"):
        models.lenet.compute(parameters, "gelu", "max", images)
    with pytest.raises(ValueError, match="pooling is 'min': expected one of 'max'"):
        models.lenet.compute(parameters, "relu", "min", images)


def test_a_unet_has_skips_or_not():
    with pytest.raises(ValueError, match="skips is 'no': expected one of True, False"):
        models.unet.UNet(skips="no")


@pytest.mark.parametrize("images", [torch.zeros(1, 3, 16, 16).byte(), np.zeros((1, 3, 16, 16), np.float32)])
def test_a_unet_takes_floats(images):
    with pytest.raises(ValueError, match="images is of .*: expected a tensor of floats; divide bytes by 255"):
        models.unet.UNet()(images)


def test_a_unet_takes_images_of_its_own_dtype():
    with pytest.raises(ValueError, match=r"dtype torch.float64: expected the network's torch.float32"):
        models.unet.UNet()(torch.rand(1, 3, 16, 16).double())
    with torch.autocast("cpu", torch.bfloat16):
        assert models.unet.UNet()(torch.rand(1, 3, 16, 16).bfloat16()).shape == (1, 5, 16, 16)


def test_a_table_is_made_where_all_tensors_are_on_the_meta_device():
    with torch.device("meta"):
        assert layer_table(nn.Linear(4, 2), (4,)).parameters == 10
