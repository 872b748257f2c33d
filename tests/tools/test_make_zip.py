"""tools/make_zip.py packs everything once, reproducibly, and the wheel in it is the package."""

import json
import posixpath
import re
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from make_zip import make_zip  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a small site and the archive made of it, twice."""
    folder = tmp_path_factory.mktemp("zip")
    (folder / "site" / "_static").mkdir(parents=True)
    (folder / "site" / "_static" / "explorers").mkdir()
    (folder / "site" / "index.html").write_text('<h1>The book</h1> "wave-01234567"')
    for name in ("wave-01234567.js", "wave-76543210.js"):
        (folder / "site" / "_static" / "explorers" / name).write_text("let y = 1;")
    (folder / "site" / "_static" / "host.js").write_text("let x = 1;")
    for name in ("one.zip", "two.zip"):
        make_zip(folder / name, folder / "site")
    return folder


def test_site_notebooks_and_package_are_inside(folder):
    with zipfile.ZipFile(folder / "one.zip") as archive:
        names = set(archive.namelist())
        assert archive.testzip() is None
        assert archive.read("d2lite/site/index.html").startswith(b"<h1>The book</h1>")
        assert b"site/index.html" in archive.read("d2lite/START.html")
        (wheel,) = (name for name in names if name.endswith(".whl"))
        archive.extract(wheel, folder)
    assert {"d2lite/site/_static/host.js", "d2lite/README.txt", "d2lite/LICENSE"} <= names
    for notebook in (ROOT / "chapters").rglob("*.ipynb"):
        if not notebook.parent.name.startswith("."):
            assert f"d2lite/notebooks/{notebook.relative_to(ROOT).as_posix()}" in names
    assert "d2lite/site/_static/explorers/wave-01234567.js" in names
    assert "d2lite/site/_static/explorers/wave-76543210.js" not in names, "no page uses it"
    with zipfile.ZipFile(folder / wheel) as package:
        inside = set(package.namelist())
    sources = {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / "d2lite").rglob("*")
        if p.suffix in (".py", ".js", ".css", ".png") and "_built" not in p.parts  # see test_wheel.py
    }
    assert not sources - inside, "the wheel lacks files of the package"


def test_every_link_of_a_packed_notebook_leads_somewhere(folder):
    with zipfile.ZipFile(folder / "one.zip") as archive:
        names = set(archive.namelist())
        notebooks = [name for name in names if name.endswith(".ipynb")]
        assert notebooks
        for name in notebooks:
            cells = json.loads(archive.read(name))["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
                if "://" not in target:
                    found = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
                    assert found in names, f"{name} links to {target}"


def test_same_files_give_the_same_bytes(folder):
    first, second = (zipfile.ZipFile(folder / name) for name in ("one.zip", "two.zip"))
    assert [i.filename for i in first.infolist()] == [i.filename for i in second.infolist()]
    for info in first.infolist():
        assert first.read(info) == second.read(info.filename), info.filename


def test_without_a_site_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="make site"):
        make_zip(tmp_path / "x.zip", tmp_path)
    assert not (tmp_path / "x.zip").exists()


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_left(folder, tmp_path, monkeypatch):
    import make_zip as module

    monkeypatch.setattr(module, "build_wheel", lambda folder: folder)
    monkeypatch.setattr(module, "contents", lambda wheel, site: {"a": b"b"})
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        make_zip(tmp_path / "file" / "x.zip", folder / "site")
    (tmp_path / "x.zip").mkdir()
    with pytest.raises(OSError, match="x.zip"):
        make_zip(tmp_path / "x.zip", folder / "site")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "x.zip"]
