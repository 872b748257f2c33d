"""The detection bench: compose a scene, and a trained detector finds what is in it, in the page."""

import functools

from d2lite.widgets._base import Explorer
from d2lite.widgets._palette import item_columns, palette_payload
from d2lite.widgets._traits import Choice, Flag, Integer, Payload, Real, Rows

SIDE = 96  # pixels of a scene
ITEMS = [[16, 25, 28, 36, 2], [14, 70, 24, 38, 4], [6, 27, 70, 42, 0], [5, 70, 68, 40, 1]]


@functools.cache
def bench_payload():
    """The detector that ships, the palette's items as base64 of (N, 28, 28) bytes with their labels, class names."""
    from d2lite.models import detector_payload, pretrained_detector

    return {"detector": detector_payload(pretrained_detector()[0]), **palette_payload()}


class DetectionBenchExplorer(Explorer):
    """A detector at work: place clothes in a scene, or draw some, and see what it finds, and why.

    The network runs in the page, with its weights in 8 bits, on pictures of 96 x 96 pixels. The clothes are test
    items of Fashion-MNIST: it was not trained on them.

    Args:
        values: the traits, and those of Explorer.

    Example:
        >>> DetectionBenchExplorer(items=[[0, 48, 48, 40, 0]], raw="grid", confidence=0.5)

    Taught in chapters/08_detection/yolo.
    """

    items = Rows(
        ITEMS,
        columns=item_columns(SIDE, 12, 80),
        max_length=12,
        help="Each item's number in the palette, centre, side in pixels and tint; later ones lie on top.",
    )
    strokes = Rows(
        columns=[("x", 0, SIDE), ("y", 0, SIDE), ("begins", 0, 1, "integer")],
        max_length=600,
        help="Points of a pen; 1 where a stroke begins.",
    )
    background = Integer(5, min=0, max=9999, stepper=True, label="background")
    confidence = Real(0.3, min=0.01, max=0.99, step=0.01, help="Boxes that score less are not shown.")
    nms = Flag(True, label="suppress doubles", help="Non-maximum suppression, class by class.")
    iou_threshold = Real(
        0.45,
        min=0.05,
        max=0.95,
        step=0.01,
        label="IoU threshold",
        help="A box that overlaps a better one of its class by more is suppressed.",
    )
    raw = Choice(
        "off",
        ("off", "grid", "anchors"),
        names=("off", "objectness", "boxes"),
        label="raw outputs",
        help="The objectness of every cell, or the boxes of all its anchors.",
    )
    cell = Integer(-1, min=-1, max=143, label="cell", help="One of 144, row by row; -1 for none.")
    truth = Flag(True, label="true boxes")
    tool = Choice("move", ("move", "draw"), label="pointer")
    found = Rows(
        columns=[
            *((name, -1e6, 1e6) for name in ("x1", "y1", "x2", "y2")),
            ("score", 0, 1),
            ("class", 0, 99, "integer"),
        ],
        max_length=500,
        output=True,
    )
    data = Payload(loader=bench_payload)

    @classmethod
    def from_model(cls, detector, **values):
        """Return the bench with your own detector in it.

        "Copy as Python" still makes a bench with the pretrained one: a page does not know your variables.

        Args:
            detector: `d2lite.models.GridDetector` or `PyramidDetector` of ten classes, on any device; the page gets a
                copy in 8 bits, of a `PyramidDetector` in 6.
            values: as for the class.

        Raises:
            TypeError: the detector is of another kind.
            ValueError: it has other classes, a value is not finite, or it is too large for a page.
        """
        from d2lite.models import PyramidDetector, detector_payload, pyramid_payload

        if getattr(detector, "num_classes", 10) != 10:  # whatever is no detector is refused next
            raise ValueError(
                f"detector has {detector.num_classes} classes: expected the ten of Fashion-MNIST, as in datasets.scenes"
            )
        payload = pyramid_payload if isinstance(detector, PyramidDetector) else detector_payload
        return cls(data={**bench_payload(), "detector": payload(detector)}, **values)
