"""Curves in few bytes: quantised and delta-coded, with a stated error bound and nothing to unpickle.

The code of one metric, the same in files, in pages and in ``widgets/_math/curves.js``:

1. Every number becomes an integer code of ``bits`` bits. The three highest codes are nan, -inf and inf, in
   this order; the others stand for ``u = offset + code * step``, and the number is ``u`` where ``scale`` is
   "linear" and ``unit * sinh(u)`` where it is "asinh" (for numbers that span decades: relative precision for
   the large ones, ``unit`` being the smallest magnitude that occurs).
2. Each curve's codes are replaced by their differences (the first one is kept), these by ``2 d`` (d >= 0) or
   ``-2 d - 1`` (d < 0), these by bytes: seven bits each, lowest first, the eighth bit set on all but a
   number's last byte.
3. The bytes of all curves, one after the other, are written in base 64. ``lengths`` tells the curves apart:
   one integer if all are equally long, else a list, with null for a curve that is missing.

A decoded number differs from the original by at most ``absolute + relative * |original|``; nan and
infinities come back as they were.
"""

import base64
import binascii

import numpy as np

RULE = (
    "base64 -> 7-bit groups, low first, high bit = more follow -> z; d = z/2 if z is even, else -(z+1)/2; "
    "running sum of d within each curve (lengths) = code; codes 2**bits-3, -2, -1 = nan, -inf, inf; else "
    "u = offset + code*step; value = u (linear) or unit*sinh(u) (asinh)"
)
_NEGLIGIBLE = 1e-300  # below this, differences are lost in the rounding of float64 itself


def encode(curves, bits=13):
    """Return the code of the curves of one metric, ready for JSON.

    Args:
        curves: list of 1-D sequences of floats, of any lengths; None for a missing one.
        bits: size of a code, 4 to 24. With 13 a number takes at most two bytes, and the error is at most
            1/16,000 of the range ("linear").

    Returns:
        dict with ``bits``, ``scale``, ``offset``, ``step``, ``unit``, ``lengths``, ``data`` and ``bound``,
        itself a dict of the ``absolute`` and ``relative`` error.

    Raises:
        ValueError: bits is out of range.
    """
    if not 4 <= bits <= 24:
        raise ValueError(f"bits is {bits}, expected an integer from 4 to 24: choose one, e.g. 13")
    curves = [None if curve is None else np.asarray(curve, dtype=np.float64) for curve in curves]
    lengths = [None if curve is None else len(curve) for curve in curves]
    flat = np.concatenate([curve for curve in curves if curve is not None] or [np.empty(0)])
    rule = _fit(flat[np.isfinite(flat)], bits)
    uniform = lengths and lengths[0] is not None and lengths.count(lengths[0]) == len(lengths)
    data = _to_bytes(_differences(_quantise(flat, rule), lengths))
    return {
        **rule,
        "lengths": lengths[0] if uniform else lengths,
        "count": len(lengths),
        "data": base64.b64encode(data).decode("ascii"),
    }


def decode(block):
    """Return the curves of `encode`: a list of float64 arrays, None for a missing one.

    Raises:
        ValueError: the data is damaged or cut short.
    """
    lengths = block["lengths"]
    lengths = [lengths] * block["count"] if isinstance(lengths, int) else lengths
    try:
        steps = _from_bytes(base64.b64decode(block["data"], validate=True))
    except binascii.Error as error:
        raise ValueError(
            f"the curves' data is not base 64 ({error}): fetch or record the file again"
        ) from None
    expected = sum(filter(None, lengths))
    if len(steps) != expected:
        raise ValueError(f"the curves' data holds {len(steps)} numbers, expected {expected}: record it again")
    curves, start = [], 0
    for length in lengths:
        stop = start + (length or 0)
        codes = np.cumsum(steps[start:stop])
        curves.append(None if length is None else _dequantise(codes, block))
        start = stop
    return curves


def _fit(finite, bits):
    """Choose scale, offset and step for the finite numbers, and bound the error they bring."""
    top = 2**bits - 4  # the highest code of a finite number
    rule = {"bits": bits, "scale": "linear", "offset": 0.0, "step": 0.0, "unit": 1.0}
    if not len(finite):
        return {**rule, "bound": {"absolute": 0.0, "relative": 0.0}}
    magnitudes = np.abs(finite[finite != 0])
    largest, smallest = magnitudes.max(initial=0.0), magnitudes.min(initial=np.inf)
    if largest / 100 > smallest:
        rule["scale"], rule["unit"] = "asinh", float(max(smallest, largest * 1e-30))
        finite = np.arcsinh(finite / rule["unit"])
    low, high = float(finite.min()), float(finite.max())
    rule["offset"] = low
    if high / 2 - low / 2 > _NEGLIGIBLE:
        rule["step"] = high / top - low / top  # not (high - low) / top, which may overflow
    half = 0.5 * rule["step"] * (1 + 1e-9)
    if rule["scale"] == "linear":
        absolute, relative = half + 1e-15 * float(largest), 0.0
    else:  # d sinh = cosh du, and cosh u <= 1 + |sinh u|
        relative = float(np.expm1(half)) + 1e-13
        absolute = relative * rule["unit"]
    return {**rule, "bound": {"absolute": absolute + 2 * _NEGLIGIBLE, "relative": relative}}


def _quantise(values, rule):
    bits, finite = rule["bits"], np.isfinite(values)
    codes = np.select([np.isnan(values), values < 0], [2**bits - 3, 2**bits - 2], 2**bits - 1)
    u = values[finite]
    if rule["scale"] == "asinh":
        u = np.arcsinh(u / rule["unit"])
    if rule["step"]:  # halves, because u - offset may overflow
        u = np.clip(np.rint((u / 2 - rule["offset"] / 2) / rule["step"] * 2), 0, 2**bits - 4)
    codes[finite] = u if rule["step"] else 0
    return codes.astype(np.int64)


def _dequantise(codes, rule):
    with np.errstate(over="ignore"):
        values = rule["offset"] + codes * rule["step"]
        if rule["scale"] == "asinh":
            values = rule["unit"] * np.sinh(values)
    largest = np.finfo(np.float64).max
    values = np.clip(values, -largest, largest)
    for code, special in enumerate((np.nan, -np.inf, np.inf), start=2 ** rule["bits"] - 3):
        values[codes == code] = special
    return values


def _differences(codes, lengths):
    """Differences within each curve, folded to non-negative integers."""
    steps = np.diff(codes, prepend=0)
    starts = np.cumsum([0, *(length or 0 for length in lengths)])[:-1]
    starts = starts[starts < len(codes)]
    steps[starts] = codes[starts]
    return np.where(steps < 0, -2 * steps - 1, 2 * steps)


def _to_bytes(numbers):
    sizes = 1 + sum((numbers >> 7 * k > 0).astype(np.int64) for k in range(1, 4))
    starts = np.cumsum(sizes) - sizes
    out = np.zeros(int(sizes.sum()), dtype=np.uint8)
    for k in range(4):
        has = sizes > k
        more = (sizes[has] > k + 1) * 128
        out[starts[has] + k] = (numbers[has] >> 7 * k & 127) | more
    return out.tobytes()


def _from_bytes(data):
    """Undo `_to_bytes` and the folding: the signed differences."""
    data = np.frombuffer(data, dtype=np.uint8).astype(np.int64)
    last = data < 128
    ends = np.flatnonzero(last)
    data = data[: ends[-1] + 1 if len(ends) else 0]
    number = np.cumsum(last[: len(data)]) - last[: len(data)]  # which number each byte belongs to
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    place = np.arange(len(data)) - starts[number]
    folded = np.bincount(number, (data & 127) * 128.0**place).astype(np.int64)
    return np.where(folded & 1, -(folded + 1) // 2, folded // 2)
