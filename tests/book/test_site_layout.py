"""What spares browsers layout: the guessed heights of sections, and code without needless elements."""

import re
import sys
from pathlib import Path

import pytest
import yaml
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.styles import get_style_by_name
from pygments.token import Text

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from d2lite_book import code, sections  # noqa: E402


def test_heights_are_guessed_for_the_sections_of_a_page_alone():
    inner = "<section><h3>B</h3><p>" + "x " * 500 + "</p></section>"
    one = f'<section id="one"><h2>A</h2>{inner}</section>'
    body = f'<section id="page"><h1>A</h1>{one}<section id="two"></section></section>'
    marked = sections.add_heights(body)
    assert re.sub(r' style="[^"]*"', "", marked) == body
    guesses = dict(re.findall(r'<section style="--d2l-height:(\d+)px" id="(\w+)"', marked))
    assert list(guesses.values()) == ["one", "two"]
    assert sections.add_heights("<p>no section</p>") == "<p>no section</p>"


def test_what_does_not_show_adds_no_height():
    shown = "<p>some words</p>"
    fold = '<details class="x"><summary>Solution</summary>' + "<pre>1\n2\n3</pre>" * 50 + "</details>"
    assert sections.height(shown + fold) == sections.height(shown)
    assert (
        sections.height(shown + fold.replace("<details", '<details open="open"'))
        > sections.height(shown) + 2000
    )
    formula = '<span class="katex-mathml"><math>' + "y" * 900 + "</math></span>"
    assert sections.height(shown + formula) == sections.height(shown)
    wide = '<img width="1696" height="400">'
    assert sections.height(wide) == sections.height('<img width="848" height="200">')


def test_code_keeps_its_text_and_loses_only_plain_elements():
    source = 'import torch\n\n\ndef f(x, *, y=2):  # why\n    return f"{x + y:.1f}", torch.exp(x) < 3\n'
    as_usual = highlight(source, PythonLexer(), HtmlFormatter())
    ours = highlight(source, PythonLexer(), code.PlainNamesFormatter())
    assert ours == re.sub(r'<span class="(?:n|p|w)">(.*?)</span>', r"\1", as_usual)
    assert ours.count("<span") < as_usual.count("<span") - 10


@pytest.mark.parametrize("style", ["a11y-high-contrast-light", "a11y-high-contrast-dark"])
def test_code_that_has_no_element_has_the_colour_of_text(style):
    book = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"][
        "html_theme_options"
    ]
    assert style in (book["pygments_light_style"], book["pygments_dark_style"])
    look = get_style_by_name(style).style_for_token
    assert {str(look(kind)) for kind in code.PLAIN} == {str(look(Text))}
