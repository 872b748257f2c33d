"""Tensors from arrays, lists and lists of tensors: the same numbers, no warning, no raw error."""

import warnings

import numpy as np
import pytest
import torch

from d2lite._utils.tensors import as_tensor, as_whole_numbers

ROWS = [[1.0, 2.0], [3.0, 4.0]]


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "value",
    [
        ROWS,
        tuple(map(tuple, ROWS)),
        np.array(ROWS),
        read_only(np.array(ROWS)),
        np.array(ROWS[::-1])[::-1],
        np.array(ROWS, dtype=">f8"),
        np.array(ROWS).T.copy().T,
        [np.array(row) for row in ROWS],
        [torch.tensor(row) for row in ROWS],
        [torch.tensor(ROWS[0]), ROWS[1]],
        torch.tensor(ROWS, requires_grad=True),
        np.array(ROWS, dtype=np.uint16),
        np.array(ROWS, dtype=np.uint64),
        np.array(ROWS, dtype=np.float16),
    ],
)
def test_the_same_numbers_from_every_container(value):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert as_tensor(value, "x").tolist() == ROWS
        assert as_whole_numbers(value, "x").tolist() == ROWS
        assert as_whole_numbers(value, "x").dtype == torch.int64


def test_tensors_and_writable_arrays_are_not_copied():
    array, tensor = np.array(ROWS), torch.tensor(ROWS)
    assert as_tensor(tensor, "x") is tensor
    as_tensor(array, "x")[0, 0] = 9
    assert array[0, 0] == 9


@pytest.mark.parametrize(
    "value",
    [
        None,
        "abc",
        ["a", "b"],
        [[1, 2], [3]],
        [1j],
        {},
        [None],
    ],
    ids=repr,
)
def test_what_holds_no_numbers(value):
    with pytest.raises(
        ValueError, match=r"^boxes is .*: expected (a tensor, an array or lists of|real) numbers$"
    ):
        as_tensor(value, "boxes")


@pytest.mark.parametrize("value", [[0.5], [np.nan], [1.0, np.inf]])
def test_whole_numbers_are_whole(value):
    with pytest.raises(ValueError, match="^classes holds (0.5|nan|inf): expected whole numbers$"):
        as_whole_numbers(value, "classes")


def test_a_masked_place_is_no_number():
    """What stands under a mask, such as -999 where nothing was measured, was taken for a measurement."""
    measured = np.ma.masked_values([1.0, -999.0, 3.0], -999.0)
    with pytest.raises(ValueError, match="x has masked places: expected a number in each"):
        as_tensor(measured, "x")
    assert as_tensor(measured.filled(2.0), "x").tolist() == [1, 2, 3]
    assert as_tensor(np.ma.masked_values([1.0, 3.0], -999.0), "x").tolist() == [1, 3]


def test_parts_of_several_shapes_are_named_and_a_message_is_one_line():
    for parts in ([torch.zeros(3, 8, 9), torch.zeros(3, 5, 9)], (np.zeros((3, 8, 9)), np.zeros((3, 5, 9)))):
        with pytest.raises(
            ValueError, match=r"^photos has parts of shapes \(3, 8, 9\) and \(3, 5, 9\): expected one shape"
        ):
            as_tensor(parts, "photos")
    with pytest.raises(ValueError, match=r"^x is \[tensor\(.*: expected a tensor") as caught:
        as_tensor([torch.zeros(9, 9), "abc"], "x")
    assert "\n" not in str(caught.value)
