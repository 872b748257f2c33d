"""Sweeps as payloads for explorers and as files: JSON, compressed in files, with numbers of four digits."""

import gzip
import json
import math
import zlib
from pathlib import Path

import numpy as np

from d2lite._utils.files import replacing, user_path
from d2lite.sweeps._runs import Failure, Run

FORMAT = "d2lite-sweep-2"
DIGITS = 4


def rounded(value):
    """Return a number as JSON holds it: four significant digits; whole ones exactly; "NaN", "Infinity" as texts."""
    value = float(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < 2**53:
        return int(value)
    short = float(f"{value:.{DIGITS}g}")
    return short if math.isfinite(short) else value  # the largest would be rounded to infinity


def _rounded(result):
    return rounded(result) if np.ndim(result) == 0 else list(map(rounded, result))


def to_payload(sweep, names):
    """Return what `Sweep.payload` documents."""
    columns = {}
    for axis, values in sweep.axes.items():
        index = {json.dumps(value): i for i, value in enumerate(values)}
        columns[axis] = [index[json.dumps(run.point[axis])] if axis in run.point else None for run in sweep]
    metrics = {}
    for name in names:
        values = [_rounded(run[name]) if name in run else None for run in sweep]
        metrics[name] = {"kind": sweep.metrics[name], "mode": sweep.mode(name), "values": values}
    return {
        "format": FORMAT,
        "axes": sweep.axes,
        "seeds": sweep.seeds,
        "runs": {"axes": columns, "seed": [run.seed for run in sweep]},
        "metrics": metrics,
        "failures": [{"point": f.point, "seed": f.seed, "error": f.error} for f in sweep.failures],
    }


def from_payload(payload, seconds=None):
    """Return the runs and the failures of a payload."""
    if payload["format"] != FORMAT:
        raise ValueError(f"its format is {payload['format']!r}: expected {FORMAT!r}")
    axes, columns, seeds = payload["axes"], payload["runs"]["axes"], payload["runs"]["seed"]
    results = [({}, {}) for _ in seeds]  # scalars, curves
    for name, metric in payload["metrics"].items():
        for (scalars, curves), value in zip(results, metric["values"], strict=True):
            if value is not None and metric["kind"] == "scalar":
                scalars[name] = float(value)
            elif value is not None:
                curves[name] = np.array([float(item) for item in value])
    runs = []
    for i, seed in enumerate(seeds):
        point = {axis: axes[axis][column[i]] for axis, column in columns.items() if column[i] is not None}
        runs.append(Run(point, seed, *results[i], seconds[i] if seconds else 0.0))
    return runs, [Failure(**failure) for failure in payload["failures"]]


def shipped(name):
    """Return the path of the recording that `Sweep.recorded` documents."""
    folder = Path(__file__).parent.parent / "data" / "recordings"
    known = sorted(path.name.removesuffix(".json.gz") for path in folder.glob("*.json.gz"))
    if name not in known:
        raise ValueError(f"name is {name!r}: expected a recording, one of {', '.join(known)}")
    return folder / f"{name}.json.gz"


def write(path, sweep):
    """Write the file that `Sweep.save` documents."""
    content = to_payload(sweep, sweep.metrics)
    content |= {"seconds": [round(run.seconds, 4) for run in sweep], "provenance": sweep.provenance}
    text = json.dumps(content, separators=(",", ":"), allow_nan=False, default=_plain)
    with replacing(user_path(path)) as file:
        file.write(gzip.compress(text.encode(), mtime=0))


def _plain(value):
    """Return NumPy's and torch's numbers and arrays as JSON holds them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(
        f"provenance holds a {type(value).__name__}: expected texts, numbers, lists and dicts, which JSON can hold"
    )


def read(path):
    """Return the runs, the failures, the modes and the provenance of a file that `write` made."""
    path = user_path(path)
    data = path.read_bytes()
    try:
        content = json.loads(gzip.decompress(data))
        modes = {name: metric["mode"] for name, metric in content["metrics"].items() if metric["mode"]}
        return *from_payload(content, content["seconds"]), modes, content["provenance"]
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(
            f"path is {str(path)!r}: expected a file of a whole sweep ({error}); record it again"
        ) from error
