"""Coded curves come back within the bound they state; nan and infinities come back exactly."""

import base64
import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from d2lite.sweeps._curves import decode, encode

NUMBERS = st.one_of(
    st.floats(),  # nan, infinities, the largest and the smallest included
    st.floats(0, 3),
    st.floats(-1e6, 1e6),
    st.sampled_from([0.0, -0.0, 1.0, float("nan"), float("inf"), float("-inf")]),
)
CURVES = st.lists(st.none() | st.lists(NUMBERS, max_size=12), max_size=8)


def check(curves, bits):
    block = json.loads(json.dumps(encode(curves, bits), allow_nan=False))
    decoded = decode(block)
    assert [c is None for c in decoded] == [c is None for c in curves]
    bound = block["bound"]
    for curve, got in zip(curves, decoded, strict=True):
        if curve is None:
            continue
        curve = np.array(curve, dtype=np.float64)
        assert got.shape == curve.shape
        finite = np.isfinite(curve)
        np.testing.assert_array_equal(got[~finite], curve[~finite])  # nan equals nan here
        assert np.isfinite(got[finite]).all()
        error = np.abs(got[finite] / 2 - curve[finite] / 2)  # halves: the difference may overflow
        with np.errstate(over="ignore"):  # with 4 bits, the bound itself may be infinite
            assert (error <= bound["absolute"] / 2 + bound["relative"] * np.abs(curve[finite] / 2)).all()
    return block


@given(CURVES, st.integers(4, 24))
@settings(max_examples=400, deadline=None)
@example([[1.7976931348623157e308, -1.7976931348623157e308, 5e-324]], 13)
@example([[5e-324, 1e-323, -5e-324]], 13)
@example([[1e-308, 1.7976931348623157e308]], 24)
@example([[1e10, 1e10 + 1e-5]], 16)
@example([[], None, [], [0.0]], 4)
def test_error_stays_within_the_stated_bound(curves, bits):
    check(curves, bits)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
@settings(max_examples=200, deadline=None)
def test_bound_is_tight_enough_to_be_useful(values):
    """With 13 bits, the error is at most 1/8,000 of the largest number, or 1/100 of the number itself."""
    bound = check([values], 13)["bound"]
    largest = np.abs(values).max()
    nonzero = [abs(v) for v in values if v]
    useful = largest / 8000 if not nonzero or largest / 100 <= min(nonzero) else 0.01 * largest
    assert bound["relative"] <= 0.01
    assert bound["absolute"] <= useful * 1.01 + 1e-299


def test_losses_over_decades_keep_their_relative_precision():
    losses = np.geomspace(1e-4, 1e8, 500)
    block = encode([losses], 13)
    assert block["scale"] == "asinh"
    np.testing.assert_allclose(decode(block)[0], losses, rtol=0.004)


def test_accuracies_keep_their_absolute_precision():
    accuracies = np.linspace(0, 1, 101)
    block = encode([accuracies], 13)
    assert block["scale"] == "linear"
    assert block["bound"]["absolute"] < 7e-5
    np.testing.assert_allclose(decode(block)[0], accuracies, rtol=0, atol=7e-5)


def test_constants_come_back_exactly():
    curves = [[0.25] * 5, [0.25]]
    assert [curve.tolist() for curve in decode(encode(curves))] == curves


@given(st.lists(st.floats(), min_size=1, max_size=200))
@settings(deadline=None)
def test_thirteen_bits_take_at_most_two_bytes(values):
    assert len(base64.b64decode(encode([values], 13)["data"])) <= 2 * len(values)


def test_smooth_curves_take_fewer_bytes_than_float16():
    curves = [2.3 * np.exp(-rate * np.arange(50)) for rate in np.geomspace(0.01, 0.3, 20)]
    assert len(base64.b64decode(encode(curves)["data"])) < 1.5 * 20 * 50


def test_damage_is_refused():
    block = encode([[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="holds 2 numbers, expected 3"):
        decode({**block, "data": base64.b64encode(b"\x00\x01").decode()})
    with pytest.raises(ValueError, match="not base 64"):
        decode({**block, "data": "?"})
    with pytest.raises(ValueError, match="bits is 3, expected"):
        encode([[1.0]], 3)
