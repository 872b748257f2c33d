"""Boxes and their overlap, anchors and owners, suppression, measures of detectors and masks, augmentation, pyramids."""

from d2lite._utils.lazy import lazy_modules

__all__ = [
    "anchor_sizes",
    "anchors",
    "assignment",
    "augmentation",
    "boxes",
    "detection_metrics",
    "pyramids",
    "scene_augmentation",
    "segmentation",
    "suppression",
    "truths",
    "unfold",
]

__getattr__, __dir__ = lazy_modules(__name__, __all__)
