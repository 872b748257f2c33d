"""Pictures of explorers: where one will be, before it loads, without JavaScript and in print; and in the gallery."""

import hashlib
import html
import json
import shutil
from concurrent.futures import ThreadPoolExecutor

from d2lite import widgets
from d2lite.widgets import _bundle

SIZE = (760, 420)
THEMES = ("light", "dark")


def draw(folder, name, source, size, make_state):
    """Draw an explorer in both colour modes by its own code, unless an earlier build has; return the pictures' name.

    Args:
        folder: the folder of the site that gets <name>-<hash>-light.svg and -dark.svg.
        name: the explorer's name.
        source: text that changes whenever the state does.
        size: (width, height) in CSS pixels.
        make_state: function that returns the explorer, or its traits as a notebook stores them.
    """
    from d2lite.widgets._preview import preview_svg

    source = f"{_bundle.sources_key(name)}{size}{source}"
    name = f"{name}-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    kept = next((parent.parent for parent in folder.parents if parent.name == "html"), folder) / ".pictures"
    files = {theme: kept / f"{name}-{theme}.svg" for theme in THEMES}
    if missing := [theme for theme in THEMES if not files[theme].exists()]:
        kept.mkdir(parents=True, exist_ok=True)
        state = make_state()
        with ThreadPoolExecutor() as pool:  # each picture is drawn by a node process of its own
            pictures = list(pool.map(lambda theme: preview_svg(state, *size, theme), missing))
        for theme, picture in zip(missing, pictures, strict=True):
            unfinished = files[theme].with_suffix(".part")
            unfinished.write_text(picture, encoding="utf-8")
            unfinished.replace(files[theme])
    folder.mkdir(parents=True, exist_ok=True)
    for path in files.values():
        shutil.copy(path, folder)
    return name


def images(address, size, alt):
    """Return the HTML of both pictures, of which the page shows and loads one; address is theirs up to "-light.svg"."""
    return "".join(
        f'<img class="only-{theme}" src="{address}-{theme}.svg" alt="{html.escape(alt)}" loading="lazy" '
        f'width="{size[0]}" height="{size[1]}">'
        for theme in THEMES
    )


def placeholder(folder, address, state):
    """Draw an explorer's opening state; return HTML that shows it.

    Args:
        folder: where the pictures are written.
        address: address of that folder, as the page sees it.
        state: its traits as the notebook stored them.

    Returns:
        The pictures; for what asks something in words, those; for a widget that is not d2lite's, a line of text.
    """
    name = state.get("_explorer", "")
    if name not in widgets.widget_names():
        return "<p>An interactive figure.</p>"
    if outline := getattr(widgets.explorer_class(name), "outline", None):
        return outline(state)
    picture = draw(folder, name, json.dumps(state, sort_keys=True), SIZE, lambda: state)
    return images(f"{address}/{picture}", SIZE, widgets.explorer_class(name).title())
