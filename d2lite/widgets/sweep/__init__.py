"""The sweep explorer: a grid of recorded training runs, to scrub through."""

import math
import threading

import numpy as np
import traitlets

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import BadValueError, Choice, Flag, Integer, Numbers, Payload

from ._points import best_point, equal_values, index_of, indices_of, is_number, longest_axis

MAX_AXES = 8
RECORDING = "atlas"  # shown when nothing else is asked for
POLL = 0.2  # seconds between two reports of a run under way


class SweepExplorer(Explorer):
    """Recorded runs: choose a point of the grid and see its curves, its seeds and the map of all points.

    Every curve was measured, none is interpolated; the values are rounded as `Sweep.payload` states.

    Args:
        sweep: d2lite.Sweep; None for the recording.
        recording: name of a recording that ships with the package, such as "atlas" (see `Sweep.recorded`).
        at: the point shown: a dict of axis to value, or a list with an index for each axis, the last for one beyond.
        metric, second: the curves of the large and of the small chart: names, or indices in order, as for `at`.
        along: the axis along which neighbours are drawn faintly: its name or index; -1 for none, None for the map's.
        train: function as for `d2lite.sweep`; with it, and a kernel, the reader may train any point, on the grid or off
            it, and its curve joins the recorded ones. None for the recorded runs alone.
        values: the other traits, and those of Explorer.

    Raises:
        KeyError, ValueError: the sweep has no axis, value or curve so named; the message lists those there are.

    Example:
        >>> SweepExplorer(at={"optimizer": "adam", "lr": 0.0016, "batch_size": 32}, metric="accuracy")
        >>> explorer = sweep.to_explorer(train=train)
        >>> explorer.train_point({"lr": 0.03, "batch_size": 48}, seed=5)  # as the button "Train" does

    Taught in chapters/04_optimizers/schedules_and_search.
    """

    each_seed = Flag(False, label="each seed", help="Draws a line for each seed instead of the band.")
    at = Numbers(
        min=0, max=10_000, max_length=MAX_AXES, label="point", help="Its index on each axis; none: the best."
    )
    step = Integer(-1, min=-1, max=1000, label="measurement", help="-1 is the last.")
    metric = Integer(0, min=0, max=50, label="curve")
    second = Integer(1, min=0, max=50, label="second curve")
    along = Integer(
        1, min=-1, max=MAX_AXES, label="neighbours", help="Faint curves: the points beside this one."
    )
    speed = Choice(8, (2, 4, 8, 16), unit="/s", label="measurements a second")
    data = Payload()
    own_runs = ()  # of the reader, each a Run, in the order in which they ended
    _trainable = traitlets.Bool(False).tag(sync=True)
    # of the run under way: seconds, expected; or the error of the last
    _live = traitlets.Dict().tag(sync=True)
    _own = traitlets.List().tag(sync=True)  # the reader's runs: point, seed, values by metric

    def __init__(
        self, sweep=None, *, recording=RECORDING, at=(), metric=0, second=1, along=None, train=None, **values
    ):
        from d2lite.sweeps import Sweep, check_mode

        if "data" in values:
            raise TypeError("data has been given: expected the runs as sweep=, or the name of a recording")
        shipped = sweep is None and recording == RECORDING
        self._sweep = sweep = Sweep.recorded(recording) if sweep is None else sweep
        if not isinstance(sweep, Sweep):
            raise TypeError(f"sweep is {sweep!r:.60}: expected a Sweep, as d2lite.sweep returns it")
        if train is not None and not callable(train):
            raise TypeError(f"train is {train!r:.60}: expected a function, as d2lite.sweep takes it")
        curves = [name for name, kind in sweep.metrics.items() if kind == "curve"]
        if not curves:
            raise BadValueError("sweep has no curve: expected a train function that returns at least one")
        for name in curves:
            check_mode(sweep.mode(name), name)
        names = list(sweep.axes)
        super().__init__(
            at=indices_of(sweep, at) if isinstance(at, dict) else at,
            metric=index_of("metric", metric, curves),
            second=index_of("second", second, curves),
            along=longest_axis(sweep.axes) if along is None else index_of("along", along, names),
            **values,
        )
        payload = sweep.payload(failed_as_nan=True)
        self.data = {
            **{name: payload[name] for name in ("format", "axes", "seeds", "runs", "metrics")},
            # notebook files sort the keys of what they store
            "order": {"axes": list(payload["axes"]), "metrics": list(payload["metrics"])},
            "display": sweep.provenance.get("display", {}),
            "failed": len(sweep.failures),
        }
        if not shipped:
            self._python = f"{sweep.source}.to_explorer"
        self._train, self._run, self.own_runs = train, None, []
        self._trainable = train is not None
        self.on_msg(self._hear)

    @property
    def _another(self):
        return f"{self._python.removeprefix('d2lite.widgets.')}(**explorer.state())"

    def train_point(self, point, seed=0):
        """Start a run in a process of its own; its curve joins the recorded ones when it ends.

        Args:
            point: dict of axis to value; axes left out get the value they have at the point shown.
            seed: int.

        Returns:
            threading.Thread that waits for the run: ``join()`` it to wait too. `own_runs` then has the Run.

        Raises:
            KeyError, TypeError, ValueError: the sweep has no such axis, or train cannot be called so.
            RuntimeError: the explorer has no train function, or a run is under way.
        """
        from d2lite.sweeps import LiveRun

        if self._train is None:
            raise RuntimeError("train is None: expected the function of the sweep, to_explorer(train=...)")
        if self._run is not None:
            raise RuntimeError("a run is under way: expected one at a time; wait for it, or cancel it")
        axes = self._sweep.axes
        if unknown := [name for name in point if name not in axes]:
            raise KeyError(f"point has {unknown[0]!r}: expected names of the grid, {', '.join(axes)}")
        self._run = LiveRun(self._train, self._shown() | point, seed)
        thread = threading.Thread(target=self._follow, args=(self._run,), daemon=True)
        thread.start()
        return thread

    def _shown(self):
        """Return the point that the page shows; where `at` is empty, the one that its map rings."""
        axes = self._sweep.axes
        curves = [name for name, kind in self._sweep.metrics.items() if kind == "curve"]
        metric = curves[min(self.metric, len(curves) - 1)]
        at = self.at or best_point(self.data, axes, metric, self.step)
        at = [*at, *[0] * len(axes)]  # an axis that is left out is at its first value, as in the page
        return {
            name: axis[min(math.floor(i + 0.5), len(axis) - 1)]
            for i, (name, axis) in zip(at, axes.items(), strict=False)
        }

    def cancel(self):
        """Stop the run under way, if there is one."""
        if self._run is not None:
            self._run.stop()

    def _follow(self, run):
        """Report a run while it lasts, then what it measured."""
        expected = sorted(recorded.seconds for recorded in self._sweep)[len(self._sweep) // 2]
        done = threading.Event()

        def report():
            while not done.wait(POLL):
                self._live = {"seconds": round(run.seconds, 1), "expected": round(expected, 1)}

        reporter = threading.Thread(target=report, daemon=True)
        reporter.start()
        try:
            result = run.result()
        finally:
            done.set()
            reporter.join()
            self._run = None
        if hasattr(result, "error"):
            self._live = {"error": result.error}
            return
        self.own_runs = [*self.own_runs, result]
        values = {name: _plain(result[name]) for name in self._sweep.metrics if name in result}
        self._own = [*self._own, {"point": result.point, "seed": result.seed, "values": values}]
        self._live = {}

    def _hear(self, _, content, buffers):
        """Do what the page's buttons ask for; say in the page what is wrong with it."""
        content = content if isinstance(content, dict) else {}
        if content.get("cancel"):
            self.cancel()
        elif content.get("train"):
            if self._run is None:
                self._live = {}  # the same error once more is an answer, too
            try:
                self.train_point(*_asked(content["train"], self._sweep.axes))
            except Exception as error:  # whatever it is, the reader is told
                self._live = {"error": str(error.args[0] if error.args else error)}


def _asked(request, axes):
    """Return the point and the seed that a page asks to train; a page may say anything, so each is looked at."""
    if (
        not isinstance(request, dict)
        or set(request) - {"point", "seed"}
        or not isinstance(request.get("point"), dict)
    ):
        raise BadValueError(f"train is {request!r:.60}: expected a point and a seed")
    point = {}
    for name, value in request["point"].items():
        if name not in axes:
            raise BadValueError(f"point has {name!r:.60}: expected one of {', '.join(axes)}")
        values = axes[name]
        numeric = all(map(is_number, values))
        known = equal_values(value, values) or ([value] if numeric and is_number(value) else [])
        if not known or (is_number(value) and not math.isfinite(value)):
            raise BadValueError(f"{name} is {value!r:.60}: expected {'a number' if numeric else values}")
        point[name] = known[0]
    seed = request.get("seed", 0)
    if type(seed) is not int:
        raise BadValueError(f"seed is {seed!r:.60}: expected a whole number")
    return point, seed


def _plain(values):
    """A curve or a number as a list of six digits; what is not finite becomes None, which JSON can say."""
    return [float(f"{value:.6g}") if math.isfinite(value) else None for value in np.atleast_1d(values)]
