"""What is folded, as native <details>: cells tagged hide-*, and sections whose heading begins "Deeper: ".

(myst-nb's own folds of cells have several elements more.) d2l-page.js opens them for a link into them, and for print.
"""

import ast

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform

WORDS = {"source": "Code", "content": "Code and result", "output": "Result", "outputs": "Results"}
DEEPER = "Deeper: "


def claims_checked(source):
    """Return the words on a folded cell of claims: how many asserts its code has."""
    count = sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source)))
    return f"{count} claim{'' if count == 1 else 's'} checked here"


def _name_cells(app, doctree):
    for cell in doctree.findall(nodes.container):
        if "prompt_show" in cell and "tag_solution" in cell["classes"]:
            cell["prompt_show"] = "Solution"
        elif "prompt_show" in cell and "tag_claims" in cell["classes"]:
            cell["prompt_show"] = claims_checked(cell.next_node(nodes.literal_block).astext())


def _visit_cell(self, node):
    words = WORDS.get(node["prompt_show"], node["prompt_show"])
    self.body.append(self.starttag(node, "details", CLASS="hide"))
    self.body.append(f"<summary>{self.encode(words)}</summary>\n")


def _leave_cell(self, node):
    self.body.append("</details>\n")


def deeper_sections(doctree):
    """Return the sections that are folded whole."""
    return [
        section
        for section in doctree.findall(nodes.section)
        if isinstance(section[0], nodes.title) and section[0].astext().startswith(DEEPER)
    ]


def _note_deeper(app, doctree):
    names = {f"#{section['ids'][0]}" for section in deeper_sections(doctree)}
    for entry in app.env.tocs[app.env.docname].findall(nodes.list_item):
        entry["is_deeper"] = entry[0][0]["anchorname"] in names


def _hide_from_numbering(app, env):
    """Take folded sections out of the contents while sections are numbered: they, and what they hold, get none."""
    app.d2lite_deeper = []
    for toc in env.tocs.values():
        for entry in [entry for entry in toc.findall(nodes.list_item) if entry.get("is_deeper")]:
            app.d2lite_deeper.append((entry.parent, entry.parent.index(entry), entry))
            entry.parent.remove(entry)
    return []


def _show_again(app, env):
    for parent, place, entry in reversed(app.d2lite_deeper):
        parent.insert(place, entry)
    return []


class UnnumberedTitle(nodes.Element):
    """The heading of a section of a fold; with summary=True that of the fold itself, on which it is opened."""


class Fold(nodes.Element):
    """The folded section: its heading and all it holds."""


class FoldSections(SphinxPostTransform):
    """Fold sections in the site; to the search index and the contents they are sections like any other."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs):
        """Put what each section holds into a fold."""
        for section in deeper_sections(self.document):
            for part in section.findall(nodes.section):
                title = UnnumberedTitle("", *part[0].children, name=part["ids"][0], summary=part is section)
                part.replace(part[0], title)
            section["classes"].append("deeper")
            section[:] = [Fold("", *section.children)]


def _visit_title(self, node):
    tag = f"h{self.section_level + self.initial_header_level - 1}"
    link = f'<a class="headerlink" href="#{node["name"]}" title="Link to this heading">#</a>'
    if node["summary"]:  # itself a control, it holds no other
        self.body.append(f"<summary><{tag}>")
        self.context.append(f"</{tag}></summary>\n")
    else:
        self.body.append(f"<{tag}>")
        self.context.append(f"{link}</{tag}>\n")


def _leave_title(self, node):
    self.body.append(self.context.pop())


def _visit_fold(self, node):
    self.body.append('<details class="deeper-fold">\n')


def _leave_fold(self, node):
    self.body.append("</details>\n")


def connect(app):
    """Take the place of myst-nb's own elements; nb_code_prompt_show in _config.yml gives the kind of what is folded."""
    app.connect("doctree-read", _name_cells)
    app.connect("doctree-read", _note_deeper, priority=600)  # once the contents of the page are there
    app.connect("env-get-updated", _hide_from_numbering, priority=400)
    app.connect("env-get-updated", _show_again, priority=600)
    app.add_node(HideCodeCellNode, override=True, html=(_visit_cell, _leave_cell))
    app.add_node(UnnumberedTitle, html=(_visit_title, _leave_title))
    app.add_node(Fold, html=(_visit_fold, _leave_fold))
    app.add_post_transform(FoldSections)
