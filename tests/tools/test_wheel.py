"""What pip makes of the repository: a wheel that carries the explorers' scripts, and installs where nothing else is."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from d2lite.widgets import _bundle, widget_names

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from make_zip import build_wheel  # noqa: E402

# The package's own files and the environment's libraries, and no esbuild: nothing can be built there.
SHOW = """
import sys
sys.path += sys.argv[2:]
sys.path.insert(0, sys.argv[1])
import d2lite.widgets
from d2lite.widgets import _bundle
assert _bundle.__file__.startswith(sys.argv[1]), _bundle.__file__
_bundle._esbuild = None
for name in d2lite.widgets.widget_names():
    explorer = d2lite.widgets.explorer_class(name).example()
    print(name, "export{" in explorer._esm, ".d2l-controls{" in explorer._css)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def test_wheel_carries_the_scripts_of_its_own_sources_and_no_others(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    built = f"d2lite/widgets/_built/{_bundle.sources_key()}"
    expected = {f"{built}/{home}/{name}.js" for home in ("notebook", "page") for name in widget_names()}
    assert {name for name in names if "/_built/" in name and name.endswith(".js")} == {
        *expected,
        f"{built}/page/_core.js",
    }
    assert f"{built}/page/_core.css" in names
    assert not [name for name in names if "node_modules" in name or "package.json" in name]


def test_installed_alone_every_explorer_has_its_script(wheel, tmp_path):
    """Dependencies come from this environment: pip is asked for none, so that no network is needed."""
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(tmp_path),
    ]
    subprocess.run([*pip, str(wheel)], check=True)
    libraries = [path for path in sys.path if path.endswith("-packages")]
    command = [sys.executable, "-I", "-S", "-c", SHOW, str(tmp_path), *libraries]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{name} True True" for name in widget_names()]


@pytest.mark.network
def test_pip_installs_the_repository_into_an_empty_environment(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "empty")], check=True)
    folder = tmp_path / "empty" / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [str(folder / "python"), "-m", "pip", "install", "--quiet", "--no-deps", f"git+{ROOT.as_uri()}"]
    subprocess.run(pip, check=True)
    (built,) = (tmp_path / "empty").rglob("_built/*")
    assert {path.stem for path in (built / "notebook").glob("*.js")} == set(widget_names())
