"""The second run of notebooks: other text fails, but for addresses, pictures and cells that are marked."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parents[2]
SPEC = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def cell(source, printed=None, result=None, **metadata):
    outputs = []
    if printed:
        outputs.append(new_output("stream", name="stdout", text=printed))
    if result:
        outputs.append(new_output("execute_result", data={"text/plain": result}, execution_count=1))
    return new_code_cell(source, execution_count=1, outputs=outputs, metadata=metadata)


def test_only_text_that_is_not_the_same_fails(tmp_path):
    cells = [
        cell("print(6 * 7)", printed="42\n"),
        cell("print(6 * 7)", printed="41\n"),
        cell("import itertools; itertools.count", result="itertools.count"),
        cell("object()", result="<object at 0x7f61c1c51f10>"),
        cell("[1, 2];"),
        cell("'<object at 0x7F61C1C51F10>'", result="'<object at 0x000001D2A1C3FE50>'"),
        cell("print('1.5 ms')", printed="1.7 ms\n", tags=["nbval-ignore-output"]),
        cell("6 * 7", result="43"),
    ]
    nbformat.write(new_notebook(cells=cells, metadata=SPEC), tmp_path / "page.ipynb")
    options = ["-p", "rerun_notebooks", "--nbval", "-q", "-rA", "--color=no", "--rootdir", str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "tools"), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    results = [line for line in done.stdout.splitlines() if line.startswith(("PASSED ", "FAILED "))]
    failed = sorted(int(line.split("Cell ")[1].split()[0]) for line in results if line.startswith("FAILED "))
    assert (len(results), failed) == (len(cells), [1, 7]), done.stdout
