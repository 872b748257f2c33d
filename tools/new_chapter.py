"""Start a chapter: python tools/new_chapter.py 03_networks/swish "Swish and its relatives"

Copies tools/chapter.ipynb, which holds every section of a chapter, to chapters/03_networks/swish.ipynb,
fills in the title and the explorer, and enters the chapter in _toc.yml. It overwrites nothing.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import yaml

from d2lite import widgets
from d2lite._utils.checks import check_choice

ROOT = Path(__file__).resolve().parent.parent


def enter_toc(root, part, name):
    """Add the chapter after the last one of its part; return what was done, or what to do by hand."""
    toc = root / "_toc.yml"
    lines = toc.read_text(encoding="utf-8").splitlines()
    if any(line.split()[-2:] == ["file:", f"chapters/{part}/{name}"] for line in lines):
        return "_toc.yml has it already"
    places = [i for i, line in enumerate(lines) if re.match(rf" *- file: chapters/{part}/", line)]
    if not places:
        return f"the part is new: give it a caption in _toc.yml and add '- file: chapters/{part}/{name}'"
    indent = re.match(" *", lines[places[-1]]).group()
    lines.insert(places[-1] + 1, f"{indent}- file: chapters/{part}/{name}")
    toc.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "entered in _toc.yml"


def new_chapter(path, title, explorer="BoundaryExplorer", root=ROOT):
    """Write the chapter's notebook and return what was done; a bad or taken path or no explorer is refused."""
    match = re.fullmatch(r"(\d\d_[a-z_]+)/([a-z][a-z0-9_]*)", path)
    if not match:
        raise ValueError(
            f"path is {path!r}: expected NN_part/name, in lower case, such as 03_networks/activations"
        )
    target = root / "chapters" / f"{path}.ipynb"
    if target.exists():
        raise FileExistsError(
            f"path is {path!r}: expected one that is not taken; choose another name, or edit that file"
        )
    if not title.strip():
        raise ValueError(f"title is {title!r}: expected at least a word")
    explorers = [name for name in dir(widgets) if name.endswith("Explorer") and name != "Explorer"]
    check_choice(explorer, explorers, "explorer")
    repository = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["repository"]["url"]
    text = (root / "tools" / "chapter.ipynb").read_text(encoding="utf-8")
    values = {"TITLE": " ".join(title.split()), "EXPLORER": explorer, "REPOSITORY": repository}
    text = re.sub("|".join(values), lambda mark: json.dumps(values[mark[0]], ensure_ascii=False)[1:-1], text)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return f"wrote chapters/{path}.ipynb; {enter_toc(root, *match.groups())}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="NN_part/name, such as 03_networks/activations")
    parser.add_argument("title")
    parser.add_argument("--explorer", default="BoundaryExplorer", help="a class of d2lite.widgets")
    options = parser.parse_args()
    try:
        print(new_chapter(options.path, options.title, options.explorer))
    except (ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
