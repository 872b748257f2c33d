"""Checks of arguments: each raises one sentence, "<name> is <what came>: expected <what is right>[; <what to do>]"."""

import difflib
import math
import numbers
import sys
from collections.abc import Hashable

_INFINITY = math.inf


def check_choice(value, choices, what):
    """Raise a ValueError that lists the choices, and the nearest of them, unless value is one of them."""
    if isinstance(value, Hashable) and value in choices:
        return
    near = difflib.get_close_matches(str(value), list(map(str, choices)), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{what} is {value!r}: expected one of {', '.join(map(repr, choices))}{hint}")


def check_count(value, name, least=1, most=None):
    """Return a whole number from least to most as an int; anything else, floats and booleans too, a ValueError."""
    number = plain_number(value)
    if isinstance(number, numbers.Integral) and number >= least and (most is None or number <= most):
        return int(number)
    wanted = f"{least} or more" if most is None else f"from {least} to {most}"
    raise ValueError(f"{name} is {value!r}: expected a whole number, {wanted}")


def check_counts(**counts):
    """Check several whole numbers, each at least 1, given by name; return them as ints, in that order."""
    return [check_count(count, name) for name, count in counts.items()]


def as_list(value, name, wanted):
    """Return the parts of a list, an array, a generator or the like; a number or None raises a ValueError.

    Args:
        value: what came.
        name: the argument's name, for the message.
        wanted: what is right, for the message: "a list of ...".
    """
    if not hasattr(value, "__iter__") or getattr(value, "ndim", 1) == 0:  # an array of no axes has no parts
        raise ValueError(f"{name} is a {type(value).__name__}: expected {wanted}")
    return list(value)


def check_seed(value, name="seed"):
    """Return a seed as an int; anything but a whole number from 0 to 2**32 - 1 raises a ValueError."""
    number = plain_number(value)
    if isinstance(number, numbers.Integral) and 0 <= number < 2**32:
        return int(number)
    raise ValueError(f"{name} is {value!r}: expected a whole number, from 0 to 2**32 - 1")


def check_number(value, name, low=-_INFINITY, high=_INFINITY, *, open_low=False, open_high=False):
    """Return a finite real number as a float; a boolean or a value outside its range raises a ValueError.

    Args:
        value: what came.
        name: the argument's name, for the message.
        low, high: the ends of its range.
        open_low, open_high: whether an end itself is outside.
    """
    number = plain_number(value)
    number = math.nan if number is None or abs(number) > sys.float_info.max else float(number)
    inside = (low < number if open_low else low <= number) and (
        number < high if open_high else number <= high
    )
    if inside:
        return number
    wanted = _range(low, high, open_low, open_high)
    raise ValueError(f"{name} is {value!r}: expected a finite number{wanted and ', ' + wanted}")


def check_names(values, name, wanted="a list of texts in order, such as ['cat', 'dog']"):
    """Return names in their order as a list; a dict or a set of them, or what is no list, raises a ValueError."""
    if isinstance(values, (dict, set, frozenset)):
        raise ValueError(f"{name} is {values!r:.60}: expected {wanted}")
    return as_list(values.tolist() if hasattr(values, "tolist") else values, name, wanted)


def plain_number(value):
    """Return a number of Python, NumPy or torch, 0-d arrays too, as Python's; None for all else, booleans too."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    return value if isinstance(value, numbers.Real) and not isinstance(value, bool) else None


def _range(low, high, open_low, open_high):
    """Say in words which numbers are right: "from 0 to 1", "above 0", "0 or more"; "" for all."""
    if low == -_INFINITY and high == _INFINITY:
        return ""
    if high == _INFINITY:
        return f"above {low:g}" if open_low else f"{low:g} or more"
    if low == -_INFINITY:
        return f"below {high:g}" if open_high else f"{high:g} or less"
    if open_low:
        return f"above {low:g} and {'below' if open_high else 'at most'} {high:g}"
    return f"{low:g} or more and below {high:g}" if open_high else f"from {low:g} to {high:g}"
