"""One run done now, in a process of its own, which can be watched and stopped."""

import json
import os
import pickle
import subprocess
import sys
import time

from d2lite.sweeps._fingerprint import read
from d2lite.sweeps._grids import check_call, points_of, seeds_of
from d2lite.sweeps._parcel import pack
from d2lite.sweeps._runs import Failure, Run, Task, _attempt, from_record, to_record

WORKER = "from d2lite.sweeps._live import work; work()"


class LiveRun:
    """A run under way; it is done as those of a sweep are: a fresh copy of train, one thread, seeded generators.

    Args:
        train: function, as for `d2lite.sweep`.
        point: dict of its arguments.
        seed: int.

    Raises:
        TypeError, ValueError: the point, the seed or the signature of train are wrong, or train cannot be copied.
            Nothing has started then.
    """

    def __init__(self, train, point, seed=0):
        [self.point], [self.seed] = points_of([point]), seeds_of([seed])
        check_call(train, [self.point])
        parcel = pack(train, read(train, version="")[1])
        self._sent = pickle.dumps((parcel, self.point, self.seed))
        self._start, self._result, self._stopped = time.perf_counter(), None, False
        # A new interpreter, for a fork would inherit the kernel's threads; its own module search path comes first.
        path = [entry for entry in sys.path if isinstance(entry, str)]  # Python passes over other kinds, too
        command = [sys.executable, "-c", f"import sys; sys.path[:] = {path!r}; {WORKER}"]
        errors = subprocess.DEVNULL if sys.stderr is None else None
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )

    @property
    def seconds(self):
        """Seconds since the start."""
        return time.perf_counter() - self._start

    def stop(self):
        """End the process; `result` then returns a Failure that says "stopped"."""
        self._stopped = True
        self._process.kill()

    def result(self):
        """Wait for the end; return the Run or the Failure."""
        if self._result is None:
            said = "its process died: out of memory, or a crash"
            try:
                answer, _ = self._process.communicate(self._sent)
                if self._process.returncode == 0:
                    self._result = self._read(json.loads(answer))
            except Exception as error:
                said = f"its result could not be read: {error}"
            if self._result is None:
                self._result = Failure(self.point, self.seed, "stopped" if self._stopped else said)
        return self._result

    def _read(self, answer):
        if "error" in answer:
            return Failure(self.point, self.seed, answer["error"], answer["traceback"])
        return from_record(Task("", "", self.point, self.seed), answer)


def work():
    """Do the run described on standard input and write its result to standard output: a worker's whole life."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # train may print, and so may what it calls: libraries in C, other processes
    parcel, point, seed = pickle.load(sys.stdin.buffer)
    result = _attempt(Task("", "", point, seed), parcel)
    told = (
        to_record(result)
        if isinstance(result, Run)
        else {"error": result.error, "traceback": result.traceback}
    )
    json.dump(told, answer)
    answer.flush()
