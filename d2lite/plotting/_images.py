"""Pictures in rows."""

import math

import numpy as np

from d2lite._utils.checks import check_count, check_number
from d2lite.plotting._style import check_texts, make_figure, to_array

_ROUNDING = 1e-5  # of pixels that were scaled there and back


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
    images = pixels_of(images, "images")
    if images.ndim == 3:
        images = images[:, None]
    if images.ndim != 4 or images.shape[1] not in (1, 3) or images.size == 0:
        raise ValueError(
            f"images has shape {images.shape}: expected (N, H, W), (N, 1, H, W) or (N, 3, H, W), at least one image"
        )
    images = np.moveaxis(images, 1, -1)  # (N, H, W, C)
    titles = None if titles is None else check_texts(titles, len(images), "titles", "images")
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
            ax.imshow(
                squeeze_channel(images[i]), cmap=cmap or "gray", vmin=0, vmax=1, interpolation="nearest"
            )
            if titles is not None:
                ax.set_title(titles[i], fontsize="small")
    return axes


def pixels_of(images, name):
    """Return an array of floats; values outside [0, 1] by more than rounding, such as bytes, raise a ValueError."""
    images = to_array(images, name).astype(np.float32)
    if images.size and not (images.min() >= -_ROUNDING and images.max() <= 1 + _ROUNDING):
        raise ValueError(
            f"{name} is from {images.min():g} to {images.max():g}: expected values from 0 to 1; divide bytes by 255"
        )
    return images.clip(0, 1)


def squeeze_channel(image):
    """Return (H, W) for an (H, W, 1) image, others as they are."""
    return image[..., 0] if image.shape[-1] == 1 else image
