"""The writing explorer: what a recurrent network writes while it learns."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Real

STEPS = (0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 42_192)
MOST_ORDERS = 6


def load_writing():
    """Return the texts, numbers and counts that tools/record/writing.py wrote, for a page."""
    import numpy as np

    from d2lite.models import weights

    tensors, record = weights.load("austen_writing")

    def spell(row):
        return "".join(record["alphabet"][i] for i in row)

    def runs(row):
        """Where words that Austen's text lacks begin and end, one after the other."""
        return np.flatnonzero(np.diff([0, *row, 0])).tolist()

    def nested(values, turn):
        return [[[turn(row) for row in texts] for texts in point] for point in values.tolist()]

    measured = {name: record["measured"][name] for name in ("test", "known")}
    own = {name: record[name] for name in ("prompt", "temperatures", "steps", "counts")}
    return (
        own
        | measured
        | {"texts": nested(tensors["texts"], spell), "strange": nested(tensors["strange"], runs)}
    )


class WritingExplorer(Explorer):
    """A recurrent network writes while it learns: the same few texts after 0, 10, ... 42,192 steps of one training.

    Beside them its perplexity on pages kept out of the training, and that of counts of n characters. All is recorded.

    Example:
        >>> WritingExplorer(steps=100, temperature=0.5)

    Taught in chapters/07_rnn/rnn.
    """

    steps = Choice(
        1000,
        STEPS,
        names=[f"{step:,}" for step in STEPS],
        unit=" steps",
        label="written after",
        help="Steps of the training; each reads 64 characters in 32 places of the novels.",
    )
    temperature = Choice(
        0.5,
        (0.5, 1),
        help="Scores are divided by it: at 0.5 the likely is likelier than the network thinks, at 1 it is as likely.",
    )
    text = Choice(
        1,
        (1, 2, 3),
        label="text",
        help="The same random numbers after any number of steps; three rows of them.",
    )
    speed = Choice(1, (0.5, 1, 2), unit="/s", label="checkpoints a second")
    data = Payload(loader=load_writing)
    perplexity = Real(1, min=1, max=1000, output=True)
    beaten = Integer(0, min=0, max=MOST_ORDERS, output=True, help="Orders of counts that are worse.")
