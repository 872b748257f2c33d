"""One run of a sweep: its name, its file, and how a worker does it exactly once."""

import concurrent.futures
import contextlib
import copy
import functools
import hashlib
import json
import random
import re
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import filelock
import joblib
import numpy as np

from d2lite._utils.files import replacing
from d2lite.sweeps._parcel import unpack

_ONE_AT_A_TIME, _HERE = threading.RLock(), threading.local()  # threads of a process share its generators
MOST_CANCELLED = 10  # times that a sweep hands its runs out again, after workers of a cluster have died


@dataclass(frozen=True)
class Run:
    """A finished run: ``run["loss"]`` is what train returned under that name.

    Attributes:
        point: dict of the grid's names and this run's values.
        seed: int.
        scalars: dict of name to float.
        curves: dict of name to float64 array.
        seconds: wall time of this run.
    """

    point: dict
    seed: int
    scalars: dict
    curves: dict
    seconds: float

    def __contains__(self, name):
        return name in self.scalars or name in self.curves

    def __getitem__(self, name):
        for results in (self.scalars, self.curves):
            if name in results:
                return results[name]
        known = ", ".join([*self.scalars, *self.curves])
        raise KeyError(f"name is {name!r}: expected what the run measured, {known}")


@dataclass(frozen=True)
class Failure:
    """A run that raised: its point and seed, the error in one line, and the traceback as text."""

    point: dict
    seed: int
    error: str
    traceback: str = field(default="", repr=False)


@dataclass(frozen=True)
class Task:
    """What a worker needs to know of a run, besides train itself."""

    name: str
    code: str
    point: dict
    seed: int

    @functools.cached_property
    def file(self):
        """The run's file name: the same for the same name, code, point and seed, in any process."""
        text = json.dumps([self.name, self.code, self.point, self.seed], sort_keys=True)
        readable = re.sub(r"\W+", "_", self.name.rpartition(".")[2]).strip("_") or "run"
        return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:20]}.json"


def to_record(run):
    """Return what a run measured as JSON holds it, every digit."""
    curves = {name: curve.tolist() for name, curve in run.curves.items()}
    return {"seconds": run.seconds, "scalars": run.scalars, "curves": curves}


def from_record(task, record):
    """Return the Run of a task from what `to_record` gave."""
    curves = {name: np.array(curve, dtype=np.float64) for name, curve in record["curves"].items()}
    return Run(task.point, task.seed, record["scalars"], curves, record["seconds"])


def load(folder, task):
    """Return the Run of a task from its file, or None: it is not there, or damaged by something else."""
    try:
        return from_record(task, json.loads((Path(folder) / task.file).read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def store(folder, task, run):
    """Write a run's file: it appears under its name all at once, complete and on the disk."""
    record = {
        "function": task.name,
        "code": task.code,
        "point": run.point,
        "seed": run.seed,
        **to_record(run),
    }
    with replacing(Path(folder) / task.file, "w", encoding="utf-8") as file:
        json.dump(record, file)


def perform(task, parcel, folder):
    """Do one run in a worker; return (task, Run or Failure).

    A lock, which the system frees when its holder dies, keeps two processes from doing the same run: the one
    that waits finds the other's result. A worker that does not see the folder (on another machine) only
    returns the result, and the sweep's own process stores it.
    """
    if not Path(folder).is_dir():
        return task, _attempt(task, parcel)
    lock = Path(folder) / f"{task.file}.lock"
    with filelock.FileLock(lock):
        result = load(folder, task)
        if result is None:
            result = _attempt(task, parcel)
            if isinstance(result, Run):
                store(folder, task, result)
    with contextlib.suppress(OSError):  # another process may hold it on Windows: it will find the result
        lock.unlink(missing_ok=True)
    return task, result


def _attempt(task, parcel):
    """Return the Run or the Failure of a task, done while no other thread of this process does a run."""
    with _ONE_AT_A_TIME:
        outer, _HERE.is_busy = getattr(_HERE, "is_busy", False), True
        try:
            return _call(task, parcel)
        finally:
            _HERE.is_busy = outer


def _call(task, parcel):
    """Call a fresh copy of train, with one thread and seeded generators, apart from all other runs."""
    import torch

    torch.set_num_threads(1)
    random.seed(task.seed)
    np.random.seed(task.seed)  # noqa: NPY002 - train may use it
    torch.manual_seed(task.seed)
    dtype = torch.get_default_dtype()
    try:
        train, own_dtype = unpack(parcel)
        torch.set_default_dtype(own_dtype)
        start = time.perf_counter()
        with torch.inference_mode(False), torch.enable_grad():
            result = train(**copy.deepcopy(task.point), seed=task.seed)  # it may change its arguments
        seconds = time.perf_counter() - start
        scalars, curves = _results(result)
    except (Exception, SystemExit) as error:
        lines = traceback.format_exception(type(error), error, error.__traceback__.tb_next)
        message = " ".join(str(error).split())
        return Failure(task.point, task.seed, f"{type(error).__name__}: {message}", "".join(lines))
    finally:
        torch.set_default_dtype(dtype)
    return Run(task.point, task.seed, scalars, curves, seconds)


def _results(result):
    """Split what train returned into scalars and curves, as float64."""
    if hasattr(result, "to_table") and hasattr(result, "names"):  # a History; its clock is not a result
        result = {name: result[name] for name in result.names if name not in ("epoch", "seconds")}
    if not isinstance(result, dict) or not result:
        what = type(result).__name__ if result != {} else "an empty dict"
        raise TypeError(f"train's result is {what}: expected a dict of numbers and curves, or a History")
    scalars, curves = {}, {}
    for name, value in result.items():
        if str(name) in scalars or str(name) in curves:
            raise ValueError(f"train's result has the name {str(name)!r} twice: expected different names")
        array = _array(name, value)
        if array.ndim == 0:
            scalars[str(name)] = float(array)
        else:
            curves[str(name)] = array
    return scalars, curves


def _array(name, value):
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = (value.double() if value.is_floating_point() else value).numpy()  # bfloat16 is not NumPy's
    elif isinstance(value, list | tuple):
        value = [item.item() if hasattr(item, "item") else item for item in value]
        value = [np.nan if item is None else item for item in value]  # a History's row may lack the column
    try:
        if np.asarray(value).dtype.kind not in "biuf":
            raise TypeError
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"train's {name!r} is a {type(value).__name__}: expected a number or a list of numbers"
        ) from None
    if array.ndim > 1:
        raise ValueError(
            f"train's {name!r} has the shape {array.shape}: expected a number or a one-dimensional curve; return its "
            "rows under names of their own"
        )
    return array


def perform_all(tasks, parcel, folder, n_jobs):
    """Do the runs through joblib; yield (task, Run or Failure) as they end, in any order.

    A worker that dies (out of memory, a crash in compiled code) takes the others of its pool with it. The
    runs that were under way are then done one by one, so that the fatal one is known, and the rest goes on.

    On a Dask cluster the others live on, but the data that joblib had handed to the dead one are gone, and the runs
    that need them are cancelled: they are handed out again. What had ended is found in its file.
    """
    pending, times_cancelled = {task.file: task for task in tasks}, 0
    while pending:
        try:
            for task, result in _in_parallel(list(pending.values()), parcel, folder, n_jobs):
                del pending[task.file]
                yield task, result
            return
        except concurrent.futures.CancelledError:
            times_cancelled += 1
            if times_cancelled > MOST_CANCELLED:
                raise
            continue
        except concurrent.futures.BrokenExecutor:
            suspects = [task for task in pending.values() if (Path(folder) / f"{task.file}.lock").exists()]
            if not suspects:
                raise
        for task in suspects:
            del pending[task.file]
            yield task, _alone(task, parcel, folder)


def check_backend():
    """Raise a ValueError if joblib is told to use processes that do not hand over each result when it is there."""
    backend = joblib.parallel.get_active_backend()[0]
    if not backend.supports_return_generator:
        raise ValueError(
            f"joblib's backend is {type(backend).__name__}: expected one that returns a generator; take 'loky'"
        )


def _in_parallel(tasks, parcel, folder, n_jobs):
    """Yield the results of the tasks; closing the generator stops them.

    A sweep that a run of another one makes does its runs in this thread: that run holds the process.
    """
    if getattr(_HERE, "is_busy", False):
        yield from (perform(task, parcel, folder) for task in tasks)
        return
    if n_jobs is None and joblib.parallel.get_active_backend()[1] is None:
        n_jobs = -1  # all cores, unless parallel_config says otherwise
    if n_jobs is not None and joblib.effective_n_jobs(n_jobs) > 1:
        n_jobs = max(2, min(joblib.effective_n_jobs(n_jobs), len(tasks)))
    parallel = joblib.Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")
    with contextlib.closing(
        parallel(joblib.delayed(perform)(task, parcel, folder) for task in tasks)
    ) as results:
        yield from results


def _alone(task, parcel, folder):
    """Do a run that may kill its process, in a process of its own."""
    try:
        with joblib.parallel_config("loky"):
            [(_, result)] = _in_parallel([task], parcel, folder, 2)
    except concurrent.futures.BrokenExecutor:
        message = "the worker process died: out of memory, killed, or a crash in compiled code"
        return Failure(task.point, task.seed, message)
    return result
