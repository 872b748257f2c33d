"""Social cards and the gallery."""

import json
import sys
from pathlib import Path

import pytest
from docutils import nodes

from d2lite import widgets

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

from d2lite_book import (  # noqa: E402
    cards,
    contents,
    gallery,
)

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 420"><rect width="760" height="420" fill="{}"/></svg>'


FINDING = " ".join(["An unforgettable finding of forty words"] * 7)


def test_a_card_is_drawn_once_for_what_it_shows(tmp_path):
    shown = ["chapters/x", "Logistic regression", "Linear models", FINDING, SVG.format("red")]
    name = cards.card(tmp_path, *shown)
    before = (tmp_path / name).stat().st_mtime_ns
    assert cards.card(tmp_path, *shown) == name
    assert (tmp_path / name).stat().st_mtime_ns == before
    for place, other in enumerate(("A title", "A part", "A finding.", SVG.format("blue")), 1):
        assert cards.card(tmp_path, *shown[:place], other, *shown[place + 1 :]) != name
    assert len(list((tmp_path / name).parent.iterdir())) == 1, "old cards of the page are removed"


def test_a_card_shows_the_pages_picture_beside_its_words():
    image = cards.draw("Title", "", FINDING, SVG.format("#ff0000"))
    assert image.size == (1200, 630)
    red = [image.getpixel((x, 315)) == (255, 0, 0) for x in range(1200)]
    assert not any(red[:620]) and sum(red) > 450
    assert image.tobytes() != cards.draw("Title", "", "Another finding.", SVG.format("#ff0000")).tobytes()
    plain = cards.draw("Title", "")
    assert (255, 0, 0) not in {colour for _, colour in plain.getcolors(2**20)}


def test_letters_of_a_cards_picture_are_drawn_without_fonts_of_the_system():
    size = 'xmlns="http://www.w3.org/2000/svg" width="200pt" height="50pt"'
    text = f'<svg {size}><text y="40" font-family="{{}}">Mm</text></svg>'
    for family in ("system-ui, sans-serif", "Literata, serif"):
        assert cards.rasterise(text.format(family), 400, 100).getbbox(), family


@pytest.mark.parametrize("words", [1, 8, 20, 40, 400])
def test_a_finding_of_any_length_stays_within_its_card(words):
    text = " ".join(["unforgettable"] * words)
    lines, font, step = cards._fit(text, (36, 33, 30, 27, 24), 520, 300)
    assert len(lines) * step <= 300
    assert max(map(font.getlength, lines)) <= 520
    assert (" ".join(lines) == text) == (words <= 20)


def test_a_card_has_at_most_its_weight():
    image = cards.draw("Title", "Part", FINDING)
    image.paste(cards.Image.effect_noise((528, 300), 90), (632, 160))  # worse than any photo
    assert len(cards.compressed(image)) <= cards.MOST_BYTES
    assert len(cards.compressed(cards.draw("Title", "Part"))) < 40_000


def test_the_gallery_is_in_the_order_of_the_parts_and_chapters():
    def explorer(name, chapter):
        return type(name, (), {"__doc__": f"A thing.\n\nTaught in {chapter}." if chapter else "A question."})

    a, b, c = (
        explorer("A", "chapters/z/one"),
        explorer("B", "chapters/y/two"),
        explorer("C", "chapters/x/none"),
    )
    parts = [("Z", ["chapters/z/one"]), ("Empty", ["chapters/e/none"]), ("Y", ["chapters/y/two"])]
    found = gallery.by_part([explorer("Asked", ""), c, b, a], parts)
    assert found == {"Z": [(a, "chapters/z/one")], "Y": [(b, "chapters/y/two")], gallery.LATER: [(c, None)]}
    assert list(found) == ["Z", "Y", gallery.LATER]


def test_a_page_has_its_number_before_its_title():
    assert contents.numbered_title(nodes.title("", "T", secnumber=[4])) == "4. T"
    assert contents.numbered_title(nodes.title("", "T")) == "T"


def test_a_card_leads_to_the_first_explorer_of_its_class(tmp_path):
    def anchor(*sources):
        cells = [{"cell_type": "code", "source": [source]} for source in sources]
        (tmp_path / "one.ipynb").write_text(json.dumps({"cells": cells}))
        return gallery.anchor_in(tmp_path / "one.ipynb", widgets.explorer_class("descent"))

    assert anchor("DescentExplorer()") == "d2l-descent"
    assert anchor('DescentExplorer(start=(1, 2), key="edge")', 'DescentExplorer(key="far")') == "d2l-edge"
    assert anchor('DescentExplorer(key="edge")', "DescentExplorer(lr=0.1)") == "d2l-descent"
    assert anchor("print(1)") == "d2l-descent"
