"""The findings: what each chapter opens with, in one sentence, all on one page."""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from .contents import numbered_title, parts_of
from .metadata import finding_of


class findings(nodes.General, nodes.Element):
    """Where the findings will stand."""


class Findings(SphinxDirective):
    """``.. d2lite-findings::``: the list; it is made once all chapters have been read."""

    def run(self):
        for _, names in parts_of(self.env):
            for name in names:
                self.env.note_dependency(self.env.doc2path(name))
        return [findings()]


def listed(caption, entries):
    """Return a part's list as nodes.

    Args:
        caption: the part's name.
        entries: list of (address, title, finding) of its chapters, the finding as doctree nodes.
    """
    found = nodes.definition_list(classes=["d2l-findings"])
    for address, title, finding in entries:
        link = nodes.reference("", title, internal=True, refuri=address)
        found += nodes.definition_list_item("", nodes.term("", "", link), nodes.definition("", *finding))
    return [nodes.rubric(caption, caption), found]


def _resolve(app, doctree, docname):
    for place in list(doctree.findall(findings)):
        made = []
        for caption, names in parts_of(app.env):
            entries = []
            for name in names:
                quote = finding_of(app.env.get_doctree(name))
                if quote is not None:
                    title = numbered_title(app.env.titles[name])
                    address = app.builder.get_relative_uri(docname, name)
                    entries.append((address, title, [node.deepcopy() for node in quote]))
            made += listed(caption, entries) if entries else []
        place.replace_self(made)


def connect(app):
    """Register the directive and the list."""
    app.add_node(findings)
    app.add_directive("d2lite-findings", Findings)
    app.connect("doctree-resolved", _resolve)
