"""The roots explorer: momentum along one curvature, and the two roots that decide what it does."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Numbers, Real

NUM_STEPS = 60  # of a run


class RootsExplorer(Explorer):
    """A run of momentum along one curvature: its weights, its phase plot, and the two roots in the complex plane.

    Drag a root: the rate and the memory follow, and with them the run.

    Example:
        >>> RootsExplorer(rate=0.01, beta=0.81)

    Taught in chapters/04_optimizers/momentum.
    """

    rate = Real(1.0, min=1e-4, max=10, log=True, label="learning rate η")
    curvature = Real(
        1.0,
        min=1,
        max=100,
        log=True,
        label="curvature λ",
        help="The slope at a weight w is λ w. The roots depend on η λ alone.",
    )
    beta = Real(0.81, min=0, max=1, step=0.001, label="memory β")
    step_count = Integer(NUM_STEPS, min=0, max=NUM_STEPS, label="step")
    speed = Choice(8, (2, 8, 30), unit="/s", label="steps a second")
    weight = Numbers(min=-1e300, max=1e300, max_length=1, output=True)
    roots = Numbers(
        min=-1000, max=1000, max_length=4, output=True, help="Real and imaginary part of either root."
    )
