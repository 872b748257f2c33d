"""The search index: one entry a section, in a script that pages load only when the reader opens the search.

Sphinx's own index needs a web server to show excerpts, finds no Chinese, and is loaded by every page of the
theme.
"""

import json
import re
from pathlib import Path

from docutils import nodes

SKIPPED = (nodes.section, nodes.raw, nodes.comment, nodes.image, nodes.substitution_definition)


def sections(doctree, docname):
    """Return the sections of a page, in order.

    Args:
        doctree: the page's document.
        docname: its name.

    Returns:
        List of (heading, anchor, text); the first section's anchor is "".
    """
    found = []
    for section in doctree.findall(nodes.section):
        title = section.next_node(nodes.title)
        text = " ".join(_text(child) for child in section.children if child is not title)
        anchor = section["ids"][0] if found and section["ids"] else ""
        found.append((title.astext() if title else docname, anchor, re.sub(r"\s+", " ", text).strip()))
    return found


def _text(node):
    """Return the text of a node without that of the sections and outputs inside it."""
    if isinstance(node, SKIPPED) or "cell_output" in getattr(node, "attributes", {}).get("classes", ()):
        return ""
    if isinstance(node, (nodes.math, nodes.math_block)):
        return re.sub(r"\\[a-zA-Z]+|[\\{}&]", " ", node.astext())  # the letters and numbers of a formula
    if isinstance(node, nodes.Text):
        return node.astext()
    between = "" if isinstance(node, nodes.TextElement) else " "
    return between.join(_text(child) for child in node.children)


def _collect(app, doctree):
    app.env.metadata[app.env.docname]["d2lite_sections"] = sections(doctree, app.env.docname)


def index(app):
    """Return the entries of the whole book: [page's title, address, heading, text]."""
    entries = []
    for docname in sorted(app.env.found_docs):
        title = app.env.titles[docname].astext()
        for heading, anchor, text in app.env.metadata[docname].get("d2lite_sections", []):
            address = app.builder.get_target_uri(docname) + (f"#{anchor}" if anchor else "")
            entries.append([title, address, heading, text])
    return entries


def _write(app, exception):
    if exception is None and app.builder.format == "html":
        text = json.dumps(index(app), ensure_ascii=False, separators=(",", ":"))
        target = Path(app.outdir) / "_static" / "search-index.js"
        target.write_text(f"d2l.searchIndex({text});\n", encoding="utf-8")


def _without_sphinx_search(app):
    app.builder.search = False


def connect(app):
    """Collect text while pages are read, write the index at the end."""
    app.connect("builder-inited", _without_sphinx_search)
    app.connect("doctree-read", _collect)
    app.connect("build-finished", _write)
