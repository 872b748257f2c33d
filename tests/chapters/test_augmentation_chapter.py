"""Augmentation: the chapter's code against the package and PyTorch, its recordings against runs made now."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy, one_hot

import d2lite
from d2lite.vision import augmentation as package

# Sums in 32 bits differ between machines, and sixty passes magnify that.
ACCURACY, LOSS = 0.04, 0.12
INTERIOR = (
    "weight_decay",
    "dropout",
    "smoothing",
    "shift",
    "noise",
)  # whose strengths have an optimum within


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The names the chapter's cells define, their checks and prints left out."""
    chapter = read_chapter("05_regularization/augmentation")
    chapter.define("setup", "flip-shift", "mix", "cut", "four")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("augmentation")


IMAGES = torch.rand(40, 1, 28, 28, generator=torch.Generator().manual_seed(1))
LABELS = one_hot(torch.arange(40) % 10, 10).float()


def both(chapter, name, *arguments):
    """What the chapter's function and the package's give from the same random state."""
    found = []
    for function in (chapter[name], getattr(package, name)):
        torch.manual_seed(5)
        result = function(*arguments)
        found.append(result if isinstance(result, tuple) else (result,))
    return zip(*found, strict=True)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("flip", (IMAGES,)),
        ("shift", (IMAGES, 3)),
        ("cutout", (IMAGES, 9)),
        ("mixup", (IMAGES, LABELS, 0.4)),
        ("cutmix", (IMAGES, LABELS, 0.4)),
        ("smooth_labels", (torch.arange(10), 10, 0.3)),
    ],
)
def test_the_chapters_augmentations_are_the_packages(chapter, name, arguments):
    for ours, theirs in both(chapter, name, *arguments):
        torch.testing.assert_close(ours, theirs)


def test_a_turn_is_two_flips(chapter):
    torch.manual_seed(0)
    turned = chapter["turn"](IMAGES)
    same = (turned == IMAGES).all(dim=(1, 2, 3))
    assert torch.equal(turned[~same], IMAGES[~same].rot90(2, (2, 3))) and 8 < same.sum() < 32


def test_the_loss_of_a_mixed_label_is_mixed(chapter):
    logits, shares = torch.randn(5, 4), torch.rand(5, 1)
    first, second = torch.randint(4, (2, 5))
    label = shares * one_hot(first, 4) + (1 - shares) * one_hot(second, 4)
    losses = [cross_entropy(logits, t, reduction="none") for t in (first, second)]
    expected = (shares[:, 0] * losses[0] + (1 - shares[:, 0]) * losses[1]).mean()
    torch.testing.assert_close(cross_entropy(logits, label), expected)


def test_the_tuning_is_whole_and_choices_are_inside_their_grids(recorder):
    sweep = d2lite.Sweep.recorded("augmentation")
    assert [group[0].point for group in sweep.points()] == recorder.points_of_all()
    assert sweep.seeds == list(recorder.TUNING_SEEDS)
    for name in recorder.methods_of("digits"):
        point, rates = recorder.choose(sweep, "digits", name), recorder.rates_of(name)
        assert min(rates) < point["lr"] < max(rates), name
        if name in INTERIOR:
            values = [0, *recorder.STRENGTHS[name]]
            assert min(values) < point[name] < max(values), name


def test_other_seeds_test_what_the_tuning_chose(recorder):
    sweep, tuning = (d2lite.Sweep.recorded(f"augmentation{name}") for name in ("_seeds", ""))
    expected = recorder.chosen()
    assert [group[0].point for group in sweep.points()] == expected
    assert not set(sweep.seeds) & set(tuning.seeds), "nothing was chosen on the new seeds"


@pytest.mark.parametrize(("task", "name"), [("digits", "shift"), ("digits", "together"), ("clothes", "flip")])
def test_recorded_runs_happen_again(recorder, task, name):
    point = recorder.contestants(d2lite.Sweep.recorded("augmentation"), task)[name]
    (recorded,) = d2lite.Sweep.recorded("augmentation_seeds").select(**point, seed=101)
    now = recorder.train_and_test(**point, seed=101)
    assert now["loss"] == pytest.approx(recorded["loss"], abs=LOSS)
    assert np.mean(now["test_parts"]) == pytest.approx(recorded["test_parts"].mean(), abs=ACCURACY)
    np.testing.assert_allclose(now["corrupted"], recorded["corrupted"], atol=0.08)
