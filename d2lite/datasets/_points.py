"""Synthetic points in the plane, two classes: the twin of widgets/_math/points.js."""

import numpy as np

from d2lite._utils.checks import check_choice, check_count, check_number, check_seed
from d2lite._utils.rng import Rng, normal_from_uniform
from d2lite.datasets._data import Data

_MAX_SAMPLES = 1_000_000


def _blobs(label, row, u, v):
    side = 2 * label - 1
    radius, angle = 0.4 * np.sqrt(u), 2 * np.pi * v
    return 0.5 * side + radius * np.cos(angle), 0.5 * side + radius * np.sin(angle)


def _moons(label, row, u, v):
    side, angle = 1 - 2 * label, np.pi * u
    return side * (np.cos(angle) - 0.5) / 1.5, side * (np.sin(angle) - 0.25) / 1.5


def _circle(label, row, u, v):
    radius = np.where(label == 1, 0.5 * np.sqrt(u), np.sqrt(0.49 + 0.51 * u))
    return radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v)


def _xor(label, row, u, v):
    side = 1 - 2 * (row // 2 % 2)
    return side * (0.1 + 0.9 * u), side * (1 - 2 * label) * (0.1 + 0.9 * v)


def _spiral(label, row, u, v):
    radius = np.sqrt(u)
    angle = 2.5 * np.pi * radius + np.pi * label
    return radius * np.sin(angle), radius * np.cos(angle)


_SHAPES = {"blobs": _blobs, "moons": _moons, "circle": _circle, "xor": _xor, "spiral": _spiral}


def points(kind, num_samples=200, noise=0.1, seed=0):
    """Return a synthetic two-class set in the plane, the same numbers as the explorers show.

    Classes alternate: sample i has label i % 2. More samples leave the earlier ones where they are, and more
    noise moves every sample further in its own direction, so a slider changes the picture without a jump.

    Args:
        kind: "blobs" (two discs, linearly separable), "moons" (two half circles), "circle" (a disc, label 1,
            in a ring), "xor" (four squares, label 1 where the signs differ) or "spiral" (two arms).
        num_samples: from 2 to 1,000,000.
        noise: standard deviation of the normal noise added to both coordinates; without it all points are in
            [-1, 1] x [-1, 1].
        seed: integer in 0..2**32 - 1.

    Returns:
        Data with inputs (num_samples, 2) float32 and targets (num_samples,) in {0, 1}.

    Raises:
        ValueError: an unknown kind, too few or too many samples, negative noise, or a seed out of range.

    Taught in chapters/02_linear_models/logistic_regression.
    """
    check_choice(kind, list(_SHAPES), "kind of points")
    num_samples = check_count(num_samples, "num_samples", 2, _MAX_SAMPLES)
    noise, seed = check_number(noise, "noise", 0), check_seed(seed)
    coordinates, labels = _make_points(kind, num_samples, noise, seed)
    return Data(
        coordinates.astype(np.float32),
        labels,
        name=f"points {kind}",
        class_names=("0", "1"),
        feature_names=("x1", "x2"),
        source=f"generated: points({kind!r}, num_samples={num_samples}, noise={noise}, seed={seed})",
        licence="none needed",
    )


def _make_points(kind, num_samples, noise, seed):
    """Return (N, 2) float64 coordinates and (N,) labels."""
    u, v, a, b, c, d = Rng(seed).uniform(6 * num_samples).reshape(-1, 6).T
    row = np.arange(num_samples)
    label = row % 2
    x1, x2 = _SHAPES[kind](label, row, u, v)
    x1, x2 = x1 + noise * normal_from_uniform(a, b), x2 + noise * normal_from_uniform(c, d)
    return np.stack([x1, x2], axis=1), label
