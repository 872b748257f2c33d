"""Dynamic assignment against YOLOX's own steps written out in loops, and against cases by hand."""

import pytest
import torch

from d2lite.vision.assignment import assignment_cost, dynamic_assignment


def simota(cost, overlaps, candidates):
    """The steps of YOLOX's `simota_matching`, object by object."""
    matching = torch.zeros_like(cost)
    for g in range(len(cost)):
        top = overlaps[g].topk(min(10, cost.shape[1])).values.sum()
        k = max(int(top), 1)
        chosen = cost[g].argsort(stable=True)[:k]
        matching[g, [i for i in chosen.tolist() if candidates[g, i]]] = 1
    owners = torch.full((cost.shape[1],), -1)
    for n in range(cost.shape[1]):
        wanting = matching[:, n].nonzero()[:, 0].tolist()
        if len(wanting) == 1:
            owners[n] = wanting[0]
        elif wanting:
            owners[n] = cost[:, n].argmin()
    return owners


@pytest.mark.parametrize("seed", range(8))
def test_owners_are_those_of_the_loops(seed):
    generator = torch.Generator().manual_seed(seed)
    candidates = torch.rand(4, 3, 40, generator=generator) < 0.4
    overlaps = torch.rand(4, 3, 40, generator=generator) * candidates
    cost = assignment_cost(torch.rand(4, 3, 40, generator=generator), overlaps, candidates)
    owners = dynamic_assignment(cost, overlaps)
    for b in range(4):
        assert torch.equal(owners[b], simota(cost[b], overlaps[b], candidates[b]))


def test_three_positions_by_hand():
    """IoUs 0.8, 0.7 and 0.1 add up to 1.6: one position, the cheapest, which the class decides."""
    overlaps = torch.tensor([[0.8, 0.7, 0.1]])
    cost = assignment_cost(torch.tensor([[2.3, 0.2, 0.1]]), overlaps, overlaps > 0)
    assert cost[0].tolist() == pytest.approx([2.97, 1.27, 7.01], abs=0.01)
    assert dynamic_assignment(cost, overlaps).tolist() == [-1, 0, -1]


def test_better_boxes_get_more_positions():
    cost = torch.tensor([[0.1, 0.2, 0.3, 0.4]])
    counts = [
        int((dynamic_assignment(cost, torch.full((1, 4), iou)) == 0).sum()) for iou in (0.1, 0.5, 0.75, 1)
    ]
    assert counts == [1, 2, 3, 4]


def test_a_wanted_position_goes_to_the_cheapest():
    cost = torch.tensor([[0.1, 5.0], [0.2, 0.3]])
    assert dynamic_assignment(cost, torch.full((2, 2), 0.5)).tolist() == [0, -1]
    assert dynamic_assignment(cost, torch.full((2, 2), 1.0)).tolist() == [0, 1]


def test_nothing_to_find_and_nowhere_to_answer():
    assert dynamic_assignment(torch.zeros(2, 0, 5), torch.zeros(2, 0, 5)).tolist() == [[-1] * 5] * 2
    nowhere = assignment_cost(torch.zeros(1, 3), torch.zeros(1, 3), torch.zeros(1, 3).bool())
    assert dynamic_assignment(nowhere, torch.zeros(1, 3)).tolist() == [-1, -1, -1]


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"cost has shape \(2, 3\) and overlaps \(2, 4\): expected"):
        dynamic_assignment(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match="num_top is 0"):
        dynamic_assignment(torch.zeros(2, 3), torch.zeros(2, 3), 0)
