"""The short way through a chapter: the sections that a paragraph names become links to them.

The paragraph begins "**In ten minutes**" and names headings of its page in italics. In JupyterLab and on GitHub, whose
addresses of headings differ from the site's, it reads as text.
"""

from docutils import nodes
from sphinx.errors import SphinxError
from sphinx.transforms import SphinxTransform

BEGINS = "In ten minutes"


class ShortPath(SphinxTransform):
    """Link every italic name of the paragraph to the section that has it as its title."""

    default_priority = 410

    def apply(self, **kwargs):
        """Do so for the page at hand.

        Raises:
            SphinxError: a name is no heading of the page.
        """
        found = self.document.findall(nodes.section)
        sections = {node.next_node(nodes.title).astext(): node["ids"][0] for node in found}
        for paragraph in self.document.findall(nodes.paragraph):
            first = next((node for node in paragraph.children if node.astext()), None)  # MyST begins with ""
            if not (isinstance(first, nodes.strong) and first.astext() == BEGINS):
                continue
            paragraph["classes"].append("d2l-short-path")
            for name in list(paragraph.findall(nodes.emphasis)):
                title = name.astext()
                if title not in sections:
                    raise SphinxError(
                        f"{self.env.docname}: the short path names {title!r}, which is no heading of the page"
                    )
                link = nodes.reference("", title, internal=True, refid=sections[title])
                name.replace_self(link)


def connect(app):
    """Register the transform."""
    app.add_transform(ShortPath)
