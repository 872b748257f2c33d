"""What optimizers are tried on."""

from d2lite._utils.lazy import lazy_modules

__all__ = ["surfaces"]

__getattr__, __dir__ = lazy_modules(__name__, __all__)
