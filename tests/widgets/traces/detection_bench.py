"""Traces of the detector and its scenes, made by torch in double precision: the oracle of detection_bench/model.js."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from d2lite._utils.rng import Rng
from d2lite.datasets import scenes
from d2lite.datasets._images import _shipped
from d2lite.datasets._scenes import _interpolation, _outline
from d2lite.models import (
    GridDetector,
    PyramidDetector,
    detect,
    detector_payload,
    pretrained_detector,
    pyramid_payload,
    quantized_detector,
    save_modern_detector,
    weights,
)
from d2lite.models._pyramid_weights import PAGE_BITS, _fill
from d2lite.models.quantization import dequantize, quantize
from d2lite.vision.boxes import iou
from d2lite.widgets._palette import PALETTE
from d2lite.widgets.detection_bench import ITEMS, SIDE, bench_payload

TINTS = [
    (255, 250, 242), (255, 150, 118), (255, 214, 112), (168, 255, 140), (128, 228, 255), (150, 170, 255), (255, 160, 236),
]  # fmt: skip
CROWD = [
    [0, 20, 30.5, 37, 1],
    [13, 33, 36, 51, 6],
    [10, 90, 88, 30, 2],
    [19, 2, 60, 24, 5],
    [4, 60.5, 50, 80, 3],
]
STROKES = [[10, 80, 1], [30, 90, 0], [31.5, 70, 0], [60, 10, 1], [95.5, 20, 1], [96, 40, 0]]


def small_detector():
    """An untrained detector of other widths, its batch norms far from doing nothing."""
    torch.manual_seed(3)
    detector = GridDetector([[10.0, 20.0], [33.0, 21.0]], 10, widths=(4, 6, 8), num_blocks=1)
    for module in detector.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.3, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
    nn.init.normal_(detector.head.weight, std=0.4)
    return detector.eval()


@torch.no_grad()
def run(detector, pixels):
    """Outputs and boxes in double precision, of (3, H, W) bytes."""
    twin = quantized_detector(detector.double())
    outputs = twin(pixels[None].double() / 255)
    return outputs, twin.boxes(outputs)


def pass_case(name, detector, pixels):
    outputs, boxes = run(detector, pixels)
    probability, label = outputs[..., 5:].softmax(dim=-1).max(dim=-1)
    objectness = outputs[..., 4].sigmoid()
    return {
        "name": f"every position of {name}",
        "js": """(model, { detector, pixels }) => {
            const positions = model.readPositions(model.runPass(model.readDetector(detector), pixels));
            const all = (read) => positions.map(read);
            return { boxes: all((p) => p.box), objectness: all((p) => p.objectness), score: all((p) => p.score),
                     label: all((p) => p.label) };
        }""",
        "input": {"detector": detector_payload(detector), "pixels": pixels.flatten().tolist()},
        "expected": {
            "boxes": boxes.view(-1, 4).tolist(),
            "objectness": objectness.flatten().tolist(),
            "score": (objectness * probability).flatten().tolist(),
            "label": label.flatten().tolist(),
        },
    }


def small_pyramid(neck, anchors):
    """An untrained detector of changeable parts, as stored in 8 bits."""
    torch.manual_seed(4)
    detector = PyramidDetector(anchors, widths=(4, 6, 8), num_blocks=1, neck=neck, neck_width=5)
    for module in detector.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.3, 2.0)
            nn.init.normal_(module.bias, std=0.2)
    for head in detector.heads:
        nn.init.normal_(head.weight, std=0.4)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.npz"
        save_modern_detector(path, detector.eval(), {})
        return in_double(path)


def in_double(path):
    """A stored detector in 6 bits with just those numbers: in single precision weights and variances are rounded again."""
    tensors, record = weights.load(path)
    anchors = [tensors[name] for name in sorted(tensors) if name.startswith("anchors")] or None
    detector = PyramidDetector(anchors, **record["shape"]).eval().double()
    _fill(detector, tensors)
    with torch.no_grad():
        for module in detector.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.copy_(dequantize(*quantize(module.weight, PAGE_BITS)))
    return detector


@torch.no_grad()
def pyramid_case(name, detector, pixels):
    outputs = detector(pixels[None].double() / 255)
    boxes = detector.boxes(outputs, detector.positions(SIDE, SIDE))[0]
    probability, label = outputs[0, :, 5:].softmax(dim=-1).max(dim=-1)
    case = pass_case(name, small_detector(), pixels)
    score = outputs[0, :, 4].sigmoid() * probability
    expected = {"boxes": boxes.tolist(), "objectness": outputs[0, :, 4].sigmoid().tolist()}
    return case | {
        "input": {"detector": pyramid_payload(detector), "pixels": pixels.flatten().tolist()},
        "expected": expected | {"score": score.tolist(), "label": label.tolist()},
    }


def detections_case(detector, pixels, threshold, iou_threshold):
    outputs, boxes = run(detector, pixels)
    found = detect(outputs, boxes, threshold, iou_threshold)[0]
    return {
        "name": f"detections at {threshold} and {iou_threshold}",
        "js": """(model, { detector, pixels, threshold, suppression }) => {
            const positions = model.readPositions(model.runPass(model.readDetector(detector), pixels));
            const scored = model.keepScoring(positions, threshold);
            const kept = suppression === null ? scored : model.suppress(scored, suppression);
            return kept.map(({ box, score, label }) => [...box, score, label]);
        }""",
        "input": {
            "detector": detector_payload(detector),
            "pixels": pixels.flatten().tolist(),
            "threshold": threshold,
            "suppression": iou_threshold,
        },
        "expected": [
            [*box, score, label]
            for box, score, label in zip(
                *(found[key].tolist() for key in ("boxes", "scores", "classes")), strict=True
            )
        ],
    }


def sliced_case(detector, pixels):
    """In slices of one channel: as many slices as channels, and the same numbers."""
    channels = sum(module.out_channels for module in detector.modules() if isinstance(module, nn.Conv2d))
    return {
        "name": "a pass in slices",
        "js": """(model, { detector, pixels }) => {
            const read = model.readDetector(detector);
            const pass = model.startPass(read, pixels);
            let slices = 0;
            let risen = true;
            for (let before = 0; !pass.done; slices += 1) {
                model.continuePass(pass, () => true);
                risen = risen && model.progressOf(pass) >= before;
                before = model.progressOf(pass);
            }
            const whole = model.readPositions(model.runPass(read, pixels));
            const same = JSON.stringify(model.readPositions(pass)) === JSON.stringify(whole);
            return [slices, same, risen, model.progressOf(pass)];
        }""",
        "input": {"detector": detector_payload(detector), "pixels": pixels.flatten().tolist()},
        "expected": [channels, True, True, 1],
    }


def count_products(detector):
    total = 0

    def count(module, _, output):
        nonlocal total
        total += output.shape[-1] * output.shape[-2] * module.weight.numel()

    hooks = [m.register_forward_hook(count) for m in detector.modules() if isinstance(m, nn.Conv2d)]
    detector(torch.zeros(1, 3, SIDE, SIDE))
    for hook in hooks:
        hook.remove()
    return total


def cloud(seed):
    """The page's background: (3, SIDE, SIDE)."""
    rng = Rng(seed)
    image = np.zeros((SIDE, SIDE))
    for octave in range(4):
        cells = 3 * 2**octave
        coarse = np.asarray(rng.uniform(cells * cells)).reshape(cells, cells)
        scale = _interpolation(cells, SIDE)
        image += scale @ coarse @ scale.T / 2**octave
    image = (image - image.min()) / np.ptp(image)
    first, second = (20 + 140 * np.asarray(rng.uniform(3)) for _ in range(2))
    noise = 20 * np.asarray(rng.uniform(SIDE * SIDE)).reshape(SIDE, SIDE) - 10
    return first[:, None, None] + (second - first)[:, None, None] * image + noise


def half_up(value):
    return int(np.floor(value + 0.5))  # as Math.round


def compose(background, rows, strokes):
    """The page's scene by NumPy: (3, SIDE, SIDE) floats, and the true boxes."""
    images, labels = _shipped("fashion_mnist", "test")
    image, truths = cloud(background), []
    for item, x, y, side, tint in rows:
        scale, index = _interpolation(28, side), PALETTE[item]
        value, alpha = scale @ (images[index] / 255) @ scale.T, scale @ _outline("test", index) @ scale.T
        wide = np.pad(image, ((0, 0), (SIDE, SIDE), (SIDE, SIDE)))  # items may reach over the edge
        left, top = half_up(x - side / 2), half_up(y - side / 2)
        window = wide[:, SIDE + top : SIDE + top + side, SIDE + left : SIDE + left + side]
        window += alpha * ((0.15 + 0.85 * value) * np.array(TINTS[tint])[:, None, None] - window)
        image = wide[:, SIDE:-SIDE, SIDE:-SIDE].copy()
        inside = alpha > 0.5 - 1e-9
        rows_in, columns_in = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
        box = np.array(
            [columns_in[0] + left, rows_in[0] + top, columns_in[-1] + 1 + left, rows_in[-1] + 1 + top]
        )
        truths.append({"box": box.clip(0, SIDE).tolist(), "label": int(labels[index])})
    at = np.stack(np.meshgrid(np.arange(SIDE) + 0.5, np.arange(SIDE) + 0.5), axis=-1)  # (y, x) -> its middle
    for i, (x, y, begins) in enumerate(strokes):
        lone = begins and (i + 1 == len(strokes) or strokes[i + 1][2])
        if begins and not lone:
            continue
        end = np.array([x, y])
        start = end if lone else np.array(strokes[i - 1][:2])
        along = end - start
        t = np.clip((at - start) @ along / max(along @ along, 1e-300), 0, 1)[..., None]
        alpha = np.clip(2.2 + 0.5 - np.linalg.norm(at - start - t * along, axis=-1), 0, 1)
        image += alpha * (np.array([236, 232, 222])[:, None, None] - image)
    return image, truths


def picture_case(name, background, rows, strokes):
    image, truths = compose(background, rows, strokes)
    return {
        "name": f"the picture of {name}",
        "js": """(model, { palette, settings }) => {
            const { numbers, bytes, truths } = model.makePicture(model.readPalette(palette), settings);
            const whole = bytes.every((byte, k) => byte === Math.floor(Math.min(255, Math.max(0, numbers[k]))));
            return { numbers, truths, whole };
        }""",
        "input": {
            "palette": bench_payload()["palette"],
            "settings": {"background": background, "items": rows, "strokes": strokes},
        },
        "expected": {"numbers": image.flatten().tolist(), "truths": truths, "whole": True},
    }


def kinds(boxes, labels, truths):
    """What `judge` says, by d2lite's IoU and a plain rule."""
    result, taken = [], set()
    overlaps = iou(
        torch.tensor(boxes, dtype=torch.float64), torch.tensor([t["box"] for t in truths]).double()
    )
    for row, label in zip(overlaps, labels, strict=True):
        overlap, index = row.max(dim=0)
        overlap, index = overlap.item(), index.item()
        if overlap < 0.1:
            result.append({"kind": "nothing", "overlap": overlap, "truth": -1})
            continue
        kind = "correct"
        if overlap < 0.5:
            kind = "misplaced"
        elif label != truths[index]["label"]:
            kind = "confused"
        elif index in taken:
            kind = "double"
        else:
            taken.add(index)
        result.append({"kind": kind, "overlap": overlap, "truth": index})
    return result


def judge_case():
    truths = [{"box": [10, 10, 40, 40], "label": 3}, {"box": [50, 50, 90, 80], "label": 7}]
    boxes = [
        [11.0, 9, 41, 40],
        [12, 12, 40, 41],
        [30, 30, 60, 60],
        [49, 52, 91, 78],
        [50, 50, 90, 95],
        [70, 0, 90, 20],
    ]
    boxes += [[35, 10, 65, 40], [50, 50, 70, 80]]  # touching little; exactly one half
    labels = [3, 3, 3, 8, 7, 0, 3, 7]
    expected = kinds(boxes, labels, truths)
    assert {verdict["kind"] for verdict in expected} == {
        "correct",
        "double",
        "misplaced",
        "confused",
        "nothing",
    } - {"misplaced"} or any(verdict["kind"] == "misplaced" for verdict in expected)
    return {
        "name": "what detections are worth",
        "js": """(model, { boxes, labels, truths }) => [
            model.judge(boxes.map((box, i) => ({ box, label: labels[i] })), truths),
            model.judge([{ box: boxes[0], label: 1 }], []),
        ]""",
        "input": {"boxes": boxes, "labels": labels, "truths": truths},
        "expected": [expected, [{"kind": "nothing", "overlap": 0, "truth": -1}]],
    }


def anchor_case(detector):
    from d2lite.vision.anchors import anchor_boxes

    return {
        "name": "the anchors of a cell, and the cost of a pass",
        "js": """(model, payload) => {
            const detector = model.readDetector(payload);
            return [detector.anchors.map((_, a) => model.anchorBox(detector, 4, 7, a)), model.countProducts(detector, 96)];
        }""",
        "input": detector_payload(detector),
        "expected": [
            anchor_boxes(detector.anchors.double(), 12, 12, 8)[4, 7].tolist(),
            count_products(detector.float()),
        ],
    }


def label_case():
    """Labels of boxes that begin at one corner: above, further up, below, in it; none at the side of others is moved."""
    boxes = [[10, 40, 90, 80]] * 4 + [[120, 40, 180, 80]]
    return {
        "name": "labels that do not lie on one another",
        "js": "({ placeLabel }, boxes) => boxes.reduce((placed, box) => [...placed, placeLabel(box, 60, placed, 200)], [])",
        "input": boxes,
        "expected": [[9, 23, 60], [9, 6, 60], [9, 81, 60], [9, 41, 60], [119, 23, 60]],
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    recorded, small = pretrained_detector()[0], small_detector()
    test = scenes(0, 3, seed=7)[1]
    default = torch.tensor(compose(5, ITEMS, [])[0]).clamp(0, 255).to(torch.uint8)
    return [
        label_case(),
        pass_case("a small detector", small, test.pixels[0]),
        pass_case("the recorded detector", recorded, test.pixels[1]),
        pass_case("the bench's first scene", recorded, default),
        *(detections_case(recorded, pixels, 0.05, 0.45) for pixels in test.pixels),
        detections_case(recorded, default, 0.01, 0.2),
        detections_case(recorded, default, 0.1, None),
        sliced_case(small, test.pixels[0]),
        picture_case("the first scene", 5, ITEMS, []),
        picture_case("a crowd with strokes", 77, CROWD, STROKES),
        pyramid_case("a small FPN", small_pyramid("fpn", [torch.tensor([[20.0, 31.0]])] * 2), test.pixels[0]),
        pyramid_case("a small PANet without anchors", small_pyramid("pan", None), test.pixels[0]),
        pyramid_case(
            "no neck", small_pyramid("none", [torch.tensor([[20.0, 31.0], [40.0, 9.0]])]), test.pixels[1]
        ),
        judge_case(),
        anchor_case(recorded),
    ]
