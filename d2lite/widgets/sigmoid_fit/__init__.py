"""The sigmoid-fit explorer: an S through real tumours, bent by hand or by gradient descent."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Payload, Real

FEATURE = "worst radius"
NUM_TUMOURS = 60
MAX_STEPS = 20_000


def load_tumours():
    """Return the first training tumours of the chapter's split: radii, labels, and all tumours' mean and spread."""
    from d2lite.datasets import tabular

    data = tabular("breast_cancer")
    train = data.split((0.6, 0.2, 0.2), seed=0)[0]
    radius = train.inputs[:, data.feature_names.index(FEATURE)].double()
    malignant = train.targets == data.class_names.index("malignant")
    return {
        "mean": round(radius.mean().item(), 6),
        "spread": round(radius.std(correction=0).item(), 6),
        "values": [float(f"{value:.4g}") for value in radius[:NUM_TUMOURS].tolist()],
        "malignant": malignant[:NUM_TUMOURS].int().tolist(),
    }


def _wrong_with(data):
    """Return what is wrong with other data, or None."""
    values, labels, spread = len(data["values"]), data["malignant"], data["spread"]
    if len(labels) != values:
        return f"{values} values and {len(labels)} labels: expected one label for each value"
    if set(labels) != {0, 1}:
        return f"the labels {sorted(set(labels))}: expected 0 and 1, and both of them"
    return None if spread > 0 else f"a spread of {spread}: expected a number above 0"


class SigmoidFitExplorer(Explorer):
    """The S of logistic regression over real tumours, bent by hand or by gradient descent, and its mean surprise.

    The points are the first 60 training tumours of the chapter's split. Weight and bias are those of the radius in
    standard deviations from its mean, over all training tumours.

    Example:
        >>> SigmoidFitExplorer(weight=0, bias=0, step_count=100)

    Taught in chapters/02_linear_models/logistic_regression.
    """

    weight = Real(
        1.5, min=-12, max=12, step=0.05, label="weight w",
        help="How steep the S is: what one standard deviation more of radius adds to the logit.",
    )  # fmt: skip
    bias = Real(
        -2.5, min=-12, max=12, step=0.05, label="bias b",
        help="The logit of a lump of average radius: it moves the S sideways.",
    )  # fmt: skip
    best = Flag(False, label="best S", help="The curve of least mean surprise, dashed.")
    lr = Real(0.5, min=0.01, max=50, log=True, label="learning rate η")
    step_count = Integer(0, min=0, max=MAX_STEPS, label="step")
    speed = Choice(20, (1, 4, 20, 200), unit="/s", label="steps a second")
    theta = Numbers(min=-1e9, max=1e9, max_length=2, output=True)
    loss = Numbers(min=0, max=1e12, max_length=1, output=True)
    data = Payload(loader=load_tumours, check=_wrong_with)
