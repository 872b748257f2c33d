"""Where executed notebooks are kept: one cache for each state of the package, its data and main dependencies.

An edit in d2lite/ therefore never shows an old output. JavaScript and CSS are no part of the key: they change
no output of a kernel, and the pages take them from the package itself (see explorers.py).
"""

import hashlib
import sys
from importlib import metadata
from pathlib import Path

VERSIONS = ("anywidget", "ipykernel", "ipywidgets", "matplotlib", "numpy", "scikit-learn", "torch")
IGNORED = {".js", ".css", ".pyc", ".md"}


def package_key(root):
    """Return a short hash of everything outside a notebook that its outputs depend on.

    Args:
        root: path of the repository.

    Returns:
        16 hexadecimal digits.
    """
    digest = hashlib.sha256(f"python {sys.version_info[0]}.{sys.version_info[1]}".encode())
    for name in VERSIONS:
        digest.update(f"{name} {metadata.version(name)}\n".encode())
    for path in sorted((Path(root) / "d2lite").rglob("*")):
        if path.is_file() and path.suffix not in IGNORED:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def cache_folder(root, build_folder):
    """Return the folder of the execution cache that is valid now."""
    return Path(build_folder) / ".jupyter_cache" / package_key(root)


def is_notebook(env, docname):
    """Tell whether a page has code cells, as an .ipynb or as MyST Markdown with a kernel."""
    return env.doc2path(docname).endswith(".ipynb") or "kernelspec" in env.metadata.get(docname, ())


def _choose_cache(app, config):
    if not config.nb_execution_cache_path:
        config.nb_execution_cache_path = str(cache_folder(app.srcdir, Path(app.outdir).parent))


def _notebooks_out_of_date(app, env, added, changed, removed):
    """Read every notebook again when the package has changed since the last build."""
    key = package_key(app.srcdir)
    stale = getattr(env, "d2lite_package_key", key) != key
    env.d2lite_package_key = key
    return [name for name in env.found_docs if stale and is_notebook(env, name)]


def connect(app):
    """Choose the cache, and re-read notebooks when its key changes."""
    app.connect("config-inited", _choose_cache)
    app.connect("env-get-outdated", _notebooks_out_of_date)
