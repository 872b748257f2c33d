"""Data sets: small real ones that ship with the package, scenes composed of them, and points in the plane.

Each loader returns `Data`, a pair of tensors with names. Nothing is read, decoded or downloaded at import.
"""

from d2lite.datasets._data import Data
from d2lite.datasets._detections import detections
from d2lite.datasets._images import fashion_mnist, mnist
from d2lite.datasets._points import points
from d2lite.datasets._scenes import Scenes, scene_stream, scenes
from d2lite.datasets._tabular import tabular

__all__ = [
    "Data",
    "Scenes",
    "detections",
    "fashion_mnist",
    "mnist",
    "points",
    "scene_stream",
    "scenes",
    "tabular",
]
