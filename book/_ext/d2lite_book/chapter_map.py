"""The map of chapters: each part a row, a line from what a chapter needs to the chapter, and the list of both.

What a chapter needs is what its own "You need" links to, so the map cannot disagree with the chapters.
"""

import html
import json
import posixpath
import re
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from .contents import numbered_title, pages_in_order, parts_of

MARK = '<div class="d2l-chapter-map"></div>'
WIDTH, ROW, LEFT, RADIUS = 760, 78, 4, 18


class ChapterMap(SphinxDirective):
    """``.. d2lite-map::``: the map and the list; made when the page is written, as titles need the whole book."""

    def run(self):
        for path in Path(self.env.srcdir, "chapters").rglob("*.ipynb"):
            self.env.note_dependency(str(path))
        return [nodes.raw("", MARK, format="html")]


def needs_of(notebook, name):
    """Return the names of the chapters that a chapter's "You need" links to.

    Args:
        notebook: path of the chapter.
        name: its name in the book, such as "chapters/04_optimizers/momentum".
    """
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    asked = next((text.split("**You need**", 1)[1] for text in texts if "**You need**" in text), "")
    links = re.findall(r"\]\(([^)#\s]+)\.ipynb(?:#[^)\s]*)?\)", asked.split("\n\n")[0])
    found = (posixpath.normpath(posixpath.join(posixpath.dirname(name), link)) for link in links)
    return [*dict.fromkeys(each for each in found if each != name)]


def all_needs(needs):
    """Return, for each chapter, all that it needs, and what these need, in the order of the dict.

    Args:
        needs: dict of name to list of names; names that are no keys are left out.
    """

    def reach(name, seen):
        for each in needs[name]:
            if each in needs and each not in seen:
                seen.add(each)
                reach(each, seen)
        return seen

    reached = {name: reach(name, set()) for name in needs}
    return {name: [each for each in needs if each in reached[name]] for name in needs}


def draw(parts, needs, link, title):
    """Return the map as HTML.

    Args:
        parts: list of (caption, list of names), in order.
        needs: dict of name to the names that it needs.
        link, title: functions of a name: its address, its numbered title.
    """
    names = [name for _, part in parts for name in part]
    place, columns = {}, max(11, *(len(part) for _, part in parts))
    for row, (_, part) in enumerate(parts):
        for column, name in enumerate(part):
            place[name] = (LEFT + (column + 0.5) * (WIDTH - LEFT) / columns, 50 + row * ROW)
    closure, number = all_needs(needs), {name: i for i, name in enumerate(names)}
    edges = [
        f'<path class="d2l-map-line" data-ends="{number[need]} {number[name]}" d="{_curve(place[need], place[name])}"/>'
        for name in names
        for need in needs[name]
        if need in place
    ]
    marks = []
    for name in names:
        (x, y), words = place[name], html.escape(title(name))
        marks.append(
            f'<a href="{html.escape(link(name))}" class="d2l-map-mark" data-chapter="{number[name]}"'
            f' data-needs="{" ".join(str(number[each]) for each in closure[name])}" aria-label="{words}">'
            f'<circle cx="{x:.0f}" cy="{y}" r="{RADIUS}"/><text x="{x:.0f}" y="{y + 5}">'
            f"{words.partition('.')[0]}</text></a>"
        )
    captions = [
        f'<text class="d2l-map-part" x="{LEFT}" y="{20 + row * ROW}">{html.escape(caption)}</text>'
        for row, (caption, _) in enumerate(parts)
    ]
    size = f"0 0 {WIDTH} {len(parts) * ROW + 10}"
    return (
        f'<div class="d2l-chapter-map"><svg viewBox="{size}" role="group" aria-label="Map of the chapters">'
        f"{''.join(edges + captions + marks)}</svg>"
        '<p class="d2l-map-said" role="status">Point at a chapter, or move to it with Tab: '
        "what it needs lights up.</p></div>"
    )


def _curve(start, end):
    """Return the path from one mark to another: within a row over the marks between, else a bow."""
    (x1, y1), (x2, y2) = start, end
    if y1 == y2:
        lift = y1 - RADIUS - 6 - min(20, abs(x2 - x1) / 12)
        return f"M{x1:.0f} {y1 - RADIUS}Q{(x1 + x2) / 2:.0f} {lift:.0f} {x2:.0f} {y2 - RADIUS}"
    middle = (y1 + y2) / 2
    return f"M{x1:.0f} {y1 + RADIUS}C{x1:.0f} {middle:.0f} {x2:.0f} {middle:.0f} {x2:.0f} {y2 - RADIUS}"


def table(parts, needs, link, title):
    """Return the list of chapters as HTML: each with what it needs, by number."""
    rows = []
    for caption, part in parts:
        rows.append(f'<tr><th colspan="2" scope="rowgroup">{html.escape(caption)}</th></tr>')
        for name in part:
            asked = ", ".join(
                f'<a href="{html.escape(link(need))}">{html.escape(title(need))}</a>'
                for need in needs[name]
                if need in needs
            )
            rows.append(
                f'<tr><td><a href="{html.escape(link(name))}">{html.escape(title(name))}</a></td>'
                f"<td>{asked or 'nothing of this book'}</td></tr>"
            )
    head = '<thead><tr><th scope="col">chapter</th><th scope="col">needs</th></tr></thead>'
    return f'<table class="table d2l-map-table">{head}<tbody>{"".join(rows)}</tbody></table>'


def _page_context(app, pagename, templatename, context, doctree):
    if MARK not in (context.get("body") or ""):
        return
    env = app.env
    pages = set(pages_in_order(env))
    parts = [(caption, [name for name in names if name in pages]) for caption, names in parts_of(env)]
    needs = {name: needs_of(env.doc2path(name), name) for _, part in parts for name in part}
    said = (parts, needs, context["pathto"], lambda name: numbered_title(env.titles[name]))
    context["body"] = context["body"].replace(MARK, draw(*said) + table(*said))


def connect(app):
    """Register the directive and the map."""
    app.add_directive("d2lite-map", ChapterMap)
    app.connect("html-page-context", _page_context, priority=550)
