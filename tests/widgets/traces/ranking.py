"""Traces of a ranked list, its matches and its area by d2lite.vision.detection_metrics: the oracle of ranking/model.js."""

import torch

from d2lite import datasets
from d2lite.vision.boxes import iou
from d2lite.vision.detection_metrics import average_precision, match_detections, precision_recall
from d2lite.vision.suppression import nms


def walked(prediction, target, suppressed, level):
    """Return the list's indices, matches, who has the item of a copy, precision and recall, the filed curve and its area."""
    boxes, scores = prediction["boxes"].double(), prediction["scores"].double()
    order = nms(boxes, scores, 0.5) if suppressed else scores.argsort(descending=True, stable=True)
    fits = iou(boxes[order], target["boxes"].double())
    matches = match_detections(fits, level)
    takers = []
    for n, row in enumerate(fits):
        before = [m for m in range(n) if matches[m] == row.argmax() and row.max() >= level and matches[n] < 0]
        takers.append(before[0] if before else -1)
    count = len(target["classes"])
    precision, recall = precision_recall(scores[order], matches >= 0, count)
    return {
        "index": order.tolist(),
        "target": matches.tolist(),
        "taker": takers,
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "filed": precision.flip(0).cummax(0).values.flip(0).tolist(),
        "ap": average_precision(scores[order], matches >= 0, count, "all-point"),
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    scenes, predictions = datasets.detections()
    found = []
    for number in (6, 1, 12):
        p, t = predictions[number], scenes.targets[number]
        columns = [p["boxes"].double(), p["scores"][:, None].double(), p["classes"][:, None].double()]
        items = torch.cat([t["boxes"].double(), t["classes"][:, None].double()], 1).tolist()
        for suppressed in (False, True):
            for level in (0.5, 0.75):
                found.append(
                    {
                        "name": f"scene {number}, suppressed {suppressed}, level {level}",
                        "js": f"""(model, input) => {{
                            const image = model.readImage(input.candidates, input.items);
                            const {{ rows, filed, ap }} = model.walk(image, {{ suppressed: {str(suppressed).lower()}, level: {level} }});
                            const column = (name) => rows.map((row) => row[name]);
                            const [index, target, taker, precision, recall] = ["index", "target", "taker", "precision", "recall"].map(column);
                            return {{ index, target, taker, precision, recall, filed, ap }};
                        }}""",
                        "input": {"candidates": torch.cat(columns, 1).tolist(), "items": items},
                        "expected": walked(p, t, suppressed, level),
                    }
                )
    return found
