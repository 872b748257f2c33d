"""Figures in the house style, readable on the light and the dark page alike."""

from d2lite._utils.lazy import lazy_modules
from d2lite.plotting._boxes import boxes
from d2lite.plotting._classification import confusion_matrix, decision_boundary, points
from d2lite.plotting._curves import curves, panels
from d2lite.plotting._images import image_grid
from d2lite.plotting._style import CLASS_COLORS, INK, MARKERS, PALETTE, STYLE, use_style

__all__ = [
    "CLASS_COLORS", "INK", "MARKERS", "PALETTE", "STYLE", "boxes", "confusion_matrix", "curves", "decision_boundary",
    "diagrams", "image_grid", "panels", "points", "use_style",
]  # fmt: skip

__getattr__ = lazy_modules(__name__, ["diagrams"])[0]
