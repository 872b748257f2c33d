"""Sizes of anchors: k-means with the distance 1 - IoU.

A size is (width, height) in pixels.
"""

from typing import NamedTuple

import torch

from d2lite._utils.checks import check_count, check_seed
from d2lite._utils.rng import Rng
from d2lite._utils.tensors import as_tensor
from d2lite.vision.boxes import iou

__all__ = ["Clusters", "kmeans", "kmeans_start", "kmeans_step", "size_iou"]


class Clusters(NamedTuple):
    """Anchors (A, 2) by rising area, the anchor's index of each size (N,), and the mean IoU of size and anchor."""

    anchors: torch.Tensor
    labels: torch.Tensor
    mean_iou: float


def size_iou(sizes_a, sizes_b):
    """Return the (N, M) IoUs of (N, 2) and (M, 2) sizes, the boxes laid on one corner or, as well, on one centre."""
    a, b = check_sizes(sizes_a, "sizes_a"), check_sizes(sizes_b, "sizes_b")
    return iou(torch.cat([torch.zeros_like(a), a], dim=1), torch.cat([torch.zeros_like(b), b], dim=1))


def kmeans_step(sizes, anchors):
    """Assign each size to its anchor of highest IoU, then move each anchor to the mean of its sizes.

    An anchor without sizes takes the size that the anchors cover worst.

    Args:
        sizes: (N, 2) tensor of widths and heights in pixels.
        anchors: (A, 2) tensor, same form.

    Returns:
        The moved (A, 2) anchors, and the (N,) long labels and mean IoU of the anchors that came in.

    Source: Redmon and Farhadi 2017 (YOLO9000), section 2. Taught in chapters/08_detection/anchors.
    """
    sizes, anchors = check_sizes(sizes, "sizes").detach(), check_sizes(anchors, "anchors").detach()
    anchors = anchors.to(sizes.device)
    for name, given in (("sizes", sizes), ("anchors", anchors)):
        if len(given) == 0:
            raise ValueError(f"{name} has shape (0, 2): expected at least one")
    best, labels = size_iou(sizes, anchors).max(dim=1)  # (N,) each; of equal IoUs the first anchor
    owners, cover = labels.clone(), best.clone()
    for empty in (torch.bincount(owners, minlength=len(anchors)) == 0).nonzero()[:, 0]:
        worst = cover.argmin()
        owners[worst], cover[worst] = empty, 1.0
    owners, exact = (
        owners.cpu(),
        sizes.cpu().double(),
    )  # a float32 sum of a million sizes is off by a hundredth
    counts = torch.bincount(owners, minlength=len(anchors))[:, None]  # (A, 1)
    means = exact.new_zeros(anchors.shape).index_add(0, owners, exact) / counts.clamp(min=1)
    moved = torch.where(counts > 0, means, anchors.cpu().double()).to(anchors)
    return moved, labels, best.mean().item()


def kmeans_start(sizes, num_anchors, seed=0):
    """Choose starts for k-means far apart: each with probability in proportion to its (1 - IoU)^2 to the nearest.

    Args:
        sizes: (N, 2) tensor of widths and heights in pixels.
        num_anchors: how many of them to choose, at most the number of different sizes.
        seed: of the draw, which is the same in the page.

    Returns:
        (A, 2) float tensor, rows of `sizes`.

    Source: Arthur and Vassilvitskii 2007 (k-means++). Taught in chapters/08_detection/anchors.
    """
    sizes = check_sizes(sizes, "sizes").detach()
    num_anchors, different = check_count(num_anchors, "num_anchors"), len(sizes.unique(dim=0))
    if num_anchors > different:
        raise ValueError(
            f"num_anchors is {num_anchors}: expected at most {different}, the number of different sizes"
        )
    draws = Rng(seed).uniform(num_anchors).tolist()
    exact = sizes.cpu().double()  # not every device has float64
    chosen = [int(draws[0] * len(sizes))]
    distance = torch.ones(len(sizes), dtype=torch.float64)  # to the nearest chosen size
    for draw in draws[1:]:
        overlap = size_iou(exact, exact[chosen[-1:]])[:, 0]
        distance = torch.minimum(distance, 1 - overlap)
        total = distance.square().cumsum(dim=0)  # (N,)
        index = int(torch.searchsorted(total, draw * total[-1], right=True))
        chosen.append(min(index, len(sizes) - 1))
    return sizes[chosen]


def kmeans(sizes, num_anchors, seed=0, num_starts=5, max_iterations=100):
    """Find the anchors that overlap the given sizes best: k-means with the distance 1 - IoU.

    One start can end in a poor place, so the best of several is returned. The mean is not the best centre for this
    distance, so a step may lose a little: of one start, too, the best step counts.

    Args:
        sizes: (N, 2) tensor of widths and heights in pixels.
        num_anchors: A, at most the number of different sizes.
        seed: of the first start, see `kmeans_start`; the others have seed + 1 and so on.
        num_starts: how many starts.
        max_iterations: how many steps of each at most; they end when nothing changes.

    Returns:
        `Clusters`: anchors (A, 2), labels (N,) and mean_iou.

    Raises:
        ValueError: the sizes are not (N, 2), finite and positive, too few differ, or a number does not fit.

    Source: Redmon and Farhadi 2017 (YOLO9000), section 2. Taught in chapters/08_detection/anchors.
    """
    num_starts, max_iterations = (
        check_count(num_starts, "num_starts"),
        check_count(max_iterations, "max_iterations", 0),
    )
    seed = check_seed(seed)
    starts = [kmeans_start(sizes, num_anchors, (seed + i) % 2**32) for i in range(num_starts)]
    best = max((_descend(sizes, start, max_iterations) for start in starts), key=lambda found: found.mean_iou)
    order = best.anchors.prod(dim=1).argsort(stable=True)
    return Clusters(best.anchors[order], order.argsort()[best.labels], best.mean_iou)


def _descend(sizes, anchors, max_iterations):
    best = Clusters(anchors, None, -1.0)
    for _ in range(max_iterations + 1):
        moved, labels, mean_iou = kmeans_step(sizes, anchors)
        if mean_iou > best.mean_iou:
            best = Clusters(anchors, labels, mean_iou)
        if torch.equal(moved, anchors):
            break
        anchors = moved
    return best


def check_sizes(sizes, name, dims=2):
    """Return (..., 2) sizes of any dtype as a float tensor, float32 at least; bad ones raise ValueError."""
    sizes = as_tensor(sizes, name)
    sizes = sizes.to(torch.promote_types(sizes.dtype, torch.float32))
    if sizes.dim() == 0 or sizes.shape[-1] != 2 or (dims and sizes.dim() != dims):
        shape = "(N, 2)" if dims else "(..., 2)"
        raise ValueError(
            f"{name} has shape {tuple(sizes.shape)}: expected {shape}, a width and a height for each"
        )
    if sizes.is_meta:  # a shape and no numbers
        return sizes
    wrong = sizes[~((sizes > 0) & sizes.isfinite())]
    if len(wrong):
        raise ValueError(
            f"{name} holds {wrong[0].item():g}: expected finite numbers of pixels above 0; leave out boxes without area"
        )
    return sizes
