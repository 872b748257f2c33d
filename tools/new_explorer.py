"""Start an explorer: python tools/new_explorer.py wave "A sine wave and its frequency" 00_example/wave

Writes the smallest example of d2lite/widgets/README.md under another name: a folder that runs, its traces and its
browser test. It overwrites nothing.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "d2lite" / "widgets" / "README.md"
_FILE = re.compile(r"^`((?:d2lite|tests)/[\w./]+)`\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)


def example_files(name, title, chapter):
    """Return {path: text} of the example under a name, with a one-line title and the path of its chapter."""
    words = name.split("_")
    first, *others = title.split()
    inside = " ".join([first if re.search("[A-Z]", first[1:]) else first.lower(), *others])  # ReLU stays
    changes = {
        "chapters/00_example/wave": f"chapters/{chapter}",
        "WaveExplorer": "".join(word.capitalize() for word in words) + "Explorer",
        "Wave explorer": " ".join(words).capitalize() + " explorer",
        "The wave explorer": f"The {' '.join(words)} explorer",
        "A sine wave and its frequency": title,
        "a sine wave and its frequency": inside,
        '"wave"': f'"{name}"',
        "wave/model.js": f"{name}/model.js",
    }
    files = {}
    for path, text in _FILE.findall(README.read_text(encoding="utf-8")):
        pattern = "|".join(map(re.escape, changes))
        files[path.replace("wave", name)] = re.sub(pattern, lambda match: changes[match[0]], text)
    return files


def new_explorer(name, title, chapter, root=ROOT):
    """Write the explorer's files and return what was done; a bad name or one already taken is refused."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise ValueError(f"name is {name!r}: expected lower case with single underscores, such as wave_table")
    if not re.fullmatch(r"\d\d_[a-z_]+/[a-z][a-z0-9_]*", chapter):
        raise ValueError(f"chapter is {chapter!r}: expected NN_part/name, such as 03_networks/activations")
    if not re.fullmatch(r"(?=\S)[^\n\"\\`$]{10,109}", title):
        raise ValueError(f"title is {title!r}: expected one line of 10 to 109 characters without quotes")
    files = example_files(name, title.rstrip("."), chapter)
    taken = [path for path in ["d2lite/widgets/" + name, *files] if (root / path).exists()]
    if taken:
        raise FileExistsError(f"name is {name!r}: expected one that is free; {taken[0]} exists")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return f"wrote {', '.join(files)}\nnext: pytest tests/widgets -k {name}, and the steps of d2lite/widgets/README.md"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="the folder's name, such as wave")
    parser.add_argument("title", help="one line that says what it shows")
    parser.add_argument("chapter", help="NN_part/name of the chapter that teaches it")
    options = parser.parse_args()
    try:
        print(new_explorer(options.name, options.title, options.chapter))
    except (ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
