"""Points of a sweep by name and by index, and which of them the page shows: in part the twin of model.js."""

import math

import numpy as np

from d2lite.widgets._traits import BadValueError


def is_number(value):
    """Whether a value of an axis is a number; True and False are none, as in the page."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal_values(value, values):
    """Return those of an axis' values that a value is: a page writes 1.0 as 1; True is not 1."""
    return [
        other for other in values if value == other and isinstance(value, bool) == isinstance(other, bool)
    ]


def longest_axis(axes):
    """The index of the numeric axis with the most values, along which the page's map has its columns."""
    sizes = [(all(map(is_number, values)), len(values)) for values in axes.values()]
    return max(range(len(sizes)), key=sizes.__getitem__, default=0)


def indices_of(sweep, at):
    """Return the index on each axis of a point given by name; of an axis that is left out the first."""
    for name in at:
        if name not in sweep.axes:
            raise KeyError(f"at has {name!r}: expected names of the grid, {', '.join(sweep.axes)}")
    chosen = {name: sweep.select(**{name: value})[0].point[name] for name, value in at.items()}
    return [values.index(chosen[name]) if name in at else 0 for name, values in sweep.axes.items()]


def index_of(trait, given, names):
    """Return the index of a name; an index is returned as it is."""
    if not isinstance(given, str):
        return given
    if given not in names:
        raise BadValueError(f"{trait} is {given!r}: expected one of {', '.join(names)}")
    return names.index(given)


def best_point(data, axes, metric, step):
    """Return the indices of the point that the page's map rings: of equal ones the first, row by row; [] where none is.

    Args:
        data: the explorer's payload, from whose rounded numbers the page chooses.
        axes: the sweep's.
        metric: name of a curve.
        step: the measurement shown; -1 is the last.
    """
    across, groups = longest_axis(axes), {}
    for run, curve in enumerate(data["metrics"][metric]["values"]):
        if curve:
            key = tuple(data["runs"]["axes"][name][run] for name in axes)
            last = len(curve) - 1  # a seed that ended earlier stays at its last value
            groups.setdefault(key, []).append(float(curve[last if step < 0 else min(step, last)]))
    sign = 1 if data["metrics"][metric]["mode"] == "min" else -1
    means = {key: np.mean(values) for key, values in groups.items() if None not in key}
    finite = [key for key, mean in means.items() if math.isfinite(mean)]
    rank = lambda key: (sign * means[key], key[:across] + key[across + 1 :], key[across : across + 1])
    return list(min(finite, key=rank, default=()))
