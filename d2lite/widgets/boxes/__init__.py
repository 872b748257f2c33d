"""The boxes explorer: two boxes, four measures of their overlap, and the descent of one onto the other."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Payload, Real

SIDE = 96  # of the pictures, in pixels
MAX_STEPS = 200
SHOWN = (2, 0, 5)  # test scenes


def load_pictures():
    """Return three test scenes as pictures, and the box of the first item of each."""
    from d2lite.datasets import scenes
    from d2lite.widgets._pictures import pack_picture

    shown = scenes(0, max(SHOWN) + 1)[1][list(SHOWN)]
    return {
        "pictures": [pack_picture(pixels) for pixels in shown.pixels],
        "targets": [[round(edge) for edge in boxes[0].tolist()] for boxes in shown.boxes],
    }


class BoxesExplorer(Explorer):
    """Two boxes and how far apart they are: IoU, GIoU, DIoU, CIoU, their gradients and their descents.

    The pictures are three test scenes of `d2lite.datasets.scenes`, their colours reduced to 64; the target
    starts as the box of an item.

    Example:
        >>> BoxesExplorer(loss="diou", box=[4, 60, 30, 90], step_count=40)

    Taught in chapters/08_detection/boxes.
    """

    loss = Choice("giou", ("iou", "giou", "diou", "ciou"), names=("IoU", "GIoU", "DIoU", "CIoU"))
    box = Numbers(
        [6, 8, 30, 26],
        min=0,
        max=SIDE,
        length=4,
        unit="px",
        label="prediction",
        help="Two opposite corners of the box at step 0.",
    )
    target = Numbers(
        [42, 53, 78, 87],
        min=0,
        max=SIDE,
        length=4,
        unit="px",
        help="Two opposite corners of the box to reach.",
    )
    scene = Integer(
        0, min=0, max=len(SHOWN) - 1, stepper=True, help="The picture; its first item is the target."
    )
    lr = Real(200, min=1, max=3000, log=True, unit="px²", label="learning rate")
    decay = Flag(
        True, label="rate falls to 0", help="In a straight line over the 200 steps; else it is constant."
    )
    starts = Flag(
        False,
        label="map of starts",
        help="Colours where a box of this size may begin, by the steps it needs.",
    )
    step_count = Integer(12, min=0, max=MAX_STEPS, label="step")
    speed = Choice(20, (2, 8, 20, 60), unit="/s", label="steps a second")
    data = Payload(loader=load_pictures)
    overlap = Real(0, min=0, max=1, output=True)
