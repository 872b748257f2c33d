"""tools/make_assignment.py takes the solutions out of a chapter and leaves what checks them."""

import importlib.util
import json
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
    assert checks == ["assert found == [0, 2, 4] and x == 3", "assert (\n    double(5)\n    == 10\n)"]
    assert names == ["x", "found", "double"] or set(names) == {"x", "found", "double"}
    space = {}
    exec(SOLUTION, space)
    for check in checks:
        exec(check, space)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_chapter_makes_an_assignment(path):
    chapter = json.loads(path.read_text(encoding="utf-8"))
    before = json.dumps(chapter)
    assignment = tool.make_assignment(chapter)
    assert json.dumps(chapter) == before
    nbformat.validate(nbformat.from_dict(assignment))
    tags = [cell["metadata"].get("tags", []) for cell in assignment["cells"]]
    assert not any("solution" in each for each in tags)
    solutions = [cell for cell in chapter["cells"] if tool._is_solution(cell)]
    assert tags.count(["answer"]) == len(solutions) >= 4
    assert tags.count(["checks"]) >= len(solutions) - 2
    for cell in assignment["cells"]:
        if cell["metadata"].get("tags") == ["answer"]:
            assert compile("".join(cell["source"]), "answer", "exec").co_consts == (None,), (
                "an answer is there"
            )


def test_exercises_are_chosen_and_unknown_ones_refused():
    chapter = json.loads((ROOT / "chapters/04_optimizers/momentum.ipynb").read_text(encoding="utf-8"))
    ids = [cell["id"] for cell in tool.make_assignment(chapter, [1, 3])["cells"]]
    assert {"exercise-1", "answer-1", "exercise-3", "answer-3"} <= set(ids)
    assert "exercise-2" not in ids and "answer-2" not in ids
    with pytest.raises(ValueError, match="exercises has 9: expected some of 1, 2, 3"):
        tool.make_assignment(chapter, [9])
