"""Text and sequences: tokens, batches of windows, n-grams, words with labels."""

from d2lite._utils.lazy import lazy_modules

__all__ = ["batching", "ngrams", "tagging", "tokens"]

__getattr__, __dir__ = lazy_modules(__name__, __all__)
