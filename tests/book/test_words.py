"""Words that act: links of the text that set an explorer of their page, checked when the book is built."""

import sys
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from d2lite_book.words import connect, describe  # noqa: E402

from d2lite.widgets import explorer_class  # noqa: E402

SPECS = {"d2l-gates": explorer_class("gates").spec(), "d2l-slow": explorer_class("descent").spec()}


def page(*addresses):
    """A page with the explorers "gates" and "slow", and these links between them."""
    links = "".join(
        f'<a class="reference d2l-acts internal" href="{address}">words</a>' for address in addresses
    )
    return f'<p id="d2l-gates"></p>{links}<p id="d2l-slow"></p>'


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("#d2l-gates?forget_gate=closed", "sets forget gate to closed in the explorer above"),
        (
            "#d2l-gates?forget_gate=closed&amp;input_bias=-2&amp;step=3",
            "sets forget gate to closed, input bias + to −2 and step to 3 in the explorer above",
        ),
        (
            "#d2l-slow?lr=0.1&amp;basins=true",
            "sets learning rate η to 0.1 and basins on in the explorer below",
        ),
        ("#d2l-slow?angle=45", "sets turned by 45° in the explorer below"),
        ("#d2l-slow?start=", "sets start to none of your own in the explorer below"),
    ],
)
def test_a_link_says_what_it_sets_and_where(address, title):
    html = describe(page(address), SPECS, "chapters/lstm")
    assert f'href="{address}" role="button" aria-pressed="false" title="{title}">words</a>' in html


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("#d2l-gate?forget_gate=closed", r"expected an explorer of this page \(#d2l-gates, #d2l-slow\)"),
        ("#d2l-gates?forget=closed", "sets “forget”, which is not known here"),
        ("#d2l-gates?forget_gate=shut", "cannot be “shut”: it is one of learned, open, closed"),
        ("#d2l-slow?lr=100", r"cannot be 100: 10 is used"),
        ("#d2l-slow?position=1,2", "sets “position”, which is not known here"),  # a result
        ("#d2l-slow?", "expected traits to set, and nothing else"),
        ("#d2l-slow?lr=1&amp;hide=angle", "expected traits to set, and nothing else"),
    ],
)
def test_a_link_that_cannot_be_followed_fails_the_build(address, said):
    with pytest.raises(ExtensionError, match=f"^chapters/lstm: a link is to #d2l-.*{said}"):
        describe(page(address), SPECS, "chapters/lstm")


def test_other_links_stay_as_they_are():
    html = '<a class="reference internal" href="#d2l-gates">to it</a><a class="reference external" href="x.html">x</a>'
    assert describe(html, SPECS, "chapters/lstm") == html


def test_sphinx_keeps_them_and_looks_for_no_heading(tmp_path):
    text = "# Title\n\n[shut it](#d2l-gates?forget_gate=closed&step=3) and [back](#title)\n"
    (tmp_path / "index.md").write_text(text, encoding="utf-8")
    settings = {"extensions": ["myst_parser"], "myst_heading_anchors": 1}
    folders = [tmp_path, None, tmp_path / "out", tmp_path / "trees"]
    app = Sphinx(*folders, "html", settings, status=None, freshenv=True, warningiserror=True)
    connect(app)
    app.build()
    html = describe((tmp_path / "out" / "index.html").read_text(encoding="utf-8"), SPECS, "index")
    assert 'href="#d2l-gates?forget_gate=closed&amp;step=3" role="button"' in html
    assert '<a class="reference internal" href="#title">' in html
