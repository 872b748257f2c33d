"""One network trained by several processes ends as that of one process, also when one of them is killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

sys.path.insert(0, str(Path(__file__).parent))
import together

from d2lite.training import Checkpoint

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="torchrun's restarts need signals that Windows lacks"),
]


def start(kind, folder, *options):
    """Run together.py in two processes; return what each has saved, and what they print."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", *options]
    loopback = "lo" if sys.platform == "linux" else "lo0"
    environment = os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": loopback}
    command += [together.__file__, kind, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=400)
    assert done.returncode == 0, done.stderr
    return [torch.load(folder / f"{kind}-{rank}.pt") for rank in (0, 1)], done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("processes")


@pytest.fixture(scope="module")
def pair(folder):
    return start("runs", folder)


def check_same(found, expected, atol=1e-5):
    """Weights, buffers and every figure of the history are the same, but for rounding."""
    for name, value in expected["state"].items():
        torch.testing.assert_close(found["state"][name], value, rtol=0, atol=atol)
    assert len(found["rows"]) == len(expected["rows"])
    for row, other in zip(found["rows"], expected["rows"], strict=True):
        assert row == pytest.approx(other, abs=max(atol, 1e-12))


def test_two_processes_end_with_the_weights_of_one(pair):
    """The last batch of two samples, one for each, included."""
    [first, second], _ = pair
    check_same(first["pair"], second["pair"], atol=0)
    check_same(first["pair"], together.train(together.make(), together.data(), parallel=False))


def test_a_batch_that_cannot_be_halved_weighs_as_it_should():
    """25 samples of 50 for each of two: 13 and 12; the mean of the two means would not be the mean."""
    from d2lite.training._team import Team

    inputs, targets = together.data()
    model, loss = together.make(), nn.CrossEntropyLoss()
    loss(model(inputs[:25]), targets[:25]).backward()
    whole = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    teams = [Team(model), Team(model)]
    for rank, team in enumerate(teams):
        team.rank, team.size = rank, 2
        x, y = team.share((inputs[:25], targets[:25]))
        assert len(x) == 13 - rank
        (team.weigh(loss(model(x), y)) / 2).backward()  # the mean of two processes
    for parameter, expected in zip(model.parameters(), whole, strict=True):
        torch.testing.assert_close(parameter.grad, expected, rtol=0, atol=1e-6)
    assert teams[0].weight == pytest.approx(26 / 25)


def test_a_loader_is_shared_out_too(pair):
    generator = torch.Generator().manual_seed(3)
    loader = DataLoader(TensorDataset(*together.data()), batch_size=12, shuffle=True, generator=generator)
    check_same(pair[0][0]["loader"], together.train(together.make(), loader, parallel=False))


@pytest.mark.parametrize("kind", ["normalized", "dropped", "stopped"])
def test_all_processes_hold_the_same(pair, kind):
    """Batch norm's running means too, with dropout that differs in each, and when the run stops early."""
    [first, second], _ = pair
    check_same(first[kind], second[kind], atol=0)
    if kind == "stopped":
        assert len(first[kind]["rows"]) < 20


def test_each_process_draws_its_own_dropout(pair):
    """If both drew the same, halves of a batch would lose the same units."""
    from d2lite.training._team import Team

    team = Team(nn.Linear(1, 1))
    team.size, drawn = 2, []
    for team.rank in (0, 1):
        with team.own_randomness(0, 0, 0):
            drawn.append(torch.rand(4))
    assert not torch.equal(*drawn)


def test_only_the_first_speaks_and_saves(pair, folder):
    assert pair[1].count("epoch 2/2") == 1
    assert not list(folder.glob("another*/*"))
    assert not list(folder.glob(".*"))  # no part of a file


def test_one_process_goes_on_where_two_stopped(pair, folder):
    rest = together.train(
        together.make(), together.data(), 4, [Checkpoint(folder / "half.pt")], parallel=False
    )
    check_same(rest, together.train(together.make(), together.data(), parallel=False))


def test_what_cannot_work_is_told_by_every_process(pair):
    for found in pair[0]:
        assert found["sampler"].startswith("train has a DistributedSampler: expected")
        assert found["one sample"].startswith(
            "train has a batch of 1 for 2 processes: expected a sample for each"
        )
        assert (
            "half.pt is not the same for all processes: expected a folder that all of them see"
            in found["own file"]
        )


def test_a_killed_worker_is_started_again_and_ends_with_the_same_weights(tmp_path):
    """With dropout: a resumed run draws what the whole one draws, bit by bit."""
    results, _ = start("killed", tmp_path, "--max-restarts=1")
    for found in results:
        assert found["restarts"] == 1
        check_same(found["killed"], found["whole"], atol=0)


def test_a_process_that_nobody_started_is_alone(monkeypatch):
    from d2lite.training import join_processes

    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert join_processes() == 0
    assert not torch.distributed.is_initialized()
    with pytest.raises(ValueError, match="backend is 'mpi': expected"):
        join_processes("mpi")
    for wrong in (-1, 0, 1e300):
        with pytest.raises(ValueError, match="minutes is .*: expected a finite number, above 0"):
            join_processes(minutes=wrong)
