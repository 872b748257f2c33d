"""Packages whose modules are imported on first use, and modules whose names have changed."""

import importlib
import operator
import sys
import warnings


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


def renamed(module, names):
    """Return the ``__getattr__`` of a module some of whose names have changed: the old ones work, with a warning.

    Args:
        module: the module's ``__name__``.
        names: dict of an old name to the new one, which may be that of a submodule's attribute, "part.name".
    """

    def find(name):
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warnings.warn(f"{module}.{name} is now {module}.{names[name]}", DeprecationWarning, stacklevel=2)
        return operator.attrgetter(names[name])(sys.modules[module])

    return find
