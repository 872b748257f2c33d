"""The book's Sphinx extension, module by module; the build is in test_builds, built pages are in tests/browser."""

import importlib.metadata
import importlib.util
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document
from fontTools.ttLib import TTFont
from nbformat import NotebookNode
from sphinx import addnodes
from sphinx.errors import SphinxError

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

import d2lite_book  # noqa: E402
from d2lite_book import (  # noqa: E402
    assets,
    execution,
    findings,
    folds,
    fonts,
    images,
    keep,
    mathematics,
    metadata,
    nodejs,
    repairs,
    search,
    shell,
    short_paths,
)

OPTIONS = {
    "repository_url": "https://github.com/d2lite/d2lite",
    "repository_branch": "main",
    "launch_buttons": {"colab_url": "https://colab.example", "jupyterhub_url": ""},
}


# ----- What a cell printed -----


def test_a_line_sent_in_two_pieces_stays_one_line():
    pieces = ["a:", " 17.5\n", "\n", "  b\n"]
    outputs = [NotebookNode(output_type="stream", name="stdout", text=piece) for piece in pieces]
    figure = NotebookNode(output_type="display_data", data={}, metadata={})
    merged = execution.whole_streams([*outputs[:2], figure, *outputs[2:]])
    assert [output.get("text") for output in merged] == ["a: 17.5\n\n  b\n", None]
    assert outputs[0]["text"] == "a:", "what was given is left as it was"


# ----- Mathematics -----


@pytest.fixture
def katex():
    nodejs.put_node_on_path()
    yield mathematics.render
    mathematics._stop(None, None)


def test_formulas_come_with_mathml(katex):
    html = katex(r"\frac{1}{2}")
    assert "<math" in html
    assert 'class="katex-html" aria-hidden="true"' in html
    assert "katex-display" in katex("x", True)
    assert katex("(N,)") == katex("(N{,})"), "no space after the comma of a tuple of one"
    assert "mspace" in katex(r"(N\,)"), "a space that is written stays one"


def together(*children):
    """Return the children of a paragraph after the transform, as text."""
    tree = document(nodes.paragraph("", "", *children))
    mathematics.KeepTogether.run(SimpleNamespace(document=tree))
    return [child.astext() for child in next(tree.findall(nodes.paragraph)).children]


def test_no_line_begins_with_the_comma_of_a_formula():
    text, math = nodes.Text, lambda: nodes.math("", "x")
    assert together(text("so ("), math(), text("), and")) == ["so ", "(x),", " and"]
    assert together(math(), text(", "), math(), text(".")) == ["x,", " ", "x.", ""]
    assert together(math(), text(" and")) == ["x", " and"]
    assert together(nodes.strong("", "a"), math()) == ["a", "x"]


def test_no_line_breaks_within_a_size():
    tree = document(
        nodes.paragraph("", "", nodes.Text("3 × 3 × 8, 2 ± 1, slope × pixel "), nodes.literal("", "3 × 3"))
    )
    mathematics.HoldSizes.run(SimpleNamespace(document=tree))
    held, code = next(tree.findall(nodes.paragraph)).children
    assert held == "3\u00a0×\u00a03\u00a0×\u00a08, 2\u00a0±\u00a01, slope × pixel "
    assert code.astext() == "3 × 3"


def test_a_formula_that_cannot_be_read_is_an_error_not_red_text(katex):
    with pytest.raises(ValueError, match="Undefined control sequence"):
        katex(r"\nosuchcommand{x}")
    assert "katex" in katex("x")  # and the next one is rendered


# ----- Page weight -----


def test_purge_keeps_what_can_match_and_drops_the_rest():
    css = """
    @import "x.css";
    @font-face { font-family: "Font Awesome 6 Free"; src: url(a.woff2) }
    @font-face { font-family: Literata; src: url(b.woff2) }
    .used, .unused { color: red }
    .unused > p { color: blue }
    p:not(.unused) .used { color: green }
    a[href$=".unused"] { color: grey }
    @media print { .unused { color: black } }
    @media (max-width: 10px) { .used { color: black } }
    """
    kept = assets.purge(css, {"used"})
    assert "Literata" in kept
    assert "Awesome" not in kept
    assert "import" not in kept
    assert ".used{color: red}" in kept
    assert "blue" not in kept
    assert "p:not(.unused) .used" in kept
    assert 'a[href$=".unused"]' in kept
    assert "print" not in kept
    assert "max-width" in kept


def test_purge_keeps_what_our_scripts_may_set():
    assert assets.purge("a.d2l-read::after { color: red }", set()) == "a.d2l-read::after{color: red}"


def test_words_of_a_page_leave_out_icon_fonts():
    html = '<i class="fa-solid fa-bars btn"></i><p id="top" class="far-away">'
    assert assets.words_of_page(html) == {"btn", "top", "far-away"}


def test_joined_style_sheets_point_to_the_same_files(tmp_path):
    (tmp_path / "katex").mkdir()
    (tmp_path / "katex" / "katex.css").write_text('a { src: url("fonts/x.woff2"), url(data:abc), url(#id) }')
    text = assets._read_style(tmp_path, "katex/*.css")
    assert "url(katex/fonts/x.woff2)" in text
    assert "url(data:abc)" in text
    assert "url(#id)" in text


def test_a_cut_font_keeps_the_characters_it_is_asked_for(tmp_path):
    source = ROOT / "book" / "_static" / "katex" / "fonts" / "KaTeX_Main-Regular.woff2"
    fonts.cut(source, tmp_path / "cut.woff2", "σp=1")
    kept = set(TTFont(tmp_path / "cut.woff2").getBestCmap())
    assert set(map(ord, "p=1")) <= kept
    assert ord("q") not in kept
    assert (tmp_path / "cut.woff2").stat().st_size < source.stat().st_size / 4


def test_fonts_are_cut_once_for_the_same_characters(tmp_path, monkeypatch):
    source = ROOT / "book" / "_static" / "katex" / "fonts" / "KaTeX_Size3-Regular.woff2"
    calls = []
    monkeypatch.setattr(
        fonts, "cut", lambda source, target, text: calls.append(text) or shutil.copy(source, target)
    )

    def run(text):
        (tmp_path / "fonts").mkdir()
        shutil.copy(source, tmp_path / "fonts")
        return fonts.cut_all(tmp_path / "fonts", tmp_path / "cache", text)

    first = run("ab")
    assert run("ab") == first
    assert calls == ["ab"]
    assert run("abc") != first
    assert not (tmp_path / "fonts").exists()


def test_chinese_characters_cut_no_font_anew():
    assert fonts.characters(["<p>σ 过拟合，é</p>"]) == " éσ"


def test_unequal_keeps_its_stroke_in_the_cut_font(katex, tmp_path):
    source = ROOT / "book" / "_static" / "katex" / "fonts" / "KaTeX_Main-Regular.woff2"
    fonts.cut(source, tmp_path / "cut.woff2", fonts.characters([katex(r"j \ne k")]))
    stroke = 0xE020  # KaTeX's own letter, in the private range: without it, j = k
    assert stroke in TTFont(tmp_path / "cut.woff2").getBestCmap()


def test_results_are_kept_for_one_key(tmp_path):
    calls = []
    make = lambda path: path.mkdir() or calls.append(path)
    first = keep.keep(tmp_path / "kept", "a", make)
    assert keep.keep(tmp_path / "kept", b"a", make) == first
    assert len(calls) == 1
    second = keep.keep(tmp_path / "kept", "b", make)
    assert [second] == list((tmp_path / "kept").iterdir())


def test_a_style_sheet_is_purged_once_for_the_same_words(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(assets, "purge", lambda css, words: calls.append(words) or "a{b:c}")
    for words in ({"a", "x"}, {"a", "y"}, {"a", "b"}):  # x and y are no words of the style sheet
        assert assets._purge_once(".a {} .b {}", words, tmp_path / "kept").strip() == "a{b:c}"
    assert calls == [{"a"}, {"a", "b"}]


def test_characters_are_those_of_the_text_not_of_the_markup():
    assert fonts.characters(["<p class='q'>a&amp;b</p>", "c"]) == "&abc"


def test_images_get_their_size_and_load_late():
    tag = '<img alt="x" src="_images/x.png" />'
    assert images.settle(tag, (640.4, 480), lazy=True) == (
        '<img alt="x" src="_images/x.png" decoding="async" loading="lazy" '
        'width="640" height="480" style="--d2l-width: 640">'
    )
    assert "loading" not in images.settle(tag, None, lazy=False)
    assert images.settle('<img src="a" style="width: 50%">', (9, 9), lazy=True).count("width") == 1


def test_a_figure_has_the_ink_of_each_theme(tmp_path):
    figure = tmp_path / "x.svg"
    figure.write_text(f'<svg><path style="fill: {images.INK}"/><path style="fill: #2f6fb3"/></svg>')
    assert images._write_themes(figure, tmp_path / "out")
    for theme, ink in images.INKS.items():
        text = (tmp_path / "out" / f"x-{theme}.svg").read_text()
        assert ink in text and images.INK not in text and "#2f6fb3" in text
    figure.write_text("<svg/>")
    assert not images._write_themes(figure, tmp_path / "out")
    assert images.one_a_theme('<img alt="a.svg" class="c" src="i/x.svg">') == (
        '<img alt="a.svg" class="only-light c" src="i/x-light.svg">'
        '<img alt="a.svg" class="only-dark c" src="i/x-dark.svg">'
    )
    assert 'class="only-dark "' in images.one_a_theme('<img alt="" src="x.svg">')


def test_what_docutils_gets_wrong_for_screen_readers_is_repaired():
    html = '<div role="list" class="citation-list"><div id="a" role="doc-biblioentry">x</div></div>'
    assert repairs.repair(html) == '<div class="citation-list"><div id="a">x</div></div>'
    row = '<tr><th class="head"></th><th class="head"><p>a</p></th></tr>'
    assert repairs.repair(row) == '<tr><td></td><th class="head"><p>a</p></th></tr>'


# ----- What readers and other programs find -----


def document(*children):
    tree = nodes.section("", *children, ids=["top"])
    root = nodes.document("", "")
    root += tree
    return root


def test_search_finds_sections_with_their_own_text_only():
    inner = nodes.section("", nodes.title("", "Inner"), nodes.paragraph("", "two"), ids=["inner"])
    tree = document(nodes.title("", "Outer"), nodes.paragraph("", "one\nand more"), inner)
    assert search.entries(tree) == [("Outer", "", "one and more"), ("Inner", "inner", "two")]


def test_search_leaves_code_outputs_and_raw_html_out():
    output = nodes.container("", nodes.paragraph("", "0.123"), classes=["cell_output"])
    code = nodes.literal_block("", "x = 1")
    words = nodes.paragraph("", "words and ", nodes.literal("", "names"))
    tree = document(nodes.title("", "T"), output, nodes.raw("", "<b>", format="html"), code, words)
    assert search.entries(tree) == [("T", "", "words and names")]


def test_search_reads_formulas_as_letters():
    paragraph = nodes.paragraph("", "a ", nodes.math("", r"\nabla L(\mathbf{w})"), nodes.Text(" step"))
    ((_, _, text),) = search.entries(document(nodes.title("", "T"), paragraph))
    assert text == "a L( w ) step"


def test_search_finds_terms_and_functions_by_themselves():
    term = nodes.paragraph("", "", nodes.strong("", "Bias"), nodes.Text(" (偏置). A constant."))
    item = nodes.list_item("", term, ids=["bias"])
    signature = addnodes.desc_signature("", "fit(model)", ids=["d2lite.fit"])
    function = addnodes.desc("", signature, addnodes.desc_content("", nodes.paragraph("", "Train.")))
    plain = nodes.list_item("", nodes.paragraph("", "no target"))
    tree = document(nodes.title("", "T"), nodes.bullet_list("", item, plain), function)
    assert search.entries(tree) == [
        ("T", "", "no target"),
        ("Bias", "bias", "Bias (偏置). A constant."),
        ("d2lite.fit", "d2lite.fit", "Train."),
    ]


def test_sitemap_lists_every_address():
    text = metadata.sitemap(["https://a/x.html", "https://a/y&z.html"])
    assert text.count("<loc>") == 2
    assert "y&amp;z" in text


# ----- Running elsewhere -----


def test_launch_links_lead_to_the_notebook_in_the_repository():
    links = {link["text"]: link for link in shell.launch_links(OPTIONS, "chapters/a/b", ".ipynb")}
    assert links["Colab"]["url"] == "https://colab.example/github/d2lite/d2lite/blob/main/chapters/a/b.ipynb"
    assert links["JupyterHub"]["hub"].endswith("branch=main&urlpath=lab/tree/d2lite/chapters/a/b.ipynb")
    assert "Binder" not in links


def test_a_configured_hub_is_linked_directly():
    options = {**OPTIONS, "launch_buttons": {"jupyterhub_url": "https://hub.example/"}}
    (link,) = shell.launch_links(options, "a", ".ipynb")
    assert link["url"].startswith("https://hub.example/hub/user-redirect/git-pull?repo=https")


# ----- Building -----


def test_pages_are_made_again_when_the_code_that_makes_them_changes(tmp_path):
    (tmp_path / "one.py").write_text("a = 1")
    (tmp_path / "one.html").write_text("<p>")
    before = d2lite_book.made_by(tmp_path)
    (tmp_path / "one.pyc").write_text("b")  # no source
    assert d2lite_book.made_by(tmp_path) == before
    (tmp_path / "one.html").write_text("<b>")
    after = d2lite_book.made_by(tmp_path)
    (tmp_path / "one.py").write_text("a = 2")
    assert len({before, after, d2lite_book.made_by(tmp_path)}) == 3


def vendor():
    return importlib.import_module("vendor")


def test_katex_fonts_are_those_of_the_renderer():
    from sphinxcontrib.katex import katex_version

    assert f"katex@{katex_version}" == vendor().KATEX
    assert f"KaTeX {katex_version}," in (ROOT / "book" / "_static" / "katex" / "README.md").read_text()


def test_files_of_other_projects_are_as_they_were_made():
    assert vendor().sums() == vendor().SUMS.read_text()


def test_a_package_that_has_changed_is_refused(monkeypatch):
    def pack(command, cwd, check):
        (Path(cwd) / "x.tgz").write_bytes(b"something else")

    monkeypatch.setattr(vendor().subprocess, "run", pack)
    with pytest.raises(SystemExit, match=r"katex@\S+ has integrity sha512-\S+: expected sha512-"):
        vendor().fetch(vendor().KATEX)


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.name
)
def test_workflows_may_only_read_and_run_what_was_looked_at(path):
    text = path.read_text()
    assert re.search(r"^permissions: \{ contents: read\b", text, re.M)
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, note in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r"  # v\d+\.\d+\.\d+", note), action


def test_the_finding_is_the_quote_right_under_the_title():
    quote = lambda: nodes.block_quote("", nodes.paragraph("", "One\nsentence."))
    assert metadata.finding_of(document(nodes.title("", "T"), quote())).astext() == "One\nsentence."
    assert metadata.finding_of(document(nodes.title("", "T"), nodes.paragraph("", "x"), quote())) is None
    assert metadata.finding_of(document(nodes.title("", "T"))) is None
    assert metadata.finding_of(None) is None


def test_a_list_of_findings_links_each_title_and_keeps_the_words_own_form():
    entries = [("a.html", "1. A", [nodes.paragraph("", "", nodes.emphasis("", "x"), nodes.Text(" grows."))])]
    caption, found = findings.listed("Part", entries)
    assert caption.astext() == "Part"
    [link] = found.findall(nodes.reference)
    assert (link["refuri"], link.astext()) == ("a.html", "1. A")
    assert found.astext().endswith("x grows.") and len(list(found.findall(nodes.emphasis))) == 1


def test_claims_are_counted_as_code_not_as_words():
    assert folds.claims_checked("assert x  # assert\n") == "1 claim checked here"
    assert (
        folds.claims_checked("y = 'assert'\nassert x\nassert (\n    y\n)\nfor a in b:\n    assert a")
        == "3 claims checked here"
    )


def test_only_headings_that_begin_so_are_folded():
    section = lambda text, *more: nodes.section("", nodes.title("", text), *more, ids=[text])
    inner = section("Deeper: a proof")
    tree = document(nodes.title("", "T"), section("One", inner), section("Deeper"), section("No Deeper: x"))
    assert folds.deeper_sections(tree) == [inner]


# ----- The short path -----


def _short_path(title, *names):
    document = new_document("page")
    document.settings.env = SimpleNamespace(docname="page")
    section = nodes.section("", nodes.title("", title), ids=["a-section"])
    line = nodes.paragraph("", "", nodes.Text(""), nodes.strong("", "In ten minutes"), nodes.Text(" read "))
    line += [nodes.emphasis("", name) for name in names]
    other = nodes.paragraph("", "", nodes.emphasis("", title))
    document += [section, line, other]
    transform = short_paths.ShortPath(document)
    transform.apply()
    return line, other


def test_names_of_the_short_path_become_links_and_no_others():
    line, other = _short_path("A section", "A section")
    (link,) = line.findall(nodes.reference)
    assert (link["refid"], link.astext()) == ("a-section", "A section")
    assert not list(other.findall(nodes.reference))


def test_a_short_path_to_nowhere_stops_the_build():
    with pytest.raises(SphinxError, match="names 'Elsewhere', which is no heading"):
        _short_path("A section", "Elsewhere")
