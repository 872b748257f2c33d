"""Traces of k-means on the explorer's sizes by d2lite.vision.anchors, and by NumPy for the plain distance."""

import numpy as np
import torch

from d2lite.vision.anchor_sizes import kmeans_start, kmeans_step, size_iou
from d2lite.widgets import AnchorsExplorer

SETTINGS = [(1, 0), (3, 0), (5, 7), (9, 42)]


def sizes():
    return torch.tensor(AnchorsExplorer().data["sizes"], dtype=torch.float64)


def plain_step(points, anchors):
    """One step of Lloyd's algorithm; an anchor without points takes the farthest of all."""
    squared = ((points[:, None] - anchors[None]) ** 2).sum(2)  # (N, A)
    labels, far = squared.argmin(1), squared.min(1)
    for a in set(range(len(anchors))) - set(labels.tolist()):
        labels[far.argmax()] = a
        far[far.argmax()] = 0
    return np.stack([points[labels == a].mean(0) for a in range(len(anchors))])


def course(step, anchors):
    """Anchors, mean best IoU and recall at 0.5 of every step until nothing changes."""
    run = {"anchors": [], "means": [], "recalls": [], "settled": False}
    for _ in range(61):
        best = size_iou(sizes(), anchors).amax(1)
        run["anchors"].append(anchors.tolist())
        run["means"].append(best.mean().item())
        run["recalls"].append((best > 0.5).double().mean().item())
        moved = step(anchors)
        if torch.equal(moved, anchors):
            return {**run, "settled": True}
        anchors = moved
    return run


def run_case(distance, count, seed, starts=None):
    steps = {
        "iou": lambda anchors: kmeans_step(sizes(), anchors)[0],
        "euclidean": lambda anchors: torch.from_numpy(plain_step(sizes().numpy(), anchors.numpy())),
    }
    starts = kmeans_start(sizes(), count, seed) if starts is None else torch.tensor(starts).double()
    run = course(steps[distance], starts)
    assert run["settled"]
    assert len(run["means"]) > 1
    return {
        "name": f"{count} anchors from seed {seed} by {distance}",
        "js": "(model, { sizes, starts, distance }) => model.runKmeans(sizes, starts, distance)",
        "input": {"sizes": sizes().tolist(), "starts": starts.tolist(), "distance": distance},
        "expected": run,
    }


def start_case():
    return {
        "name": "starts drawn by the seed",
        "js": "(model, [sizes, settings]) => settings.map(([count, seed]) => model.drawStarts(sizes, count, seed))",
        "input": [sizes().tolist(), SETTINGS],
        "expected": [kmeans_start(sizes(), *setting).tolist() for setting in SETTINGS],
    }


def overlap_case():
    others = [[2.0, 4.0], [30.5, 12.25], [46.0, 46.0]]
    return {
        "name": "the IoU of sizes",
        "js": "(model, [sizes, others]) => sizes.map((a) => others.map((b) => model.sizeIou(a, b)))",
        "input": [sizes().tolist(), others],
        "expected": size_iou(sizes(), torch.tensor(others).double()).tolist(),
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    empty = [[20, 20], [50, 2], [50, 2]]  # of equal anchors the second has no sizes
    return [
        overlap_case(),
        start_case(),
        *(run_case(distance, *setting) for setting in SETTINGS for distance in ("iou", "euclidean")),
        *(run_case(distance, 3, "none", empty) for distance in ("iou", "euclidean")),
    ]
