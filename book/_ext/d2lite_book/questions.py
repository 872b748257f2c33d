"""Which questions each page asks, by their keys in reading order: the contents count the answered ones."""

import json

from docutils import nodes

from d2lite import widgets

from .explorers import BOXES, VIEW, state_of

ENTRY = "d2lite_questions"


def on_pages(env):
    """Return the keys of the questions of each page that has any: a dict from its name to a list."""
    found = {name: env.metadata[name].get(ENTRY) for name in sorted(env.found_docs)}
    return {name: keys for name, keys in found.items() if keys}


def keys_of(doctree, models):
    """Return the keys of the questions that a page shows, in order.

    Args:
        doctree: the page's document, with a view for each widget shown.
        models: the notebook's widget state, model id to {model_name, state, buffers}.
    """
    views = (VIEW.search(node.astext()) for node in doctree.findall(nodes.raw))
    shown = dict.fromkeys(json.loads(view[1])["model_id"] for view in views if view)
    states = (state for name in shown for state in _states(models, name))
    return [state["key"] for state in states if state.get("_explorer") in widgets.asking_names()]


def _states(models, name):
    """Yield the state of a model; of a box, those of what it holds."""
    model = models.get(name, {})
    state = model.get("state", {})
    if model.get("model_name") not in BOXES:
        yield state
        return
    for child in state.get("children", []):
        yield from _states(models, child.removeprefix("IPY_MODEL_"))


def _read(app, doctree):
    keys = keys_of(doctree, state_of(app.env, app.env.docname))
    app.env.metadata[app.env.docname][ENTRY] = keys


def connect(app):
    """Note the questions of each page that is read; Sphinx keeps and merges a page's metadata."""
    app.connect("doctree-read", _read)
