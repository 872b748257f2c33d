"""The picture that stands where an explorer will be: before it loads, without JavaScript and in print."""

import html
import importlib.util

SIZE = (760, 420)


def placeholder(name, state):
    """Return the HTML of an explorer's placeholder.

    Args:
        name: folder name of the explorer.
        state: its traits as the notebook stored them.

    Returns:
        An inline SVG drawn by the explorer's own code; for a widget that is not d2lite's, a line of text.
    """
    from d2lite import widgets

    if name not in widgets.explorer_names() or not importlib.util.find_spec("d2lite.widgets._preview"):
        return f"<p>{html.escape(name.replace('_', ' ').capitalize())}: an interactive figure.</p>"
    from d2lite.widgets._preview import preview_svg

    return preview_svg(_widget(widgets.explorer_class(name), state), *SIZE, "auto")


def _widget(kind, state):
    """Make the explorer that a stored state describes."""
    traits = {
        key: state[key]
        for key, trait in kind.params().items()
        if key in state and not trait.spec.get("readback")
    }
    return kind(key=state.get("key", ""), **traits)
