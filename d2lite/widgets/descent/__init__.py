"""The descent explorer: gradient descent on surfaces over two weights, and why its steps do what they do."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Real, Rows

MAX_STEPS = 5000
LIMIT = 5.0  # of a start, along each axis


class DescentExplorer(Explorer):
    """Gradient descent on a surface: choose a start and a learning rate, and see what follows.

    Everything shown follows from the traits alone, so a link or a Python cell brings back what was seen.

    Example:
        >>> DescentExplorer(surface="rosenbrock", lr=0.0015, start=[[-1, 2]], step_count=500)

    Taught in chapters/04_optimizers/gradient_descent.
    """

    surface = Choice(
        "bowl",
        ("bowl", "saddle", "plateau", "ripples", "rosenbrock", "beale", "himmelblau"),
        names=("bowl", "saddle", "plateau", "ripples", "Rosenbrock", "Beale", "Himmelblau"),
    )
    condition = Real(
        10,
        min=1,
        max=1000,
        log=True,
        label="condition κ",
        help="The bowl's condition number: its curvatures are 1 and κ.",
    )
    angle = Real(
        0, min=0, max=90, step=1, unit="°", label="turned by", help="Turns the axes of bowl and saddle."
    )
    start = Rows(
        columns=[("w1", -LIMIT, LIMIT), ("w2", -LIMIT, LIMIT)],
        max_length=1,
        help="One place to begin; while there is none, the surface's own.",
    )
    lr = Real(0.19, min=1e-4, max=10, log=True, label="learning rate η")
    step_count = Integer(12, min=0, max=MAX_STEPS, label="step")
    speed = Choice(8, (2, 8, 30, 120, 600), unit="/s", label="steps a second")
    basins = Flag(False, help="Colours every start by the minimum that this learning rate takes it to.")
    position = Numbers(min=-1e300, max=1e300, max_length=2, output=True)
