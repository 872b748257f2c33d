"""Chapters as tests use them: the names that a chapter's own cells define."""

import ast
import importlib.util
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


class Chapter(dict):
    """The names that cells of a chapter have left behind.

    sources holds the text of each cell by its id, code the ids of the cells of code.
    """

    def __init__(self, path):
        notebook = nbformat.read(ROOT / "chapters" / f"{path}.ipynb", as_version=4)
        self.sources = {cell.id: cell.source for cell in notebook.cells}
        self.code = [cell.id for cell in notebook.cells if cell.cell_type == "code"]

    def run(self, *cells):
        """Run these cells whole."""
        for cell in cells:
            exec(compile(self.sources[cell], cell, "exec"), self)

    def define(self, *cells):
        """Run of these cells the imports, functions and classes alone: no training, no figure, no check."""
        for cell in cells:
            tree = ast.parse(self.sources[cell])
            tree.body = [node for node in tree.body if isinstance(node, DEFINITIONS)]
            exec(compile(tree, cell, "exec"), self)


@pytest.fixture(scope="module")
def read_chapter():
    """Function of a chapter's path that gives the Chapter, none of its cells run yet.

    What cells change in matplotlib and torch is set back when the module's tests are done.
    """
    plt.switch_backend("agg")
    kept = torch.get_default_dtype()
    yield Chapter
    torch.set_default_dtype(kept)
    plt.close("all")
    plt.rcdefaults()


@pytest.fixture(scope="module")
def read_recorder():
    """Function of a name that gives the script tools/record/<name>.py as a module; they import each other by name."""
    before, folder = sys.path[:], ROOT / "tools" / "record"
    sys.path.insert(0, str(folder))

    def read(name):
        spec = importlib.util.spec_from_file_location(f"{name}_recorder", folder / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield read
    sys.path[:] = before
