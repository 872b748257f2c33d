"""Photographs that ship with the package."""

from importlib import resources

import numpy as np
import torch

from d2lite._utils.checks import check_choice

# name: file
_PHOTOS = {
    "astronaut": "astronaut.jpg", "brick": "brick.png", "camera": "camera.png", "chelsea": "chelsea.jpg",
    "coffee": "coffee.jpg", "coins": "coins.png", "grass": "grass.png", "gravel": "gravel.png",
}  # fmt: skip


def photo(name, gray=False):
    """Return a photograph.

    Args:
        name: in colour "astronaut" (384 x 384 pixels), "chelsea" (a cat, 255 high, 384 wide) and "coffee" (256
            high, 384 wide); in gray "camera", "brick", "grass", "gravel" (256 x 256) and "coins" (303 high, 384 wide).
        gray: True turns a colour photograph gray by the luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B.

    Returns:
        (C, H, W) float32 tensor in [0, 1], C = 3 in colour, 1 in gray.

    Raises:
        ValueError: there is no photograph of that name.

    Source: scikit-image's example images, see d2lite/data/SOURCES.md. Taught in chapters/06_cnn/convolution.
    """
    check_choice(name, list(_PHOTOS), "photo")
    from PIL import Image

    with resources.files("d2lite").joinpath("data", "photos", _PHOTOS[name]).open("rb") as file:
        pixels = np.array(Image.open(file))  # (H, W) or (H, W, 3) uint8
    image = torch.from_numpy(pixels).to(torch.float32).div_(255)
    image = image.unsqueeze(0) if image.ndim == 2 else image.permute(2, 0, 1).contiguous()  # -> (C, H, W)
    if gray and len(image) == 3:
        luma = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float32)
        image = torch.einsum("c,chw->hw", luma, image).unsqueeze(0)
    return image
