"""Texts and numbers that were misread without a word."""

import pytest
import torch

from d2lite.language import tagging
from d2lite.language.ngrams import NgramModel
from d2lite.language.tokens import Vocabulary


def test_letters_with_accents_stay_in_their_words_however_they_are_written():
    words = ["José", "Muñoz", "met", "Zoë", "."]
    assert tagging.split_sentences("José Muñoz met Zoë.") == [words]
    assert tagging.split_sentences("Jose\u0301 Mun\u0303oz met Zoe\u0308.") == [words]


def test_typographic_quotation_marks_are_quotation_marks():
    straight = tagging.split_sentences('Emma\'s house. She said "Go." Then "Stay."')
    assert tagging.split_sentences("Emma’s house. She said “Go.” Then “Stay.”") == straight
    assert straight[0][:2] == ["Emma", "'s"]


def test_a_title_needs_no_space_after_its_stop():
    assert tagging.split_sentences("Mr.Darcy met Dr.\nGrant.") == [["Mr", "Darcy", "met", "Dr", "Grant", "."]]


def test_a_line_of_prose_that_begins_like_a_heading_is_kept():
    text = (
        "Chapter 3\n\nLydia gaped as he opened the\nvolume, and before he had read three\nchapters she left."
    )
    (sentence,) = tagging.split_sentences(text)
    assert " ".join(sentence).endswith("the volume , and before he had read three chapters she left .")
    assert "Chapter" not in sentence


@pytest.mark.parametrize(
    "call",
    [
        lambda: tagging.find_names("Mr Darcy", {"Jane"}),
        lambda: tagging.find_names(["Mr Darcy"], {"Jane"}),
        lambda: tagging.find_names([["Mr", "Darcy"]], "Jane"),
        lambda: tagging.label_names("Mr Darcy", {"Darcy"}),
        lambda: tagging.label_names(["Mr", "Darcy"], "Darcy"),
        lambda: tagging.label_names(["Mr", "Darcy"], {"Darcy"}, "Price"),
        lambda: tagging.label_names(["Mr", "Darcy"], iter(["Darcy"])),  # was used up by the first word
        lambda: tagging.label_names(["Mr", "Darcy"], {"Darcy"}, iter(["Price"])),
        lambda: tagging.label_names(iter(["Mr", "Darcy"]), {"Darcy"}),
        lambda: tagging.find_names([iter(["Mr", "Darcy"])], {"Jane"}),
        lambda: Vocabulary(["the", "cat"]).encode("the cat"),  # was all unknown
        lambda: Vocabulary(["the", "cat"]).encode([["the"]]),
    ],
)
def test_a_text_is_no_list_of_words(call):
    with pytest.raises(TypeError, match="expected"):
        call()


def test_sentences_may_come_one_by_one():
    sentences = tagging.split_sentences("Mr. Darcy came. Then Jane went, and Jane came.")
    names = tagging.find_names(sentences, {"Jane"})
    assert names == {"Darcy", "Jane"}
    assert tagging.find_names(iter(sentences), {"Jane"}) == names  # was the empty set


def test_a_text_is_a_list_of_characters():
    assert Vocabulary("abcab").encode("cab").tolist() == [3, 1, 2]
    assert Vocabulary("abcab").encode("").tolist() == []


@pytest.mark.parametrize("ids", [torch.tensor([[0, 1], [1, 0]]), [[0, 1]], 1])
def test_rows_of_tokens_are_no_text(ids):
    model = NgramModel([0, 1, 0, 1, 1], 2, 2)
    for call in (lambda: NgramModel(ids, 2, 2), lambda: model.perplexity(ids), lambda: model.sample(1, ids)):
        with pytest.raises(ValueError, match=r"ids has shape .*: expected \(N,\), one text"):
            call()


def test_a_vocabulary_that_no_table_can_number_is_told():
    with pytest.raises(ValueError, match="num_tokens is .*: expected a whole number, from 1 to"):
        NgramModel([0, 1], 2, 2**70)
