"""Traces of fitted polynomials and their errors by NumPy and scikit-learn: the oracle of polyfit/model.js."""

import numpy as np
from numpy.polynomial import legendre

NOISE = 0.3
CASES = (  # points, degree, penalty, strength
    (15, 0, "none", 0.0),
    (15, 3, "none", 0.0),
    (15, 14, "none", 0.0),
    (15, 60, "none", 0.0),
    (30, 25, "none", 0.0),
    (2, 1, "none", 0.0),
    (15, 3, "l2", 0.01),
    (15, 14, "l2", 1e-4),
    (15, 60, "l2", 0.01),
    (15, 5, "l1", 0.02),
    (15, 40, "l1", 0.05),
)


def truth(x):
    return np.sin(3 * x) + x / 2


def measurements(count, seed=3):
    """Return evenly spaced places and heights with noise, each (count,)."""
    x = np.linspace(-1, 1, count)
    return x, truth(x) + NOISE * np.random.default_rng(seed).normal(size=count)


def operator(A, penalty, strength):
    """Return the matrix (p, n) that makes coefficients of heights."""
    if penalty == "none":
        return np.linalg.pinv(A)
    return np.linalg.solve(A.T @ A + len(A) * strength * np.eye(A.shape[1]), A.T)


def mean_square(values, places):
    """Return the mean over -1..1 of squares at the places of Gauss and Legendre: (values, weights)."""
    return (values**2 * places[1]).sum(-1) / 2


def fitted(count, degree, penalty, strength):
    """Return coefficients, training error, test error, bias and spread, from definitions."""
    from sklearn.linear_model import Lasso

    x, y = measurements(count)
    A, places = legendre.legvander(x, degree), legendre.leggauss(100)
    B, right = legendre.legvander(places[0], degree), truth(places[0])
    if penalty == "l1":
        w = Lasso(alpha=strength, fit_intercept=False, tol=1e-14, max_iter=10**6).fit(A, y).coef_
        bias = spread = None
    else:
        C = operator(A, penalty, strength)
        w = C @ y
        bias = np.sqrt(mean_square(B @ (C @ truth(x)) - right, places))
        spread = NOISE * np.sqrt(((B @ C) ** 2).sum(1) @ places[1] / 2)
    training = np.sqrt(((A @ w - y) ** 2).mean())
    test = np.sqrt(mean_square(B @ w - right, places) + NOISE**2)
    return [w.tolist(), training, test, bias, spread]


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    found = []
    for count, degree, penalty, strength in CASES:
        points = np.stack(measurements(count), axis=1).tolist()
        found.append(
            {
                "name": f"degree {degree} through {count} points, {penalty} {strength}",
                "js": "(model, { points, degree, settings }) => { let f = null; do f = model.fit(points, degree, settings, f); while (!f.done); "
                "return [f.w, f.training, f.test, f.bias, f.spread]; }",
                "input": {
                    "points": points,
                    "degree": degree,
                    "settings": {"penalty": penalty, "strength": strength, "noise": NOISE},
                },
                "expected": fitted(count, degree, penalty, strength),
                "tolerance": 1e-6,  # curves through all points: rounding grows with the condition number
            }
        )
    return [*found, *others()]


def others():
    """Return the cases of measurements, equal places, and the spread at a place."""
    from d2lite._utils.rng import Rng

    x, y = measurements(15)
    C = np.linalg.pinv(legendre.legvander(x, 8))
    B = legendre.legvander(np.array([0.37]), 8)
    twice = [[0.5, 1.0], [0.5, 2.0], [-0.5, 0.0]]
    places, heights = measurements(30)
    places[7] = places[8]
    many = legendre.legvander(places, 29)
    return [
        {
            "name": "measurements of a seed",
            "js": "(model) => model.measure(15, 0.3, 7)",
            "input": None,
            "expected": np.stack(
                [np.linspace(-1, 1, 15), truth(np.linspace(-1, 1, 15)) + 0.3 * Rng(7).normal(15)], axis=1
            ).tolist(),
        },
        {
            "name": "mean and deviation at a place",
            "js": "(model, points) => { const s = model.spreadAt(model.fit(points, 8, { penalty: 'none', strength: 0, noise: 0.3 }), 0.3, 0.37); "
            "return [s.mean, s.deviation]; }",
            "input": np.stack([x, y], axis=1).tolist(),
            "expected": [(B @ C @ truth(x))[0], NOISE * np.linalg.norm(B @ C)],
        },
        {
            "name": "equal places: the shortest of the best",
            "js": "(model, points) => [2, 5].map((d) => model.fit(points, d, { penalty: 'none', strength: 0, noise: 0.3 }).w)",
            "input": twice,
            "expected": [
                (
                    np.linalg.pinv(legendre.legvander(np.array(twice)[:, 0], d)) @ np.array(twice)[:, 1]
                ).tolist()
                for d in (2, 5)
            ],
        },
        {
            "name": "two of many points at one place",
            "js": "(model, points) => { const f = model.fit(points, 29, { penalty: 'none', strength: 0, noise: 0.3 }); return [f.w, f.training]; }",
            "input": np.stack([places, heights], axis=1).tolist(),
            "expected": [
                (np.linalg.pinv(many, rcond=1e-14) @ heights).tolist(),
                abs(heights[7] - heights[8])
                / np.sqrt(2 * 30),  # both are missed by half of what is between them
            ],
            "tolerance": 1e-5,
        },
        {
            "name": "the truth as a series",
            "js": "(model) => [-1, -0.3, 0.8].map((x) => model.polynomialAt(model.truthSeries(), x))",
            "input": None,
            "expected": truth(np.array([-1, -0.3, 0.8])).tolist(),
        },
    ]
