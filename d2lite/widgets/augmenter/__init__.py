"""The augmenter explorer: a real image changed as in training, and what becomes of its label."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Payload, Real

SIDE = 96  # pixels of a photo's square
PHOTOS = {
    "cat": ("chelsea", 0, 85, 250),
    "cup": ("coffee", 10, 70, 240),
    "person": ("astronaut", 5, 120, 190),
}
DIGITS = {"six": 6, "two": 22, "nine": 29}  # places in the test set
CLOTHES = {"boot": 9, "bag": 28, "shirt": 16}
NAMES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")


def pictures_payload():
    """Return nine pictures by name, each with its classes' names, its own class and what it may be mixed with."""
    from d2lite import datasets

    found = {}
    for label, (name, (photo, top, left, side)) in enumerate(PHOTOS.items()):
        found[name] = _pack(_square(datasets.photo(photo)[:, top : top + side, left : left + side]), 64)
        found[name] |= {"label": label, "classes": list(PHOTOS), "group": list(PHOTOS)}
    digits, clothes = datasets.mnist()[1], datasets.fashion_mnist()[1]
    sets = ((digits, DIGITS, tuple("0123456789")), (clothes, CLOTHES, NAMES))
    for data, places, classes in sets:
        for name, place in places.items():
            found[name] = _pack(data.inputs[place].expand(3, -1, -1), 32)
            found[name] |= {
                "label": data.targets[place].item(),
                "classes": list(classes),
                "group": list(places),
            }
    return found


def _square(image):
    from torch.nn.functional import interpolate

    return interpolate(image[None], size=(SIDE, SIDE), mode="area")[0]  # (3, H, W) -> (3, SIDE, SIDE)


def _pack(image, num_colors):
    from d2lite.widgets._pictures import pack_picture

    return pack_picture((255 * image).round().byte(), num_colors)


class AugmenterExplorer(Explorer):
    """A real image changed as in training, and what becomes of its label.

    On the left the change as you set it, where you set it; on the right the label, and eight copies drawn at random.

    Example:
        >>> AugmenterExplorer(picture="six", change="turn")

    Taught in chapters/05_regularization/augmentation.
    """

    picture = Choice(
        "cat",
        (*PHOTOS, *DIGITS, *CLOTHES),
        names=("cat", "cup", "person", "digit 6", "digit 2", "digit 9", "ankle boot", "bag", "shirt"),
    )
    change = Choice(
        "cutmix",
        ("flip", "turn", "shift", "noise", "cutout", "mixup", "cutmix", "smoothing"),
        names=("flip", "half turn", "shift", "noise", "cutout", "mixup", "CutMix", "label smoothing"),
    )
    strength = Real(
        0.3,
        min=0,
        max=1,
        step=0.05,
        help=(
            "Shift: part of the side. Noise: standard deviation. Cutout: side of the square. Mixup, CutMix: part of "
            "the other picture. Label smoothing: what is shared out."
        ),
    )
    partner = Choice(1, (1, 2), names=("first", "second"), label="other picture")
    x = Real(0.7, min=0, max=1, step=0.02, label="place, across", help="Of the box, or where to shift.")
    y = Real(0.35, min=0, max=1, step=0.02, label="place, down")
    draw = Integer(1, min=0, max=999, help="Which eight random copies are shown.")
    speed = Choice(2, (1, 2, 8), unit="/s", label="draws a second")
    pictures = Payload(loader=pictures_payload)
