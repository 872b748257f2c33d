"""The chapter on data: what it writes out against NumPy, scikit-learn and torch, and its findings for other seeds."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GroupKFold, PredefinedSplit, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("01_foundations/data")
    chapter.run("setup", "read", "numbers", "target", "one-hot", "nearest", "deal", "score-code", "folds")
    chapter.define("scale", "draw-neighbours", "leak-noise", "leak-copies-code", "batches-code", "loader")
    chapter.run("about", "leak-nests")
    return chapter


def pipeline(count=1):
    return make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), KNeighborsClassifier(count, algorithm="brute")
    )


@given(st.lists(st.integers(0, 12), min_size=2, max_size=60), st.integers(2, 6), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_dealing_keeps_groups_together_and_parts_alike(chapter, groups, num_parts, seed):
    part = chapter["deal"](np.array(groups), num_parts, seed)
    homes = {group: {p for g, p in zip(groups, part, strict=True) if g == group} for group in groups}
    assert all(len(parts) == 1 for parts in homes.values())
    counts = np.bincount([min(parts) for parts in homes.values()], minlength=num_parts)
    assert counts.sum() == len(homes) and np.ptp(counts) <= 1


def test_dealing_is_as_even_as_scikit_learns(chapter):
    nest = chapter["nest"]
    ours = np.bincount(chapter["deal"](nest, 5, 3))
    theirs = [len(held) for _, held in GroupKFold(5).split(nest, groups=nest)]
    assert abs(np.sort(ours) - np.sort(theirs)).max() <= 2


@pytest.mark.parametrize("seed", range(3))
def test_cross_validation_is_scikit_learns(chapter, seed):
    X, y = chapter["X_dev"], chapter["y_dev"]
    fold = chapter["deal"](chapter["nest_dev"], 5, seed)
    for count, model in ((1, chapter["nearest"]), (5, chapter["majority"](5))):
        ours = chapter["cross_validate"](X, y, fold, chapter["scale"], model)
        assert (ours == cross_val_predict(pipeline(count), X, y, cv=PredefinedSplit(fold))).all()
        assert chapter["score"](ours, y) == pytest.approx(balanced_accuracy_score(y, ours))


def test_preparing_looks_at_no_other_rows(chapter):
    X, y, training = chapter["X"], chapter["y"], chapter["training"]
    changed = np.where(training[:, None], X, 1e6 * X + 7)
    for name in ("fill", "scale", "best_20"):
        wide = np.random.default_rng(0).random((len(y), 50)) if name == "best_20" else X
        other = np.where(training[:, None], wide, 5 - wide) if name == "best_20" else changed
        first, second = (chapter[name](A, y, training)[training] for A in (wide, other))
        np.testing.assert_array_equal(first, second)
        leaky = chapter["over_all"](chapter[name])
        assert not np.array_equal(leaky(wide, y, training)[training], leaky(other, y, training)[training])


def test_one_hot_is_torchs(chapter):
    labels = torch.randint(0, 4, (50,), generator=torch.Generator().manual_seed(0))
    assert (chapter["one_hot"](labels.tolist(), [0, 1, 2, 3]) == F.one_hot(labels, 4).numpy()).all()


def test_batches_hold_each_row_once_and_are_as_large_as_the_loaders(chapter):
    X, y = np.arange(22.0).reshape(11, 2), np.arange(11)
    ours = list(chapter["batches"](X, y, 4, np.random.default_rng(0)))
    loader = torch.utils.data.DataLoader(chapter["Penguins"](X, y), batch_size=4, shuffle=True)
    assert [inputs.shape for inputs, _ in ours] == [tuple(inputs.shape) for inputs, _ in loader]
    for found in (ours, [(a.numpy(), t.numpy()) for a, t in loader]):
        targets = np.concatenate([t for _, t in found])
        assert sorted(targets) == list(range(11)) and targets.tolist() != list(range(11))
        np.testing.assert_array_equal(np.concatenate([a for a, _ in found]), X[targets])


@pytest.mark.parametrize("start", [100, 200])
def test_the_findings_hold_for_other_deals(chapter, start):
    c, seeds = chapter, range(start, start + 5)
    about, missed = c["about"], c["missed"]
    for groups, low, high in ((np.arange(344), 0.75, 1), (np.arange(344) // 2, 0.4, 0.56)):
        guesses = [c["cross_validate"](about, missed, c["deal"](groups, 5, s), c["scale"]) for s in seeds]
        assert all(low < balanced_accuracy_score(missed, g) < high for g in guesses)
    raw, scaled, leaky = (
        c["over_deals"](p, seeds) for p in (c["fill"], c["scale"], c["over_all"](c["scale"]))
    )
    assert (scaled - raw).min() > 0.1 > 0.015 > abs(leaky - scaled).max()
    noise = np.array(
        [[c["noise_scores"](p, s) for p in (c["over_all"](c["best_20"]), c["best_20"])] for s in seeds]
    )
    assert noise[:, 0].mean() > 0.7 and noise[:, 1].mean() < 0.62
    assert np.mean([np.subtract(*c["with_copies"](s)) for s in seeds]) > 0.005
