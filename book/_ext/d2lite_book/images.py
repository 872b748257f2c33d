"""Images that neither make the page jump nor load before they are near: sizes, lazy loading."""

import posixpath
import re
from pathlib import Path

import imagesize

TAG = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\bsrc="([^"]+)"')


def settle(tag, size, lazy):
    """Return an <img> tag with its natural size, loaded lazily or not.

    Args:
        tag: the tag as HTML.
        size: (width, height) in pixels, or None when unknown.
        lazy: False for the first image of a page, which is needed at once.
    """
    extra = 'decoding="async"' + (' loading="lazy"' if lazy else "")
    if size and min(size) > 0 and not re.search(r"\b(width|height|style)=", tag):
        extra += f' width="{round(size[0])}" height="{round(size[1])}"'
    return re.sub(r"\s*/?>$", f" {extra}>", tag)


def _page_context(app, pagename, templatename, context, doctree):
    if "<img" not in (context.get("body") or ""):
        return
    files = {name: path for path, name in app.builder.images.items()}
    seen = []

    def replace(match):
        source = SOURCE.search(match[0])
        path = Path(app.srcdir) / files.get(posixpath.basename(source[1]) if source else "", "-")
        seen.append(path)
        return settle(match[0], imagesize.get(path) if path.is_file() else None, lazy=len(seen) > 1)

    context["body"] = TAG.sub(replace, context["body"])


def connect(app):
    """Treat images after the page's body is complete."""
    app.connect("html-page-context", _page_context, priority=600)
