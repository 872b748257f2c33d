"""What folds, as native <details> that need no script: boxes of class "dropdown", and cells tagged hide-*."""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform


class fold(nodes.General, nodes.Element):
    """A <details> element; its attribute "title" holds the nodes of the summary's text."""


class fold_title(nodes.General, nodes.TextElement):
    """The <summary> of a fold."""


class FoldDropdowns(SphinxPostTransform):
    """Replace every admonition of class "dropdown" by a fold, as sphinx-togglebutton does in the browser."""

    default_priority = 200
    formats = ("html",)

    def run(self, **kwargs):
        """Walk over the page's admonitions."""
        for box in list(self.document.findall(nodes.Admonition)):
            if "dropdown" in box.get("classes", ()):
                self._fold(box)

    def _fold(self, box):
        kind = box.tagname if box.tagname != "admonition" else ""
        classes = ["admonition", kind, *(name for name in box["classes"] if name != "toggle")]
        title = next(iter(box.findall(nodes.title)), None)
        summary = fold_title(
            "", "", *(title.children if title else [nodes.Text(kind.capitalize() or "Details")])
        )
        if title:
            box.remove(title)
        shown = "toggle-shown" in box["classes"]
        new = fold(
            "",
            summary,
            *box.children,
            classes=[name for name in classes if name],
            ids=box["ids"],
            shown=shown,
        )
        box.replace_self(new)


def _visit_fold(self, node):
    attributes = {"open": "open"} if node["shown"] else {}
    self.body.append(self.starttag(node, "details", **attributes))


def _visit_title(self, node):
    self.body.append(self.starttag(node, "summary", "", CLASS="admonition-title"))


class NameFoldedCells(SphinxPostTransform):
    """Say of a cell that folds what it is, before myst-nb folds it: a solution, or what fills in {type}."""

    default_priority = 198
    formats = ("html",)

    def run(self, **kwargs):
        """Set the words on the cells that may fold."""
        for cell in self.document.findall(nodes.container):
            if "prompt_show" in cell:
                cell["prompt_show"] = "Solution" if "tag_solution" in cell["classes"] else "{type}"


def _visit_cell(self, node):
    words = {"source": "Code", "content": "Code and result", "output": "Result", "outputs": "Results"}
    self.body.append(self.starttag(node, "details", CLASS="hide"))
    self.body.append(f"<summary>{words.get(node['prompt_show'], node['prompt_show'])}</summary>\n")


def connect(app):
    """Register the nodes and the transform."""
    end = lambda tag: lambda self, node: self.body.append(f"</{tag}>\n")
    app.add_node(fold, html=(_visit_fold, end("details")))
    app.add_node(fold_title, html=(_visit_title, end("summary")))
    app.add_node(HideCodeCellNode, override=True, html=(_visit_cell, end("details")))
    app.add_post_transform(NameFoldedCells)
    app.add_post_transform(FoldDropdowns)
