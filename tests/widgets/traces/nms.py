"""Traces of suppression, matching and average precision by d2lite.vision.detection_metrics: the oracle of nms/model.js.

tests/vision/test_detection_metrics.py holds d2lite.vision.detection_metrics to pycocotools and to plain loops. Here: the recorded detections, and
heaps of small whole-number boxes, where overlaps equal thresholds and scores equal each other.
"""

import torch

from d2lite import datasets
from d2lite.vision.boxes import iou
from d2lite.vision.detection_metrics import (
    COCO_THRESHOLDS,
    average_precision,
    match_detections,
    mean_average_precision,
    precision_recall,
)
from d2lite.vision.suppression import nms, soft_nms

READ = "const images = input.images.map(([c, t]) => model.readImage(c, t));"
NUM_IMAGES = 30


def heap(count, generator):
    """Return one image of boxes on a grid of whole numbers, their scores among three values."""
    numbers = torch.randint(0, 6, (count, 4), generator=generator).double()
    boxes = torch.cat([numbers[:, :2], numbers[:, :2] + numbers[:, 2:] + 1], 1)
    return {
        "boxes": boxes,
        "scores": (torch.randint(1, 4, (count,), generator=generator) / 4).double(),
        "classes": torch.randint(0, 2, (count,), generator=generator),
    }


def make_images():
    scenes, predictions = datasets.detections()
    images = [
        ({"boxes": p["boxes"].double(), "scores": p["scores"].double(), "classes": p["classes"]}, t)
        for p, t in zip(predictions[:NUM_IMAGES], scenes.targets, strict=False)
    ]
    generator = torch.Generator().manual_seed(0)
    heaps = [(heap(n, generator), heap(max(0, n - 4), generator)) for n in (0, 1, 4, 9, 16, 16)]
    return images + [(p, {"boxes": t["boxes"], "classes": t["classes"]}) for p, t in heaps]


IMAGES = make_images()


def rows(image, *names):
    columns = [image["boxes"], *(image[name][:, None].double() for name in names)]
    return torch.cat([column.double() for column in columns], 1).tolist()


PAGE = [[rows(p, "scores", "classes"), rows(t, "classes")] for p, t in IMAGES]


def suppressed(settings):
    """Return the kept indices and their scores of each image."""
    results = []
    for p, _ in IMAGES:
        classes = p["classes"] if settings["perClass"] else None
        if settings["method"] == "none":
            kept, scores = nms(p["boxes"], p["scores"], 1.0, torch.arange(len(p["boxes"]))), None
        elif settings["method"] == "hard":
            kept, scores = nms(p["boxes"], p["scores"], settings["threshold"], classes), None
        else:
            options = (settings["method"], settings["threshold"], settings["sigma"], 1e-3, classes)
            kept, scores = soft_nms(p["boxes"], p["scores"], *options)
        results.append((kept, p["scores"][kept] if scores is None else scores))
    return results


def predictions_of(settings):
    return [
        {"boxes": p["boxes"][kept], "scores": scores, "classes": p["classes"][kept]}
        for (p, _), (kept, scores) in zip(IMAGES, suppressed(settings), strict=True)
    ]


def settings_of(method, threshold=0.5, sigma=0.5, per_class=True):
    return {"method": method, "threshold": threshold, "sigma": sigma, "perClass": per_class}


SETTINGS = [
    settings_of("none"),
    *(settings_of("hard", t, per_class=c) for t in (0.0, 0.25, 0.5, 0.9, 1.0) for c in (True, False)),
    *(settings_of("linear", t, per_class=c) for t in (0.0, 0.3, 1.0) for c in (True, False)),
    *(settings_of("gaussian", 0.3, sigma, per_class=c) for sigma in (0.05, 0.5) for c in (True, False)),
]


def suppression_case():
    expected = [
        [[kept.tolist(), scores.tolist()] for kept, scores in suppressed(settings)] for settings in SETTINGS
    ]
    return {
        "name": "kept boxes and their scores",
        "js": f"""(model, input) => {{
            {READ}
            return input.settings.map((settings) => images.map((image) => {{
                const {{ kept, scores }} = model.suppress(image, settings);
                return [kept, kept.map((i) => scores[i])];
            }}));
        }}""",
        "input": {"images": PAGE, "settings": SETTINGS},
        "expected": expected,
    }


def reason_case():
    """For each box that NMS dropped: the first kept box, by rank, that overlaps it too much, and by how much."""
    expected = []
    for p, _ in IMAGES:
        kept, overlaps = nms(p["boxes"], p["scores"], 0.5, p["classes"]).tolist(), iou(p["boxes"], p["boxes"])
        image = []
        for i in range(len(p["scores"])):
            over = [
                k
                for k, j in enumerate(kept)
                if overlaps[j, i] > 0.5 and p["classes"][i] == p["classes"][j] and i not in kept
            ]
            j = kept[over[0]] if over else -1
            image.append([j, over[0] if over else kept.index(i), overlaps[j, i].item() if over else 0])
        expected.append(image)
    return {
        "name": "who suppressed whom, in which round",
        "js": f"""(model, input) => {{
            {READ}
            return images.map((image) => {{
                const result = model.suppress(image, input.settings);
                return result.by.map((j, i) => [j, result.round[i], result.overlap[i]]);
            }});
        }}""",
        "input": {"images": PAGE, "settings": settings_of("hard")},
        "expected": expected,
    }


def pool(settings, level, label):
    """Return scores and hits of all images, as d2lite and COCO pool them, and the number of targets."""
    scores, hits, count = [], [], 0
    for p, (_, t) in zip(predictions_of(settings), IMAGES, strict=True):
        order = p["scores"].argsort(descending=True, stable=True)
        order = order if label < 0 else order[p["classes"][order] == label]
        goals = t["boxes"] if label < 0 else t["boxes"][t["classes"] == label]
        hits.append(match_detections(iou(p["boxes"][order], goals.double()), level) >= 0)
        scores.append(p["scores"][order])
        count += len(goals)
    return torch.cat(scores), torch.cat(hits), count


CURVES = [
    (settings_of("hard"), 0.5, -1),
    (settings_of("hard"), 0.75, 4),
    (settings_of("none"), 0.5, 0),
    (settings_of("gaussian"), 0.6, 1),
    (settings_of("linear", 0.3), 0.95, 6),
    (settings_of("hard", 0.3, per_class=False), 0.5, -1),
]


def curve_case():
    expected = []
    for settings, level, label in CURVES:
        scores, hits, count = pool(settings, level, label)
        precision, recall = precision_recall(scores, hits, count)
        expected.append(
            {
                "precision": precision.tolist(),
                "recall": recall.tolist(),
                "ap": [
                    average_precision(scores, hits, count, m) for m in ("11-point", "all-point", "101-point")
                ],
            }
        )
    return {
        "name": "curves and their average precision in each convention",
        "js": f"""(model, input) => {{
            {READ}
            return input.curves.map(([settings, level, label]) => {{
                const results = images.map((image) => model.suppress(image, settings));
                const curve = model.makeCurve(images, results, level, label);
                const ap = model.METHODS.map((method) => model.averagePrecision(curve, method));
                return {{ precision: curve.precision, recall: curve.recall, ap }};
            }});
        }}""",
        "input": {"images": PAGE, "curves": CURVES},
        "expected": expected,
    }


def mean_case():
    expected = []
    for settings in SETTINGS[:5]:
        result = mean_average_precision(predictions_of(settings), [t for _, t in IMAGES])
        expected.append(result["ap"].nanmean(1).tolist())
    return {
        "name": "mAP at each of COCO's ten levels",
        "js": f"""(model, input) => {{
            {READ}
            return input.settings.map((settings) => {{
                const results = images.map((image) => model.suppress(image, settings));
                const of = (level, label) => model.averagePrecision(model.makeCurve(images, results, level, label), "101-point");
                return input.levels.map((level) => model.meanPrecision([...Array(10).keys()].map((label) => of(level, label))));
            }});
        }}""",
        "input": {"images": PAGE, "settings": SETTINGS[:5], "levels": COCO_THRESHOLDS},
        "expected": expected,
    }


def level_case():
    return {
        "name": "the ten levels",
        "js": "(model) => model.LEVELS",
        "input": None,
        "expected": list(COCO_THRESHOLDS),
    }


def work_case():
    scores, hits, count = pool(settings_of("hard"), 0.5, -1)
    expected = []
    for confidence in (0.05, 0.2, 0.5, 0.9, 1.0):
        chosen = scores >= confidence
        found, kept = hits[chosen].sum().item(), chosen.sum().item()
        precision, recall = found / kept if kept else 1.0, found / count
        f1 = 2 * precision * recall / (precision + recall) if found else 0.0
        expected.append({"kept": kept, "precision": precision, "recall": recall, "f1": f1})
    return {
        "name": "what a confidence threshold gives",
        "js": f"""(model, input) => {{
            {READ}
            const results = images.map((image) => model.suppress(image, input.settings));
            const curve = model.makeCurve(images, results, 0.5, -1);
            return input.confidences.map((confidence) => model.workAt(curve, confidence));
        }}""",
        "input": {
            "images": PAGE,
            "settings": settings_of("hard"),
            "confidences": [0.05, 0.2, 0.5, 0.9, 1.0],
        },
        "expected": expected,
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [
        suppression_case(),
        reason_case(),
        curve_case(),
        mean_case(),
        level_case(),
        work_case(),
    ]
