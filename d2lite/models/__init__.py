"""The networks that more than one chapter uses, and what trains and reads them."""

from d2lite.models._grid_detector import GridDetector, detect, detector_loss, detector_targets

__all__ = ["GridDetector", "detect", "detector_loss", "detector_targets"]
