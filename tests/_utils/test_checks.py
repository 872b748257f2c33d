"""Checks of arguments: numbers of Python, NumPy and torch are numbers, booleans are not; one sentence says why."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
import torch

from d2lite._utils.checks import (
    as_list,
    check_choice,
    check_count,
    check_counts,
    check_names,
    check_number,
    check_seed,
)

THREES = (3, np.int64(3), np.uint8(3), np.array(3), torch.tensor(3))
HALVES = (
    0.5,
    np.float32(0.5),
    np.float64(0.5),
    np.array(0.5),
    torch.tensor(0.5),
    Fraction(1, 2),
    np.longdouble(0.5),
)
NO_NUMBERS = (
    True,
    np.True_,
    np.array(True),
    torch.tensor(True),
    "3",
    np.str_("3"),
    None,
    3j,
    [3],
    np.array([3]),
    math.nan,
)


@pytest.mark.parametrize("three", THREES, ids=repr)
def test_whole_numbers_of_every_library(three):
    for number in (check_count(three, "n"), check_seed(three), *check_counts(n=three)):
        assert type(number) is int and number == 3
    assert check_number(three, "x", 0, 3) == 3.0


@pytest.mark.parametrize("half", HALVES, ids=repr)
def test_real_numbers_of_every_library(half):
    number = check_number(half, "x", 0, 1)
    assert type(number) is float and number == 0.5
    with pytest.raises(ValueError, match="n is .*: expected a whole number, 1 or more"):
        check_count(half, "n")


@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_what_is_no_number(value):
    for check in (check_count, check_number, check_seed):
        with pytest.raises(
            ValueError, match=rf"n is {re.escape(repr(value))}: expected a (whole|finite) number"
        ):
            check(value, "n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, "n"), "n is 0: expected a whole number, 1 or more"),
        ((-1, "n", 0), "n is -1: expected a whole number, 0 or more"),
        ((9, "n", 2, 8), "n is 9: expected a whole number, from 2 to 8"),
        ((3.0, "n"), "n is 3.0: expected a whole number, 1 or more"),
    ],
)
def test_counts_outside(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check_count(*arguments)


@pytest.mark.parametrize(
    ("value", "options", "wanted"),
    [
        (math.inf, {}, ""),
        (-math.inf, {"high": 1}, ", 1 or less"),
        (10**400, {"low": 0}, ", 0 or more"),
        (1.5, {"low": 0, "high": 1}, ", from 0 to 1"),
        (0, {"low": 0, "open_low": True}, ", above 0"),
        (0, {"low": 0, "high": 1, "open_low": True}, ", above 0 and at most 1"),
        (1, {"low": 0, "high": 1, "open_low": True, "open_high": True}, ", above 0 and below 1"),
        (1, {"low": 0, "high": 1, "open_high": True}, ", 0 or more and below 1"),
        (2, {"high": 2, "open_high": True}, ", below 2"),
    ],
)
def test_numbers_outside(value, options, wanted):
    with pytest.raises(ValueError, match=f"^x is {value}: expected a finite number{wanted}$"):
        check_number(value, "x", **options)


def test_seeds_are_32_bits():
    assert check_seed(2**32 - 1) == 2**32 - 1
    for seed in (-1, 2**32):
        with pytest.raises(
            ValueError, match=rf"^seed is {seed}: expected a whole number, from 0 to 2\*\*32 - 1$"
        ):
            check_seed(seed)


def test_choices_are_listed_and_the_nearest_is_named():
    check_choice("red", ("red", "green"), "colour")
    with pytest.raises(
        ValueError, match="^colour is 'rde': expected one of 'red', 'green'; did you mean 'red'[?]$"
    ):
        check_choice("rde", ("red", "green"), "colour")
    for value in (None, 3, [], np.array(["x", "y"])):
        with pytest.raises(ValueError, match="^colour is .*: expected one of 'red', 'green'$"):
            check_choice(value, ("red", "green"), "colour")


@pytest.mark.parametrize("value", [[1, 2], (1, 2), iter([1, 2]), {1: "a", 2: "b"}, np.array([1, 2])])
def test_whatever_has_parts_becomes_a_list(value):
    assert as_list(value, "parts", "a list of numbers") == [1, 2]


@pytest.mark.parametrize("value", [None, 3, np.array(3), torch.tensor(3)])
def test_what_has_no_parts_is_told(value):
    wanted = f"parts is a {type(value).__name__}: expected a list of numbers"
    with pytest.raises(ValueError, match=re.escape(wanted)):
        as_list(value, "parts", "a list of numbers")


def test_names_stand_in_order():
    for names in (
        ["a", "b"],
        ("a", "b"),
        np.array(["a", "b"]),
        (name for name in "ab"),
        {0: "a", 1: "b"}.values(),
    ):
        assert check_names(names, "class_names") == ["a", "b"]
    assert check_names((), "class_names") == []
    for names in ({0: "a", 1: "b"}, {"a", "b"}, 5, np.array(3), None):
        with pytest.raises(ValueError, match="^class_names is .*: expected a list of texts in order"):
            check_names(names, "class_names")
