"""What users give to models by mistake, or in another dtype: the right value, or one sentence before any work."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from d2lite import models
from d2lite.models import GridDetector, character_rnn, detect, detector_loss, lenet, quantized_detector
from d2lite.models.character_rnn import CharacterRNN, clean, cross_entropy, pack, pack_model
from d2lite.widgets import CharacterModelExplorer, DetectionBenchExplorer, LenetExplorer

ANCHORS = torch.tensor([[16.0, 28.0], [33.0, 18.0]])
BOXES = [torch.tensor([[4.0, 4.0, 30.0, 40.0], [40.0, 8.0, 60.0, 50.0]]), torch.zeros(0, 4)]
CLASSES = [torch.tensor([1, 9]), torch.zeros(0, dtype=torch.long)]


def small(**options):
    torch.manual_seed(0)
    return GridDetector(ANCHORS, **{"widths": (4, 6, 8), "num_blocks": 1, **options})


@pytest.fixture(scope="module")
def outputs():
    return torch.randn(2, 8, 8, 2, 15, generator=torch.Generator().manual_seed(0))


class TestDetector:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"num_classes": 0}, "num_classes is 0: expected a whole number"),
            ({"num_classes": 2.5}, "num_classes is 2.5"),
            ({"num_classes": True}, "num_classes is True"),
            ({"widths": (4, 6)}, r"widths is \(4, 6\): expected three numbers of channels"),
            ({"widths": (4, 6, -8)}, "widths is -8"),
            ({"num_blocks": -1}, "num_blocks is -1: expected a whole number, 0 or more"),
        ],
    )
    def test_bad_sizes_are_refused(self, options, message):
        with pytest.raises(ValueError, match=message):
            small(**options)

    def test_numpys_sizes_are_sizes(self):
        detector = small(num_classes=np.int64(3), widths=tuple(np.array([4, 6, 8])), num_blocks=np.int32(0))
        assert detector(torch.rand(1, 3, 16, 16)).shape == (1, 2, 2, 2, 8)

    @pytest.mark.parametrize(
        ("images", "message"),
        [
            (torch.zeros(1, 3, 0, 8), r"images has shape \(1, 3, 0, 8\)"),
            (
                torch.zeros(1, 3, 16, 16, dtype=torch.uint8),
                "images has dtype torch.uint8: expected the detector's",
            ),
            (torch.zeros(1, 3, 16, 16, dtype=torch.float64), "images has dtype torch.float64"),
            (torch.zeros(1, 3, 16, 16).half(), "images has dtype torch.float16"),
        ],
    )
    def test_other_images_are_refused(self, images, message):
        with pytest.raises(ValueError, match=message):
            small()(images)

    def test_autocast_is_taken(self):
        with torch.autocast("cpu", torch.bfloat16):
            assert small().eval()(torch.rand(1, 3, 16, 16)).isfinite().all()

    @pytest.mark.parametrize("dtype", [torch.int32, torch.int16, torch.uint8])
    def test_classes_of_any_whole_dtype_have_the_same_loss(self, outputs, dtype):
        expected = detector_loss(small(), outputs, BOXES, CLASSES)
        found = detector_loss(small(), outputs, BOXES, [part.to(dtype) for part in CLASSES])
        assert {name: part.item() for name, part in found.items()} == {
            k: v.item() for k, v in expected.items()
        }

    def test_lists_are_tensors(self, outputs):
        expected = detector_loss(small(), outputs, BOXES, CLASSES)
        found = detector_loss(small(), outputs, [part.tolist() for part in BOXES], [[1, 9], []])
        assert found["class"].item() == expected["class"].item()
        assert found["box"].item() == expected["box"].item()

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
    def test_half_precision_does_not_overflow(self, outputs, dtype):
        large = outputs.clone()
        large[..., 2:4] = 8.5  # boxes of 2981 anchors: more than half precision can hold
        found = detector_loss(small(), large.to(dtype), BOXES, CLASSES)
        expected = detector_loss(small(), large.to(dtype).float(), BOXES, CLASSES)
        for name, part in found.items():
            assert part.isfinite()
            assert part.item() == pytest.approx(expected[name].item(), rel=1e-5)

    @pytest.mark.parametrize(
        ("classes", "message"),
        [
            (
                [torch.tensor([1, 10]), []],
                r"classes holds \[1, 10\]: expected \(k,\) whole numbers from 0 to 9",
            ),
            ([torch.tensor([1, -1]), []], "from 0 to 9"),
            ([torch.tensor([1.0, 2.0]), []], "whole numbers"),
            ([torch.tensor([True, False]), []], "whole numbers"),
            ([torch.tensor([[1], [2]]), []], r"\(k,\) whole numbers"),
        ],
    )
    def test_other_classes_are_refused(self, outputs, classes, message):
        with pytest.raises(ValueError, match=message):
            detector_loss(small(), outputs, BOXES, classes)

    def test_other_outputs_are_refused(self, outputs):
        for wrong, message in (
            (outputs[..., :14], r"expected \(B, H, W, 2, 15\) floats"),
            (outputs[:, :, :, :1], r"expected \(B, H, W, 2, 15\) floats"),
            (outputs.where(outputs < 2, float("nan")), "outputs holds NaN"),
        ):
            with pytest.raises(ValueError, match=message):
                detector_loss(small(), wrong, BOXES, CLASSES)

    def test_no_images_have_no_targets(self):
        with pytest.raises(
            ValueError, match="boxes is empty: expected a tensor of boxes for each of B images"
        ):
            models.detector_targets([], ANCHORS, 8, 8)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"score_threshold": 1.5}, "score_threshold is 1.5: expected a finite number, from 0 to 1"),
            ({"score_threshold": None}, "score_threshold is None"),
            ({"iou_threshold": float("nan")}, "iou_threshold is nan"),
        ],
    )
    def test_detect_refuses_other_thresholds(self, outputs, options, message):
        with pytest.raises(ValueError, match=message):
            detect(outputs, small().boxes(outputs), **options)

    def test_detect_refuses_what_is_not_finite_or_does_not_fit(self, outputs):
        boxes = small().boxes(outputs)
        with pytest.raises(ValueError, match="outputs holds NaN"):
            detect(outputs.where(outputs < 2, float("nan")), boxes)
        with pytest.raises(
            ValueError, match=r"boxes has shape \(1, 8, 8, 2, 4\): expected \(2, 8, 8, 2, 4\)"
        ):
            detect(outputs, boxes[:1])
        found = detect(outputs, boxes, score_threshold=np.float32(0.2), iou_threshold=np.float64(0.5))
        assert len(found) == 2

    def test_8_bits_of_half_precision_and_of_training_mode(self):
        detector = small().train()
        assert quantized_detector(detector.half()).head.weight.dtype == torch.float16
        assert detector.training

    @pytest.mark.parametrize(
        ("detector", "error", "message"),
        [
            (nn.Linear(2, 2), TypeError, "detector is a Linear: expected a d2lite.models.GridDetector"),
            (None, TypeError, "detector is a NoneType"),
            (small(num_classes=3), ValueError, "detector has 3 classes: expected the ten of Fashion-MNIST"),
            (GridDetector(ANCHORS, widths=(64, 128, 256)), ValueError, "expected at most 1..,000"),
        ],
    )
    def test_the_bench_refuses_other_detectors(self, detector, error, message):
        with pytest.raises(error, match=message):
            DetectionBenchExplorer.from_model(detector)

    def test_the_bench_refuses_what_is_not_finite(self):
        detector = small()
        nn.init.constant_(detector.head.bias, float("inf"))
        with pytest.raises(ValueError, match="detector has head.bias that is not finite: expected numbers"):
            DetectionBenchExplorer.from_model(detector)
        assert DetectionBenchExplorer.from_model(small().half().train()).data["detector"]["num_classes"] == 10


class Own(nn.Module):
    def __init__(self, *more, **options):
        super().__init__()
        self.cell, self.head = nn.RNN(3, 4, **options), nn.Linear(4, 3)
        self.more = nn.ModuleList(more)


class TestCharacterModel:
    def test_line_ends_of_every_system_are_line_ends(self):
        text = "A line\nand its\n\nnext paragraph."
        assert clean(text.replace("\n", "\r\n")) == clean(text.replace("\n", "\r")) == clean(text)
        assert clean(text) == "A line and its\nnext paragraph."

    @pytest.mark.parametrize("gap", ["\t", "\u00a0", "\u2003", "\x0b", " \t ", "\x85"])
    def test_any_white_space_is_a_gap_between_words(self, gap):
        assert clean(f"two{gap}words.\n\n{gap}More{gap}") == "two words.\nMore"  # was "twowords."
        assert clean(f"a{gap}b", "ab") == "ab"

    def test_white_space_of_the_alphabet_is_kept(self):
        assert clean("if x:\n\n\ty = 1", "ifxy:=1 \n\t") == "if x:\n\ty = 1"

    @pytest.mark.parametrize("text", [None, 3, b"abc", ["a"]])
    def test_other_texts_are_refused(self, text):
        for function in (clean, CharacterRNN("ab", 2).encode, CharacterRNN):
            with pytest.raises(TypeError, match="(text|alphabet) is a .*: expected a str"):
                function(text)

    @pytest.mark.parametrize("num_hiddens", [0, -1, 2.5, None, "4", True])
    def test_other_numbers_of_units_are_refused(self, num_hiddens):
        with pytest.raises(ValueError, match="num_hiddens is .*: expected a whole number"):
            CharacterRNN("ab", num_hiddens)

    @pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.int64])
    def test_places_of_any_whole_dtype_are_read(self, dtype):
        model = CharacterRNN("abc", 4)
        places = model.encode("abcab")[:, None]
        assert torch.equal(model(places.to(dtype))[0], model(places)[0])
        with pytest.raises(TypeError, match="characters is a tensor of torch.float32: expected"):
            model(places.float())

    @pytest.mark.parametrize("place", [-1, 3])
    def test_what_is_no_place_in_the_alphabet_is_said(self, place):
        with pytest.raises(
            ValueError, match="characters is from .*: expected places in the alphabet, from 0 to 2"
        ):
            CharacterRNN("abc", 4)(torch.tensor([[0], [place]]))

    def test_short_texts_are_refused(self):
        with pytest.raises(ValueError, match="text has 5 characters: expected at least 40, two a stream"):
            cross_entropy(CharacterRNN("ab", 4), "ababa")
        with pytest.raises(ValueError, match="num_streams is 0"):
            cross_entropy(CharacterRNN("ab", 4), "ababa", num_streams=0)

    def test_half_precision_loses_nothing_in_the_sum_and_the_mode_stays(self):
        torch.manual_seed(0)
        model, text = CharacterRNN("ab", 4).train(), "abba" * 4000
        expected = cross_entropy(model, text)
        assert model.training
        found = cross_entropy(copy.deepcopy(model).to(torch.bfloat16), text)
        assert found == pytest.approx(expected, rel=2e-2)

    @pytest.mark.parametrize("layer", [nn.GRU(3, 4), nn.LSTM(3, 4), nn.RNN(3, 4, nonlinearity="relu")])
    def test_other_layers_are_not_packed(self, layer):
        with pytest.raises(ValueError, match="expected an nn.RNN of one layer"):
            pack(layer, nn.Linear(4, 3), "abc")

    @pytest.mark.parametrize(
        ("model", "vocabulary", "error", "message"),
        [
            ("model", "abc", TypeError, "model is a str: expected a torch.nn.Module"),
            (None, "abc", TypeError, "model is a NoneType"),
            (
                Own(),
                None,
                TypeError,
                "vocabulary is a NoneType: expected a str, a list or a Vocabulary, in order",
            ),
            (Own(), {"a", "b", "c"}, TypeError, "vocabulary is a set"),
            (Own(nn.LayerNorm(4)), "abc", ValueError, "model has LayerNorm as well: expected"),
            (Own(nn.ReLU()), "abc", ValueError, "model has ReLU as well"),
        ],
    )
    def test_the_explorer_refuses_what_its_page_cannot_compute(self, model, vocabulary, error, message):
        with pytest.raises(error, match=message):
            CharacterModelExplorer.from_model(model, vocabulary)

    def test_the_explorer_refuses_a_parameter_of_the_models_own_and_what_is_not_finite(self):
        model = Own()
        model.start = nn.Parameter(torch.zeros(4))
        with pytest.raises(ValueError, match="model has start as well"):
            CharacterModelExplorer.from_model(model, "abc")
        for weight in ("cell.weight_hh_l0", "cell.bias_ih_l0", "head.bias"):
            model = Own()
            nn.init.constant_(model.get_parameter(weight), float("nan"))
            with pytest.raises(ValueError, match="expected (finite float32 )?numbers"):
                CharacterModelExplorer.from_model(model, "abc")

    def test_parts_that_change_nothing_are_allowed_in_any_dtype(self):
        model = Own(nn.Dropout(0.5), nn.CrossEntropyLoss()).train()
        expected = pack_model(model, "abc")
        assert expected["units"] == 4
        assert pack_model(copy.deepcopy(model).double(), "abc") == expected
        half = pack_model(copy.deepcopy(model).half(), ("a", "b", "c"))
        np.testing.assert_allclose(half["recurrent"]["scales"], expected["recurrent"]["scales"], rtol=1e-3)

    def test_the_pretrained_model_is_ready_to_use(self):
        model, record = character_rnn.pretrained()
        assert not model.training
        assert record["alphabet"] == model.alphabet == character_rnn.ALPHABET


def make_lenet():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Dropout(0.9), nn.Linear(84, 10),
    )  # fmt: skip


class TestLenet:
    images, labels = (
        torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0)),
        torch.tensor([1, 2, 3]),
    )

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
    def test_a_lenet_of_any_float_dtype_in_training_mode_is_recognised(self, dtype):
        model = make_lenet().to(dtype).train()
        parameters, activation, pooling = lenet.recognise(model, self.images)
        assert (activation, pooling) == ("relu", "max")
        assert parameters["conv1"][0].dtype == torch.float64
        assert model.training
        assert model[0].weight.dtype == dtype
        data = LenetExplorer.from_model(model, (self.images.to(dtype), self.labels)).data
        assert data["labels"] == [1, 2, 3]

    @pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
    @pytest.mark.parametrize("pooling", ["max", "average"])
    @pytest.mark.parametrize("scale", [0.3, 1.0])
    def test_a_fresh_lenet_is_told_from_the_others(self, activation, pooling, scale):
        """Its logits are small: each of sigmoid and average pooling was taken for one of sigmoid and max pooling."""
        torch.manual_seed(0)
        acts = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
        model = make_lenet()
        for i, layer in enumerate(model):
            if isinstance(layer, nn.ReLU):
                model[i] = acts[activation]()
            elif isinstance(layer, nn.MaxPool2d) and pooling == "average":
                model[i] = nn.AvgPool2d(2)
        with torch.no_grad():
            for weight in model.parameters():
                weight *= scale
        assert lenet.recognise(model, self.images)[1:] == (activation, pooling)

    @pytest.mark.parametrize("other", [nn.LeakyReLU(0.01), nn.ELU(), nn.Hardtanh(), nn.GELU()])
    def test_a_fresh_lenet_with_another_activation_is_none(self, other):
        for scale in (0.3, 1.0):
            model = make_lenet()
            for i, layer in enumerate(model):
                model[i] = other if isinstance(layer, nn.ReLU) else layer
            with torch.no_grad():
                for weight in model.parameters():
                    weight *= scale
            with pytest.raises(ValueError, match="computes something else"):
                lenet.recognise(model, self.images)

    def test_lists_and_arrays_are_samples(self):
        data = LenetExplorer.from_model(make_lenet(), (self.images.numpy(), [1, 2, 3])).data
        assert data == LenetExplorer.from_model(make_lenet(), (self.images, self.labels.int())).data
        data = LenetExplorer.from_model(
            make_lenet(),
            (self.images, self.labels),
            mean=np.float32(0),
            std=torch.tensor(1.0),
            class_names=np.arange(10),
        ).data
        assert data["classes"] == list("0123456789")

    @pytest.mark.parametrize(
        ("model", "error", "message"),
        [
            (None, TypeError, "model is a NoneType: expected a torch.nn.Module"),
            (
                nn.Sequential(nn.Unflatten(1, (2, 2)), make_lenet()),
                ValueError,
                r"model fails on images of shape",
            ),
        ],
    )
    def test_other_models_are_refused(self, model, error, message):
        with pytest.raises(error, match=message):
            LenetExplorer.from_model(model, (self.images, self.labels))

    def test_models_that_give_more_than_logits_or_no_numbers_are_refused(self):
        class Pair(nn.Sequential):
            def forward(self, x):
                return super().forward(x), x

        with pytest.raises(ValueError, match="model returns a tuple: expected a tensor of logits"):
            LenetExplorer.from_model(Pair(*make_lenet()), (self.images, self.labels))
        model = make_lenet()
        nn.init.constant_(model[0].bias, float("nan"))
        with pytest.raises(ValueError, match="model has 0.bias that is not finite"):
            LenetExplorer.from_model(model, (self.images, self.labels))

    @pytest.mark.parametrize(
        ("samples", "options", "message"),
        [
            (None, {}, "samples is a NoneType: expected Data, or a pair of tensors"),
            ("ab", {}, "samples is a str"),
            ((images, labels, labels), {}, "samples is a tuple: expected Data, or a pair"),
            ((images, labels > 1), {}, r"labels \[False, True, True\]: expected whole numbers from 0 to 9"),
            ((images, labels.float()), {}, r"labels \[1.0, 2.0, 3.0\]: expected whole numbers"),
            ((images, labels), {"mean": float("nan")}, "mean is nan: expected a finite number"),
            ((images, labels), {"mean": None}, "mean is None: expected a finite number"),
            ((images, labels), {"std": "1"}, "std is '1': expected a finite number, above 0"),
            ((images, labels), {"std": float("inf")}, "std is inf"),
            (
                (images, labels),
                {"class_names": set("abcdefghij")},
                "class_names is .*: expected ten names in order",
            ),
            ((images, labels), {"class_names": 10}, "class_names is 10: expected ten names in order"),
        ],
    )
    def test_other_samples_are_refused(self, samples, options, message):
        with pytest.raises(ValueError, match=message):
            LenetExplorer.from_model(make_lenet(), samples, **options)
