"""The chapter's own functions, taken from its cells, against the package and closed forms; its recording, run again."""

from pathlib import Path

import pytest
import torch

import d2lite
from d2lite import datasets
from d2lite.vision import boxes as library

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("iou", "giou", "diou", "ciou")


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names that the chapter's cells define, without its races."""
    chapter = read_chapter("08_detection/boxes")
    chapter.define("hero", "setup", "convert", "iou-one", "iou", "measures", "fit-code", "windows")
    chapter.define("network-code")
    chapter.run("race-code")
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


@pytest.mark.parametrize("function", ["to_xyxy", "from_xyxy"])
@pytest.mark.parametrize("name", ["xyxy", "XYWH", "xywh ", ""])
def test_an_unknown_format_is_refused(chapter, function, name):
    with pytest.raises(ValueError, match=f'box_format is {name!r}: expected "xywh" or "cxcywh"'):
        chapter[function](random_boxes(3, 0), name)


def test_measures_are_the_librarys(chapter):
    a, b = random_boxes(40, 1), random_boxes(30, 2)
    torch.testing.assert_close(chapter["iou"](a, b), library.iou(a, b))
    ours = chapter["measures"](a, b)
    assert ours.shape == (4, 40, 30)
    for values, name in zip(ours, NAMES, strict=True):
        torch.testing.assert_close(values, getattr(library, name)(a, b), rtol=0, atol=1e-12)


def test_iou_of_two_is_iou(chapter):
    a, b = random_boxes(40, 1), random_boxes(40, 2)
    ours = [chapter["iou_of_two"](*pair) for pair in zip(a.tolist(), b.tolist(), strict=True)]
    torch.testing.assert_close(torch.tensor(ours, dtype=a.dtype), library.iou(a, b, pairwise=False))


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


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("box_losses")


def test_the_recording_is_whole(recorder):
    sweep = d2lite.Sweep.recorded("box_losses")
    assert {name: tuple(values) for name, values in sweep.axes.items()} == recorder.GRID
    assert sweep.seeds == list(recorder.SEEDS)
    assert len(sweep) == 3 * 3 * 6


@pytest.mark.parametrize(("loss", "seed"), [("l1", 1), ("ciou", 4)])
def test_recorded_runs_happen_again(recorder, loss, seed):
    (recorded,) = d2lite.Sweep.recorded("box_losses").select(loss=loss, lr=0.002, seed=seed)
    now = recorder.train_point(loss, 0.002, seed=seed)
    assert set(now) == set(recorded.scalars)
    for name in ("mean_iou", "test_mean_iou"):
        # Sums in 32 bits differ between machines, and twenty passes magnify that.
        assert abs(now[name] - recorded[name]) < 0.03, name


def test_the_chapters_network_is_the_recorders(chapter, recorder):
    scenes = datasets.scenes(20, 0, **recorder.SCENES)[0]
    scenes = [scenes[i] for i in range(20)]
    inputs, targets = chapter["windows"](scenes, 3)
    theirs = recorder.windows(scenes, 3, repeats=1)
    assert torch.equal(inputs, theirs[0]) and torch.equal(targets, theirs[1])
    inputs, targets = inputs.repeat(7, 1, 1, 1), targets.repeat(7, 1)  # a batch and a rest that is left out
    ours = chapter["train"](library.ciou_loss, inputs, targets, 0.002, seed=5, num_passes=3)
    other = recorder.train_network(inputs, targets, "ciou", 0.002, seed=5, num_passes=3)
    torch.testing.assert_close(
        chapter["decode"](ours(inputs)), recorder.decode(other(inputs)), rtol=0, atol=1e-3
    )


def test_windows_hold_their_boxes(chapter):
    """A window cut by hand has the item where its box says."""
    scenes = datasets.scenes(5, 0, max_items=1)[0]
    views, boxes = chapter["windows"]([scenes[i] for i in range(5)], 0)
    assert views.shape == (5, 3, 16, 16) and boxes.shape == (5, 4)
    truth = torch.cat([scenes[i].boxes[0] for i in range(5)])
    torch.testing.assert_close(boxes[:, 2:] - boxes[:, :2], truth[:, 2:] - truth[:, :2])
    corner = (truth - boxes)[:, :2]  # of the window, in the scene
    for k in range(5):
        if (corner[k] >= 0).all() and (corner[k] + 64 <= 96).all():
            left, top = corner[k].long().tolist()
            cut = scenes[k].images[0][:, top : top + 64, left : left + 64]
            torch.testing.assert_close(views[k], torch.nn.functional.avg_pool2d(cut, 4))
