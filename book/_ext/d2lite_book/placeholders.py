"""The picture that stands where an explorer will be: before it loads, without JavaScript and in print."""

import hashlib
import html
import json

from d2lite import widgets
from d2lite.widgets import _bundle

WIDTH, HEIGHT = 760, 420


def placeholder(folder, address, state):
    """Draw an explorer's opening state with its own code, in both colour modes; return HTML that shows it.

    Args:
        folder: where the pictures are written; one that is there already is not drawn again.
        address: address of that folder, as the page sees it.
        state: its traits as the notebook stored them.

    Returns:
        Two images, of which the page shows and loads one; for a widget that is not d2lite's, a line of text.
    """
    name = state.get("_explorer", "")
    if name not in widgets.explorer_names():
        return "<p>An interactive figure.</p>"
    from d2lite.widgets._preview import preview_svg

    source = _bundle.sources_key(name) + json.dumps(state, sort_keys=True)
    key = hashlib.sha256(source.encode()).hexdigest()[:8]
    title = html.escape(widgets.explorer_class(name).title())
    images = []
    for theme in ("light", "dark"):
        path = folder / f"{name}-{key}-{theme}.svg"
        if not path.exists():
            path.write_text(preview_svg(state, WIDTH, HEIGHT, theme), encoding="utf-8")
        images.append(
            f'<img class="only-{theme}" src="{address}/{path.name}" alt="{title}" loading="lazy" '
            f'width="{WIDTH}" height="{HEIGHT}">'
        )
    return "".join(images)
