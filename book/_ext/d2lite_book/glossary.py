"""Addresses for the glossary's terms: glossary.html#odds, and [odds](glossary.md#odds) in Markdown.

The glossary is a plain list, which reads well in every reader of Markdown. A term is the bold text that
opens an item.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform

PAGE = "book/glossary"


class GlossaryAnchors(SphinxTransform):
    """Give every item of the glossary an id made of its term, what stands before a comma."""

    default_priority = 400

    def apply(self, **kwargs):
        """Name the items, and tell MyST of the names."""
        if self.env.docname != PAGE:
            return
        slugs = self.env.metadata[PAGE].setdefault("myst_slugs", {})
        for item in self.document.findall(nodes.list_item):
            term = next(iter(item.findall(nodes.strong)), None)
            if term is None:
                continue
            text = term.astext().split(",")[0]
            name = nodes.make_id(text)
            item["ids"].append(name)
            slugs[name] = (item.line, name, text)


def connect(app):
    """Register the transform."""
    app.add_transform(GlossaryAnchors)
