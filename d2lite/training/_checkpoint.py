"""A run that survives being killed: its whole state on disk, and no half-written file is ever read."""

import os
import zipfile
from pathlib import Path

import torch

from d2lite._utils.state import get_random_state, set_random_state
from d2lite.training._callbacks import Callback

FORMAT = "d2lite checkpoint 1"


class Checkpoint(Callback):
    """Save a run as it goes, and resume it when the same script is started again.

    Kill the process at any moment and run the same lines again: `fit` goes on where the file says, and ends
    with the very weights and history of a run that was never broken (on the same machine and thread count;
    with a DataLoader, if its workers are not persistent). A finished run returns at once; with a larger
    num_epochs it goes on. Delete the file to start anew.

    Args:
        path: the file; its folder is made if needed.
        every: "epoch", or a number of steps after which to save within an epoch too.

    Raises:
        ValueError: the file is damaged, is no checkpoint, or belongs to a run with other settings.
    """

    def __init__(self, path, every="epoch"):
        if every != "epoch" and (isinstance(every, bool) or not isinstance(every, int) or every < 1):
            raise ValueError(f"every is {every!r}: expected 'epoch' or a number of steps, at least 1")
        self.path, self.every = Path(path), every

    def on_train_start(self, run):
        if self.path.exists():
            _restore(run, _load(self.path, run.device), self.path)

    def on_step_end(self, run):
        if self.every != "epoch" and run.step % self.every == 0 and run.step != run.num_steps:
            self.save(run)

    def on_epoch_end(self, run):
        self.save(run)

    def save(self, run):
        """Write the run's state: into a neighbouring file first, which then takes the old one's place."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(self.path.name + ".tmp")
        with open(temporary, "wb") as file:
            torch.save(_capture(run), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)
        if os.name == "posix":  # the new name itself must be on disk, too
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _settings(run):
    """Return what must not change between the parts of one run, as plain values."""
    options = {
        k: v for k, v in run.optimizer.defaults.items() if isinstance(v, (bool, int, float, str, tuple, list))
    }
    return {
        "seed": run.seed,
        **run.batches.fingerprint,
        "optimizer": type(run.optimizer).__name__,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in options.items()},
    }


def _callback_states(run):
    """Return {name: callback} for the callbacks, numbered where a class comes twice."""
    names = [type(callback).__name__ for callback in run.callbacks]
    return {f"{name} {names[:i].count(name) + 1}": run.callbacks[i] for i, name in enumerate(names)}


def _capture(run):
    return {
        "format": FORMAT,
        "settings": _settings(run),
        "model": run.model.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "callbacks": {name: callback.state_dict() for name, callback in _callback_states(run).items()},
        "history": {"rows": run.history.rows, "step_losses": run.history.step_losses},
        "epoch": run.epoch,
        "step": run.step,
        "stop": run.stop,
        "losses": run.losses,
        "sizes": run.sizes,
        "metric_sums": run.metric_sums,
        "epoch_random": run.epoch_random,
        "random": get_random_state(run.batches.generators, run.device),
    }


def _load(path, device):
    advice = "delete it to start anew, or give another path"
    try:
        with zipfile.ZipFile(path) as file:  # torch writes checksums and does not read them
            if file.testzip() is not None:
                raise zipfile.BadZipFile(path)
        state = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:
        raise ValueError(
            f"cannot read the checkpoint {path}: it is damaged or another kind of file; {advice}"
        ) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"{path} is no checkpoint of a d2lite run of this version; {advice}")
    return state


def _restore(run, state, path):
    advice = "use the same settings, delete the file, or give another path"
    now = _settings(run)
    for name in {**state["settings"], **now}:
        before, after = state["settings"].get(name), now.get(name)
        if before != after:
            raise ValueError(
                f"the checkpoint {path} was made with {name}={before}, now it is {after}: {advice}"
            )
    if state["epoch"] > run.num_epochs:
        raise ValueError(
            f"the checkpoint {path} holds {state['epoch']} epochs, "
            f"more than num_epochs={run.num_epochs}: {advice}"
        )
    try:
        run.model.load_state_dict(state["model"])
        run.optimizer.load_state_dict(state["optimizer"])
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"the checkpoint {path} was made with another model: {advice}") from error
    for name, callback in _callback_states(run).items():
        if state["callbacks"].get(name):
            callback.load_state_dict(state["callbacks"][name])
    run.history.rows[:] = state["history"]["rows"]
    run.history.step_losses[:] = state["history"]["step_losses"]
    for name in ("epoch", "step", "stop", "losses", "sizes", "metric_sums", "epoch_random"):
        setattr(run, name, state[name])
    run.step_random = state["random"]
    set_random_state(state["random"], run.batches.generators, run.device)
