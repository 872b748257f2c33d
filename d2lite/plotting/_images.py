"""Pictures, and boxes on them."""

import math

import numpy as np
import torch

from d2lite.plotting._style import PALETTE, make_figure, own_axes


def image_grid(images, titles=None, *, columns=8, size=1.1, cmap=None):
    """Draw images in rows, dark where a grey value is low.

    Args:
        images: (N, H, W), (N, 1, H, W) or (N, 3, H, W) array or tensor, values in [0, 1].
        titles: N texts, one above each image.
        columns: images in a row.
        size: width of an image in inches.
        cmap: matplotlib colour map for images of one channel; None is grey.

    Returns:
        (rows, columns) array of axes.

    Raises:
        ValueError: the shape or the range is another, or the titles are not N.
    """
    images = torch.as_tensor(images).detach().cpu().float()
    if images.ndim == 4 and images.shape[1] in (1, 3):
        images = images.permute(0, 2, 3, 1).squeeze(-1)  # (N, H, W) or (N, H, W, 3)
    elif images.ndim != 3:
        raise ValueError(
            f"images have shape {tuple(images.shape)}: expected (N, H, W), (N, 1, H, W) or (N, 3, H, W)"
        )
    if len(images) == 0 or not (images.min() >= 0 and images.max() <= 1):
        raise ValueError("expected at least one image, with values in [0, 1]: divide bytes by 255")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(titles)} titles for {len(images)} images: expected one for each")
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    height = size * images.shape[1] / images.shape[2] + (0.25 if titles is not None else 0)
    axes = np.reshape(make_figure(rows, columns, figsize=(size * columns, height * rows)), (rows, columns))
    for i, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if i < len(images):
            ax.imshow(images[i].numpy(), cmap=cmap or "gray", vmin=0, vmax=1, interpolation="nearest")
            if titles is not None:
                ax.set_title(str(titles[i]), fontsize="small")
    return axes


def boxes(image, boxes, ax=None, *, labels=None, colors=None, dashed=False):
    """Draw boxes on an image; return the axes.

    Args:
        image: (3, H, W) or (1, H, W) tensor with values in [0, 1]; None draws the boxes alone.
        boxes: (N, 4) tensor, xyxy in pixels.
        ax: axes to draw on; None makes a figure.
        labels: N texts, each written over its box.
        colors: one colour for all, or N of them.
        dashed: whether the lines are dashed, to tell a second set of boxes from the first.

    Returns:
        The axes.

    Raises:
        ValueError: the boxes are not (N, 4), or the labels are not N.
    """
    from matplotlib.patches import Rectangle

    boxes = torch.as_tensor(boxes).detach().cpu()
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"boxes have shape {tuple(boxes.shape)}: expected (N, 4), xyxy in pixels")
    if labels is not None and len(labels) != len(boxes):
        raise ValueError(f"{len(labels)} labels for {len(boxes)} boxes: expected one for each")
    ax = own_axes(ax)
    if image is not None:
        ax.imshow(image.permute(1, 2, 0).numpy(), extent=(0, image.shape[2], image.shape[1], 0), cmap="gray")
        ax.set_axis_off()
    colors = [colors or PALETTE[1]] * len(boxes) if colors is None or isinstance(colors, str) else colors
    for i, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        style = {"edgecolor": colors[i], "linewidth": 2, "linestyle": "--" if dashed else "-"}
        ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, **style))
        if labels is not None:
            backing = {"facecolor": colors[i], "edgecolor": "none", "pad": 1}
            ax.text(x1, y1, labels[i], color="white", fontsize=7, verticalalignment="bottom", bbox=backing)
    return ax
