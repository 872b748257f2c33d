"""Addresses for terms and sources, so that plain Markdown links reach them.

[odds](glossary.md#odds) leads to a term of the glossary: the bold text that opens an item of its lists.
[Cox, 1958](bibliography.md#cox1958regression) leads to a source by its key. Where a reader of Markdown knows
no such anchor, the link still opens the page.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

GLOSSARY = "book/glossary"
BIBLIOGRAPHY = "book/bibliography"


class NameTargets(SphinxTransform):
    """Give the glossary's items ids made of their terms, and tell MyST of terms and sources."""

    default_priority = 400

    def apply(self, **kwargs):
        """Do so for the page at hand, if it is one of the two."""
        page = self.env.docname
        if page == GLOSSARY:
            self._tell(page, dict(_name_items(self.document)))
        elif page == BIBLIOGRAPHY:
            self._tell(page, {key: key for key in self.env.get_domain("cite").bibdata.data.entries})

    def _tell(self, page, names):
        slugs = self.env.metadata[page].setdefault("myst_slugs", {})
        slugs.update({name: (None, name, text) for name, text in names.items()})


def _name_items(document):
    """Give each item an id, what stands before a comma in its term; yield ids and terms."""
    for item in document.findall(nodes.list_item):
        term = next(iter(item.findall(nodes.strong)), None)
        if term is not None:
            text = term.astext().split(",")[0]
            name = nodes.make_id(text)
            item["ids"].append(name)
            yield name, text


class NameSources(SphinxPostTransform):
    """Give the entries of the bibliography their keys as ids, once sphinxcontrib-bibtex has made the list."""

    default_priority = 6
    formats = ("html",)

    def run(self, **kwargs):
        """Add the ids."""
        if self.env.docname != BIBLIOGRAPHY:
            return
        keys = {citation.citation_id: citation.key for citation in self.env.get_domain("cite").citations}
        for node in self.document.findall(nodes.list_item):
            found = [keys[name] for name in node["ids"] if name in keys]
            if found:
                node["ids"] += found
                node.parent["classes"] = ["d2l-sources"]


def connect(app):
    """Register the transforms."""
    app.add_transform(NameTargets)
    app.add_post_transform(NameSources)
