"""d2lite: the helper package of the d2lite deep-learning textbook.

Everything is imported on first use, so that ``import d2lite`` stays quick and leaves the random state,
matplotlib and the file system alone.
"""

import importlib

from d2lite import _renamed

__version__ = "0.1.0"

_SUBMODULES = {
    "datasets", "language", "models", "optim", "plotting", "sweeps", "training", "vision", "widgets",
}  # fmt: skip
_FUNCTIONS = {
    "device": "training", "evaluate": "training", "fit": "training", "seed": "training", "History": "training",
    "EarlyStopping": "training", "Checkpoint": "training", "ProgressBar": "training", "LivePlot": "training",
    "sweep": "sweeps", "Sweep": "sweeps",
}  # fmt: skip

__all__ = sorted(_SUBMODULES | set(_FUNCTIONS))

_renamed.install()


def __getattr__(name):
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(f"d2lite.{_FUNCTIONS[name]}"), name)
    if name in _SUBMODULES or name in _renamed.MODULES:
        return importlib.import_module(f"d2lite.{name}")
    raise AttributeError(f"module 'd2lite' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__():
    return sorted(set(globals()) | set(__all__))
