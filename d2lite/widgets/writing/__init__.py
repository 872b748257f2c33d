"""The writing explorer: what a recurrent network writes while it learns."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Real

STEPS = (0, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 42_192)
AUTHORS = ("austen", "shakespeare", "python")
TEMPERATURES, ROWS = (0.5, 1), (1, 2, 3)
MOST_ORDERS = 6


def load_writing():
    """Return the texts, numbers and counts of each author, which tools/record/writing.py and writing_two.py wrote."""
    from d2lite.models import weights

    recordings = (
        weights.load("austen_writing"),
        weights.load("shakespeare_writing"),
        weights.load("python_writing"),
    )
    return {author: _to_page(*recording) for author, recording in zip(AUTHORS, recordings, strict=True)}


def _to_page(tensors, record):
    """Return what a page needs of one recording."""
    import numpy as np

    def spell(row):
        return "".join(record["alphabet"][i] for i in row)

    def runs(row):
        """Where words that the training text lacks begin and end, one after the other."""
        return np.flatnonzero(np.diff([0, *row, 0])).tolist()

    def nested(values, turn):
        return [[[turn(row) for row in texts] for texts in point] for point in values.tolist()]

    measured = {name: record["measured"][name] for name in ("test", "known")}
    own = {name: record[name] for name in ("prompt", "temperatures", "steps", "counts")}
    texts = {"texts": nested(tensors["texts"], spell), "strange": nested(tensors["strange"], runs)}
    return own | measured | texts | {"least": record.get("least", 1)}


def _wrong_with(data):
    """Return what is wrong with other data, or None."""
    for author, part in data.items():
        steps = part["steps"]
        if steps[0] != 0 or sorted(set(steps)) != steps or not set(steps) <= set(STEPS):
            return f"the steps {steps} of {author}: expected some of {STEPS}, from 0 up"
        if tuple(part["temperatures"]) != TEMPERATURES or len(part["counts"]) != MOST_ORDERS:
            return (
                f"other temperatures or orders of {author}: expected {TEMPERATURES}, and {MOST_ORDERS} orders"
            )
        for name in ("texts", "strange"):
            points = part[name]
            widths = {len(point) for point in points}, {len(rows) for point in points for rows in point}
            if len(points) != len(steps) or widths != ({len(TEMPERATURES)}, {len(ROWS)}):
                return (
                    f"{name!r} of {author} of another shape: expected {len(steps)} steps, "
                    f"{len(TEMPERATURES)} temperatures, {len(ROWS)} texts"
                )
        if {len(part["test"]), len(part["known"])} != {len(steps)}:
            return f"numbers of {author} at other steps than its texts: expected {len(steps)} of each"
        if not all(0 <= share <= 1 for share in part["known"]):
            return f"shares of known words of {author} outside 0 to 1"
        if any(len(ends) % 2 for point in part["strange"] for texts in point for ends in texts):
            return f"an odd number of ends of strange words of {author}: expected beginning and end of each"
    return None


class WritingExplorer(Explorer):
    """A recurrent network writes while it learns: the same few texts after 0, 10, ... 42,192 steps of one training.

    Three networks, each with a teacher of its own: Austen's novels, Shakespeare's plays (to 5,000 steps), programs in
    Python (to 5,000). Beside a text the network's perplexity on pages kept out of the training, and that of counts of n
    characters. All is recorded.

    Example:
        >>> WritingExplorer(author="python", steps=100)

    Taught in chapters/07_rnn/rnn.
    """

    author = Choice(
        "austen",
        AUTHORS,
        names=("Austen", "Shakespeare", "Python"),
        label="teacher",
        help="Six novels, ten plays, or the Python source of four packages of PyTorch.",
    )
    steps = Choice(
        0,
        STEPS,
        names=[f"{step:,}" for step in STEPS],
        unit=" steps",
        label="written after",
        help="Steps of the training; each reads 64 characters in 32 places. Shakespeare's and Python's end at 5,000.",
    )
    temperature = Choice(
        1,
        TEMPERATURES,
        help="Scores are divided by it: at 0.5 the likely is likelier than the network thinks, at 1 it is as likely.",
    )
    text = Choice(
        1,
        ROWS,
        label="text",
        help="The same random numbers after any number of steps; three rows of them.",
    )
    speed = Choice(1, (0.5, 1, 2), unit="/s", label="checkpoints a second")
    data = Payload(loader=load_writing, check=_wrong_with)
    perplexity = Real(1, min=1, max=1000, output=True)
    beaten = Integer(0, min=0, max=MOST_ORDERS, output=True, help="Orders of counts that are worse.")
