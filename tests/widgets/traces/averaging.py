"""Traces of a layer averaged over shifts, by NumPy's roll and matrix products: the oracle of averaging/model.js."""

import itertools

import numpy as np

from d2lite._utils.rng import Rng

SIDE, COUNT = 6, 36
BASIS = np.eye(COUNT).reshape(COUNT, SIDE, SIDE)  # one picture for each pixel


def shift(pictures, down, across):
    return np.roll(pictures, (down, across), axis=(-2, -1))


def averaged(weights, count):
    """The matrix of the averaged layer, by sending every picture of one pixel through it."""
    dense = lambda pictures: (pictures.reshape(-1, COUNT) @ weights.T).reshape(-1, SIDE, SIDE)
    shifts = list(itertools.product(range(SIDE), range(SIDE)))[:count]
    answers = sum(shift(dense(shift(BASIS, s, t)), -s, -t) for s, t in shifts) / count
    return answers.reshape(COUNT, COUNT).T


def gap(weights, down, across):
    """How far the layer's answers to a shifted picture are from its shifted answers, in parts of its weights."""
    move = shift(BASIS, down, across).reshape(COUNT, COUNT).T  # a permutation
    return float(np.linalg.norm(move.T @ weights @ move - weights) / np.linalg.norm(weights))


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    found = []
    for seed, count in [(0, 1), (0, 5), (0, 6), (3, 12), (3, 17), (7, 36)]:
        weights = averaged(Rng(seed).normal(COUNT**2).reshape(COUNT, COUNT), count)
        found.append(
            {
                "name": f"seed {seed}, {count} shifts",
                "js": """(model, { seed, count }) => {
                    const weights = model.averageLayer(model.drawLayer(seed), count);
                    return [[...weights], model.neighbourGap(weights, 0, 1), model.neighbourGap(weights, 1, 0), model.countDistinct(weights)];
                }""",
                "input": {"seed": seed, "count": count},
                "expected": [
                    weights.flatten().tolist(),
                    gap(weights, 0, 1),
                    gap(weights, 1, 0),
                    len(np.unique(np.round(1e9 * weights))),
                ],
            }
        )
    row = np.arange(COUNT).reshape(SIDE, SIDE)
    middle = [
        np.roll(row, (2 - r, 2 - c), axis=(0, 1)).flatten().tolist() for r, c in ((0, 0), (2, 2), (5, 4))
    ]
    found.append(
        {
            "name": "an output's own pixel comes to row 2, column 2",
            "js": """(model, units) => {
                const weights = Float64Array.from({ length: 1296 }, (_, k) => k % 36);
                return units.map((unit) => [...model.surroundings(weights, unit)]);
            }""",
            "input": [0, 14, 34],
            "expected": middle,
        }
    )
    return found
