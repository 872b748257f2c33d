"""The all-reduce explorer: workers add up their vectors, each sending pieces to its neighbour in a ring."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Numbers, Real

MOST_WORKERS = 8


class AllReduceExplorer(Explorer):
    """Ring all-reduce, a step at a time: how workers add up their gradients without a middleman.

    Each worker has a vector cut into as many chunks as there are workers. ``step_count`` is how many messages each
    has sent. ``method`` "ring" passes chunks to the next worker; "middle" sends every vector to worker 1 and back.
    ``cell`` is the cell that is read out, counted row by row.

    Example:
        >>> AllReduceExplorer(workers=3, step_count=2)

    Source: Patarasuk and Yuan, 2009. Taught in chapters/09_beyond/parallel_training.
    """

    method = Choice(
        "ring",
        ("ring", "middle"),
        names=("in a ring", "one adds up"),
        label="how",
        help="In a ring, each worker sends to the next. Or all send to worker 1, which adds up and sends the sum back.",
    )
    workers = Integer(4, min=2, max=MOST_WORKERS)
    step_count = Integer(1, min=0, max=2 * MOST_WORKERS - 2, label="step")
    cell = Integer(
        4, min=0, max=MOST_WORKERS**2 - 1, label="cell read out", help="Counted from 0, row by row."
    )
    speed = Choice(1, (0.5, 1, 2), unit="/s", label="steps a second")
    values = Numbers(min=0, max=99, max_length=MOST_WORKERS**2, integer=True, output=True)
    most_sent = Real(0, min=0, max=2 * MOST_WORKERS, output=True)
