"""The graph explorer: a calculation as a graph, values forward and gradients back, a step at a time."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Numbers, Real, Text

MAX_NODES = 32
MAX_INPUTS = 10
MAX_STEPS = 2 * MAX_NODES + 1
LARGEST = 1e12  # a result or gradient beyond it is not reported


class GraphExplorer(Explorer):
    """A calculation as a graph, values forward and gradients back, a step at a time.

    An expression has numbers, names, + - * / ^, brackets and sin, cos, exp, log, tanh, sigmoid, relu. A part
    that is used more than once gets a name: "h = sigmoid(w * x); h * h". Other names are inputs; one without a
    value is 1.

    Example:
        >>> GraphExplorer(expression="x * x + x", inputs="x = 3", step=0)

    Taught in chapters/01_foundations/autograd.
    """

    expression = Text(
        "(sigmoid(w * x) + b - y)^2 / 2",
        max_length=160,
        help="Names, numbers, + - * / ^, brackets, and sin, cos, exp, log, tanh, sigmoid, relu. "
        "h = sigmoid(w * x); h * h uses h twice.",
    )
    inputs = Text("w = 1, x = 1, b = 1, y = 2", max_length=160, help="Such as w = 1, x = −0.5.")
    step = Integer(12, min=0, max=MAX_STEPS, help="Steps done: values forward first, then gradients back.")
    mistake = Choice(
        "none",
        ("none", "ways", "minus", "sigmoid"),
        names=("none", "only the last way counts", "a − b: b gets +1", "sigmoid: slope is p"),
        label="planted mistake",
        help="A fault in the backward pass, for the check by nudging to find.",
    )
    speed = Choice(1, (1, 2, 5), unit="/s", label="steps a second")
    result = Real(0, min=-LARGEST, max=LARGEST, output=True)
    names = Text("", max_length=160, output=True)
    gradients = Numbers(min=-LARGEST, max=LARGEST, max_length=MAX_INPUTS, output=True)
    problem = Text("", max_length=400, output=True)
