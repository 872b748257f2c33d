"""A character model of one recurrent layer: the network, its weights in 8 bits, and the one that ships."""

import re
import warnings

import torch
from torch import nn

from d2lite._utils.checks import check_choice, check_count
from d2lite._utils.encoding import from_base64, to_base64
from d2lite._utils.state import keep_draws, keep_mode
from d2lite.models import weights
from d2lite.models._alphabet import check_alphabet, check_text, encode
from d2lite.models._recurrent_parts import check_layer, find_parts
from d2lite.models.quantization import SCALE, dequantize_all, quantize_all

ALPHABET = "\n !\"'(),-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORMAT = "d2lite-character-rnn-1"
MAX_UNITS = 256  # of a network that a page runs
_MATRICES = ("input", "recurrent", "output")


def clean(text, alphabet=ALPHABET):
    """Return a text with its lines joined to paragraphs and without the characters that an alphabet lacks.

    Args:
        text: str whose paragraphs are separated by empty lines.
        alphabet: str of the characters to keep; it holds the space and the line break.

    Returns:
        str; each paragraph is one line, each gap one space, also where it was a tab or a no-break space; line ends may
        be of any system. Taught in chapters/07_rnn/rnn.

    Raises:
        TypeError: the text or the alphabet is no str.
    """
    for name, value in (("text", text), ("alphabet", alphabet)):
        check_text(value, name)
    text = re.sub(r"\r\n?|\u2028|\u2029", "\n", text)  # of other systems
    text = re.sub(r"[^\S\n]*\n", "\n", text)  # a line of spaces is empty, too
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    kept = set(alphabet)
    text = "".join(" " if c.isspace() and c not in kept else c for c in text)  # else it would join two words
    text = "".join(c for c in text if c in kept)
    return re.sub(r" +", " ", re.sub(r" *\n[\n ]*", "\n", text)).strip()


class CharacterRNN(nn.Module):
    """One recurrent layer with tanh between a one-hot character and the scores of the next one.

    Args:
        alphabet: str of V distinct characters.
        num_hiddens: units H.

    Raises:
        TypeError: the alphabet is no str.
        ValueError: the alphabet repeats a character or is empty, or num_hiddens is no whole number from 1 up.

    Source: Elman 1990; Mikolov et al. 2010. Taught in chapters/07_rnn/rnn.
    """

    def __init__(self, alphabet=ALPHABET, num_hiddens=256):
        super().__init__()
        check_alphabet(alphabet)
        num_hiddens = check_count(num_hiddens, "num_hiddens")
        self.alphabet = alphabet
        self.rnn = nn.RNN(len(alphabet), num_hiddens)
        self.readout = nn.Linear(num_hiddens, len(alphabet))

    def encode(self, text):
        """Return the places of a text's characters in the alphabet, (T,) int64; what is not in it is refused."""
        return encode(text, self.alphabet)

    def forward(self, characters, state=None):
        """Return scores and state after reading characters.

        Args:
            characters: (T, B) whole numbers, places in the alphabet.
            state: (1, B, H), None for zeros.

        Returns:
            logits (T, B, V) for the characters that follow, and the state (1, B, H).

        Raises:
            TypeError: characters is no tensor of whole numbers.
            ValueError: it holds what is no place in the alphabet.
        """
        if not isinstance(characters, torch.Tensor) or characters.is_floating_point():
            raise TypeError(
                f"characters is {_kind(characters)}: expected a tensor of whole numbers; see encode"
            )
        if characters.numel() and not 0 <= characters.min() <= characters.max() < len(self.alphabet):
            raise ValueError(
                f"characters is from {characters.min()} to {characters.max()}: expected places in the alphabet, from 0 "
                f"to {len(self.alphabet) - 1}; see encode"
            )
        one_hot = nn.functional.one_hot(characters.long(), len(self.alphabet)).to(self.readout.weight.dtype)
        states, state = self.rnn(one_hot, state)  # (T, B, V) -> (T, B, H)
        return self.readout(states), state


def cross_entropy(model, text, num_streams=20):
    """Return the mean of -ln p over the characters of a text; exp of it is the perplexity.

    Args:
        model: CharacterRNN.
        text: str; read as num_streams equal pieces side by side, each from the zero state.
        num_streams: int; 1 reads it in one go, which takes num_streams times as long.

    Returns:
        float, in nats a character. Taught in chapters/07_rnn/rnn.

    Raises:
        TypeError: the model is another, such as a CharacterTransformer, which reads a text a row.
        ValueError: a stream would have fewer than two characters, or a character is not in the alphabet.
    """
    if not isinstance(getattr(model, "_orig_mod", model), CharacterRNN):  # it may be compiled
        raise TypeError(f"model is a {type(model).__name__}: expected a CharacterRNN")
    num_streams = check_count(num_streams, "num_streams")
    ids = model.encode(text)
    if len(ids) < 2 * num_streams:
        raise ValueError(f"text has {len(ids)} characters: expected at least {2 * num_streams}, two a stream")
    streams = ids[: len(ids) // num_streams * num_streams].view(num_streams, -1).T  # (T, B)
    streams = streams.to(next(model.parameters()).device)
    total, state = 0.0, None
    with torch.no_grad(), keep_mode(model):
        model.eval()
        for inputs, targets in zip(streams[:-1].split(256), streams[1:].split(256), strict=True):
            logits, state = model(inputs, state)
            logits = logits.flatten(0, 1).to(torch.promote_types(logits.dtype, torch.float32))
            total += nn.functional.cross_entropy(logits, targets.flatten(), reduction="sum").item()
    return total / streams[1:].numel()


def pack(rnn, readout, alphabet, table=None):
    """Return weights in 8 bits for a page: each row of a matrix as whole numbers from -127 to 127 times one scale.

    Args:
        rnn: nn.RNN of one layer, H units; readout: nn.Linear, (V, H) weights.
        alphabet: str of V characters.
        table: (H, V) tensor in place of the input weights, for networks with an embedding.

    Returns:
        dict for JSON: alphabet, units, and for input (H, V), recurrent (H, H) and output (V, H) the bytes in
        base64, rows after each other, with their scales; the sum of the two biases of the layer; the readout's bias.

    Raises:
        ValueError: the layer is of another kind, or a weight is not finite.
    """
    return _payload(to_tensors(rnn, readout, table), alphabet)


def pack_model(model, vocabulary):
    """Return the weights of a network built in your own way as `pack` does, if a page can run it.

    Args:
        model: module with one nn.RNN (one layer, tanh, one direction, at most 256 units) that reads one-hot characters,
            or rows of one nn.Embedding, and one nn.Linear from its states to a score for each character.
        vocabulary: d2lite.language.tokens.Vocabulary of characters, or their list or str in the order of scores.

    Returns:
        dict for JSON, see `pack`.

    Raises:
        TypeError: the model is no module, or the vocabulary no sequence of characters.
        ValueError: the model has other parts or shapes, or is too large; the message says which.
    """
    return pack(*find_parts(model, vocabulary, MAX_UNITS))


def unpack(packed):
    """Return a CharacterRNN, 64-bit, with the weights that `pack` made: the same numbers that the page uses."""
    tensors = {name: torch.tensor(packed[name], dtype=torch.float64) for name in ("bias", "output_bias")}
    for name in _MATRICES:
        scale = torch.tensor(packed[name]["scales"], dtype=torch.float64)
        steps = from_base64(packed[name]["bytes"], "int8", (len(scale), -1))
        tensors |= {name: torch.from_numpy(steps), name + SCALE: scale}
    return from_tensors(tensors, packed["alphabet"])


def pretrained(name="austen"):
    """Return a trained character model that ships, made by tools/record/character_rnn.py, and its record.

    Args:
        name: "austen", trained on Jane Austen's novels; "shakespeare", on ten plays, or "python", on programs, both in
            fewer steps (tools/record/writing_two.py).

    Returns:
        (model, record): CharacterRNN in evaluation mode, in float64, from weights in 8 bits; and a dict: "alphabet",
        "measured" and "provenance".

    Raises:
        ValueError: there is no such model.

    Taught in chapters/07_rnn/rnn.
    """
    tensors, record = _load(name)
    return from_tensors(tensors, record["alphabet"]).eval(), record


def pretrained_payload(name="austen"):
    """Return the weights of `pretrained` as `pack` does, for a page."""
    tensors, record = _load(name)
    return _payload(tensors, record["alphabet"])


def recorded(name="austen"):
    """Return what `pretrained` and `pretrained_payload` return as one dict. Deprecated: use these."""
    warnings.warn("character_rnn.recorded is now character_rnn.pretrained", DeprecationWarning, stacklevel=2)
    return {"weights": pretrained_payload(name), **_load(name)[1]}


def _load(name):
    known = [known.removesuffix("_rnn") for known in weights.names() if known.endswith("_rnn")]
    check_choice(name, known, "name")
    return weights.load(f"{name}_rnn")  # a text with a gap: so it is seen which file this reaches


def to_tensors(rnn, readout, table=None):
    """Return weights in 8 bits, as `d2lite.models.weights.save` takes them; the arguments are those of `pack`."""
    check_layer(rnn)
    table = rnn.weight_ih_l0 if table is None else table
    matrices = dict(zip(_MATRICES, (table, rnn.weight_hh_l0, readout.weight), strict=True))
    bias = rnn.bias_ih_l0 + rnn.bias_hh_l0 if rnn.bias else torch.zeros(rnn.hidden_size)
    out_bias = readout.bias if readout.bias is not None else torch.zeros(readout.out_features)
    return quantize_all(matrices) | {"bias": _round(bias), "output_bias": _round(out_bias)}


def from_tensors(tensors, alphabet):
    """Return the CharacterRNN, 64-bit, that the tensors of `to_tensors` stand for."""
    numbers = dequantize_all(tensors)
    with keep_draws():
        model = CharacterRNN(alphabet, len(numbers["bias"])).double()
    with torch.no_grad():
        model.rnn.weight_ih_l0.copy_(numbers["input"])
        model.rnn.weight_hh_l0.copy_(numbers["recurrent"])
        model.readout.weight.copy_(numbers["output"])
        model.rnn.bias_ih_l0.copy_(numbers["bias"])
        model.rnn.bias_hh_l0.zero_()
        model.readout.bias.copy_(numbers["output_bias"])
    return model


def _payload(tensors, alphabet):
    packed = {"format": FORMAT, "alphabet": alphabet, "units": len(tensors["bias"])}
    for name in _MATRICES:
        scales = [
            float(str(scale)) for scale in tensors[name + SCALE].numpy()
        ]  # float32 in as few digits as it needs
        packed[name] = {"scales": scales, "bytes": to_base64(tensors[name])}
    return packed | {name: tensors[name].tolist() for name in ("bias", "output_bias")}


def _round(values):
    """Return numbers with six digits, in float64."""
    values = values.detach().cpu()
    if not values.isfinite().all():
        raise ValueError("bias is not finite: expected numbers")
    return torch.tensor([float(f"{value:.6g}") for value in values.tolist()], dtype=torch.float64)


def _kind(value):
    return f"a tensor of {value.dtype}" if isinstance(value, torch.Tensor) else f"a {type(value).__name__}"
