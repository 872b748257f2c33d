"""The Transformer explorer: a trained Transformer reads and writes text in the page, every number in sight."""

import os

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Numbers, Payload, Real, Text

MOST_TEXT, MOST_WRITTEN, MOST_LAYERS, MOST_HEADS = 120, 240, 6, 8
OPENING = '"My dear Emma," said he, "you are very kind'
PARTS = ("embed", "lookup", "attention", "network", "output")


def load_model():
    """Return the weights of the model that ships."""
    from d2lite.models.character_transformer import pretrained_payload

    return pretrained_payload()


class TransformerExplorer(Explorer):
    """A Transformer reads your text: what each head looks at, what comes next, and every number between.

    Without a model it is the one trained on Austen's novels that ships
    (`d2lite.models.character_transformer.pretrained`), with its weights in 8 bits. The page computes all numbers
    itself; under "More settings" it also reads a file of a model of your own, which
    `d2lite.models.character_transformer.save` wrote.

    Example:
        >>> TransformerExplorer(text="My dear Mr. Ben", part="attention", layer=2, head=1)

    Taught in chapters/07_rnn/attention.
    """

    text = Text(OPENING, max_length=MOST_TEXT, label="your text")
    part = Choice("lookup", PARTS, names=("embed", "Q K V", "heads", "MLP", "output"), label="part shown")
    temperature = Real(
        1, min=0.1, max=2, step=0.05, help="Scores are divided by it: below 1 the likely becomes likelier."
    )
    top = Integer(
        0, min=0, max=40, label="drawn from the likeliest", help="So many characters are kept; 0 keeps all."
    )
    written = Integer(
        0, min=0, max=MOST_WRITTEN, label="characters written", help="By the model, after your text."
    )
    layer = Integer(2, min=1, max=MOST_LAYERS, stepper=True)
    head = Integer(1, min=1, max=MOST_HEADS, stepper=True)
    off = Numbers(
        (),
        min=0,
        max=MOST_LAYERS * MOST_HEADS - 1,
        max_length=MOST_LAYERS * MOST_HEADS,
        integer=True,
        label="heads switched off",
        help="Numbered from 0 through all layers: head h of layer l is (l - 1) times heads, plus h - 1.",
    )
    place = Integer(
        MOST_TEXT + MOST_WRITTEN,
        min=1,
        max=MOST_TEXT + MOST_WRITTEN,
        label="characters read",
        help="The last of them asks; beyond the text: the text's last.",
    )
    seed = Integer(0, min=0, max=9999, stepper=True, help="Another one writes another text.")
    speed = Choice(10, (3, 10, 40), unit="/s", label="characters a second")
    weights = Payload(loader=load_model, max_size=110_000)  # 91,000 weights in 8 bits hardly compress

    @classmethod
    def from_model(cls, model, **values):
        """Return an explorer that runs a model of your own.

        "Copy as Python" still makes one with the pretrained model: a page does not know your variables.

        Args:
            model: d2lite.models.CharacterTransformer, or the path of a file that `character_transformer.save` wrote.
            values: the explorer's traits.

        Raises:
            TypeError: the model is neither.
            ValueError: it is too large for a page, or the file holds another; the message says which.
            FileNotFoundError: there is no such file.
        """
        from d2lite.models import character_transformer

        if not hasattr(model, "parameters") and isinstance(model, str | os.PathLike):
            model = character_transformer.load(model)[0]
        return cls(weights=character_transformer.pack(model), **values)
