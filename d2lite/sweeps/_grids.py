"""The points of a grid, checked before anything runs."""

import inspect
import itertools
import json
import math
import numbers
import operator

import numpy as np

from d2lite._utils.checks import plain_number


def points_of(grid):
    """Return the points of a grid as a list of dicts, in order; the last name varies fastest.

    Args:
        grid: dict of name to list of values (every combination), or a list of dicts (these points only).

    Raises:
        TypeError, ValueError: not a grid; an empty list; a value that JSON cannot hold; a point given twice, or a
            number as 1 and as 1.0.
    """
    if isinstance(grid, dict):
        for name, values in grid.items():
            if isinstance(values, str | bytes | dict) or not _is_series(values):
                raise TypeError(
                    f"grid[{name!r}] is {values!r}: expected a list of values, such as [{values!r}]"
                )
        combinations = itertools.product(*map(list, grid.values()))
        points = [dict(zip(grid, values, strict=True)) for values in combinations]
    elif isinstance(grid, list | tuple) and all(isinstance(point, dict) for point in grid):
        points = list(grid)
    else:
        raise TypeError(f"grid is {grid!r:.60}: expected a dict of lists or a list of dicts")
    if not points:
        raise ValueError("grid has no points: expected at least one value for every name")
    points = [{_name(name): plain(value, name) for name, value in point.items()} for point in points]
    seen, spellings = set(), {}
    for point in points:
        for name, value in point.items():
            first = spellings.setdefault((name, json.dumps(_number_alone(value))), value)
            if json.dumps(first) != json.dumps(value):
                raise ValueError(
                    f"grid[{name!r}] has {first!r} and {value!r}, which are equal: expected one way to write a number"
                )
        if (key := json.dumps(point, sort_keys=True)) in seen:
            raise ValueError(f"grid has {describe(point)} twice: expected each point once")
        seen.add(key)
    return points


def _is_series(values):
    """Whether values can be gone through; an array of one number has __iter__ and cannot."""
    return hasattr(values, "__iter__") and getattr(values, "ndim", 1) > 0


def _number_alone(value):
    """Return a grid value with whole floats as integers, so that equal numbers are one; True is not 1."""
    if isinstance(value, list):
        return list(map(_number_alone, value))
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _name(name):
    if not isinstance(name, str):
        raise TypeError(f"grid has the name {name!r}: expected the name of an argument of train")
    if name == "seed":
        raise ValueError("grid has the name 'seed': expected the seeds as seeds=[...]")
    return name


def plain(value, name):
    """Return a grid value as plain Python (tuples become lists), or say why it cannot be one."""
    if isinstance(value, np.generic) or (hasattr(value, "item") and getattr(value, "ndim", None) == 0):
        value = _as_written(value)
    if isinstance(value, list | tuple):
        return [plain(item, name) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"grid[{name!r}] has {value}: expected finite numbers; None can mean no limit")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(
        f"grid[{name!r}] has a value of type {type(value).__name__}: expected a number, string, None or list of these; "
        "give a name, and look it up in train"
    )


def _as_written(value):
    """Return a number of NumPy or torch as Python's: of a short float the shortest decimal, 0.1."""
    number, dtype = value.item(), str(value.dtype).removeprefix("torch.")
    if dtype in ("float16", "float32"):
        number = float(str(np.dtype(dtype).type(number)))
    return float(number) if isinstance(number, np.floating) else number  # a long double's item is itself


def seeds_of(seeds):
    """Return the seeds as a list of distinct integers from 0 to 2**32 - 1."""
    if not _is_series(seeds) or isinstance(seeds, str):
        raise TypeError(f"seeds is {seeds!r}: expected a list of integers, such as range(3)")
    seeds = list(seeds)
    try:
        if any(isinstance(seed, bool) for seed in seeds):
            raise TypeError
        seeds = [operator.index(seed) for seed in seeds]
    except TypeError:
        raise TypeError(f"seeds is {seeds!r}: expected integers, such as range(3)") from None
    if not seeds or len(set(seeds)) < len(seeds) or not all(0 <= seed < 2**32 for seed in seeds):
        raise ValueError(f"seeds is {seeds}: expected different integers from 0 to 2**32 - 1, at least one")
    return seeds


def jobs_of(n_jobs):
    """Return the number of processes as joblib takes it: an int other than 0, or None."""
    number = plain_number(n_jobs)
    if n_jobs is not None and (not isinstance(number, numbers.Integral) or number == 0):
        raise ValueError(
            f"n_jobs is {n_jobs!r}: expected a whole number, 1 or more, -1 for all cores, or None"
        )
    return number


def check_call(train, points):
    """Refuse a train that cannot be called with every point and a seed."""
    if not callable(train):
        raise TypeError(f"train is {train!r:.60}: expected a function of the grid's names and seed")
    try:
        signature = inspect.signature(train)
    except ValueError:  # some built-in callables have none
        return
    for point in points:
        try:
            signature.bind(**point, seed=0)
        except TypeError as error:
            raise TypeError(
                f"train has the arguments {signature}: expected to be called with {', '.join([*point, 'seed'])} "
                f"({error})"
            ) from None


def describe(point):
    """Return a point in words, e.g. ``lr=0.1, batch_size=16``."""
    return ", ".join(f"{name}={value!r}" for name, value in point.items()) or "(the only point)"
