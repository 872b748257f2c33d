"""Explorers and questions in built pages: their state, scripts and ids."""

import json
import re
import sys
from pathlib import Path

import pytest
from docutils import nodes
from sphinx.errors import ExtensionError

from d2lite.widgets import Question

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

from d2lite_book import (  # noqa: E402
    assets,
    explorers,
    questions,
)

ESM = "function render({ model, el }) {\n  el.append(model.get('count'));\n}\nexport default { render };\n"


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


def test_questions_in_a_box_are_counted_too():
    box = {"model_name": "VBoxModel", "state": {"children": ["IPY_MODEL_b", "IPY_MODEL_a", "IPY_MODEL_gone"]}}
    models_ = {"a": question("first"), "b": question("second"), "box": box}
    view = '<script type="application/vnd.jupyter.widget-view+json">{"model_id": "box"}</script>'
    assert questions.keys_of(nodes.container("", nodes.raw("", view)), models_) == ["second", "first"]


def test_questions_of_a_page_are_listed_in_reading_order():
    models_ = {"a": question("first"), "b": question("second"), **models()}
    view = '<script type="application/vnd.jupyter.widget-view+json">{"model_id": "%s"}</script>'
    doctree = nodes.container("", *(nodes.raw("", view % name) for name in ("b", "one", "a", "gone")))
    assert questions.keys_of(doctree, models_) == ["second", "first"]
    script = assets.join_scripts(ROOT / "book" / "_static", {"chapters/x": ["second"]})
    assert 'd2l.questions = {"chapters/x":["second"]};' in script
    assert script.index("window.d2l =") < script.index("d2l.questions =") < script.index("d2l.progress =")
