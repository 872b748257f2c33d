"""A chapter's first cell on Colab: run as it is, it brings d2lite and its explorers, from a copy of the repository."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from stand_in import ROOT, stand_in

from d2lite.widgets import _bundle

# What Colab has and this environment has not, and the cell in a shell such as Colab's.
RUN = """
import sys, types
colab = types.ModuleType("google.colab")
colab.output = types.SimpleNamespace(enable_custom_widget_manager=lambda: print("widgets are allowed"))
sys.modules |= {"google": types.ModuleType("google"), "google.colab": colab, "google.colab.output": colab.output}
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell(sys.argv[1]).raise_error()
shell.run_cell("import d2lite; print(d2lite.__file__)").raise_error()
shell.run_cell("from d2lite.widgets import BoundaryExplorer as B; print('export{' in B()._esm)").raise_error()
"""


def cells():
    """Return the first cell of each chapter, by its text."""
    texts = {}
    for path in ROOT.glob("chapters/[0-9]*/*.ipynb"):
        first = next(
            cell
            for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
            if cell["cell_type"] == "code"
        )
        texts.setdefault("".join(first["source"]), []).append(path.name)
    return texts


def test_every_chapter_begins_with_the_same_cell():
    [(cell, chapters)] = cells().items()
    assert len(chapters) > 40 and '"google.colab" in sys.modules' in cell


@pytest.mark.slow
def test_the_cell_installs_the_package_with_its_explorers(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    [python] = (path for path in (tmp_path / "venv").glob("*/python*") if path.stem == "python")
    [packages] = (tmp_path / "venv").rglob("site-packages")
    libraries = [
        path for path in sys.path if path.endswith("site-packages")
    ]  # as Colab has them, d2lite left out
    (packages / "libraries.pth").write_text("\n".join(libraries))
    built = [
        path.relative_to(ROOT) for path in _bundle.build().rglob("*") if path.is_file()
    ]  # esbuild is npm's
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "D2LITE_DATA_DIR")}
    environment |= stand_in(tmp_path / "repository", *built)
    environment |= {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "OMP_NUM_THREADS": "1"}
    [cell] = cells()
    command = [str(python), "-c", RUN, cell]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    *_, where, allowed, has_script = done.stdout.split("\n")[:-1]
    assert Path(where).resolve().is_relative_to(packages.resolve()), done.stdout
    assert (allowed, has_script) == ("widgets are allowed", "True")
