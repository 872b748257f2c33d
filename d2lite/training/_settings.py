"""What must not change between the parts of one run: plain values, and digests of all else."""

import numpy as np
import torch

from d2lite.training._callbacks import EarlyStopping, Schedule
from d2lite.training._identity import attributes, digest, moved, parts_of, texts

_MOVED = {"lr", "initial_lr", "max_lr", "min_lr", "momentum", "betas", "max_momentum", "base_momentum"}


def what_moves(run):
    """Return the names of what a step changes in the model, the loss and the optimizer: these are no settings.

    A step was rehearsed with copies, which are compared with what they are copies of: a layer may count its calls or
    record what it computes.
    """
    return [f"{part} {name}" for part, held, copy in _trained(run) for name in moved(held, copy)]


def _trained(run):
    """Return (name, the part of a run, its copy that has taken a step or None)."""
    parts = {"model": run.model, "loss": run.loss, "optimizer": run.optimizer}
    copies = run.rehearsed or (None, None, None)
    return list(zip(parts, parts.values(), copies, strict=True))


def settings_of(run, moving, callbacks):
    """Return what decides a run, {name: plain value or digest}.

    Args:
        run: the `Run`.
        moving: what does not count, as `what_moves` found it when the run began.
        callbacks: dict of name to callback, checkpoints left out.
    """
    moves = _by_part(run, moving)
    found = {
        "seed": run.seed,
        **run.batches.identity,
        "model": run.model,
        "frozen parts": run.frozen,
        "loss": f"#{digest(run.loss, moves, _learned(run, moves))}",
        "metrics": list(run.metrics),
        "function among the metrics": list(run.metrics.values()),
        "optimizer": type(run.optimizer).__name__,
        "code of the optimizer": type(run.optimizer),
        **_optimizer_settings(run, moves),
        **_callback_settings(callbacks),
    }
    if run.validation is not None:
        found |= {f"validation {name}": value for name, value in run.validation.identity.items()}
    found |= {f"generator {i}": generator for i, generator in enumerate(run.batches.generators[:1], 1)}
    return {name: _comparable(value, moves) for name, value in found.items()}


def _by_part(run, moving):
    """Return {id of a part: set of the attributes that move} for the modules and objects that train."""
    found = {}
    for part, held, _ in _trained(run):
        for name, inner in parts_of(held):
            start = f"{part} {name}."
            names = {text.removeprefix(start) for text in moving if text.startswith(start)}
            found[id(inner)] = found.get(id(inner), set()) | names
    return found


def _learned(run, moves):
    """Return the ids of the tensors that the run trains, or that move with it: in a loss their numbers do not count."""
    found = [*run.model.parameters(), *run.model.buffers()]
    found += [parameter for group in run.optimizer.param_groups for parameter in group["params"]]
    for _, inner in parts_of(run.loss):
        found += [value for name, value in attributes(inner).items() if name in moves[id(inner)]]
    return set(map(id, found))


def _comparable(value, moves):
    """Return plain values as they are, a digest of anything else."""
    if isinstance(value, np.generic) or (isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim == 0):
        value = value.item()
    if isinstance(value, (list, tuple)) and all(type(part) in (bool, int, float, str) for part in value):
        return list(value)
    return value if type(value) in (type(None), bool, int, float, str) else f"#{digest(value, moves)}"


def _optimizer_settings(run, moves):
    """Return the settings of the optimizer's groups; those that a schedule moves, as the optimizer was made."""
    moved = _MOVED if any(isinstance(callback, Schedule) for callback in run.callbacks) else ()
    own = attributes(run.optimizer)
    found = {f"optimizer's {name}": own[name] for name in own if name not in moves[id(run.optimizer)]}
    for i, group in enumerate(run.optimizer.param_groups, 1):
        options = {**{k: v for k, v in run.optimizer.defaults.items() if k in moved}, **group}
        for name, value in options.items():
            number = f" of group {i}" if len(run.optimizer.param_groups) > 1 else ""
            if name == "params":
                found[f"parameters of the optimizer{number}"] = [str([*p.shape]) for p in value]
            elif name not in moved:
                found[f"{name}{number}"] = value
            elif name in run.optimizer.defaults:
                found[f"{name}{number}"] = run.optimizer.defaults[name]
    return found


def _callback_settings(callbacks):
    """Return what the callbacks that change the run were made with."""
    found = {}
    for name, callback in callbacks.items():
        changes = {"model", "optimizer", "stop", "batches"} & texts(type(callback))
        if not changes and not isinstance(callback, (EarlyStopping, Schedule)):
            continue
        name = name.removesuffix(" 1")
        found[f"callback {name}"] = type(callback)
        found |= {f"{name}'s {argument}": value for argument, value in callback.arguments.items()}
    return found
