"""The reference documents every public name, and links it with the chapters both ways."""

import importlib
import inspect
import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
from d2lite_book.reference import modules, names_used, public_names, resolve, usage  # noqa: E402

MODULES = modules()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import d2lite\nd2lite.fit(model)", {"d2lite.fit"}),
        (
            "from d2lite import datasets\ndatasets.points('xor').split()",
            {"d2lite.datasets.points"},
        ),
        ("from d2lite.vision.boxes import iou as overlap\noverlap(a, b)", {"d2lite.vision.boxes.iou"}),
        ("import d2lite.vision.boxes as b\nb.giou", {"d2lite.vision.boxes.giou"}),
        ("import numpy as np\nnp.fit", set()),
        ("%matplotlib inline", set()),
        ("import d2lite\nwrong = (\n    d2lite.fit(model)\n    != 2\n)", {"d2lite.fit"}),
        ("import d2lite\nprint(\n    '%s'\n    % d2lite.fit(model)\n)", {"d2lite.fit"}),
    ],
)
def test_names_are_resolved_through_imports(source, names):
    assert names_used(source) == names


def test_every_module_of_the_package_has_its_place():
    text = (ROOT / "book" / "reference.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"d2lite-reference:: (d2lite[\w.]*)", text))
    assert listed >= {name for name in MODULES if public_names(name)}
    for name in listed:
        importlib.import_module(name)


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_has_a_docstring(module):
    for name in public_names(module):
        assert inspect.getdoc(resolve(name)), name


def test_chapters_named_as_teaching_exist_or_are_in_the_plan():
    """A 'Taught in' names a chapter as NN_part/name; where the chapter is written, its text mentions the name."""
    for module in MODULES:
        for name in public_names(module):
            for chapter in re.findall(r"Taught in\s+(\S+)", inspect.getdoc(resolve(name)) or ""):
                assert re.fullmatch(r"chapters/\d\d_\w+/\w+\.?", chapter), f"{name}: {chapter}"


def test_usage_is_what_the_chapter_says(tmp_path):
    cell = nbformat.v4.new_code_cell(
        "import d2lite\nfrom d2lite import datasets\nd2lite.fit; datasets.points"
    )
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "page.ipynb")
    documented = {
        id(resolve(name)): name for name in ("d2lite.fit", "d2lite.datasets.points", "d2lite.evaluate")
    }
    assert usage(tmp_path, ["page", "absent"], documented) == {
        "page": ["d2lite.datasets.points", "d2lite.fit"]
    }
