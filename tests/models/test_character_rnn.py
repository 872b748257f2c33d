"""The character model and its 8-bit weights."""

import json

import pytest
import torch
from torch import nn

from d2lite.language import tokens
from d2lite.models import CharacterTransformer, character_rnn
from d2lite.models.character_rnn import ALPHABET, CharacterRNN, clean, cross_entropy, pack, pretrained, unpack
from d2lite.widgets import CharacterModelExplorer


@pytest.mark.parametrize("end", ["\r\n", "\r", "\u2028"])
def test_clean_knows_the_line_ends_of_every_system(end):
    raw = "One line\nand another.\n\nA new  paragraph.\n \nA third."
    assert clean(raw.replace("\n", end)) == clean(raw) == "One line and another.\nA new paragraph.\nA third."


def test_clean_joins_lines_and_keeps_paragraphs():
    raw = "CHAPTER 1\n\nIt was  a\nfine_ day;\n and so on.\n\n\n  Next."
    assert clean(raw) == "CHAPTER\nIt was a fine day; and so on.\nNext."
    assert set(clean("héllo £3 [x]\n")) <= set(ALPHABET)
    assert clean("") == ""
    assert clean(clean(raw).replace("\n", "\n\n")) == clean(raw)


def test_model_is_its_layers():
    torch.manual_seed(0)
    model = CharacterRNN("abc", 5)
    ids = model.encode("abcab")[:, None]
    logits, state = model(ids)
    first, middle = model(ids[:2])
    second, last = model(ids[2:], middle)
    assert logits.shape == (5, 1, 3)
    assert torch.allclose(logits, torch.cat([first, second]), atol=1e-6)
    assert torch.allclose(state, last, atol=1e-6)


@pytest.mark.parametrize("alphabet", ["", "aba"])
def test_bad_alphabets_are_refused(alphabet):
    with pytest.raises(ValueError, match="expected distinct characters"):
        CharacterRNN(alphabet)


def test_unknown_characters_are_named():
    with pytest.raises(ValueError, match=r"holds \['x', 'y'\]"):
        CharacterRNN("abc", 2).encode("axby")


def test_cross_entropy_is_the_mean_over_streams():
    torch.manual_seed(0)
    model = CharacterRNN("ab ", 6)
    passage = "ab ba " * 120
    one = nn.functional.cross_entropy(
        model(model.encode(passage)[:-1, None])[0][:, 0], model.encode(passage)[1:]
    )
    assert cross_entropy(model, passage, num_streams=1) == pytest.approx(one.item(), abs=1e-6)
    halves = [cross_entropy(model, part, num_streams=1) for part in (passage[:360], passage[360:])]
    assert cross_entropy(model, passage, num_streams=2) == pytest.approx(sum(halves) / 2, abs=1e-6)


def test_cross_entropy_of_a_transformer_is_not_that_of_its_text():
    with pytest.raises(TypeError, match="model is a CharacterTransformer: expected a CharacterRNN"):
        cross_entropy(
            CharacterTransformer("ab ", 8, 1, 2), "ab ba " * 120
        )  # it would read across the streams


def test_packing_rounds_to_half_a_step_and_is_plain_json():
    torch.manual_seed(1)
    model = CharacterRNN("abcd ", 9)
    packed = json.loads(json.dumps(pack(model.rnn, model.readout, model.alphabet)))
    again = unpack(packed)
    for mine, other in (
        (model.rnn.weight_hh_l0, again.rnn.weight_hh_l0),
        (model.readout.weight, again.readout.weight),
    ):
        step = mine.abs().amax(1, keepdim=True) / 127
        assert ((mine - other).abs() <= 0.51 * step).all()
        assert (mine - other).abs().max() > 0
    bias = model.rnn.bias_ih_l0 + model.rnn.bias_hh_l0
    assert torch.allclose(again.rnn.bias_ih_l0.float(), bias, atol=1e-5)
    assert unpack(pack(again.rnn, again.readout, again.alphabet)).rnn.weight_hh_l0.allclose(
        again.rnn.weight_hh_l0
    )


def test_a_row_of_zeros_is_kept():
    model = CharacterRNN("ab", 3)
    nn.init.zeros_(model.rnn.weight_hh_l0)
    assert unpack(pack(model.rnn, model.readout, "ab")).rnn.weight_hh_l0.abs().max() == 0


def test_no_such_recording():
    with pytest.raises(ValueError, match="name is 'joyce': expected one of 'austen'"):
        pretrained("joyce")


class Own(nn.Module):
    def __init__(self, size, units=4, read=None, **options):
        super().__init__()
        self.cell = nn.RNN(read or size, units, **options)
        self.head = nn.Linear(units, size)


class TestFromModel:
    vocabulary = tokens.Vocabulary("abracadabra ")

    def test_a_readers_model_becomes_an_explorer(self):
        explorer = CharacterModelExplorer.from_model(Own(len(self.vocabulary)), self.vocabulary, text="abra")
        assert explorer.weights["units"] == 4
        assert explorer.weights["alphabet"][0] == "\ufffd"
        scope = {}  # a clean kernel
        exec(explorer.to_python().replace("\n\nd2lite", "\n\nexplorer = d2lite"), scope)
        assert scope["explorer"].text == "abra"
        assert scope["explorer"].weights["units"] > 4, "the pretrained model"

    def test_the_chapters_and_the_packages_models_fit(self):
        model = CharacterRNN("ab ", 6)
        assert CharacterModelExplorer.from_model(model, "ab ").weights["alphabet"] == "ab "
        assert CharacterModelExplorer.from_model(model, ["a", "b", " "]).weights["units"] == 6

    @pytest.mark.parametrize(
        ("model", "vocabulary", "message"),
        [
            (Own(3, num_layers=2), "ab ", "expected an nn.RNN of one layer"),
            (Own(3, nonlinearity="relu"), "ab ", "with tanh"),
            (Own(3, bidirectional=True), "ab ", "one direction"),
            (nn.Sequential(nn.LSTM(3, 4), nn.Linear(4, 3)), "ab ", "LSTM"),
            (nn.Sequential(nn.Linear(4, 3)), "ab ", "0 parts of the kind recurrent layer: expected one"),
            (Own(3), "abcd", "reads 3 characters and scores 3 .* expected 4"),
            (Own(3, read=5), "ab ", "reads 5 characters"),
            (Own(3, units=300), "ab ", "300 units: expected at most 256"),
            (Own(3), ["the", "a", "b"], "holds 'the': expected two or more different characters"),
            (Own(3), "aab", "distinct"),
        ],
    )
    def test_other_shapes_are_refused_in_a_sentence(self, model, vocabulary, message):
        with pytest.raises(ValueError, match=message):
            CharacterModelExplorer.from_model(model, vocabulary)


def test_explorer_without_a_model_is_the_pretrained_one():
    explorer = CharacterModelExplorer()
    assert explorer.weights == character_rnn.pretrained_payload()
    assert len(json.dumps(explorer.weights, separators=(",", ":"))) < 150_000
    assert explorer.weights["format"] == character_rnn.FORMAT
