"""A character model of one recurrent layer: the network, its weights in 8 bits, and the one that ships."""

import base64
import functools
import gzip
import json
import re
from importlib import resources

import numpy as np
import torch
from torch import nn

ALPHABET = "\n !\"'(),-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORMAT = "d2lite-character-rnn-1"
_STEPS = 127  # of 8 bits on either side of zero


def clean(text, alphabet=ALPHABET):
    """Return a text with its lines joined to paragraphs and without the characters that an alphabet lacks.

    Args:
        text: str whose paragraphs are separated by empty lines.
        alphabet: str of the characters to keep; it holds the space and the line break.

    Returns:
        str; each paragraph is one line, each gap one space. Taught in chapters/07_rnn/rnn.
    """
    text = re.sub(r"\r\n?|\u2028|\u2029", "\n", text)  # of other systems
    text = re.sub(r"[^\S\n]*\n", "\n", text)  # a line of spaces is empty, too
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    text = "".join(c for c in text if c in set(alphabet))
    return re.sub(r" +", " ", re.sub(r" *\n[\n ]*", "\n", text)).strip()


class CharacterRNN(nn.Module):
    """One recurrent layer with tanh between a one-hot character and the scores of the next one.

    Args:
        alphabet: str of V distinct characters.
        num_hiddens: units H.

    Raises:
        ValueError: the alphabet repeats a character or is empty.

    Source: Elman 1990; Mikolov et al. 2010. Taught in chapters/07_rnn/rnn.
    """

    def __init__(self, alphabet=ALPHABET, num_hiddens=256):
        super().__init__()
        if not alphabet or len(set(alphabet)) != len(alphabet):
            raise ValueError(
                f"the alphabet is {alphabet!r:.60}, expected distinct characters: leave out repeats"
            )
        self.alphabet = alphabet
        self.rnn = nn.RNN(len(alphabet), num_hiddens)
        self.readout = nn.Linear(num_hiddens, len(alphabet))

    def encode(self, text):
        """Return the places of a text's characters in the alphabet, (T,) int64; what is not in it is refused."""
        place = {c: i for i, c in enumerate(self.alphabet)}
        missing = sorted(set(text) - set(place))
        if missing:
            raise ValueError(f"the text holds {missing[:5]}, which the alphabet lacks: clean it first")
        return torch.tensor([place[c] for c in text], dtype=torch.long)

    def forward(self, characters, state=None):
        """Return scores and state after reading characters.

        Args:
            characters: (T, B) int64, places in the alphabet.
            state: (1, B, H), None for zeros.

        Returns:
            logits (T, B, V) for the characters that follow, and the state (1, B, H).
        """
        one_hot = nn.functional.one_hot(characters, len(self.alphabet)).to(self.readout.weight.dtype)
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
    """
    streams = model.encode(text[: len(text) // num_streams * num_streams]).view(num_streams, -1).T  # (T, B)
    total, state = 0.0, None
    with torch.no_grad():
        for inputs, targets in zip(streams[:-1].split(256), streams[1:].split(256), strict=True):
            logits, state = model(inputs, state)
            total += nn.functional.cross_entropy(
                logits.flatten(0, 1), targets.flatten(), reduction="sum"
            ).item()
    return total / streams[1:].numel()


def pack(rnn, readout, alphabet, table=None):
    """Return weights in 8 bits: each row of a matrix as whole numbers from -127 to 127 times one scale.

    Args:
        rnn: nn.RNN of one layer, H units; readout: nn.Linear, (V, H) weights.
        alphabet: str of V characters.
        table: (H, V) tensor in place of the input weights, for networks with an embedding.

    Returns:
        dict for JSON: alphabet, units, and for input (H, V), recurrent (H, H) and output (V, H) the bytes in
        base64, rows after each other, with their scales; the sum of the two biases of the layer; the readout's bias.
    """
    matrices = {"input": rnn.weight_ih_l0 if table is None else table, "recurrent": rnn.weight_hh_l0}
    matrices["output"] = readout.weight
    bias = rnn.bias_ih_l0 + rnn.bias_hh_l0 if rnn.bias else torch.zeros(rnn.hidden_size)
    out_bias = readout.bias if readout.bias is not None else torch.zeros(len(alphabet))
    packed = {"format": FORMAT, "alphabet": alphabet, "units": rnn.hidden_size}
    packed |= {name: _to_bytes(matrix.detach().double()) for name, matrix in matrices.items()}
    return packed | {"bias": _round(bias), "output_bias": _round(out_bias)}


def unpack(packed):
    """Return a CharacterRNN, 64-bit, with the weights that `pack` made: the same numbers that the page uses."""
    model = CharacterRNN(packed["alphabet"], packed["units"]).double()
    with torch.no_grad():
        model.rnn.weight_ih_l0.copy_(_from_bytes(packed["input"], packed["units"]))
        model.rnn.weight_hh_l0.copy_(_from_bytes(packed["recurrent"], packed["units"]))
        model.readout.weight.copy_(_from_bytes(packed["output"], len(packed["alphabet"])))
        model.rnn.bias_ih_l0.copy_(torch.tensor(packed["bias"], dtype=torch.float64))
        model.rnn.bias_hh_l0.zero_()
        model.readout.bias.copy_(torch.tensor(packed["output_bias"], dtype=torch.float64))
    return model


@functools.cache
def recorded(name="austen"):
    """Return what `tools/record/character_rnn.py` wrote: a dict with weights (see `pack`), measured and provenance.

    Raises:
        ValueError: there is no such recording.
    """
    folder = resources.files("d2lite").joinpath("data", "models")
    known = sorted(
        f.name.removesuffix("_rnn.json.gz") for f in folder.iterdir() if f.name.endswith("_rnn.json.gz")
    )
    if name not in known:
        raise ValueError(f"no recorded character model is called {name!r}; there are {', '.join(known)}")
    return json.loads(gzip.decompress(folder.joinpath(f"{name}_rnn.json.gz").read_bytes()))


def _round(values):
    return [float(f"{value:.6g}") for value in values.tolist()]


def _to_bytes(matrix):
    scales = torch.tensor(
        _round(matrix.abs().amax(1) / _STEPS), dtype=torch.float64
    )  # (rows, columns) -> (rows,)
    whole = (matrix / scales.clamp(min=1e-30)[:, None]).round().clamp(-_STEPS, _STEPS).to(torch.int8)
    return {"scales": scales.tolist(), "bytes": base64.b64encode(whole.numpy().tobytes()).decode()}


def _from_bytes(packed, rows):
    whole = np.frombuffer(base64.b64decode(packed["bytes"]), dtype=np.int8).reshape(rows, -1)
    return (
        torch.tensor(whole.astype(np.float64)) * torch.tensor(packed["scales"], dtype=torch.float64)[:, None]
    )
