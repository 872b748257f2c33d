"""Data that were changed or taken without a word."""

import numpy as np
import pytest
import torch

from d2lite import datasets


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: datasets.Data(np.array([[1e300, 1]]), [0]),
            "inputs holds 1e[+]300: expected numbers that float32",
        ),
        (lambda: datasets.Data([[1.0]], np.array([-1e39])), "targets holds -1e[+]39: expected"),
        (lambda: datasets.Data([[1.0]], np.array([2**63], np.uint64)), "targets holds 9223372036854775808"),
        (lambda: datasets.Data(torch.ones(2, 2), [0, 5], class_names="ab"), "from 0 to 5: expected 0 to 1"),
        (lambda: datasets.Data(torch.ones(2, 2), [0, -1], class_names="ab"), "from -1 to 0: expected 0 to 1"),
        (lambda: datasets.Data(torch.ones(2, 2), [0, 1], feature_names="abc"), "feature_names has 3 names"),
        (
            lambda: datasets.Data(torch.ones(2, 2), [0, 1], class_names={0: "cat", 1: "dog"}),
            "class_names is {0: 'cat', 1: 'dog'}: expected a list of texts",
        ),
        (
            lambda: datasets.Data(torch.ones(2, 2), np.array([0.0, 1.0]), class_names=["no", "yes"]),
            "targets holds floats, and class_names has 2: expected class indices",
        ),
        (lambda: datasets.points("moons", noise=1e300), "expected numbers that float32 holds"),
        (
            lambda: datasets.Data(torch.ones(2, 2), [0, 1]).split(None),
            "fractions is None: expected a number for",
        ),
        (lambda: datasets.Data(torch.ones(2, 2), [0, 1]).split(iter([0.5])), "fractions is .*: expected"),
        (lambda: datasets.scene_stream(start=2**32), "start is 4294967296: expected a whole number, from 0"),
        (lambda: datasets.scenes(1, 1, items=(0.0, 1e-9)), "items is .*: expected shares further apart"),
        (lambda: datasets.scenes(0, 1, items=(0.9999, 1.0)), "there are 2,000 test items"),
        (lambda: datasets.scenes(1, 1, item_sizes=[(1,), 2]), "item_sizes is .*: expected"),
        (lambda: datasets.scenes(1, 1, size=[[96, 96], [96, 96]]), "size is .*: expected"),
    ],
)
def test_a_sentence_before_any_work(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.parametrize("size", [np.array(32), torch.tensor(32), np.int64(32), np.array([32, 32])])
def test_numbers_and_pairs_of_any_kind_are_sizes(size):
    assert datasets.scenes(1, 0, size=size)[0].images.shape == (1, 3, 32, 32)


def test_infinity_and_nan_that_came_stay():
    inputs = datasets.Data(np.array([[np.inf, np.nan]]), [0]).inputs
    assert inputs[0, 0].isinf()
    assert inputs[0, 1].isnan()
