"""The detector of d2lite.models: its parts against plain loops, autograd and the library's own matching."""

import copy
import json

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lite import models
from d2lite.datasets import scenes
from d2lite.models import (
    GridDetector,
    detect,
    detector_loss,
    detector_payload,
    detector_targets,
    layers_of,
    pad_truths,
    pretrained_detector,
    quantized_detector,
    save_detector,
)
from d2lite.models.quantization import quantize
from d2lite.vision.anchors import anchor_boxes
from d2lite.vision.boxes import ciou

ANCHORS = [[16.0, 28.0], [33.0, 18.0], [29.0, 37.0]]


@pytest.fixture
def detector():
    torch.manual_seed(0)
    detector = GridDetector(ANCHORS, widths=(4, 6, 8), num_blocks=2)
    for module in detector.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.2, 3.0)
            nn.init.uniform_(module.weight, -1.5, 1.5)
            nn.init.normal_(module.bias)
    return detector.eval()


@pytest.fixture(scope="module")
def some():
    return scenes(6, 0, seed=2)[0]


def test_outputs_have_a_row_for_each_anchor_of_each_cell(detector):
    outputs = detector(torch.rand(2, 3, 64, 96))
    assert outputs.shape == (2, 8, 12, 3, 15)
    raw = detector.head(detector.body(torch.rand(1, 3, 64, 96)))
    assert raw.shape == (1, 45, 8, 12)


def test_without_knowledge_boxes_are_the_anchors(detector):
    boxes = detector.boxes(torch.zeros(1, 8, 12, 3, 15))
    assert torch.allclose(boxes[0], anchor_boxes(ANCHORS, 8, 12, 8), atol=1e-4)


def test_a_fresh_detector_expects_little():
    outputs = GridDetector(ANCHORS).eval()(torch.rand(1, 3, 96, 96))
    assert 0.003 < outputs[..., 4].sigmoid().mean() < 0.03


@pytest.mark.parametrize("shape", [(3, 96, 96), (1, 1, 96, 96), (1, 3, 96, 90)])
def test_wrong_images_are_refused(detector, shape):
    with pytest.raises(ValueError, match="multiples of 8"):
        detector(torch.zeros(shape))


def test_targets_count_through_the_batch(some):
    answers = detector_targets(some.boxes, ANCHORS, 12, 12)
    assert answers.shape == (6, 12, 12, 3)
    assert sorted(answers[answers >= 0].tolist()) == list(range(sum(map(len, some.boxes))))
    for i, boxes in enumerate(some.boxes):
        first = sum(map(len, some.boxes[:i]))
        for place in (answers[i] >= 0).nonzero().tolist():
            x1, y1, x2, y2 = boxes[answers[i][tuple(place)] - first].tolist()
            assert place[:2] == [int((y1 + y2) / 16), int((x1 + x2) / 16)]


def test_loss_is_the_plain_sum_over_positions(detector, some):
    outputs = torch.randn(6, 12, 12, 3, 15, generator=torch.Generator().manual_seed(1))
    answers, boxes = detector_targets(some.boxes, detector.anchors, 12, 12), detector.boxes(outputs)
    truths, labels = torch.cat(some.boxes), torch.cat(some.classes)
    sums, count = {"box": 0.0, "objectness": 0.0, "class": 0.0}, 0
    for place in [tuple(p) for p in torch.cartesian_prod(*map(torch.arange, (6, 12, 12, 3))).tolist()]:
        chance = outputs[place][4].sigmoid()
        if answers[place] == -1:
            sums["objectness"] -= (1 - chance).log()
        elif answers[place] >= 0:
            count += 1
            sums["objectness"] -= chance.log()
            sums["box"] += 1 - ciou(boxes[place], truths[answers[place]], pairwise=False)
            sums["class"] -= outputs[place][5:].log_softmax(-1)[labels[answers[place]]]
    terms = detector_loss(detector, outputs, some.boxes, some.classes)
    assert {name: term.item() for name, term in terms.items()} == pytest.approx(
        {name: (total / count).item() for name, total in sums.items()}, rel=1e-4
    )


def test_ignored_positions_have_no_gradient(detector, some):
    outputs = torch.zeros(6, 12, 12, 3, 15, requires_grad=True)
    sum(detector_loss(detector, outputs, some.boxes, some.classes).values()).backward()
    answers = detector_targets(some.boxes, detector.anchors, 12, 12)
    assert (answers == -2).any()
    assert (outputs.grad[answers == -2] == 0).all()
    assert (outputs.grad[answers == -1][:, 4] > 0).all()  # empty: told to be less sure
    assert (outputs.grad[answers >= 0][:, 4] < 0).all()
    assert (outputs.grad[answers == -1][:, [0, 1, 2, 3, 5, 14]] == 0).all()


def test_scenes_without_objects_cost_their_background_alone(detector):
    empty = [torch.zeros(0, 4)], [torch.zeros(0, dtype=torch.long)]
    terms = detector_loss(detector, torch.zeros(1, 12, 12, 3, 15), *empty)
    assert terms["objectness"].item() == pytest.approx(432 * F.softplus(torch.tensor(0.0)).item(), rel=1e-5)
    assert terms["box"] == terms["class"] == 0


def test_a_batch_of_unequal_parts_is_refused(detector, some):
    outputs = torch.zeros(6, 12, 12, 3, 15)
    for boxes, classes in (
        (some.boxes[:5], some.classes),
        (some.boxes, some.classes[:5]),
        (some.boxes, [*some.classes[:5], some.classes[5][:0]]),
    ):
        with pytest.raises(ValueError, match="expected one each, a class a box"):
            detector_loss(detector, outputs, boxes, classes)
    with pytest.raises(ValueError, match="batch has 5 outputs, 6 sets of boxes and 6 of classes"):
        detector_loss(detector, outputs[:5], some.boxes, some.classes)


def test_truths_come_from_a_generator_as_from_a_list(detector, some):
    """They ended in "object of type 'generator' has no len()"."""
    outputs = torch.zeros(6, 12, 12, 3, 15)
    terms = detector_loss(detector, outputs, iter(some.boxes), iter(some.classes))
    assert terms == detector_loss(detector, outputs, some.boxes, some.classes)
    answers = detector_targets(iter(some.boxes), detector.anchors, 12, 12)
    assert torch.equal(answers, detector_targets(some.boxes, detector.anchors, 12, 12))
    for first, second in zip(
        pad_truths(iter(some.boxes), iter(some.classes)), pad_truths(some.boxes, some.classes), strict=True
    ):
        assert torch.equal(first, second)
    with pytest.raises(ValueError, match="boxes is a NoneType: expected a list of tensors"):
        detector_loss(detector, outputs, None, some.classes)


def test_detections_are_scored_sorted_and_suppressed(detector):
    outputs = torch.full((1, 12, 12, 3, 15), -9.0)
    for column, logit in ((5, 3.0), (6, 2.0)):
        outputs[0, 4, column, 2, :4] = 0
        outputs[0, 4, column, 2, 4] = logit
        outputs[0, 4, column, 2, 5 + 7] = 9
    outputs[0, 4, 6, 0, :4] = 0
    outputs[0, 4, 6, 0, 4:7] = torch.tensor([2.5, -9, 9])
    boxes = detector.boxes(outputs)
    found = detect(outputs, boxes)[0]
    assert found["classes"].tolist() == [7, 1]
    assert torch.allclose(found["scores"], torch.tensor([3.0, 2.5]).sigmoid(), atol=1e-4)
    assert found["boxes"][0].tolist() == boxes[0, 4, 5, 2].tolist()
    assert detect(outputs, boxes, iou_threshold=None)[0]["classes"].tolist() == [7, 1, 7]
    assert len(detect(outputs, boxes, iou_threshold=0.1, class_agnostic=True)[0]["scores"]) == 1
    assert len(detect(outputs, boxes, score_threshold=0.99)[0]["scores"]) == 0


def test_rounding_is_to_127ths_of_the_largest():
    weight = torch.tensor([[1.0, -0.5, 0.004], [0.0, 0.0, 0.0], [-2.54, 0.02, 0.03]], dtype=torch.float64)
    steps, size = quantize(weight)
    assert steps.tolist() == [[127, -64, 1], [0, 0, 0], [-127, 1, 2]] or steps[0, 1] == -63
    assert (steps * size.double()[:, None] - weight).abs().max() <= 0.5 * size.max()


def test_folded_layers_and_the_8_bit_copy_compute_the_same(detector):
    """The folded convolutions, applied by hand with exact weights, are the detector; rounded ones are the copy."""
    images = torch.rand(2, 3, 96, 96, dtype=torch.float64)

    def by_hand(weights):
        maps = [images]
        for layer, weight in zip(layers_of(detector), weights, strict=True):
            pad = weight.shape[-1] // 2
            new = F.conv2d(maps[-1], weight, layer.bias, layer.stride, pad, groups=layer.groups)
            new = F.leaky_relu(new, 0.1) if layer.active else new
            maps.append(new + maps[-layer.skip] if layer.skip else new)
        return maps[-1].unflatten(1, (3, 15)).permute(0, 3, 4, 1, 2)

    exact = [layer.weight for layer in layers_of(detector)]
    rounded = [steps * size.double()[:, None, None, None] for steps, size in map(quantize, exact)]
    copy = quantized_detector(detector.double())
    with torch.no_grad():
        assert torch.allclose(by_hand(exact), detector(images), atol=1e-10)
        assert torch.allclose(by_hand(rounded), copy(images), atol=1e-6)
        assert not torch.allclose(detector(images), copy(images), atol=1e-6)


def test_the_payload_is_small_and_plain():
    payload = detector_payload(pretrained_detector()[0])
    assert len(json.dumps(payload)) < 115_000
    assert payload["layers"][0] == [16, 3, 3, 2, 1, 1, 0, -1]
    assert sum(o * i * k * k for o, i, k, *_ in payload["layers"]) * 4 / 3 == pytest.approx(
        len(payload["weights"]), abs=4
    )
    with pytest.raises(TypeError, match="expected a d2lite.models.GridDetector"):
        detector_payload(nn.Linear(2, 2))


def test_the_recording_says_where_it_is_from():
    detector, record = pretrained_detector()
    assert not detector.training
    assert record["command"].startswith("python tools/record/detector.py")
    assert record["scenes"] == 64 * 5000
    assert set(record["versions"]) == {"python", "d2lite", "torch", "numpy"}
    assert len(record["losses"]["box"]) == 100
    assert record["map_50"] >= 0.78 and record["merged_map_50"] >= 0.95


def test_what_float16_cannot_hold_is_saved_as_it_is(tmp_path, detector):
    norm = detector.eval().body[0][1]
    norm.running_var.fill_(3e5)  # of pictures whose bytes were not divided by 255; was saved as infinity
    norm.num_batches_tracked.fill_(70_001)
    shape = {"num_classes": detector.num_classes, "widths": [4, 6, 8], "num_blocks": 2}
    path = save_detector(tmp_path / "own.npz", detector, {"shape": shape})
    saved = pretrained_detector(path)[0].body[0][1]
    assert torch.equal(saved.running_var, norm.running_var)
    assert saved.num_batches_tracked == 70_001


def test_a_detector_in_bfloat16_is_saved(tmp_path, detector):
    short = copy.deepcopy(detector).bfloat16().eval()
    again = pretrained_detector(save_detector(tmp_path / "own.npz", short, {}))[0]
    for name, value in short.state_dict().items():
        assert torch.equal(
            again.state_dict()[name], value.float().half().float().to(again.state_dict()[name])
        )


def test_a_broken_recording_is_named(tmp_path):
    for content in (b"", b"PK\x03\x04 nothing"):
        (tmp_path / "detector.npz").write_bytes(content)
        with pytest.raises(ValueError, match=r"detector\.npz holds no weights"):
            pretrained_detector(tmp_path / "detector.npz")


def test_every_public_name_is_there():
    assert all(hasattr(models, name) for name in models.__all__)
