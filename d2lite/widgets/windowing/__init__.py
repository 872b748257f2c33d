"""The windowing explorer: how a long sequence becomes batches of short ones, and what a hidden state may carry over."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Text

OPENING = (
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, "
    "must be in want of a wife."
)
NUM_DAYS = 140  # of the births: twenty weeks


def load_births():
    """Return the first day and the counts of the first twenty weeks that ship."""
    from d2lite.datasets import series

    births = series("births")[:NUM_DAYS]
    return {"first": str(births.dates[0]), "values": [int(value) for value in births.values]}


class WindowingExplorer(Explorer):
    """A sequence cut into windows and batches: what is read, what is asked, what the state carries over.

    Example:
        >>> WindowingExplorer(source="births", kind="many to one", num_steps=7, order="sequential", batch_size=2)

    Taught in chapters/07_rnn/sequences.
    """

    source = Choice("text", ("text", "births"), help="Births: each day of the first twenty weeks of 1969.")
    text = Text(OPENING, max_length=200, help="Type a sequence of your own.")
    order = Choice("random", ("random", "sequential"))
    kind = Choice(
        "many to many",
        ("many to many", "many to one"),
        names=("each step", "the last"),
        label="targets",
        help="Each step: many to many. The last: many to one.",
    )
    num_steps = Integer(5, min=2, max=12, label="window length T")
    batch_size = Integer(3, min=1, max=6, label="batch size B")
    stride = Integer(5, min=1, max=12, help="Distance between neighbouring windows, in random order.")
    horizon = Integer(1, min=1, max=7, help="How far ahead a target lies.")
    seed = Integer(0, min=0, max=999, stepper=True, label="seed of the epoch")
    batch = Integer(0, min=0, max=200, help="The batch shown, from 0.")
    row = Integer(1, min=1, max=6, stepper=True, label="row read out")
    speed = Choice(2, (1, 2, 5), unit="/s", label="batches a second")
    data = Payload(loader=load_births)
