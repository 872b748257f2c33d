"""Sentences, names and labels, on sentences made by hand and on Austen's novels."""

import pytest

from d2lite.language import tagging


def test_sentences_end_at_their_marks_and_not_at_titles():
    text = (
        "Chapter 1\n\n\"Mr. E. Ferrars called,\" said Mrs. Dash-Wood; _she_ saw Anne's aunt.\n\nIt wasn't I!"
    )
    assert tagging.split_sentences(text) == [
        ['"', "Mr", "E", ".", "Ferrars", "called", ",", '"', "said", "Mrs", "Dash-Wood", ";"],
        ["she", "saw", "Anne", "'s", "aunt", "."],
        ["It", "wasn't", "I", "!"],
    ]


def test_a_closing_mark_goes_to_what_was_said():
    assert tagging.split_sentences('"Go!" he said.') == [['"', "Go", "!", '"'], ["he", "said", "."]]


def test_quotation_marks_stand_where_the_docstring_says():
    """By the sentence before them alone: the networks that ship know sentences cut so."""
    for text, expected in (
        ('"Go! Run!" "Why?"', ['" Go !', "Run !", '" " Why ?', '"']),
        ('"Go.\n\n"Run."', ['" Go . "', "Run .", '"']),
        ('"Go!" "Run!"', ['" Go ! "', '" Run ! "']),
    ):
        assert [" ".join(words) for words in tagging.split_sentences(text)] == expected


def test_no_text_has_no_sentences():
    assert tagging.split_sentences("") == []
    with pytest.raises(TypeError, match="text is of type bytes"):
        tagging.split_sentences(b"no")


def names_in(text, first_names=frozenset()):
    return tagging.find_names(tagging.split_sentences(text), set(first_names))


def test_titles_census_and_what_follows_make_names():
    assert names_in("Miss Price met Sir Walter. He saw Lord Byron.") == {"Price", "Walter", "Byron"}
    assert names_in("then Anne came, and Anne left", {"Anne"}) == {"Anne"}
    assert names_in("Then Anne came", {"Anne"}) == set()  # once is too little
    assert names_in("Mrs. Anne Elliot came, and Miss de Bourgh") == {"Anne", "Elliot", "Bourgh"}
    assert names_in("in May, in April, in May", {"May", "April"}) == set()  # struck off


def test_labels_need_a_capital_and_a_title_where_all_have_one():
    names, also_words = {"Price", "Anne", "Weston"}, {"Price"}

    def tagged(text):
        (sentence,) = tagging.split_sentences(text)
        labels = tagging.label_names(sentence, names, also_words)
        return [word for word, label in zip(sentence, labels, strict=True) if label]

    assert tagged("the price that Miss Price paid to the Westons") == ["Price", "Westons"]
    assert tagged("Price is high") == []
    assert tagged("Anne is in Weston Street") == ["Anne"]
    assert tagging.label_names([], names) == []


def test_austens_six_novels_and_their_persons():
    novels = tagging.austen_names()
    assert list(novels) == [
        "Sense and Sensibility", "Pride and Prejudice", "Mansfield Park", "Emma", "Northanger Abbey", "Persuasion",
    ]  # fmt: skip
    for title, (sentences, labels) in novels.items():
        assert [len(words) for words in sentences] == [len(tags) for tags in labels], title
        assert 1500 < sum(map(sum, labels)) < 6000, title
    people = {
        word
        for sentence, labels in zip(*novels["Persuasion"], strict=True)
        for word, is_name in zip(sentence, labels, strict=True)
        if is_name
    }
    assert {"Anne", "Wentworth", "Russell", "Walter", "Musgroves", "Benwick"} <= people
    assert not {"Bath", "Lyme", "Kellynch", "Sir", "Captain", "Mr", "The", "God"} & people
