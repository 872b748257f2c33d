"""Pictures, and boxes on them."""

import math

import numpy as np

from d2lite._utils.checks import check_count, check_number
from d2lite.plotting._style import PALETTE, check_names, make_figure, own_axes, to_array
from d2lite.vision.boxes import check_boxes


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
    images = _pixels(images, "images")
    if images.ndim == 3:
        images = images[:, None]
    if images.ndim != 4 or images.shape[1] not in (1, 3) or images.size == 0:
        raise ValueError(
            f"images has shape {images.shape}: expected (N, H, W), (N, 1, H, W) or (N, 3, H, W), at least one image"
        )
    images = np.moveaxis(images, 1, -1)  # (N, H, W, C)
    titles = None if titles is None else check_names(titles, len(images), "titles", "images")
    columns, size = (
        min(check_count(columns, "columns"), len(images)),
        check_number(size, "size", 0, open_low=True),
    )
    rows = math.ceil(len(images) / columns)
    height = size * images.shape[1] / images.shape[2] + (0.25 if titles is not None else 0)
    axes = np.reshape(make_figure(rows, columns, figsize=(size * columns, height * rows)), (rows, columns))
    for i, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if i < len(images):
            ax.imshow(_squeeze(images[i]), cmap=cmap or "gray", vmin=0, vmax=1, interpolation="nearest")
            if titles is not None:
                ax.set_title(titles[i], fontsize="small")
    return axes


def _pixels(images, name):
    """Return an array of floats; values outside [0, 1], such as bytes, raise a ValueError."""
    images = to_array(images, name).astype(np.float32)
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(
            f"{name} is from {images.min():g} to {images.max():g}: expected values from 0 to 1; divide bytes by 255"
        )
    return images


def _squeeze(image):
    """Return (H, W) for an (H, W, 1) image, others as they are."""
    return image[..., 0] if image.shape[-1] == 1 else image


def boxes(image, boxes, ax=None, *, labels=None, colors=None, dashed=False):
    """Draw boxes on an image; return the axes.

    Args:
        image: (3, H, W) or (1, H, W) tensor with values in [0, 1]; None draws the boxes alone.
        boxes: (N, 4) tensor, xyxy in pixels, x1 <= x2 and y1 <= y2.
        ax: axes to draw on; None makes a figure.
        labels: N texts, each written over its box.
        colors: one colour for all, or N of them.
        dashed: whether the lines are dashed, to tell a second set of boxes from the first.

    Returns:
        The axes.

    Raises:
        ValueError: the image or the boxes have another shape, values are out of range, or there is not a label or a
            colour for each box.
    """
    from matplotlib.colors import is_color_like
    from matplotlib.patches import Rectangle

    boxes = check_boxes(boxes).detach().cpu()
    if boxes.ndim != 2:
        raise ValueError(f"boxes has shape {tuple(boxes.shape)}: expected (N, 4), xyxy in pixels")
    labels = None if labels is None else check_names(labels, len(boxes), "labels", "boxes")
    colors = PALETTE[1] if colors is None else colors
    colors = [colors] * len(boxes) if is_color_like(colors) else list(colors)
    if len(colors) != len(boxes):
        raise ValueError(
            f"colors has {len(colors)} for {len(boxes)} boxes: expected one for all or one for each"
        )
    image = None if image is None else _pixels(image, "image")
    if image is not None and (image.ndim != 3 or image.shape[0] not in (1, 3)):
        raise ValueError(f"image has shape {image.shape}: expected (3, H, W) or (1, H, W)")
    alone = image is None and ax is None
    ax = own_axes(ax)
    if image is not None:
        extent = (0, image.shape[2], image.shape[1], 0)
        ax.imshow(_squeeze(np.moveaxis(image, 0, -1)), extent=extent, cmap="gray", vmin=0, vmax=1)
        ax.set_axis_off()
    for i, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        style = {"edgecolor": colors[i], "linewidth": 2, "linestyle": "--" if dashed else "-"}
        ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, **style))
        if labels is not None:
            backing = {"facecolor": colors[i], "edgecolor": "none", "pad": 1}
            ax.text(x1, y1, labels[i], color="white", fontsize=7, verticalalignment="bottom", bbox=backing)
    if alone:
        ax.set_aspect("equal")
        ax.autoscale_view()
        ax.yaxis.set_inverted(True)  # as in an image
    return ax
