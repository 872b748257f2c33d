"""tools/new_chapter.py makes a valid notebook with every section, and overwrites nothing."""

import shutil
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from new_chapter import main, new_chapter  # noqa: E402


@pytest.fixture
def book(tmp_path):
    """A book with one chapter entered."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "chapter.ipynb", tmp_path / "tools")
    (tmp_path / "_config.yml").write_text("repository:\n  url: https://example.org/book\n")
    (tmp_path / "_toc.yml").write_text(
        "parts:\n  - chapters:\n    - file: chapters/02_a/one\n    - file: chapters/03_b/x\n"
    )
    return tmp_path


def test_chapter_is_written_and_entered_in_its_part(book):
    new_chapter("02_a/two", 'A "quoted" title', "BoundaryExplorer", root=book)
    notebook = nbformat.read(book / "chapters/02_a/two.ipynb", as_version=4)
    nbformat.validate(notebook)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert notebook.cells[0].source.startswith('# A "quoted" title')
    assert all(f"## {section}" in text for section in ("Pitfalls", "Summary", "Exercises", "Further reading"))
    assert "git+https://example.org/book" in text
    assert not any(mark in text for mark in ("TITLE", "EXPLORER", "REPOSITORY"))
    files = [line.split()[-1] for line in (book / "_toc.yml").read_text().splitlines() if "file:" in line]
    assert files == ["chapters/02_a/one", "chapters/02_a/two", "chapters/03_b/x"]


def test_its_cells_run(book):
    new_chapter("02_a/two", "Title", root=book)
    names = {}
    for cell in nbformat.read(book / "chapters/02_a/two.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), names)
    assert names["p"][1] == 0.5


def test_a_new_part_is_said(book):
    assert "caption" in new_chapter("05_c/three", "Title", root=book)


def test_nothing_is_overwritten(book):
    new_chapter("02_a/two", "First", root=book)
    before = (book / "chapters/02_a/two.ipynb").read_text()
    with pytest.raises(FileExistsError, match="expected one that is not taken"):
        new_chapter("02_a/two", "Second", root=book)
    assert (book / "chapters/02_a/two.ipynb").read_text() == before


@pytest.mark.parametrize("path", ["two", "2_a/two", "02_a/Two", "02_a/../x", "/02_a/two", "02_a/two.ipynb"])
def test_bad_paths_are_refused(book, path):
    with pytest.raises(ValueError, match="expected NN_part/name"):
        new_chapter(path, "Title", root=book)


def test_any_title_makes_a_valid_notebook(book):
    title = 'The "TITLE" of an EXPLORER \\ with\ttabs\nand lines, 100 % \u00e9'
    new_chapter("02_a/two", title, root=book)
    notebook = nbformat.read(book / "chapters/02_a/two.ipynb", as_version=4)
    assert notebook.cells[0].source.startswith("# " + " ".join(title.split()) + "\n")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("RacesExplorer", "RaceExplorer"),
        ("race", ""),
        ("Explorer", ""),
        ("Question", ""),
        ("a b", ""),
    ],
)
def test_only_an_explorer_that_exists_is_one(book, name, nearest):
    """The chapter was written and entered with one that does not, and failed when the book was built."""
    before = (book / "_toc.yml").read_text()
    hint = f".*did you mean '{nearest}'" if nearest else ""
    with pytest.raises(ValueError, match=f"explorer is '{name}': expected one of .*'WritingExplorer'{hint}"):
        new_chapter("02_a/three", "Title", name, root=book)
    assert not (book / "chapters").exists() and (book / "_toc.yml").read_text() == before


def test_a_chapter_that_is_entered_already_is_not_entered_twice(book):
    toc = book / "_toc.yml"
    toc.write_text(toc.read_text() + "    - file: chapters/03_b/two\n")
    before = toc.read_text()
    assert "_toc.yml has it already" in new_chapter("03_b/two", "Title", root=book)
    assert toc.read_text() == before
    assert "entered" in new_chapter("03_b/tw", "Title", root=book)


@pytest.mark.parametrize("title", ["", "  "])
def test_a_title_has_a_word(book, title):
    with pytest.raises(ValueError, match="title is '.*': expected at least a word"):
        new_chapter("02_a/two", title, root=book)
    assert not (book / "chapters").exists()


def test_a_tree_that_cannot_be_written_is_told_in_a_line(book, monkeypatch, capsys):
    (book / "chapters").write_text("a file where the folder should be")
    monkeypatch.setattr("new_chapter.new_chapter.__defaults__", ("BoundaryExplorer", book))
    monkeypatch.setattr(sys, "argv", ["new_chapter.py", "02_a/two", "Title"])
    with pytest.raises(SystemExit, match="chapters"):
        main()
