"""A one-stage detector on a grid, small enough for a page: the network, its targets, its loss and its detections."""

import torch
from torch import nn
from torch.nn import functional as F

from d2lite.vision.anchor_sizes import check_sizes
from d2lite.vision.anchors import BACKGROUND, decode, grid_cells, match
from d2lite.vision.boxes import ciou_loss
from d2lite.vision.suppression import nms

STRIDE = 8  # pixels a cell: three convolutions halve the picture


class GridDetector(nn.Module):
    """A one-stage detector in the manner of YOLO: one pass, and every anchor of every cell has said its piece.

    Three convolutions of stride 2 and one of stride 1, then residual blocks of depthwise and pointwise convolutions,
    all with batch norm and leaky ReLU, then a 1 x 1 convolution to 5 + K numbers for each of A anchors.

    Args:
        anchors: (A, 2) tensor of widths and heights in pixels.
        num_classes: K.
        widths: channels after each of the three halvings.
        num_blocks: how many residual blocks.

    Shape:
        (B, 3, H, W) float in [0, 1], H and W multiples of 8, to (B, H / 8, W / 8, A, 5 + K): t_x, t_y, t_w and t_h as
        in `d2lite.vision.anchors.decode`, the objectness logit, and K class logits.

    Source: Redmon et al. 2016 (YOLO); Redmon and Farhadi 2017. Taught in chapters/08_detection/yolo.
    """

    def __init__(self, anchors, num_classes=10, widths=(16, 32, 64), num_blocks=3):
        super().__init__()
        self.register_buffer("anchors", check_sizes(anchors, "anchors").float())
        self.num_classes = num_classes
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
        if images.dim() != 4 or images.shape[1] != 3 or images.shape[2] % STRIDE or images.shape[3] % STRIDE:
            got = f"Got images of shape {tuple(images.shape)}, expected (B, 3, H, W)"
            raise ValueError(f"{got} with H and W multiples of {STRIDE}: stack, crop or pad them.")
        maps = self.head(self.body(images))  # (B, A (5 + K), H / 8, W / 8)
        split = maps.unflatten(1, (len(self.anchors), 5 + self.num_classes))
        return split.permute(0, 3, 4, 1, 2)  # (B, H / 8, W / 8, A, 5 + K)

    def boxes(self, outputs):
        """Return the (B, H, W, A, 4) boxes, xyxy in pixels, that (B, H, W, A, 5 + K) outputs stand for."""
        cells = grid_cells(*outputs.shape[1:3]).to(outputs.device)[:, :, None]  # (H, W, 1, 2)
        return decode(outputs[..., :4], cells, self.anchors, STRIDE)


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
        (B, H, W, A) long tensor: the index of the box among all boxes of the batch, BACKGROUND or IGNORE.

    Taught in chapters/08_detection/yolo.
    """
    first, grids = 0, []
    for image_boxes in boxes:
        grid = match(image_boxes, anchors, height, width, STRIDE, ignore_threshold)
        grids.append(torch.where(grid >= 0, grid + first, grid))
        first += len(image_boxes)
    return torch.stack(grids)


def detector_loss(detector, outputs, boxes, classes):
    """Return the three terms of the loss; each counts by the object, so that full and empty scenes weigh alike.

    Args:
        detector: the `GridDetector` that gave the outputs.
        outputs: (B, H, W, A, 5 + K) float tensor.
        boxes: list of B tensors (k, 4), xyxy in pixels.
        classes: list of B tensors (k,) of integers, 0 to K - 1.

    Returns:
        dict of 0-d tensors: "box", the mean of 1 - CIoU over the responsible positions; "objectness", the binary
        cross-entropy summed over all positions but the ignored ones, an object; "class", the mean cross-entropy of
        the responsible positions.

    Raises:
        ValueError: the batch holds not as many outputs, sets of boxes and sets of classes, or a box has no class,
            or one that is no index of a logit.

    Source: responsibility, Redmon et al. 2016; ignored positions, Redmon and Farhadi 2018; CIoU, Bochkovskiy et al.
    2020. Taught in chapters/08_detection/yolo.
    """
    counts = [len(outputs), len(boxes), len(classes)]
    if len(set(counts)) > 1 or any(len(b) != len(c) for b, c in zip(boxes, classes, strict=True)):
        got = "Got {} outputs, {} sets of boxes and {} of classes".format(*counts)
        raise ValueError(f"{got}, expected one each, as many classes as boxes: check the batch.")
    if kinds := {str(part.dtype) for part in classes if len(part) and part.is_floating_point()}:
        raise ValueError(f"classes are {kinds.pop()}: expected integers; use classes.long()")
    labels = torch.cat([part.long() for part in classes]).to(outputs.device)
    num_classes = outputs.shape[-1] - 5
    if len(labels) and not 0 <= labels.min() <= labels.max() < num_classes:
        raise ValueError(
            f"classes run from {labels.min()} to {labels.max()}: expected 0 to {num_classes - 1}, one for each logit"
        )
    assigned = detector_targets(boxes, detector.anchors, *outputs.shape[1:3]).to(outputs.device)
    responsible, background = assigned >= 0, assigned == BACKGROUND
    target = assigned[responsible]  # (P,)
    predicted = detector.boxes(outputs)[responsible]  # (P, 4)
    objectness, logits = outputs[..., 4], outputs[..., 5:][responsible]  # (B, H, W, A) and (P, K)
    count = max(len(target), 1)
    return {
        "box": ciou_loss(predicted, torch.cat(boxes).to(outputs.device)[target]),
        "objectness": (F.softplus(-objectness[responsible]).sum() + F.softplus(objectness[background]).sum())
        / count,
        "class": F.cross_entropy(logits, labels[target], reduction="sum") / count,
    }


@torch.no_grad()
def detect(outputs, boxes, score_threshold=0.05, iou_threshold=0.5, class_agnostic=False):
    """Turn a detector's outputs into detections: score, threshold, suppress.

    A position's score is its objectness times its best class's probability.

    Args:
        outputs: (B, H, W, A, 5 + K) float tensor.
        boxes: (B, H, W, A, 4) float tensor, xyxy in pixels, from `GridDetector.boxes`.
        score_threshold: what scores less is dropped.
        iou_threshold: of `d2lite.vision.suppression.nms`; None: no suppression.
        class_agnostic: whether boxes suppress those of other classes too.

    Returns:
        list of B dicts, best first: "boxes" (N, 4), "scores" (N,), "classes" (N,) long.

    Taught in chapters/08_detection/yolo.
    """
    probability, label = outputs[..., 5:].softmax(dim=-1).max(dim=-1)  # (B, H, W, A) each
    scores = outputs[..., 4].sigmoid() * probability
    found = []
    for image in range(len(outputs)):
        chosen = scores[image] >= score_threshold
        kept = {
            "boxes": boxes[image][chosen],
            "scores": scores[image][chosen],
            "classes": label[image][chosen],
        }
        if iou_threshold is None:
            order = kept["scores"].argsort(descending=True, stable=True)
        else:
            order = nms(
                kept["boxes"], kept["scores"], iou_threshold, None if class_agnostic else kept["classes"]
            )
        found.append({key: value[order] for key, value in kept.items()})
    return found
