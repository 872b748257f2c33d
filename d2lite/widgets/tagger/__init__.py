"""The tagger explorer: which words are names, read from the left, or from both sides, as the reader types."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Text

MOST_TEXT = MOST_WORDS = 240
OPENING = "they talked of zork and pudding. they talked of quince's brother."


def load_taggers():
    """Return the two trained networks in 8 bits, as tools/record/tagging.py wrote them, and their vocabulary."""
    from d2lite._utils.encoding import to_base64
    from d2lite.models import weights
    from d2lite.models.quantization import SCALE

    tensors, record = weights.load("name_taggers")

    def pack(name):
        own = {
            key.removeprefix(f"{name}."): value
            for key, value in tensors.items()
            if key.startswith(f"{name}.")
        }
        matrices = {
            key: {"bytes": to_base64(value), "scales": to_base64(own[key + SCALE])}
            for key, value in own.items()
            if key + SCALE in own
        }
        plain = {key: value.tolist() for key, value in own.items() if "bias" in key}
        return matrices | plain | {"mean_votes": record["measured"][name]["mean_votes"]}

    return {"words": " ".join(record["words"][1:]), "one": pack("one"), "both": pack("both")}


class TaggerExplorer(Explorer):
    """Which words of your text are names, and what a network that reads from one side, or from both, goes by.

    Two trained networks of nearly the same size: an LSTM that reads from left to right, and a pair that reads from both
    ends. All is read in lower case, and no name is in their vocabulary: a name is a word they do not know.

    Example:
        >>> TaggerExplorer(text="mr zork and his dog came in", reader="one way")

    Taught in chapters/07_rnn/deep_and_bidirectional.
    """

    text = Text(OPENING, max_length=MOST_TEXT, label="your text")
    reader = Choice("both ways", ("one way", "both ways"), label="read", help="One way: from left to right.")
    words = Integer(
        MOST_WORDS, min=1, max=MOST_WORDS, label="words read", help="The networks know none of what follows."
    )
    place = Integer(
        10, min=0, max=MOST_WORDS, label="word shown", help="Its votes are added up below, from 0."
    )
    speed = Choice(2, (1, 2, 5), unit="/s", label="words a second")
    data = Payload(loader=load_taggers)
