"""Checks of arguments: each raises one sentence that says what came and what was expected."""

import difflib
import numbers
import operator


def check_choice(value, choices, what):
    """Raise a ValueError that lists the choices, and the nearest of them, unless value is one of them."""
    if value in choices:
        return
    near = difflib.get_close_matches(str(value), list(map(str, choices)), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"{what} is {value!r}: expected one of {', '.join(map(repr, choices))}{hint}")


def check_count(value, name, least=1):
    """Return a whole number, NumPy's too, as an int; anything else, or less than least, raises a ValueError."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least:
        raise ValueError(f"{name} is {value!r}: expected a whole number, at least {least}")
    return number


def check_counts(**counts):
    """Check several whole numbers, each at least 1, given by name."""
    for name, count in counts.items():
        check_count(count, name)


def check_number(value, name, low=-float("inf"), high=float("inf"), *, open_low=False, open_high=False):
    """Return a real number, NumPy's too, as a float; NaN or a value outside its range raises a ValueError.

    Args:
        value: what came.
        name: the argument's name, for the message.
        low, high: the ends of its range.
        open_low, open_high: whether an end itself is outside.
    """
    is_number = isinstance(value, numbers.Real) or (hasattr(value, "item") and getattr(value, "size", 1) == 1)
    number = float(value) if is_number and not isinstance(value, bool) else float("nan")
    inside = (low < number if open_low else low <= number) and (
        number < high if open_high else number <= high
    )
    if inside:
        return number
    above = f"{'above' if open_low else 'from'} {low:g}" if low > -float("inf") else ""
    below = (
        f"{'below' if open_high else 'to' if not open_low else 'up to'} {high:g}"
        if high < float("inf")
        else ""
    )
    wanted = " ".join(filter(None, ["a number", above, below]))
    raise ValueError(f"{name} is {value!r}: expected {wanted}")
