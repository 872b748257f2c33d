"""The package's reference, made from the docstrings, and its links with the chapters, both ways.

``.. d2lite-reference:: d2lite.datasets`` documents every public name of a module. A docstring's line "Taught in
chapters/..." becomes a link; each entry names the chapters whose code uses it, and each of those chapters ends with
the names it uses. Usage is read from the chapters' code cells, so neither list can go stale.
"""

import importlib
import inspect
import json
import re
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import pending_xref
from sphinx.util.docutils import SphinxDirective

from d2lite._utils.reach import names_used

HOOKS = "on_train_start, on_step_end, on_epoch_end, on_train_end"  # the same for every callback
MEMBERS = ["   :members:", f"   :exclude-members: {HOOKS}"]
TAUGHT = re.compile(r"Taught in\s+(chapters/\w+/\w+)\.?")


def resolve(name):
    """Return the object behind a dotted name that starts with d2lite, or None."""
    here = importlib.import_module("d2lite")
    for part in name.split(".")[1:]:
        here = getattr(here, part, None)
    return here


def modules(package="d2lite"):
    """Return the dotted names of a package and of all public modules in it, those of its packages included."""
    inside = (f"{package}.{name}" for name in getattr(resolve(package), "__all__", ()))
    return [
        package,
        *(found for name in inside if inspect.ismodule(resolve(name)) for found in modules(name)),
    ]


def public_names(module):
    """Return the dotted names of a module's documented functions and classes, as readers write them."""
    if module == "d2lite":
        found = [name for name in map("d2lite.{}".format, resolve(module).__all__) if callable(resolve(name))]
        return sorted(found, key=lambda name: (inspect.isclass(resolve(name)), name))  # functions first
    if module == "d2lite.widgets":
        return [f"{module}.{name}" for name in dir(resolve(module)) if name[0].isupper()]
    top = {id(resolve(name)) for name in public_names("d2lite")}
    objects = {f"{module}.{name}": resolve(f"{module}.{name}") for name in _names(resolve(module))}
    return [name for name, value in objects.items() if callable(value) and id(value) not in top]


def _names(module):
    own = [
        name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
    ]
    return getattr(module, "__all__", [name for name in own if not name.startswith("_")])


def usage(root, docnames, documented):
    """Return which documented names each chapter uses.

    Args:
        root: folder of the book's sources.
        docnames: names of its pages.
        documented: dict from the id of an object to the name it is documented by.

    Returns:
        dict from the name of a chapter to a sorted list of documented names.
    """
    result = {}
    for docname in sorted(docnames):
        path = Path(root) / f"{docname}.ipynb"
        if path.exists():
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
            parts = (name.split(".") for name in names_used(code))
            objects = (resolve(".".join(p[:k])) for p in parts for k in range(1, len(p) + 1))
            result[docname] = sorted({documented[id(o)] for o in objects if id(o) in documented})
    return result


class Reference(SphinxDirective):
    """``.. d2lite-reference:: module``: an entry for each public name of the module.

    With ``:inherited:`` the methods that a class has from its bases, too.
    """

    required_arguments = 1
    option_spec: ClassVar = {"inherited": directives.flag}

    def run(self):
        inherited = ["   :inherited-members:"] if "inherited" in self.options else []
        lines = []
        for name in public_names(self.arguments[0]):
            kind = "class" if inspect.isclass(resolve(name)) else "function"
            lines += [f".. auto{kind}:: {name}", *(MEMBERS + inherited if kind == "class" else []), ""]
        return self.parse_text_to_nodes("\n".join(lines))


def _find_usage(app, env, docnames):
    env.d2lite_documented = {id(resolve(n)): n for module in modules() for n in public_names(module)}
    env.d2lite_usage = usage(app.srcdir, env.found_docs, env.d2lite_documented)
    return []


def _link_docstring(app, what, name, obj, options, lines):
    env = app.env

    def link(match):
        return f"Taught in :doc:`/{match[1]}`." if match[1] in env.found_docs else ""

    text = "\n".join(lines)
    taught = {match[1] for match in TAUGHT.finditer(text)}
    lines[:] = TAUGHT.sub(link, text).split("\n")
    known = getattr(env, "d2lite_documented", {}).get(id(obj))
    others = [
        doc for doc, names in getattr(env, "d2lite_usage", {}).items() if known in names and doc not in taught
    ]
    if others:
        lines += ["", "Used in " + ", ".join(f":doc:`/{doc}`" for doc in others) + "."]


def _add_names(app, doctree):
    names = getattr(app.env, "d2lite_usage", {}).get(app.env.docname)
    if not names:
        return
    links = nodes.paragraph(classes=["d2l-names"])
    links += nodes.Text("From the package, on this page: ")
    for i, name in enumerate(names):
        short = name.removeprefix("d2lite.") if name.count(".") > 1 else name
        target = pending_xref("", nodes.literal(text=short), refdomain="py", reftype="obj", reftarget=name)
        target["refdoc"] = app.env.docname
        links += [target, nodes.Text("." if i == len(names) - 1 else ", ")]
    section = next(iter(doctree.findall(nodes.section)), doctree)
    section += links


def connect(app):
    """Register the directive and the links."""
    app.add_directive("d2lite-reference", Reference)
    app.connect("env-before-read-docs", _find_usage)
    app.connect("autodoc-process-docstring", _link_docstring)
    app.connect("doctree-read", _add_names)
