"""Augmentations: what comes out is what went in, moved, covered or mixed; labels follow the pixels."""

import pytest
import torch
from torch.nn.functional import cross_entropy, one_hot

from d2lite.vision import augmentation as aug


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def numbered(batch=400, channels=2, height=5, width=7):
    """Images of which every pixel has a number of its own, from 1."""
    return (
        torch.arange(1.0, 1 + channels * height * width)
        .reshape(1, channels, height, width)
        .repeat(batch, 1, 1, 1)
    )


def test_flip_mirrors_about_half():
    images = numbered()
    flipped = aug.flip(images)
    same = (flipped == images).all(dim=(1, 2, 3))
    assert torch.equal(flipped[~same], images[~same].flip(3))
    assert 150 < same.sum() < 250


def test_shift_makes_every_shift_and_no_other():
    images = numbered(1000)
    moved = aug.shift(images, 2, value=-1)
    kinds = moved.unique(dim=0)
    assert len(kinds) == 25
    expected = []
    for down in range(-2, 3):
        for right in range(-2, 3):
            one = images[0].roll((down, right), (1, 2))
            rows = slice(None, down) if down > 0 else slice(5 + down, None)
            columns = slice(None, right) if right > 0 else slice(7 + right, None)
            if down:
                one[:, rows] = -1
            if right:
                one[:, :, columns] = -1
            expected.append(one)
    assert torch.equal(kinds, torch.stack(expected).unique(dim=0))


def test_shift_by_nothing_and_noise_of_nothing_change_nothing():
    images = numbered(3)
    assert torch.equal(aug.shift(images, 0), images)
    assert torch.equal(aug.add_noise(images, 0), images)
    assert torch.equal(aug.cutout(images, 0), images)


def test_noise_has_its_spread():
    noise = aug.add_noise(torch.zeros(50, 1, 28, 28), 0.3)
    assert abs(noise.std().item() - 0.3) < 0.01 and abs(noise.mean().item()) < 0.01


def test_cutout_covers_a_square_cut_off_at_the_edge():
    holes = aug.cutout(torch.ones(300, 3, 28, 28), 8, value=-1) == -1
    assert torch.equal(holes.all(1), holes.any(1)), "all channels alike"
    rows, columns = holes[:, 0].any(2).sum(1), holes[:, 0].any(1).sum(1)
    assert torch.equal(rows * columns, holes[:, 0].sum((1, 2))), "a rectangle"
    assert rows.max() == columns.max() == 8
    assert 3 <= rows.min() <= 4 and 3 <= columns.min() <= 4


def test_smoothing_is_that_of_torch():
    logits, targets = torch.randn(9, 5, dtype=torch.float64), torch.randint(5, (9,))
    labels = aug.smooth_labels(targets, 5, 0.2).double()
    torch.testing.assert_close(
        cross_entropy(logits, labels), cross_entropy(logits, targets, label_smoothing=0.2)
    )
    torch.testing.assert_close(aug.smooth_labels(labels, 5, 0.5).sum(1), torch.ones(9, dtype=torch.float64))


@pytest.mark.parametrize("alpha", [0.2, 1.0])
@pytest.mark.parametrize("mix", [aug.mixup, aug.cutmix])
def test_a_mixed_label_is_the_part_of_the_pixels(mix, alpha):
    """Each image is the number of its class on every pixel of a plane of its own: its mean is its label."""
    targets = torch.arange(8).repeat(20)
    labels = one_hot(targets, 8).float()
    images = labels[:, :, None, None].expand(-1, -1, 12, 12)
    mixed, shares = mix(images, labels, alpha)
    torch.testing.assert_close(mixed.mean((2, 3)), shares)
    torch.testing.assert_close(shares.sum(1), torch.ones(160))
    assert ((shares > 0).sum(1) <= 2).all() and (shares.amax(1) < 0.999).any()
    if mix is aug.cutmix:
        assert set(mixed.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: aug.flip(torch.ones(2, 28, 28)), r"images has shape \(2, 28, 28\): expected \(B, C, H, W\)"),
        (lambda: aug.shift(numbered(2), 1.5), "most is 1.5: expected a whole number"),
        (lambda: aug.add_noise(numbered(2), -1), "scale is -1: expected a finite number, 0 or more"),
        (
            lambda: aug.smooth_labels(torch.tensor([1]), 3, 2),
            "epsilon is 2: expected a finite number, from 0 to 1",
        ),
        (lambda: aug.mixup(numbered(2), torch.eye(2), 0), "alpha is 0: expected a finite number, above 0"),
    ],
)
def test_errors_say_what_came(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()


@pytest.mark.parametrize("mix", [aug.mixup, aug.cutmix])
@pytest.mark.parametrize("shape", [(4,), (1, 3), (5, 3), (4, 3, 1)])
def test_labels_that_are_no_probabilities_for_each_image_are_refused(mix, shape):
    """Class numbers would spread over all images of the batch without a word."""
    with pytest.raises(ValueError, match=r"labels has shape .*: expected \(4, K\)"):
        mix(torch.rand(4, 1, 6, 6), torch.ones(shape), 1.0)


def test_labels_of_another_number_of_classes_are_refused():
    with pytest.raises(ValueError, match=r"labels has shape \(4, 3\): expected \(4, 10\)"):
        aug.smooth_labels(torch.ones(4, 3) / 3, 10, 0.1)


@pytest.mark.parametrize(("alpha", "between"), [(0.1, 0.187), (0.01, 0.0216), (1e-3, 0.0022), (1e-8, 0)])
def test_a_small_alpha_leaves_images_nearly_whole(alpha, between):
    """Gammas that underflow gave 0 / 0 = 0.5: of alpha 0.001 a quarter of the images were blended half and half."""
    parts = aug.mixup(torch.zeros(5000, 1, 1, 1), torch.eye(5000), alpha)[1].diagonal()
    found = ((parts > 0.1) & (parts < 0.9)).float().mean()
    assert abs(found - between) < 0.01  # between: scipy.stats.beta(alpha, alpha).cdf(0.9) - cdf(0.1)
    assert 0.47 < parts.mean() < 0.53


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_parts_are_drawn_alike_whatever_dtype_is_the_default(dtype):
    drawn = []
    for default in (torch.float32, dtype):
        torch.manual_seed(0)
        torch.set_default_dtype(default)
        try:
            drawn.append(aug.mixup(torch.ones(8, 1, 2, 2, dtype=torch.float32), torch.eye(8).float(), 0.3)[1])
        finally:
            torch.set_default_dtype(torch.float32)
    assert torch.equal(*drawn)


@pytest.mark.parametrize("change", [aug.shift, aug.cutout])
def test_what_comes_in_is_a_number_of_the_images_own_kind(change):
    bytes_, floats = torch.full((2, 1, 4, 4), 200, dtype=torch.uint8), torch.ones(2, 1, 4, 4)
    for images, value in (
        (bytes_, 0.5),
        (bytes_, -1),
        (bytes_, 256),
        (bytes_, float("nan")),
        (floats.bool(), 2),
    ):
        with pytest.raises(ValueError, match=f"value is {value}: expected a number that torch"):
            change(images, 3, value=value)
    for value in ("a", None, [0]):
        with pytest.raises(ValueError, match="value is .*: expected a number"):
            change(floats, 3, value=value)
    with pytest.raises(ValueError, match="expected a number that torch.float16 holds"):
        change(floats.half(), 3, value=1e6)
    for images, value in ((bytes_, 255), (bytes_, 7.0), (floats.bool(), False), (floats, -float("inf"))):
        assert (change(images, 3, value=value) == value).any()
