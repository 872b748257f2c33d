"""Scenes: pictures composed of real Fashion-MNIST items, with a box, a class and a mask for each."""

import dataclasses
import functools
import itertools

import numpy as np
import torch

from d2lite._utils.checks import check_choice, check_count, check_number, check_seed, plain_number
from d2lite.datasets._data import row_index
from d2lite.datasets._images import _FASHION, _shipped

_PARTS = ("train", "test")
_TRIES = 20  # places tried for an item before it is left out


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Scenes:
    """Composed pictures in memory: ``scenes[:8].images`` is a batch, ``scenes[:8].targets`` what it shows.

    Args:
        pixels: (N, 3, H, W) uint8 tensor, colour images.
        boxes: list of N tensors (k, 4) float32, xyxy in pixels, tight around each whole item, hidden parts too.
        classes: list of N tensors (k,) int64.
        masks: (N, H, W) uint8 tensor: i + 1 where item i of the scene shows, 0 in the background.
        name, class_names, source, licence: as in `Data`.

    Taught in chapters/08_detection/boxes.
    """

    pixels: torch.Tensor
    boxes: list
    classes: list
    masks: torch.Tensor
    name: str = "scenes"
    class_names: tuple = _FASHION["class_names"]
    source: str = "composed of " + _FASHION["source"]
    licence: str = _FASHION["licence"]

    @property
    def images(self):
        """(N, 3, H, W) float32 tensor in [0, 1]; made anew from `pixels`, a quarter of the memory, at each call."""
        return self.pixels.float() / 255

    @property
    def targets(self):
        """A list of N dicts with "boxes" (k, 4) and "classes" (k,), as `mean_average_precision` takes them; copies."""
        return [
            {"boxes": b.clone(), "classes": c.clone()} for b, c in zip(self.boxes, self.classes, strict=True)
        ]

    @property
    def class_masks(self):
        """(N, H, W) long tensor: the class of the item that shows plus 1, 0 in the background."""
        tables = [torch.cat([torch.tensor([0]), classes + 1]) for classes in self.classes]
        masks = [table[mask.long()] for table, mask in zip(tables, self.masks, strict=True)]
        return torch.stack(masks) if masks else self.masks.long()

    def __len__(self):
        return len(self.boxes)

    def __getitem__(self, index):
        """Return the chosen scenes as Scenes; an integer gives one scene and keeps the batch axis."""
        chosen = torch.arange(len(self))[row_index(index, len(self))]
        boxes, classes = (
            [values[i].clone() for i in chosen.tolist()] for values in (self.boxes, self.classes)
        )
        return dataclasses.replace(
            self, pixels=self.pixels[chosen], boxes=boxes, classes=classes, masks=self.masks[chosen]
        )

    def __iter__(self):
        """Yield (image (3, H, W), target dict) scene by scene."""
        for pixels, target in zip(self.pixels, self.targets, strict=True):
            yield pixels.float() / 255, target

    def __repr__(self):
        height, width = self.masks.shape[1:]
        return f"Scenes({self.name}: {len(self)} images of {height} x {width}, {sum(map(len, self.boxes))} items)"


def scenes(
    num_train=1000,
    num_test=200,
    size=96,
    max_items=4,
    item_sizes=(0.23, 0.48),
    max_overlap=0.25,
    seed=0,
    items=(0.0, 1.0),
):
    """Return scenes of one to `max_items` clothes, tinted, mirrored and scaled, before a cloudy background.

    The items of the training scenes are Fashion-MNIST's training images, those of the test scenes its test images.
    Scene i depends on the seed and i alone, so more scenes begin with the same ones.

    Args:
        num_train: how many training scenes.
        num_test: how many test scenes.
        size: side in pixels, or (height, width); at least 16.
        max_items: the most items in a scene, at most 250.
        item_sizes: the smallest and largest side of an item, as shares of the picture's shorter side.
        max_overlap: the most of a box that another box may cover; an item without such a place is left out.
        seed: non-negative integer.
        items: the part of the items that is used, from a share to a share of them, so that validation scenes can
            show items that no training scene has.

    Returns:
        (train, test), each `Scenes`.

    Raises:
        ValueError: an argument is out of its range.

    Source: the items are Xiao, Rasul and Vollgraf 2017 (Fashion-MNIST). Taught in chapters/08_detection/boxes.
    """
    num_train, num_test = check_count(num_train, "num_train", 0), check_count(num_test, "num_test", 0)
    layout = _check_layout(size, max_items, item_sizes, max_overlap, seed, items)
    train, test = (
        _compose(part, range(count), layout)
        for part, count in zip(_PARTS, (num_train, num_test), strict=True)
    )
    return train, test


def scene_stream(
    batch_size=32,
    part="train",
    start=0,
    size=96,
    max_items=4,
    item_sizes=(0.23, 0.48),
    max_overlap=0.25,
    seed=0,
    items=(0.0, 1.0),
):
    """Yield batches of ever new scenes, without end; the first are those of `scenes`.

    Args:
        batch_size: scenes a batch.
        part: "train" or "test": whose items.
        start: index of the first scene, to go on where a stream was left.
        size, max_items, item_sizes, max_overlap, seed, items: as in `scenes`.

    Returns:
        Iterator of `Scenes`.

    Raises:
        ValueError: an argument is out of its range.

    Taught in chapters/08_detection/yolo.
    """
    check_choice(part, _PARTS, "part")
    batch_size = check_count(batch_size, "batch_size")
    start = check_count(start, "start", 0, 2**32 - batch_size)  # of a scene's index NumPy takes 32 bits
    layout = _check_layout(size, max_items, item_sizes, max_overlap, seed, items)
    starts = itertools.count(start, batch_size)
    return (_compose(part, range(i, i + batch_size), layout) for i in starts)


def _check_layout(size, max_items, item_sizes, max_overlap, seed, items):
    sides = tuple(size) if _is_pair(size) else (size, size)
    height, width = (check_count(side, "size", 16) for side in sides)
    shares = list(map(plain_number, item_sizes)) if _is_pair(item_sizes) else [None]
    if None in shares or not 0 < shares[0] <= shares[1] <= 1:
        raise ValueError(f"item_sizes is {item_sizes!r}: expected (smallest, largest), above 0 and at most 1")
    part = list(map(plain_number, items)) if _is_pair(items) else [None]
    if None in part or not 0 <= part[0] < part[1] <= 1:
        raise ValueError(f"items is {items!r}: expected two shares from 0 to 1, the first smaller")
    for name in _PARTS:
        count = len(_shipped("fashion_mnist", name)[0])
        if round(part[0] * count) == round(part[1] * count):
            raise ValueError(
                f"items is {items!r}: expected shares further apart, for there are {count:,} {name} items"
            )
    return {
        "shape": (height, width),
        "max_items": check_count(max_items, "max_items", 1, 250),
        "sides": tuple(max(4, int(share * min(height, width))) for share in shares),
        "max_overlap": check_number(max_overlap, "max_overlap", 0, 1),
        "seed": check_seed(seed),
        "items": tuple(part),
    }


def _is_pair(value):
    sized = hasattr(value, "__len__") and getattr(value, "ndim", 1)  # an array of no axes has no length
    return bool(sized) and not isinstance(value, str) and len(value) == 2


def _compose(part, indices, layout):
    """Draw the scenes of these numbers. RandomState, because numpy keeps its stream for ever, unlike default_rng's."""
    random = np.random.RandomState()  # one for all, for it takes ten times as long to make as to seed
    parts = [_scene(random, part, i, **layout) for i in indices]
    if not parts:
        height, width = layout["shape"]
        return Scenes(torch.zeros(0, 3, height, width).byte(), [], [], torch.zeros(0, height, width).byte())
    pixels, boxes, classes, masks = zip(*parts, strict=True)
    boxes = [torch.tensor(b, dtype=torch.float32).reshape(-1, 4) for b in boxes]
    return Scenes(
        torch.from_numpy(np.stack(pixels)),
        boxes,
        [torch.tensor(c, dtype=torch.int64) for c in classes],
        torch.from_numpy(np.stack(masks)),
    )


def _scene(random, part, index, shape, max_items, sides, max_overlap, seed, items):
    """Draw one scene: pixels (3, H, W), boxes (k, 4), k classes, and a mask (H, W)."""
    random.seed([seed, _PARTS.index(part), index])
    image, mask = _background(random, shape), np.zeros(shape, np.uint8)
    boxes, classes = [], []
    for _ in range(random.randint(1, max_items + 1)):
        label, value, alpha, tint = _item(random, part, sides, items)
        inside = alpha > 0.5 - 1e-9  # so that rounding does not decide where the opacity is one half
        if not inside.any():
            continue
        rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
        tight = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
        place = _place(random, tight, len(alpha), boxes, shape, max_overlap)
        if place is None:
            continue
        x, y = place
        window = (..., slice(y, y + len(alpha)), slice(x, x + len(alpha)))
        image[window] += alpha * ((0.15 + 0.85 * value) * tint[:, None, None] - image[window])  # (3, s, s)
        boxes.append(tight + np.array([x, y, x, y]))
        classes.append(label)
        mask[window][inside] = len(boxes)
    return np.clip(image, 0, 255).astype(np.uint8), np.array(boxes), classes, mask


def _background(random, shape):
    """Four octaves of smooth noise between two colours, and a little noise in every pixel: (3, H, W) in 0..255."""
    cloud = np.zeros(shape)
    for octave in range(4):
        cells = 3 * 2**octave
        coarse = random.random_sample((cells, cells))
        cloud += _interpolation(cells, shape[0]) @ coarse @ _interpolation(cells, shape[1]).T / 2**octave
    cloud = (cloud - cloud.min()) / np.ptp(cloud)  # (H, W)
    first, second = random.uniform(20, 160, (2, 3, 1, 1))
    return first + (second - first) * cloud + random.uniform(-10, 10, shape)


def _item(random, part, sides, items):
    """Choose an item: its label, (s, s) brightness and opacity in [0, 1], and the (3,) colour it is tinted with."""
    images, labels = _shipped("fashion_mnist", part)
    first, last = (round(share * len(images)) for share in items)
    index, side = first + random.randint(last - first), random.randint(sides[0], sides[1] + 1)
    image, outline = images[index], _outline(part, index)
    if random.randint(2):
        image, outline = image[:, ::-1], outline[:, ::-1]
    tint = random.uniform(90, 255, 3)
    scale = _interpolation(28, side)
    return (
        int(labels[index]),
        scale @ (image / 255) @ scale.T,
        scale @ outline @ scale.T,
        tint * 255 / tint.max(),
    )


def _place(random, tight, side, boxes, shape, max_overlap):
    """Return (x, y) of an item's window where no two boxes hide too much of each other, or None."""
    for _ in range(_TRIES):
        y, x = random.randint(shape[0] - side + 1), random.randint(shape[1] - side + 1)
        x1, y1, x2, y2 = tight + np.array([x, y, x, y])
        for u1, v1, u2, v2 in boxes:
            shared = max(0, min(x2, u2) - max(x1, u1)) * max(0, min(y2, v2) - max(y1, v1))
            if shared > max_overlap * min((x2 - x1) * (y2 - y1), (u2 - u1) * (v2 - v1)):
                break
        else:
            return x, y
    return None


@functools.cache
def _interpolation(before, after):
    """Return the (after, before) matrix of bilinear resampling along one axis, pixel centres at halves."""
    at = np.clip((np.arange(after) + 0.5) * before / after - 0.5, 0, before - 1)
    return np.clip(1 - np.abs(at[:, None] - np.arange(before)), 0, None)


@functools.cache
def _outline(part, index):
    """Return (28, 28) floats, 1 on the item and on what it encloses: all that no dark path joins to the border."""
    from scipy.ndimage import binary_fill_holes

    return binary_fill_holes(_shipped("fashion_mnist", part)[0][index] >= 12).astype(float)
