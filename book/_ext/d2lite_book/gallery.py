"""The gallery: a card for each explorer, its picture drawn by the explorer's own code, linked with its chapter."""

import html
import inspect
import json
import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from d2lite import widgets

from .placeholders import draw, images
from .reference import TAUGHT

SIZE = (560, 336)
MARK = '<div class="d2l-gallery"></div>'


class Gallery(SphinxDirective):
    """``.. d2lite-gallery::``: the cards; they are made when the page is written, as pictures need node."""

    def run(self):
        folder = Path(widgets.__file__).parent
        for path in (*folder.rglob("*.js"), *folder.rglob("*.py")):  # the cards show what these draw
            self.env.note_dependency(str(path))
        self.env.d2lite_gallery = (self.env.docname, widgets.explorer_names())
        return [nodes.raw("", MARK, format="html")]


def chapter_of(cls):
    """Return the chapter that an explorer's docstring says it is taught in, or None."""
    found = TAUGHT.search(inspect.getdoc(cls) or "")
    return found[1] if found else None


def anchor_in(notebook, cls):
    """Return the id that a notebook's page gives the first explorer of a class: that of its key, or of its folder."""
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    source = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    calls = re.findall(rf"\b{cls.__name__}(?:\.from_model)?\(((?:[^()]|\([^()]*\))*)\)", source)
    keys = [re.search(r'\bkey="([^"]*)"', call) for call in calls]
    first = keys[0] if keys and all(keys) else None
    return f"d2l-{first[1] if first else cls._folder.name}"


def card(cls, address, target, title):
    """Return one card as HTML.

    Args:
        cls: the explorer's class.
        address: address of its pictures up to "-light.svg".
        target: address of the explorer in its chapter, or None while the chapter is not written.
        title: number and title of that chapter.
    """
    head, _, rest = (part.strip() for part in cls.title().rstrip(".").partition(":"))
    text = f"{rest[:1].upper()}{rest[1:]}. " if rest else ""
    lines = {
        "thumb": images(address, SIZE, ""),
        "chapter": html.escape(title),
        "title": html.escape(head),
        "text": html.escape(text),
    }
    inside = "".join(f'<span class="d2l-card-{kind}">{line}</span>' for kind, line in lines.items() if line)
    return (
        f'<a class="d2l-card" href="{html.escape(target)}">{inside}</a>'
        if target
        else f'<div class="d2l-card">{inside}</div>'
    )


def picture(cls, folder):
    """Draw an explorer's example into a folder; return the pictures' common name."""
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(cls._folder.glob("*.py")))
    return draw(folder, cls._folder.name, code, SIZE, cls.example)


def _page_context(app, pagename, templatename, context, doctree):
    if MARK not in (context.get("body") or ""):
        return
    cards, folder = [], "_static/gallery"
    for cls, chapter in by_chapter(
        map(widgets.explorer_class, widgets.explorer_names()), pages_in_order(app.env)
    ):
        anchor = anchor_in(app.env.doc2path(chapter), cls) if chapter else ""
        target = f"{context['pathto'](chapter)}#{anchor}" if chapter else None
        title = numbered_title(app.env.titles[chapter]) if chapter else ""
        drawn = picture(cls, Path(app.outdir) / folder)
        cards.append(card(cls, f"{context['content_root']}{folder}/{drawn}", target, title))
    context["body"] = context["body"].replace(MARK, f'<div class="d2l-gallery">{"".join(cards)}</div>')


def pages_in_order(env):
    """Return the names of the book's pages as the contents have them."""
    toctrees = env.tocs[env.config.root_doc].findall(addnodes.toctree)
    return [name for toctree in toctrees for name in toctree["includefiles"]]


def numbered_title(title):
    """Return a page's title, after its number if it has one."""
    number = ".".join(map(str, title.get("secnumber") or ()))
    return f"{number}. {title.astext()}" if number else title.astext()


def by_chapter(classes, pages):
    """Return explorers in the order of the book.

    Args:
        classes: the explorers' classes.
        pages: names of the book's pages, in order.

    Returns:
        List of (class, name of its chapter); None for a chapter that is not there yet, these last. What is taught in
        no chapter, such as the questions that all ask, is left out.
    """
    taught = [(cls, chapter) for cls in classes if (chapter := chapter_of(cls))]
    found = [(cls, chapter if chapter in pages else None) for cls, chapter in taught]
    return sorted(found, key=lambda pair: pages.index(pair[1]) if pair[1] else len(pages))


def _page_out_of_date(app, env, added, changed, removed):
    """Read the page again when there is another explorer."""
    page, names = getattr(env, "d2lite_gallery", (None, None))
    return [page] if page in env.found_docs and names != widgets.explorer_names() else []


def connect(app):
    """Register the directive and the cards."""
    app.connect("env-get-outdated", _page_out_of_date)
    app.add_directive("d2lite-gallery", Gallery)
    app.connect("html-page-context", _page_context, priority=550)
