"""The graphs explorer: the graph of a small model, written down before it runs or while it runs."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Real
from d2lite.widgets.graphs.programs import load_programs

MAX_STEPS = 20


class GraphsExplorer(Explorer):
    """The graph of a small model, one operation at a time: run at once, written down first, or compiled in pieces.

    The model is a few lines of Python with fixed weights; its input x has one row of two numbers.

    Example:
        >>> GraphsExplorer(model="branch", mode="graph", step=4)

    Taught in chapters/09_beyond/frameworks.
    """

    model = Choice(
        "classifier",
        ("classifier", "shortcut", "unused", "loop", "branch", "where"),
        names=("classifier", "shortcut", "unused line", "loop", "if on data", "where in place of if"),
        label="model",
    )
    mode = Choice(
        "graph",
        ("eager", "graph", "compiled"),
        names=("eager", "graph", "compiled"),
        label="execution",
        help="Eager: each line computes at once. Graph: lines are written down with a stand-in, then the graph runs. "
        "Compiled: as graph, but where Python needs a value, the graph so far runs and a new one begins.",
    )
    first = Real(1, min=-2, max=2, step=0.1, label="x, first number")
    second = Real(-0.5, min=-2, max=2, step=0.1, label="x, second number")
    step = Integer(6, min=0, max=MAX_STEPS, help="Steps done.")
    speed = Choice(1, (1, 2, 5), unit="/s", label="steps a second")
    num_operations = Integer(0, min=0, max=MAX_STEPS, output=True)
    data = Payload(loader=load_programs)
