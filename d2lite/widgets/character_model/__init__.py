"""The character model explorer: a recurrent network that reads and writes text in the page."""

from torch import nn

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import BadValueError, Choice, Integer, Payload, Real, Text

MOST_TEXT, MOST_WRITTEN, MOST_UNITS, REACH = 400, 300, 256, 64
OPENING = '"I am sure she will be very happy," said E'


class CharacterModelExplorer(Explorer):
    """A recurrent network reads your text: what it expects next, what it remembers, and how far back.

    Without a model it is the one trained on Austen's novels that ships (`d2lite.models.character_rnn.recorded`), with
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
    color = Choice("surprise", ("surprise", "unit", "gradient"), label="colour the text by")
    unit = Integer(0, min=0, max=MOST_UNITS - 1, label="unit shown")
    truncation = Integer(REACH, min=1, max=REACH, label="truncation, steps")
    clip = Real(1, min=0.01, max=100, log=True, label="clip the norm at")
    weights = Payload()

    def __init__(self, **values):
        weights = values.pop("weights", None)
        super().__init__(**values)
        if weights is None:
            from d2lite.models.character_rnn import recorded

            weights = recorded()["weights"]
        self.weights = weights

    @classmethod
    def from_model(cls, model, vocabulary, **values):
        """Return an explorer that runs a model of your own.

        "Copy as Python" still makes one with the recorded model: a page does not know your variables.

        Args:
            model: module with one nn.RNN (one layer, tanh, one direction) that reads one-hot characters, or rows of
                one nn.Embedding, and one nn.Linear from its states to a score for each character.
            vocabulary: d2lite.language.tokens.Vocabulary of characters, or their list or str in the order of scores.
            values: the explorer's traits.

        Raises:
            ValueError: the model has other parts or shapes, or is too large for a page; the message says which.
        """
        weights = pack_model(model, vocabulary)
        return cls(weights=weights, **values)


def pack_model(model, vocabulary):
    """Return a model's weights as `d2lite.models.character_rnn.pack` does, after checking that the page can run it."""
    from d2lite.models.character_rnn import pack

    alphabet = _characters(vocabulary)
    recurrent = _only(model, nn.RNNBase, "recurrent layer")
    readout = _only(model, nn.Linear, "linear layer")
    embedding = _only(model, nn.Embedding, "embedding", least=0)
    _check_layer(recurrent)
    size, reads = len(alphabet), recurrent.input_size if embedding is None else embedding.num_embeddings
    if tuple(readout.weight.shape) != (size, recurrent.hidden_size) or reads != size:
        raise BadValueError(
            f"the model reads {reads} characters and scores {readout.out_features} from {readout.in_features} of "
            f"{recurrent.hidden_size} units; expected {size}, the vocabulary, {size} and {recurrent.hidden_size}"
        )
    table = None if embedding is None else recurrent.weight_ih_l0 @ embedding.weight.T  # (H, E) @ (E, V)
    return pack(recurrent, readout, alphabet, table)


def _characters(vocabulary):
    tokens = [
        ("\ufffd" if token == "<unk>" else token) for token in getattr(vocabulary, "tokens", vocabulary)
    ]
    wrong = next((token for token in tokens if not isinstance(token, str) or len(token) != 1), None)
    if wrong is not None or len(set(tokens)) != len(tokens) or len(tokens) < 2:
        raise BadValueError(
            f"the vocabulary holds {wrong!r:.40}; expected two or more different characters, one a token"
            if wrong is not None
            else f"the vocabulary has {len(tokens)} tokens, {len(set(tokens))} different; expected distinct characters"
        )
    return "".join(tokens)


def _only(model, kind, name, least=1):
    found = [part for part in model.modules() if isinstance(part, kind)]
    if not least <= len(found) <= 1:
        raise BadValueError(
            f"the model has {len(found)} parts of the kind {name}; expected {'one' if least else 'at most one'}"
        )
    return found[0] if found else None


def _check_layer(layer):
    plain = isinstance(layer, nn.RNN) and layer.nonlinearity == "tanh"
    if not plain or layer.num_layers != 1 or layer.bidirectional:
        raise BadValueError(
            f"the recurrent layer is {layer}; expected an nn.RNN of one layer and one direction, with tanh"
        )
    if layer.hidden_size > MOST_UNITS:
        raise BadValueError(
            f"the recurrent layer has {layer.hidden_size} units; expected at most {MOST_UNITS}"
        )
