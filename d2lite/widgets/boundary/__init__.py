"""The boundary explorer: logistic regression on points in the plane, step by step."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Numbers, Real, Rows

MAX_STEPS = 5000


class BoundaryExplorer(Explorer):
    """Logistic regression on points in the plane: drag the points, tune the training, watch the boundary.

    Everything shown follows from the traits alone: the training is run again from its first step whenever one of
    them changes, so a link or a Python cell brings back exactly what was seen.

    Example:
        >>> BoundaryExplorer(dataset="moons", features="quadratic", lr=0.3, seed=3)

    Taught in chapters/02_linear_models/logistic_regression.
    """

    dataset = Choice("moons", ("blobs", "moons", "circle", "xor", "spiral"), label="data")
    num_samples = Integer(120, min=10, max=400, step=10, label="points")
    noise = Real(0.15, min=0, max=0.5, step=0.01)
    seed = Integer(
        0, min=0, max=9999, stepper=True, help="Draws the points, the starting weights and the batches."
    )
    points = Rows(
        columns=[("x1", -4, 4), ("x2", -4, 4), ("label", 0, 1, "integer")],
        max_length=500,
        help="Points placed by hand; while there are any, they replace the data set.",
    )
    features = Choice("linear", ("linear", "quadratic"))
    loss = Choice("cross_entropy", ("cross_entropy", "mse"), names=("cross-entropy", "MSE"))
    start = Choice(
        "random",
        ("zero", "random", "wrong"),
        label="starting weights",
        help="Wrong: long weights that point from one class to the other, the wrong way round.",
    )
    lr = Real(0.5, min=1e-3, max=10, log=True, label="learning rate")
    batch_size = Choice(0, (0, 1, 4, 16, 64), names=("all", "1", "4", "16", "64"), label="batch size")
    l2 = Real(0, min=0, max=1, log=True, floor=1e-4, label="L2 penalty")
    step_count = Integer(24, min=0, max=MAX_STEPS, label="step")
    speed = Choice(20, (2, 20, 60, 240), unit="/s", label="steps a second")
    weights = Numbers(min=-1e300, max=1e300, max_length=6, output=True)
