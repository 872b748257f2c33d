"""Mosaic, CutMix, resizing and exchanged colours: the pictures by painted boxes, the boxes by what shows of them."""

import pytest
import torch

from d2lite.vision.boxes import area
from d2lite.vision.scene_augmentation import cutmix_boxes, mosaic, resize, stylize


def painted(count=16, seed=0):
    """Return pictures of one rectangle each, of a colour that no other has, with its box and class."""
    generator = torch.Generator().manual_seed(seed)
    images, boxes = torch.zeros(count, 3, 96, 96), []
    for i in range(count):
        x, y = torch.randint(0, 56, (2,), generator=generator).tolist()
        width, height = torch.randint(20, 40, (2,), generator=generator).tolist()
        images[i, :, y : y + height, x : x + width] = (i + 1) / count
        boxes.append(torch.tensor([[x, y, x + width, y + height]]).float())
    return images, boxes, [torch.tensor([i]) for i in range(count)]


@pytest.mark.parametrize("change", [mosaic, cutmix_boxes])
def test_boxes_lie_on_their_own_colour_and_are_large_enough(change):
    torch.manual_seed(1)
    images, boxes, classes = painted()
    before = [area(b) for b in boxes]
    mixed, new_boxes, new_classes = change(images, boxes, classes)
    assert mixed.shape == images.shape and images.max() == 1  # the arguments stay
    found = 0
    for image, some, labels in zip(mixed, new_boxes, new_classes, strict=True):
        assert len(some) == len(labels)
        for (x1, y1, x2, y2), label in zip(some.int().tolist(), labels.tolist(), strict=True):
            shown = (image[0, y1:y2, x1:x2] - (label + 1) / 16).abs() < 1e-6
            found += 1
            assert 0 <= x1 < x2 <= 96 and 0 <= y1 < y2 <= 96
            assert shown.sum() >= 0.3 * before[label].item() - 1
            if change is mosaic:
                assert shown.all()  # nothing lies over a box that is cut to its window
    assert found >= 12  # of 16 and what is pasted, less what is cut off or covered


def test_mosaic_of_one_scene_shows_its_four_corners():
    torch.manual_seed(0)
    image = torch.rand(1, 3, 8, 8)
    mixed, _, _ = mosaic(image, [torch.zeros(0, 4)], [torch.zeros(0).long()])
    shifts = [(y, x) for y in range(8) for x in range(8)]
    assert any(torch.equal(mixed, image.roll((-y, -x), (2, 3))) for y, x in shifts)


def test_a_box_that_reaches_beyond_its_picture_lies_on_none_of_its_neighbours():
    """It was drawn over the next picture, and counted by what of it lay there."""
    # all boxes are in the black picture
    images = torch.stack([torch.zeros(3, 16, 16), torch.ones(3, 16, 16)])
    boxes = [torch.tensor([[10.0, 4, 24, 12], [-30, 2, -2, 14], [4, -9, 12, 30]]), torch.zeros(0, 4)]
    found = 0
    for seed in range(30):
        torch.manual_seed(seed)
        mixed, new_boxes, new_classes = mosaic(
            images, boxes, [torch.tensor([0, 1, 2]), torch.zeros(0).long()]
        )
        for image, some, labels in zip(mixed, new_boxes, new_classes, strict=True):
            for x1, y1, x2, y2 in some.int().tolist():
                assert not image[:, y1:y2, x1:x2].any()
            assert 1 not in labels  # nothing of it is in its picture
            found += len(some)
    assert found > 60


def test_everything_kept_with_a_least_share_near_0():
    torch.manual_seed(2)
    images, boxes, classes = painted()
    many = sum(map(len, mosaic(images, boxes, classes, least=0.01)[1]))
    torch.manual_seed(2)
    few = sum(map(len, mosaic(images, boxes, classes, least=1)[1]))
    assert many > few > 0


def test_a_picture_that_is_pasted_into_itself_keeps_its_boxes():
    """Its items were labelled once more, cut to the piece, or lost the part outside it: one picture a batch."""
    images, whole = torch.rand(1, 3, 16, 16), torch.tensor([[0.0, 0, 16, 16], [5, 5, 9, 9]])
    for seed in range(20):
        torch.manual_seed(seed)
        mixed, boxes, classes = cutmix_boxes(images, [whole], [torch.tensor([1, 2])], least=0.05)
        assert torch.equal(mixed, images)
        assert torch.equal(boxes[0], whole) and classes[0].tolist() == [1, 2]
        assert boxes[0].data_ptr() != whole.data_ptr()


def test_scaled_boxes_lie_on_the_scaled_rectangle():
    images, boxes, _ = painted(4)
    scaled, moved = resize(images, boxes, 48)
    assert scaled.shape == (4, 3, 48, 48)
    for image, box, old in zip(scaled, moved, boxes, strict=True):
        x1, y1, x2, y2 = (box[0] + torch.tensor([1, 1, -1, -1])).round().int().tolist()
        assert (image[0, y1:y2, x1:x2] > 0.9 * image.max()).all()
        assert torch.equal(box * 2, old)


def test_scaled_are_boxes_and_nothing_else():
    """A column of classes was scaled as well, and a picture without boxes had none of four columns."""
    images, _, _ = painted(2)
    _, moved = resize(images, [[], [[8, 8, 16, 24]]], 48)
    assert [each.shape for each in moved] == [(0, 4), (1, 4)]
    assert moved[1].tolist() == [[4, 4, 8, 12]]
    with pytest.raises(ValueError, match=r"boxes\[0\] has shape \(1, 5\): expected"):
        resize(images, [[[3, 8, 8, 16, 24]], []], 48)
    with pytest.raises(ValueError, match=r"boxes\[1\] has shape \(4,\): expected \(k, 4\)"):
        resize(images, [[], [8, 8, 16, 24]], 48)
    with pytest.raises(ValueError, match="negative size"):
        resize(images, [[], [[16, 24, 8, 8]]], 48)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_pictures_of_any_precision_are_scaled(dtype):
    """Halves ended in "compute_index_ranges_weights not implemented"."""
    images, boxes, _ = painted(2)
    scaled, _ = resize(images.to(dtype), boxes, 40)
    assert scaled.dtype == dtype
    torch.testing.assert_close(scaled.float(), resize(images, boxes, 40)[0], rtol=0, atol=0.01)


def test_colours_are_those_of_another_picture():
    torch.manual_seed(0)
    images = 0.4 + 0.1 * torch.rand(6, 3, 16, 16) + 0.1 * torch.rand(6, 3, 1, 1)
    changed = stylize(images)
    for one in changed:
        fits = [
            torch.allclose(one.mean((1, 2)), other.mean((1, 2)), atol=1e-3)
            and torch.allclose(one.std((1, 2)), other.std((1, 2)), atol=1e-3)
            for other in images
        ]
        assert any(fits)
    flat = images.flatten(2)
    order = changed.flatten(2).argsort(-1)  # brighter pixels stay brighter
    assert (flat.gather(2, order).diff(dim=-1) > -1e-5).all()


def test_scaled_pictures_may_be_stylized():
    images = torch.ones(2, 3, 96, 96)
    for side in range(80, 113, 4):  # bilinear weights do not always sum to 1
        scaled = resize(images, [torch.zeros(0, 4)] * 2, side)[0]
        assert stylize(scaled + 1e-6).max() <= 1
        assert stylize(scaled).shape == scaled.shape


def test_bad_input_is_named():
    images, boxes, classes = painted(4)
    for change in (mosaic, cutmix_boxes):
        with pytest.raises(ValueError, match="images has shape .*3 sets of boxes"):
            change(images, boxes[:3], classes)
        with pytest.raises(ValueError, match="least is 0"):
            change(images, boxes, classes, least=0)
    with pytest.raises(ValueError, match="side is 0"):
        resize(images, boxes, 0)
    with pytest.raises(ValueError, match=r"images has dtype torch.int64: expected floats"):
        resize(images.long(), boxes, 48)
    with pytest.raises(ValueError, match="expected .*squares"):
        resize(images[:, :, :50], boxes, 48)
    with pytest.raises(ValueError, match="images has shape"):
        stylize(images[0])
