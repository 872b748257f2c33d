"""The race explorer: seven optimizers from one start on one surface, with all that each of them remembers."""

from collections.abc import Iterable

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import BadValueError, Choice, Flag, Integer, Numbers, Real, Rows

MAX_STEPS = 1000
LIMIT = 5.0  # of a start, along each axis
METHODS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
NAMES = ("SGD", "momentum", "Nesterov", "AdaGrad", "RMSprop", "Adam", "AdamW")


class RaceExplorer(Explorer):
    """A race of optimizers: one start, one surface, seven ways down, and what each of them remembers.

    Everything shown follows from the traits alone, so a link or a Python cell brings back what was seen. The view
    "plane" shows momentum alone, in a bowl: all learning rates and memories, coloured by what a step keeps, and the
    run of one of them.

    Args:
        methods: names of the optimizers that run, such as ["sgd", "adam"]; None leaves it to the flags of those names.
        rates: a learning rate for each method in order, or a dict from name to rate; where there is none or 0, one that
            suits the surface.
        values: the other traits, and those of Explorer.

    Raises:
        ValueError: a method is unknown, or a value is outside its range.

    Example:
        >>> RaceExplorer(surface="beale", methods=["momentum", "adam"], rates={"adam": 0.1}, step_count=100)

    Taught in chapters/04_optimizers/momentum and chapters/04_optimizers/adaptive_methods.
    """

    view = Choice("race", ("race", "plane"), names=("race", "plane of η and β"))
    surface = Choice(
        "bowl",
        ("bowl", "noisy", "saddle", "plateau", "rosenbrock", "beale"),
        names=("bowl", "noisy bowl", "saddle", "plateau", "Rosenbrock", "Beale"),
    )
    condition = Real(
        20,
        min=1,
        max=1000,
        log=True,
        label="condition κ",
        help="The bowl's condition number: its curvatures are 1 and κ.",
    )
    angle = Real(
        0, min=0, max=90, step=1, unit="°", label="turned by", help="Turns the axes of bowl and saddle."
    )
    noise = Real(
        3,
        min=0,
        max=30,
        step=0.5,
        label="noise σ",
        help="Standard deviation of the noise in each entry of the gradient; the same for all methods.",
    )
    seed = Integer(0, min=0, max=9999, stepper=True)
    start = Rows(
        columns=[("w1", -LIMIT, LIMIT), ("w2", -LIMIT, LIMIT)],
        max_length=1,
        help="One place to begin; while there is none, the surface's own.",
    )
    sgd = Flag(True, label="SGD")
    momentum = Flag(True)
    nesterov = Flag(True, label="Nesterov")
    adagrad = Flag(True, label="AdaGrad")
    rmsprop = Flag(True, label="RMSprop")
    adam = Flag(True, label="Adam")
    adamw = Flag(False, label="AdamW")
    shown = Choice("adam", METHODS, names=NAMES, help="The method whose state and formula are shown.")
    rates = Numbers(
        min=0, max=100, max_length=len(METHODS), label="learning rates", help="0: the surface's own."
    )
    beta = Real(0.9, min=0, max=0.999, step=0.001, label="memory β", help="Memory of momentum and Nesterov.")
    beta1 = Real(
        0.9, min=0, max=0.999, step=0.001, label="memory β₁", help="Memory of Adam's mean of gradients."
    )
    beta2 = Real(
        0.99, min=0, max=0.9999, step=0.0001, label="memory β₂", help="Memory of the mean of squares."
    )
    weight_decay = Real(0, min=0, max=1, step=0.01, label="weight decay λ")
    step_count = Integer(30, min=0, max=MAX_STEPS, label="step")
    speed = Choice(8, (2, 8, 30, 120), unit="/s", label="steps a second")
    losses = Numbers(min=-1e300, max=1e300, max_length=len(METHODS), output=True)

    def __init__(self, *, methods=None, rates=(), **values):
        if methods is not None:
            methods = _check(methods, "methods")
            values = {**{name: name in methods for name in METHODS}, **values}
        if isinstance(rates, dict):
            _check(rates, "rates")
            rates = [rates.get(name, 0) for name in METHODS]
        super().__init__(rates=rates, **values)


def _check(names, argument):
    """Return names of methods as a list, or raise one sentence."""
    several = isinstance(names, Iterable) and not isinstance(names, str)
    names = list(names) if several else names
    wrong = [name for name in names if name not in METHODS] if several else [names]
    if wrong:
        raise BadValueError(f"{argument} has {wrong[0]!r}: expected a list of some of {', '.join(METHODS)}")
    return names
