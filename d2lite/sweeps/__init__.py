"""Grids of training runs, done in parallel, each one kept the moment it ends."""

import contextlib
import importlib.metadata
import platform
import re
import sys
import time
import warnings
from pathlib import Path

from d2lite._utils.files import cache_folder, make_writable, user_path
from d2lite.sweeps._fingerprint import name_of, read
from d2lite.sweeps._grids import check_call, describe, jobs_of, points_of, seeds_of
from d2lite.sweeps._live import LiveRun as LiveRun  # for SweepExplorer
from d2lite.sweeps._parcel import pack
from d2lite.sweeps._results import Sweep
from d2lite.sweeps._results import check_mode as check_mode
from d2lite.sweeps._runs import Failure, Run, Task, check_backend, load, perform_all, store

__all__ = ["Sweep", "sweep"]


def sweep(train, grid, seeds=(0, 1, 2), *, path=None, n_jobs=None, progress=True, version=None):
    """Run a function at every point of a grid with every seed, in parallel, and collect what it measured.

    Every finished run is kept in a file of its own the moment it ends, so a sweep that was interrupted, killed or
    extended (more values, more seeds) does only what is missing. A run is done again when its point, its seed, train
    or anything that train names changes: functions, classes, objects, arrays and tensors of its own module, notebook
    or enclosing function and of other modules that are no installed package, and the modules and data of d2lite that
    they reach. Not watched are other packages, the reader's files, and what is looked up by a text at run
    time (``globals()["x"]``). With ``version`` none of this is: the name of train and the version decide.

    Each run gets a fresh copy of train as this process has it (edit a module, reload it, and its new code runs), one
    torch thread, torch's default dtype of this process, and the global generators of Python, NumPy and torch seeded
    with its seed; a generator of its own train must make itself, from seed. A run that raises is listed in
    ``Sweep.failures``, and tried again by the next call.

    Args:
        train: function; ``train(**point, seed=seed)`` returns a dict of numbers and curves (1-D lists,
            arrays or tensors; nan and infinities welcome), or a History.
        grid: dict of name to list of values, for every combination; or a list of dicts, one for each point.
        seeds: different integers from 0 to 2**32 - 1.
        path: folder of the run files, made if missing; None for one in the user's cache folder. It may be read-only
            when nothing is left to run.
        n_jobs: number of processes; None for what ``joblib.parallel_config`` says, else all cores; 1 to run
            in this process. ``with joblib.parallel_config("dask"):`` around the call uses a Dask cluster. A process
            does one run at a time, however many threads it is given.
        progress: show a bar; it stays silent where nobody is watching.
        version: str that takes the place of the code, as said above.

    Returns:
        Sweep, in the order of the grid, the seeds of a point together.

    Raises:
        TypeError, ValueError: the grid, the seeds, n_jobs, joblib's backend or the signature of train are wrong, or
            train uses what cannot be compared with an earlier run or copied to a worker; nothing has run then.
        OSError: the folder cannot be made or written; nothing has run then.
    """
    points, seeds = points_of(grid), seeds_of(seeds)
    check_call(train, points)
    n_jobs = jobs_of(n_jobs)
    check_backend()
    code, imported = read(train, version)
    code += _other_dtype()
    folder = (_cache_folder(name_of(train)) if path is None else user_path(path)).resolve()
    tasks = [Task(name_of(train), code, point, seed) for point in points for seed in seeds]
    start = time.perf_counter()
    results = {task.file: run for task in tasks if (run := load(folder, task))}
    missing = [task for task in tasks if task.file not in results]
    if missing:
        make_writable(folder, "path")
        _warn_of_generators(train)
    parcel = pack(train, imported) if missing else None
    with _own_state_kept(), _bar(len(tasks), len(results), progress) as bar:
        for task, result in perform_all(missing, parcel, folder, n_jobs):
            if isinstance(result, Run) and not (folder / task.file).exists():
                store(folder, task, result)  # the worker did not see the folder
            results[task.file] = result
            bar.update()
    results = [results[task.file] for task in tasks]
    runs = [result for result in results if isinstance(result, Run)]
    failures = [result for result in results if isinstance(result, Failure)]
    if failures:
        _report(failures, len(tasks))
    return Sweep(runs, failures, _provenance(train, code, seeds, runs, time.perf_counter() - start))


def _other_dtype():
    """Return what stands in a run's key for torch's default dtype: "" for the usual one."""
    import torch

    dtype = torch.get_default_dtype()
    return "" if dtype == torch.float32 else f" {dtype}"


def _warn_of_generators(train):
    from d2lite._utils.state import generators_in

    found = generators_in(train)
    if found:
        warnings.warn(
            f"train uses a random generator of its own, a {type(found[0]).__name__}, of which each run gets the same "
            "copy, whatever its seed: make it inside train, from seed",
            RuntimeWarning,
            stacklevel=3,
        )


def _cache_folder(name):
    return cache_folder() / "sweeps" / re.sub(r"\W+", "_", name).strip("_")


@contextlib.contextmanager
def _own_state_kept():
    """Leave this process's generators and threads as they were, in case the runs are done here."""
    import torch

    from d2lite._utils.state import get_random_state, set_random_state

    state, threads = get_random_state(), torch.get_num_threads()
    try:
        yield
    finally:
        set_random_state(state)
        torch.set_num_threads(threads)


def _bar(total, done, progress):
    from tqdm.auto import tqdm
    from tqdm.std import tqdm as text

    from d2lite.training.progress import find_output

    output = find_output() if progress and total > done else "nowhere"
    bar = tqdm if output == "notebook" else text
    watched = output in ("notebook", "terminal")
    return bar(total=total, initial=done, unit="run", desc="sweep", disable=not watched)


def _report(failures, total):
    first = failures[0]
    warnings.warn(
        f"{len(failures)} of {total} runs failed, the first at {describe(first.point)}, seed={first.seed}: "
        f"{first.error}. See .failures (each has its traceback); calling sweep again tries them again.",
        RuntimeWarning,
        stacklevel=3,
    )


def _provenance(train, code, seeds, runs, elapsed):
    import d2lite  # its own word: in an unpacked archive it is not installed

    versions = {"d2lite": d2lite.__version__}
    versions |= {name: importlib.metadata.version(name) for name in ("torch", "numpy")}
    return {
        "function": name_of(train),
        "code": code,
        "command": _command(),
        "seeds": seeds,
        "versions": {"python": platform.python_version(), **versions},
        "machine": f"{platform.system()} {platform.machine()}",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "seconds_of_runs": round(sum(run.seconds for run in runs), 3),
        "seconds_of_call": round(elapsed, 3),
    }


def _command():
    """The command line, with paths as seen from the working folder."""
    if "ipykernel" in sys.modules:
        return "notebook"
    words = []
    for word in sys.argv:
        path = Path(word)
        if path.is_absolute():
            word = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path.name
        words.append(str(word))
    return " ".join(["python", *words])
