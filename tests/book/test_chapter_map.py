"""The map of chapters shows what the chapters themselves say that they need."""

import json
import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
from d2lite_book import chapter_map  # noqa: E402

PARTS = [
    part["chapters"]
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
    if part.get("numbered")
]
NAMES = [chapter["file"] for part in PARTS for chapter in part]


def notebook(path, *texts):
    cells = [{"cell_type": "markdown", "source": [text]} for text in texts]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return path


def test_needs_are_the_links_of_you_need_and_no_others(tmp_path):
    path = notebook(
        tmp_path / "one.ipynb",
        "See [other](other.ipynb).",
        "**You will**\n\n- go.\n\n**You need** [a](a.ipynb), [b](../02_b/b.ipynb#part), [a](a.ipynb) and "
        "[words](../../book/glossary.md#x).\n\n[late](late.ipynb)",
    )
    assert chapter_map.needs_of(path, "chapters/01_a/one") == ["chapters/01_a/a", "chapters/02_b/b"]
    assert chapter_map.needs_of(notebook(path, "No promise."), "chapters/01_a/one") == []


def test_all_needs_are_those_of_the_needed_too():
    needs = {"a": [], "b": ["a"], "c": ["b", "elsewhere"], "d": ["c", "a"]}
    assert chapter_map.all_needs(needs) == {"a": [], "b": ["a"], "c": ["a", "b"], "d": ["a", "b", "c"]}


def test_a_circle_of_needs_ends():
    assert chapter_map.all_needs({"a": ["b"], "b": ["a"]})["a"] == ["a", "b"]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_chapter_needs_comes_before_it(name):
    for need in chapter_map.needs_of(ROOT / f"{name}.ipynb", name):
        assert need in NAMES, f"{name} needs {need}, which is no chapter"
        assert NAMES.index(need) < NAMES.index(name), f"{name} needs {need}, which comes later"


def test_the_map_has_a_mark_for_each_chapter_and_a_line_for_each_need():
    parts = [("One", ["a", "b"]), ("Two", ["c"])]
    needs = {"a": [], "b": ["a"], "c": ["b"]}
    drawn = chapter_map.draw(
        parts, needs, lambda name: f"{name}.html", lambda name: f"{ord(name) - 96}. Title <{name}>"
    )
    assert re.findall(r'data-chapter="(\d)" data-needs="([\d ]*)"', drawn) == [
        ("0", ""),
        ("1", "0"),
        ("2", "0 1"),
    ]
    assert re.findall(r'data-ends="([\d ]+)"', drawn) == ["0 1", "1 2"]
    assert 'href="c.html"' in drawn and "Title &lt;c&gt;" in drawn
    listed = chapter_map.table(parts, needs, lambda name: f"{name}.html", lambda name: f"Title {name}")
    assert listed.count("<tr>") == 6 and "nothing of this book" in listed
