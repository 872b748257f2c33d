"""A book of one chapter, tools/chapter.ipynb filled in: every form a chapter has, built in seconds."""

import importlib.util
import json
import shutil
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TERMS = ("Logit", "Odds", "Sigmoid")  # those that the chapter links to
PAGE = "chapters/00_forms/forms.html"
TOC = {
    "format": "jb-book",
    "root": "index",
    "parts": [
        {
            "caption": "Before",
            "chapters": [{"file": f"book/{name}"} for name in ("using", "glossary", "bibliography")],
        },
        {"caption": "Forms", "numbered": True, "chapters": [{"file": "chapters/00_forms/forms"}]},
    ],
}
PAGES = {
    "index": "# A small book\n\nOf one chapter.",
    "book/using": "# How to use this book\n\nRead.",
    "book/glossary": "# Glossary\n\n" + "".join(f"- **{term}** (词). A term.\n" for term in TERMS),
    "book/bibliography": "# Bibliography\n\n```{bibliography}\n:all:\n```",
}


def load(name):
    """Import a script of tools/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write(root, edit=lambda cells: None):
    """Write the book's sources.

    Args:
        root: a folder that exists.
        edit: function that changes the chapter's cells, a list of dicts, in place.
    """
    for name in ("d2lite", "book/_ext", "book/_static", "book/_templates", "book/references.bib"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).symlink_to(ROOT / name)
    (root / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "chapter.ipynb", root / "tools")
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    (root / "_config.yml").write_text(
        config.replace("(?!d2lite).*", ".*"), encoding="utf-8"
    )  # no reference here
    for name, text in PAGES.items():
        (root / f"{name}.md").write_text(text, encoding="utf-8")
    (root / "_toc.yml").write_text(yaml.safe_dump(TOC), encoding="utf-8")
    load("new_chapter").new_chapter("00_forms/forms", "Every form", root=root)
    (root / "_toc.yml").write_text(yaml.safe_dump(TOC), encoding="utf-8")
    path = root / PAGE.replace(".html", ".ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    edit(notebook["cells"])
    path.write_text(json.dumps(notebook), encoding="utf-8")


def build(root):
    """Execute the chapter and build the book as the real one is; return the site's folder."""
    script = load("build_book")
    script.ROOT = root
    notebook = root / PAGE.replace(".html", ".ipynb")
    assert script.execute_all([notebook], root / "_build", 120, 1) == 0
    assert script.build(root, from_empty=False) == 0
    return root / "_build" / "html"
