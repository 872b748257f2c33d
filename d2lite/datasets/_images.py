"""Fashion-MNIST and MNIST: 12,000 images ship as sprite sheets, all 70,000 are downloaded on request."""

import functools
import gzip
from importlib import resources

import numpy as np
import torch

from d2lite.datasets._data import Data

_FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
_FASHION = {
    "name": "fashion_mnist",
    "class_names": _FASHION_CLASSES,
    "source": "Xiao, Rasul and Vollgraf, Fashion-MNIST, 2017, github.com/zalandoresearch/fashion-mnist",
    "licence": "MIT, Copyright 2017 Zalando SE",
}
_MNIST = {
    "name": "mnist",
    "class_names": tuple("0123456789"),
    "source": "LeCun, Cortes and Burges, The MNIST database of handwritten digits, 1998",
    "licence": "no terms with the data; usually stated as CC BY-SA 3.0 (LeCun and Cortes)",
}


def fashion_mnist(full=False):
    """Return Fashion-MNIST: photos of clothes, ten classes.

    Args:
        full: False gives the 10,000 training and 2,000 test images that ship with the package (equally many a
            class, class order round-robin: image i has label i % 10). True gives the official 60,000 and
            10,000, downloaded once (30 MB); see `d2lite/data/SOURCES.md` for where they are kept.

    Returns:
        (train, test), each Data with inputs (N, 1, 28, 28) float32 in [0, 1] and targets (N,) in 0..9. Each
        call returns tensors of its own.

    Raises:
        ConnectionError: full=True and no mirror gave a whole, correct file.

    Source: Xiao, Rasul and Vollgraf 2017, arXiv 1708.07747.
    """
    return _load(_FASHION, full)


def mnist(full=False):
    """Return MNIST: handwritten digits, ten classes.

    Args:
        full: False gives the 10,000 training and 2,000 test images that ship with the package (equally many a
            class, class order round-robin: image i has label i % 10). True gives the official 60,000 and
            10,000, downloaded once (12 MB); see `d2lite/data/SOURCES.md` for where they are kept.

    Returns:
        (train, test), each Data with inputs (N, 1, 28, 28) float32 in [0, 1] and targets (N,) in 0..9. Each
        call returns tensors of its own.

    Raises:
        ConnectionError: full=True and no mirror gave a whole, correct file.

    Source: LeCun, Bottou, Bengio and Haffner 1998, Gradient-based learning applied to document recognition.
    """
    return _load(_MNIST, full)


def _load(about, full):
    read = _official if full else _shipped
    return tuple(_to_data(*read(about["name"], part), about) for part in ("train", "test"))


def _to_data(images, labels, about):
    inputs = torch.tensor(images).to(torch.float32).div_(255).unsqueeze(1)  # (N, 28, 28) -> (N, 1, 28, 28)
    return Data(inputs, torch.tensor(labels, dtype=torch.int64), **about)


@functools.cache
def _shipped(name, part):
    """Return (N, 28, 28) uint8 images and (N,) labels of a sprite sheet; shared, so read-only."""
    from PIL import Image

    with resources.files("d2lite").joinpath("data", f"{name}_{part}.png").open("rb") as file:
        sheet = np.asarray(Image.open(file))
    rows, columns = sheet.shape[0] // 28, sheet.shape[1] // 28
    images = sheet.reshape(rows, 28, columns, 28).swapaxes(1, 2).reshape(-1, 28, 28)
    labels = np.arange(len(images)) % 10
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


def _official(name, part):
    from d2lite.datasets import _download

    stem = {"train": "train", "test": "t10k"}[part]
    images = _read_idx(_download.fetch(name, f"{stem}-images-idx3-ubyte.gz"))
    labels = _read_idx(_download.fetch(name, f"{stem}-labels-idx1-ubyte.gz"))
    return images, labels


def _read_idx(path):
    """Return the uint8 array of a gzipped idx file: magic 0 0 8 ndim, the sizes big-endian, the bytes."""
    with gzip.open(path, "rb") as file:
        content = file.read()
    ndim = content[3]
    shape = np.frombuffer(content, ">u4", count=ndim, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * ndim).reshape(shape)
