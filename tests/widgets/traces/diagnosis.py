"""Traces of thresholds on a fitted curve by NumPy and scikit-learn: the oracle of diagnosis/model.js."""

import numpy as np


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    from scipy.special import expit
    from sklearn.metrics import confusion_matrix

    from d2lite.widgets.diagnosis import load_tumours

    data = load_tumours()
    labels = np.array(data["malignant"])
    found = []
    for name, one in data["features"].items():
        p = expit(one["weight"] * np.array(one["values"]) + one["bias"])
        matrices = [confusion_matrix(labels, p > t) for t in (0.1, 0.5, 0.9)]
        given = [one["values"], one["weight"], one["bias"], data["malignant"]]
        found += [
            {
                "name": f"probabilities of {name}",
                "js": "(model, [values, weight, bias]) => model.probabilities(values, weight, bias)",
                "input": given,
                "expected": p.tolist(),
            },
            {
                "name": f"mistakes and costs of {name}",
                "js": "(model, [values, weight, bias, labels]) => { const p = model.probabilities(values, weight, bias); "
                "return [0.1, 0.5, 0.9].map((t) => { const { missed, alarms } = model.countMistakes(p, labels, t); "
                "return [missed, alarms, model.costs(p, labels, 9, [t])[0]]; }); }",
                "input": given,
                "expected": [[int(m[1, 0]), int(m[0, 1]), int(9 * m[1, 0] + m[0, 1])] for m in matrices],
            },
            {
                "name": f"the value of a probability, {name}",
                "js": "(model, [values, weight, bias]) => model.probabilities([0.05, 0.5, 0.8].map((p) => model.valueAt(p, weight, bias)), weight, bias)",
                "input": given,
                "expected": [0.05, 0.5, 0.8],
            },
        ]
    return found
