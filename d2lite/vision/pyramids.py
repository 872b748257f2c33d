"""Feature pyramids: maps of several strides that are given each other's knowledge, and whole regions that are dropped.

Maps are a list, finest first; each has half the rows and columns of the one before it.
"""

import itertools

import torch
import torch.nn.functional as F

from d2lite._utils.checks import as_list, check_count, check_number
from d2lite._utils.tensors import is_traced

__all__ = ["bottom_up", "drop_block", "top_down"]


def top_down(maps):
    """Add to each map the coarser ones, enlarged by repeating each number 2 x 2: what coarse maps know goes down.

    Args:
        maps: list of L tensors (B, C, H, W), finest first, each half the size of the one before.

    Returns:
        list of L tensors of the same shapes; the coarsest is as it came.

    Raises:
        ValueError: there is no map, or a map has not half the size of the one before.

    Source: Lin et al. 2017 (feature pyramid networks), section 3. Taught in chapters/08_detection/modern_detectors.
    """
    maps = _check_maps(maps)
    results = [maps[-1]]
    for fine in reversed(maps[:-1]):
        results.append(fine + F.interpolate(results[-1], scale_factor=2, mode="nearest"))
    return results[::-1]


def bottom_up(maps, halve):
    """Add to each map the finer ones, halved: the second pass, by which fine details go up.

    Args:
        maps: list of L tensors (B, C, H, W), finest first, each half the size of the one before.
        halve: L - 1 functions or modules, each from (B, C, H, W) to (B, C, H / 2, W / 2).

    Returns:
        list of L tensors of the same shapes; the finest is as it came.

    Raises:
        ValueError: there is no map, a map has not half the size of the one before, L - 1 halvings are not there, or one
            gives another shape.

    Source: Liu et al. 2018 (path aggregation network), section 3.1. Taught in
    chapters/08_detection/modern_detectors.
    """
    maps, halve = _check_maps(maps), as_list(halve, "halve", "a list of functions, one fewer than maps")
    if len(halve) != len(maps) - 1:
        raise ValueError(f"halve has {len(halve)} functions: expected {len(maps) - 1}, one fewer than maps")
    results = [maps[0]]
    for i, (coarse, step) in enumerate(zip(maps[1:], halve, strict=True)):
        halved = step(results[-1])
        if not is_traced(halved) and halved.shape != coarse.shape:
            raise ValueError(
                f"halve[{i}] gives the shape {tuple(halved.shape)}: expected {tuple(coarse.shape)}, the next map's"
            )
        results.append(coarse + halved)
    return results


def drop_block(maps, rate, size=3):
    """Set square blocks of each channel to 0 and enlarge the rest, so that the mean stays: for training only.

    Args:
        maps: (B, C, H, W) float tensor.
        rate: the share that is dropped, roughly, from 0 to less than 1.
        size: rows and columns of a block, odd, at most H and W.

    Returns:
        (B, C, H, W) tensor.

    Raises:
        ValueError: the maps have another number of axes, or a number does not fit.

    Source: Ghiasi, Lin and Le 2018, algorithm 1, each channel with blocks of its own. Taught in
    chapters/08_detection/modern_detectors.
    """
    if not _is_map(maps):
        raise ValueError(f"maps {_words(maps)}: expected a float tensor (B, C, H, W)")
    H, W = maps.shape[2:]
    rate, size = check_number(rate, "rate", 0, 1, open_high=True), check_count(size, "size", 1, min(H, W))
    if size % 2 == 0:
        raise ValueError(f"size is {size}: expected an odd number, so that a block has a middle")
    starts = rate / size**2 * H * W / ((H - size + 1) * (W - size + 1))  # the chance that a block begins
    middles = (torch.rand(*maps.shape[:2], H - size + 1, W - size + 1, device=maps.device) < starts).to(maps)
    dropped = F.max_pool2d(F.pad(middles, (size - 1,) * 4), size, stride=1)  # each grown to a block
    kept = 1 - dropped  # (B, C, H, W)
    return maps * kept / kept.mean().clamp(min=1e-6)


def _is_map(value):
    return torch.is_tensor(value) and value.dim() == 4 and value.is_floating_point()


def _words(value):
    if not torch.is_tensor(value):
        return f"is of type {type(value).__name__}"
    return f"has shape {tuple(value.shape)} and dtype {value.dtype}"


def _check_maps(maps):
    """Return the maps as a list, or raise a ValueError."""
    maps = as_list(maps, "maps", "a list of tensors (B, C, H, W), finest first")
    if any(map(is_traced, maps)):
        return maps
    for i, each in enumerate(maps):
        if not _is_map(each):
            raise ValueError(f"maps[{i}] {_words(each)}: expected a float tensor (B, C, H, W)")
    if len(maps) == 0:
        raise ValueError("maps is empty: expected a list of tensors (B, C, H, W), finest first")
    shapes = [tuple(each.shape) for each in maps]
    for fine, coarse in itertools.pairwise(shapes):
        if (*coarse[:2], *(2 * side for side in coarse[2:])) != fine:
            raise ValueError(
                f"maps has shapes {shapes}: expected (B, C, H, W) each, finest first, half the size of the one before"
            )
    return maps
