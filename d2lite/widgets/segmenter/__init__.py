"""The segmenter: compose a scene, and a trained U-Net labels its pixels, in the page."""

import functools

from d2lite.widgets._base import Explorer
from d2lite.widgets._palette import item_columns, palette_payload
from d2lite.widgets._traits import Choice, Integer, Numbers, Payload, Real, Rows

SIDE = 48  # pixels of a scene
ITEMS = [[18, 15, 14, 22, 2], [2, 31, 22, 27, 0], [13, 13, 36, 19, 6], [8, 37, 38, 18, 4]]


@functools.cache
def segmenter_payload():
    """The layers of the U-Net that ships, the names of its labels, which label each class has, and the palette."""
    from d2lite.models import unet

    return {
        "layers": unet.pretrained_payload(),
        "labels": list(unet.LABELS),
        "groups": list(unet.GROUPS),
        **palette_payload(),
    }


class SegmenterExplorer(Explorer):
    """A trained U-Net on your scene: drag the clothes, move the threshold, read IoU and Dice.

    The network runs in the page, with its weights in 8 bits, on pictures of 48 x 48 pixels. The clothes are test items
    of Fashion-MNIST: it was not trained on them.

    Args:
        values: the traits, and those of Explorer.

    Example:
        >>> SegmenterExplorer(items=[[18, 24, 24, 20, 0]], wanted="shoe", threshold=0.3)

    Taught in chapters/06_cnn/segmentation.
    """

    threshold = Real(
        0.5, min=0.01, max=0.99, step=0.01, help="Pixels of this probability or more are in the mask."
    )
    wanted = Choice(
        "any item",
        ("any item", "top or dress", "trousers", "shoe", "bag"),
        label="mask of",
        help="What the mask is to cover. The probability of any item is one minus that of the background.",
    )
    view = Choice(
        "mask",
        ("mask", "probability", "labels"),
        label="show",
        help="The mask, right and wrong; the probability of each pixel; or the likeliest label of each pixel.",
    )
    items = Rows(
        ITEMS,
        columns=item_columns(SIDE, 8, 44),
        max_length=8,
        help="Each item's number in the palette, centre, side in pixels and tint; later ones lie on top.",
    )
    background = Integer(9, min=0, max=9999, stepper=True, label="background")
    overlap = Numbers(min=0, max=1, max_length=2, output=True)
    class_iou = Numbers(min=-1, max=1, max_length=5, output=True)
    data = Payload(loader=segmenter_payload)
