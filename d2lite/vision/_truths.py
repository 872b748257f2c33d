"""What pictures truly show, checked: a set of boxes and of classes for each."""

from d2lite._utils.tensors import as_tensor, as_whole_numbers
from d2lite.vision.boxes import check_boxes


def check_truths(boxes, classes, num_classes=None):
    """Return boxes as (k, 4) float tensors and classes as (k,) long tensors, on the boxes' devices.

    Args:
        boxes: list of B tensors (k, 4), xyxy in pixels; one without numbers stands for no box.
        classes: list of B tensors (k,) of whole numbers from 0.
        num_classes: K, which all classes are below; None if that is not known.

    Raises:
        ValueError: the lists differ in length, a picture has more or fewer classes than boxes, or a shape or value
            does not fit.
    """
    boxes = [as_tensor(each, f"boxes[{i}]") for i, each in enumerate(boxes)]
    boxes = [each.reshape(0, 4) if each.numel() == 0 else each for each in boxes]
    boxes = [check_boxes(each, f"boxes[{i}]") for i, each in enumerate(boxes)]
    classes = [as_whole_numbers(each, f"classes[{i}]") for i, each in enumerate(classes)]
    counts = [[tuple(each.shape[:1]) for each in part] for part in (boxes, classes)]
    if counts[0] != counts[1] or any(each.dim() != 2 for each in boxes) or any(c.dim() != 1 for c in classes):
        raise ValueError(
            f"boxes has shapes {[tuple(each.shape) for each in boxes]} and classes "
            f"{[tuple(each.shape) for each in classes]}: expected (k, 4) and (k,) for each picture, a class "
            "for each box"
        )
    for i, found in enumerate(classes):
        if len(found) and (found.min() < 0 or (num_classes is not None and found.max() >= num_classes)):
            most = "up" if num_classes is None else f"to {num_classes - 1}"
            raise ValueError(f"classes[{i}] holds {found.tolist()}: expected whole numbers from 0 {most}")
    return boxes, [found.to(each.device) for found, each in zip(classes, boxes, strict=True)]
