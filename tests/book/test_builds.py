"""The build script: which notebooks run again after an edit, and where their outputs are kept."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from myst_nb.core.config import NbParserConfig

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "book" / "_ext"), str(ROOT / "tools")]

from d2lite_book import (  # noqa: E402
    execution,
)

CHAPTERS = sorted(ROOT.glob("chapters/*/*.ipynb"))


@pytest.fixture(scope="module")
def build_book():
    spec = importlib.util.spec_from_file_location("build_book", ROOT / "tools" / "build_book.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def copy_of_tree(tmp_path_factory):
    """A copy of the package, to be edited."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "d2lite", root / "d2lite", ignore=shutil.ignore_patterns("__pycache__"))
    return root


def keys_of(chapters, root):
    """Return what each chapter's outputs are kept under."""
    return {chapter.stem: execution.key_of(execution.read(chapter), root) for chapter in chapters}


@pytest.fixture(scope="module")
def keys_before(copy_of_tree):
    """The keys of all chapters in the copy as it is."""
    return keys_of(CHAPTERS, copy_of_tree)


def changed_by(path, root, before):
    """The chapters that an edit of a file of the package makes run again; undone, none."""
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"""', b'"""Edited: ', 1) if path.suffix == ".py" else content + b"1")
    after = keys_of(CHAPTERS, root)
    path.write_bytes(content)
    changed = {name for name in before if before[name] != after[name]}
    assert (
        keys_of([chapter for chapter in CHAPTERS if chapter.stem in changed], root).items() <= before.items()
    )
    return changed


@pytest.mark.parametrize(
    ("file", "users", "others"),
    [
        ("vision/boxes.py", {"boxes", "anchors", "nms_and_map", "yolo"},
         {"logistic_regression", "gradient_descent", "momentum", "lenet", "rnn", "lstm", "convolution"}),
        ("widgets/race/__init__.py", {"adaptive_methods", "momentum"}, {"gradient_descent", "boxes", "lstm"}),
        ("sweeps/__init__.py", {"schedules_and_search", "dropout_and_early_stopping", "lstm"}, {"sequences", "rnn"}),
        ("language/ngrams.py", {"rnn"}, {"lstm", "boxes", "schedules_and_search"}),
        ("__init__.py", {chapter.stem for chapter in CHAPTERS}, set()),
        ("data/recordings/dropout_seeds.json.gz", {"dropout_and_early_stopping"}, {"schedules_and_search", "lstm"}),
        ("data/recordings/memory.json.gz", {"lstm"}, {"schedules_and_search", "dropout_and_early_stopping"}),
        ("data/us_births_daily.csv", {"sequences"}, {"rnn", "boxes", "lenet"}),
        ("data/photos/coffee.jpg", {"convolution"}, {"boxes", "lenet", "rnn"}),
        ("widgets/race/widget.js", set(), {chapter.stem for chapter in CHAPTERS}),
    ],
)  # fmt: skip
def test_an_edit_runs_again_what_uses_the_file_and_its_undoing_nothing(
    file, users, others, copy_of_tree, keys_before
):
    changed = changed_by(copy_of_tree / "d2lite" / file, copy_of_tree, keys_before)
    assert users <= changed
    assert not others & changed


def test_another_processor_has_outputs_of_its_own(monkeypatch):
    notebook = execution.read(CHAPTERS[0])
    key = execution.key_of(notebook, ROOT)
    monkeypatch.setattr(execution, "processor", lambda: ["x86_64", "another"])
    assert execution.key_of(notebook, ROOT) != key


@pytest.mark.parametrize("change", [("avx512f", ""), ("model\t\t: 1", "model\t\t: 2"), ("Intel", "AMD")])
def test_a_processor_is_its_model_and_vector_instructions(change, tmp_path):
    listing = tmp_path / "cpuinfo"
    text = "vendor_id\t: Intel\nmodel\t\t: 1\ncpu MHz\t: 2000\nflags\t\t: fpu avx2 avx512f md_clear\n"
    listing.write_text(text + "\n" + text)
    first = execution.processor(listing)
    listing.write_text(text.replace("2000", "2600").replace(" md_clear", ""))
    assert execution.processor(listing) == first, "the clock decides no digit"
    listing.write_text(text.replace(*change))
    assert execution.processor(listing) != first
    assert execution.processor(tmp_path / "missing")[0] == first[0]


def test_prose_is_no_part_of_the_key_and_code_is():
    notebook = execution.read(CHAPTERS[0])
    key = execution.key_of(notebook, ROOT)
    prose = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
    prose.source += "\n\nOne more sentence."
    assert execution.key_of(notebook, ROOT) == key
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.source += "\nprint(1)"
    assert execution.key_of(notebook, ROOT) != key


def test_versions_of_all_that_chapters_import_are_part_of_the_key():
    known = importlib.metadata.packages_distributions()
    for chapter in CHAPTERS:
        code = "\n".join(cell.source for cell in execution.read(chapter).cells if cell.cell_type == "code")
        tops = set(re.findall(r"^\s*(?:import|from)\s+(\w+)", code, re.MULTILINE)) - {"d2lite"}
        packages = {name.lower() for top in tops for name in known.get(top, ())}
        assert packages <= set(execution.PACKAGES), chapter
    assert execution._version("numpy") == importlib.metadata.version("numpy")
    assert execution._version("no-such-package") == "missing"  # an optional one


def test_the_cache_keeps_what_was_used_last(tmp_path):
    for age, name in enumerate(("newest", "middle", "in_use", "oldest")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "outputs").write_bytes(bytes(100))
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    execution.forget_oldest(tmp_path, {tmp_path / "in_use"}, most_bytes=400)
    assert len(list(tmp_path.iterdir())) == 4
    execution.forget_oldest(tmp_path, {tmp_path / "in_use"}, most_bytes=250)
    assert {path.name for path in tmp_path.iterdir()} == {"newest", "in_use"}
    execution.mark_used(tmp_path / "in_use")
    execution.forget_oldest(tmp_path, set(), most_bytes=100)
    assert {path.name for path in tmp_path.iterdir()} == {"in_use"}


def test_each_page_looks_in_its_own_folder(tmp_path):
    config = NbParserConfig(execution_mode="cache")
    env = SimpleNamespace(d2lite_keys={"a": "0123", "b": "4567"}, mystnb_config=config)
    app = SimpleNamespace(env=env, outdir=tmp_path / "html")
    for name, key in env.d2lite_keys.items():
        execution._choose_cache(app, name, [""])
        assert env.mystnb_config.execution_cache_path == str(tmp_path / ".jupyter_cache" / key)


def test_files_of_a_table_of_contents_come_in_order(build_book):
    toc = {
        "root": "a",
        "parts": [{"chapters": [{"file": "b", "sections": [{"file": "c"}]}, {"url": "https://x"}]}],
    }
    assert build_book.files_of(toc) == ["a", "b", "c"]


def test_only_pages_with_code_are_executed(tmp_path):
    plain = tmp_path / "plain.md"
    plain.write_text("# Title\n\n```python\nnot run\n```\n")
    assert execution.read(plain) is None
    assert len(execution.read(ROOT / "book" / "index.md").cells) > 1


def write_notebook(path, source, prose="", kernel="python3"):
    spec = {"kernelspec": {"name": kernel, "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_markdown_cell(prose, id="prose"), nbformat.v4.new_code_cell(source, id="code")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=spec), path)
    return path


@pytest.mark.parametrize(
    ("source", "kernel", "told"),
    [
        ("1 / 0", "python3", "ZeroDivisionError"),
        ("import os\nos._exit(1)", "python3", "Kernel died"),
        ("print(1)", "an-authors-own", "No such kernel named an-authors-own"),
    ],
)
def test_a_failing_notebook_is_reported_and_a_good_one_runs_once(
    build_book, tmp_path, monkeypatch, capsys, source, kernel, told
):
    monkeypatch.setattr(build_book, "ROOT", tmp_path)
    paths = [
        write_notebook(tmp_path / "bad.ipynb", source, kernel=kernel),
        write_notebook(tmp_path / "good.ipynb", "print(6 * 7)"),
    ]
    assert build_book.execute_all(paths, tmp_path / "build", 60, 2) == 1
    said = capsys.readouterr()
    assert "bad.ipynb: FAILED" in said.out and told in said.err
    assert build_book.execute_all(paths[1:], tmp_path / "build", 60, 2) == 0
    assert "0 ran, 0 failed, 1 unchanged" in capsys.readouterr().out


def test_no_jobs_are_refused_before_anything_runs(build_book, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["build_book.py", "--jobs", "0"])
    monkeypatch.setattr(build_book, "execute_all", lambda *arguments: pytest.fail("it ran"))
    with pytest.raises(SystemExit):
        build_book.main()
    assert "jobs is 0: expected 1 or more" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_told_before_anything_runs(
    build_book, tmp_path, monkeypatch, capsys
):
    (tmp_path / "file").touch()
    monkeypatch.setattr(build_book, "execute_all", lambda *arguments: pytest.fail("notebooks ran"))
    monkeypatch.setattr(sys, "argv", ["build_book.py", f"--output={tmp_path / 'file'}"])
    with pytest.raises(SystemExit):
        build_book.main()
    assert "output is " in capsys.readouterr().err
    monkeypatch.setenv("HOME", str(tmp_path))  # a shell leaves the ~ of --output=~/book as it is
    monkeypatch.setattr(sys, "argv", ["build_book.py", "--output=~/book"])
    monkeypatch.setattr(build_book, "execute_all", lambda *arguments: 1)
    monkeypatch.chdir(tmp_path)
    assert build_book.main() == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book", "file"]


def test_ctrl_c_starts_no_more_notebooks(build_book, tmp_path, monkeypatch):
    started, stopped = [], threading.Event()

    def execute(notebook, cwd, timeout, **options):
        started.append(notebook)
        if len(started) > 1:
            stopped.wait(60)
        return SimpleNamespace(nb=notebook, err=None, exc_string="", time=0.1)

    def interrupt(folder):
        threading.Timer(0.5, stopped.set).start()
        raise KeyboardInterrupt

    monkeypatch.setattr(build_book, "ROOT", tmp_path)
    monkeypatch.setattr(build_book, "single_nb_execution", execute)
    monkeypatch.setattr(build_book, "get_cache", interrupt)
    paths = [write_notebook(tmp_path / f"{name}.ipynb", f"print({name!r})") for name in "abcdef"]
    with pytest.raises(KeyboardInterrupt):
        build_book.execute_all(paths, tmp_path / "build", 60, 1)
    assert len(started) <= 2  # the one that was done, and the one under way


def test_what_ran_once_in_a_state_never_runs_again_in_it(build_book, tmp_path, monkeypatch):
    """Edits of a module, a data file, code and prose, and their undoing, in every order."""
    ran = []

    def execute(notebook, cwd, timeout, **options):
        ran.append(notebook.cells[1].source.split()[-1])
        return SimpleNamespace(nb=notebook, err=None, exc_string="", time=0.1)

    monkeypatch.setattr(build_book, "single_nb_execution", execute)
    monkeypatch.setattr(build_book, "ROOT", tmp_path)
    files = {"__init__.py": "", "a.py": "A = 1", "b.py": "import d2lite.a\nFILE = 'births.csv'", "c.py": ""}
    files["data/births.csv"] = "1"
    (tmp_path / "d2lite" / "data").mkdir(parents=True)
    paths = [write_notebook(tmp_path / f"{name}.ipynb", f"import d2lite.{name}") for name in "abc"]

    def build(edits=None):
        """Build with some files edited and the others as they were; return which notebooks ran."""
        for name, text in (files | (edits or {})).items():
            (tmp_path / "d2lite" / name).write_text(text)
        ran.clear()
        assert build_book.execute_all(paths, tmp_path / "build", 60, 2) == 0
        return "".join(sorted(name[-1] for name in ran))

    assert build() == "abc"
    assert build() == ""
    assert build({"a.py": "A = 2"}) == "ab"
    assert build() == ""  # undone
    assert build({"a.py": "A = 2"}) == ""  # and done again
    assert build({"data/births.csv": "2"}) == "b"
    assert build({"c.py": "C = 1"}) == "c"
    assert build({"c.py": "C = 1", "a.py": "A = 3"}) == "ab"
    assert build() == ""
    write_notebook(paths[0], "import d2lite.a", prose="Another sentence.")
    assert build() == ""
    write_notebook(paths[0], "import d2lite.c, d2lite.a")
    assert build() == "a"
    write_notebook(paths[0], "import d2lite.a")
    assert build() == ""
