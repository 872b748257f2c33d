"""Run every notebook once more, by nbval, and compare the text it prints with what the build printed.

    python tools/rerun_notebooks.py [options of pytest]

The notebooks are taken with their outputs from the build into _build/rerun. Pictures and the views of widgets are
not compared. A cell that measures time or memory has the tag nbval-ignore-output: it runs, and nothing is compared.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml
from build_book import ROOT, execution, files_of, source_of
from jupyter_cache import get_cache
from nbval.kernel import RunningKernel

FOLDER = ROOT / "_build" / "rerun"
PICTURES = ("image/png", "image/svg+xml", "text/html")
PATIENCE = 300  # seconds until a cell's output is there


def executed(path):
    """Return a notebook with the outputs that the build gave it.

    Args:
        path: path of the notebook's source.

    Raises:
        KeyError: the build holds no outputs for the notebook as it is now.
    """
    notebook = execution.read(path)
    cache = get_cache(str(execution.cache_folder(notebook, ROOT, ROOT / "_build")))
    return cache.merge_match_into_notebook(notebook)[1]


def write_all():
    """Write every notebook with its outputs into FOLDER; return the names of those the build has not run."""
    toc, missing = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")), []
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name in files_of(toc):
        path = source_of(name)
        if path is None or execution.read(path) is None:
            continue
        target = FOLDER / f"{name}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            nbformat.write(executed(path), target)
        except KeyError:
            missing.append(name)
    return missing


def pytest_collection_modifyitems(items):
    """Let a busy machine take its time, and compare what is said alone, whatever address an object has."""
    for item in items:
        item.output_timeout = PATIENCE
        item.parent.skip_compare = {*item.parent.skip_compare, *PICTURES}
        item.parent.sanitize_patterns[r"0x[0-9a-fA-F]+"] = "0x0"


def _execute(kernel, source, allow_stdin=None):
    """Run a cell as a notebook does: only what is in the history can end with a semicolon that silences it."""
    return kernel.kc.execute(source, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


RunningKernel.execute_cell_input = _execute


def main():
    """Write the notebooks and run them; this file is a plug-in of that pytest."""
    missing = write_all()
    for name in missing:
        print(f"{name} has no outputs: build the book first")
    tools = os.pathsep.join(filter(None, [str(ROOT / "tools"), os.environ.get("PYTHONPATH")]))
    options = ["-p", Path(__file__).stem, "-n", "2", "--dist", "loadscope", "--nbval"]
    options += ["--nbval-cell-timeout", str(PATIENCE), "--rootdir", str(FOLDER), *sys.argv[1:]]
    command = [sys.executable, "-m", "pytest", *options, str(FOLDER)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": tools}
    return subprocess.run(command, cwd=ROOT, env=environment).returncode or int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
