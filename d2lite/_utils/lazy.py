"""Packages whose modules are imported on first use."""

import importlib


def lazy_modules(package, names):
    """Return the ``__getattr__`` and ``__dir__`` of a package that offers modules, imported on first use.

    Args:
        package: the package's ``__name__``.
        names: names of the modules.
    """

    def find(name):
        if name in names:
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}; it has {', '.join(names)}")

    return find, lambda: list(names)
