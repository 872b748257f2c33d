"""The character model explorer: a recurrent network that reads and writes text in the page."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Real, Text

MOST_TEXT, MOST_WRITTEN, MOST_UNITS, REACH = 400, 300, 256, 64
OPENING = '"I am sure she will be very happy," said E'


def load_model():
    """Return the weights of the model that ships."""
    from d2lite.models.character_rnn import pretrained_payload

    return pretrained_payload()


class CharacterModelExplorer(Explorer):
    """A recurrent network reads your text: what it expects next, what it remembers, and how far back.

    Without a model it is the one trained on Austen's novels that ships (`d2lite.models.character_rnn.pretrained`), with
    its weights in 8 bits. The page computes all numbers itself.

    Example:
        >>> CharacterModelExplorer(text="My dear Mr. Ben", written=40, temperature=0.5)

    Taught in chapters/07_rnn/rnn.
    """

    text = Text(OPENING, max_length=MOST_TEXT, label="your text")
    temperature = Real(
        1, min=0.1, max=2, step=0.05, help="Scores are divided by it: below 1 the likely becomes likelier."
    )
    written = Integer(
        0, min=0, max=MOST_WRITTEN, label="characters written", help="By the model, after your text."
    )
    seed = Integer(0, min=0, max=9999, stepper=True, help="Another one writes another text.")
    speed = Choice(20, (5, 20, 80), unit="/s", label="characters a second")
    place = Integer(
        MOST_TEXT + MOST_WRITTEN,
        min=0,
        max=MOST_TEXT + MOST_WRITTEN,
        label="characters read",
        help="Where the prediction is made; beyond the text: at its end.",
    )
    letter = Text(
        "",
        max_length=1,
        label="letter followed back",
        help="Empty: the one that comes.",
    )
    color = Choice("surprise", ("surprise", "unit", "gradient", "quotation"), label="colour the text by")
    unit = Integer(
        0,
        min=0,
        max=MOST_UNITS - 1,
        label="unit shown",
        help="The model that ships has its slowest units first.",
    )
    truncation = Integer(REACH, min=1, max=REACH, label="truncation, steps")
    clip = Real(1, min=0.01, max=100, log=True, label="clip the norm at")
    weights = Payload(loader=load_model, max_size=110_000)  # 256 units in 8 bits hardly compress

    @classmethod
    def from_model(cls, model, vocabulary, **values):
        """Return an explorer that runs a model of your own.

        "Copy as Python" still makes one with the pretrained model: a page does not know your variables.

        Args:
            model: module with one nn.RNN (one layer, tanh, one direction) that reads one-hot characters, or rows of
                one nn.Embedding, and one nn.Linear from its states to a score for each character.
            vocabulary: d2lite.language.tokens.Vocabulary of characters, or their list or str in the order of scores.
            values: the explorer's traits.

        Raises:
            TypeError: the model is no module, or the vocabulary no sequence of characters.
            ValueError: the model has other parts or shapes, or is too large for a page; the message says which.
        """
        from d2lite.models.character_rnn import pack_model

        return cls(weights=pack_model(model, vocabulary), **values)
