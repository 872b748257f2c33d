"""The explorers: widgets that live in the built page and in the notebook alike.

Each explorer is a folder here (see README.md), found by its name: ``BoundaryExplorer`` is the class in
``boundary/``, ``ReceptiveFieldExplorer`` the one in ``receptive_field/``. What asks the reader something is a widget
made in the same way, without the name's end: ``Question``, ``DrawIt``. Importing this package imports none of them.
"""

import importlib
from pathlib import Path

_SUFFIX = "Explorer"
_ASKING = ("draw_it", "question")  # folders of what asks the reader something: not in the gallery


def explorer_names():
    """Return the folder names of all explorers, sorted.

    Returns:
        List of str: every folder here that holds a widget.js, but for those of questions.
    """
    return [name for name in widget_names() if name not in asking_names()]


def widget_names():
    """Return the folder names of all explorers and of what asks the reader something, sorted."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("[a-z]*/widget.js"))


def asking_names():
    """Return the folder names of what asks the reader something: answered once, kept in the reader's browser."""
    return sorted(_ASKING)


def explorer_class(name):
    """Return the class of the explorer, or of what asks something, in a folder.

    Args:
        name: folder name, such as "boundary" or "question".

    Returns:
        The subclass of Explorer in that folder: its name in camel case, then "Explorer"; without that for "question".

    Raises:
        ValueError: there is no such explorer.
    """
    if name not in widget_names():
        raise ValueError(f"name is {name!r}: expected one of {', '.join(widget_names())}")
    return getattr(importlib.import_module(f"{__name__}.{name}"), _class_name(name))


def _class_name(folder):
    return "".join(part.capitalize() for part in folder.split("_")) + ("" if folder in _ASKING else _SUFFIX)


def __getattr__(name):
    if name == _SUFFIX:
        return importlib.import_module(f"{__name__}._base").Explorer
    for folder in widget_names():
        if name == _class_name(folder):
            return explorer_class(folder)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__dir__())}")


def __dir__():
    return [
        "Explorer",
        *map(_class_name, widget_names()),
        "asking_names",
        "explorer_class",
        "explorer_names",
        "widget_names",
    ]
