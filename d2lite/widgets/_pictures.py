"""Small pictures for a page: 64 colours, one byte a pixel, as text in a payload."""

import numpy as np

from d2lite._utils.encoding import to_base64


def pack_picture(pixels, num_colors=64):
    """Return a picture as `_draw/pictures.js` reads it: a dict of width, height, palette and pixels.

    Args:
        pixels: (3, H, W) uint8 tensor.
        num_colors: at most 256; nearby colours are joined.
    """
    from PIL import Image

    image = Image.fromarray(pixels.permute(1, 2, 0).numpy())  # (3, H, W) -> (H, W, 3)
    packed = image.quantize(num_colors, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return {
        "width": image.width,
        "height": image.height,
        "palette": bytes(packed.getpalette()[: 3 * num_colors]).hex(),
        "pixels": to_base64(np.asarray(packed)),
    }
