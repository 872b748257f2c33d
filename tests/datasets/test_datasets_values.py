"""Data of every container and dtype, NumPy's numbers as arguments, and indices that torch alone reads otherwise."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler

from d2lite.datasets import Data, points, scene_stream, scenes

ROWS, LABELS = [[1.0, 2.0], [3.0, 5.0], [8.0, 13.0], [21.0, 34.0]], [0, 1, 1, 0]


@pytest.fixture
def data():
    return Data(ROWS, LABELS, class_names=("a", "b"))


@pytest.mark.parametrize("dtype", [np.float16, np.float64, ">f4", np.uint8, np.int32, np.uint16, np.uint64])
def test_arrays_of_any_dtype_are_kept_as_float32(dtype):
    inputs = np.array(ROWS[::-1], dtype=dtype)[::-1]
    inputs.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for labels in (
            LABELS,
            np.array(LABELS, dtype=np.uint8),
            np.array(LABELS, dtype=np.uint32),
            [0, True, 1, False],
        ):
            data = Data(inputs, labels)
            assert data.inputs.tolist() == ROWS and data.inputs.dtype == torch.float32
            assert data.targets.tolist() == LABELS and data.targets.dtype == torch.int64
    assert Data([torch.tensor(row) for row in ROWS], LABELS).inputs.tolist() == ROWS
    assert Data(torch.tensor(ROWS, dtype=torch.bfloat16), LABELS).inputs.dtype == torch.float32


def test_what_holds_no_numbers_is_named():
    for bad in (["a", "b"], [[1, 2], [3]], None):
        with pytest.raises(ValueError, match="inputs is .*: expected a tensor, an array or lists of numbers"):
            Data(bad, [0, 1])
    with pytest.raises(ValueError, match=r"targets is \['cat', 'dog'\]: expected a tensor"):
        Data(ROWS[:2], ["cat", "dog"])
    with pytest.raises(ValueError, match="inputs is of torch.complex64: expected real numbers"):
        Data(torch.zeros(2, 2, dtype=torch.complex64), [0, 1])


@pytest.mark.parametrize(
    ("index", "rows"),
    [
        ([np.int64(2)], [2]),
        ((torch.tensor([-1])), [3]),
        ([-1, torch.tensor(0)], [3, 0]),
        (np.array([2.0, 1.0]), [2, 1]),
        (slice(None, None, -1), [3, 2, 1, 0]),
        (slice(-1, 0, -2), [3, 1]),
        (np.array([1, 0, 1, 0], dtype=np.uint8), [1, 0, 1, 0]),
        (torch.tensor([1, 0], dtype=torch.uint8), [1, 0]),
        (np.array([True, False, True, False]), [0, 2]),
        ([False, True, False, False], [1]),
        (np.arange(4)[::-1], [3, 2, 1, 0]),
        ([], []),
    ],
)
def test_indices(data, index, rows):
    chosen = data[index]
    assert chosen.inputs.tolist() == [ROWS[row] for row in rows]
    assert chosen.targets.tolist() == [LABELS[row] for row in rows]
    few = scenes(4, 0, size=16)[0]
    assert torch.equal(few[index].pixels, few.pixels[rows])
    assert [boxes.tolist() for boxes in few[index].boxes] == [few.boxes[row].tolist() for row in rows]


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (4, "index is 4: expected a whole number from -4 to 3"),
        (-5, "index is -5: expected"),
        (np.array(7), "index is 7: expected"),
        ([0, 9], "index is 9: expected"),
        (torch.tensor([1, -6]), "index is -6: expected"),
        (1.5, "index is 1.5: expected a whole number, a slice, a list of these or a mask"),
        ("a", "index is 'a': expected"),
        (None, "index is None: expected"),
        ((0, 1), r"index is \(0, 1\): expected"),
        ([[0, 1]], r"index is \[\[0, 1\]\]: expected"),
        ([0.5], r"index is \[0.5\]: expected"),
        (True, "index is True: expected"),
        ([True], r"index has shape \(1,\): expected a boolean for each of the 4 samples"),
    ],
)
def test_an_index_without_a_sample_is_named(data, index, message):
    for rows in (data, scenes(4, 0, size=16)[0]):
        with pytest.raises(IndexError, match=message):
            rows[index]
    with pytest.raises(IndexError, match="index is 0: expected none, as there is no sample"):
        data[:0][0]


def test_a_sampler_beyond_the_end_is_named(data):
    with pytest.raises(IndexError, match="index is 4: expected a whole number from -4 to 3"):
        list(torch.utils.data.DataLoader(data, sampler=[0, 4]))


def test_numpy_numbers_are_numbers(data):
    for parts in (
        data.split(np.array([0.5, 0.5]), seed=np.int64(3)),
        data.split([np.float32(0.5)] * 2, np.array(3)),
    ):
        assert torch.equal(parts[0].inputs, data.split((0.5, 0.5), 3)[0].inputs)
    few = points("moons", np.int32(6), np.float32(0.5), np.uint32(7))
    assert torch.equal(few.inputs, points("moons", 6, 0.5, 7).inputs)
    assert few.source == "generated: points('moons', num_samples=6, noise=0.5, seed=7)"
    sizes = (np.float64(0.25), np.float32(0.5))
    made = scenes(
        np.int64(2),
        np.uint8(0),
        np.array([16, 20]),
        np.int64(2),
        np.array(sizes),
        np.float32(0.25),
        np.int64(1),
    )[0]
    assert torch.equal(made.pixels, scenes(2, 0, (16, 20), 2, (0.25, 0.5), 0.25, 1)[0].pixels)
    assert len(next(scene_stream(np.int64(2), start=np.int64(1), size=np.int32(16)))) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: points("moons", True),
        lambda: points("moons", noise=True),
        lambda: points("moons", seed=True),
        lambda: scenes(True, 0),
        lambda: scenes(1, 0, max_items=True),
        lambda: scenes(1, 0, max_overlap=True),
        lambda: scene_stream(2.0),
        lambda: Data(ROWS, LABELS).split((0.5, 0.5), seed=True),
    ],
)
def test_booleans_and_floats_are_no_counts(call):
    with pytest.raises(ValueError, match=r"^\w+ is (True|2.0): expected a (whole|finite) number"):
        call()


@pytest.mark.parametrize("parts", [(0.6, 0.4), (0.7, 0.2, 0.1), (0.1,) * 10])
def test_fractions_of_single_precision_are_whole_in_sum(parts):
    """Of float32, 0.6 and 0.4 are 1.00000003, which was more than 1."""
    whole = Data(torch.zeros(200, 1), torch.arange(200) % 2)
    expected = [len(part) for part in whole.split(parts)]
    for fractions in (torch.tensor(parts), np.float32(parts), [*map(np.float32, parts)]):
        assert [len(part) for part in whole.split(fractions)] == expected
    assert sum(expected) == 200


def test_standardize_agrees_with_scikit_learn_at_odd_scales():
    rng = np.random.default_rng(0)
    inputs = (rng.normal(size=(50, 4)) * [1e-20, 1e15, 1, 0] + [0, 1e18, 1e4, 3]).astype(np.float32)
    expected = StandardScaler().fit_transform(inputs.astype(np.float64))
    scaled = Data(inputs, np.zeros(50, dtype=int)).standardize().inputs
    torch.testing.assert_close(scaled, torch.tensor(expected).float(), rtol=1e-4, atol=1e-5)
    one = Data([[5.0, -2.0]], [0])
    assert one.standardize().inputs.tolist() == [[0, 0]]


def test_standardize_never_gives_nan_without_a_word(data):
    for value in (float("nan"), float("inf")):
        holed = Data([[1.0, value], [2.0, 3.0]], [0, 1])
        for call in (holed.standardize, lambda bad=holed: data.standardize(like=bad)):
            with pytest.raises(ValueError, match="inputs holds NaN or infinity: expected finite numbers"):
                call()
    with pytest.raises(ValueError, match="like is a Tensor: expected Data, the training set"):
        data.standardize(like=data.inputs)
