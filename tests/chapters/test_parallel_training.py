"""What the chapter on parallel training writes from scratch, and the script that it hands over."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import filelock
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import d2lite
from d2lite import datasets

PATH = "09_beyond/parallel_training"


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter(PATH)
    chapter.define("setup", "halves-run", "ring-code", "ring-run")
    chapter["images"], chapter["labels"] = torch.rand(64, 784), torch.arange(64) % 10
    return chapter


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("length", [1, 3, 8, 1001])
def test_the_ring_leaves_every_sum_with_every_worker(chapter, n, length):
    """Also where chunks are of different lengths, or empty."""
    generator = torch.Generator().manual_seed(length)
    vectors = [torch.randn(length, generator=generator, dtype=torch.float64) for _ in range(n)]
    expected = torch.stack(vectors).sum(0)
    chapter["run_in_threads"](vectors)
    for vector in vectors:
        torch.testing.assert_close(vector, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n", [2, 3, 8])
def test_each_sends_what_the_formula_says(chapter, n):
    """Counted at worker 0, with the others' numbers made up: 2 (n - 1) / n of the vector."""
    sent, vector = [], torch.zeros(8 * n)
    chapter["ring_all_reduce"](vector, 0, n, lambda chunk: sent.append(len(chunk)), torch.ones_like)
    assert sum(sent) == 2 * (n - 1) / n * len(vector)
    assert len(sent) == 2 * (n - 1)


def test_the_gradient_is_that_of_backward(chapter):
    model = chapter["make_network"]()
    x, y = chapter["images"], chapter["labels"]
    found = chapter["gradient"](model, x, y)
    F.cross_entropy(model(x), y).backward()
    torch.testing.assert_close(found, torch.cat([p.grad.flatten() for p in model.parameters()]))


def test_parts_make_the_whole_only_if_weighed_and_without_batch_norm(chapter):
    make, error_of = chapter["make_network"], chapter["error_of"]
    assert error_of(make(), 7, (7 / 64, 57 / 64)) < 1e-5
    assert error_of(make(), 7, (1 / 2, 1 / 2)) > 0.05
    assert error_of(make(nn.LayerNorm(64)), 32, (1 / 2, 1 / 2)) < 1e-5
    assert error_of(make(nn.BatchNorm1d(64)), 32, (1 / 2, 1 / 2)) > 0.05


@pytest.mark.parametrize(("machines", "parts"), [(2, 1), (4, 4), (4, 16), (8, 3)])
def test_a_pipeline_waits_as_long_as_the_formula_says(machines, parts):
    """Each part enters a machine when the machine is free and the part has left the one before."""
    ends = {}
    for part in range(parts):
        for machine in range(machines):
            ready = max(ends.get((machine, part - 1), 0), ends.get((machine - 1, part), 0))
            ends[machine, part] = ready + 1
    whole = ends[machines - 1, parts - 1]
    assert 1 - parts / whole == pytest.approx((machines - 1) / (parts + machines - 1))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="torchrun's gloo needs another transport on Windows")
def test_a_process_that_fails_is_told_of(read_chapter):
    """The script leaves by os._exit(0), but only when its function has ended well in all processes.

    What the process says is told whole, however long: torchrun and the other process write their own errors after it.
    """
    chapter = read_chapter(PATH)
    chapter.define("setup")
    chapter.run("launch")

    def fail_in_one():
        if os.environ["RANK"] == "1":
            raise ValueError("one of two fails: " + "a long account " * 1000)

    with pytest.raises(RuntimeError, match="one of two fails"):
        chapter["launch"](fail_in_one, 2)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="torchrun's gloo needs another transport on Windows")
def test_an_interrupted_launch_leaves_no_process_behind(read_chapter, tmp_path):
    chapter = read_chapter(PATH)
    chapter.define("setup")
    chapter.run("launch")

    def sleep():
        name = os.environ["RANK"]
        with filelock.FileLock(tmp_path / f"{name}.lock"):  # freed when this process dies
            Path(tmp_path, f"{name}.begun").touch()
            time.sleep(120)

    def interrupt():
        while len(list(tmp_path.glob("*.begun"))) < 2:
            time.sleep(0.1)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        chapter["launch"](sleep, 2)
    for rank in (0, 1):
        filelock.FileLock(tmp_path / f"{rank}.lock").acquire(timeout=40)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="torchrun's gloo needs another transport on Windows")
def test_the_script_to_take_along_ends_alike_alone_and_together(read_chapter, tmp_path):
    [script] = re.findall(r"```python\n(.*?)```", read_chapter(PATH).sources["use-script"], re.DOTALL)
    script = script.replace("num_epochs=3", "num_epochs=1")
    loopback = "lo" if sys.platform == "linux" else "lo0"
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": loopback}
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    weights = []
    for name, words in (("alone", []), ("together", torchrun)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "train.py").write_text(script)
        command = [sys.executable, *words, "train.py"]
        options = {"capture_output": True, "text": True, "env": environment, "timeout": 400}
        done = subprocess.run(command, cwd=folder, **options)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("accuracy': ") == 1  # one of them speaks
        weights.append(torch.load(folder / "weights.pt"))
    alone, together = weights
    for key, value in alone.items():
        torch.testing.assert_close(together[key], value, rtol=0, atol=1e-5)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    model.load_state_dict(together)
    _, test = datasets.mnist()
    assert d2lite.evaluate(model, tuple(test), metrics="accuracy")["accuracy"] > 0.8
