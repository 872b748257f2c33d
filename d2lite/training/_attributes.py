"""What a model, a loss and an optimizer hold beside their state dicts, as a resumed run must find it again.

An optimizer written by hand may keep its momentum in a list of its own, a model a running mean, a loss a number that
grows; a callback may have turned a dropout down. Parameters, what else requires gradients, and objects of other
classes are left as they are.
"""

import collections

import numpy as np
import torch
from torch import nn

from d2lite.training._identity import attributes, digest, parts_of

_PLAIN = (type(None), bool, int, float, complex, str, torch.dtype, torch.device)
_DICTS = (dict, collections.OrderedDict, collections.Counter)


def held_by(run):
    """Return {"model", "loss" or "optimizer" and a part's name: {attribute: value}} of a run.

    Raises:
        TypeError: the optimizer changes tensors that it holds in what cannot be kept, such as a dict of parameters, or
            holds another optimizer, whose state is not in its own state dict.
    """
    found = {}
    for name, part in _parts(run):
        own = attributes(part)
        kept = {key: value for key, value in own.items() if key not in _saved(part) and _is_kept(value)}
        found[name] = kept
        if isinstance(part, torch.optim.Optimizer):
            _check_inner(part, own)
        lost = [k for k in own if k not in kept and f"{name}.{k}" in run.moving and _holds_tensors(own[k])]
        if lost and isinstance(part, torch.optim.Optimizer):
            raise TypeError(
                f"the optimizer keeps tensors in {lost[0]}, a {type(own[lost[0]]).__name__}: expected them in "
                "self.state[parameter], or in a list, which a checkpoint can keep"
            )
    return found


def _check_inner(optimizer, own):
    """Raise a TypeError if an optimizer holds another, as Lookahead does, of which torch's state dict knows nothing."""
    if type(optimizer).state_dict is not torch.optim.Optimizer.state_dict:
        return
    for name, value in own.items():
        parts = value if isinstance(value, (list, tuple)) else [value]
        inner = next((part for part in parts if isinstance(part, torch.optim.Optimizer)), None)
        if inner is not None:
            raise TypeError(
                f"the optimizer holds another in {name}, {type(inner).__name__}: expected one with state_dict() and "
                "load_state_dict() of its own, which keep the other's state, too"
            )


def take_up(run, found):
    """Give the parts of a run what `held_by` returned."""
    for name, part in _parts(run):
        now = attributes(part)
        for key, value in found.get(name, {}).items():
            if key not in now or digest(now[key]) != digest(value):
                setattr(part, key, _taken_up(now.get(key), value))


def _parts(run):
    parts = {"model": run.model, "loss": run.loss, "optimizer": run.optimizer}
    return [(f"{place} {name}", inner) for place, part in parts.items() for name, inner in parts_of(part)]


def _saved(part):
    """Return the names of the buffers that a state dict holds."""
    return {*part._buffers} - part._non_persistent_buffers_set if isinstance(part, nn.Module) else ()


def _is_kept(value):
    if isinstance(value, torch.Tensor):
        return type(value) is torch.Tensor and not value.requires_grad
    if type(value) in _DICTS:
        return all(type(key) in _PLAIN for key in value) and all(map(_is_kept, value.values()))
    if type(value) in (list, tuple):
        return all(map(_is_kept, value))
    return type(value) in _PLAIN or (isinstance(value, np.generic) and value.dtype.kind in "biufc")


def _holds_tensors(value):
    parts = [*value.values()] if isinstance(value, dict) else value
    return isinstance(parts, (list, tuple, collections.deque)) and any(map(torch.is_tensor, parts))


def _taken_up(now, value):
    """Return what is to be held in place of what is now: a list or a dict changed itself, as others may hold it too.

    Tensors are left as they are where they are equal, such as the very weights, and else replaced, on the device of
    the old one, and not written into: what a layer recorded may be a sample of the data.
    """
    if type(now) is type(value) is list:
        old = [*now, *[None] * len(value)]
        now[:] = [_taken_up(*pair) for pair in zip(old, value, strict=False)]
        return now
    if type(now) is type(value) and isinstance(now, dict):
        new = {key: _taken_up(now.get(key), part) for key, part in value.items()}
        now.clear()
        now.update(new)
        return now
    if torch.is_tensor(now) and torch.is_tensor(value):
        return now if digest(now) == digest(value) else value.to(now.device)
    return value
