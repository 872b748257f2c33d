"""Scenes: what the picture shows is what boxes, classes and masks say, always the same, never of a test item."""

import itertools

import numpy as np
import pytest
import torch

from d2lite.datasets import Scenes, fashion_mnist, scene_stream, scenes
from d2lite.datasets import _scenes as module
from d2lite.vision.boxes import intersection

FIRST_BOXES = [
    [[10, 15, 36, 50]],
    [[60, 37, 92, 61], [33, 62, 55, 70]],
    [[18, 18, 34, 40], [46, 71, 83, 85], [64, 49, 83, 72]],
]
FIRST_CLASSES = [[0], [5, 5], [4, 7, 0]]


@pytest.fixture(scope="module")
def train():
    return scenes(120, 0, seed=5)[0]


def extent(mask):
    rows, columns = mask.any(dim=1).nonzero()[:, 0], mask.any(dim=0).nonzero()[:, 0]
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


def test_shapes_and_ranges(train):
    assert train.pixels.shape == (120, 3, 96, 96)
    assert train.pixels.dtype == train.masks.dtype == torch.uint8
    assert train.images.dtype == torch.float32
    assert train.images.min() >= 0
    assert train.images.max() <= 1
    for boxes, classes, mask in zip(train.boxes, train.classes, train.masks, strict=True):
        assert boxes.shape == (len(classes), 4)
        assert 1 <= len(classes) <= 4
        assert classes.dtype == torch.int64
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, 2:] <= 96).all()
        assert mask.max() <= len(classes)
    counts = torch.tensor([len(classes) for classes in train.classes])
    assert set(counts.tolist()) == {1, 2, 3, 4}
    assert set(torch.cat(train.classes).tolist()) == set(range(10))


def test_boxes_are_tight_around_their_items(train):
    checked = 0
    for boxes, mask in zip(train.boxes, train.masks, strict=True):
        apart = (intersection(boxes, boxes) > 0).sum(dim=1) == 1
        for i in apart.nonzero()[:, 0].tolist():
            assert extent(mask == i + 1) == boxes[i].tolist()
            checked += 1
        for i, box in enumerate(boxes):  # overlapped ones too show nowhere else
            x1, y1, x2, y2 = box.int().tolist()
            outside = mask == i + 1
            outside[y1:y2, x1:x2] = False
            assert not outside.any()
    assert checked > 100


def test_no_item_hides_another(train):
    for boxes in train.boxes:
        area = intersection(boxes, boxes).diagonal()
        shared = intersection(boxes, boxes).fill_diagonal_(0) / torch.minimum(area[:, None], area)
        assert shared.max() <= 0.25
    crowded = scenes(20, 0, max_items=12, max_overlap=0.0)[0]
    assert all((intersection(b, b).fill_diagonal_(0) == 0).all() for b in crowded.boxes)


def test_items_stand_out_from_the_background(train):
    """Inside the masks the colours vary otherwise than outside: the items were really painted."""
    item, background = train.masks[:, None] > 0, train.masks[:, None] == 0
    images = train.images.mean(dim=1, keepdim=True)
    assert images[item].std() > 1.2 * images[background].std()


def test_class_masks_name_the_class_of_each_item(train):
    for classes, mask, named in zip(train.classes, train.masks, train.class_masks, strict=True):
        for i, label in enumerate(classes.tolist()):
            assert (named[mask == i + 1] == label + 1).all()
        assert (named[mask == 0] == 0).all()


def test_always_the_same():
    """The boxes of the first scenes, written down: another machine or version must give them too."""
    train, test = scenes(3, 2)
    assert [b.int().tolist() for b in train.boxes] == FIRST_BOXES
    assert [c.tolist() for c in train.classes] == FIRST_CLASSES
    again = scenes(5, 2)
    assert torch.equal(again[0].pixels[:3], train.pixels)
    assert torch.equal(again[1].pixels, test.pixels)
    assert torch.equal(again[0].masks[:3], train.masks)
    assert not torch.equal(scenes(3, 0, seed=1)[0].pixels, train.pixels)
    assert not torch.equal(train.pixels[:2], test.pixels)


def test_global_random_states_are_left_alone():
    before, torch_before = np.random.get_state()[1].copy(), torch.random.get_rng_state()  # noqa: NPY002
    scenes(2, 2)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert torch.equal(torch.random.get_rng_state(), torch_before)


def test_train_and_test_items_are_disjoint(monkeypatch):
    train, test = fashion_mnist()
    images = {image.tobytes() for image in train.inputs.numpy()}
    assert not images & {image.tobytes() for image in test.inputs.numpy()}
    solid = np.full((5, 28, 28), 200, np.uint8)
    labels = {"train": np.zeros(5, int), "test": np.full(5, 9)}
    monkeypatch.setattr(module, "_shipped", lambda name, part: (solid, labels[part]))
    module._outline.cache_clear()
    composed = scenes(6, 6)
    module._outline.cache_clear()
    assert set(torch.cat(composed[0].classes).tolist()) == {0}
    assert set(torch.cat(composed[1].classes).tolist()) == {9}


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_stream_gives_the_same_scenes_without_end(part):
    whole = scenes(10, 10, size=48)[part == "test"]
    batches = list(itertools.islice(scene_stream(4, part, size=48), 3))
    assert [len(batch) for batch in batches] == [4, 4, 4]
    assert torch.equal(torch.cat([batch.pixels for batch in batches])[:10], whole.pixels)
    resumed = next(scene_stream(2, part, start=8, size=48))
    assert torch.equal(resumed.pixels, whole.pixels[8:])
    assert torch.equal(resumed.boxes[1], whole.boxes[9])


@pytest.mark.parametrize("size", [16, 33, 200, (40, 64), (64, 40)])
def test_any_size(size):
    composed, _ = scenes(8, 0, size=size)
    height, width = (size, size) if isinstance(size, int) else size
    assert composed.images.shape == (8, 3, height, width)
    limit = torch.tensor([width, height] * 2)
    assert all((boxes <= limit).all() for boxes in composed.boxes)


def test_item_sizes_scale_with_the_picture():
    large = torch.cat(scenes(40, 0, item_sizes=(0.5, 0.5), max_items=1)[0].boxes)
    assert (large[:, 2:] - large[:, :2]).amax(dim=1).float().mean() > 40
    assert (large[:, 2:] - large[:, :2]).max() <= 48
    whole = scenes(5, 0, item_sizes=(1, 1), max_items=1)[0]
    assert [len(c) for c in whole.classes] == [1] * 5


def test_choosing_and_iterating(train):
    few = train[2:5]
    assert isinstance(few, Scenes)
    assert len(few) == 3
    assert torch.equal(few.boxes[0], train.boxes[2])
    assert torch.equal(few.images, train.images[2:5])
    assert len(train[-1]) == 1
    assert torch.equal(train[-1].pixels[0], train.pixels[119])
    assert torch.equal(train[torch.tensor([7, 3])].masks, train.masks[[7, 3]])
    assert torch.equal(train[np.array([7, 3])].masks, train.masks[[7, 3]])
    image, target = next(iter(train))
    assert torch.equal(image, train.images[0])
    assert torch.equal(target["boxes"], train.boxes[0])
    assert torch.equal(target["classes"], train.classes[0])
    with pytest.raises(IndexError):
        train[120]
    assert repr(train).startswith("Scenes(scenes: 120 images of 96 x 96, ")


def test_chosen_scenes_and_their_targets_are_copies(train):
    """A training loop that scales boxes in place had them scaled twice in its second epoch."""
    kept = [boxes.clone() for boxes in train.boxes[:5]]
    for image, target in train[:5]:
        image /= 2
        target["boxes"] /= 96
        target["classes"] += 1
    train[:5].boxes[0].mul_(2)
    train[0].classes[0].zero_()
    train.targets[3]["boxes"].zero_()
    assert all(torch.equal(now, before) for now, before in zip(train.boxes[:5], kept, strict=True))
    assert torch.equal(train.classes[0], scenes(1, 0, seed=5)[0].classes[0])


def test_no_scenes():
    train, test = scenes(0, 0)
    assert len(train) == len(test) == 0
    assert train.images.shape == (0, 3, 96, 96)
    assert train.class_masks.shape == (0, 96, 96)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 8}, "size is 8: expected a whole number, 16 or more"),
        ({"size": 96.0}, "size is 96.0: expected a whole number, 16 or more"),
        ({"size": (96, 64.5)}, "size is 64.5: expected a whole number"),
        ({"item_sizes": (0.5, 0.2)}, r"item_sizes is \(0.5, 0.2\): expected \(smallest, largest\), above 0"),
        ({"item_sizes": (0, 0.2)}, r"item_sizes is \(0, 0.2\): expected \(smallest, largest\), above 0"),
        ({"max_items": 0}, "max_items is 0: expected a whole number, from 1 to 250"),
        ({"item_sizes": 0.3}, "item_sizes is 0.3: expected"),
        ({"size": (96, 96, 3)}, "size is .*: expected a whole number"),
        ({"max_overlap": 2}, "max_overlap is 2: expected a finite number, from 0 to 1"),
        ({"seed": -1}, "seed is -1: expected a whole number, from 0"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        scenes(1, 1, **change)
    with pytest.raises(ValueError, match=message):
        scene_stream(**change)


def test_negative_numbers_of_scenes_are_refused():
    for counts in ((-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="num_(train|test) is -1: expected a whole number, 0 or more"):
            scenes(*counts)


def test_bad_stream_arguments_are_refused():
    with pytest.raises(ValueError, match="part is 'valid'"):
        scene_stream(part="valid")
    with pytest.raises(ValueError, match="batch_size is 0: expected a whole number, 1 or more"):
        scene_stream(0)


def test_two_parts_of_the_items_share_none(monkeypatch):
    """What is drawn of each part: items of its own, and all of them by default."""
    used = set()
    outline = module._outline
    monkeypatch.setattr(
        module, "_outline", lambda part, index: used.add((part, index)) or outline(part, index)
    )
    drawn = []
    for items in ((0, 0.8), (0.8, 1)):
        used.clear()
        scenes(150, 20, items=items)
        drawn.append({part: {i for name, i in used if name == part} for part in ("train", "test")})
    first, last = drawn
    for part in ("train", "test"):
        count = len(fashion_mnist()[part == "test"])
        assert max(first[part]) < 0.8 * count <= min(last[part])
    assert (
        scenes(3, 0)[0].boxes[1].tolist() == scenes(3, 0, items=(0, 1))[0].boxes[1].tolist() == FIRST_BOXES[1]
    )
    for bad in ((0.5, 0.5), (0, 1.5), 0.3, (None, 1)):
        with pytest.raises(ValueError, match="items is .*: expected two shares"):
            scenes(1, 0, items=bad)
        with pytest.raises(ValueError, match="items is"):
            scene_stream(items=bad)
