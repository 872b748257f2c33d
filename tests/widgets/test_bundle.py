"""The bundler: one text of many modules, or one clear sentence."""

import os
import re
import subprocess

import pytest

from d2lite.widgets import explorer_class, explorer_names
from d2lite.widgets._bundle import bundle, exported, inline
from d2lite.widgets._preview import node_path, run_module


@pytest.fixture
def folder(tmp_path):
    def write(**modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.js").write_text(text)
        return tmp_path

    return write


def value(text):
    return run_module(
        'import m from "./m.mjs"; process.stdout.write(JSON.stringify(m.render()));', {"m": text}
    )


def test_shared_module_comes_once_and_first(folder):
    path = folder(
        a="export const base = 2;\n",
        b='import { base } from "./a.js";\nexport const twice = 2 * base;\n',
        widget='import { base } from "./a.js";\nimport { twice } from "./b.js";\n'
        "export function render() {\n  return base + twice;\n}\n",
    )
    esm, _ = bundle(path)
    assert esm.count("=2;") == 1
    assert esm.endswith("\nexport default { render };\n")
    assert value(esm) == "6"


def test_unused_declarations_and_comments_are_left_out(folder):
    path = folder(
        a="// about a\nexport const used = 1;\nexport const unused = 2;\n",
        widget='import { used } from "./a.js";\n/** Render. */\nexport function render() {\n  return used;\n}\n',
    )
    esm, _ = bundle(path)
    assert "unused" not in esm
    assert "about a" not in esm
    assert "Render" not in esm


def test_comments_after_code_are_left_out_and_texts_that_look_like_them_are_not(folder):
    source = """export function render() {
  const a = 1; // it's one; {
  // a line of its own,
  const b = "not // a comment"; // but this is (
  const c = `${a} // ${b}`;
  return [a, b, c].map((x) => `${x}`.replace(/ \\/\\/ /, "; // ")); // the end
}
"""
    esm = bundle(folder(widget=source))[0]
    assert value(esm) == value(source.replace("export ", "") + "export default { render };")
    assert not re.search(r"it's one|its own|the end", esm)
    assert esm.count("\n") == 2


def test_declarations_get_short_names_only_where_no_property_or_text_has_theirs(folder):
    source = """const plainName = 2;
const propertyName = 3;
const shorthandName = 4;
function textName() {
  return 5;
}
function calledName(value) {
  return value;
}
export function render() {
  const box = { propertyName: 1, shorthandName };
  const text = `textName ${calledName(plainName)}`;
  return [plainName, propertyName, box.propertyName, box.shorthandName, textName(), calledName(text)];
}
"""
    esm, _ = bundle(folder(widget=source))
    assert value(esm) == '[2,3,1,4,5,"textName 2"]'
    assert "plainName" in esm, "[plainName, ...] might be a shorthand property"
    assert "calledName" not in esm
    assert "function textName" in esm


def test_strings_and_regular_expressions_keep_their_spaces(folder):
    source = """export function render() {
  const a = 1;
  const b = -2;
  return [`${a} = ${b} , (x)`, "a  =  b ; c", 'd , "e"', "f = g".replace(/ = | , /, " : "), a - -b, a + +b, a / 4];
}
"""
    plain = source.replace("export ", "") + "export default { render };"
    assert value(bundle(folder(widget=source))[0]) == value(plain)


def test_edited_file_makes_a_new_bundle(folder):
    path = folder(widget="export function render() {\n  return 1;\n}\n")
    before, _ = bundle(path)
    (path / "widget.js").write_text("export function render() {\n  return 2;\n}\n")
    os.utime(path / "widget.js", ns=(1, 1))
    assert bundle(path)[0] != before


RENDER = "export function render() {}\n"


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"a": "const x = 1;\nexport const y = x;\n", "widget": 'import { y } from "./a.js";\nconst x = y;\n' + RENDER},
         "both declare x"),
        ({"widget": 'import { y } from "./a.js";\n' + RENDER}, "a.js, which does not exist"),
        ({"a": "const y = 1;\n", "widget": 'import { y } from "./a.js";\n' + RENDER}, "does not export"),
        ({"widget": 'import y from "./a.js";\n' + RENDER}, "import y from"),
        ({"widget": 'import * as y from "./a.js";\n' + RENDER}, "import \\* as y"),
        ({"widget": "function render() {}\nexport { render };\n"}, "export before a declaration"),
        ({"widget": "export default { a: 1 };\n"}, "export before a declaration"),
        ({"widget": "export const a = 1;\n"}, "exports no render"),
        ({"widget": "const { a } = Math;\n" + RENDER}, "takes a value apart"),
        ({"widget": "start();\n" + RENDER}, "only declarations"),
        ({"widget": 'import { b } from "./b.js";\nexport const a = 1;\n' + RENDER,
          "b": 'import { a } from "./widget.js";\nexport const b = 2;\n'}, "in a circle"),
        ({"widget": "export function render() {\n  return `a\n  b`;\n}\n"}, "more than one line"),
        ({"widget": "export function render(a) {\n  return `a ${a ? `b, c` : 0}`;\n}\n"}, "in a template"),
    ],
)  # fmt: skip
def test_what_cannot_be_bundled_is_refused_in_one_sentence(folder, modules, message):
    with pytest.raises(ValueError, match=message):
        bundle(folder(**modules))


def test_exported_names(folder):
    assert exported(folder(a="export const b = 1;\nexport function c() {}\nconst d = 2;\n") / "a.js") == [
        "b",
        "c",
    ]


def split_selectors(rule):
    """Return a rule's selectors, split at the commas outside parentheses."""
    return re.split(r",(?![^()]*\))", rule)


@pytest.mark.parametrize("name", explorer_names())
class TestEveryExplorer:
    def test_script_is_small_valid_and_ends_as_agreed(self, name, tmp_path):
        esm, css = bundle(explorer_class(name)._folder)
        assert len(esm.encode()) <= 70_000  # until the scripts share one core
        assert esm.endswith("\nexport default { render };\n")
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", esm + css)
        (tmp_path / "m.mjs").write_text(esm, encoding="utf-8")
        subprocess.run([node_path(), "--check", str(tmp_path / "m.mjs")], check=True)

    def test_model_has_no_dom(self, name):
        text = inline(
            explorer_class(name)._folder / "model.js", exported(explorer_class(name)._folder / "model.js")
        )
        assert not re.search(r"\b(document|window|navigator|localStorage)\b", text)

    def test_explorer_is_described_and_classes_are_ours(self, name):
        source = (explorer_class(name)._folder / "widget.js").read_text(encoding="utf-8")
        render = re.search(r"^export function render.*?^}", source, re.MULTILINE | re.DOTALL)
        described = "\nexport const { render, preview } = defineExplorer({\n" in source
        assert described if render is None else render[0].count("\n") + 1 <= 40
        classes = re.findall(r'class: "([^"$]*)"', source) + re.findall(r'className: "([^"$]*)"', source)
        assert all(part.startswith("d2l-") for text in classes for part in text.split())
        sheet = explorer_class(name)._folder / "widget.css"
        own = f".d2l-{name.replace('_', '-')}"
        css = re.sub(
            r"/\*.*?\*/|@(container|media|supports)[^{]*{", "", sheet.read_text() if sheet.exists() else ""
        )
        selectors = [one.strip() for rule in re.findall(r"([^{}]+){", css) for one in split_selectors(rule)]
        assert [one for one in selectors if not re.match(rf"{own}(?![\w-])", one)] == []
        assert not re.search(r"\bid: |\.id =|innerHTML|insertAdjacentHTML|outerHTML|document\.write", source)
