"""The names that modules had in version 0.1: they work, with a warning, until the version after the next."""

import importlib
import importlib.abc
import importlib.util
import sys
import warnings

MODULES = {  # the old name, and where its contents are now
    "anchors": ("vision.anchors", "vision.anchor_sizes"),
    "boxes": ("vision.boxes",),
    "character_rnn": ("models.character_rnn",),
    "detection": ("vision.suppression", "vision.detection_metrics"),
    "metrics": ("training.metrics",),
    "ngrams": ("language.ngrams",),
    "progress": ("training.progress",),
    "surfaces": ("optim.surfaces",),
    "text": ("language.tokens", "language.batching"),
    "windows": ("vision.unfold",),
}


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes of an old name a module that passes everything on to the new ones."""

    def find_spec(self, fullname, path=None, target=None):
        package, _, name = fullname.partition(".")
        if package == "d2lite" and name in MODULES:
            return importlib.util.spec_from_loader(fullname, self)
        return None

    def exec_module(self, module):
        name = module.__name__.removeprefix("d2lite.")
        new = [importlib.import_module(f"d2lite.{target}") for target in MODULES[name]]
        places = " and ".join(f"d2lite.{target}" for target in MODULES[name])
        warnings.warn(f"d2lite.{name} is now {places}", DeprecationWarning, stacklevel=2)

        def find(attribute):
            for owner in new:
                if hasattr(owner, attribute):
                    return getattr(owner, attribute)
            raise AttributeError(f"{places} has no {attribute!r}")

        module.__getattr__ = find
        module.__dir__ = lambda: sorted({part for owner in new for part in dir(owner)})


def install():
    """Let the old names be imported."""
    if not any(type(finder).__qualname__ == _Finder.__qualname__ for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
