"""The points of a grid, checked before anything runs."""

import inspect
import itertools
import json
import math
import operator

import numpy as np


def points_of(grid):
    """Return the points of a grid as a list of dicts, in order; the last name varies fastest.

    Args:
        grid: dict of name to list of values (every combination), or a list of dicts (these points only).

    Raises:
        TypeError, ValueError: not a grid; an empty list; a value that JSON cannot hold; a point given twice.
    """
    if isinstance(grid, dict):
        for name, values in grid.items():
            if isinstance(values, str | dict) or not hasattr(values, "__iter__"):
                raise TypeError(
                    f"the grid's {name!r} is {values!r}, expected a list of values: write [{values!r}]"
                )
        combinations = itertools.product(*map(list, grid.values()))
        points = [dict(zip(grid, values, strict=True)) for values in combinations]
    elif isinstance(grid, list | tuple) and all(isinstance(point, dict) for point in grid):
        points = list(grid)
    else:
        raise TypeError(f"the grid is a {type(grid).__name__}, expected a dict of lists or a list of dicts")
    if not points:
        raise ValueError("the grid has no points: give every name at least one value")
    points = [{_name(name): plain(value, name) for name, value in point.items()} for point in points]
    seen = set()
    for point in points:
        if (key := json.dumps(point, sort_keys=True)) in seen:
            raise ValueError(f"the point {describe(point)} is in the grid twice: leave one out")
        seen.add(key)
    return points


def _name(name):
    if not isinstance(name, str):
        raise TypeError(f"the grid has the name {name!r}, expected the name of an argument of train")
    if name == "seed":
        raise ValueError("the grid has a 'seed': give the seeds as seeds=[...] instead")
    return name


def plain(value, name):
    """Return a grid value as plain Python (tuples become lists), or say why it cannot be one."""
    if isinstance(value, np.generic) or (hasattr(value, "item") and getattr(value, "ndim", None) == 0):
        value = value.item()
    if isinstance(value, list | tuple):
        return [plain(item, name) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(
            f"the grid's {name!r} has the value {value}, expected finite numbers: None can mean no limit"
        )
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(
        f"the grid's {name!r} has a value of type {type(value).__name__}, expected a number, string, None or "
        "list of these: give a name, and look it up in train"
    )


def seeds_of(seeds):
    """Return the seeds as a list of distinct integers from 0 to 2**32 - 1."""
    if not hasattr(seeds, "__iter__") or isinstance(seeds, str):
        raise TypeError(f"seeds is {seeds!r}, expected a list of integers, e.g. range(3)")
    try:
        seeds = [operator.index(seed) for seed in seeds]
    except TypeError:
        raise TypeError(f"seeds is {seeds!r}, expected integers, e.g. range(3)") from None
    if not seeds or len(set(seeds)) < len(seeds) or not all(0 <= seed < 2**32 for seed in seeds):
        raise ValueError(f"seeds is {seeds}, expected different integers from 0 to 2**32 - 1, at least one")
    return seeds


def check_call(train, points):
    """Refuse a train that cannot be called with every point and a seed."""
    if not callable(train):
        raise TypeError(
            f"train is a {type(train).__name__}, expected a function of the grid's names and seed"
        )
    try:
        signature = inspect.signature(train)
    except ValueError:  # some built-in callables have none
        return
    for point in points:
        try:
            signature.bind(**point, seed=0)
        except TypeError as error:
            raise TypeError(
                f"train{signature} cannot be called with {', '.join([*point, 'seed'])} ({error}): "
                "make the names of its arguments those of the grid, and seed"
            ) from None


def describe(point):
    """Return a point in words, e.g. ``lr=0.1, batch_size=16``."""
    return ", ".join(f"{name}={value!r}" for name, value in point.items()) or "(the only point)"
