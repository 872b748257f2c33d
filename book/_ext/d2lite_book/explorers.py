"""Explorers in built pages: widget state goes in; a placeholder, small data and one shared script come out.

A notebook stores the state of every widget it shows, and each explorer's state holds a whole copy of its
code. Here the code moves to `_static/explorers/<name>-<hash>.js`, a classic script that works from file://
too, what all explorers share to a core beside it, the rest of the state to another script, and every view becomes
an element with a picture in it, which d2l-host.js brings to life when it comes near.
"""

import hashlib
import html
import json
import re
from collections import Counter
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.util import logging

from d2lite import widgets
from d2lite.widgets import _bundle

from .execution import is_notebook
from .placeholders import placeholder
from .words import describe

LOGGER = logging.getLogger(__name__)

STATE_TYPE = "application/vnd.jupyter.widget-state+json"
VIEW = re.compile(r'<script type="application/vnd\.jupyter\.widget-view\+json">(.*?)</script>', re.DOTALL)
CODE = ("_esm", "_css")
BOXES = {"HBoxModel": "row", "VBoxModel": "column", "BoxModel": "row", "GridBoxModel": "row"}
LARGEST_INSIDE = 4000  # bytes of a state that stands in the page: a request costs more
RESERVED = {"d2l-search", "d2l-index", "d2l-results", "d2l-found"}  # of the page itself
NOTE = "This control needs Python behind it: run the notebook (button at the top) to use it."
NO_SCRIPT = "This is a picture of a live explorer: allow JavaScript to use it."
NO_ANSWER = "Allow JavaScript to answer here."


def write_bundle(folder, name, script, css):
    """Write a script, which registers itself with the page's host, and its style under names that follow their content.

    Args:
        folder: where they are written.
        name: the explorer's name, or that of the core.
        script: body of a function of (require, explorer), as d2lite.widgets._bundle gives it.
        css: text of the style sheet; "" where there is none.

    Returns:
        The bundle's name, "<name>-<8 hexadecimal digits>".
    """
    bundle = f"{name}-{hashlib.sha256((script + chr(0) + css).encode()).hexdigest()[:8]}"
    classic = f'd2l.register("{bundle}",(require,explorer)=>{{"use strict";\n{script.rstrip()}\n}});\n'
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, text in ((".js", classic), (".css", css)):
        path = folder / (bundle + suffix)
        if text and not path.exists():
            path.write_text(text, encoding="utf-8")
    return bundle


def state_text(data):
    """Return what an explorer is to show as JSON, the same text for the same data."""
    return json.dumps(data, separators=(",", ":"), sort_keys=True)


def write_state(folder, bundle, data):
    """Write what an explorer is to show, for the page's host to load, under a name that changes with it.

    Args:
        folder: where the bundles are.
        bundle: the explorer's bundle.
        data: dict with state, and buffers if it has binary traits.

    Returns:
        The script's name, "<bundle>-<8 hexadecimal digits>".
    """
    text = state_text(data)
    name = f"{bundle}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    if not (path := folder / f"{name}.js").exists():
        path.write_text(f'd2l.addState("{name}", {text});\n', encoding="utf-8")
    return name


class Page:
    """The widgets of one page.

    Args:
        models: the notebook's widget state, model id to {model_name, state, buffers}.
        folder: where bundles and pictures are written.
        address: address of that folder, as the page sees it.
    """

    def __init__(self, models, folder, address):
        self.models = models
        self.folder = folder
        self.address = address
        self.keys = Counter()
        self.specs = {}  # of each explorer's traits, by its id

    def view(self, model_id):
        """Return the HTML of one view: an explorer, a box of views, or a note where nothing can run."""
        model = self.models.get(model_id, {"model_name": "missing", "state": {}})
        name, state = model["model_name"], model["state"]
        if "_esm" in state:
            return self._explorer(model_id, state, model.get("buffers", []))
        if name in BOXES:
            children = (self.view(child.removeprefix("IPY_MODEL_")) for child in state.get("children", []))
            return f'<div class="d2l-box d2l-box-{BOXES[name]}">{"".join(children)}</div>'
        LOGGER.info("a widget of type %s cannot run in the page: a note stands in its place", name)
        return f'<p class="d2l-page-note" role="note">{NOTE}</p>'

    def _explorer(self, model_id, state, buffers):
        name, core, (script, css) = self._code(state)
        bundle = write_bundle(self.folder, name, script, css)
        kept = {
            key: value for key, value in state.items() if key not in CODE and not _is_plumbing(key, value)
        }
        data = {"state": kept} | ({"buffers": buffers} if buffers else {})
        inside = state_text(data).replace("<", "\\u003c")  # no end of a script, no comment
        asks = name in widgets.asking_names()
        anchor = self._anchor(re.sub(r"[^\w-]", "-", state.get("key") or name), asks)
        self.specs[anchor] = state.get("_spec", [])
        files = f'data-bundle="{bundle}"'
        if len(inside.encode()) > LARGEST_INSIDE:
            inside, files = "", f'{files} data-state="{write_state(self.folder, bundle, data)}"'
        files += f' data-core="{core}"' if core else ""
        files += " data-style" if css else ""
        frame = "d2l-explorer-frame d2l-asks" if asks else "d2l-explorer-frame"
        return (
            f'<div class="{frame}" id="{anchor}" data-model="{html.escape(model_id)}" {files}>'
            f'<div class="d2l-placeholder">{placeholder(self.folder, self.address, kept)}'
            f"<noscript><p>{NO_ANSWER if asks else NO_SCRIPT}</p></noscript></div>"
            + (f'<script type="application/json">{inside}</script></div>' if inside else "</div>")
        )

    def _code(self, state):
        """Return a widget's name, the bundle of the core if it needs it, and its (script, css).

        An explorer's code is taken from the package as it is now: to edit one, no kernel need run again.
        """
        name = state.get("_explorer")
        if name in widgets.widget_names():
            return name, write_bundle(self.folder, "core", *_bundle.page()), _bundle.page(name)
        name = re.sub(r"[^a-z0-9_-]", "-", state.get("_anywidget_id", "widget").rsplit(".", 1)[-1].lower())
        try:
            return name, None, (_bundle.classic(state["_esm"]), state.get("_css") or "")
        except ValueError as error:
            raise ExtensionError(f"the code of widget {name!r} cannot run in a page: {error}") from None

    def _anchor(self, key, is_only):
        """Return the id of a view: the explorer's key, and a number where a page has several of that key.

        is_only: it must be the only one, since the reader's browser keeps an answer by its key.
        """
        self.keys[key] += 1
        if is_only and self.keys[key] > 1:
            raise ExtensionError(
                f"key {key!r} is a question's and another's of this page: expected one of its own"
            )
        anchor = f"d2l-{key}" + (f"-{self.keys[key]}" if self.keys[key] > 1 else "")
        if anchor in RESERVED or anchor in self.specs:
            raise ExtensionError(
                f"an explorer with key={key!r} would get the id {anchor!r}, which is taken; choose another key"
            )
        return anchor


def _is_plumbing(key, value):
    """Tell whether a trait only serves Jupyter's own front end."""
    names = {"_anywidget_id", "_dom_classes", "layout", "tabbable", "tooltip", "_view_count"}
    return key in names or key.startswith(("_model_", "_view_"))


def _pop_state(context):
    """Take the widget state out of the page's scripts and return its models."""
    for script in context.get("script_files", []):
        attributes = getattr(script, "attributes", {})
        if attributes.get("type") == STATE_TYPE:
            context["script_files"].remove(script)
            return json.loads(attributes["body"])["state"]
    return {}


def state_of(env, docname):
    """Return the widget state of a page that has been read: model id to {model_name, state, buffers}."""
    scripts = getattr(env, "nb_metadata", {}).get(docname, {}).get("js_files", {})
    bodies = [options["body"] for _, options in scripts.values() if options.get("type") == STATE_TYPE]
    return json.loads(bodies[0])["state"] if bodies else {}


def _page_context(app, pagename, templatename, context, doctree):
    models = _pop_state(context)
    body = context.get("body") or ""
    folder = "_static/explorers"
    page = Page(models, Path(app.outdir) / folder, context["content_root"] + folder)
    body = VIEW.sub(lambda match: page.view(json.loads(match[1])["model_id"]), body)
    context["body"] = describe(body, page.specs, pagename)


def _pages_out_of_date(app, env, added, changed, removed):
    """Read notebooks again (from the cache: no kernel runs) when the explorers' code has changed."""
    key = _bundle.sources_key()
    stale = getattr(env, "d2lite_explorers_key", key) != key
    env.d2lite_explorers_key = key
    return [name for name in env.found_docs if stale and is_notebook(env, name)]


def connect(app):
    """Transform widgets once myst-nb has added their state to the page (priority 500)."""
    app.connect("env-get-outdated", _pages_out_of_date)
    app.connect("html-page-context", _page_context, priority=550)
