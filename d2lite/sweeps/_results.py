"""What the runs of a sweep measured: selections, bands over seeds, tables, and one small file."""

import copy
import json
import math
from dataclasses import dataclass

import numpy as np

from d2lite._utils.checks import check_number
from d2lite.sweeps import _recordings as recordings
from d2lite.sweeps._grids import plain
from d2lite.sweeps._runs import Run
from d2lite.training import Table
from d2lite.training.metrics import mode_of


@dataclass(frozen=True)
class Band:
    """A metric over the seeds of one point: arrays over the steps of a curve, or floats for a scalar.

    Attributes:
        point: dict, the point of the grid.
        mean, low, high: nan where a seed's value is nan.
        count: number of seeds that reached the step.
    """

    point: dict
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: np.ndarray


class Sweep:
    """The finished runs of a grid: a sequence of `Run`, in the order of the grid.

    Attributes:
        runs: list of Run; ``sweep[0]`` is the first, ``len(sweep)`` their number; a slice is a Sweep, with the
            failures of its points.
        failures: list of Failure.
        axes: dict of the grid's names to their values, in order of appearance.
        metrics: dict of what train measured to "scalar" or "curve".
        provenance: dict: function, code, command, versions, seeds, seconds.
        modes: dict of a metric to "min" if it should fall, "max" if it should rise. Losses and this package's
            metrics need no entry; for one of your own, ``sweep.modes["reward"] = "max"``. It goes into the file.
        source: str, the Python expression that reads it from its file.
    """

    def __init__(self, runs, failures=(), provenance=None, modes=None):
        self.source = 'd2lite.Sweep.load("sweep.json.gz")'
        self.runs, self.failures = list(runs), list(failures)
        self.provenance, self.modes = dict(provenance or {}), dict(modes or {})
        self.metrics, axes = {}, {}
        for run in self.runs:
            for name, value in run.point.items():
                axes.setdefault(name, {}).setdefault(json.dumps(value), value)  # 1 and True are two values
            for kind, results in (("scalar", run.scalars), ("curve", run.curves)):
                for name in results:
                    if self.metrics.setdefault(name, kind) != kind:
                        raise ValueError(
                            f"{name} is a number in one run and a curve in another: expected train to return one kind"
                        )
        self.axes = {name: list(values.values()) for name, values in axes.items()}

    def __len__(self):
        return len(self.runs)

    def __iter__(self):
        return iter(self.runs)

    def __getitem__(self, index):
        if not isinstance(index, slice):
            return self.runs[index]
        points = [run.point for run in self.runs[index]]
        return self._with(self.runs[index], [f for f in self.failures if f.point in points])

    def __repr__(self):
        axes = ", ".join(f"{name}: {len(values)}" for name, values in self.axes.items())
        metrics = ", ".join(self.metrics)
        return (
            f"Sweep of {len(self)} runs, {len(self.failures)} failed\n  axes     {axes}\n  metrics  {metrics}"
        )

    def _with(self, runs, failures=()):
        return Sweep(runs, failures, self.provenance, self.modes)

    @property
    def seeds(self):
        """The seeds of the runs, in order of appearance."""
        return list(dict.fromkeys(run.seed for run in self.runs))

    def select(self, **values):
        """Return the Sweep of the runs with these values, e.g. ``sweep.select(lr=0.1, seed=0)``.

        Raises:
            KeyError: the grid has no such name.
            ValueError: no run has such a value; the message lists those there are.
        """
        for name, value in values.items():
            if name != "seed" and name not in self.axes:
                raise KeyError(
                    f"name is {name!r}: expected one of the grid's, {', '.join([*self.axes, 'seed'])}"
                )
            known = self.seeds if name == "seed" else self.axes[name]
            value = values[name] = plain(value, name)
            if not any(_same(value, other) for other in known):
                raise ValueError(
                    f"{name} is {value!r}: expected a value that was run, {', '.join(map(repr, known))}"
                )
        return self._with(
            [run for run in self.runs if _matches(run, values)],
            [failure for failure in self.failures if _matches(failure, values)],
        )

    def to_table(self):
        """Return a row (a dict) per run: point, seed, numbers, the last values of curves, and seconds.

        A metric that has the name of another column, such as "seconds", is called "measured seconds".

        The list prints as a table; ``pandas.DataFrame(sweep.to_table())`` makes a data frame of it.
        """
        rows = Table()
        for run in self.runs:
            taken = {*run.point, "seed", "seconds"}
            finals = {name: _final(run[name]) for name in self.metrics if name in run}
            finals = {f"measured {name}" if name in taken else name: value for name, value in finals.items()}
            rows.append({**run.point, "seed": run.seed, **finals, "seconds": run.seconds})
        return rows

    def points(self):
        """Return the Sweep of each point (its seeds, and its failures), in the order of the grid."""
        groups = {}
        for run in self.runs:
            groups.setdefault(json.dumps(run.point, sort_keys=True), []).append(run)
        failures = {
            key: [f for f in self.failures if json.dumps(f.point, sort_keys=True) == key] for key in groups
        }
        return [self._with(runs, failures[key]) for key, runs in groups.items()]

    def bands(self, name, low=0.0, high=1.0):
        """Return the mean and the band of a metric over the seeds of each point, as a list of `Band`.

        Args:
            name: a metric.
            low, high: quantiles, 0 and 1 for the smallest and largest. The edges are values that occurred
                (the next one outwards, without interpolation).

        Curves of different lengths are compared step by step among the seeds that reached the step.
        """
        self._check(name)
        low, high = check_number(low, "low"), check_number(high, "high")
        if not 0 <= low <= high <= 1:
            raise ValueError(f"low is {low} and high {high}: expected quantiles, 0 <= low <= high <= 1")
        groups = [[run for run in group if name in run] for group in self.points()]
        return [_band(runs[0].point, [run[name] for run in runs], low, high) for runs in groups if runs]

    def mode(self, name):
        """Return whether a metric should fall, "min", or rise, "max"; None if neither `modes` nor its name says so."""
        return (
            check_mode(self.modes[name], name) if name in self.modes else mode_of(name.removeprefix("test_"))
        )

    def best(self, name, mode=None):
        """Return the point (a dict) with the best mean over the seeds of a metric's last value.

        Args:
            name: a metric.
            mode: "min" or "max"; None for what `modes` says, or what is known of the metric.

        A point where a seed ended at nan or an infinity, failed or lacks the metric loses to every other: the mean of
        those that are left would be a mean of the lucky.

        Raises:
            ValueError: no point ended with finite values, or the mode is not known.
        """
        self._check(name)
        falls = check_mode(mode or self.mode(name), name) == "min"
        scores = []
        for group in self.points():
            whole = not group.failures and all(name in run for run in group)
            score = np.mean([_final(run[name]) for run in group]) if whole else math.nan
            if math.isfinite(score):
                scores.append((score if falls else -score, group[0].point))
        if not scores:
            raise ValueError(
                f"{name} is nowhere finite at the end of all seeds: expected a point whose runs did not diverge or fail"
            )
        return copy.deepcopy(min(scores, key=lambda pair: pair[0])[1])  # it may be trained with more epochs

    def _check(self, name):
        if name not in self.metrics:
            known = ", ".join(self.metrics) or "no finished run"
            raise KeyError(f"name is {name!r}: expected a metric of the sweep, {known}")

    def _with_failures(self):
        """Return the Sweep with a run of NaN for every failure of a point that other seeds finished."""
        finished = [run.point for run in self.runs]
        blank = {"scalar": {}, "curve": {}}
        for name, kind in self.metrics.items():
            longest = max(np.size(run[name]) for run in self.runs if name in run)
            blank[kind][name] = math.nan if kind == "scalar" else np.full(longest, math.nan)
        lost = [
            Run(failure.point, failure.seed, blank["scalar"], blank["curve"], 0.0)
            for failure in self.failures
            if failure.point in finished
        ]
        return self._with([*self.runs, *lost])

    def payload(self, metrics=None, failed_as_nan=False):
        """Return axes, runs and what was measured as a small dict that JSON holds, e.g. for an explorer.

        Numbers have four significant digits, so they are off by at most 1/2,000 of themselves; whole numbers are
        exact; what is not finite is the text "NaN", "Infinity" or "-Infinity".

        Args:
            metrics: names to include; None for all.
            failed_as_nan: whether failed runs of points that other seeds finished are there too, with NaN for all that
                they should have measured, so that the mean of these seeds is not taken for that of the point.

        Returns:
            dict: ``runs`` has the seed of each run and its index into each of ``axes`` (None where the point lacks
            the name); each of ``metrics`` has its ``kind``, its ``mode`` and the ``values``, one for each run: a number
            ("scalar") or a list ("curve"), None where it was not measured.
        """
        names = list(self.metrics) if metrics is None else list(metrics)
        for name in names:
            self._check(name)
        return recordings.to_payload(self._with_failures() if failed_as_nan else self, names)

    def save(self, path):
        """Write everything to one small file: JSON with the numbers of `payload`, compressed.

        Args:
            path: the file, its name best ending in .json.gz; an existing one is replaced.

        Raises:
            OSError: it cannot be written; an existing one is then as it was.
        """
        recordings.write(path, self)

    @classmethod
    def load(cls, path):
        """Return the Sweep of a file that `save` wrote; nothing in the file is executed.

        Raises:
            ValueError: the file is damaged, or no sweep.
        """
        runs, failures, modes, provenance = recordings.read(path)
        sweep = cls(runs, failures, provenance, modes)
        sweep.source = f"d2lite.Sweep.load({json.dumps(str(path), ensure_ascii=False)})"
        return sweep

    @classmethod
    def recorded(cls, name):
        """Return a Sweep that ships with the package, made by a script under tools/record.

        Args:
            name: its name, such as "atlas".

        Raises:
            ValueError: there is no such recording; the message lists those there are.
        """
        sweep = cls.load(recordings.shipped(name))
        sweep.source = f"d2lite.Sweep.recorded({json.dumps(name)})"
        return sweep

    def to_explorer(self, **traits):
        """Return a SweepExplorer of these runs, for the notebook and the page.

        Args:
            traits: as in `d2lite.widgets.SweepExplorer`, e.g. ``at={"lr": 0.1}``, ``metric="accuracy"``.

        How it labels axes and curves stands in ``provenance["display"]``, a dict, all of it optional: ``labels``
        of axes by name; ``x``, a dict with ``label``, ``first`` and ``step`` of the curves' horizontal axis;
        ``metrics``, by name a dict with ``label``, ``log`` and ``guess``, the value that guessing gets. Which way is
        better stands in ``modes``.

        Copy as Python writes a line that reads the file the sweep came from, or ``sweep.json.gz``: save it there.
        """
        from d2lite.widgets import SweepExplorer

        return SweepExplorer(self, **traits)


def check_mode(mode, name):
    """Return "min" or "max"; anything else raises a ValueError."""
    if mode not in ("min", "max"):
        raise ValueError(
            f"mode of {name!r} is {mode!r}: expected 'min' or 'max', say it by sweep.modes[{name!r}]"
        )
    return mode


def _same(a, b):
    """Whether two grid values are equal, floats up to rounding; True is not 1."""
    if (
        isinstance(a, bool)
        or isinstance(b, bool)
        or not isinstance(a, int | float)
        or not isinstance(b, int | float)
    ):
        return type(a) is type(b) and a == b
    return math.isclose(a, b, rel_tol=1e-9)


def _matches(run, values):
    own = {**run.point, "seed": run.seed}
    return all(name in own and _same(own[name], value) for name, value in values.items())


def _final(value):
    """A number itself, a curve's last one (nan for an empty curve)."""
    return float(value) if np.ndim(value) == 0 else float(value[-1]) if len(value) else math.nan


def _band(point, values, low, high):
    """The Band of one point, from its seeds' numbers or curves."""
    point, curves, steps = copy.deepcopy(point), [np.atleast_1d(value) for value in values], []
    for i in range(max(map(len, curves))):
        column = np.sort([curve[i] for curve in curves if len(curve) > i])  # nan last
        last = len(column) - 1
        edges = (
            [math.nan] * 2
            if np.isnan(column[-1])
            else [column[int(low * last)], column[math.ceil(high * last)]]
        )
        with np.errstate(invalid="ignore", over="ignore"):
            steps.append([column.mean(), *edges, len(column)])
    mean, low, high, count = np.reshape(steps, (-1, 4)).T
    if np.ndim(values[0]) == 0:
        return Band(point, float(mean[0]), float(low[0]), float(high[0]), int(count[0]))
    return Band(point, mean, low, high, count.astype(int))
