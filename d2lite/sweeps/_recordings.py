"""Sweeps as payloads for explorers and as files: JSON, with the curves coded by `d2lite.sweeps._curves`."""

import gzip
import json
import zlib
from pathlib import Path

import numpy as np

from d2lite.sweeps import _curves as coding
from d2lite.sweeps._runs import Failure, Run

FORMAT = "d2lite-curves-1"


def to_payload(sweep, names, bits):
    """Return what `Sweep.payload` documents."""
    columns = {}
    for axis, values in sweep.axes.items():
        index = {json.dumps(value): i for i, value in enumerate(values)}
        columns[axis] = [index[json.dumps(run.point[axis])] if axis in run.point else None for run in sweep]
    metrics = {}
    for name in names:
        curves = [np.atleast_1d(run[name]) if name in run else None for run in sweep]
        metrics[name] = {"kind": sweep.metrics[name], **coding.encode(curves, bits)}
    return {
        "format": FORMAT,
        "rule": coding.RULE,
        "axes": sweep.axes,
        "seeds": sweep.seeds,
        "runs": {"axes": columns, "seed": [run.seed for run in sweep]},
        "metrics": metrics,
        "failures": [{"point": f.point, "seed": f.seed, "error": f.error} for f in sweep.failures],
    }


def from_payload(payload, seconds=None):
    """Return the runs, the failures and the error bounds of a payload."""
    if payload["format"] != FORMAT:
        raise ValueError(f"its format is {payload['format']!r}, expected {FORMAT!r}")
    axes, columns, seeds = payload["axes"], payload["runs"]["axes"], payload["runs"]["seed"]
    results = [({}, {}) for _ in seeds]  # scalars, curves
    for name, block in payload["metrics"].items():
        for (scalars, curves), curve in zip(results, coding.decode(block), strict=True):
            if curve is not None and block["kind"] == "scalar":
                scalars[name] = float(curve[0])
            elif curve is not None:
                curves[name] = curve
    runs = []
    for i, seed in enumerate(seeds):
        point = {axis: axes[axis][column[i]] for axis, column in columns.items() if column[i] is not None}
        runs.append(Run(point, seed, *results[i], seconds[i] if seconds else 0.0))
    failures = [Failure(**failure) for failure in payload["failures"]]
    return runs, failures, {name: block["bound"] for name, block in payload["metrics"].items()}


def shipped(name):
    """Return the path of the recording that `Sweep.recorded` documents."""
    folder = Path(__file__).parent.parent / "data" / "recordings"
    known = sorted(path.name.removesuffix(".json.gz") for path in folder.glob("*.json.gz"))
    if name not in known:
        raise ValueError(f"no recording is called {name!r}; there are {', '.join(known)}")
    return folder / f"{name}.json.gz"


def write(path, sweep, bits):
    """Write the file that `Sweep.save` documents."""
    content = to_payload(sweep, sweep.metrics, bits)
    content |= {"seconds": [round(run.seconds, 4) for run in sweep], "provenance": sweep.provenance}
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    path = Path(path)
    part = path.with_name(path.name + ".part")
    part.write_bytes(gzip.compress(text.encode(), mtime=0))
    part.replace(path)


def read(path):
    """Return the runs, failures, error bounds and provenance of a file that `write` made."""
    data = Path(path).read_bytes()
    try:
        content = json.loads(gzip.decompress(data))
        return *from_payload(content, content["seconds"]), content["provenance"]
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is not a sweep, or a damaged one ({error}): record and save it again"
        ) from error
