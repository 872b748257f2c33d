"""What spares browsers layout: code without needless elements."""

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

from d2lite_book import code  # noqa: E402


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
