"""The gallery: a card for each explorer, its picture drawn by the explorer's own code, linked with its chapter."""

import html
import inspect
import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from d2lite import widgets

from .contents import numbered_title, parts_of
from .placeholders import draw, images
from .reference import TAUGHT

SIZE = (560, 336)
MARK = '<div class="d2l-gallery" data-part="{}"></div>'
LATER = "In chapters to come"
MARKS = re.compile(MARK.format('([^"]*)'))


class Gallery(SphinxDirective):
    """``.. d2lite-gallery::``: a section for each part; the cards are made when it is written (they need node)."""

    def run(self):
        folder = Path(widgets.__file__).parent
        for path in (*folder.rglob("*.js"), *folder.rglob("*.py")):  # the cards show what these draw
            self.env.note_dependency(str(path))
        self.env.d2lite_gallery = (self.env.docname, widgets.explorer_names())
        return [
            nodes.section(
                "",
                nodes.title(caption, caption),
                nodes.raw("", MARK.format(html.escape(caption)), format="html"),
                ids=[nodes.make_id(caption)],
                names=[nodes.fully_normalize_name(caption)],
            )
            for caption in by_part(map(widgets.explorer_class, widgets.explorer_names()), parts_of(self.env))
        ]


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
    if not MARKS.search(context.get("body") or ""):
        return
    explorers = by_part(map(widgets.explorer_class, widgets.explorer_names()), parts_of(app.env))
    folder = "_static/gallery"

    def cards(found):
        made = []
        for cls, chapter in explorers[html.unescape(found[1])]:
            target = chapter and f"{context['pathto'](chapter)}#{anchor_in(app.env.doc2path(chapter), cls)}"
            title = numbered_title(app.env.titles[chapter]) if chapter else ""
            drawn = picture(cls, Path(app.outdir) / folder)
            made.append(card(cls, f"{context['content_root']}{folder}/{drawn}", target, title))
        return f'<div class="d2l-gallery">{"".join(made)}</div>'

    context["body"] = MARKS.sub(cards, context["body"])


def by_part(classes, parts):
    """Return explorers in the order of the book, by its parts.

    Args:
        classes: the explorers' classes.
        parts: list of (caption, names of its chapters), in order.

    Returns:
        Dictionary {caption: list of (class, name of its chapter)} of the parts that have explorers. Those of a chapter
        that is not there yet stand last, under ``LATER``, with None. What is taught in no chapter, such as the
        questions that all ask, is left out.
    """
    taught = {cls: chapter for cls in classes if (chapter := chapter_of(cls))}
    found = {
        caption: [(cls, name) for name in names for cls, chapter in taught.items() if chapter == name]
        for caption, names in parts
    }
    placed = {cls for cards in found.values() for cls, _ in cards}
    found[LATER] = [(cls, None) for cls in taught if cls not in placed]
    return {caption: cards for caption, cards in found.items() if cards}


def _page_out_of_date(app, env, added, changed, removed):
    """Read the page again when there is another explorer."""
    page, names = getattr(env, "d2lite_gallery", (None, None))
    return [page] if page in env.found_docs and names != widgets.explorer_names() else []


def connect(app):
    """Register the directive and the cards."""
    app.connect("env-get-outdated", _page_out_of_date)
    app.add_directive("d2lite-gallery", Gallery)
    app.connect("html-page-context", _page_context, priority=550)
