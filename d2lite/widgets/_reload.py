"""Explorers on the screen are drawn anew when a source is saved, while one edits with ANYWIDGET_HMR=1."""

import os
import sys
import threading
import time
import weakref

from ._bundle import notebook

_shown = weakref.WeakSet()


def follow(explorer):
    """Keep an explorer's code up with its sources, if the environment says so; anywidget's page draws it anew."""
    if os.environ.get("ANYWIDGET_HMR") != "1":
        return
    first = not _shown
    _shown.add(explorer)
    if first:
        threading.Thread(target=_watch, daemon=True).start()


def update(explorers):
    """Give explorers the code that their sources make now; return what is wrong with these, or ""."""
    for explorer in explorers:
        try:
            explorer._esm, explorer._css = notebook(explorer._folder)
        except (ValueError, OSError) as error:  # a file half written, too
            return str(error)
    return ""


def _watch():
    said = ""
    while _shown:
        time.sleep(0.3)
        problem = update(list(_shown))
        if problem and problem != said:
            print(problem, file=sys.stderr)
        said = problem
