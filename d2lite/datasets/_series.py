"""A real time series that ships with the package."""

import csv
import dataclasses
from importlib import resources

import numpy as np
import torch

from d2lite._utils.checks import check_choice

# name: (file, unit, source, licence)
_SERIES = {
    "births": (
        "us_births_daily.csv", "births a day",
        "National Center for Health Statistics (CDC), births in the United States, 1969 to 1988",
        "PDDL 1.0 (collection), CC0 1.0 (contents)",
    ),
}  # fmt: skip


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Series:
    """A time series without gaps: ``series[:365]`` is a shorter one.

    Args:
        dates: (T,) array of numpy datetime64[D], one a day.
        values: (T,) float32 tensor.
        name: what the series is called.
        unit: what a value counts.
        source: where the values come from.
        licence: the terms under which they may be used.

    Taught in chapters/07_rnn/sequences.
    """

    dates: np.ndarray
    values: torch.Tensor
    name: str
    unit: str
    source: str
    licence: str

    def __len__(self):
        return len(self.values)

    def __getitem__(self, index):
        """Return a part of the series; the index is a slice that goes forwards."""
        if not isinstance(index, slice):
            raise TypeError(f"index is {index!r}: expected a slice, as in series[start:stop]")
        if index.step is not None and index.step < 1:
            raise ValueError(f"step of the slice is {index.step}: expected 1 or more, for time goes forwards")
        return dataclasses.replace(self, dates=self.dates[index], values=self.values[index])

    def __repr__(self):
        span = f"{self.dates[0]} to {self.dates[-1]}" if len(self) else "empty"
        return f"Series({self.name}: {len(self)} values, {span}, {self.unit})"


def series(name="births"):
    """Return a real daily series.

    Args:
        name: "births", the number of children born in the United States on each of the 7,305 days from 1969 to 1988.

    Returns:
        Series with dates (T,) datetime64[D] and values (T,) float32.

    Raises:
        ValueError: there is no series of that name.

    Source: National Center for Health Statistics. Taught in chapters/07_rnn/sequences.
    """
    check_choice(name, list(_SERIES), "series")
    file_name, unit, source, licence = _SERIES[name]
    with resources.files("d2lite").joinpath("data", file_name).open(encoding="ascii", newline="") as file:
        rows = list(csv.reader(file))[1:]  # the first names the columns
    dates = np.array([date for date, _ in rows], dtype="datetime64[D]")
    values = torch.tensor([float(value) for _, value in rows], dtype=torch.float32)
    return Series(dates, values, name, unit, source, licence)
