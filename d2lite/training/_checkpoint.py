"""A run that survives being killed: its whole state on disk, and no half-written file is ever read."""

import collections
import zipfile

import numpy as np
import torch
from torch import nn

from d2lite._utils.checks import check_count
from d2lite._utils.files import make_writable, replacing, user_path
from d2lite._utils.state import generators_in, get_random_state, set_random_state
from d2lite.training._attributes import held_by, take_up
from d2lite.training._callbacks import Callback
from d2lite.training._settings import settings_of, what_moves

FORMAT = "d2lite checkpoint 6"


class Checkpoint(Callback):
    """Save a run as it goes, and resume it when the same script is started again.

    Kill the process at any moment and run the same lines again: `fit` goes on where the file says, and ends
    with the very weights and history of a run that was never broken (on the same machine and thread count;
    with a DataLoader, if its workers are not persistent). A finished run says that nothing is left to do and
    returns at once; with a larger num_epochs it goes on. Delete the file to start anew.

    What decides a run must be as it was: data and labels, loss, metrics, layers and their settings,
    optimizer, schedule, seed, batch size, the loader's way of sampling, and callbacks that change the run;
    also the code of those functions and classes that are your own. From the file come the weights, whatever
    the model holds, which of them a callback has frozen or thawed, what a loss that is a module has learned,
    and what the model, the loss and the optimizer count or record in attributes of their own: numbers, texts,
    tensors, and lists and dicts of these. A sampler must be made anew, and goes on with the numbers and texts
    that it held, such as of its epochs. Another network that a loss uses, a teacher, must be as it was.

    Args:
        path: the file; its folder is made if needed.
        every: "epoch", or a number of steps after which to save within an epoch too.

    Raises:
        ValueError: the file is damaged, is no checkpoint, or belongs to a run with other settings.
        OSError: the folder cannot be made or written.
        TypeError: a callback's or a module's state holds what a checkpoint cannot keep, or an optimizer of
            your own keeps tensors where none can be, or another optimizer that its state dict leaves out.
    """

    def __init__(self, path, every="epoch"):
        if every != "epoch":
            try:
                every = check_count(every, "every")
            except ValueError as error:
                raise ValueError(
                    f"every is {every!r}: expected 'epoch' or a number of steps, at least 1"
                ) from error
        self.path, self.every = user_path(path), every

    def on_train_start(self, run):
        if self.path.is_dir():
            raise ValueError(f"path is {str(self.path)!r}, a folder: expected a file in it")
        state = _load(self.path, run.device) if self.path.exists() else None
        _settle(run, state)
        if state is not None:
            _restore(run, run.settings, state, self.path)
        run.team.check_place((run.epoch, run.step), self.path)
        if run.epoch < run.num_epochs:
            make_writable(self.path.parent, "path")  # told now, and not when the first epoch is over
        if self.path.exists() and (run.stop or run.epoch >= run.num_epochs) and run.rank == 0:
            print(f"{self.path} holds a finished run of {run.epoch} epochs: nothing left to do")
        _capture(run)  # raises now what would else be raised when the first epoch is over

    def on_step_end(self, run):
        if self.every != "epoch" and run.step % self.every == 0 and run.step != run.num_steps:
            run.check_weights(f"in step {run.step}")  # the next loss would tell, when the file is spoilt, too
            self.save(run)

    def on_epoch_end(self, run):
        self.save(run)

    def save(self, run):
        """Write the run's state: into a neighbouring file first, which then takes the old one's place.

        Where several processes train one model, the first writes and all of them resume from the file.
        """
        if run.rank:
            return
        _settle(run)
        state = _capture(run)
        try:
            with replacing(self.path) as file:
                torch.save(state, file)
        except OSError as error:
            raise OSError(
                error.errno,
                f"path is {str(self.path)!r}, which cannot be written ({error.strerror or error}): expected room for "
                "the run; make some, and call fit again: it goes on from what was saved before",
            ) from error


def _settle(run, state=None):
    """Note what decides the run, unless that is done; state: that of the file, if there is one."""
    if run.settings is not None:
        return
    run.moving = what_moves(run) if state is None else state["moving"]
    states = _callback_states(run).items()
    others = {name: callback for name, callback in states if not isinstance(callback, Checkpoint)}
    run.settings = settings_of(run, run.moving, others)


def _callback_states(run):
    """Return {name: callback} for the callbacks, numbered where a class comes twice."""
    names = [type(callback).__name__ for callback in run.callbacks]
    return {f"{name} {names[:i].count(name) + 1}": run.callbacks[i] for i, name in enumerate(names)}


def _generators(run):
    """Return {name: generators} for callbacks of one's own, which may draw from some."""
    states = _callback_states(run).items()
    return {name: generators_in(c) for name, c in states if not type(c).__module__.startswith("d2lite.")}


def _capture(run):
    state = {
        "format": FORMAT,
        "settings": run.settings,
        "moving": run.moving,
        "model": run.model.state_dict(),
        "trained": [name for name, p in run.model.named_parameters() if p.requires_grad],
        "loss": run.loss.state_dict() if isinstance(run.loss, nn.Module) else {},
        "optimizer": run.optimizer.state_dict(),
        "attributes": held_by(run),
        "callbacks": {name: callback.state_dict() for name, callback in _callback_states(run).items()},
        "history": {"rows": run.history.rows, "step_losses": run.history.step_losses},
        "epoch": run.epoch,
        "step": run.step,
        "stop": bool(run.stop),
        "losses": run.losses,
        "sizes": run.sizes,
        "metric_sums": run.metric_sums,
        "drawn": {name: get_random_state(held)["generators"] for name, held in _generators(run).items()},
        "epoch_random": run.epoch_random,
        "counts": run.epoch_counts if run.step else run.batches.counts,
        "random": get_random_state(run.batches.generators, run.device),
    }
    return _plain(state, "the checkpoint")


def _plain(value, name):
    """Return a value with NumPy's numbers as Python's; raise a TypeError for what could not be read again."""
    if type(value) is collections.OrderedDict and all(map(_is_torchs, value.values())):
        return value  # a module's own, with the versions of its parts
    if isinstance(value, dict):
        kind = type(value) if type(value) in (collections.OrderedDict, collections.Counter) else dict
        return kind({key: _plain(part, f"{name}[{key!r}]") for key, part in value.items()})
    if isinstance(value, (list, tuple)):
        return (list if isinstance(value, list) else tuple)(_plain(part, name) for part in value)
    if isinstance(value, np.ndarray) and value.ndim and not value.dtype.hasobject:
        return torch.as_tensor(value.copy())
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.item()
    for kind in (bool, int, float, complex, str):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, torch.Tensor):
        return _alone(value if _is_torchs(value) else value.as_subclass(torch.Tensor))
    if value is None or isinstance(value, (torch.dtype, torch.device)):
        return value
    raise TypeError(
        f"{name} is a {type(value).__name__}: expected what a checkpoint can keep, that is tensors, numbers, strings, "
        "lists and dicts"
    )


def _alone(tensor):
    """Return a tensor, or a copy where it is a part of a larger one, which would all be saved with it."""
    dense = tensor.layout == torch.strided and not tensor.is_nested
    return tensor.detach().clone() if dense and tensor.untyped_storage().nbytes() > tensor.nbytes else tensor


def _is_torchs(value):
    """Whether a value is a tensor of a class that torch reads again; a class of one's own it refuses."""
    return isinstance(value, torch.Tensor) and type(value).__module__.partition(".")[0] == "torch"


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


def _restore(run, now, state, path):
    advice = "use the same settings, delete the file, or give another path"
    for name in {**state["settings"], **now}:
        before, after = state["settings"].get(name), now.get(name)
        if before != after:
            change = f"{name}={before}, now it is {after}"
            if str(before).startswith("#") or str(after).startswith("#"):
                change = f"{'another' if before and after else 'no' if after else 'a'} {name}"
            raise ValueError(f"the checkpoint {path} was made with {change}: {advice}")
    if state["epoch"] > run.num_epochs:
        raise ValueError(
            f"the checkpoint {path} holds {state['epoch']} epochs, "
            f"more than num_epochs={run.num_epochs}: {advice}"
        )
    try:
        run.model.load_state_dict(state["model"])
        if isinstance(run.loss, nn.Module):
            run.loss.load_state_dict(state["loss"])
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"the checkpoint {path} was made with another model: {advice}") from error
    try:
        run.optimizer.load_state_dict(state["optimizer"])
    except ValueError as error:
        raise ValueError(
            f"the checkpoint {path} was made with other parameters in the optimizer: expected the groups that a "
            f"callback has added to be there from the start, with lr=0 ({error}); {advice}"
        ) from error
    take_up(run, state["attributes"])
    for name, parameter in run.model.named_parameters():
        parameter.requires_grad_(name in state["trained"])  # a callback may have thawed layers
    for name, callback in _callback_states(run).items():
        if state["callbacks"].get(name):
            callback.load_state_dict(state["callbacks"][name])
    run.history.rows[:] = state["history"]["rows"]
    run.history.step_losses[:] = state["history"]["step_losses"]
    for name in ("epoch", "step", "stop", "losses", "sizes", "metric_sums", "epoch_random"):
        setattr(run, name, state[name])
    run.step_random, run.batches.counts = state["random"], state["counts"]
    for name, held in _generators(run).items():
        if name in state["drawn"]:  # those that only watch may come and go
            set_random_state({**state["random"], "generators": state["drawn"][name]}, held)
    set_random_state(state["random"], run.batches.generators, run.device)
