"""tools/make_assignment.py takes the solutions out of a chapter and leaves what checks them."""

import importlib.util
import json
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*/*.ipynb"))
spec = importlib.util.spec_from_file_location("make_assignment", ROOT / "tools" / "make_assignment.py")
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)

SOLUTION = """x = 2
assert x == 2  # changed below: no check
x = 3


def double(value):
    y = 2 * value
    return y


found = [double(k) for k in range(3)]
for k in found:
    assert k >= 0
assert found == [0, 2, 4] and x == 3
assert (
    double(5)
    == 10
)
"""


def test_checks_are_the_asserts_that_hold_at_the_end():
    checks, names = tool.checks_of(SOLUTION)
    assert checks == [
        "for k in found:\n    assert k >= 0",
        "assert found == [0, 2, 4] and x == 3",
        "assert (\n    double(5)\n    == 10\n)",
    ]
    assert set(names) == {"x", "found", "double"}
    space = {}
    exec(SOLUTION, space)
    for check in checks:
        exec(check, space)


def test_a_loop_that_tries_a_function_of_the_solution_is_a_check_and_one_that_answers_is_none():
    """All loops were left out, and what they assert with them."""
    source = """def double(value):
    return 2 * value


for value in (1, 2):
    wanted = value + value
    print(value)
    assert double(value) == wanted
total = 0
for value in (1, 2):
    total += double(value)
    assert total > 0
for value in (1, 2):
    share = 1 / value
    assert share <= 1
found, table = [], {}
for value in (1, 2):
    found.append(double(value))
    assert found[-1] > 0
for value in (1, 2):
    table[value] = double(value)
    assert table[value] > 0
"""
    checks, names = tool.checks_of(source)
    assert checks == [
        "for value in (1, 2):\n    wanted = value + value\n    print(value)\n    assert double(value) == wanted"
    ]
    assert names == ["double"]
    with pytest.raises(AssertionError):
        exec(checks[0], {"double": lambda value: 3 * value})


@pytest.mark.parametrize(
    ("chapter", "number", "name"),
    [("04_optimizers/momentum", 6, "stationary"), ("08_detection/nms_and_map", 3, "shifted_nms")],
)
def test_loops_of_the_book_that_try_a_function_are_kept(chapter, number, name):
    notebook = json.loads((ROOT / f"chapters/{chapter}.ipynb").read_text(encoding="utf-8"))
    (cell,) = (each for each in tool.make_assignment(notebook)["cells"] if each["id"] == f"checks-{number}")
    loop = "".join(cell["source"])
    assert "\nfor " in f"\n{loop}" and f"{name}(" in loop


def test_names_of_comprehensions_are_nobodys_business_and_imports_are():
    source = """import math
shares = {n: 1 / n for n in (1, 2)}
for n, share in shares.items():
    print(n, share)
assert all(share <= 1 for n, share in shares.items())
assert math.isclose(sum(share for share in shares.values()), 1.5)
"""
    checks, names = tool.checks_of(source)
    assert len(checks) == 2  # the second changes no share of the first
    assert names == ["shares", "math"]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_makes_an_assignment(path):
    chapter = json.loads(path.read_text(encoding="utf-8"))
    before = json.dumps(chapter)
    assignment = tool.make_assignment(chapter)
    assert json.dumps(chapter) == before
    nbformat.validate(nbformat.from_dict(assignment))
    tags = [cell["metadata"].get("tags", []) for cell in assignment["cells"]]
    assert not any("solution" in each for each in tags)
    exercises = [cell["id"] for cell in chapter["cells"] if cell["id"].startswith("exercise-")]
    answers = [cell["id"] for cell in assignment["cells"] if cell["metadata"].get("tags") == ["answer"]]
    assert answers == [each.replace("exercise", "answer") for each in exercises] and len(answers) >= 4
    assert tags.count(["checks"]) >= len(answers) - 2
    for cell in assignment["cells"]:
        if cell["metadata"].get("tags") == ["answer"]:
            assert compile("".join(cell["source"]), "answer", "exec").co_consts == (None,), (
                "an answer is there"
            )


def test_a_solution_in_two_cells_is_one_answer():
    def cell(name, kind, source, tags):
        return {"id": name, "cell_type": kind, "source": source, "metadata": {"tags": tags}}

    both = [
        cell("exercise-5", "markdown", "Do it.", []),
        cell("solution-5", "code", "x = 1\nassert x == 1\ny = 2\nassert y == 2\n", ["solution"]),
        cell("solution-5-runs", "code", "y = 3\nassert y == 3\n", ["solution"]),
    ]
    made = tool.make_assignment({"cells": both})["cells"]
    assert [each["id"] for each in made] == ["exercise-5", "answer-5", "checks-5"]
    assert "look for x, y." in "".join(made[1]["source"])
    checks = "".join(made[2]["source"])  # y == 2 no longer holds at the end
    assert checks.startswith("assert x == 1\nassert y == 3\n")
    assert tool.make_assignment({"cells": both}, [5])["cells"] == made


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_links_of_an_assignment_lead_to_pages_of_the_site_wherever_it_stands(path):
    base, name = "https://book.test/", path.relative_to(ROOT).as_posix()
    notebook = json.loads(path.read_text("utf-8"))
    before, after = (
        "\n".join("".join(cell["source"]) for cell in each["cells"] if cell["cell_type"] == "markdown")
        for each in (notebook, tool.link_to_site(notebook, name, base))
    )
    assert not re.findall(r"\]\((?!https?:)[^)#]*\.(?:ipynb|md)[)#]", after)
    pages = re.findall(rf"\]\({base}([^)#]*)\.html", after)
    assert len(pages) == len(re.findall(r"\]\((?!https?:)[^)#]*\.(?:ipynb|md)[)#]", before)) > 2
    for page in pages:
        assert (ROOT / f"{page}.ipynb").exists() or (ROOT / f"{page}.md").exists()
    assert re.findall(r"\]\(#[^)]*\)", after) == re.findall(r"\]\(#[^)]*\)", before)  # words that act stay


def test_exercises_are_chosen_and_unknown_ones_refused():
    chapter = json.loads((ROOT / "chapters/04_optimizers/momentum.ipynb").read_text(encoding="utf-8"))
    ids = [cell["id"] for cell in tool.make_assignment(chapter, [1, 3])["cells"]]
    assert {"exercise-1", "answer-1", "exercise-3", "answer-3"} <= set(ids)
    assert "exercise-2" not in ids and "answer-2" not in ids
    with pytest.raises(ValueError, match="exercises has 9: expected some of 1, 2, 3"):
        tool.make_assignment(chapter, [9])


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (str(ROOT / "chapters/04_optimizers/momentum.ipynb"), "expected a file outside chapters/"),
        (str(ROOT / "chapters/new.ipynb"), "expected a file outside chapters/"),
        ("missing/new.ipynb", "No such file or directory"),
    ],
)
def test_an_assignment_overwrites_no_chapter_and_a_folder_that_is_missing_is_told(
    monkeypatch, tmp_path, output, message
):
    chapter = ROOT / "chapters/04_optimizers/momentum.ipynb"
    before = chapter.read_bytes()
    monkeypatch.setattr("sys.argv", ["make_assignment.py", "04_optimizers/momentum", str(tmp_path / output)])
    with pytest.raises(SystemExit, match=message):
        tool.main()
    assert chapter.read_bytes() == before
