"""The chapter's own functions, taken from its cells, against the package, finite differences and closed forms."""

import pytest
import torch

from d2lite.vision import boxes as library

NAMES = ("iou", "giou", "diou", "ciou")


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names that the chapter's cells define, without its races."""
    chapter = read_chapter("08_detection/boxes")
    chapter.run("setup", "convert", "trap-code", "iou", "measures", "fit-code")
    return chapter


def random_boxes(count, seed):
    generator = torch.Generator().manual_seed(seed)
    corners = 20 * torch.rand(count, 2, generator=generator, dtype=torch.float64)
    return torch.cat([corners, corners + 15 * torch.rand(count, 2, generator=generator)], 1)


@pytest.mark.parametrize("name", ["xywh", "cxcywh"])
def test_conversions_are_the_librarys(chapter, name):
    boxes = random_boxes(50, 0)
    coded = library.box_convert(boxes, "xyxy", name)
    torch.testing.assert_close(chapter["from_xyxy"](boxes, name), coded)
    torch.testing.assert_close(chapter["to_xyxy"](coded, name), boxes)


def test_measures_are_the_librarys(chapter):
    a, b = random_boxes(40, 1), random_boxes(30, 2)
    torch.testing.assert_close(chapter["iou"](a, b), library.iou(a, b))
    ours = chapter["measures"](a, b)
    assert ours.shape == (4, 40, 30)
    for values, name in zip(ours, NAMES, strict=True):
        torch.testing.assert_close(values, getattr(library, name)(a, b), rtol=0, atol=1e-12)


def test_gradients_are_the_librarys_where_boxes_have_area(chapter):
    a, b = random_boxes(20, 3) + 0.0, random_boxes(20, 4)
    a[:, 2:] += 1
    for k, name in enumerate(NAMES):
        leaf, other = a.clone().requires_grad_(), a.clone().requires_grad_()
        chapter["measures"](leaf, b)[k].sum().backward()
        getattr(library, name)(other, b).sum().backward()
        torch.testing.assert_close(leaf.grad, other.grad, rtol=0, atol=1e-10)


def test_fit_is_sgd_with_the_rate_falling_twice(chapter):
    starts, targets = random_boxes(6, 5), random_boxes(6, 6)
    targets[:, 2:] += 2
    starts[:, 2:] += 2
    run = chapter["fit"](library.giou_loss, starts, targets, lr=0.5, num_steps=20)
    leaf = starts.clone().requires_grad_()
    optimizer = torch.optim.SGD([leaf], lr=0.5)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [16, 18], gamma=0.1)
    overlaps = [library.iou(leaf, targets, pairwise=False).detach()]
    for _ in range(20):
        optimizer.zero_grad()
        library.giou_loss(leaf, targets, reduction="sum").backward()
        optimizer.step()
        schedule.step()
        overlaps.append(library.iou(leaf, targets, pairwise=False).detach())
    torch.testing.assert_close(run, torch.stack(overlaps), rtol=0, atol=1e-10)


def test_make_boxes_has_the_areas_and_shapes_it_is_asked_for(chapter):
    centres, areas, ratios = torch.rand(5, 2), torch.rand(5) + 0.5, torch.rand(5) + 0.5
    made = library.box_convert(chapter["make_boxes"](centres, areas, ratios), "xyxy", "cxcywh")
    torch.testing.assert_close(made[:, :2], centres)
    torch.testing.assert_close(made[:, 2] * made[:, 3], areas)
    torch.testing.assert_close(made[:, 2] / made[:, 3], ratios)


def test_the_grid_of_starts_is_what_the_text_says(chapter):
    assert len(chapter["starts"]) == len(chapter["targets"]) == 3051
    assert len(chapter["places"]) == 113
    torch.testing.assert_close(library.area(chapter["targets"]), torch.ones(3051))
