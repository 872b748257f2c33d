"""The softmax explorer: four logits, their probabilities, the loss and the pull on each."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Numbers, Real

CLASSES = ("shirt", "T-shirt", "coat", "bag")


class SoftmaxExplorer(Explorer):
    """Four logits become four probabilities; the true class sets the loss and the pull on each logit.

    Every number is computed as float32 does it, so what overflows there overflows here.

    Example:
        >>> SoftmaxExplorer(logits=[3, 0, 0, -2], target="coat")

    Taught in chapters/02_linear_models/softmax_regression.
    """

    logits = Numbers((2, 1, 0, -1), min=-5, max=5, length=len(CLASSES), help="Before any step of descent.")
    target = Choice("T-shirt", CLASSES, label="what is true")
    temperature = Real(
        1, min=0.1, max=10, log=True, label="temperature T", help="Every logit is divided by it first."
    )
    shift = Real(0, min=-120, max=120, step=1, label="added to each logit")
    method = Choice(
        "written",
        ("written", "stable"),
        names=("as written", "minus largest"),
        label="softmax computed",
        help="In float32, as PyTorch would.",
    )
    lr = Real(1, min=0.1, max=4, log=True, label="learning rate")
    step_count = Integer(0, min=0, max=200, label="step", help="Steps of descent taken on the logits.")
    speed = Choice(5, (1, 5, 20), unit="/s", label="steps a second")
    probabilities = Numbers(min=0, max=1, max_length=len(CLASSES), output=True)
    gradient = Numbers(min=-10, max=10, max_length=len(CLASSES), output=True)
