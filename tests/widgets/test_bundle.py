"""The explorers' scripts: what a notebook and a page get, how much it is, and when it is built again."""

import gzip
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from d2lite.widgets import _bundle, explorer_class, widget_names
from d2lite.widgets._preview import run_module
from d2lite.widgets._reload import update

SCRIPT, DATA = 22_000, 100_000  # bytes an explorer may have of its own, compressed
LARGER = {"character_model": 105_000}  # 107,000 trained weights of a byte each
RENDER = 'export const { render, preview } = ((draw) => ({ render: draw, preview: draw }))(() => "drawn");\n'


@pytest.fixture
def folder(tmp_path):
    def write(**modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.js").write_text(text)
        return tmp_path

    return write


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package's sources with two explorers, built by the same esbuild."""
    copy = tmp_path / "d2lite" / "widgets"
    for path in (*_bundle.WIDGETS.glob("_*"), *map(_bundle.WIDGETS.joinpath, ("boundary", "race"))):
        if path.is_dir() and path != _bundle.BUILT:
            shutil.copytree(path, copy / path.name)
    monkeypatch.setattr(_bundle, "WIDGETS", copy)
    monkeypatch.setattr(_bundle, "BUILT", copy / "_built")
    return copy


def test_a_path_may_have_spaces_and_letters_beyond_ascii(package, monkeypatch):
    moved = package.parent / "José's own é"
    package.rename(moved)
    monkeypatch.setattr(_bundle, "WIDGETS", moved)
    monkeypatch.setattr(_bundle, "BUILT", moved / "_built")
    esm, css = _bundle.notebook(moved / "race")
    assert "d2l-explorer" in css and "export" in esm
    assert _bundle.page()[1]


def compressed(text):
    return len(gzip.compress(text.encode(), 9))


def value(folder, text):
    """Return what render gives, of a module's text."""
    (folder / "built.mjs").write_text(text, encoding="utf-8")
    address = json.dumps((folder / "built.mjs").as_uri())
    return run_module(f"import m from {address}; process.stdout.write(m.render().toString());", {})


def test_render_may_come_from_a_call_and_templates_may_have_lines(folder):
    path = folder(
        helper="export const line = (text) => `${text}\n${`(${text})`}`;\n",
        widget='import { line } from "./helper.js";\nconst name = "a";\n'
        "export const { render, preview } = ((draw) => ({ render: draw, preview: draw }))(() => line(name));\n",
    )
    esm, css = _bundle.notebook(path)
    assert value(path, esm) == "a\n(a)"
    assert css == _bundle.page()[1]


def test_an_edited_file_makes_a_new_script(folder):
    path = folder(widget="export function render() {\n  return 1;\n}\n")
    before, _ = _bundle.notebook(path)
    (path / "widget.js").write_text("export function render() {\n  return 20;\n}\n")
    assert value(path, before) == "1"
    assert value(path, _bundle.notebook(path)[0]) == "20"


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"widget": 'import { y } from "./a.js";\n' + RENDER}, r'Could not resolve "./a.js"'),
        ({"a": "const y = 1;\n", "widget": 'import { y } from "./a.js";\nconsole.log(y);\n' + RENDER}, '"y"'),
        ({"widget": "export const a = 1;\n"}, '"render"'),
        ({"widget": "export function render() {\n  return (;\n}\n"}, "widget.js:2:10"),
    ],
)
def test_a_source_that_cannot_be_built_is_named(folder, modules, message):
    with pytest.raises(ValueError, match=message):
        _bundle.notebook(folder(**modules))


class TestBuild:
    def test_an_edit_builds_again_and_its_undoing_does_not(self, package, monkeypatch):
        model = package / "boundary" / "model.js"
        source = model.read_text(encoding="utf-8")
        first = _bundle.build()
        before = _bundle.notebook(package / "boundary")
        model.write_text(source.replace("export", "globalThis.edited = 1;\nexport", 1), encoding="utf-8")
        assert not _bundle.is_built()
        assert "globalThis.edited=1" in _bundle.notebook(package / "boundary")[0]
        model.write_text(source, encoding="utf-8")
        monkeypatch.setattr(_bundle, "_esbuild", None)
        assert _bundle.build() == first
        assert _bundle.notebook(package / "boundary") == before

    def test_an_explorer_on_the_screen_gets_the_edited_script(self, package, monkeypatch):
        explorer = explorer_class("race")()
        monkeypatch.setattr(type(explorer), "_folder", package / "race")
        assert update([explorer]) == ""  # its code is the copy's from here on
        sent = []
        explorer.observe(lambda change: sent.append(change["name"]), ["_esm", "_css"])
        assert update([explorer]) == ""
        assert sent == [], "nothing has changed"
        with (package / "race" / "widget.css").open("a") as file:
            file.write(".d2l-race { order: 7 }\n")
        assert update([explorer]) == ""
        assert sent == ["_css"]
        with (package / "race" / "model.js").open("a") as file:
            file.write("export const = 3;\n")
        assert "model.js" in update([explorer])

    def test_keys_follow_what_is_shared_and_their_own_folder(self, package):
        keys = {name: _bundle.sources_key(name) for name in ("boundary", "race")}
        with (package / "race" / "model.js").open("a") as file:
            file.write("// more\n")
        assert _bundle.sources_key("boundary") == keys["boundary"]
        assert _bundle.sources_key("race") != keys["race"]
        with _bundle.shared("rng").open("a") as file:
            file.write("// more\n")
        assert _bundle.sources_key("boundary") != keys["boundary"]

    def test_a_source_that_vanishes_while_it_is_looked_at_is_left_out(self, package, monkeypatch):
        key, gone, stat = _bundle.sources_key(), package / "race" / "gone.js", Path.stat

        def vanishing(path, **options):
            if path == gone:
                gone.unlink()
            return stat(path, **options)

        gone.write_text("export const a = 1;\n")
        stamp = _bundle._stamp(package)
        assert gone in [path for path, _, _ in stamp]
        gone.unlink()
        assert _bundle._key(stamp) == key
        gone.write_text("export const a = 1;\n")
        with monkeypatch.context() as patch:
            patch.setattr(Path, "stat", vanishing)
            assert _bundle.sources_key() == key

    def test_built_scripts_need_no_esbuild_and_others_say_what_to_do(self, package, monkeypatch):
        before = _bundle.notebook(package / "race")
        monkeypatch.setattr(_bundle, "ROOT", package)
        assert _bundle.notebook(package / "race") == before
        with (package / "race" / "model.js").open("a") as file:
            file.write("// more\n")
        with pytest.raises(
            FileNotFoundError, match=r"esbuild .* is missing: expected it in .*; run python .*_bundle"
        ):
            _bundle.notebook(package / "race")

    def test_two_processes_may_build_at_once(self, package, monkeypatch):
        build_all = _bundle._build_all

        def while_another_does(work):
            monkeypatch.setattr(_bundle, "_build_all", build_all)
            _bundle.build()
            build_all(work)

        monkeypatch.setattr(_bundle, "_build_all", while_another_does)
        built = _bundle.build()
        assert [path.name for path in _bundle.BUILT.iterdir()] == [built.name]
        assert (built / "page" / "race.js").exists()

    def test_where_another_process_may_be_building_is_not_looked_at(self, package, monkeypatch):
        (_bundle.build() / "tmp").mkdir()
        seen, scandir = [], os.scandir
        monkeypatch.setattr(os, "scandir", lambda path: (seen.append(Path(path)), scandir(path))[1])
        _bundle.sources_key()
        assert package / "race" in seen
        assert [path for path in seen if _bundle.BUILT in (path, *path.parents)] == []


def test_esbuild_is_the_one_that_npm_installs():
    wanted = json.loads((_bundle.ROOT / "package.json").read_text())["devDependencies"]["esbuild"]
    locked = json.loads((_bundle.ROOT / "package-lock.json").read_text())["packages"]
    assert wanted == _bundle.VERSION == locked["node_modules/esbuild"]["version"]
    assert all(one["integrity"].startswith("sha512-") for name, one in locked.items() if name)
    assert not any("resolved" in one for one in locked.values()), "an address of one machine's registry"


def test_core_has_the_shared_modules_that_many_explorers_use_and_no_others():
    core, css = _bundle.page()
    scripts = {name: _bundle.page(name)[0] for name in widget_names()}
    wanted = {name: set(re.findall(r'require\("([^"]+)"\)', script)) for name, script in scripts.items()}
    offered = set(re.findall(r'explorer\["(_\w+/\w+\.js)"\]=', core))
    assert offered == set.union(*wanted.values())  # nothing is missing, and nothing that no script asks for
    assert {"_core/frame.js", "_draw/scales.js"} <= offered
    assert "_math/optimizers.js" not in offered
    assert "beta1" in scripts["race"]  # what one explorer alone uses is in its own script
    assert ".d2l-stage" in css
    assert "node:" not in core
    assert str(_bundle.ROOT) not in core + "".join(scripts.values())


@pytest.mark.parametrize("name", widget_names())
class TestEveryExplorer:
    def test_own_script_and_data_are_small(self, name):
        script, css = _bundle.page(name)
        state = explorer_class(name).example().get_state()
        data = {key: value for key, value in state.items() if key not in ("_esm", "_css")}
        assert compressed(script) <= SCRIPT
        assert compressed(json.dumps(data, separators=(",", ":"))) <= LARGER.get(name, DATA)

    def test_own_style_comes_without_the_shared_one(self, name):
        shared, own = _bundle.page()[1], _bundle.page(name)[1]
        assert shared.strip() in _bundle.notebook(explorer_class(name)._folder)[1]
        assert shared[:300] not in own
        assert bool(own) == (explorer_class(name)._folder / "widget.css").exists()

    def test_notebook_module_is_self_contained(self, name):
        esm, css = _bundle.notebook(explorer_class(name)._folder)
        assert re.search(r"export\{[\w$]+ as default\};\s*$", esm)
        assert "explorer.render=" in _bundle.classic(esm), "it imports something"
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", esm + css)

    def test_model_has_no_dom(self, name):
        text = "".join(model_and_imports(explorer_class(name)._folder / "model.js").values())
        assert not re.search(r"\b(document|window|navigator|localStorage)\b", text)

    def test_explorer_is_described_and_classes_are_ours(self, name):
        source = (explorer_class(name)._folder / "widget.js").read_text(encoding="utf-8")
        render = re.search(r"^export function render.*?^}", source, re.MULTILINE | re.DOTALL)
        described = "\nexport const { render, preview } = defineExplorer({\n" in source
        assert described if render is None else render[0].count("\n") + 1 <= 40, (
            "widget.js: expected export const { render, preview } = defineExplorer({ at the start of a line"
        )
        classes = re.findall(r'class: "([^"$]*)"', source) + re.findall(r'className: "([^"$]*)"', source)
        foreign = [part for text in classes for part in text.split() if not part.startswith("d2l-")]
        assert foreign == [], "widget.js: expected classes that begin with d2l-"
        sheet = explorer_class(name)._folder / "widget.css"
        own = f".d2l-{name.replace('_', '-')}"
        css = re.sub(
            r"/\*.*?\*/|@(container|media|supports)[^{]*{", "", sheet.read_text() if sheet.exists() else ""
        )
        selectors = [one.strip() for rule in re.findall(r"([^{}]+){", css) for one in split_selectors(rule)]
        strangers = [one for one in selectors if not re.match(rf"{own}(?![\w-])", one)]
        assert strangers == [], f"widget.css: expected rules that begin with {own}"
        unsafe = re.findall(r"\bid: |\.id =|innerHTML|insertAdjacentHTML|outerHTML|document\.write", source)
        assert unsafe == [], "widget.js: expected no ids, and text set as text"


def split_selectors(rule):
    """Return a rule's selectors, split at the commas outside parentheses."""
    return re.split(r",(?![^()]*\))", rule)


def model_and_imports(path, found=None):
    """Return the code, comments left out, of a module and of all that it imports, by path."""
    found = {} if found is None else found
    if path not in found:
        source = path.read_text(encoding="utf-8")
        found[path] = re.sub(r"/\*.*?\*/|^\s*//.*?$|\s// .*?$", "", source, flags=re.DOTALL | re.MULTILINE)
        for target in re.findall(r"""^import [^;]*? from ["'](\.[^"']+)["'];""", source, re.MULTILINE):
            model_and_imports((path.parent / target).resolve(), found)
    return found
