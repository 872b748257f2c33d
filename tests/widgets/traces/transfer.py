"""Traces of sums over seeds, of paired gains and of curves read backwards, by NumPy: the oracle of transfer/model.js."""

import numpy as np

LABELS = np.array([1, 3, 10, 30, 100])


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    rng = np.random.default_rng(0)
    way, other = rng.uniform(0.5, 0.9, (2, 8))
    gains = way - other
    means = np.sort(rng.uniform(0.4, 0.95, len(LABELS)))
    wanted = np.linspace(means[0] + 0.01, means[-1], 7)
    needed = np.exp(np.interp(wanted, means, np.log(LABELS)))
    places = np.array([0.8, 1.6, 1.8, 5.4, 5.6, 17, 18, 54, 56, 99, 170, 999])
    return [
        {
            "name": "a sum of seeds",
            "js": "(model, values) => model.sumUp(values)",
            "input": way.tolist(),
            "expected": {"mean": way.mean(), "low": way.min(), "high": way.max()},
        },
        {
            "name": "paired gains",
            "js": "(model, [way, other]) => model.paired(way, other)",
            "input": [way.tolist(), other.tolist()],
            "expected": {"each": gains.tolist(), "mean": gains.mean(), "error": gains.std(ddof=1) / 8**0.5},
        },
        {
            "name": "labels needed",
            "js": "(model, [labels, means, wanted]) => wanted.map((value) => model.labelsNeeded(labels, means, value))",
            "input": [LABELS.tolist(), means.tolist(), wanted.tolist()],
            "expected": needed.tolist(),
        },
        {
            "name": "beyond the ends",
            "js": "(model, [labels, means]) => [model.labelsNeeded(labels, means, 0.1), model.labelsNeeded(labels, means, 0.99) > 1e9 ? 1 : 0]",
            "input": [LABELS.tolist(), means.tolist()],
            "expected": [0, 1],
        },
        {
            "name": "nearest numbers",
            "js": "(model, [labels, places]) => places.map((place) => model.nearest(labels, place))",
            "input": [LABELS.tolist(), places.tolist()],
            "expected": [int(LABELS[np.abs(np.log(LABELS / place)).argmin()]) for place in places],
        },
    ]
