"""The sweep explorer: a grid of recorded training runs, to scrub through."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import BadValueError, Choice, Flag, Integer, Numbers, Payload

MAX_AXES = 8


class SweepExplorer(Explorer):
    """Recorded runs: choose a point of the grid and see its curves, its seeds and the map of all points.

    Every curve was measured, none is interpolated; the values are rounded as `Sweep.payload` states.

    Args:
        sweep: d2lite.Sweep; None for the recording.
        recording: name of a recording that ships with the package, such as "atlas" (see `Sweep.recorded`).
        at: the point shown: a dict of axis to value, or a list with an index for each axis.
        metric, second: the curves of the large and of the small chart: names, or indices in order.
        along: the axis along which neighbours are drawn faintly: its name or index; -1 for none, None for the map's.
        values: the other traits, and those of Explorer.

    Raises:
        KeyError, ValueError: the sweep has no such axis, value or curve; the message lists those there are.

    Example:
        >>> SweepExplorer(at={"optimizer": "adam", "lr": 0.0016, "batch_size": 32}, metric="accuracy")

    Taught in chapters/05_optimizers/schedules_and_search.
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

    def __init__(self, sweep=None, *, recording="atlas", at=(), metric=0, second=1, along=None, **values):
        from d2lite.sweeps._results import Sweep

        self._sweep = sweep = Sweep.recorded(recording) if sweep is None else sweep
        curves = [name for name, kind in sweep.metrics.items() if kind == "curve"]
        if not curves:
            raise BadValueError(
                "the sweep holds no curve; expected a train function that returns at least one"
            )
        names = list(sweep.axes)
        super().__init__(
            at=_indices(sweep, at) if isinstance(at, dict) else at,
            metric=_index(metric, curves),
            second=_index(second, curves),
            along=_longest(sweep) if along is None else _index(along, names),
            **values,
        )
        payload = sweep.payload()
        self.data = {
            **{name: payload[name] for name in ("format", "axes", "seeds", "runs", "metrics")},
            # notebook files sort the keys of what they store
            "order": {"axes": list(payload["axes"]), "metrics": list(payload["metrics"])},
            "display": sweep.provenance.get("display", {}),
            "failed": len(sweep.failures),
        }
        if not (recording == "atlas" and sweep.source == 'd2lite.Sweep.recorded("atlas")'):
            self._python = f"{sweep.source}.to_explorer"


def _longest(sweep):
    """The index of the numeric axis with the most values, along which the page's map has its columns."""
    sizes = [
        (all(isinstance(value, int | float) for value in values), len(values))
        for values in sweep.axes.values()
    ]
    return max(range(len(sizes)), key=sizes.__getitem__, default=0)


def _indices(sweep, at):
    for name in at:
        if name not in sweep.axes:
            raise KeyError(f"the grid has no {name!r}; it has {', '.join(sweep.axes)}")
    best = dict.fromkeys(sweep.axes)
    chosen = {name: sweep.select(**{name: at[name]})[0].point[name] if name in at else None for name in best}
    return [0 if chosen[name] is None else sweep.axes[name].index(chosen[name]) for name in best]


def _index(given, names):
    if not isinstance(given, str):
        return given
    if given not in names:
        raise BadValueError(f"there is no {given!r}; expected one of {', '.join(names)}")
    return names.index(given)
