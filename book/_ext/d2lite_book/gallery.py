"""The gallery: a card for each explorer, its picture drawn by the explorer's own code, linked with its chapter."""

import html
import inspect
import re
from pathlib import Path

from docutils import nodes
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


def card(cls, address, target, title):
    """Return one card as HTML.

    Args:
        cls: the explorer's class.
        address: address of its pictures up to "-light.svg".
        target: address of the explorer in its chapter, or None while the chapter is not written.
        title: title of that chapter.
    """
    head, _, rest = (part.strip() for part in cls.title().rstrip(".").partition(":"))
    text = f"{rest[:1].upper()}{rest[1:]}. " if rest else ""
    lines = {
        "thumb": images(address, SIZE, ""),
        "title": html.escape(head),
        "text": html.escape(text + (f"In: {title}" if target else "")),
    }
    inside = "".join(f'<span class="d2l-card-{kind}">{line}</span>' for kind, line in lines.items())
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
    cards = []
    for name in widgets.explorer_names():
        cls = widgets.explorer_class(name)
        chapter = chapter_of(cls)
        known = chapter in app.env.found_docs
        target = f"{context['pathto'](chapter)}#d2l-{name}" if known else None
        title = re.sub(r"<.*?>", "", app.env.titles[chapter].astext()) if known else ""
        folder = "_static/gallery"
        drawn = picture(cls, Path(app.outdir) / folder)
        cards.append(card(cls, f"{context['content_root']}{folder}/{drawn}", target, title))
    context["body"] = context["body"].replace(MARK, f'<div class="d2l-gallery">{"".join(cards)}</div>')


def _page_out_of_date(app, env, added, changed, removed):
    """Read the page again when there is another explorer."""
    page, names = getattr(env, "d2lite_gallery", (None, None))
    return [page] if page in env.found_docs and names != widgets.explorer_names() else []


def connect(app):
    """Register the directive and the cards."""
    app.connect("env-get-outdated", _page_out_of_date)
    app.add_directive("d2lite-gallery", Gallery)
    app.connect("html-page-context", _page_context, priority=550)
