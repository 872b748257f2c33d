"""tools/make_zip.py packs everything once, reproducibly, and the wheel in it is the package."""

import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from make_zip import EPOCH, build_wheel, contents, make_zip  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a small site and the archive made of it."""
    folder = tmp_path_factory.mktemp("zip")
    (folder / "site" / "_static").mkdir(parents=True)
    (folder / "site" / "_static" / "explorers").mkdir()
    (folder / "site" / "index.html").write_text('<h1>The book</h1> "wave-01234567"')
    for name in ("wave-01234567.js", "wave-76543210.js"):
        (folder / "site" / "_static" / "explorers" / name).write_text("let y = 1;")
    (folder / "site" / "_static" / "host.js").write_text("let x = 1;")
    make_zip(folder / "one.zip", folder / "site")
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


def test_what_stands_beside_a_chapter_comes_along(folder, tmp_path, monkeypatch):
    import make_zip as module

    chapter = tmp_path / "chapters" / "06_cnn"
    for name in (
        "mine.ipynb",
        "photos/cat.jpg",
        ".ipynb_checkpoints/mine.ipynb",
        "__pycache__/writer.pyc",
        "../ruff.toml",
    ):
        (chapter / name).parent.mkdir(parents=True, exist_ok=True)
        (chapter / name).write_text(name)
    for name in ("LICENSE", "LICENSE-text", "a.whl"):
        (tmp_path / name).touch()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    names = [
        name for name in module.contents(tmp_path / "a.whl", folder / "site") if name.startswith("notebooks/")
    ]
    assert names == ["notebooks/chapters/06_cnn/mine.ipynb", "notebooks/chapters/06_cnn/photos/cat.jpg"]


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


def test_same_files_give_the_same_bytes(folder, tmp_path):
    """The wheel, too, is built anew; packing the archive a second time would take as long again and show no more."""
    again = contents(build_wheel(tmp_path), folder / "site")
    with zipfile.ZipFile(folder / "one.zip") as archive:
        assert archive.namelist() == [f"d2lite/{name}" for name in again]
        for info in archive.infolist():
            assert archive.read(info) == again[info.filename.removeprefix("d2lite/")], info.filename
            assert info.date_time == EPOCH


def test_without_a_site_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="make site"):
        make_zip(tmp_path / "x.zip", tmp_path)
    assert not (tmp_path / "x.zip").exists()


def test_a_place_that_cannot_be_written_is_told_before_anything_is_built(folder, tmp_path, monkeypatch):
    import make_zip as module

    monkeypatch.setattr(module, "build_wheel", lambda folder: pytest.fail("the wheel was built"))
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        make_zip(tmp_path / "file" / "x.zip", folder / "site")
    (tmp_path / "x.zip").mkdir()
    with pytest.raises(OSError, match="x.zip"):
        make_zip(tmp_path / "x.zip", folder / "site")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "x.zip"]


def test_it_packs_the_package_of_its_own_folder_not_one_that_is_installed(tmp_path):
    other = tmp_path / "d2lite" / "_utils"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    shutil.copy(ROOT / "d2lite" / "_utils" / "files.py", other)
    (tmp_path / "d2lite" / "__init__.py").touch()
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'tools')!r}); import make_zip; print(make_zip._bundle.__file__)"
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    found = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert found.stdout.strip() == str(ROOT / "d2lite" / "widgets" / "_bundle.py"), found.stderr


@pytest.fixture(scope="module")
def laptop(folder):
    """A Python that has the libraries and no d2lite, with the archive unpacked beside it: (python, folder)."""
    with zipfile.ZipFile(folder / "one.zip") as archive:
        archive.extractall(folder / "laptop")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    (python,) = (p for p in (folder / "venv").glob("*/python*") if p.stem == "python")
    (site_packages,) = (folder / "venv").rglob("site-packages")
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (site_packages / "libraries.pth").write_text(
        "\n".join(libraries)
    )  # their own .pth files are not read there
    return python, folder / "laptop" / "d2lite"


def offline(command, folder):
    """Run a command with no index and no way out, and return what it printed."""
    away = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "D2LITE_DATA_DIR")}
    environment |= away | {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_archive_alone_installs_and_runs_a_chapter_without_a_network(laptop):
    python, folder = laptop
    text = (folder / "README.txt").read_text()
    (wheel,) = folder.glob("*.whl")
    assert f"pip install --no-index --no-deps {wheel.name}" in text
    offline([python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheel.name], folder)
    where = offline([python, "-c", "import d2lite; print(d2lite.__file__)"], folder).strip()
    assert Path(where).is_relative_to(folder.parent.parent / "venv"), "another d2lite is found first"
    run = (
        "import json, sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "import matplotlib; matplotlib.use('agg')\n"
        "shell = InteractiveShell.instance()\n"
        "for cell in json.load(open(sys.argv[1], encoding='utf-8'))['cells']:\n"
        "    if cell['cell_type'] == 'code':\n"
        "        shell.run_cell(''.join(cell['source'])).raise_error()\n"
        "print('ran to its end')\n"
    )
    chapter = folder / "notebooks" / "chapters" / "07_rnn" / "sequences.ipynb"
    assert offline([python, "-c", run, str(chapter)], folder / "notebooks").strip().endswith("ran to its end")


def test_with_wheels_the_readme_installs_from_them(folder, tmp_path):
    wheel = tmp_path / "d2lite-1.whl"
    wheel.write_bytes(b"w")
    (tmp_path / "torch-1.whl").write_bytes(b"x")
    files = contents(wheel, folder / "site", [tmp_path / "torch-1.whl"])
    assert files["wheels/torch-1.whl"] == b"x"
    assert "--no-index --find-links wheels" in files["README.txt"].decode()
