"""The book's Sphinx extension, module by module; the build is in test_builds, built pages are in tests/browser."""

import importlib.metadata
import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from docutils import nodes
from fontTools.ttLib import TTFont
from sphinx import addnodes
from sphinx.errors import ExtensionError

from d2lite import widgets
from d2lite.widgets import Question

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

from d2lite_book import (  # noqa: E402
    assets,
    cards,
    explorers,
    folds,
    fonts,
    gallery,
    images,
    keep,
    mathematics,
    metadata,
    nodejs,
    questions,
    repairs,
    search,
    shell,
)

ESM = "function render({ model, el }) {\n  el.append(model.get('count'));\n}\nexport default { render };\n"
OPTIONS = {
    "repository_url": "https://github.com/d2lite/d2lite",
    "repository_branch": "main",
    "launch_buttons": {"colab_url": "https://colab.example", "jupyterhub_url": ""},
}


def models(**more):
    """Return the widget state of a page with one anywidget."""
    state = {
        "_esm": ESM,
        "_css": ".d2l-x { color: red }",
        "_anywidget_id": "__main__.Counter",
        "count": 3,
        **more,
    }
    return {"one": {"model_name": "AnyModel", "model_module": "anywidget", "state": state}}


LONG = "x" * explorers.LARGEST_INSIDE  # no page has a state with this in it inside itself


# ----- Explorers -----


def read_state(folder, name):
    """Return what the script of a state adds."""
    return json.loads(
        re.fullmatch(rf'd2l\.addState\("{name}", (.*)\);\n', (folder / f"{name}.js").read_text())[1]
    )


@pytest.mark.parametrize(
    "esm",
    [ESM, ESM.replace("export default { render };", "export { render };"), "export const render = () => {};"],
)
def test_a_widgets_module_becomes_a_classic_script(esm, tmp_path):
    page = explorers.Page(models(_esm=esm), tmp_path, "")
    bundle = re.search(r'data-bundle="(counter-[0-9a-f]{8})"', page.view("one"))[1]
    script = (tmp_path / f"{bundle}.js").read_text()
    assert script.startswith(f'd2l.register("{bundle}",(require,explorer)=>{{"use strict";')
    assert "explorer.render=" in script
    assert "export" not in script


@pytest.mark.parametrize(
    "esm",
    [
        "import { a } from './a.js';\nexport default { render: a };",
        "import a from 'https://example.org/a.js';\nexport default { render: a };",
        "export default {",
    ],
)
def test_a_widgets_module_that_cannot_be_classic_is_refused(esm, tmp_path):
    with pytest.raises(ExtensionError, match="the code of widget 'counter' cannot run in a page: "):
        explorers.Page(models(_esm=esm), tmp_path, "").view("one")


def test_the_name_of_a_bundle_follows_its_content(tmp_path):
    first = explorers.write_bundle(tmp_path, "counter", "run();", "a {}")
    assert explorers.write_bundle(tmp_path, "counter", "run();", "a {}") == first
    assert explorers.write_bundle(tmp_path, "counter", "run();", "b {}") != first
    assert explorers.write_bundle(tmp_path, "counter", "go();", "a {}") != first
    assert (tmp_path / f"{first}.css").read_text() == "a {}"
    assert re.fullmatch(r"counter-[0-9a-f]{8}", first)


def test_an_explorer_brings_the_core_once_and_its_code_from_the_package(tmp_path):
    state = {"_explorer": "boundary", "_esm": "not(this", "key": "a"}
    page = explorers.Page(
        {**models(**state), "two": models(**{**state, "_explorer": "race"})["one"]}, tmp_path, ""
    )
    html = page.view("one") + page.view("two")
    (core,) = set(re.findall(r'data-core="(core-[0-9a-f]{8})"', html))
    assert (tmp_path / f"{core}.css").exists()
    assert {path.name.rsplit("-", 1)[0] for path in tmp_path.glob("*.css")} == {"core", "boundary", "race"}


@pytest.mark.parametrize("name", ['../x" onload="alert(1)', "../../x", "no_such_explorer", 7])
def test_names_in_a_state_reach_neither_paths_nor_attributes(name, tmp_path):
    folder = tmp_path / "in" / "explorers"
    html = explorers.Page(models(_explorer=name, _anywidget_id=f"a.{name}"), folder, "").view("one")
    bundle = re.search(r'data-bundle="([^"]*)"', html)[1]
    assert re.fullmatch(r"[a-z0-9_-]+", bundle)
    assert "onload=" not in re.sub("<script.*</script>", "", html)
    assert {path.parent for path in tmp_path.rglob("*.js")} == {folder}


def test_code_leaves_the_state_and_values_stay(tmp_path):
    page = explorers.Page(
        models(layout="IPY_MODEL_x", _view_name="AnyView", long=LONG), tmp_path, "_static/explorers"
    )
    html = page.view("one")
    bundle, name = re.search(r'data-bundle="(counter-[^"]*)" data-state="([^"]*)"', html).groups()
    state = read_state(tmp_path, name)["state"]
    assert state["count"] == 3
    assert not {"_esm", "_css", "layout", "_view_name"} & set(state)
    assert (tmp_path / f"{bundle}.js").exists()
    assert 'id="d2l-counter"' in html
    assert 'data-model="one"' in html


def test_views_of_one_page_get_different_ids(tmp_path):
    page = explorers.Page(models(key="hero"), tmp_path, "")
    ids = [re.search(r'id="([^"]*)"', page.view("one"))[1] for _ in range(3)]
    assert ids == ["d2l-hero", "d2l-hero-2", "d2l-hero-3"]


def test_ids_that_are_taken_are_refused(tmp_path):
    with pytest.raises(ExtensionError, match="'d2l-search', which is taken"):
        explorers.Page(models(key="search"), tmp_path, "").view("one")
    page = explorers.Page({**models(key="a"), "two": models(key="a-2")["one"]}, tmp_path, "")
    page.view("two")
    page.view("one")
    with pytest.raises(ExtensionError, match="choose another key"):
        page.view("one")


def test_a_widget_that_needs_a_kernel_gets_a_note(tmp_path):
    state = {"s": {"model_name": "IntSliderModel", "model_module": "@jupyter-widgets/controls", "state": {}}}
    page = explorers.Page(state, tmp_path, "")
    assert explorers.NOTE in page.view("s")
    assert explorers.NOTE in page.view("a view whose state was not saved")
    assert not list(tmp_path.iterdir())


def test_boxes_hold_their_children(tmp_path):
    box = {"model_name": "VBoxModel", "state": {"children": ["IPY_MODEL_one", "IPY_MODEL_one"]}}
    html = explorers.Page({**models(), "box": box}, tmp_path, "").view("box")
    assert html.startswith('<div class="d2l-box d2l-box-column">')
    assert html.count('class="d2l-explorer-frame"') == 2


def test_states_that_are_the_same_are_one_file(tmp_path):
    models_ = {
        "one": models(text="a", long=LONG)["one"],
        "two": models(text="a", long=LONG)["one"],
        "three": models(text="b", long=LONG)["one"],
    }
    page = explorers.Page(models_, tmp_path, "")
    names = [re.search(r'data-state="([^"]*)"', page.view(name))[1] for name in models_]
    assert names[0] == names[1] != names[2]
    assert [read_state(tmp_path, name)["state"]["text"] for name in names] == ["a", "a", "b"]


def test_a_small_state_stands_in_the_page_whatever_it_says(tmp_path):
    text = "</script><script>alert(1)</script><!--"
    html = explorers.Page(models(text=text), tmp_path, "").view("one")
    assert "data-state" not in html and "addState" not in "".join(map(Path.read_text, tmp_path.glob("*.js")))
    inside = re.search(r'<script type="application/json">(.*?)</script></div>$', html)[1]
    assert json.loads(inside)["state"]["text"] == text


def question(key, **more):
    """Return the widget state of a question."""
    state = Question.choice("Is *it*?", [("yes", True, "So."), ("no", False, "Not so.")], key=key).get_state()
    return {"model_name": "AnyModel", "state": json.loads(json.dumps({**state, **more}, default=str))}


def test_a_question_comes_in_words_without_its_answer_and_without_a_request_of_its_own(tmp_path):
    page = explorers.Page({name: question(name) for name in ("a", "b")}, tmp_path, "")
    html = page.view("a") + page.view("b")
    shown = re.sub(r"<script.*?</script>", "", html)
    assert shown.count('class="d2l-explorer-frame d2l-asks"') == 2
    assert "Is <em>it</em>?" in shown and "<li>yes</li><li>no</li>" in shown and explorers.NO_ANSWER in shown
    assert "So." not in shown and "<img" not in shown
    assert {path.name.rsplit("-", 1)[0] for path in tmp_path.glob("*.js")} == {"core", "question"}


def test_two_questions_of_one_key_stop_the_build(tmp_path):
    page = explorers.Page({"a": question("turn"), "b": question("turn")}, tmp_path, "")
    page.view("a")
    with pytest.raises(
        ExtensionError, match="key 'turn' is a question's and another's of this page: expected one"
    ):
        page.view("b")


def test_questions_of_a_page_are_listed_in_reading_order():
    models_ = {"a": question("first"), "b": question("second"), **models()}
    view = '<script type="application/vnd.jupyter.widget-view+json">{"model_id": "%s"}</script>'
    doctree = nodes.container("", *(nodes.raw("", view % name) for name in ("b", "one", "a", "gone")))
    assert questions.keys_of(doctree, models_) == ["second", "first"]
    script = assets.join_scripts(ROOT / "book" / "_static", {"chapters/x": ["second"]})
    assert 'd2l.questions = {"chapters/x":["second"]};' in script
    assert script.index("window.d2l =") < script.index("d2l.questions =") < script.index("d2l.progress =")


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
        '<img alt="x" src="_images/x.png" decoding="async" loading="lazy" width="640" height="480">'
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


def test_the_finding_is_the_quote_right_under_the_title():
    quote = lambda: nodes.block_quote("", nodes.paragraph("", "One\nsentence."))
    assert metadata.finding_of(document(nodes.title("", "T"), quote())) == "One sentence."
    assert metadata.finding_of(document(nodes.title("", "T"), nodes.paragraph("", "x"), quote())) == ""
    assert metadata.finding_of(document(nodes.title("", "T"))) == ""
    assert metadata.finding_of(None) == ""


# ----- Folds, gallery -----


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


def test_the_gallery_is_in_the_order_of_the_chapters():
    def explorer(name, chapter):
        return type(name, (), {"__doc__": f"A thing.\n\nTaught in {chapter}." if chapter else "A question."})

    a, b, c = (
        explorer("A", "chapters/z/one"),
        explorer("B", "chapters/y/two"),
        explorer("C", "chapters/x/none"),
    )
    pages = ["book/index", "chapters/z/one", "chapters/y/two"]
    found = gallery.by_chapter([explorer("Asked", ""), c, b, a], pages)
    assert found == [(a, pages[1]), (b, pages[2]), (c, None)]


def test_a_page_has_its_number_before_its_title():
    assert gallery.numbered_title(nodes.title("", "T", secnumber=[4])) == "4. T"
    assert gallery.numbered_title(nodes.title("", "T")) == "T"


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


def test_a_card_leads_to_the_first_explorer_of_its_class(tmp_path):
    def anchor(*sources):
        cells = [{"cell_type": "code", "source": [source]} for source in sources]
        (tmp_path / "one.ipynb").write_text(json.dumps({"cells": cells}))
        return gallery.anchor_in(tmp_path / "one.ipynb", widgets.explorer_class("descent"))

    assert anchor("DescentExplorer()") == "d2l-descent"
    assert anchor('DescentExplorer(start=(1, 2), key="edge")', 'DescentExplorer(key="far")') == "d2l-edge"
    assert anchor('DescentExplorer(key="edge")', "DescentExplorer(lr=0.1)") == "d2l-descent"
    assert anchor("print(1)") == "d2l-descent"
