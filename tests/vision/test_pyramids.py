"""Feature pyramids against sums written out, DropBlock against its paper's share and shape."""

import pytest
import torch
import torch.nn.functional as F

from d2lite.vision.pyramids import bottom_up, drop_block, top_down


@pytest.fixture
def maps():
    torch.manual_seed(0)
    return [torch.randn(2, 3, side, side) for side in (8, 4, 2)]


def test_each_map_receives_all_coarser_ones(maps):
    fine, middle, coarse = top_down(maps)
    assert torch.equal(coarse, maps[2])
    assert torch.allclose(middle[0, 1, 3, 0], maps[1][0, 1, 3, 0] + maps[2][0, 1, 1, 0])
    assert torch.allclose(fine[1, 2, 5, 2], maps[0][1, 2, 5, 2] + maps[1][1, 2, 2, 1] + maps[2][1, 2, 1, 0])


def test_the_second_pass_goes_up(maps):
    fine, middle, coarse = bottom_up(maps, [lambda m: F.avg_pool2d(m, 2)] * 2)
    assert torch.equal(fine, maps[0])
    assert torch.allclose(middle, maps[1] + F.avg_pool2d(maps[0], 2))
    assert torch.allclose(coarse, maps[2] + F.avg_pool2d(maps[1], 2) + F.avg_pool2d(maps[0], 4), atol=1e-6)


def test_one_map_stays(maps):
    assert torch.equal(top_down(maps[:1])[0], maps[0])
    assert torch.equal(bottom_up(maps[:1], [])[0], maps[0])


@pytest.mark.parametrize("size", [1, 3, 5])
def test_blocks_are_squares_and_the_share_is_about_right(size):
    torch.manual_seed(0)
    dropped = drop_block(torch.ones(200, 20, 12, 12), 0.1, size) == 0
    share = dropped.float().mean().item()
    assert 0.08 < share < 0.105  # a little less: blocks may overlap
    squares = -F.max_pool2d(-dropped.float(), size, stride=1)  # 1 where a whole square is dropped
    grown = F.max_pool2d(F.pad(squares, (size - 1,) * 4), size, stride=1)
    assert torch.equal(grown, dropped.float())  # each dropped number lies in a dropped square of that size


def test_the_mean_stays_and_rate_0_changes_nothing():
    torch.manual_seed(0)
    maps = torch.rand(100, 8, 12, 12)
    assert drop_block(maps, 0.2).mean().item() == pytest.approx(maps.mean().item(), abs=0.01)
    assert torch.equal(drop_block(maps, 0), maps)


def test_bad_input_is_named(maps):
    with pytest.raises(ValueError, match="maps is empty: expected"):
        top_down([])
    with pytest.raises(ValueError, match="maps has shapes .*: expected .*half the size"):
        top_down(maps[::2])
    with pytest.raises(ValueError, match="halve has 1 functions: expected 2"):
        bottom_up(maps, [torch.nn.Identity()])
    with pytest.raises(ValueError, match="size is 2: expected an odd number"):
        drop_block(maps[0], 0.1, 2)
    with pytest.raises(ValueError, match="rate is 1"):
        drop_block(maps[0], 1)
    with pytest.raises(ValueError, match="maps has shape"):
        drop_block(maps[0][0], 0.1)
