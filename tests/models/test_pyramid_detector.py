"""The detector of changeable parts: shapes, owners against `vision.anchors.match`, loss against `detector_loss`."""

import numpy as np
import pytest
import torch

from d2lite.datasets import scenes
from d2lite.models import (
    GridDetector,
    PyramidDetector,
    detect,
    detector_loss,
    dynamic_owners,
    pad_truths,
    pretrained_modern_detector,
    pyramid_detect,
    pyramid_loss,
    pyramid_payload,
    save_modern_detector,
    static_owners,
    weights,
)
from d2lite.models._pyramid_weights import folded_convolutions
from d2lite.models.quantization import dequantize, quantize
from d2lite.vision.anchors import match
from d2lite.vision.boxes import iou
from d2lite.vision.detection_metrics import mean_average_precision
from d2lite.widgets import DetectionBenchExplorer

ANCHORS = torch.tensor([[16.0, 30.0], [30.0, 16.0], [32.0, 32.0]])


@pytest.fixture(scope="module")
def some():
    return scenes(24, 0, seed=11)[0]


@pytest.mark.parametrize("neck", ["none", "fpn", "pan"])
@pytest.mark.parametrize("with_anchors", [True, False])
def test_every_position_has_a_box_where_its_cell_is(neck, with_anchors):
    strides = 1 if neck == "none" else 2
    detector = PyramidDetector([ANCHORS] * strides if with_anchors else None, neck=neck, drop_rate=0.1)
    outputs = detector(torch.rand(2, 3, 64, 96))
    cells = 8 * 12 + (4 * 6 if strides == 2 else 0)
    assert outputs.shape == (2, cells * (3 if with_anchors else 1), 15)
    positions = detector.positions(64, 96)
    boxes = detector.boxes(torch.zeros_like(outputs), positions)
    centres = (boxes[0, :, :2] + boxes[0, :, 2:]) / 2
    assert torch.allclose(centres, (positions[:, :2] + 0.5) * positions[:, 2:3])
    assert torch.allclose(boxes[0, :, 2:] - boxes[0, :, :2], positions[:, 3:])
    assert centres[:, 0].max() < 96 and centres[:, 1].max() < 64


def test_without_a_neck_it_is_the_grid_detector():
    torch.manual_seed(0)
    grid = GridDetector(ANCHORS).eval()
    torch.manual_seed(0)
    detector = PyramidDetector([ANCHORS]).eval()
    images = torch.rand(2, 3, 96, 96)
    assert torch.equal(detector(images), grid(images).flatten(1, 3))


def test_owners_are_those_of_match(some):
    """Where no two boxes want one position."""
    detector = PyramidDetector([ANCHORS])
    owners = static_owners(detector.positions(96, 96), *pad_truths(some.boxes, some.classes))
    for found, boxes in zip(owners, some.boxes, strict=True):
        theirs = match(boxes, ANCHORS, 12, 12, 8).flatten()
        if (found >= 0).sum() == len(boxes):
            assert torch.equal(found, theirs)


def test_a_box_outside_owns_nothing_and_of_many_in_one_place_the_last_owns_it():
    positions = PyramidDetector().positions(32, 32)
    outside = torch.tensor([[[100.0, 100, 110, 110], [-9, 4, 1, 8]]])  # was owned by the first position
    assert (static_owners(positions, outside, torch.tensor([[1, 2]])) < 0).all()
    many = torch.tensor([[9.0, 9, 15, 15]]).repeat(500, 1)[None]
    owners = static_owners(positions, many, torch.zeros(1, 500).long())
    assert owners[owners >= 0].tolist() == [499]


def test_with_anchors_the_loss_is_the_grid_detectors(some):
    torch.manual_seed(0)
    grid = GridDetector(ANCHORS)
    detector = PyramidDetector([ANCHORS])
    outputs = torch.randn(24, 12, 12, 3, 15)
    few = [i for i in range(24) if len(some.boxes[i]) < 3]
    boxes, classes = ([every[i] for i in few] for every in (some.boxes, some.classes))
    theirs = detector_loss(grid, outputs[few], boxes, classes)
    ours = pyramid_loss(detector, outputs[few].flatten(1, 3), (96, 96), *pad_truths(boxes, classes))
    for name in ours:
        assert ours[name].item() == pytest.approx(theirs[name].item(), rel=1e-4)


def test_dynamic_owners_lie_in_their_object_and_are_cheap(some):
    torch.manual_seed(0)
    detector = PyramidDetector(None, neck="fpn")
    boxes, classes = pad_truths(some.boxes, some.classes)
    outputs, positions = torch.randn(24, 180, 15), detector.positions(96, 96)
    owners = dynamic_owners(outputs, detector.boxes(outputs, positions), positions, boxes, classes)
    picture, place = (owners >= 0).nonzero(as_tuple=True)
    own = boxes[picture, owners[picture, place]]
    middles = (positions[place, :2] + 0.5) * positions[place, 2:3]
    assert ((middles > own[:, :2]) & (middles < own[:, 2:])).all()
    assert (classes[picture, owners[picture, place]] >= 0).all()
    assert len(picture) >= 0.9 * sum(map(len, some.boxes))  # at least one each, but where two want one


def test_perfect_answers_cost_little_by_either_loss(some):
    detector = PyramidDetector(None)
    boxes, classes = pad_truths(some.boxes, some.classes)
    positions = detector.positions(96, 96)
    owners = static_owners(positions, boxes, classes)
    outputs = torch.full((24, 144, 15), -20.0)
    for b, n in (owners >= 0).nonzero().tolist():
        box, cell = boxes[b, owners[b, n]], positions[n]
        outputs[b, n, :2] = (box[:2] + box[2:]) / 2 / 8 - cell[:2] - 0.5
        outputs[b, n, 2:4] = ((box[2:] - box[:2]) / 8).log()
        outputs[b, n, 4], outputs[b, n, 5 + classes[b, owners[b, n]]] = 20, 20
    for kind in ("ciou", "squared"):
        terms = pyramid_loss(detector, outputs, (96, 96), boxes, classes, box_loss=kind)
        assert all(term.item() < 1e-4 for term in terms.values())
    found = pyramid_detect(outputs, detector.boxes(outputs, positions))
    for one, truth in zip(found, some.boxes, strict=True):
        assert len(one["boxes"]) <= len(truth)
        assert (iou(one["boxes"], truth).amax(1) > 0.999).all()


def test_smoothed_labels_are_torchs(some):
    detector = PyramidDetector([ANCHORS])
    truths = pad_truths(some.boxes, some.classes)
    outputs = torch.zeros(24, 432, 15)
    outputs[..., 5] = 5.0
    plain, smooth = (
        pyramid_loss(detector, outputs, (96, 96), *truths, smoothing=e)["class"].item() for e in (0.0, 0.1)
    )
    uniform = (-outputs[0, 0, 5:].log_softmax(0)).mean().item()
    assert smooth == pytest.approx(0.9 * plain + 0.1 * uniform, rel=1e-5)


def test_detections_are_those_of_detect():
    torch.manual_seed(0)
    outputs, grid = torch.randn(2, 12, 12, 3, 15), GridDetector(ANCHORS)
    flat = pyramid_detect(outputs.flatten(1, 3), grid.boxes(outputs).flatten(1, 3))
    for a, b in zip(flat, detect(outputs, grid.boxes(outputs)), strict=True):
        assert all(torch.equal(a[key], b[key]) for key in a)


def test_a_position_may_say_every_class():
    """Two positions; of the first two classes score enough, of the second one."""
    outputs, boxes = torch.full((1, 2, 8), -20.0), torch.tensor([[[0.0, 0, 10, 10], [50, 50, 60, 60]]])
    outputs[0, :, 4] = torch.tensor([0.8, 0.5]).logit()
    outputs[0, 0, 5:] = torch.tensor([0.3, 0.695, 0.005]).log()
    outputs[0, 1, 5:] = torch.tensor([0.002, 0.003, 0.995]).log()
    (best,), (every,) = (pyramid_detect(outputs, boxes, 0.05, every_class=e) for e in (False, True))
    assert best["classes"].tolist() == [1, 2] and every["classes"].tolist() == [1, 2, 0]
    assert every["scores"].tolist() == pytest.approx([0.8 * 0.695, 0.5 * 0.995, 0.8 * 0.3], rel=1e-4)
    assert every["boxes"].tolist() == boxes[0][[0, 1, 0]].tolist()
    (once,) = pyramid_detect(outputs, boxes, 0.05, class_agnostic=True, every_class=True)
    assert once["classes"].tolist() == [1, 2]  # the second name of one box is a copy of it


def test_scenes_without_objects_are_background():
    detector = PyramidDetector(None)
    nothing = pad_truths([torch.zeros(0, 4)] * 2, [torch.zeros(0).long()] * 2)
    for dynamic in (True, False):
        terms = pyramid_loss(detector, torch.zeros(2, 144, 15), (96, 96), *nothing, dynamic=dynamic)
        assert terms["box"] == 0 and terms["class"] == 0
        assert terms["objectness"].item() == pytest.approx(288 * torch.tensor(2.0).log().item(), rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("dynamic", [False, True])
def test_half_precision_is_computed_in_single(some, dtype, dynamic):
    detector, truths = PyramidDetector(), pad_truths(some.boxes, some.classes)
    torch.manual_seed(0)
    outputs = torch.randn(len(some), 144, 15).to(dtype)
    outputs[..., 4] = 900  # whose sum was infinity in half precision
    terms = [
        pyramid_loss(detector, some_outputs, (96, 96), *truths, dynamic=dynamic)
        for some_outputs in (outputs, outputs.float())
    ]
    assert terms[0] == terms[1]
    assert all(term.isfinite() and term.dtype == torch.float32 for term in terms[0].values())


@pytest.mark.parametrize("place", [0, 4, 7])
def test_outputs_that_are_not_finite_are_told(some, place):
    outputs = torch.zeros(len(some), 144, 15)
    outputs[1, 5, place] = float("nan")
    for dynamic in (False, True):
        with pytest.raises(ValueError, match="outputs holds NaN or infinite numbers: expected finite ones"):
            pyramid_loss(
                PyramidDetector(), outputs, (96, 96), *pad_truths(some.boxes, some.classes), dynamic=dynamic
            )


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="neck is 'bi': expected"):
        PyramidDetector(neck="bi")
    with pytest.raises(ValueError, match="anchors has 1 tensors: expected 2"):
        PyramidDetector([ANCHORS], neck="fpn")
    with pytest.raises(ValueError, match="boxes has .* and classes .*: expected"):
        pad_truths([torch.zeros(2, 4)], [torch.zeros(1).long()])
    with pytest.raises(ValueError, match="box_loss is 'l1'"):
        pyramid_loss(None, None, None, None, None, box_loss="l1")
    with pytest.raises(ValueError, match="drop_rate is 1"):
        PyramidDetector(drop_rate=1)
    with pytest.raises(ValueError, match="images has shape"):
        PyramidDetector()(torch.zeros(1, 3, 90, 96))


@pytest.mark.parametrize("write", [save_modern_detector, lambda path, detector, _: pyramid_payload(detector)])
def test_no_other_network_and_no_nan_is_packed(tmp_path, write):
    detector = PyramidDetector()
    with pytest.raises(TypeError, match="detector is a Linear: expected a d2lite.models.PyramidDetector"):
        write(tmp_path / "own.npz", torch.nn.Linear(2, 2), {})
    torch.nn.init.constant_(detector.heads[0].bias, float("nan"))  # a bias was packed as it was
    with pytest.raises(ValueError, match="detector has heads.0.bias that is not finite: expected numbers"):
        write(tmp_path / "own.npz", detector, {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("neck", "with_anchors", "residual"), [("none", True, False), ("fpn", False, True), ("pan", True, True)]
)
def test_saved_weights_are_the_rounded_ones(tmp_path, neck, with_anchors, residual):
    torch.manual_seed(0)
    strides = 1 if neck == "none" else 2
    detector = PyramidDetector(
        [ANCHORS] * strides if with_anchors else None, neck=neck, residual=np.bool_(residual)
    )  # JSON has no booleans of NumPy
    detector(torch.rand(4, 3, 96, 96))  # batch norm sees something
    detector.eval()
    path = tmp_path / "some.npz"
    save_modern_detector(path, detector, {"row": "baseline"})
    again, record = pretrained_modern_detector(path)
    assert record["row"] == "baseline" and again.anchor_free is not with_anchors
    images = torch.rand(2, 3, 96, 96)
    with torch.no_grad():
        before, after = detector(images), again(images)
    assert (before - after).abs().mean() < 0.02 * before.abs().mean()
    assert path.stat().st_size < 1.2 * sum(p.numel() for p in detector.parameters())
    with pytest.raises(ValueError, match="holds no detector"):
        pretrained_modern_detector("lenet")


def test_the_shipped_one_fits_a_page_and_its_record_is_true():
    """In 8 bits it scores as the record says; in 6, as in the bench, about as well."""
    detector, record = pretrained_modern_detector()
    bench = DetectionBenchExplorer.from_model(detector)
    assert bench.data["detector"]["bits"] == 6
    assert (weights.FOLDER / "modern_detector.npz").stat().st_size < 100_000
    test = scenes(0, 500)[1]

    @torch.no_grad()
    def score():
        outputs = detector(test.images)
        found = pyramid_detect(outputs, detector.boxes(outputs, detector.positions(96, 96)), 0.01)
        return mean_average_precision(found, test.targets, 0.5)["map_50"]

    whole = score()
    assert abs(whole - record["map_50"]) < 0.002
    with torch.no_grad():
        for convolution, _, weight, _ in folded_convolutions(detector).values():
            convolution.weight.copy_(dequantize(*quantize(weight, bench.data["detector"]["bits"])))
    assert abs(whole - score()) < 0.003
