"""The LeNet explorer: a trained convolutional network on one image, down to the single multiplication."""

import torch

from d2lite._utils.checks import check_number
from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import BadValueError, Choice, Flag, Integer, Numbers, Payload, Rows

LAYERS = ("conv1", "pool1", "conv2", "pool2", "dense1", "dense2", "output")
NAMES = ("Convolution 1", "Pooling 1", "Convolution 2", "Pooling 2", "Dense 1", "Dense 2", "Output")
MAX_IMAGES = 24
SIDE = 28


def load_lenet():
    """Return the network that ships, and twenty test images."""
    from d2lite.models.lenet import pretrained_payload

    return pretrained_payload()


class LenetExplorer(Explorer):
    """A trained LeNet at work: draw or pick an image, cover parts of it, and follow any value down to its products.

    Every number is computed in the page, from the picture and the network's weights in 8 bits. The network is the
    one that ships with the package; `from_model` shows one of your own.

    Example:
        >>> LenetExplorer(image=4, layer="output", unit=6)

    Taught in chapters/06_cnn/lenet.
    """

    image = Integer(7, min=-1, max=MAX_IMAGES - 1, label="image", help="Its index; -1 is an empty picture.")
    layer = Choice("conv2", LAYERS, names=NAMES, label="layer")
    unit = Integer(10, min=0, max=119, stepper=True, label="map or unit")
    place = Numbers([2, 7], min=0, max=SIDE - 1, length=2, label="place", help="Row and column in the map.")
    source = Integer(5, min=0, max=15, label="input map", help="Whose products are shown, one by one.")
    tool = Choice("cover", ("cover", "draw", "erase"), names=("Cover", "Draw", "Erase"))
    cover = Rows(
        columns=[("row", 0, SIDE - 1, "integer"), ("column", 0, SIDE - 1, "integer")],
        max_length=1,
        label="covered place",
        help="The middle of the square that covers; none: nothing is covered.",
    )
    cover_size = Integer(7, min=1, max=15, label="square", unit="px", help="Side of the square that covers.")
    brush = Integer(3, min=1, max=8, label="brush", unit="px")
    sensitivity = Flag(False, label="occlusion map", help="Covers every place in turn: where does it matter?")
    pixels = Numbers(
        min=0, max=255, max_length=SIDE**2, label="drawing", help="The picture, row by row; none: the image."
    )
    logits = Numbers(min=-1e300, max=1e300, max_length=10, output=True)
    data = Payload(loader=load_lenet)

    @classmethod
    def from_model(cls, model, samples, *, mean=0.0, std=1.0, class_names=None, **values):
        """Return the explorer of a network of your own.

        "Copy as Python" still makes one with the pretrained network: a page does not know your variables.

        Args:
            model: torch module that computes LeNet, built in any way: 5 x 5 convolutions to 6 and 16 maps (padding 2
                in the first), 2 x 2 max or average pooling after each, dense layers of 120, 84 and 10 units, one of
                ReLU, tanh and sigmoid throughout.
            samples: Data, or pair of (N, 1, 28, 28) images in [0, 1] and (N,) class indices; N from 1 to 24.
            mean, std: what the model's inputs are standardised with: it is given (images - mean) / std.
            class_names: ten names; None takes those of the Data, or the indices.
            values: traits of the explorer by name, and `key`.

        Returns:
            LenetExplorer: its `logits` are, to 1e-3, what torch computes with the same weights in 8 bits.

        Raises:
            ValueError: the model is no LeNet, or the samples have another shape or range.
        """
        from d2lite.models import lenet

        images, labels, names = _check_samples(samples, class_names)
        mean, std = check_number(mean, "mean"), check_number(std, "std", 0, open_low=True)
        packed = lenet.pack(*lenet.recognise(model, (images - mean) / std), mean, std)
        return cls(data={**packed, **lenet.pack_images(images, labels, names)}, **values)


def _check_samples(samples, class_names):
    """Return images (N, 1, 28, 28) in [0, 1], labels (N,) and ten names; raise one sentence if they are not that."""
    try:
        images, labels = samples
        images, labels = torch.as_tensor(images).detach().cpu().float(), torch.as_tensor(labels).cpu()
    except (TypeError, ValueError, RuntimeError) as error:
        raise BadValueError(
            f"samples is a {type(samples).__name__}: expected Data, or a pair of tensors"
        ) from error
    if images.ndim == 3:
        images = images[:, None]  # (N, 28, 28) -> (N, 1, 28, 28)
    right = images.shape[1:] == (1, SIDE, SIDE) and labels.shape == images.shape[:1]
    if not right or not 1 <= len(images) <= MAX_IMAGES:
        raise BadValueError(
            f"samples has shapes {tuple(images.shape)} and {tuple(labels.shape)}: expected (N, 1, 28, 28) images and "
            f"(N,) class indices, N from 1 to {MAX_IMAGES}"
        )
    if not (images.min() >= 0 and images.max() <= 1):  # NaN is in no range
        raise BadValueError(
            f"samples has images from {images.min():.3g} to {images.max():.3g}: expected values in [0, 1]; give them "
            "as they were before standardising, and mean and std beside them"
        )
    whole = not labels.is_floating_point() and not labels.is_complex() and labels.dtype != torch.bool
    if not whole or labels.min() < 0 or labels.max() > 9:
        raise BadValueError(f"samples has labels {labels.tolist()}: expected whole numbers from 0 to 9")
    return images, labels, _ten_names(samples, class_names)


def _ten_names(samples, class_names):
    if class_names is None:
        class_names = getattr(samples, "class_names", None) or range(10)
    if hasattr(class_names, "tolist"):
        class_names = class_names.tolist()
    names = [str(name) for name in class_names] if isinstance(class_names, list | tuple | range | str) else []
    if len(names) != 10:
        raise BadValueError(f"class_names is {class_names!r:.60}: expected ten names in order")
    return names
