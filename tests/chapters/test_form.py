"""Every chapter has the form of CONTRIBUTING.md, and every d2lite name it mentions exists."""

import importlib
import itertools
import re
from pathlib import Path

import form
import nbformat
import pytest
from form import lines, tags

ROOT = Path(__file__).resolve().parent.parent.parent
CHAPTERS = sorted((ROOT / "chapters").rglob("*.ipynb"))
TEMPLATE = ROOT / "tools" / "chapter.ipynb"  # has all forms, and is short
SECTIONS = ("Pitfalls", "Summary", "Exercises", "Further reading")


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    notebook = nbformat.read(request.param, as_version=4)
    nbformat.validate(notebook)
    notebook.folder = request.param.parent
    return notebook


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def test_toc_lists_every_chapter_and_nothing_else():
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"file: (chapters/\S+)", toc))
    assert listed == {path.relative_to(ROOT).with_suffix("").as_posix() for path in CHAPTERS}


def test_committed_without_outputs_and_with_stable_ids(chapter):
    assert (chapter.nbformat, chapter.nbformat_minor) == (4, 5)
    assert chapter.metadata.kernelspec.name == "python3"
    assert "widgets" not in chapter.metadata
    assert all(not cell.outputs and cell.execution_count is None for cell in code(chapter))
    ids = [cell.id for cell in chapter.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", cell_id) for cell_id in ids), (
        "ids are words, so that diffs stay readable"
    )


def test_sections_stand_in_order(chapter):
    heads = re.findall(r"^## (.+)$", text(chapter), re.M)
    places = [next((i for i, head in enumerate(heads) if head.startswith(name)), -1) for name in SECTIONS]
    assert -1 not in places, f"missing one of {SECTIONS} in {heads}"
    assert places == sorted(places)
    assert places[0] >= 3, "three to five sections come before the pitfalls"
    assert chapter.cells[0].source.startswith("# ")


def test_promises_and_summary_correspond(chapter):
    promises = re.search(r"\*\*You will\*\*.*?\n\n(.*?)\n\n", text(chapter), re.S).group(1)
    summary = re.search(r"^## Summary\n(.*?)(?=^## )", text(chapter), re.S | re.M).group(1)
    bullets = [len(re.findall(r"^- ", part, re.M)) for part in (promises, summary)]
    assert 3 <= bullets[0] <= 5
    assert bullets[0] == bullets[1]


def test_exercises_have_solutions_that_assert(chapter):
    solutions = [cell for cell in code(chapter) if "solution" in tags(cell)]
    exercises = re.search(r"^## Exercises\n(.*?)(?=^## |\Z)", text(chapter), re.S | re.M).group(1)
    assert 4 <= len(re.findall(r"^\*\*\d+\.", exercises, re.M)) <= 6
    assert len(solutions) >= 4
    for cell in solutions:
        assert "hide-cell" in tags(cell)
        assert cell.metadata.get("jupyter", {}).get("source_hidden") is True
    assert sum("assert" in cell.source for cell in solutions) >= len(solutions) - 1


def test_every_citation_leads_to_its_entry(chapter):
    assert "book/bibliography.md)" not in text(chapter), "link with the entry's key: bibliography.md#key"


def test_cells_are_small_and_never_follow_each_other(chapter):
    lesson = [cell for cell in chapter.cells if not tags(cell) & {"solution", "remove-cell"}]
    read = [cell for cell in lesson if cell.cell_type == "code" and "remove-input" not in tags(cell)]
    sizes = [len(lines(cell.source)) for cell in read]
    assert max(sizes) <= 30
    pairs = [
        b.id
        for a, b in itertools.pairwise(lesson)
        if a.cell_type == b.cell_type == "code" and "claims" not in tags(b)
    ]
    assert not [cell_id for cell_id in pairs if cell_id not in ("hero", "setup")], (
        "a sentence stands between two code cells"
    )


def test_code_fits_its_column(chapter):
    """92 characters show on a laptop of 1,280 pixels; tests/browser asks the same of what is printed."""
    shown = [cell for cell in code(chapter) if "remove-input" not in tags(cell)]
    assert not [line for cell in shown for line in lines(cell.source) if len(line) > 92]


def test_claims_are_asserted_and_an_explorer_is_there(chapter):
    sources = "\n".join(cell.source for cell in code(chapter))
    assert sources.count("assert") >= 5
    assert re.search(r"\w+Explorer\(", sources)


def test_nothing_is_installed_downloaded_or_forced_onto_a_device(chapter):
    for cell in code(chapter):
        if cell.id != "colab":
            assert not re.search(r"pip install|urlretrieve|requests\.|\.cuda\(|sys\.path", cell.source), (
                cell.id
            )


def test_every_name_of_the_package_that_a_chapter_uses_exists(chapter):
    everything = "\n".join(cell.source for cell in chapter.cells)
    for name in set(re.findall(r"\bd2lite((?:\.[A-Za-z_]\w*)+)", everything)):
        if name.endswith((".github", ".github.io", ".git")):
            continue
        here = importlib.import_module("d2lite")
        for part in name.strip(".").split("."):
            assert hasattr(here, part), f"d2lite{name}"
            here = getattr(here, part)


def test_heads_of_tables_have_a_word_beside_their_formula(chapter):
    """A head of mathematics alone has no name for screen readers."""
    for cell in chapter["cells"]:
        source = "".join(cell["source"]) if cell["cell_type"] == "markdown" else ""
        for head in re.findall(r"^\|(.*)\|\n\|[-:| ]+\|$", source, re.MULTILINE):
            for name in head.split("|"):
                assert not name.strip() or re.sub(r"\$.*?\$", "", name).strip(), f"{cell['id']}: {name}"


def test_links_to_files_lead_somewhere(chapter):
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text(chapter)):
        assert (chapter.folder / target).exists(), target


@pytest.mark.parametrize("rule", form.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", [TEMPLATE, *CHAPTERS], ids=lambda path: path.stem)
def test_second_edition(path, rule):
    if not (path == TEMPLATE and rule == form.length):
        assert rule(nbformat.read(path, as_version=4)) == []


@pytest.mark.parametrize(
    ("rule", "cell", "old", "new"),
    [
        (form.opening, "title", "> The finding", "The finding"),
        (form.opening, "title", "The question", "The question " * 60),
        (form.opening, "title", "of at most", "of at most " * 40),
        (form.hero, "colab", "", "remove"),
        (form.drawing, "promises", "What was", "$$x$$"),
        (form.drawing, "neuron-drawing", "diagrams.", "plotting."),
        (form.questions, "draw", "DrawIt(", "plot("),
        (form.questions, "question-choice", "Question.choice(", "print("),
        (form.questions, "question-number", ".number(", ".order("),
        (form.claims, "claims-1", "  # a score of 0 gives one half", ""),
        (form.style, "setup", "plotting.use_style()", ""),
        (form.claims, "claims-1", "  # a score of 0 gives one half", "  # half"),
        (form.claims, "claims-1", "assert", "print(p)\nassert"),
        (form.claims, "claims-1", "assert", "check ="),
        (form.claims, "sigmoid", "print(p)", "assert p[0] < 1\nassert p[0] < 2"),
        (form.use_it, "use-it", "## Use it", "## The end"),
        (form.use_it, "section-3", "## Third", "### Third"),
        (form.length, "title", "", ""),
        (form.length, "use-it", "The ten", "one two three " * 1000),
        (form.short_path, "promises", "**In ten minutes**", "In ten minutes"),
        (form.short_path, "promises", "*First section*", "*A section*"),
        (form.short_path, "section-1", "A ladder", "one two three " * 500),
        (form.predictions, "section-2", "Its", "**Predict** its"),
        (form.acting, "section-2", "Its", "[One](#d2l-x?a=1&b=f(x))\n\n## Next\n\n[two](#d2l-x?a=2). Its"),
        (form.tone, "pitfalls", "A misconception", "What Lecture notes say"),
        (form.glossary, "section-1", "glossary.md#odds", "glossary.md"),
    ],
)  # fmt: skip
def test_a_broken_form_is_told(rule, cell, old, new):
    notebook = nbformat.read(TEMPLATE, as_version=4)
    target = next(each for each in notebook.cells if each.id == cell)
    assert old in target.source
    if new == "remove":
        notebook.cells.remove(target)
    else:
        target.source = target.source.replace(old, new)
    assert rule(notebook)


def test_an_explorer_with_the_caption_of_a_figure_is_told():
    notebook = nbformat.read(TEMPLATE, as_version=4)
    shown = next(cell for cell in notebook.cells if cell.id == "hero")
    shown.source += "\nRootsExplorer()"
    assert form.hero(notebook) == []
    shown.metadata["mystnb"] = {"figure": {"caption": "A figure.", "name": "fig-a"}}
    assert form.hero(notebook) == ["cell 'hero' is an explorer with the caption of a figure"]


def test_what_is_folded_has_any_length():
    notebook = nbformat.read(TEMPLATE, as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    cells["use-it"].source += " word" * 1300
    assert form.length(notebook) == []
    for folded in ("deeper", "exercises", "reading"):
        cells[folded].source += " word" * 3000 + "\n\n### A part of it\n\n" + " word" * 3000
    for folded in ("deeper-slope", "claims-1", "solution-2", "draw"):
        cells[folded].source += "\nprint(1)" * 201
    assert form.length(notebook) == []
    cells["recipe"].source += "\nprint(1)" * 201
    assert "lines of code" in form.length(notebook)[0]


def test_figures_of_the_book_have_names_of_their_own():
    """A name that two chapters give is a warning of the build, which stops it."""
    names = [
        cell.metadata["mystnb"]["figure"]["name"]
        for path in CHAPTERS
        for cell in nbformat.read(path, as_version=4).cells
        if "figure" in cell.metadata.get("mystnb", {})
    ]
    assert sorted(names) == sorted(set(names))
