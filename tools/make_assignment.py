"""Make an assignment of a chapter: python tools/make_assignment.py 04_optimizers/momentum momentum_assignment.ipynb

The chapter as it is, but with an empty cell in place of each solution, and under it the checks that the solution
passes: its asserts, and loops of asserts or over a function that it writes. The empty cell says which names they look
for. A solution in several cells (solution-5, solution-5-runs) is one. Some exercises only: --exercises 1 3 4.
"""

import argparse
import ast
import json
import posixpath
import re
import symtable
import sys
from pathlib import Path

import yaml

from d2lite._utils.files import replacing, user_path

ROOT = Path(__file__).resolve().parent.parent


def stored(node):
    """Return the names that a statement defines, imports or changes; those of its functions' and comprehensions' own
    are none."""
    table = symtable.symtable(ast.unparse(node), "solution", "exec")
    return {each.get_name() for each in table.get_symbols() if each.is_assigned() or each.is_imported()}


def read_by(node):
    """Return the names that a statement takes from elsewhere, those that its comprehensions go through left out."""
    names = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
    return {each.id for each in names} - {each.id for each in names if isinstance(each.ctx, ast.Store)}


def is_check(statement, functions):
    """Return whether a statement checks a solution and is not itself the answer: an assert, a loop of nothing else, or
    one that asserts what a function of the solution gives and keeps nothing for later."""
    if not isinstance(statement, ast.For) or all(isinstance(each, ast.Assert) for each in statement.body):
        return isinstance(statement, (ast.Assert, ast.For))
    inside = [*ast.walk(statement)]
    calls = {
        each.func.id for each in inside if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)
    }
    asserts = any(isinstance(each, ast.Assert) for each in inside)
    return asserts and bool(calls & functions) and not any(map(_keeps, inside))


def _keeps(node):
    """Return whether a part of a loop keeps something for later: sums up, fills a list or writes into one."""
    written = isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store)
    fills = isinstance(node, ast.Attribute) and node.attr in ("append", "extend", "insert", "add", "update")
    return written or fills or isinstance(node, ast.AugAssign)


def checks_of(source):
    """Return the checks of a solution, and the names that they take from it.

    Args:
        source: code of a solution's cell.

    Returns:
        (list of the lines of its checks that still hold at its end, list of names in order). One about something
        that the solution changes afterwards is no check of what a student hands in.
    """
    statements = ast.parse(source).body
    defined = dict.fromkeys(name for each in statements for name in sorted(stored(each)))
    functions = {each.name for each in statements if isinstance(each, (ast.FunctionDef, ast.ClassDef))}
    checks, wanted = [], []
    for place, statement in enumerate(statements):
        if not is_check(statement, functions):
            continue
        names = read_by(statement)
        if any(names & stored(later) for later in statements[place + 1 :]):
            continue
        checks.append(ast.get_source_segment(source, statement))
        wanted += [name for name in defined if name in names]
    return checks, [*dict.fromkeys(wanted)]


def make_assignment(notebook, exercises=None):
    """Return a chapter as an assignment.

    Args:
        notebook: the chapter, nbformat's JSON as a dict; it stays as it is.
        exercises: numbers of the exercises to keep; None: all.

    Returns:
        A notebook as a dict.

    Raises:
        ValueError: the chapter has no such exercise.
    """
    solutions = {}
    for cell in filter(_is_solution, notebook["cells"]):
        solutions.setdefault(_number(cell), []).append("".join(cell["source"]))
    numbers = set(solutions)
    wanted = numbers if exercises is None else set(map(str, exercises))
    if unknown := sorted(wanted - numbers):
        raise ValueError(
            f"exercises has {', '.join(unknown)}: expected some of {', '.join(sorted(numbers, key=int))}"
        )
    cells = []
    for cell in notebook["cells"]:
        if cell["id"].startswith("exercise-") and _number(cell) not in wanted:
            continue
        if not _is_solution(cell):
            cells.append(cell)
        elif _number(cell) in wanted and (parts := solutions.pop(_number(cell), None)):
            cells += _empty(_number(cell), *checks_of("\n".join(parts)))
    return {**notebook, "cells": cells}


def link_to_site(notebook, chapter, base):
    """Return a notebook whose links to pages of the book lead to the site: it will stand in another folder.

    Args:
        notebook: of nbformat's JSON as a dict; it stays as it is.
        chapter: path of its source in the repository, such as "chapters/04_optimizers/momentum.ipynb".
        base: address of the site, with a slash at its end.
    """

    def to_site(match):
        page = posixpath.normpath(posixpath.join(posixpath.dirname(chapter), match[1]))
        return f"]({base}{page}.html"

    def linked(cell):
        text = re.sub(r"\]\((?!\w+:)([^)\s#]+)\.(?:ipynb|md)(?=[)#])", to_site, "".join(cell["source"]))
        return {**cell, "source": text.splitlines(keepends=True)} if cell["cell_type"] == "markdown" else cell

    return {**notebook, "cells": [*map(linked, notebook["cells"])]}


def _number(cell):
    """Return the number of an exercise's cell or of a solution's: 5 of exercise-5, solution-5 and solution-5-runs."""
    return cell["id"].split("-")[1]


def _is_solution(cell):
    return "solution" in cell["metadata"].get("tags", [])


def _empty(number, checks, names):
    """Return the cells that stand for a solution: room for it, and its checks."""
    said = f" The checks below look for {', '.join(names)}." if names else ""
    cells = [_code(f"answer-{number}", f"# Your solution.{said}\n", ["answer"])]
    if checks:
        lines = "\n".join([*checks, f'print("exercise {number}: all checks passed")'])
        cells.append(_code(f"checks-{number}", lines, ["checks"]))
    return cells


def _code(name, source, tags):
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {"tags": tags},
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }


def main():
    """Write the assignment and say how many checks it has."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("chapter", help="such as 04_optimizers/momentum")
    parser.add_argument("output", type=user_path)
    parser.add_argument("--exercises", nargs="+", type=int)
    options = parser.parse_args()
    path = ROOT / "chapters" / f"{options.chapter}.ipynb"
    if not path.exists():
        names = sorted(each.stem for each in (ROOT / "chapters").glob("*/*.ipynb"))
        sys.exit(f"chapter is {options.chapter!r}: expected a part and one of {', '.join(names)}")
    if options.output.resolve().is_relative_to(ROOT / "chapters"):
        sys.exit(f"output is {options.output}: expected a file outside chapters/, which it would overwrite")
    try:
        assignment = make_assignment(json.loads(path.read_text(encoding="utf-8")), options.exercises)
        base = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["html"]["baseurl"]
        assignment = link_to_site(assignment, path.relative_to(ROOT).as_posix(), base)
        with replacing(options.output, "w", encoding="utf-8") as file:
            json.dump(assignment, file, indent=1, ensure_ascii=False)
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    tags = [cell["metadata"].get("tags", []) for cell in assignment["cells"]]
    print(f"{options.output}: {tags.count(['answer'])} exercises, {tags.count(['checks'])} with checks")


if __name__ == "__main__":
    main()
