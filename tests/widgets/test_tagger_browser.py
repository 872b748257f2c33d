"""The tagger explorer, typed in and stepped through; torch's LSTM says what it must show."""

import re
from decimal import Decimal

import pytest

from .traces.tagger import read, words_of

pytestmark = pytest.mark.browser
OPENING = "they talked of zork and pudding. they talked of quince's brother."


@pytest.fixture
def host(make_host):
    return make_host().open("tagger").show("tagger")


def names_by_torch(name, text):
    words, _ = words_of(text)
    return [word for word, score in zip(words, read(name, text)["scores"], strict=True) if score > 0]


def says(host, names):
    return f"Names found: {', '.join(names) or 'none'}."


def readout(host):
    return host.page.locator(".d2l-readout").inner_text()


def test_it_opens_on_a_name_that_only_both_ways_finds(host):
    assert host.get("text") == OPENING
    assert names_by_torch("both", OPENING) == ["quince"]
    assert says(host, ["quince"]) in readout(host)
    host.page.get_by_role("radio", name="one way").check()
    host.settle()
    assert names_by_torch("one", OPENING) == []
    assert says(host, []) in readout(host)
    assert "from the right" not in readout(host)


def test_the_next_word_takes_a_tag_back(host):
    host.set("words", 4)
    host.settle()
    assert says(host, ["zork"]) in readout(host)
    host.page.get_by_role("button", name="Step", exact=True).click()
    host.settle()
    assert host.get("words") == 5
    assert f"{says(host, [])} The last word read has changed: zork." in readout(host)


def test_what_is_typed_is_tagged_as_torch_does(host):
    text = "yesterday blenkinsop said that the groffle was broken"
    host.page.get_by_role("textbox").first.fill(text)
    host.settle()
    assert says(host, names_by_torch("both", text)) in readout(host)


def test_no_words_are_no_fault(host):
    host.page.get_by_role("textbox").first.fill("")
    host.settle()
    assert "Type a few words." in readout(host)
    assert says(host, []) in readout(host)


def test_the_sum_on_the_page_is_that_of_its_parts(host):
    for place in range(12):
        host.set("place", place)
        host.settle()
        sum_ = re.search(
            r"start (\S+) (.) (\S+) from the left (.) (\S+) from the right = (\S+)\. ", readout(host)
        )
        start, a, left, b, right, total = (part.replace("−", "-") for part in sum_.groups())
        parts = [Decimal(part) for part in (start, a + left, b + right)]
        assert sum(parts) == Decimal(total)
