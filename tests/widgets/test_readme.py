"""The README's smallest example works as printed, and its table names what there is."""

import importlib.util
import re
from pathlib import Path

import pytest

import d2lite.widgets
from d2lite.widgets import _preview
from d2lite.widgets._bundle import SHARED, bundle, exported

WIDGETS = Path(d2lite.widgets.__file__).parent
README = (WIDGETS / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wave(tmp_path_factory):
    folder = tmp_path_factory.mktemp("widgets") / "wave"
    folder.mkdir()
    for part in SHARED:
        (folder.parent / part.name).symlink_to(part, target_is_directory=True)
    for name, code in re.findall(r"^`wave/([\w.]+)`\n\n```\w+\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        (folder / name).write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("wave", folder / "__init__.py")
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(__import__("sys").modules, "wave", module)
        spec.loader.exec_module(module)
        yield module.WaveExplorer


def test_example_makes_an_explorer_and_its_picture(wave):
    explorer = wave(frequency=3)
    assert explorer.state() == {"frequency": 3.0}
    assert len(bundle(explorer._folder)[0]) < 40_000
    assert _preview.preview_svg(explorer).count("<path") >= 1


@pytest.mark.browser
def test_example_runs_in_a_page(make_host, wave, monkeypatch):
    import conftest

    monkeypatch.setattr(conftest, "explorer_class", lambda name: wave)
    host = make_host(360).open("wave").show("wave")
    host.page.get_by_role("slider", name="frequency").press("ArrowRight")
    assert host.get("frequency") == pytest.approx(2.1)


def test_every_shared_function_named_is_there():
    for name, said in re.findall(r"^\| `(\w+)\.js` \| (.*?) \|$", README, re.MULTILINE):
        [path] = [part / f"{name}.js" for part in SHARED if (part / f"{name}.js").exists()]
        there = exported(path) if name != "svgcontext" else []
        for function in re.findall(r"`(\w+)\(", said):
            assert function in there, f"{function} in {name}.js"


def test_every_shared_file_is_named():
    for path in (path for part in SHARED for path in part.glob("*.js")):
        assert f"`{path.name}`" in README, path.name
