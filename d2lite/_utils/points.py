"""Points in the plane, two classes, in float64: the twin of widgets/_math/points.js."""

import numpy as np

from d2lite._utils.rng import Rng, normal_from_uniform


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


SHAPES = {"blobs": _blobs, "moons": _moons, "circle": _circle, "xor": _xor, "spiral": _spiral}


def make_points(kind, num_samples, noise, seed):
    """Return (N, 2) float64 coordinates and (N,) labels."""
    u, v, a, b, c, d = Rng(seed).uniform(6 * num_samples).reshape(-1, 6).T
    row = np.arange(num_samples)
    label = row % 2
    x1, x2 = SHAPES[kind](label, row, u, v)
    x1, x2 = x1 + noise * normal_from_uniform(a, b), x2 + noise * normal_from_uniform(c, d)
    return np.stack([x1, x2], axis=1), label
