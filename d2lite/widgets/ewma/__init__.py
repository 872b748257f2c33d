"""The exponentially weighted average explorer: a running mean of real days, and the weights that make it."""

from d2lite._utils.encoding import to_base64
from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Payload, Real

DAYS = 1461  # the last four years that ship, 1985 to 1988


def load_births():
    """Return the first day, the unit and the counts of the last four years that ship."""
    from d2lite.datasets import series

    births = series("births")[-DAYS:]
    counts = births.values.numpy().astype("uint16")  # at most 12,851 a day
    return {"first": str(births.dates[0]), "unit": births.unit, "counts": to_base64(counts)}


class EwmaExplorer(Explorer):
    """An exponentially weighted average of real days: how long it remembers, where it starts, how far it lags.

    The days are the births in the United States from 1985 to 1988.

    Example:
        >>> EwmaExplorer(beta=0.97, correct=False, day=20)

    Taught in chapters/04_optimizers/momentum.
    """

    beta = Real(
        0.9, min=0, max=0.999, step=0.001, label="memory β", help="What is kept of the average each day."
    )
    correct = Flag(
        False, label="bias correction", help="Divides by 1 − βᵗ, the weight that the days have so far."
    )
    plain = Flag(False, label="plain mean", help="The plain mean of the last 1/(1 − β) days, for comparison.")
    day = Integer(
        24, min=1, max=DAYS, label="day", help="The day whose weights are drawn; 1 is 1 January 1985."
    )
    days_shown = Integer(90, min=14, max=DAYS, label="days shown")
    speed = Choice(8, (2, 8, 30, 120), unit="/s", label="days a second")
    average = Numbers(min=0, max=1e6, max_length=1, output=True)
    data = Payload(loader=load_births)
