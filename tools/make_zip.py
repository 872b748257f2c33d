"""Pack the site, the notebooks and a wheel of d2lite into one archive: python tools/make_zip.py [OUTPUT.zip] [--wheels]

Unpack it anywhere and open START.html: no server, no network. The same files give the same bytes. With --wheels all
that d2lite and JupyterLab need comes along, for this system and this Python, so that a laptop without a network can run
the notebooks, too; only this asks the package index.
"""

import argparse
import calendar
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the package of this folder, not an installed one
from d2lite._utils.files import make_writable, replacing, user_path  # noqa: E402
from d2lite.widgets import _bundle  # noqa: E402

SITE = ROOT / "_build" / "html"
EPOCH = (2020, 1, 1, 0, 0, 0)  # no clock in the archive

START = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=site/index.html">
<title>d2lite</title>
<p><a href="site/index.html">Open the book</a></p>
</html>
"""
README = """d2lite: a deep-learning textbook whose every page is alive

Read     open START.html in a browser. Nothing else is needed, no network either.
Run      {install}
         jupyter lab notebooks
"""
INSTALL = {  # what the archive's README says: with wheels of everything in it, or without
    False: """pip install jupyterlab {wheel}
         (without a network, where JupyterLab and PyTorch are there: pip install --no-index --no-deps {wheel})""",
    True: "pip install --no-index --find-links wheels jupyterlab jupyterlab-myst ipykernel {wheel}",
}


def build_wheel(folder):
    """Build the wheel of d2lite into a folder, without the network, and return its path.

    It is built from a copy: setuptools leaves its working files, old ones included, beside the sources it reads.
    """
    _bundle.build()
    copy = Path(folder) / "source"
    shutil.copytree(ROOT / "d2lite", copy / "d2lite", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*map(ROOT.joinpath, ("pyproject.toml", "setup.py", "README.md")), *ROOT.glob("LICENSE*")):
        shutil.copy(path, copy)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(calendar.timegm(EPOCH))}
    subprocess.run([*command, "--wheel-dir", str(folder), str(copy)], check=True, env=environment)
    (wheel,) = Path(folder).glob("d2lite-*.whl")
    return wheel


def download_wheels(wheel, folder):
    """Fetch what a wheel of d2lite and JupyterLab need, in the tested versions, and return the paths."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--only-binary",
        ":all:",
        "--dest",
        str(folder),
    ]
    command += ["--constraint", str(ROOT / "constraints.txt"), f"{wheel}[lab]"]
    subprocess.run(command, check=True)
    return sorted(path for path in Path(folder).iterdir() if path.name != wheel.name)


def contents(wheel, site=SITE, others=()):
    """Return the archive as a dict from name in the archive to bytes; others are wheels that come along."""
    install = INSTALL[bool(others)].format(wheel=wheel.name)
    files = {"START.html": START.encode(), "README.txt": README.format(install=install).encode()}
    files[wheel.name] = wheel.read_bytes()
    files |= {f"wheels/{path.name}": path.read_bytes() for path in others}
    pages = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html"))
    for path in sorted(site.rglob("*")):
        # a build leaves the explorers of earlier ones, whose names have another hash
        stale = path.parent.name == "explorers" and path.suffix in (".js", ".css") and path.stem not in pages
        if path.is_file() and not stale:
            files[f"site/{path.relative_to(site).as_posix()}"] = path.read_bytes()
    # the notebooks with what stands beside them, such as a chapter's own photos, and the pages that they link to
    for path in sorted([*(ROOT / "chapters").rglob("*"), *(ROOT / "book").glob("*.md")]):
        name = path.relative_to(ROOT)
        aside = name.name == "ruff.toml" or any(part.startswith((".", "__")) for part in name.parts)
        if path.is_file() and not aside:  # JupyterLab's checkpoints, Python's cache
            files[f"notebooks/{name.as_posix()}"] = path.read_bytes()
    for name in ("LICENSE", "LICENSE-text"):
        files[name] = (ROOT / name).read_bytes()
    return files


def make_zip(output, site=SITE, with_wheels=False):
    """Write the archive and return its size in bytes; no built site, or no place to write, is told before all else."""
    if not (site / "index.html").exists():
        raise FileNotFoundError(f"{site} has no index.html: expected a built site; make it with make site")
    if output.is_dir():
        raise IsADirectoryError(f"{output} is a folder: expected the name of a file in it")
    make_writable(output.parent, "the folder of the output")
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(folder)
        others = download_wheels(wheel, Path(folder) / "wheels") if with_wheels else ()
        files = contents(wheel, site, others)
    with (
        replacing(output) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for name, data in files.items():
            info = zipfile.ZipInfo(f"d2lite/{name}", EPOCH)
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return output.stat().st_size


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", nargs="?", type=user_path, default=ROOT / "_build" / "d2lite.zip")
    parser.add_argument(
        "--wheels", action="store_true", help="with all that the notebooks need, from the index"
    )
    options = parser.parse_args()
    output = options.output
    try:
        size = make_zip(output, with_wheels=options.wheels)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
    print(f"{output}: {size / 1e6:.1f} MB; unpack it and open START.html")


if __name__ == "__main__":
    main()
