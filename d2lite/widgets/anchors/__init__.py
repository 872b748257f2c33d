"""The anchors explorer: k-means on the sizes of real boxes, by overlap or by plain distance."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Real, Rows

SCENES = 120  # training scenes
MAX_STEPS = 60
LEAST, MOST = 2, 50  # px of a side in the picture


def load_sizes():
    """Return the widths and heights of the items in the training scenes, as the page takes them."""
    from d2lite.datasets import scenes

    boxes = scenes(SCENES, 0)[0].boxes
    return {"sizes": [[x2 - x1, y2 - y1] for found in boxes for x1, y1, x2, y2 in found.int().tolist()]}


def _wrong_with(data):
    """Return what is wrong with other sizes, or None."""
    for row in data["sizes"]:
        if len(row) != 2 or not all(LEAST <= side <= MOST for side in row):
            return (
                f"the size {row}: expected [width, height] from {LEAST} to {MOST} px, as the picture shows; scale all "
                "sizes alike, which changes no IoU"
            )
    return None


class AnchorsExplorer(Explorer):
    """The sizes of boxes and the anchors that k-means finds among them, step by step, by IoU or by distance.

    The sizes are those of the items in 120 training scenes of `d2lite.datasets.scenes`.

    Example:
        >>> AnchorsExplorer(num_anchors=5, distance="euclidean", step_count=4)

    Taught in chapters/08_detection/anchors.
    """

    num_anchors = Integer(3, min=1, max=9, label="anchors k")
    distance = Choice("iou", ("iou", "euclidean"), names=("1 − IoU", "Euclidean"))
    seed = Integer(0, min=0, max=99, stepper=True, help="Draws the sizes that the anchors start from.")
    starts = Rows(
        columns=[("width", LEAST, MOST), ("height", LEAST, MOST)],
        max_length=9,
        help="Anchors at step 0, one row each; drawn by the seed unless there are k of them.",
    )
    step_count = Integer(0, min=0, max=MAX_STEPS, label="step")
    speed = Choice(2, (1, 2, 6, 20), unit="/s", label="steps a second")
    data = Payload(loader=load_sizes, check=_wrong_with)
    mean_iou = Real(0, min=0, max=1, output=True)
