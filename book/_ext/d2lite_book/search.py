"""The search index: an entry a section, a term or a function; one script a part of the book.

Sphinx's own index needs a web server to show excerpts, finds no Chinese, and is loaded by every page of the
theme. Code is left out: it is half of the text, and what a reader looks for has a name in the prose.
"""

import hashlib
import json
import re
import shutil
import unicodedata
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

from .metadata import part_of

SKIPPED = (nodes.raw, nodes.comment, nodes.image, nodes.substitution_definition, nodes.literal_block)
HEADINGS = (nodes.title, nodes.strong, addnodes.desc_signature)


def entries(doctree):
    """Return what can be found on a page, in order.

    Args:
        doctree: the page's document.

    Returns:
        List of (heading, anchor, text): the sections, the terms of a glossary, the functions of a reference, each
        with its own text only; the first section's anchor is "".
    """
    found = []
    for node in doctree.findall(_has_entry):
        heading = next(node.findall(lambda child: isinstance(child, HEADINGS)), None)
        if heading is None:
            continue
        owner = heading if isinstance(node, addnodes.desc) else node
        name = owner["ids"][0] if isinstance(node, addnodes.desc) else heading.astext()
        text = " ".join(_text(child) for child in node.children if child is not heading)
        text = re.sub(r"\s+", " ", text).strip()
        if text or not found:
            found.append((name, owner["ids"][0] if found else "", text))
    return found


def _has_entry(node):
    if isinstance(node, addnodes.desc):
        return bool(node.next_node(addnodes.desc_signature)["ids"])
    return isinstance(node, nodes.section) or (isinstance(node, nodes.list_item) and bool(node["ids"]))


def _text(node):
    """Return the text of a node without code, outputs and what has an entry of its own."""
    classes = node.get("classes", ()) if isinstance(node, nodes.Element) else ()
    if isinstance(node, SKIPPED) or _has_entry(node) or "cell_output" in classes:
        return ""
    if isinstance(node, (nodes.math, nodes.math_block)):
        return re.sub(r"\\[a-zA-Z]+|[\\{}&]", " ", node.astext())  # the letters and numbers of a formula
    if isinstance(node, nodes.Text):
        return node.astext()
    between = "" if isinstance(node, nodes.TextElement) else " "
    return between.join(_text(child) for child in node.children)


def _collect(app, doctree):
    app.env.metadata[app.env.docname]["d2lite_entries"] = entries(doctree)


def parts(app):
    """Return the index: caption of a part -> list of [page's title, its address, its entries]."""
    found = {}
    for docname in sorted(app.env.found_docs):
        page = [app.env.titles[docname].astext(), app.builder.get_target_uri(docname)]
        found.setdefault(part_of(app, docname), []).append(
            [*page, app.env.metadata[docname].get("d2lite_entries", [])]
        )
    return found


def _write(app, exception):
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    folder = static / "search"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = []
    for part, pages in parts(app).items():
        name = nodes.make_id(part) or "book"
        text = ", ".join(
            json.dumps(data, ensure_ascii=False, separators=(",", ":")) for data in (part, pages)
        )
        text = unicodedata.normalize("NFC", f"d2l.addToSearch({text});\n")
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
        files.append(f"{name}.js?v={hashlib.sha256(text.encode()).hexdigest()[:8]}")
    script = (static / "d2l-search.js").read_text(encoding="utf-8")
    (folder / "search.js").write_text(f"d2l.searchParts = {json.dumps(files)};\n{script}", encoding="utf-8")


def _without_sphinx_search(app):
    app.builder.search = False


def connect(app):
    """Collect text while pages are read, write the index at the end."""
    app.connect("builder-inited", _without_sphinx_search)
    app.connect("doctree-read", _collect)
    app.connect("build-finished", _write)
