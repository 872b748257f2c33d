"""Detections: what a small detector found in test scenes, before any box is suppressed."""

import json
from importlib import resources

import numpy as np
import torch

from d2lite.datasets._scenes import scenes


def detections():
    """Return 100 crowded test scenes and the raw detections of a small, briefly trained network in them.

    A script trained the network and recorded what it said; nothing was added, and nothing suppressed: most items
    have several boxes. At most 40 boxes a scene were kept, the best; those that score below 0.05 were left out.
    Boxes are cut at the picture's edge, coordinates rounded to a tenth of a pixel, scores to 1/10,000.

    Returns:
        (scenes, predictions): `Scenes`, and a list of one dict a scene as `mean_average_precision` takes them:
        "boxes" (n, 4) float32, "scores" (n,) float32, "classes" (n,) int64, best first.

    Source: `tools/record/detections.py`. Taught in chapters/08_detection/nms_and_map.
    """
    recording = load_recording()
    counts = recording["counts"].tolist()
    parts = [
        torch.from_numpy(recording["boxes"]).float() / 10,
        torch.from_numpy(recording["scores"]).float() / 1e4,
        torch.from_numpy(recording["classes"]).long(),
    ]
    rows = zip(*(part.split(counts) for part in parts), strict=True)
    names = ("boxes", "scores", "classes")
    layout = json.loads(str(recording["provenance"]))["layout"]
    shown = scenes(0, len(counts), **layout)[1]
    return shown, [dict(zip(names, row, strict=True)) for row in rows]


def load_recording():
    """Return the recorded arrays by name."""
    path = resources.files("d2lite").joinpath("data", "recordings", "detections.npz")
    with path.open("rb") as file, np.load(file) as stored:
        return dict(stored)
