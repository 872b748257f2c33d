"""A one-stage detector on a grid, small enough for a page: the network, its targets, its loss and its detections."""

import torch
from torch import nn
from torch.nn import functional as F

from d2lite._utils.checks import check_count, check_number
from d2lite._utils.tensors import is_traced
from d2lite.vision.anchor_sizes import check_sizes
from d2lite.vision.anchors import BACKGROUND, decode, grid_cells, match
from d2lite.vision.boxes import ciou_loss
from d2lite.vision.suppression import nms
from d2lite.vision.truths import as_sets, check_truths

STRIDE = 8  # pixels a cell: three convolutions halve the picture


class GridDetector(nn.Module):
    """A one-stage detector in the manner of YOLO: one pass gives a box and its classes at every anchor of each cell.

    Three convolutions of stride 2 and one of stride 1, then residual blocks of depthwise and pointwise convolutions,
    all with batch norm and leaky ReLU, then a 1 x 1 convolution to 5 + K numbers for each of A anchors.

    Args:
        anchors: (A, 2) tensor of widths and heights in pixels.
        num_classes: K.
        widths: channels after each of the three halvings.
        num_blocks: how many residual blocks, 0 or more.

    Raises:
        ValueError: the anchors are not (A, 2), finite and positive, or a number does not fit.

    Shape:
        (B, 3, H, W) float in [0, 1], H and W multiples of 8, to (B, H / 8, W / 8, A, 5 + K): t_x, t_y, t_w and t_h as
        in `d2lite.vision.anchors.decode`, the objectness logit, and K class logits.

    Source: Redmon et al. 2016 (YOLO); Redmon and Farhadi 2017. Taught in chapters/08_detection/yolo.
    """

    def __init__(self, anchors, num_classes=10, widths=(16, 32, 64), num_blocks=3):
        super().__init__()
        self.register_buffer("anchors", anchor_buffer(anchors))
        self.num_classes = num_classes = check_count(num_classes, "num_classes")
        if not isinstance(widths, list | tuple) or len(widths) != 3:
            raise ValueError(f"widths is {widths!r}: expected three numbers of channels")
        widths = [check_count(width, "widths") for width in widths]
        num_blocks = check_count(num_blocks, "num_blocks", 0)
        self.shape = {"num_classes": num_classes, "widths": widths, "num_blocks": num_blocks}
        self.body = nn.Sequential(
            _convolution(3, widths[0], stride=2),
            _convolution(widths[0], widths[1], stride=2),
            _convolution(widths[1], widths[2], stride=2),
            _convolution(widths[2], widths[2]),
            *[_Residual(widths[2]) for _ in range(num_blocks)],
        )
        self.head = nn.Conv2d(widths[2], len(self.anchors) * (5 + num_classes), 1)
        with torch.no_grad():  # start with about one object in a hundred positions, not one in two
            self.head.bias.view(len(self.anchors), -1)[:, 4] = -4.6

    def forward(self, images):
        _check_images(images, self.head)
        maps = self.head(self.body(images))  # (B, A (5 + K), H / 8, W / 8)
        split = maps.unflatten(1, (len(self.anchors), 5 + self.num_classes))
        return split.permute(0, 3, 4, 1, 2)  # (B, H / 8, W / 8, A, 5 + K)

    def boxes(self, outputs):
        """Return the (B, H, W, A, 4) boxes, xyxy in pixels, that (B, H, W, A, 5 + K) outputs stand for."""
        _check_outputs(outputs, len(self.anchors))
        cells = grid_cells(*outputs.shape[1:3]).to(outputs.device)[:, :, None]  # (H, W, 1, 2)
        return decode(outputs[..., :4], cells, self.anchors, STRIDE)


def anchor_buffer(sizes):
    """Return (A, 2) sizes as a detector keeps them: checked, float32, on the device where layers are made now."""
    return check_sizes(sizes, "anchors").float().to(torch.empty(0).device)


def _check_images(images, layer, least=STRIDE):
    """Raise a ValueError for what is no batch of pictures with sides that `least` divides, in the layer's dtype."""
    if is_traced(images):
        return
    shape, dtype = tuple(images.shape), layer.weight.dtype
    if len(shape) != 4 or shape[1] != 3 or any(side % least or not side for side in shape[2:]):
        raise ValueError(
            f"images has shape {shape}: expected (B, 3, H, W), H and W multiples of {least}; pad or crop"
        )
    if images.dtype != dtype and not torch.is_autocast_enabled(images.device.type):
        raise ValueError(
            f"images has dtype {images.dtype}: expected the detector's {dtype}, with values in [0, 1]"
        )


def _check_outputs(outputs, num_anchors=None, num_classes=None):
    shape = tuple(outputs.shape)
    right = (
        len(shape) == 5 and shape[4] > 5 and num_anchors in (None, shape[3]) and outputs.is_floating_point()
    )
    if not right or num_classes not in (None, shape[4] - 5):
        wanted = f"(B, H, W, {num_anchors or 'A'}, {5 + num_classes if num_classes else '5 + K'})"
        raise ValueError(f"outputs has shape {shape} and dtype {outputs.dtype}: expected {wanted} floats")
    if not outputs.isfinite().all():
        raise ValueError(
            "outputs holds NaN or infinite numbers: expected finite ones; the training may have diverged"
        )


def _convolution(channels_in, channels_out, kernel_size=3, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(
            channels_in, channels_out, kernel_size, stride, kernel_size // 2, groups=groups, bias=False
        ),
        nn.BatchNorm2d(channels_out),
        nn.LeakyReLU(0.1),
    )


class _Residual(nn.Sequential):
    """Input plus a depthwise 3 x 3 and a pointwise convolution of it."""

    def __init__(self, channels):
        super().__init__(
            _convolution(channels, channels, groups=channels), _convolution(channels, channels, 1)
        )

    def forward(self, maps):
        return maps + super().forward(maps)


def detector_targets(boxes, anchors, height, width, ignore_threshold=0.5):
    """Say for every position of every image which box it answers for, as in `d2lite.vision.anchors.match`.

    Args:
        boxes: list of B tensors (k, 4), xyxy in pixels.
        anchors: (A, 2) tensor of widths and heights in pixels.
        height, width: rows H and columns W of the grid.
        ignore_threshold: IoU of anchor and box above which a position is ignored.

    Returns:
        (B, H, W, A) long tensor on the CPU: the index of the box among all boxes of the batch, BACKGROUND or IGNORE.

    Raises:
        ValueError: there is no image, or a shape or value does not fit, as in `match`.

    Taught in chapters/08_detection/yolo.
    """
    boxes = as_sets(boxes, "boxes")
    if len(boxes) == 0:
        raise ValueError("boxes is empty: expected a tensor of boxes for each of B images")
    height, width = check_count(height, "height"), check_count(width, "width")
    first, grids = 0, []
    for image_boxes in boxes:
        grid = match(image_boxes, anchors, height, width, STRIDE, ignore_threshold)
        grids.append(torch.where(grid >= 0, grid + first, grid))
        first += len(image_boxes)
    return torch.stack(grids)


def detector_loss(detector, outputs, boxes, classes):
    """Return the three terms of the loss; each counts by the object, so that full and empty scenes weigh alike.

    Args:
        detector: the `GridDetector` that gave the outputs, also in a wrapper such as DataParallel.
        outputs: (B, H, W, A, 5 + K) float tensor; half precision is computed in single.
        boxes: list of B tensors (k, 4), xyxy in pixels.
        classes: list of B tensors (k,) of whole numbers from 0 to K - 1.

    Returns:
        dict of 0-d tensors: "box", the mean of 1 - CIoU over the responsible positions; "objectness", the binary
        cross-entropy summed over all positions but the ignored ones, an object; "class", the mean cross-entropy of
        the responsible positions.

    Raises:
        TypeError: the detector is another network.
        ValueError: the batch holds not as many outputs, sets of boxes and sets of classes, a box has no class or one
            out of range, or a shape or value does not fit.

    Source: responsibility, Redmon et al. 2016; ignored positions, Redmon and Farhadi 2018; CIoU, Bochkovskiy et al.
    2020. Taught in chapters/08_detection/yolo.
    """
    detector = unwrapped(detector, "GridDetector")
    outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
    _check_outputs(outputs, len(detector.anchors), detector.num_classes)
    boxes, classes = _check_truths(len(outputs), boxes, classes, detector.num_classes)
    assigned = detector_targets(boxes, detector.anchors, *outputs.shape[1:3]).to(outputs.device)
    responsible, background = assigned >= 0, assigned == BACKGROUND
    target = assigned[responsible]  # (P,)
    true_boxes, true_classes = (torch.cat(part).to(outputs.device)[target] for part in (boxes, classes))
    predicted = detector.boxes(outputs)[responsible]  # (P, 4)
    objectness, logits = outputs[..., 4], outputs[..., 5:][responsible]  # (B, H, W, A) and (P, K)
    count = max(len(target), 1)
    return {
        "box": ciou_loss(predicted, true_boxes),
        "objectness": (F.softplus(-objectness[responsible]).sum() + F.softplus(objectness[background]).sum())
        / count,
        "class": F.cross_entropy(logits, true_classes, reduction="sum") / count,
    }


def unwrapped(detector, kind):
    """Return a detector without DataParallel, AveragedModel or the like; another network raises a TypeError."""
    detector = getattr(detector, "module", detector)
    if not hasattr(detector, "boxes"):
        raise TypeError(f"detector is a {type(detector).__name__}: expected a d2lite.models.{kind}")
    return detector


def _check_truths(num_images, boxes, classes, num_classes):
    """Return boxes as (k, 4) tensors and classes as (k,) long tensors on the CPU, or raise one sentence."""
    boxes, classes = as_sets(boxes, "boxes"), as_sets(classes, "classes")
    if not num_images == len(boxes) == len(classes) or [*map(len, boxes)] != [*map(len, classes)]:
        raise ValueError(
            f"batch has {num_images} outputs, {len(boxes)} sets of boxes and {len(classes)} of classes: expected one "
            "each, a class a box"
        )
    boxes, classes = check_truths(boxes, classes, num_classes)
    return [each.cpu() for each in boxes], [each.cpu() for each in classes]


@torch.no_grad()
def detect(outputs, boxes, score_threshold=0.05, iou_threshold=0.5, class_agnostic=False, every_class=False):
    """Turn a detector's outputs into detections: score, threshold, suppress.

    A position's score for a class is its objectness times the class's probability.

    Args:
        outputs: (B, H, W, A, 5 + K) float tensor.
        boxes: (B, H, W, A, 4) float tensor, xyxy in pixels, from `GridDetector.boxes`.
        score_threshold: number in [0, 1]; what scores less is dropped.
        iou_threshold: of `d2lite.vision.suppression.nms`; None: no suppression.
        class_agnostic: whether boxes suppress those of other classes too.
        every_class: whether a position says its box once for every class that scores enough, or for its best alone.

    Returns:
        list of B dicts, best first: "boxes" (N, 4), "scores" (N,), "classes" (N,) long.

    Raises:
        ValueError: the shapes do not fit, a number is not finite, or a threshold is outside [0, 1].

    Taught in chapters/08_detection/yolo.
    """
    outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
    _check_outputs(outputs)
    if boxes.shape != (*outputs.shape[:4], 4):
        raise ValueError(
            f"boxes has shape {tuple(boxes.shape)}: expected {(*outputs.shape[:4], 4)}, one an output"
        )
    score_threshold = check_number(score_threshold, "score_threshold", 0, 1)
    if iou_threshold is not None:
        iou_threshold = check_number(iou_threshold, "iou_threshold", 0, 1)
    probability, label = outputs[..., 5:].softmax(dim=-1).sort(dim=-1, descending=True, stable=True)
    said = probability.shape[-1] if every_class else 1
    scores = outputs[..., 4:5].sigmoid() * probability[..., :said]  # (B, H, W, A, said)
    found = []
    for image in range(len(outputs)):
        chosen = scores[image] >= score_threshold
        kept = {
            "boxes": boxes[image][chosen.nonzero(as_tuple=True)[:3]],
            "scores": scores[image][chosen],
            "classes": label[image][..., :said][chosen],
        }
        if iou_threshold is None:
            order = kept["scores"].argsort(descending=True, stable=True)
        else:
            order = nms(
                kept["boxes"], kept["scores"], iou_threshold, None if class_agnostic else kept["classes"]
            )
        found.append({key: value[order] for key, value in kept.items()})
    return found
