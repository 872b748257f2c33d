"""A run that is killed again and again ends with the weights of one that never was."""

import functools
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import d2lite
from d2lite.training import Callback, Checkpoint, EarlyStopping

sys.path.insert(0, str(Path(__file__).parent))
import killed_run

SCRIPT = Path(killed_run.__file__)


@pytest.fixture(scope="module")
def start():
    """Start killed_run in its own process, by a fork server (where there is one) that has torch loaded."""
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(["torch._dynamo", "d2lite.training", "killed_run"])

    def begin(*arguments):
        process = context.Process(target=killed_run.main, args=[str(argument) for argument in arguments])
        process.start()
        return process

    return begin


# Between two steps, before a checkpoint is on the disk, and when it is there but not yet under its name; in the first
# step, where nothing is saved, twice in one place, and right after a start.
PLACES = [
    ("step", 1), ("fsync", 1), ("replace", 1), ("step", 4), ("fsync", 2), ("replace", 3), ("replace", 3),
    ("step", 9), ("fsync", 1),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["tensors", "loader"])
def test_killed_again_and_again_the_run_ends_with_the_same_weights(kind, start, tmp_path):
    def run(name, *place):
        process = start(kind, tmp_path / name, tmp_path / f"{name} result", *place)
        process.join()
        return process.exitcode

    assert run("unbroken") == 0
    for place in PLACES:
        assert run("killed", *place) != 0, place
        assert not (tmp_path / "killed result").exists()
    assert run("killed") == 0
    expected, result = torch.load(tmp_path / "unbroken result"), torch.load(tmp_path / "killed result")
    for name, value in expected.pop("weights").items():
        assert torch.equal(result["weights"][name], value), name
    assert {key: result[key] for key in expected} == expected


def test_the_script_resumes_from_the_command_line_too(tmp_path):
    command = [sys.executable, str(SCRIPT), "tensors", str(tmp_path / "checkpoint"), str(tmp_path / "result")]
    assert subprocess.run([*command, "step", "5"]).returncode != 0
    assert not (tmp_path / "result").exists()
    subprocess.run(command, check=True)
    assert len(torch.load(tmp_path / "result")["rows"]) == 4


def data():
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(40, 4, generator=generator)
    return inputs, (inputs[:, 0] > 0).long()


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 2))


class Break(Callback):
    """Raise at a step, as a kill that a test survives."""

    def __init__(self, epoch, step):
        self.moment = (epoch, step)

    def on_step_end(self, run):
        if (run.epoch, run.step) == self.moment:
            raise InterruptedError


class Steps(Callback):
    """Count the steps that are really taken."""

    count = 0

    def on_step_end(self, run):
        self.count += 1


@pytest.mark.parametrize("every", ["epoch", 1, 2, 3])
@pytest.mark.parametrize("moment", [(0, 1), (0, 4), (1, 2), (2, 4)])
def test_broken_anywhere_resumed_is_as_unbroken(every, moment, tmp_path):
    fit = functools.partial(
        d2lite.fit, train=data(), validation=data(), num_epochs=3, batch_size=10, metrics="accuracy"
    )
    unbroken, model = network(), network()
    expected = fit(unbroken)
    with pytest.raises(InterruptedError):
        fit(network(), callbacks=[Checkpoint(tmp_path / "run", every), Break(*moment)])
    steps = Steps()
    history = fit(model, callbacks=[Checkpoint(tmp_path / "run", every), steps])
    for name, value in unbroken.state_dict().items():
        assert torch.equal(model.state_dict()[name], value)
    assert history.step_losses == expected.step_losses
    for name in expected.names[:-1]:
        assert history[name] == expected[name]
    saved = moment[1] - 1 if every == 1 else 0  # the break comes before the step's own checkpoint
    if every in (1, "epoch"):
        assert steps.count == 12 - 4 * moment[0] - saved


def test_a_finished_run_returns_at_once_and_more_epochs_go_on(tmp_path):
    saves = [Checkpoint(tmp_path / "folder" / "run")]
    first, again, longer, straight = network(), network(1), network(2), network()
    d2lite.fit(first, data(), num_epochs=2, callbacks=saves)
    steps = Steps()
    history = d2lite.fit(again, data(), num_epochs=2, callbacks=[*saves, steps])
    assert steps.count == 0
    assert history.epochs == [1, 2]
    assert torch.equal(again[0].weight, first[0].weight)
    d2lite.fit(longer, data(), num_epochs=4, callbacks=saves)
    d2lite.fit(straight, data(), num_epochs=4)
    assert torch.equal(longer[0].weight, straight[0].weight)
    with pytest.raises(ValueError, match="holds 4 epochs, more than num_epochs=2"):
        d2lite.fit(network(), data(), num_epochs=2, callbacks=saves)


def test_a_run_that_stopped_early_stays_stopped_with_its_best_weights(tmp_path):
    def run(model):
        stopping = EarlyStopping(patience=1)
        # A rate this high makes the validation loss rise soon.
        optimizer = torch.optim.SGD(model.parameters(), lr=5.0)
        saves = Checkpoint(tmp_path / "run")
        return d2lite.fit(
            model, data(), data(), optimizer=optimizer, num_epochs=50, callbacks=[saves, stopping]
        ), stopping  # fmt: skip

    model, again = network(), network(1)
    history, stopping = run(model)
    assert len(history) < 50
    later, resumed = run(again)
    assert len(later) == len(history)
    assert resumed.best_epoch == stopping.best_epoch
    assert torch.equal(model[0].weight, again[0].weight)
    measured = d2lite.evaluate(again, data())["loss"]
    assert measured == pytest.approx(stopping.best)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "run"
    d2lite.fit(network(), data(), num_epochs=2, callbacks=[Checkpoint(path)])
    return path


@pytest.mark.parametrize("damage", ["empty", "half", "text", "flipped", "foreign", "pickle"])
def test_a_damaged_or_foreign_file_is_refused_in_one_sentence(damage, saved):
    whole = saved.read_bytes()
    if damage == "foreign":
        torch.save(network().state_dict(), saved)
    elif damage == "pickle":
        torch.save({"format": Break(0, 0)}, saved)  # code, which is never run
    else:
        middle = len(whole) // 2
        flipped = (
            whole[:middle] + bytes(255 - byte for byte in whole[middle : middle + 64]) + whole[middle + 64 :]
        )
        saved.write_bytes(
            {"empty": b"", "half": whole[:middle], "text": b"hello", "flipped": flipped}[damage]
        )
    before, model = saved.read_bytes(), network()
    with pytest.raises(ValueError, match=r"run.*(damaged|no checkpoint).*delete it to start anew") as caught:
        d2lite.fit(model, data(), num_epochs=2, callbacks=[Checkpoint(saved)])
    assert "\n" not in str(caught.value)
    assert saved.read_bytes() == before
    assert torch.equal(model[0].weight, network()[0].weight)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(batch_size=7), "batch_size=64, now it is 7"),
        (dict(seed=3), "seed=0, now it is 3"),
        (dict(optimizer=functools.partial(torch.optim.Adam, lr=0.5)), "lr=0.001, now it is 0.5"),
        (dict(optimizer=functools.partial(torch.optim.SGD, lr=0.001)), "optimizer=Adam, now it is SGD"),
        (dict(train=tuple(part[:30] for part in data())), r"samples=\[40, 4\], now it is \[30, 4\]"),
        (dict(model=nn.Linear(4, 2)), "another model"),
    ],
)
def test_other_settings_are_not_mixed_into_a_run(change, message, saved):
    with pytest.raises(ValueError, match=message):
        d2lite.fit(
            **dict(model=network(), train=data(), num_epochs=4, callbacks=[Checkpoint(saved)]) | change
        )


def test_a_failed_write_leaves_the_last_checkpoint(saved, monkeypatch):
    before = saved.read_bytes()

    def fail(*arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        d2lite.fit(network(), data(), num_epochs=3, callbacks=[Checkpoint(saved)])
    assert saved.read_bytes() == before


def test_every_must_be_epoch_or_a_number_of_steps():
    for wrong in (0, 1.5, "step", True):
        with pytest.raises(ValueError, match="expected 'epoch' or a number of steps"):
            Checkpoint("run", every=wrong)
