"""Augmentation: changed copies of training images, and what becomes of their labels.

Each function changes every image of a batch in a way of its own, drawn from torch's random state, and leaves its
arguments as they are. Mixed targets are probabilities: (B, K), each row a sum of 1, as smooth_labels makes them and
torch.nn.functional.cross_entropy takes them.
"""

import torch
import torch.nn.functional as F

from d2lite._utils.checks import check_count, check_number
from d2lite._utils.tensors import are_distributions, as_tensor, as_whole_numbers, check_filling, check_images

_SMALL = 0.02  # below it torch's Beta may divide 0 by 0 and say 0.5: of 0.001, a quarter of its numbers


def flip(images):
    """Mirror each image from left to right, with probability one half.

    Args:
        images: (B, C, H, W) float tensor.

    Returns:
        (B, C, H, W) tensor.

    Raises:
        ValueError: the images have another number of axes.

    Taught in chapters/05_regularization/augmentation.
    """
    check_images(images)
    turned = torch.rand(len(images), device=images.device) < 0.5  # (B,)
    return torch.where(turned[:, None, None, None], images.flip(3), images)


def shift(images, most, value=0.0):
    """Move each image by whole pixels, along each axis by up to `most`: a random crop of the padded image.

    Args:
        images: (B, C, H, W) float tensor.
        most: pixels, at least 0.
        value: what comes in at the border, a number that the images' dtype holds.

    Returns:
        (B, C, H, W) tensor.

    Raises:
        ValueError: the images have another number of axes, most is not a whole number, or the value does not fit.

    Taught in chapters/05_regularization/augmentation.
    """
    B, _, H, W = check_images(images)
    most, value = check_count(most, "most", 0), check_filling(value, "value", images.dtype)
    padded = F.pad(images, (most,) * 4, value=value)
    top, left = torch.randint(2 * most + 1, (2, B, 1), device=images.device)
    rows = (top + torch.arange(H, device=images.device))[:, :, None]  # (B, H, 1)
    columns = (left + torch.arange(W, device=images.device))[:, None, :]  # (B, 1, W)
    batch = torch.arange(B, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[batch, rows, columns].permute(0, 3, 1, 2)  # (B, H, W, C) between


def add_noise(images, scale):
    """Add to each pixel a normal number of mean 0.

    Args:
        images: (B, C, H, W) float tensor.
        scale: its standard deviation, in the unit of the pixels, at least 0.

    Returns:
        (B, C, H, W) tensor; pixels may leave the range that they had.

    Raises:
        ValueError: the images are no floats or have another number of axes, or scale is negative.

    Taught in chapters/05_regularization/augmentation.
    """
    check_images(images, floating=True)
    return images + check_number(scale, "scale", 0) * torch.randn_like(images)


def cutout(images, side, value=0.0):
    """Cover a square of each image, whose middle lies anywhere in it; what sticks out is lost.

    Args:
        images: (B, C, H, W) float tensor.
        side: pixels, at least 0.
        value: what the square holds, a number that the images' dtype holds.

    Returns:
        (B, C, H, W) tensor.

    Raises:
        ValueError: the images have another number of axes, side is not a whole number, or the value does not fit.

    Source: DeVries and Taylor 2017. Taught in chapters/05_regularization/augmentation.
    """
    B, *_ = check_images(images)
    value = check_filling(value, "value", images.dtype)
    sides = torch.full((B,), float(check_count(side, "side", 0)), device=images.device)
    return images.masked_fill(_boxes(images, sides, sides), value)


def smooth_labels(targets, num_classes, epsilon):
    """Return labels that give a part of their probability to all classes alike.

    Args:
        targets: (B,) whole numbers from 0 to num_classes - 1, or (B, K) probabilities.
        num_classes: K.
        epsilon: that part, from 0 to 1; 0 gives one-hot labels.

    Returns:
        (B, K) float tensor: (1 - epsilon) times the label, plus epsilon / K.

    Raises:
        ValueError: epsilon is outside 0 to 1, a class is outside 0 to K - 1, or targets of two axes are not (B, K) or
            no probabilities.

    Source: Szegedy et al. 2016, section 7. Taught in chapters/05_regularization/augmentation.
    """
    epsilon = check_number(epsilon, "epsilon", 0, 1)
    num_classes, targets = check_count(num_classes, "num_classes"), as_tensor(targets, "targets")
    labels = _one_hot(targets, num_classes) if targets.ndim == 1 else targets
    labels = _check_labels(labels, len(labels) if labels.ndim else "B", num_classes)
    return (1 - epsilon) * labels + epsilon / num_classes


def mixup(images, labels, alpha):
    """Blend each image with another of the batch, and their labels alike.

    Args:
        images: (B, C, H, W) float tensor.
        labels: (B, K) probabilities.
        alpha: of the Beta(alpha, alpha) that draws each image's own part; above 0. Small: nearly whole images.

    Returns:
        images (B, C, H, W) and labels (B, K), in the order they came.

    Raises:
        ValueError: the images are no floats or have another number of axes, the labels are not (B, K) or no
            probabilities, or alpha is not above 0.

    Source: Zhang et al. 2018, which draws one part for a batch. Taught in chapters/05_regularization/augmentation.
    """
    B, *_ = check_images(images, floating=True)
    labels = _check_labels(labels, B)
    own, other = _draw_parts(B, alpha, images).to(images.dtype), torch.randperm(B, device=images.device)
    share, own = own[:, None, None, None], own.to(torch.promote_types(own.dtype, torch.float32))
    mixed = share * images + (1 - share) * images[other]
    return mixed, own[:, None] * labels + (1 - own[:, None]) * labels[other]


def cutmix(images, labels, alpha):
    """Paste into each image a box from the same place of another; labels are shared by area.

    Args:
        images, labels, alpha: as for mixup; the box has the part 1 - own of the area before what sticks out is lost.

    Returns:
        images (B, C, H, W) and labels (B, K), in the order they came.

    Raises:
        ValueError: the images have another number of axes, the labels are not (B, K) or no probabilities, or alpha is
            not above 0.

    Source: Yun et al. 2019, which draws one box for a batch. Taught in chapters/05_regularization/augmentation.
    """
    B, _, H, W = check_images(images)
    labels = _check_labels(labels, B)
    length = (1 - _draw_parts(B, alpha, images)).sqrt()  # of the box's sides, as parts of the image's
    other = torch.randperm(B, device=images.device)
    boxes = _boxes(images, length * H, length * W)  # (B, 1, H, W)
    own = 1 - boxes.float().mean((1, 2, 3))[:, None]  # (B, 1): after what stuck out
    return torch.where(boxes, images[other], images), own * labels + (1 - own) * labels[other]


def _one_hot(targets, num_classes):
    classes = as_whole_numbers(targets, "targets")
    if len(classes) and not 0 <= classes.min() <= classes.max() < num_classes:
        raise ValueError(
            f"targets is from {classes.min()} to {classes.max()}: expected classes from 0 to {num_classes - 1}"
        )
    return F.one_hot(classes, num_classes).float()


def _check_labels(labels, count, num_classes="K"):
    """Return (B, K) probabilities as a tensor, or raise a ValueError."""
    labels = as_tensor(labels, "labels")
    if labels.ndim != 2 or len(labels) != count or num_classes not in ("K", labels.shape[1]):
        raise ValueError(
            f"labels has shape {tuple(labels.shape)}: expected ({count}, {num_classes}), a row of probabilities for"
            " each image; make it from class numbers with smooth_labels"
        )
    if not are_distributions(labels):
        raise ValueError(
            "labels has a row whose numbers are not probabilities: expected numbers from 0 to 1 with the sum 1"
        )
    return labels


def _draw_parts(count, alpha, like):
    """Return (count,) numbers of Beta(alpha, alpha)."""
    alpha = torch.tensor(check_number(alpha, "alpha", 0, open_low=True), dtype=torch.float32)
    if alpha >= _SMALL:
        return torch.distributions.Beta(alpha, alpha).sample((count,)).to(like.device)
    # Gamma(alpha) is Gamma(alpha + 1) times uniform^(1 / alpha), here as logarithms, times alpha.
    gammas = torch.distributions.Gamma(alpha + 1, 1.0).sample((2, count))
    first, second = alpha * gammas.log() + torch.rand_like(gammas).log()
    return ((first - second) / alpha).sigmoid().to(like.device)


def _boxes(images, heights, widths):
    """Return a box for each image, its middle anywhere: (B, 1, H, W) booleans, true inside."""
    B, _, H, W = images.shape
    inside = []
    for size, lengths in ((H, heights), (W, widths)):
        start = (torch.rand(B, device=images.device) * size - lengths / 2).round()[:, None]  # (B, 1)
        places = torch.arange(size, device=images.device)
        inside.append((places >= start) & (places < (start + lengths.round()[:, None])))
    return (inside[0][:, :, None] & inside[1][:, None, :])[:, None]  # (B, H, 1) and (B, 1, W)
