"""Augmentation of pictures with boxes: four joined, a piece pasted, a size changed, the colours of another.

Each function takes (B, 3, H, W) images, a list of B tensors (k, 4) of boxes in xyxy and a list of B tensors (k,) of
classes, draws from torch's random state, and leaves its arguments as they are.
"""

import torch
import torch.nn.functional as F

from d2lite._utils.checks import check_count, check_number
from d2lite._utils.tensors import check_images
from d2lite.vision.truths import as_sets, check_box_sets, check_truths

__all__ = ["cutmix_boxes", "mosaic", "resize", "stylize"]

_ROUNDING = 1e-5  # of pixels in [0, 1] that were scaled


def mosaic(images, boxes, classes, least=0.3):
    """Lay each picture and three others of the batch two by two, and take a window of one picture's size from that.

    Args:
        images, boxes, classes: as above.
        least: a box, cut to its own picture, is kept if at least this share of it is in the window; it is cut to that.

    Returns:
        images (B, 3, H, W), boxes and classes, new lists.

    Raises:
        ValueError: the numbers of images, boxes and classes differ, a shape or value does not fit, or least is not
            above 0 and at most 1.

    Source: Bochkovskiy et al. 2020 (YOLOv4), section 3.3. Taught in chapters/08_detection/modern_detectors.
    """
    (B, _, H, W), boxes, classes = _check(images, boxes, classes, least)
    frame = torch.tensor([0, 0, W, H])
    boxes = [_cut(each, frame, least)[1] for each in boxes]  # what lies outside its picture is on none
    others = torch.stack([torch.arange(B), *(torch.randperm(B) for _ in range(3))], dim=1)  # (B, 4)
    mixed, new_boxes, new_classes = torch.empty_like(images), [], []
    corners = torch.tensor([(0, 0), (W, 0), (0, H), (W, H)])  # where each of the four lies
    for b, four in enumerate(others.tolist()):
        y, x = int(H / 4 + torch.rand(()) * H / 2), int(W / 4 + torch.rand(()) * W / 2)  # of the window
        for i, (left, top) in zip(four, (corners - torch.tensor([x, y])).tolist(), strict=True):
            rows, columns = (slice(max(at, 0), min(at + side, side)) for at, side in ((top, H), (left, W)))
            source = images[
                i, :, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
            ]
            mixed[b, :, rows, columns] = source
        offsets = (corners - torch.tensor([x, y])).repeat(1, 2)  # (4, 4): of each picture's boxes
        moved = torch.cat([boxes[i] + offset for i, offset in zip(four, offsets, strict=True)])
        kept, cut = _cut(moved, frame, least)
        new_boxes.append(cut[kept])
        new_classes.append(torch.cat([classes[i] for i in four])[kept])
    return mixed, new_boxes, new_classes


def cutmix_boxes(images, boxes, classes, least=0.3):
    """Paste into each picture a piece of another from the same place, its boxes with it; chance spares some.

    Args:
        images, boxes, classes: as above; the piece has a quarter to a half of each side.
        least: a box is kept if at least this share of it still shows; a pasted one is cut to the piece.

    Returns:
        images (B, 3, H, W), boxes and classes, new lists.

    Raises:
        ValueError: as in `mosaic`.

    Source: Yun et al. 2019 (CutMix), for boxes. Taught in chapters/08_detection/modern_detectors.
    """
    (B, _, H, W), boxes, classes = _check(images, boxes, classes, least)
    mixed, new_boxes, new_classes = images.clone(), [], []
    for b, i in enumerate(torch.randperm(B).tolist()):
        (top, left), (height, width) = torch.rand(2), 0.25 + 0.25 * torch.rand(2)
        height, width = int(height * H), int(width * W)
        y, x = int(top * (H - height + 1)), int(left * (W - width + 1))
        mixed[b, :, y : y + height, x : x + width] = images[i, :, y : y + height, x : x + width]
        piece = torch.tensor([x, y, x + width, y + height])
        # of its own boxes, those of which too little shows
        covered, _ = _cut(boxes[b], piece, 1 - least + 1e-6)
        pasted, cut = _cut(boxes[i], piece, least)
        covered, pasted = (i != b) & covered, (i != b) & pasted  # a piece of itself changes nothing
        new_boxes.append(torch.cat([boxes[b][~covered], cut[pasted]]))
        new_classes.append(torch.cat([classes[b][~covered], classes[i][pasted]]))
    return mixed, new_boxes, new_classes


def resize(images, boxes, side):
    """Scale pictures and boxes to another size: one size for the batch, a new one for the next.

    Args:
        images: (B, 3, H, H) float tensor.
        boxes: list of B tensors (k, 4).
        side: rows and columns afterwards, in pixels.

    Returns:
        images (B, 3, side, side), by bilinear interpolation, and boxes, B float tensors (k, 4).

    Raises:
        ValueError: side is not a whole number above 0, the pictures are not squares of floats or bytes, there are
            more or fewer sets of boxes, or a box does not fit.

    Source: Redmon and Farhadi 2017 (YOLO9000), section 2. Taught in chapters/08_detection/modern_detectors.
    """
    side = check_count(side, "side")
    check_images(images, floating=torch.is_tensor(images) and images.dtype != torch.uint8)
    boxes, factor = check_box_sets(boxes), side / images.shape[2]
    if images.shape[2] != images.shape[3] or len(boxes) != len(images):
        raise ValueError(
            f"images has shape {tuple(images.shape)}, with {len(boxes)} sets of boxes: expected (B, 3, H, H), squares, "
            "and B sets"
        )
    wide = (
        images if images.dtype == torch.uint8 else images.to(torch.promote_types(images.dtype, torch.float32))
    )
    scaled = F.interpolate(wide, size=(side, side), mode="bilinear", antialias=True).to(images.dtype)
    return scaled, [each * factor for each in boxes]


def stylize(images):
    """Give each picture the colours of another: of each channel, its mean and its spread over the pixels.

    Args:
        images: (B, 3, H, W) float tensor in [0, 1].

    Returns:
        (B, 3, H, W) tensor in [0, 1]; shapes stay, and so do boxes.

    Raises:
        ValueError: the images are no floats in [0, 1], have another number of axes, or fewer than two pixels.

    Source: adaptive instance normalization, Huang and Belongie 2017, equation 8, on the pixels themselves; Geirhos et
    al. 2019 repaint pictures with the textures of paintings, of which this is the least part. Taught in
    chapters/08_detection/modern_detectors.
    """
    _, _, H, W = check_images(images, floating=True)
    if H * W < 2:
        raise ValueError(f"images has shape {tuple(images.shape)}: expected two pixels or more, for a spread")
    if images.numel() and not -_ROUNDING <= images.min() <= images.max() <= 1 + _ROUNDING:  # NaN is neither
        raise ValueError(
            f"images is from {images.min():g} to {images.max():g}: expected 0 to 1; divide bytes by 255"
        )
    mean, spread = images.mean((2, 3), keepdim=True), images.std((2, 3), keepdim=True)
    other = torch.randperm(len(images))
    plain = (images - mean) / spread.clamp(min=1e-3)
    return (plain * spread[other] + mean[other]).clamp(0, 1)


def _check(images, boxes, classes, least):
    """Return the images' shape, and boxes and classes as tensors."""
    check_number(least, "least", 0, 1, open_low=True)
    shape, boxes, classes = check_images(images), as_sets(boxes, "boxes"), as_sets(classes, "classes")
    counts = len(images), len(boxes), len(classes)
    if len(set(counts)) > 1:
        raise ValueError(
            f"images has shape {tuple(shape)}, with {counts[1]} sets of boxes and {counts[2]} of classes: "
            "expected (B, 3, H, W) and B of each"
        )
    return shape, *check_truths(boxes, classes)


def _cut(boxes, window, least):
    """Return which of (k, 4) boxes have at least such a share in a window (4,), and all boxes cut to it."""
    low, high = torch.maximum(boxes[:, :2], window[:2]), torch.minimum(boxes[:, 2:], window[2:])
    share = (high - low).clamp(min=0).prod(1) / (boxes[:, 2:] - boxes[:, :2]).prod(1).clamp(min=1e-6)
    return share >= least, torch.cat([low, high], dim=1)
