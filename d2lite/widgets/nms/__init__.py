"""The NMS explorer: real raw detections, how they are suppressed, and the precision-recall curve that results."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Payload, Real

NUM_SCENES = 50  # whose detections make the curve
SHOWN = (6, 1, 15, 12, 25)  # scenes that can be looked at
MAX_ROUNDS = 40
CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


def flat_rows(prediction, target):
    """Return an image's boxes for a page: candidates, flat, and items.

    A candidate is x1, y1, x2, y2 in tenths of a pixel, the score in 1/10,000, and the class.
    """
    import torch

    numbers = [prediction["boxes"] * 10, prediction["scores"][:, None] * 1e4, prediction["classes"][:, None]]
    items = [target["boxes"].round().long(), target["classes"][:, None]]
    return torch.cat(numbers, 1).round().long().flatten().tolist(), torch.cat(items, 1).tolist()


def load_detections():
    """Return what the page draws on: the raw detections of fifty scenes, their items, and five pictures."""
    from d2lite.datasets import detections
    from d2lite.widgets._pictures import pack_picture

    scenes, predictions = detections()
    pairs = zip(predictions[:NUM_SCENES], scenes.targets[:NUM_SCENES], strict=True)
    candidates, targets = zip(*(flat_rows(p, t) for p, t in pairs), strict=True)
    return {
        "candidates": list(candidates),
        "targets": list(targets),
        "shown": list(SHOWN),
        "pictures": [pack_picture(scenes.pixels[i]) for i in SHOWN],
    }


class NmsExplorer(Explorer):
    """Non-maximum suppression and the precision-recall curve, on the raw output of a small detector.

    The boxes are those of the first fifty scenes of `d2lite.datasets.detections`, as a trained network gave them; five
    of the scenes can be looked at, their colours reduced to 64.

    Example:
        >>> NmsExplorer(method="gaussian", sigma=0.3, confidence=0.4)

    Taught in chapters/08_detection/nms_and_map.
    """

    scene = Integer(0, min=0, max=len(SHOWN) - 1, stepper=True)
    step_count = Integer(MAX_ROUNDS, min=0, max=MAX_ROUNDS, label="round")
    speed = Choice(2, (1, 2, 4, 8), unit="/s", label="rounds a second")
    candidate = Integer(
        -1,
        min=-1,
        max=MAX_ROUNDS - 1,
        stepper=True,
        label="look at box",
        help="Its rank by score, the best is 0; -1: none.",
    )
    method = Choice(
        "hard", ("none", "hard", "linear", "gaussian"), names=("none", "NMS", "soft, linear", "soft, Gauss")
    )
    iou_threshold = Real(0.5, min=0, max=1, step=0.01, label="NMS IoU threshold")
    sigma = Real(0.5, min=0.02, max=2, log=True, label="σ of the Gauss")
    per_class = Flag(True, label="each class on its own")
    confidence = Real(0.3, min=0, max=1, step=0.01, label="confidence")
    match_threshold = Choice(
        0.5,
        (0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95),
        label="IoU of a true positive",
        help="The least IoU that counts as found.",
    )
    label = Choice(
        -1,
        (-1, *range(10)),
        names=("all, merged", *CLASSES),
        label="class of the curve",
        help="Merged: whatever their class.",
    )
    data = Payload(loader=load_detections)
    average_precision = Real(0, min=0, max=1, output=True)
