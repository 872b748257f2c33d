"""Which position answers for which object, when the network's own outputs decide: dynamic assignment."""

import torch

from d2lite._utils.checks import check_count, check_number
from d2lite._utils.tensors import as_tensor

__all__ = ["assignment_cost", "dynamic_assignment"]


def assignment_cost(class_losses, overlaps, candidates, weight=3.0):
    """Return what it costs to let a position answer for an object: class loss + weight (-ln IoU).

    Args:
        class_losses: (..., M, N) tensor, the loss of each position's class for each object, in nats.
        overlaps: (..., M, N) tensor, the IoU of each position's box with each object.
        candidates: (..., M, N) bool, false where a position may not answer: outside the object, or far from its centre.
        weight: of the second term, 0 or more.

    Returns:
        (..., M, N) float tensor, infinite where a position may not answer.

    Raises:
        ValueError: the shapes differ, candidates is no mask, or the weight is no number from 0 up.

    Source: Ge et al. 2021 (YOLOX), equation 1. Taught in chapters/08_detection/modern_detectors.
    """
    class_losses, overlaps = as_tensor(class_losses, "class_losses"), as_tensor(overlaps, "overlaps")
    candidates = as_tensor(candidates, "candidates")
    shapes = [tuple(each.shape) for each in (class_losses, overlaps, candidates)]
    if len(set(shapes)) > 1:
        raise ValueError(
            f"class_losses, overlaps and candidates have shapes {shapes}: expected (..., M, N) for all three"
        )
    if candidates.dtype != torch.bool:
        raise ValueError(f"candidates has dtype {candidates.dtype}: expected torch.bool")
    overlaps = overlaps.to(torch.promote_types(overlaps.dtype, torch.float32))  # in half precision 1e-8 is 0
    cost = class_losses - check_number(weight, "weight", 0) * overlaps.clamp(min=1e-8).log()
    return cost.masked_fill(~candidates, float("inf"))


def dynamic_assignment(cost, overlaps, num_top=10):
    """Give each object its cheapest positions, as many as its best overlaps add up to, at least one.

    A position that several objects want goes to the object, of all, for which it is cheapest, as in YOLOX's code.

    Args:
        cost: (..., M, N) tensor, of M objects at N positions, infinite where a position may not answer.
        overlaps: (..., M, N) tensor, the IoU of each position's box with each object; 0 where it may not answer.
        num_top: how many of the best overlaps are summed.

    Returns:
        (..., N) long tensor: the object that each position answers for, or -1.

    Raises:
        ValueError: the shapes differ, a cost is NaN, an overlap is outside 0 to 1, or num_top is not a whole number
            above 0.

    Source: Ge et al. 2021 (YOLOX), SimOTA; the number of positions, Ge et al. 2021 (OTA), section 3.3. Taught in
    chapters/08_detection/modern_detectors.
    """
    cost, overlaps = as_tensor(cost, "cost"), as_tensor(overlaps, "overlaps")
    if cost.dim() < 2 or cost.shape != overlaps.shape:
        raise ValueError(
            f"cost has shape {tuple(cost.shape)} and overlaps {tuple(overlaps.shape)}: expected (..., M, N) for both"
        )
    num_top = check_count(num_top, "num_top")
    if 0 in cost.shape[-2:]:
        return torch.full((*cost.shape[:-2], cost.shape[-1]), -1, device=cost.device)
    if cost.isnan().any():
        raise ValueError("cost holds NaN: expected numbers, or infinity where a position may not answer")
    if not ((overlaps >= 0) & (overlaps <= 1 + 1e-3)).all():
        raise ValueError(
            f"overlaps is from {overlaps.min():g} to {overlaps.max():g}: expected IoUs, from 0 to 1"
        )
    top = overlaps.topk(min(num_top, cost.shape[-1])).values.sum(-1)  # (..., M)
    rank = cost.argsort(stable=True).argsort()  # 0 for the cheapest position of each object
    taken = (rank < top.long().clamp(min=1)[..., None]) & cost.isfinite()
    wanted = taken.sum(-2)  # (..., N): by how many objects
    owner = torch.where(wanted > 1, cost.argmin(-2), taken.int().argmax(-2))
    return torch.where(wanted > 0, owner, -1)
