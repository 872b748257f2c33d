"""The diagnosis explorer: one measurement, its probability of cancer, and the threshold from which one acts."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Real

FEATURES = ("worst radius", "worst concave points", "mean radius", "mean texture")
NUM_STEPS = 12  # of Newton's method, which needs about six here


def fit_one(x, y):
    """Return the weight and the bias of least cross-entropy for one feature, by Newton's method.

    Args:
        x: (N,) float array, standardized.
        y: (N,) array of 0 and 1 that no threshold on x divides without a mistake.
    """
    import numpy as np

    ones = np.stack([x, np.ones_like(x)], axis=1)  # (N, 2)
    theta = np.zeros(2)
    for _ in range(NUM_STEPS):
        p = 1 / (1 + np.exp(-ones @ theta))  # (N, 2) @ (2,) -> (N,)
        hessian = (ones.T * (p * (1 - p))) @ ones  # (2, 2)
        theta = theta - np.linalg.solve(hessian, ones.T @ (p - y))
    return theta


def load_tumours():
    """Return the validation tumours' labels and, for each feature, their values and the training tumours' curve."""
    from d2lite.datasets import tabular

    data = tabular("breast_cancer")
    parts = data.split((0.6, 0.2, 0.2), seed=0)[:2]
    (x, y), (x_val, y_val) = [
        (part.inputs.double().numpy(), (part.targets == data.class_names.index("malignant")).double().numpy())
        for part in parts
    ]
    features = {}
    for name in FEATURES:
        j = data.feature_names.index(name)
        mean, spread = x[:, j].mean(), x[:, j].std()
        weight, bias = fit_one((x[:, j] - mean) / spread, y)
        features[name] = {
            "weight": round(weight / spread, 6),
            "bias": round(bias - weight * mean / spread, 6),
            "values": [float(f"{value:.4g}") for value in x_val[:, j]],
        }
    return {"malignant": y_val.astype(int).tolist(), "features": features}


class DiagnosisExplorer(Explorer):
    """A threshold on the probability of cancer: what is missed, what is alarmed for nothing, and what both cost.

    One measurement of each tumour, and the curve that logistic regression fits to 341 training tumours (no penalty);
    the counts are of 114 others, the validation tumours of the chapter's split.

    Example:
        >>> DiagnosisExplorer(threshold=0.1, cost=9)

    Taught in chapters/02_linear_models/logistic_regression.
    """

    threshold = Real(
        0.5, min=0.01, max=0.99, step=0.01, label="threshold", help="Alarm when the probability is above it."
    )
    cost = Real(
        9, min=1, max=100, log=True, label="cost of a miss c",
        help="How many false alarms are as bad as one missed cancer.",
    )  # fmt: skip
    feature = Choice("worst radius", FEATURES, label="measurement")
    missed = Integer(0, min=0, max=1000, output=True)
    alarms = Integer(0, min=0, max=1000, output=True)
    data = Payload(loader=load_tumours)
