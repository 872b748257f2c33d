"""A one-stage detector of changeable parts: its backbone, its neck, its anchors; `_pyramid_loss` is what trains it."""

import torch
from torch import nn

from d2lite._utils.checks import as_list, check_choice, check_count, check_number
from d2lite.models._grid_detector import (
    _check_images,
    _convolution,
    _Residual,
    anchor_buffer,
    detect,
)
from d2lite.vision.anchors import grid_cells
from d2lite.vision.pyramids import bottom_up, drop_block, top_down

NECKS = ("none", "fpn", "pan")


class PyramidDetector(nn.Module):
    """A one-stage detector with a choice of backbone, neck and head.

    The backbone is that of `GridDetector`. Without a neck, boxes come from its cells of 8 pixels; with one, from cells
    of 8 and of 16 pixels, whose maps have exchanged what they know.

    Args:
        anchors: list of one (A, 2) tensor of widths and heights in pixels for each stride; None: without anchors, one
            box a cell.
        num_classes: K.
        widths: channels after each of the three halvings.
        num_blocks: how many blocks at stride 8.
        residual: whether each block is added to its input.
        neck: "none"; "fpn": strides 8 and 16, added top down; "pan": strides 4, 8 and 16, added top down and then
            bottom up.
        neck_width: channels of the neck's maps.
        drop_rate: the share of the backbone's last maps that DropBlock drops in training.

    Raises:
        ValueError: an argument does not fit.

    Shape:
        (B, 3, H, W) float in [0, 1], H and W multiples of 8 (16 with a neck), to (B, N, 5 + K) for the N positions,
        cell by cell, finest stride first: box, objectness logit and class logits.

    Source: Lin et al. 2017 (FPN); Liu et al. 2018 (PANet); Redmon and Farhadi 2018; Ge et al. 2021 (YOLOX). Taught
    in chapters/08_detection/modern_detectors.
    """

    def __init__(
        self,
        anchors=None,
        num_classes=10,
        widths=(16, 32, 64),
        num_blocks=3,
        residual=True,
        neck="none",
        neck_width=40,
        drop_rate=0.0,
    ):
        super().__init__()
        check_choice(neck, NECKS, "neck")
        check_choice(residual, (True, False), "residual")
        self.num_classes, self.neck = check_count(num_classes, "num_classes"), neck
        self.drop_rate = check_number(drop_rate, "drop_rate", 0, 1, open_high=True)
        self.strides = (8,) if neck == "none" else (8, 16)
        self.anchor_free = anchors is None
        num_classes, num_blocks = self.num_classes, check_count(num_blocks, "num_blocks", 0)
        if not isinstance(widths, list | tuple) or len(widths) != 3:
            raise ValueError(f"widths is {widths!r}: expected three numbers of channels")
        self.shape = {
            "num_classes": self.num_classes,
            "widths": [check_count(width, "widths") for width in widths],
            "num_blocks": check_count(num_blocks, "num_blocks", 0),
            "residual": bool(residual),  # NumPy's booleans are none of JSON's
            "neck": neck,
            "neck_width": check_count(neck_width, "neck_width"),
        }
        self._add_anchors(anchors)
        self._add_backbone()
        self._add_heads()
        self._add_neck()

    def _add_anchors(self, anchors):
        if anchors is None:  # one box a cell, its size in units of the stride
            anchors = [torch.full((1, 2), float(stride)) for stride in self.strides]
        anchors = as_list(anchors, "anchors", "a list of tensors (A, 2), one a stride")
        if len(anchors) != len(self.strides):
            raise ValueError(
                f"anchors has {len(anchors)} tensors: expected {len(self.strides)}, one a stride"
            )
        for i, sizes in enumerate(anchors):
            self.register_buffer(f"anchors{i}", anchor_buffer(sizes))

    def _add_backbone(self):
        a, b, c = self.shape["widths"]
        block = _Residual if self.shape["residual"] else _Plain
        self.fine = nn.Sequential(_convolution(3, a, stride=2), _convolution(a, b, stride=2))
        self.middle = nn.Sequential(
            _convolution(b, c, stride=2),
            _convolution(c, c),
            *[block(c) for _ in range(self.shape["num_blocks"])],
        )

    def _add_heads(self):
        width = self.shape["widths"][2] if self.neck == "none" else self.shape["neck_width"]
        outputs = 5 + self.num_classes
        self.heads = nn.ModuleList(nn.Conv2d(width, len(sizes) * outputs, 1) for sizes in self.anchors)
        for head, sizes in zip(self.heads, self.anchors, strict=True):
            nn.init.constant_(head.bias.view(len(sizes), -1)[:, 4], -4.6)

    def _add_neck(self):
        (_, b, c), width = self.shape["widths"], self.shape["neck_width"]
        if self.neck != "none":
            self.coarse = nn.Sequential(_separable(c, c, stride=2), _Residual(c))
            sources = [b, c, c] if self.neck == "pan" else [c, c]
            self.laterals = nn.ModuleList(_convolution(source, width, 1) for source in sources)
            self.smooth = nn.ModuleList(_separable(width, width) for _ in self.strides)
        if self.neck == "pan":
            self.halve = nn.ModuleList(_separable(width, width, stride=2) for _ in self.strides)

    @property
    def anchors(self):
        """A list of the (A, 2) sizes, in pixels, of each stride."""
        return [getattr(self, f"anchors{i}") for i in range(len(self.strides))]

    def forward(self, images):
        _check_images(images, self.heads[0], self.strides[-1])
        fine = self.fine(images)  # (B, b, H / 4, W / 4)
        middle = self.middle(fine)  # (B, c, H / 8, W / 8)
        if self.training and self.drop_rate:
            middle = drop_block(middle, self.drop_rate)
        maps = [middle]
        if self.neck != "none":
            maps = [fine, middle, self.coarse(middle)][-len(self.laterals) :]
            maps = top_down([lateral(each) for lateral, each in zip(self.laterals, maps, strict=True)])
            if self.neck == "pan":
                maps = bottom_up(maps, self.halve)[1:]
            maps = [smooth(each) for smooth, each in zip(self.smooth, maps, strict=True)]
        answers = [head(each) for head, each in zip(self.heads, maps, strict=True)]
        split = [each.unflatten(1, (-1, 5 + self.num_classes)) for each in answers]  # (B, A, 5 + K, H, W)
        return torch.cat([each.permute(0, 3, 4, 1, 2).flatten(1, 3) for each in split], dim=1)

    def _check_size(self, height, width):
        """Raise a ValueError for pictures that the strides do not divide."""
        least = self.strides[-1]
        for name, side in (("height", height), ("width", width)):
            if check_count(side, name) % least:
                raise ValueError(f"{name} is {side}: expected a multiple of {least}; pad or crop")

    def positions(self, height, width):
        """Return (N, 5) for pictures of so many pixels: each position's column, row, stride and anchor's sizes."""
        self._check_size(height, width)
        rows = []
        for stride, sizes in zip(self.strides, self.anchors, strict=True):
            cells = grid_cells(height // stride, width // stride).to(sizes)[:, :, None]  # (H, W, 1, 2)
            steps = torch.full((1, 1, 1, 1), float(stride)).to(sizes)
            parts = [cells, steps, sizes[None, None]]
            shape = (*cells.shape[:2], len(sizes))
            rows.append(torch.cat([part.expand(*shape, -1) for part in parts], dim=-1).flatten(0, 2))
        return torch.cat(rows)

    def boxes(self, outputs, positions):
        """Return the (B, N, 4) boxes, xyxy in pixels, that (B, N, 5 + K) outputs stand for."""
        shift = outputs[..., :2] + 0.5 if self.anchor_free else outputs[..., :2].sigmoid()
        centres = (positions[:, :2] + shift) * positions[:, 2:3]  # (B, N, 2)
        sizes = positions[:, 3:] * outputs[..., 2:4].clamp(-8, 8).exp()
        return torch.cat([centres - sizes / 2, centres + sizes / 2], dim=-1)


class _Plain(nn.Sequential):
    """A depthwise 3 x 3 and a pointwise convolution, without the sum."""

    def __init__(self, channels):
        super().__init__(
            _convolution(channels, channels, groups=channels), _convolution(channels, channels, 1)
        )


def _separable(channels_in, channels_out, stride=1):
    return nn.Sequential(
        _convolution(channels_in, channels_in, stride=stride, groups=channels_in),
        _convolution(channels_in, channels_out, 1),
    )


def pyramid_detect(
    outputs, boxes, score_threshold=0.05, iou_threshold=0.5, class_agnostic=False, every_class=False
):
    """Turn a `PyramidDetector`'s outputs into detections.

    Args:
        outputs: (B, N, 5 + K) float tensor.
        boxes: (B, N, 4) float tensor, xyxy in pixels, from `PyramidDetector.boxes`.
        score_threshold, iou_threshold, class_agnostic, every_class: as in `detect`.

    Returns:
        list of B dicts, as `detect` gives them.

    Raises:
        ValueError: as in `detect`.

    Taught in chapters/08_detection/modern_detectors.
    """
    grid = outputs[:, :, None, None], boxes[:, :, None, None]  # a grid of N rows, one column, one anchor
    return detect(*grid, score_threshold, iou_threshold, class_agnostic, every_class)
