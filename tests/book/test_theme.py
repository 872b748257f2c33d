"""The theme: colours that can be read in both modes, fonts within their weight, nothing from elsewhere."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "book" / "_static"
STYLE = (STATIC / "d2lite.css").read_text(encoding="utf-8")
# What explorers may read.
CONTRACT = {"bg", "surface", "text", "muted", "line", "accent", "a", "b", "good", "bad", "font", "mono"}


def variables(theme):
    """Return the --d2l-* variables of a colour mode, with those of both modes, by name."""
    blocks = re.findall(r"([^{}]*)\{([^{}]*)\}", STYLE.split("@media")[0])
    own = [
        body
        for selector, body in blocks
        if f'[data-theme="{theme}"]' in selector or selector.strip() == "html"
    ]
    return dict(re.findall(r"--d2l-([\w-]+):\s*([^;]+);", "".join(own)))


def luminance(colour):
    """Return the relative luminance of WCAG 2.2 of a colour #rrggbb."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Return the contrast ratio of two colours, from 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_contrast_has_the_values_everyone_knows():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "dark"])
class TestBothModes:
    def test_explorers_find_every_variable(self, theme):
        assert not CONTRACT - set(variables(theme))

    @pytest.mark.parametrize("name", ["text", "muted", "accent", "a", "b", "good", "bad"])
    def test_text_reaches_aa(self, theme, name):
        colours = variables(theme)
        for ground in ("bg", "surface"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)

    def test_text_on_the_accent_reaches_aa(self, theme):
        colours = variables(theme)
        assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
        assert contrast(colours["text"], colours["accent-soft"]) >= 4.5
        assert contrast(colours["accent"], colours["accent-soft"]) >= 4.5

    def test_text_of_figures_is_that_of_captions(self, theme):
        sys.path.insert(0, str(STATIC.parent / "_ext"))
        from d2lite_book.images import INKS

        assert INKS[theme] == variables(theme)["muted"]

    def test_borders_of_controls_are_seen(self, theme):
        colours = variables(theme)
        assert contrast(colours["control"], colours["bg"]) >= 3


def test_nothing_comes_from_elsewhere():
    assert not re.search(r"https?:|@import|//[a-z]", re.sub(r"/\*.*?\*/", "", STYLE, flags=re.S))
    for address in re.findall(r'url\("([^"]+)"\)', STYLE):
        assert (STATIC / address).is_file(), address


def test_fonts_stay_within_their_weight_and_keep_their_licence():
    fonts = list((STATIC / "fonts").glob("*.woff2"))
    assert fonts
    assert sum(path.stat().st_size for path in fonts) <= 60_000
    assert all(path.read_bytes()[:4] == b"wOF2" for path in fonts)
    assert "SIL Open Font License" in (STATIC / "fonts" / "OFL.txt").read_text(encoding="utf-8")


def test_motion_can_be_turned_off_and_focus_is_drawn():
    assert "prefers-reduced-motion: reduce" in STYLE
    assert re.search(r":focus-visible \{ outline: 3px", STYLE)
    assert not re.search(r"outline:\s*(none|0)\b", STYLE)


@pytest.mark.parametrize("name", ["logo.svg", "favicon.svg"])
def test_marks_are_small_plain_pictures(name):
    text = (STATIC / name).read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    assert root.get("viewBox")
    assert len(text) < 2000
    assert not re.search(r"<script|href|<text|url\((?!#)", text)


BOTH = {"d2l-explorer-frame", "d2l-offscreen"}  # where an explorer stands; the same words in both sheets


def test_the_pages_set_no_class_of_the_explorers():
    """A rule of the book's sheets that begins with a class which explorers use would set it in every one of them."""
    pages = set()
    for sheet in STATIC.glob("*.css"):
        bare = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.S)
        for selector in re.findall(r"([^{}]+)\{", bare):
            pages |= set(re.findall(r"(?:^|,)\s*\.(d2l-[\w-]+)", selector))
    widgets = STATIC.parents[1] / "d2lite" / "widgets"
    files = [
        path for kind in ("js", "css") for path in widgets.glob(f"*/*.{kind}") if path.parent.name != "_built"
    ]
    used = set().union(*(re.findall(r"(?<![\w-])d2l-[a-z][\w-]*", path.read_text("utf-8")) for path in files))
    assert len(pages) > 20 and len(used) > 100
    assert pages & used <= BOTH
