"""Data, the shipped images, the tables and the points, each against an independent oracle."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn import datasets as sk
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch.utils.data import ConcatDataset, DataLoader, StackDataset, Subset, TensorDataset

import d2lite
from d2lite.datasets import Data, fashion_mnist, mnist, points, tabular

DATA = Path(d2lite.__file__).parent / "data"
KINDS = ("blobs", "moons", "circle", "xor", "spiral")
TABLES = ("breast_cancer", "iris", "wine", "diabetes", "digits")


def make_data(num_samples=20, num_classes=2):
    inputs = torch.arange(num_samples * 3, dtype=torch.float32).reshape(num_samples, 3)
    return Data(
        inputs,
        torch.arange(num_samples) % num_classes,
        name="made",
        class_names="abcdefghij"[: max(2, num_classes)],
    )


# --- Data


def test_data_unpacks_and_keeps_names_when_indexed():
    data = make_data()
    inputs, targets = data
    assert inputs is data.inputs
    assert targets is data.targets
    assert (len(data), len(data[2:7]), len(data[torch.tensor([1, 1])])) == (20, 5, 2)
    assert data[-1:].inputs.tolist() == [[57.0, 58.0, 59.0]]
    assert torch.equal(data[np.array([4, 0])].inputs, inputs[[4, 0]])
    assert torch.equal(data[targets == 1].targets, torch.ones(10, dtype=torch.int64))
    assert data[:2].class_names == ("a", "b")
    assert data[:2].name == "made"


def test_data_converts_arrays_and_lists():
    data = Data(np.ones((4, 2)), [0, 1, 2, 1])
    assert (data.inputs.dtype, data.targets.dtype) == (torch.float32, torch.int64)
    assert Data([[1], [2]], np.array([0.5, 1.5])).targets.dtype == torch.float32
    assert Data(torch.zeros(2, 1, dtype=torch.uint8), torch.tensor([True, False])).targets.tolist() == [1, 0]


def test_data_is_frozen_and_says_what_it_is():
    data = make_data()
    with pytest.raises(AttributeError):
        data.inputs = None
    assert repr(data) == "Data(made: 20 samples of 3, 2 classes)"
    assert (
        repr(Data(torch.zeros(2, 1, 4, 4), [0.0, 1.0]))
        == "Data(data: 2 samples of 1 x 4 x 4, targets float32)"
    )


def test_data_feeds_a_torch_loader():
    batches = list(torch.utils.data.DataLoader(make_data(), batch_size=8))
    assert [tuple(inputs.shape) for inputs, _ in batches] == [(8, 3), (8, 3), (4, 3)]
    assert torch.equal(torch.cat([targets for _, targets in batches]), make_data().targets)


CONTAINERS = {
    "concatenated": lambda data: ConcatDataset([data, data]),
    "a part": lambda data: Subset(data, [4, 2]),
    "a part of all": lambda data: Subset(ConcatDataset([data, data]), [4, 30]),
    "stacked": lambda data: StackDataset(data, data),
    "stacked by name": lambda data: StackDataset(first=data, second=ConcatDataset([data])),
    "itself": lambda data: data,
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_data_in_torchs_containers_are_as_tensors(container):
    ours, torchs = (CONTAINERS[container](data) for data in (make_data(), TensorDataset(*make_data())))
    batches = zip(DataLoader(ours, batch_size=16), DataLoader(torchs, batch_size=16), strict=True)
    for batch, expected in batches:
        torch.testing.assert_close(batch, expected, rtol=0, atol=0)
    torch.testing.assert_close(ours[1], torchs[1], rtol=0, atol=0)


def test_a_whole_number_gives_one_sample():
    data = make_data()
    for index in (3, -17, np.int64(3), np.array(3), torch.tensor(3)):
        inputs, target = data[index]
        assert (inputs.tolist(), target.item()) == ([9.0, 10.0, 11.0], 1)
        assert (inputs.dtype, target.dtype) == (torch.float32, torch.int64)


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        (
            torch.zeros(3, 2),
            torch.zeros(4),
            "inputs has 3 samples and targets 4: expected one target a sample",
        ),
        (torch.zeros(3, 2), torch.zeros(3, 1), r"targets \(3, 1\): expected \(N, ...\) and \(N,\)"),
        (torch.tensor(1.0), torch.zeros(1), r"shape \(\)"),
    ],
)
def test_data_refuses_what_does_not_match(inputs, targets, message):
    with pytest.raises(ValueError, match=message):
        Data(inputs, targets)


# --- split

fractions_strategy = st.lists(st.floats(0.05, 1.0), min_size=1, max_size=4).map(
    lambda values: [value / max(1.0, sum(values)) for value in values]
)


@settings(max_examples=60, deadline=None)
@given(
    labels=st.lists(st.integers(0, 4), min_size=100, max_size=150),
    fractions=fractions_strategy,
    seed=st.integers(0, 2**31),
)
def test_split_parts_are_disjoint_and_stratified(labels, fractions, seed):
    data = Data(torch.arange(len(labels)), labels)
    parts = data.split(fractions, seed=seed)
    rows = torch.cat([part.inputs for part in parts]).long()
    assert len(rows.unique()) == len(rows)
    for part, fraction in zip(parts, fractions, strict=True):
        assert torch.equal(part.targets, data.targets[part.inputs.long()])
        for label in set(labels):
            count = int((part.targets == label).sum())
            assert abs(count - fraction * labels.count(label)) < 1 + 1e-6
    if abs(sum(fractions) - 1) < 1e-12:
        assert len(rows) == len(labels)


@settings(max_examples=60, deadline=None)
@given(num_classes=st.integers(1, 10), per_class=st.integers(20, 40), fraction=st.floats(0.05, 0.95))
def test_split_of_balanced_classes_has_the_exact_size(num_classes, per_class, fraction):
    data = make_data(num_classes * per_class, num_classes)
    sizes = [len(part) for part in data.split((fraction, 1 - fraction))]
    assert sum(sizes) == len(data)
    assert abs(sizes[0] - fraction * len(data)) <= 0.5 + 1e-9


def test_split_of_a_real_table_agrees_with_scikit_learn_on_the_counts():
    data = tabular("breast_cancer")
    train, rest = data.split((0.7, 0.3))
    _, _, y_train, y_rest = train_test_split(*map(np.asarray, data), train_size=0.7, stratify=data.targets)
    for part, labels in ((train, y_train), (rest, y_rest)):
        assert np.abs(np.bincount(part.targets) - np.bincount(labels)).max() <= 1


def test_split_depends_on_the_seed_alone():
    data, state = make_data(), torch.get_rng_state()
    first, again, other = (data.split((0.5, 0.5), seed=seed)[0].inputs for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_split_mixes_the_order_and_leaves_out_the_rest():
    iris = tabular("iris")  # sorted by class
    train, test = iris.split((0.4, 0.2))
    assert (len(train), len(test)) == (60, 30)
    assert len(train.targets[:15].unique()) == 3
    assert torch.bincount(train.targets).tolist() == [20, 20, 20]


def test_split_of_a_regression_table():
    parts = tabular("diabetes").split((0.6, 0.2, 0.2))
    assert [len(part) for part in parts] == [265, 89, 88]
    assert sum(float(part.targets.sum()) for part in parts) == float(sk.load_diabetes().target.sum())


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ((0.9, 0.2), "in sum 1.1: expected at most 1 in sum"),
        ((0.5, -0.1), r"fractions\[1\] is -0.1: expected a finite number, above 0 and at most 1"),
        ((0.5, 0.0), r"fractions\[1\] is 0.0: expected a finite number, above 0"),
        ((float("nan"),), r"fractions\[0\] is nan: expected a finite number"),
        ((True,), r"fractions\[0\] is True: expected a finite number"),
        (0.8, "fractions is 0.8: expected a number for each part"),
        ((), r"fractions is \(\): expected a number for each part"),
        ((0.9, 0.001), "of 20 samples: expected at least one sample in each part"),
    ],
)
def test_split_refuses_impossible_fractions(fractions, message):
    with pytest.raises(ValueError, match=message):
        make_data().split(fractions)


# --- standardize


@pytest.mark.parametrize("name", TABLES)
def test_standardize_agrees_with_scikit_learn(name):
    train, test = tabular(name).split((0.7, 0.3))
    scaler = StandardScaler().fit(train.inputs.double().numpy())
    for part in (train, test):
        expected = scaler.transform(part.inputs.double().numpy())
        torch.testing.assert_close(part.standardize(like=train).inputs, torch.tensor(expected).float())
    torch.testing.assert_close(train.standardize().inputs, train.standardize(like=train).inputs)


def test_standardize_leaves_constant_columns_finite():
    data = Data(torch.tensor([[0.1, 1.0, 2e6], [0.1, 2.0, 2e6], [0.1, 6.0, 2e6]]), [0, 1, 0])
    scaled = data.standardize().inputs
    assert torch.equal(scaled[:, [0, 2]].round(decimals=5), torch.zeros(3, 2))
    assert float(scaled[:, 1].std(correction=0)) == pytest.approx(1)


def test_standardize_images_by_channel():
    images = (
        torch.rand(50, 3, 4, 5, generator=torch.Generator().manual_seed(0))
        * torch.tensor([1, 10, 100])[:, None, None]
    )
    scaled = Data(images, torch.zeros(50, dtype=torch.int64)).standardize().inputs
    torch.testing.assert_close(scaled.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(scaled.std((0, 2, 3), correction=0), torch.ones(3))
    assert scaled[0, 0].std() > 0.5  # a channel has one mean, not one a pixel


def test_standardize_refuses_other_shapes():
    with pytest.raises(
        ValueError,
        match=r"like has inputs of shape \(150, 4\): expected the columns or channels of the inputs, \(178, 13\)",
    ):
        tabular("wine").standardize(like=tabular("iris"))
    with pytest.raises(ValueError, match=r"expected \(N, D\) or \(N, C, H, W\)"):
        Data(torch.zeros(3, 2, 2), [0, 1, 0]).standardize()
    with pytest.raises(ValueError, match="N of 1 or more"):
        make_data().standardize(like=make_data()[:0])


# --- images


def test_shipped_files_are_the_ones_that_sources_md_describes():
    listed = dict(
        re.findall(r"^\| (\S+\.png) \|.*?\| ([0-9a-f]{64}) \|$", (DATA / "SOURCES.md").read_text(), re.M)
    )
    shipped = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in DATA.glob("*.png")}
    names = {f"{name}_{part}.png" for name in ("fashion_mnist", "mnist") for part in ("train", "test")}
    assert names <= set(listed)
    assert {name: shipped[name] for name in names} == {name: listed[name] for name in names}
    assert "2017 Zalando SE" in (DATA / "LICENSE-fashion-mnist.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(("load", "name"), [(fashion_mnist, "fashion_mnist"), (mnist, "mnist")])
def test_shipped_images(load, name):
    for data, part, count in zip(load(), ("train", "test"), (10_000, 2_000), strict=True):
        assert data.inputs.shape == (count, 1, 28, 28)
        assert (data.inputs.dtype, data.targets.dtype) == (torch.float32, torch.int64)
        assert (float(data.inputs.min()), float(data.inputs.max())) == (0.0, 1.0)
        assert torch.equal(data.targets[:20], torch.arange(20) % 10)
        assert torch.bincount(data.targets).tolist() == [count // 10] * 10
        assert len(data.class_names) == 10
        assert data.source
        assert data.licence
        # The oracle cuts single images out of the sheet: image i is in row i // 100, column i % 100.
        sheet = Image.open(DATA / f"{name}_{part}.png")
        for i in (0, 1, 99, 100, 1234, count - 1):
            x, y = i % 100 * 28, i // 100 * 28
            pixels = np.asarray(sheet.crop((x, y, x + 28, y + 28))) / 255
            np.testing.assert_allclose(data.inputs[i, 0], pixels, atol=1e-7)


def test_images_show_what_their_class_says():
    train, test = fashion_mnist()
    assert train.class_names[1] == "Trouser"
    ink = {name: float(test.inputs[test.targets == i].mean()) for i, name in enumerate(test.class_names)}
    assert min(ink, key=ink.get) == "Sandal"
    assert ink["Pullover"] > 2 * ink["Sneaker"]
    digits, _ = mnist()
    ink = [float(digits.inputs[digits.targets == i].mean()) for i in range(10)]
    assert ink.index(min(ink)) == 1
    # A trouser's two legs leave the middle of the lower half darker than its sides.
    trouser = train.inputs[train.targets == 1].mean(0)[0]
    assert trouser[24, 13:15].mean() < 0.5 * trouser[24, 9:12].mean()


def test_no_image_is_in_both_parts():
    for train, test in (fashion_mnist(), mnist()):
        hashes = [{image.numpy().tobytes() for image in data.inputs} for data in (train, test)]
        assert not hashes[0] & hashes[1]


def test_changing_what_was_returned_changes_no_later_call():
    first, _ = mnist()
    before = first.inputs.clone()
    first.inputs.zero_()
    first.targets.fill_(7)
    again, _ = mnist()
    assert torch.equal(again.inputs, before)
    assert torch.equal(again.targets[:10], torch.arange(10))


# --- tables


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_scikit_learns(name):
    options = {"scaled": False} if name == "diabetes" else {}
    bunch = getattr(sk, f"load_{name}")(**options)
    data = tabular(name)
    np.testing.assert_array_equal(data.inputs, bunch.data.astype(np.float32))
    np.testing.assert_array_equal(data.targets, bunch.target)
    assert data.inputs.dtype == torch.float32
    assert data.targets.dtype == (torch.float32 if name == "diabetes" else torch.int64)
    assert list(data.feature_names) == list(bunch.feature_names)
    assert len(data.feature_names) == data.inputs.shape[1]
    assert list(data.class_names) == (
        [] if name == "diabetes" else [str(label) for label in bunch.target_names]
    )
    assert all(type(text) is str for text in data.feature_names + data.class_names)
    assert data.source
    assert data.licence


def test_a_wrong_name_lists_the_choices():
    with pytest.raises(
        ValueError, match=r"table is 'breast-cancer': expected one of .*; did you mean 'breast_cancer'\?"
    ) as caught:
        tabular("breast-cancer")
    assert all(repr(name) in str(caught.value) for name in TABLES)
    with pytest.raises(ValueError, match="expected one of 'blobs'"):
        points("zzz")


# --- points


@pytest.mark.parametrize("kind", KINDS)
def test_points_without_noise_have_the_shape_they_are_named_for(kind):
    data = points(kind, num_samples=2000, noise=0)
    x, y = data.inputs.double().T
    label = data.targets
    assert float(data.inputs.abs().max()) <= 1
    assert torch.equal(label, torch.arange(2000) % 2)
    radius = torch.hypot(x, y)
    if kind == "blobs":
        holds = (x + y > 0) == (label == 1)
    elif kind == "circle":
        holds = (radius < 0.6) == (label == 1)
    elif kind == "xor":
        holds = (x * y < 0) == (label == 1)
    elif kind == "moons":  # each point is on one of two half circles of radius 2/3
        cx, cy = torch.where(label == 0, -1 / 3, 1 / 3), torch.where(label == 0, -1 / 6, 1 / 6)
        holds = (torch.hypot(x - cx, y - cy) - 2 / 3).abs() < 1e-6
        holds &= torch.where(label == 0, y >= cy - 1e-6, y <= cy + 1e-6)
    else:  # turned back by its radius, each arm is a ray
        angle = torch.atan2(x, y) - 2.5 * torch.pi * radius
        holds = torch.cos(angle) * torch.where(label == 0, 1, -1) > 0.999
        holds |= radius < 1e-3
    assert holds.all()


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    count=st.integers(2, 300),
    more=st.integers(0, 50),
    noise=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_more_samples_keep_the_earlier_ones_and_noise_moves_each_on_a_line(kind, count, more, noise, seed):
    few, many = points(kind, count, noise, seed), points(kind, count + more, noise, seed)
    assert torch.equal(many.inputs[:count], few.inputs)
    still, full = points(kind, count, 0, seed), points(kind, count, 1, seed)
    torch.testing.assert_close(few.inputs, torch.lerp(still.inputs, full.inputs, noise), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_noise_is_normal_and_of_the_size_asked_for(kind):
    noise = (points(kind, 20_000, 0.3, seed=5).inputs - points(kind, 20_000, 0, seed=5).inputs) / 0.3
    torch.testing.assert_close(noise.mean(0), torch.zeros(2), atol=0.03, rtol=0)
    torch.testing.assert_close(noise.T.cov(), torch.eye(2), atol=0.05, rtol=0)
    share_within_one = (noise.abs() < 1).float().mean()
    assert float(share_within_one) == pytest.approx(0.6827, abs=0.01)


def test_seeds_give_different_points():
    first, second = points("moons", seed=0), points("moons", seed=1)
    assert float((first.inputs - second.inputs).abs().mean()) > 0.1
    assert torch.equal(first.inputs, points("moons", seed=0).inputs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_samples": 1}, "num_samples is 1: expected a whole number, from 2 to 1000000"),
        ({"num_samples": 10.0}, "num_samples is 10.0"),
        ({"num_samples": 10**9}, "num_samples is 1000000000"),
        ({"noise": -0.1}, "noise is -0.1: expected a finite number, 0 or more"),
        ({"noise": float("nan")}, "noise is nan"),
        ({"noise": "much"}, "noise is 'much'"),
        ({"seed": -1}, "seed is -1: expected a whole number, from 0"),
        ({"seed": 2**32}, "seed is 4294967296"),
        ({"seed": 0.5}, "seed is 0.5"),
        ({"seed": None}, "seed is None"),
    ],
)
def test_points_refuse_bad_values(options, message):
    with pytest.raises(ValueError, match=message):
        points("moons", **options)


def test_importing_datasets_loads_no_library_that_only_some_calls_need():
    heavy = ("sklearn", "pooch", "PIL", "tqdm.auto", "requests")
    code = "import sys, {}; print([name for name in {} if name in sys.modules])"
    loaded = [
        subprocess.run(
            [sys.executable, "-c", code.format(module, heavy)], capture_output=True, check=True
        ).stdout
        for module in ("d2lite.datasets", "torch")
    ]
    assert loaded[0] == loaded[1]
