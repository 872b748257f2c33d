"""Tokens, vocabularies and windows against scikit-learn and plain loops."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from d2lite.language import batching
from d2lite.language.batching import window_starts, windows
from d2lite.language.tokens import Vocabulary, tokenize

SENTENCE = "It's a truth -- a _universal_ truth -- that she didn't.\nSo!"


def test_characters_join_to_the_text_again():
    assert "".join(tokenize(SENTENCE)) == SENTENCE


def test_words_keep_apostrophes_and_punctuation():
    words = "it's a truth - - a _ universal _ truth - - that she didn't . so !"
    assert " ".join(tokenize(SENTENCE, "word")) == words


def test_tokenize_names_what_is_wrong():
    with pytest.raises(ValueError, match="did you mean 'word'"):
        tokenize("a", "words")
    with pytest.raises(TypeError, match="text is of type bytes: expected a string"):
        tokenize(b"a")


def test_counts_agree_with_scikit_learn():
    vectorizer = CountVectorizer(tokenizer=lambda value: tokenize(value, "word"), token_pattern=None)
    totals = vectorizer.fit_transform([SENTENCE]).toarray()[0]
    vocabulary = Vocabulary(tokenize(SENTENCE, "word"))
    assert dict(zip(vocabulary.tokens[1:], vocabulary.counts[1:], strict=True)) == {
        word: totals[column] for word, column in vectorizer.vocabulary_.items()
    }


def test_vocabulary_round_trip_and_order():
    vocabulary = Vocabulary("abracadabra")
    assert vocabulary.tokens == ["<unk>", "a", "b", "r", "c", "d"]
    assert vocabulary.counts == [0, 5, 2, 2, 1, 1]
    ids = vocabulary.encode("cabx")
    assert ids.dtype == torch.long and ids.tolist() == [4, 1, 2, 0]
    assert vocabulary.decode(ids) == ["c", "a", "b", "<unk>"]
    assert "a" in vocabulary and "x" not in vocabulary and len(vocabulary) == 6
    assert "6 tokens" in repr(vocabulary)


def test_rare_tokens_become_unknown_and_are_counted_as_such():
    assert Vocabulary("abracadabra", min_count=2).tokens == ["<unk>", "a", "b", "r"]
    small = Vocabulary("abracadabra", max_size=3)
    assert (small.tokens, small.counts) == (["<unk>", "a", "b"], [4, 5, 2])


def test_vocabulary_names_what_is_wrong():
    with pytest.raises(ValueError, match="tokens is empty"):
        Vocabulary([])
    with pytest.raises(ValueError, match="min_count is 0"):
        Vocabulary("ab", min_count=0)
    with pytest.raises(ValueError, match="ids is from 0 to 9: expected 0 to 2"):
        Vocabulary("ab").decode([0, 9])


@pytest.mark.parametrize(
    ("length", "steps", "batch", "horizon"), [(50, 4, 3, 1), (101, 7, 5, 3), (9, 2, 2, 1)]
)
def test_sequential_rows_go_on_where_they_stopped(length, steps, batch, horizon):
    batches = list(windows(torch.arange(length), steps, batch, order="sequential", horizon=horizon))
    inputs = torch.cat([x for x, _ in batches], dim=1)
    assert torch.equal(inputs.diff(dim=1), torch.ones(batch, inputs.shape[1] - 1, dtype=torch.long))
    assert inputs.unique().numel() == inputs.numel()
    assert length - horizon - inputs.numel() < batch * steps, "only what fills no batch is left out"
    for x, y in batches:
        assert x.shape == (batch, steps) and torch.equal(y, x + horizon)


@pytest.mark.parametrize("stride", [None, 1, 3, 11])
@pytest.mark.parametrize("seed", [None, 0, 5])
def test_random_windows_are_the_plain_ones_in_another_order(stride, seed):
    sequence, steps, horizon = torch.arange(100), 6, 2
    step = stride or steps
    batches = list(windows(sequence, steps, 4, horizon=horizon, stride=stride, seed=seed))
    starts = sorted(row[0].item() for x, _ in batches for row in x)
    offset = starts[0] % step if seed is not None else 0
    plain = [s for s in range(offset, 100, step) if s + steps - 1 + horizon < 100]
    assert set(starts) <= set(plain) and len(starts) == len(plain) // 4 * 4
    for x, y in batches:
        assert torch.equal(x, x[:, :1] + torch.arange(steps)) and torch.equal(y, x + horizon)


def test_every_offset_comes_and_every_seed_has_its_order():
    firsts = {window_starts(99, 5, 2, order="sequential", seed=seed)[0, 0] for seed in range(40)}
    assert firsts == set(range(5))
    assert (window_starts(99, 5, 2, seed=1) == window_starts(99, 5, 2, seed=1)).all()
    orders = {tuple(window_starts(99, 5, 2, seed=seed).ravel() // 5) for seed in range(10)}
    assert len(orders) == 10


def test_windows_of_a_series_with_several_columns():
    series = torch.stack([torch.arange(20.0), -torch.arange(20.0)], dim=1)
    x, y = next(windows(series, 3, 2, order="sequential", horizon=2))
    assert x.shape == y.shape == (2, 3, 2)
    assert torch.equal(y, x + torch.tensor([2.0, -2.0]))


@pytest.mark.parametrize("order", batching.ORDERS)
def test_the_shortest_sequence_that_gives_a_batch(order):
    for steps, batch, horizon in itertools.product((1, 4), (1, 3), (1, 2)):
        shortest = steps * batch + horizon
        assert window_starts(shortest, steps, batch, order=order, horizon=horizon).shape == (1, batch)
        with pytest.raises(ValueError, match=f"length is {shortest - 1}: expected at least {shortest}"):
            window_starts(shortest - 1, steps, batch, order=order, horizon=horizon)


def test_windows_name_what_is_wrong():
    with pytest.raises(
        ValueError, match="stride is 2: expected num_steps, 5, in sequential order.*leave stride out"
    ):
        window_starts(100, 5, 2, order="sequential", stride=2)
    with pytest.raises(ValueError, match="num_steps is 0"):
        window_starts(100, 0, 2)
    with pytest.raises(ValueError, match="horizon is 1.5"):
        window_starts(100, 3, 2, horizon=1.5)
    with pytest.raises(ValueError, match="did you mean 'random'"):
        window_starts(100, 3, 2, order="rando")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("यह हिन्दी है।", ["यह", "हिन्दी", "है", "।"]),
        ("ภาษาไทย ดี", ["ภาษาไทย", "ดี"]),
        ("e\u0301te\u0301, nai\u0308ve", ["e\u0301te\u0301", ",", "nai\u0308ve"]),
        ("İstanbul", ["i\u0307stanbul"]),  # lower case of one letter are two characters
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("שָׁלוֹם עולם", ["שָׁלוֹם", "עולם"]),
        ("l’été d'où", ["l’été", "d'où"]),
        ("__init__ a_b", ["_", "_", "init", "_", "_", "a", "_", "b"]),
        ("I ❤\ufe0f 👩\u200d👧🕵🏿!", ["i", "❤\ufe0f", "👩\u200d👧", "🕵🏿", "!"]),
        ("\u0301a x^2 ½", ["\u0301", "a", "x", "^", "2", "½"]),
        ("a\r\nb\tc\u00a0d", ["a", "b", "c", "d"]),
        ("", []),
        (" \n", []),
    ],
)
def test_words_of_every_script_are_whole_and_every_mark_is_kept(text, words):
    assert tokenize(text, "word") == words


@given(st.text())
def test_nothing_but_white_space_is_lost(text):
    assert (
        "".join(tokenize(text, "word"))
        == "".join(text.lower().split())
        == "".join(tokenize("".join(text.lower().split()), "word"))
    )


def test_decode_takes_whole_numbers_of_any_kind():
    vocabulary = Vocabulary("abracadabra")
    for ids in (
        [1, 2],
        np.array([1, 2], dtype=np.uint8),
        np.array([1.0, 2.0]),
        torch.tensor([[1], [2]], dtype=torch.int32),
    ):
        assert vocabulary.decode(ids) == ["a", "b"]
    assert vocabulary.decode([]) == [] and vocabulary.decode(np.int64(3)) == ["r"]
    assert vocabulary.encode([]).shape == (0,)
    with pytest.raises(ValueError, match="ids holds 0.5: expected whole numbers"):
        vocabulary.decode([0.5])
    assert len(Vocabulary("abc", min_count=np.int64(1), max_size=np.int32(2))) == 2


@pytest.mark.parametrize("tokens", [[["a", "b"], ["c"]], b"abc", [1, 2], ["a", None]])
def test_tokens_are_strings(tokens):
    with pytest.raises(TypeError, match="tokens has one of type .*: expected strings"):
        Vocabulary(tokens)


def test_windows_of_any_sequence_and_numpy_numbers():
    expected = next(windows(torch.arange(20), 3, 2))
    stored = np.arange(20, dtype=np.uint16)
    stored.flags.writeable = False
    for sequence in (list(range(20)), np.arange(20), stored, np.arange(20)[::-1][::-1]):
        got = next(
            windows(sequence, np.int64(3), np.int32(2), horizon=np.int64(1), stride=np.array(3), seed=None)
        )
        assert got[0].tolist() == expected[0].tolist() and got[1].tolist() == expected[1].tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: windows(torch.arange(20), 0, 2), "num_steps is 0: expected a whole number, 1 or more"),
        (lambda: windows("a text", 2, 1), "sequence is 'a text': expected a tensor"),
        (lambda: windows(torch.tensor(3.0), 2, 1), r"sequence has shape \(\): expected \(N,\) or \(N, D\)"),
        (lambda: windows([], 2, 1), "length is 0: expected at least 3"),
        (lambda: window_starts(9.0, 2, 1), "length is 9.0: expected a whole number, 0 or more"),
        (lambda: window_starts(9, True, 1), "num_steps is True: expected a whole number"),
        (lambda: window_starts(9, 2, 1, seed=1.5), "seed is 1.5: expected a whole number"),
    ],
)
def test_windows_say_at_the_call_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()
