"""The embeddings explorer, driven by keyboard and mouse; NumPy on the same vectors says what it must answer."""

import pytest

from tests.widgets.traces.embeddings import answered, unit_vectors

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("embeddings").show("embeddings")


def near(host):
    return host.page.locator(".d2l-neighbour span").all_inner_texts()


def test_own_words_are_struck_out_until_the_reader_lets_them_answer(host):
    words, vectors = unit_vectors()
    question = ("king", "man", "woman")
    assert near(host) == answered(words, vectors, question, question)[0][:8]
    host.page.get_by_role("checkbox", name="allow own words").check()
    host.settle()
    assert near(host) == answered(words, vectors, question, ())[0][:8]
    assert host.get("answer") == "king"


def test_a_word_begun_is_offered_and_a_neighbour_leads_on(host):
    host.page.get_by_role("textbox", name="word", exact=True).fill("franc")
    host.settle()
    assert "Not among" in host.page.locator(".d2l-about").inner_text()
    host.page.get_by_role("button", name="france", exact=True).click()
    host.settle()
    assert host.get("word") == "france"
    first = near(host)[0]
    host.page.locator(".d2l-neighbour").first.press("Enter")
    host.settle()
    assert (host.get("word"), host.get("minus"), host.get("plus")) == (first, "", "")
    assert first not in near(host)


def test_an_axis_of_one_word_is_named(host):
    host.page.get_by_role("textbox", name="axis up", exact=True).fill("small")
    host.settle()
    assert "Axis up: two words are needed" in host.page.locator(".d2l-about").inner_text()
