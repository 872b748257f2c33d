"""Sweeps that are killed, interrupted, run twice at once, sent elsewhere: nothing lost, nothing repeated."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import joblib
import numpy as np
import pytest

import d2lite
from d2lite.sweeps._parcel import pack

pytestmark = pytest.mark.slow
posix = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")

# Each run leaves a line when it starts; the sweep prints its results with every digit.
PROGRAM = """
    import json, sys, time
    import numpy as np
    import torch
    import d2lite

    folder, log, n_jobs = sys.argv[1:]

    def train(a, b, seed):
        with open(log, "a") as file:
            file.write(json.dumps([{"a": a, "b": b}, seed]) + "\\n")
        time.sleep(0.1)
        noise = np.random.default_rng(seed).normal(size=15)
        curve = a * noise.cumsum() + b + torch.rand(15, dtype=torch.float64).numpy()
        return {"loss": np.where(curve > 3, np.nan, curve), "final": curve[-1]}

    def main():
        grid = {"a": [0.1, 0.3, 1.0, 3.0], "b": [0, 1]}
        sweep = d2lite.sweep(train, grid, range(4), path=folder, n_jobs=int(n_jobs))
        runs = [[run.point, run.seed, run["loss"].tolist(), run["final"]] for run in sweep]
        print(json.dumps([runs, len(sweep.failures)]))

    main()
"""
NUM_RUNS = 32


class Program:
    """PROGRAM in a folder, started again and again."""

    def __init__(self, folder):
        self.folder, self.log, self.runs = folder, folder / "log", folder / "runs"
        (folder / "program.py").write_text(textwrap.dedent(PROGRAM))
        self.groups = []

    def start(self, n_jobs=2):
        """Start it in a process group of its own; its output goes to files, which workers may outlive."""
        output, errors = (self.folder / f"{name}-{len(self.groups)}" for name in ("output", "errors"))
        command = [sys.executable, self.folder / "program.py", self.runs, self.log, str(n_jobs)]
        with open(output, "w") as stdout, open(errors, "w") as stderr:
            process = subprocess.Popen(command, start_new_session=True, stdout=stdout, stderr=stderr)
        process.output, process.errors = output, errors
        self.groups.append(process.pid)
        return process

    def clean_up(self):
        """End the workers that a killed process left behind."""
        for group in self.groups:
            if _lives(group):
                os.killpg(group, signal.SIGKILL)

    def started(self):
        """The runs that were started, in order, as text."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def finished(self):
        """The runs whose files are there; every one must be complete."""
        records = [json.loads(path.read_text()) for path in self.runs.glob("*.json")]
        return {json.dumps([record["point"], record["seed"]]) for record in records}

    def wait_for_new_runs(self, process, delay):
        """Let the process start a run, and some time pass; return False if it ended first."""
        before = len(self.started())
        while len(self.started()) == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(delay)
        return process.poll() is None


def _lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def finish(process):
    assert process.wait(timeout=180) == 0, process.errors.read_text()
    return json.loads(process.output.read_text())


@pytest.fixture
def program(tmp_path):
    program = Program(tmp_path)
    yield program
    program.clean_up()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What the program prints when nobody disturbs it, in one process."""
    program = Program(tmp_path_factory.mktemp("undisturbed"))
    runs, failures = finish(program.start(n_jobs=1))
    assert len(runs) == len(program.started()) == NUM_RUNS
    assert failures == 0
    return [runs, failures]


@posix
def test_kill_at_several_moments_and_resume(program, undisturbed):
    kills = []  # for each: the runs finished then, and how many had been started by then
    for whole_group, delay in ((True, 0), (False, 0.15), (True, 0.35), (False, 0.05)):
        process = program.start()
        if not program.wait_for_new_runs(process, delay):
            break
        if whole_group:
            os.killpg(process.pid, signal.SIGKILL)
        else:  # the workers live on for a while, and may finish what they have begun
            process.kill()
        process.wait()
        finished = program.finished()
        kills.append((finished, len(program.started())))
    assert len(kills) >= 2
    np.testing.assert_equal(finish(program.start()), undisturbed)

    started = program.started()
    for finished, count in kills:
        assert not finished.intersection(started[count:]), "a finished run was started again"
    assert set(started) == program.finished()
    assert len(started) <= NUM_RUNS + 2 * len(kills), "more was lost than what the two workers were doing"


@posix
@pytest.mark.parametrize("whole_group", [True, False], ids=["terminal", "notebook"])
def test_keyboard_interrupt_leaves_everything_consistent(whole_group, program, undisturbed):
    """A terminal interrupts every process of the group, a notebook the kernel alone."""
    process = program.start()
    assert program.wait_for_new_runs(process, 0.35)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) != 0
    assert "KeyboardInterrupt" in process.errors.read_text()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and _lives(process.pid):
        time.sleep(0.1)
    assert not _lives(process.pid), "workers were left behind"
    finished, count = program.finished(), len(program.started())
    assert len(finished) < NUM_RUNS
    np.testing.assert_equal(finish(program.start()), undisturbed)
    assert not finished.intersection(program.started()[count:])


@posix
def test_two_sweeps_at_once_share_the_work(program, undisturbed):
    first, second = program.start(), program.start()
    np.testing.assert_equal(finish(first), undisturbed)
    np.testing.assert_equal(finish(second), undisturbed)
    assert sorted(program.started()) == sorted(program.finished())  # each of them once


@posix
def test_a_worker_that_dies_is_a_failure_of_its_point_alone(tmp_path):
    cure = tmp_path / "cure"

    def fatal(x, seed):
        time.sleep(0.05)
        if x == 2 and not cure.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return {"y": x, "process": os.getpid()}

    with pytest.warns(
        RuntimeWarning, match=r"1 of 5 runs failed, the first at x=2, seed=0: the worker process died"
    ):
        partial = d2lite.sweep(fatal, {"x": range(5)}, [0], path=tmp_path / "runs", n_jobs=2)
    assert [run["y"] for run in partial] == [0, 1, 3, 4]
    assert os.getpid() not in {run["process"] for run in partial}
    cure.touch()
    whole = d2lite.sweep(fatal, {"x": range(5)}, [0], path=tmp_path / "runs", n_jobs=2)
    assert [run["y"] for run in whole] == [0, 1, 2, 3, 4]
    assert whole[0]["process"] == partial[0]["process"]  # not done again


def test_processes_one_thread_each(tmp_path):
    def describe(x, seed):
        import torch

        time.sleep(0.2)
        return {"process": os.getpid(), "threads": torch.get_num_threads()}

    swept = d2lite.sweep(describe, {"x": range(8)}, [0], path=tmp_path, n_jobs=2)
    processes = {run["process"] for run in swept}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert {run["threads"] for run in swept} == {1}


def test_large_data_in_the_function_is_sent_once(tmp_path):
    """Each task would otherwise carry 40 MB through a pipe."""
    data = np.random.default_rng(0).random(5_000_000)

    def mean(x, seed):
        return {"mean": data[x:].mean()}

    parcel = pack(mean, {})
    assert isinstance(parcel, np.ndarray)  # joblib maps a large array into the workers' memory, once
    assert data.nbytes < parcel.nbytes < 1.01 * data.nbytes
    swept = d2lite.sweep(mean, {"x": range(30)}, [0], path=tmp_path, n_jobs=2)
    assert [run["mean"] for run in swept[:2]] == [data.mean(), data[1:].mean()]


def test_function_of_a_notebook(tmp_path):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    cells = [
        f"import d2lite, torch\nSCALE = 2.0\npath = {str(tmp_path)!r}",
        "class Net(torch.nn.Linear):\n    pass\n\ndef make():\n    return Net(1, 1)",
        "def train(x, seed):\n    return {'y': SCALE * x + 0 * make()(torch.ones(1)).item()}",
        "sweep = d2lite.sweep(train, {'x': [1, 2, 3]}, [0], path=path, n_jobs=2)\nprint(sweep)",
        "print([run['y'] for run in sweep], sweep.provenance['command'])",
        "def make():\n    return Net(1, 2)[:1]  # an edit of what train uses",
        "print(len(d2lite.sweep(train, {'x': [1]}, [0], path=path, n_jobs=1).failures))",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    first, second, edited = (notebook.cells[i].outputs for i in (3, 4, 6))
    assert [output.name for output in first] == [
        "stdout"
    ]  # no progress bar in a notebook that is only executed
    assert "Sweep of 3 runs" in first[0].text
    assert second[0].text == "[2.0, 4.0, 6.0] notebook\n"
    assert "1\n" in [output.get("text") for output in edited]  # run again, and so found broken


@pytest.mark.extra
def test_dask_cluster(tmp_path, optional):
    distributed = optional("distributed", "cluster")

    def train(x, seed):
        time.sleep(0.3)
        if x == 5:
            raise ValueError("five")
        return {"y": 2 * x + seed, "process": os.getpid(), "curve": np.arange(x)}

    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
        pytest.warns(
            RuntimeWarning, match=r"2 of 12 runs failed, the first at x=5, seed=0: ValueError: five"
        ),
    ):
        swept = d2lite.sweep(train, {"x": range(6)}, [0, 1], path=tmp_path)
    processes = {run["process"] for run in swept}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert [run["y"] for run in swept] == [2 * x + seed for x in range(5) for seed in (0, 1)]
    assert len(swept.failures) == 2
    with pytest.warns(RuntimeWarning, match="2 of 12"):  # here now: only the failed ones run again
        again = d2lite.sweep(train, {"x": range(6)}, [0, 1], path=tmp_path, n_jobs=1)
    assert {run["process"] for run in again} == processes


@pytest.mark.extra
def test_a_killed_worker_of_a_dask_cluster_loses_nothing_and_repeats_nothing(tmp_path, optional):
    distributed = optional("distributed", "cluster")
    log = tmp_path / "log"

    def note(text):
        with open(log, "a") as file:  # one short line is written whole
            file.write(f"{text}\n")

    def train(x, seed):
        before = log.read_text().count(f"begin {x} ") if log.exists() else 0
        note(f"begin {x} {os.getpid()}")
        time.sleep(0.1)
        if x == 4 and not before:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        note(f"end {x} {os.getpid()}")
        return {"y": 3 * x}

    options = {"n_workers": 3, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        swept = d2lite.sweep(train, {"x": range(12)}, [0], path=tmp_path / "runs")
        again = d2lite.sweep(train, {"x": range(12)}, [0], path=tmp_path / "runs")
    assert [run["y"] for run in swept] == [run["y"] for run in again] == [3 * x for x in range(12)]
    lines = [line.split() for line in log.read_text().splitlines()]
    begun, ended = ([int(x) for word, x, _ in lines if word == which] for which in ("begin", "end"))
    assert sorted(ended) == list(range(12))  # each once
    assert sorted(begun) == sorted([*range(12), 4])  # only what was under way was begun again


@pytest.mark.extra
def test_a_dask_cluster_all_of_whose_workers_die_gets_the_data_anew(tmp_path, optional):
    """joblib hands large data, such as images, to one worker: if that dies, the runs that need them are cancelled."""
    distributed = optional("distributed", "cluster")
    images, log, pids = np.ones((1000, 400)), tmp_path / "log", tmp_path / "pids"

    def train(x, seed):
        time.sleep(0.1)
        first = f"{x} " not in (log.read_text() if log.exists() else "")
        with open(log, "a") as file:
            file.write(f"{x} \n")
        if x == 2 and first:
            others = [int(pid) for pid in pids.read_text().split() if int(pid) != os.getpid()]
            for pid in [*others, os.getpid()]:
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        return {"y": x * images.mean()}

    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster) as client,
        joblib.parallel_config("dask"),
    ):
        pids.write_text(" ".join(map(str, client.run(os.getpid).values())))
        swept = d2lite.sweep(train, {"x": range(8)}, [0], path=tmp_path / "runs")
    assert [run["y"] for run in swept] == list(range(8))
    counts = [log.read_text().split().count(str(x)) for x in range(8)]
    assert counts[2] == 2  # the run that killed them
    assert sum(counts) <= 10  # and at most one that was under way beside it
