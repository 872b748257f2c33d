"""The surprise explorer: one tumour's logit, what two losses charge for it and how hard they pull."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Numbers, Real


class SurpriseExplorer(Explorer):
    """One tumour under two losses: what its probability costs, and how hard each loss pulls on its logit.

    Example:
        >>> SurpriseExplorer(logit=-6, label="malignant")

    Taught in chapters/02_linear_models/logistic_regression.
    """

    logit = Real(
        1.4, min=-10, max=10, step=0.1, label="logit z", help="The neuron's score; its odds are e to it."
    )
    label = Choice("malignant", ("malignant", "benign"), label="what is true")
    squared = Flag(False, label="squared error", help="Draws (p − y)², and its pull, beside cross-entropy.")
    losses = Numbers(min=0, max=20, max_length=2, output=True)
    pulls = Numbers(min=-1, max=1, max_length=2, output=True)
