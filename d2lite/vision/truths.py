"""What pictures truly show, checked: a set of boxes and of classes for each."""

import torch

from d2lite._utils.checks import as_list
from d2lite._utils.tensors import as_tensor
from d2lite.vision.boxes import check_boxes


def as_sets(sets, name):
    """Return the sets of boxes or of classes of B pictures as a list, whatever holds them."""
    return as_list(sets, name, "a list of tensors, one for each picture")


def check_box_sets(boxes):
    """Return a list of sets of boxes as (k, 4) float tensors; one without numbers stands for no box."""
    boxes = [as_tensor(each, f"boxes[{i}]") for i, each in enumerate(as_sets(boxes, "boxes"))]
    boxes = [each.reshape(0, 4) if each.numel() == 0 else each for each in boxes]
    for i, each in enumerate(boxes):
        if each.dim() != 2:
            raise ValueError(f"boxes[{i}] has shape {tuple(each.shape)}: expected (k, 4)")
    return [check_boxes(each, f"boxes[{i}]") for i, each in enumerate(boxes)]


def check_truths(boxes, classes, num_classes=None):
    """Return boxes as (k, 4) float tensors and classes as (k,) long tensors, on the boxes' devices.

    Args:
        boxes: list of B tensors (k, 4), xyxy in pixels; one without numbers stands for no box.
        classes: list of B tensors (k,) of whole numbers from 0.
        num_classes: K, which all classes are below; None if that is not known.

    Raises:
        ValueError: the lists differ in length, a picture has more or fewer classes than boxes, or a shape or value
            does not fit.

    Taught in chapters/08_detection/yolo.
    """
    boxes = check_box_sets(boxes)
    classes = [as_tensor(each, f"classes[{i}]") for i, each in enumerate(as_sets(classes, "classes"))]
    most = "up" if num_classes is None else f"to {num_classes - 1}"
    for found in (each for each in classes if each.numel()):  # an empty list has no dtype of its own
        whole = found.dim() == 1 and not (found.is_floating_point() or found.dtype == torch.bool)
        if not whole or found.min() < 0 or (num_classes is not None and found.max() >= num_classes):
            raise ValueError(f"classes holds {found.tolist()}: expected (k,) whole numbers from 0 {most}")
    if [len(each) for each in boxes] != [each.numel() for each in classes]:
        raise ValueError(
            f"boxes has shapes {[tuple(each.shape) for each in boxes]} and classes "
            f"{[tuple(each.shape) for each in classes]}: expected (k, 4) and (k,) for each picture, a class "
            "for each box"
        )
    classes = [each.long() for each in classes]
    return boxes, [found.to(each.device) for found, each in zip(classes, boxes, strict=True)]
