"""The chapter's own functions, taken from its cells, against d2lite.vision.anchors."""

import pytest
import torch

from d2lite import datasets
from d2lite.vision import anchor_sizes
from d2lite.vision import anchors as library
from d2lite.vision.boxes import iou


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names that the chapter's cells define."""
    chapter = read_chapter("08_detection/anchors")
    chapter.run("setup", "shape-iou", "step", "kmeans-check")
    chapter["priors"], chapter["labels"], _ = anchor_sizes.kmeans(chapter["sizes"], 3)
    chapter.run("race", "match", "code", "zeros-code")
    return chapter


def random_sizes(count, seed):
    return 2 + 60 * torch.rand(count, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_overlap_of_sizes_is_the_librarys(chapter):
    a, b = random_sizes(40, 0), random_sizes(30, 1)
    torch.testing.assert_close(chapter["shape_iou"](a, b), anchor_sizes.size_iou(a, b))


@pytest.mark.parametrize("seed", range(4))
def test_every_step_is_the_librarys(chapter, seed):
    sizes = random_sizes(200, seed)
    course = chapter["run"](sizes, anchor_sizes.kmeans_start(sizes, 5, seed))
    assert len(course) > 3
    for i in range(len(course) - 1):
        torch.testing.assert_close(anchor_sizes.kmeans_step(sizes, course[i])[0], course[i + 1])
        mean = anchor_sizes.kmeans_step(sizes, course[i])[2]
        assert chapter["mean_best"](sizes, course[i]) == pytest.approx(mean)
    assert torch.equal(course[-1], course[-2])


def test_plain_distance_gives_lloyds_means(chapter):
    """Its sum of squares never rises, and each anchor is the mean of its sizes in the end."""
    sizes = random_sizes(200, 7)
    course = chapter["run"](sizes, sizes[:4], torch.cdist)
    costs = torch.stack([torch.cdist(sizes, anchors).amin(1).square().sum() for anchors in course])
    assert (costs.diff() <= 1e-6).all()
    labels = torch.cdist(sizes, course[-1]).argmin(1)
    for a in range(4):
        torch.testing.assert_close(sizes[labels == a].mean(0), course[-1][a])


@pytest.mark.parametrize("threshold", [0.3, 0.5, 1.0])
def test_matching_is_the_librarys_on_other_scenes(chapter, threshold):
    for found in datasets.scenes(30, 0, seed=5)[0].boxes:
        cells = library.box_cells(found, 12, 12, 8)
        if len(cells.unique(dim=0)) == len(found):  # no two boxes want one position
            theirs = library.match(found, chapter["priors"], 12, 12, 8, threshold)
            assert torch.equal(chapter["match"](found, threshold), theirs)


def test_a_scene_without_items_is_negative(chapter):
    nothing = torch.zeros(0, 4)
    assert (chapter["match"](nothing) == -1).all()
    assert torch.equal(chapter["match"](nothing), library.match(nothing, chapter["priors"], 12, 12, 8))


def test_coding_is_the_librarys(chapter):
    generator = torch.Generator().manual_seed(3)
    outputs = 2 * torch.randn(50, 4, generator=generator, dtype=torch.float64)
    cells = torch.randint(12, (50, 2), generator=generator)
    anchors = random_sizes(50, 4)
    boxes = chapter["decode"](outputs, cells, anchors)
    torch.testing.assert_close(boxes, library.decode(outputs, cells, anchors, 8))
    torch.testing.assert_close(chapter["encode"](boxes, cells, anchors), outputs)


def test_zeros_draw_the_anchor_in_the_middle_of_the_cell(chapter):
    """The library's decoding of zeros, box by box, on the scenes that the anchors were not chosen from."""
    test = datasets.scenes(0, 200)[1]
    found = []
    for boxes in test.boxes:
        answers = library.match(boxes, chapter["priors"], 12, 12, 8)
        places = library.decode(
            torch.zeros(12, 12, 3, 4), library.grid_cells(12, 12)[:, :, None], chapter["priors"], 8
        )
        found += [iou(places[answers == i], boxes[i : i + 1])[0, 0] for i in range(len(boxes))]
    torch.testing.assert_close(chapter["zero_iou"](chapter["priors"])[0], torch.stack(found))


@pytest.mark.parametrize("distance", ["overlap_distance", "cdist"])
def test_starts_lie_apart(chapter, distance):
    """Two heaps far from each other: a careful start takes one size of each, by either distance."""
    heaps = torch.cat([4 + 0.1 * random_sizes(50, 0) / 60, 50 + 0.1 * random_sizes(50, 1) / 60])
    measure = torch.cdist if distance == "cdist" else chapter[distance]
    for seed in range(20):
        start = chapter["spread_start"](heaps, 2, seed, measure)
        assert start[:, 0].min() < 10 < 40 < start[:, 0].max()
