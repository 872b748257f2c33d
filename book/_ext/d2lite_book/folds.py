"""Cells tagged hide-* as native <details>, and the words on them. (myst-nb's own have several elements more.)"""

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode

WORDS = {"source": "Code", "content": "Code and result", "output": "Result", "outputs": "Results"}


def _name_solutions(app, doctree):
    for cell in doctree.findall(nodes.container):
        if "prompt_show" in cell and "tag_solution" in cell["classes"]:
            cell["prompt_show"] = "Solution"


def _visit_cell(self, node):
    words = WORDS.get(node["prompt_show"], node["prompt_show"])
    self.body.append(self.starttag(node, "details", CLASS="hide"))
    self.body.append(f"<summary>{self.encode(words)}</summary>\n")


def _leave_cell(self, node):
    self.body.append("</details>\n")


def connect(app):
    """Take the place of myst-nb's own elements; nb_code_prompt_show in _config.yml gives the kind of what is folded."""
    app.connect("doctree-read", _name_solutions)
    app.add_node(HideCodeCellNode, override=True, html=(_visit_cell, _leave_cell))
