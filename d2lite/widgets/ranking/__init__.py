"""The ranking explorer: one picture's detections walked from the best score down, and the curve they draw."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Payload, Real

SCENE = 6  # of d2lite.datasets.detections
NUM_ROWS = 40


def load_scene():
    """Return what the page draws on: the raw detections of one scene, its items, and its picture."""
    from d2lite.datasets import detections
    from d2lite.widgets._pictures import pack_picture
    from d2lite.widgets.nms import CLASSES, flat_rows

    scenes, predictions = detections()
    candidates, targets = flat_rows(predictions[SCENE], scenes.targets[SCENE])
    return {
        "candidates": candidates,
        "targets": targets,
        "picture": pack_picture(scenes.pixels[SCENE]),
        "names": list(CLASSES),
    }


class RankingExplorer(Explorer):
    """A ranked list of detections walked row by row, and the precision-recall curve that it draws.

    The boxes are what a trained network said of one scene of `d2lite.datasets.detections`; whatever the class, as
    in "all, merged" of `NmsExplorer`. Filed, the curve takes at each recall the best precision there or beyond.

    Example:
        >>> RankingExplorer(suppressed=True, step_count=11, filed=True)

    Taught in chapters/08_detection/nms_and_map.
    """

    step_count = Integer(2, min=0, max=NUM_ROWS, label="row")
    speed = Choice(2, (1, 2, 4, 8), unit="/s", label="rows a second")
    suppressed = Flag(
        False, label="overlapping boxes deleted (NMS)", help="Non-maximum suppression at an IoU of 0.5."
    )
    filed = Flag(False, label="interpolate", help="Filed teeth: the best precision at this recall or beyond.")
    match_threshold = Choice(
        0.5,
        (0.5, 0.6, 0.7, 0.75, 0.8, 0.9),
        label="IoU of a true positive",
        help="The least IoU that counts as found.",
    )
    average_precision = Real(0, min=0, max=1, output=True)
    data = Payload(loader=load_scene)
