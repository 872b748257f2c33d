"""Small corrections of the HTML that docutils writes, for screen readers."""

import re

REPAIRS = (
    # Citations: the role is deprecated, and its list has children that a list may not have.
    (re.compile(r' role="doc-biblioentry"'), ""),
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
    # The empty corner of a table is no header.
    (re.compile(r'<th class="([^"]*)"><p>\s*</p></th>|<th class="([^"]*)">\s*</th>'), "<td></td>"),
)


def repair(html):
    """Return a page's body with what is wrong in it put right."""
    for pattern, replacement in REPAIRS:
        html = pattern.sub(replacement, html)
    return html


def _page_context(app, pagename, templatename, context, doctree):
    if context.get("body"):
        context["body"] = repair(context["body"])


def connect(app):
    """Correct every page's body."""
    app.connect("html-page-context", _page_context, priority=610)
