"""Boxes on a picture."""

import numpy as np

from d2lite._utils.checks import as_list
from d2lite.plotting._images import pixels_of, squeeze_channel
from d2lite.plotting._style import PALETTE, check_texts, own_axes
from d2lite.vision.boxes import check_boxes

_COLORS = "one colour for all, or one for each box"


def boxes(image, boxes, ax=None, *, labels=None, colors=None, dashed=False):
    """Draw boxes on an image; return the axes.

    Args:
        image: (3, H, W) or (1, H, W) tensor with values in [0, 1]; None draws the boxes alone.
        boxes: (N, 4) tensor, xyxy in pixels, x1 <= x2 and y1 <= y2.
        ax: axes to draw on; None makes a figure.
        labels: N texts, each written over its box, as far as that is in the image.
        colors: one colour for all, or N of them.
        dashed: whether the lines are dashed, to tell a second set of boxes from the first.

    Returns:
        The axes.

    Raises:
        ValueError: the image or the boxes have another shape, values are out of range, or there is not a label or a
            colour that matplotlib knows for each box.
    """
    from matplotlib.colors import is_color_like
    from matplotlib.patches import Rectangle

    boxes = check_boxes(boxes).detach().cpu()
    if boxes.ndim != 2:
        raise ValueError(f"boxes has shape {tuple(boxes.shape)}: expected (N, 4), xyxy in pixels")
    labels = None if labels is None else check_texts(labels, len(boxes), "labels", "boxes")
    colors = PALETTE[1] if colors is None else colors
    colors = [colors] * len(boxes) if is_color_like(colors) else as_list(colors, "colors", _COLORS)
    if len(colors) != len(boxes):
        raise ValueError(
            f"colors has {len(colors)} for {len(boxes)} boxes: expected one for all or one for each"
        )
    wrong = next((color for color in colors if not is_color_like(color)), None)
    if wrong is not None:
        raise ValueError(f"colors holds {wrong!r}: expected colours that matplotlib knows")
    image = None if image is None else pixels_of(image, "image")
    if image is not None and (image.ndim != 3 or image.shape[0] not in (1, 3)):
        raise ValueError(f"image has shape {image.shape}: expected (3, H, W) or (1, H, W)")
    alone = image is None and ax is None
    ax = own_axes(ax)
    if image is not None:
        extent = (0, image.shape[2], image.shape[1], 0)
        ax.imshow(squeeze_channel(np.moveaxis(image, 0, -1)), extent=extent, cmap="gray", vmin=0, vmax=1)
        ax.set_axis_off()
    ends = [sorted(ax.get_xlim()), sorted(ax.get_ylim())] if ax.images else [(-np.inf, np.inf)] * 2
    limits = np.transpose(ends)  # (2, 2): two corners of the picture, if there is one
    for i, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
        style = {"edgecolor": colors[i], "linewidth": 2, "linestyle": "--" if dashed else "-"}
        ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, **style))
        if labels is not None:
            backing = {"facecolor": colors[i], "edgecolor": "none", "pad": 1}
            place = np.clip((x1, y1), *limits)  # off the picture, it would take the picture's room
            ax.text(*place, labels[i], color="white", fontsize=7, verticalalignment="bottom", bbox=backing)
    if alone:
        ax.set_aspect("equal")
        ax.autoscale_view()
        ax.yaxis.set_inverted(True)  # as in an image
    return ax
