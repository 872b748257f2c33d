"""Data sets: small real ones that ship with the package, scenes composed of them, and points in the plane.

Loaders of samples return `Data`, a pair of tensors with names; `records` gives a table as it was written down, `text` a
string, `series` a `Series`, `photo` one image, `word_vectors` words and a matrix. Nothing is read, decoded or
downloaded at import.
"""

from d2lite.datasets._data import Data
from d2lite.datasets._detections import detections
from d2lite.datasets._images import fashion_mnist, mnist
from d2lite.datasets._photos import photo
from d2lite.datasets._points import points
from d2lite.datasets._records import records
from d2lite.datasets._scenes import Scenes, scene_stream, scenes
from d2lite.datasets._series import Series, series
from d2lite.datasets._tabular import tabular
from d2lite.datasets._texts import text
from d2lite.datasets._word_vectors import word_vectors

__all__ = [
    "Data", "Scenes", "Series", "detections", "fashion_mnist", "mnist", "photo", "points", "records", "scene_stream",
    "scenes", "series", "tabular", "text", "word_vectors",
]  # fmt: skip
