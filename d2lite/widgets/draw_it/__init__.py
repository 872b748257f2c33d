"""DrawIt: the reader draws the curve he expects, then the real one is laid over it."""

import itertools
import math
import numbers
import sys

from d2lite._utils.checks import check_choice, check_count, check_number
from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import BadValueError, Flag, Payload, Rows, _plain, is_finite

PLACES = 96  # steps of x that a drawing has
FEWEST, MOST = 5, 200  # points of a curve
LENGTHS = {"prompt": 300, "xlabel": 40, "ylabel": 40, "lesson": 600}
SCALES = ("linear", "log")
ROOM = 0.15  # of the values' range, left free above and below them
DIGITS, MOST_DIGITS = 7, 17
LARGEST_LOG = 690  # natural logarithms of what a float can hold, 1e-300 to 1e300


class DrawIt(Explorer):
    """Draw it: the curve that the reader expects, then the real one laid over it.

    The first ``given`` points are shown. The reader draws the rest, by pointer, finger or keys, and presses "Compare":
    the real curve appears, the difference shaded, with how far off he was, where most, and what turns he missed.

    Args:
        x: sequence of 5 to 200 numbers that increase; positive where ``xscale`` is "log".
        y: as many numbers, recorded or computed; positive where ``yscale`` is "log".
        prompt: what the reader is to draw, a question in plain text, with `code` in backticks and *emphasis*.
        xlabel, ylabel: names of the axes, a unit after a comma ("error, %").
        xscale, yscale: "linear" or "log".
        ylim: (low, high), the ends of the axis, all values within it; None for the values' range and some room.
        given: how many of the first points are shown at the start, 0 to 3 less than there are.
        lesson: the sentence shown afterwards: what the curve teaches.
        key: name in links and in the reader's memory, unique in the page.
        drawing: the reader's own curve: rows (place, height), places 0 to 96 along the part of x that is to be drawn,
            heights 0 to 1 along y's axis.
        revealed: whether the real curve is shown.
        values: ipywidgets' own traits (layout, tooltip, tabbable).

    Raises:
        TypeError: a name is unknown.
        ValueError: an argument is not as it is said here (also a traitlets.TraitError); the message says which.

    Example:
        >>> DrawIt(epochs, losses, prompt="How does the validation loss go on?", xlabel="epoch", ylabel="loss",
        ...        given=2, lesson="It rises again: the network has begun to learn the noise.", key="overfitting")

    Taught in chapters/02_linear_models/logistic_regression.
    """

    drawing = Rows(columns=[("place", 0, PLACES, "integer"), ("height", 0, 1)], max_length=PLACES + 1)
    revealed = Flag(False)
    data = Payload()

    def __init__(
        self,
        x,
        y,
        prompt,
        *,
        xlabel,
        ylabel,
        xscale="linear",
        yscale="linear",
        ylim=None,
        given=0,
        lesson,
        key,
        **values,
    ):
        if "data" in values:
            raise TypeError("data is given: expected the curve as x and y")
        try:
            self._given = _checked(x, y, xscale, yscale, ylim, given)
            texts = {"prompt": prompt, "xlabel": xlabel, "ylabel": ylabel, "lesson": lesson}
            self._given |= {name: _text(text, name) for name, text in texts.items()}
            ends = self._given["ylim"] or _limits(self._given["y"], yscale == "log")
        except ValueError as error:
            raise BadValueError(str(error)) from None
        if key == "":
            raise BadValueError("key is '': expected a name of its own in the page, such as 'overfitting'")
        super().__init__(key=key, **values)
        self.data = self._given | {name: _short(self._given[name]) for name in "xy"} | {"ylim": ends}
        self._python = ""  # the page has no cell to copy: the curve is the chapter's

    @classmethod
    def example(cls):
        """Return a drawing of a validation loss, which falls and rises again."""
        x = list(range(0, 41, 2))
        y = [0.25 + 0.75 * math.exp(-step / 4) + 0.00025 * step**2 for step in x]
        return cls(
            x,
            y,
            "A network learns for 40 epochs. How does its loss on new data go on?",
            xlabel="epoch",
            ylabel="validation loss",
            given=3,
            lesson="After about epoch 14 it learns the noise of its training data.",
            key="example",
        )

    @property
    def _another(self):
        return "by the cell that explorer.to_python() returns"

    def to_python(self):
        """Return a cell of Python that makes the same, curve and drawing."""
        given = {**self._given, "key": self.key, **self.state()}
        arguments = ",\n    ".join(f"{name}={value!r}" for name, value in given.items())
        return f"from d2lite.widgets import DrawIt\n\nDrawIt(\n    {arguments},\n)"


def _checked(x, y, xscale, yscale, ylim, given):
    """Return the curve's arguments as plain values, or raise the one-sentence error for the first that is wrong."""
    check_choice(xscale, SCALES, "xscale")
    check_choice(yscale, SCALES, "yscale")
    x, y = _numbers(x, "x", xscale == "log"), _numbers(y, "y", yscale == "log")
    if len(x) != len(y):
        raise ValueError(f"y has {len(y)} numbers: expected {len(x)}, one for each of x")
    for before, after in itertools.pairwise(x):
        if after <= before:
            raise ValueError(f"x has {after:g} after {before:g}: expected numbers that increase")
    given = check_count(given, "given", least=0, most=len(x) - 3)
    return {
        "x": x,
        "y": y,
        "xscale": xscale,
        "yscale": yscale,
        "ylim": None if ylim is None else _ends(ylim, y, yscale == "log"),
        "given": given,
    }


def _numbers(values, name, positive):
    """Return a sequence as a list of floats: 5 to 200, finite, and positive where asked."""
    values = _plain(values)
    if not isinstance(values, (list, tuple, range)):
        raise ValueError(f"{name} is {values!r:.60}: expected a sequence of {FEWEST} to {MOST} numbers")
    if not FEWEST <= len(values) <= MOST:
        raise ValueError(f"{name} has {len(values)} numbers: expected {FEWEST} to {MOST}")
    found = []
    for i, value in enumerate(map(_plain, values)):
        known = isinstance(value, numbers.Real) and not isinstance(value, bool) and is_finite(value)
        if not known or (positive and value <= 0):
            kind = "a finite number above 0, as the axis is logarithmic" if positive else "a finite number"
            raise ValueError(f"{name}[{i}] is {value!r:.60}: expected {kind}")
        found.append(float(value))
    return found


def _ends(ylim, y, log):
    """Return (low, high), the ends of the axis, all values within it."""
    ylim = _plain(ylim)
    if not isinstance(ylim, (list, tuple)) or len(ylim) != 2:
        raise ValueError(f"ylim is {ylim!r:.60}: expected (low, high), or None")
    low, high = (check_number(end, "ylim") for end in ylim)
    if log and low <= 0:
        raise ValueError(f"ylim is {(low, high)}: expected ends above 0, as the axis is logarithmic")
    if low >= high:
        raise ValueError(f"ylim is {(low, high)}: expected (low, high), low below high")
    if low > min(y) or high < max(y):
        raise ValueError(
            f"ylim is {(low, high)}: expected an axis that holds all of y, {min(y):g} to {max(y):g}"
        )
    return [low, high]


def _limits(y, log):
    """Return the ends of an axis with room above and below the values: where they turn is not to be seen from it."""
    low, high = (math.log(min(y)), math.log(max(y))) if log else (min(y), max(y))
    reach = high - low or (1 if log else abs(high) or 1)
    low, high = low - ROOM * reach, high + ROOM * reach
    if max(abs(low), abs(high)) > (LARGEST_LOG if log else sys.float_info.max / 4):
        raise ValueError(
            f"y is from {min(y):g} to {max(y):g}: expected a range that an axis can show; give y in another unit"
        )
    if log:
        return _short([math.exp(low), math.exp(high)])
    if 0 <= min(y) <= 0.4 * max(y):
        low = 0  # quantities that cannot be negative, near 0
    return _short([low, high])


def _text(text, name):
    """Return a plain text, or raise: mathematics in dollars would be shown as it is typed."""
    if not isinstance(text, str) or not text.strip() or len(text) > LENGTHS[name] or "$" in text:
        raise ValueError(
            f"{name} is {text!r:.60}: expected a text of at most {LENGTHS[name]} characters without $"
        )
    return text.strip()


def _short(values):
    """Return numbers in as few digits as tell them apart: seven, and more where they lie close together."""
    reach, size = max(values) - min(values), max(map(abs, values))
    more = math.floor(math.log10(size / reach)) if 0 < reach < size else 0
    return [float(f"{value:.{min(DIGITS + more, MOST_DIGITS)}g}") for value in values]
