"""Images that neither make the page jump nor load before they are near; figures whose text is read in both themes."""

import posixpath
import re
from pathlib import Path

import imagesize

from d2lite.plotting import INK

TAG = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\bsrc="([^"]+)"')
INKS = {
    "light": "#5a616b",
    "dark": "#9ea6b0",
}  # --d2l-muted of d2lite.css: one colour for both has at most 4.1:1


def settle(tag, size, lazy):
    """Return an <img> tag with its natural size, by which wide figures stay legible, loaded lazily or not.

    Args:
        tag: the tag as HTML.
        size: (width, height) in pixels, or None when unknown.
        lazy: False for the first image of a page, which is needed at once.
    """
    extra = 'decoding="async"' + (' loading="lazy"' if lazy else "")
    if size and min(size) > 0 and not re.search(r"\b(width|height|style)=", tag):
        extra += f' width="{round(size[0])}" height="{round(size[1])}" style="--d2l-width: {round(size[0])}"'
    return re.sub(r"\s*/?>$", f" {extra}>", tag)


def one_a_theme(tag):
    """Return the <img> tag of x.svg twice, with x-light.svg and x-dark.svg: the page shows and loads one."""
    tag = tag if 'class="' in tag else tag.replace("<img", '<img class=""', 1)
    named = {theme: SOURCE.sub(lambda m, t=theme: m[0].replace(".svg", f"-{t}.svg"), tag) for theme in INKS}
    return "".join(tag.replace('class="', f'class="only-{theme} ', 1) for theme, tag in named.items())


def _write_themes(path, folder):
    """Write a figure of the house with the ink of each theme; return whether it is one."""
    if path.suffix != ".svg" or INK not in (text := path.read_text("utf-8")):
        return False
    folder.mkdir(exist_ok=True)
    for theme, ink in INKS.items():
        (folder / f"{path.stem}-{theme}.svg").write_text(text.replace(INK, ink), "utf-8")
    return True


def _page_context(app, pagename, templatename, context, doctree):
    if "<img" not in (context.get("body") or ""):
        return
    files = {name: path for path, name in app.builder.images.items()}
    seen = []

    def replace(match):
        source = SOURCE.search(match[0])
        path = Path(app.srcdir) / files.get(posixpath.basename(source[1]) if source else "", "-")
        seen.append(path)
        size = imagesize.get(path) if path.is_file() else None
        if _write_themes(path, Path(app.outdir) / "_images"):
            return one_a_theme(settle(match[0], size, lazy=True))
        return settle(match[0], size, lazy=len(seen) > 1)

    context["body"] = TAG.sub(replace, context["body"])


def _finish(app, exception):
    """Remove the figures of which pages show others."""
    for path in (Path(app.outdir) / "_images").glob("*-dark.svg"):
        path.with_name(path.name.replace("-dark", "")).unlink(missing_ok=True)


def connect(app):
    """Treat images after the page's body is complete."""
    app.connect("html-page-context", _page_context, priority=600)
    app.connect("build-finished", _finish)
