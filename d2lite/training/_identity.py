"""What decides a training run, as short texts: what trains counts by what it is, and not by the numbers it has reached.

A network counts by its layers, their settings and code; a trained tensor by its shape; an optimizer by its class and
its defaults; a scheduler without what it moves; NumPy's numbers as Python's. What a layer records as it is called does
not count; that is known of what was tried on a copy (`moved`). What cannot be compared, such as an open
file in a dataset, counts by its type and name: a sweep refuses it, since its runs are looked up by their key for years,
while a checkpoint belongs to one script, whose labels, settings and code are compared all the same.
"""

import functools
import types

import numpy as np
import torch
from torch import nn

from d2lite._utils.identity import Reader, tensor_content

_MOVING = {  # what a scheduler changes as it goes, and the optimizer, which is compared by itself
    "optimizer", "last_epoch", "_step_count", "_last_lr", "_is_initial", "_get_lr_called_within_step", "best",
    "num_bad_epochs", "cooldown_counter", "T_cur", "T_i",
}  # fmt: skip
# Hooks, the mode, and the three dicts of tensors and children; and what torch.compile has made of them.
_INSIDES = {*vars(nn.Module()), "_compiled_call_impl"}
_SCHEDULED = {"step", "_opt_called"}  # what a scheduler writes into its optimizer


def digest(value, moving=None, learned=None):
    """Return 12 hexadecimal digits that stand for a value.

    Args:
        value: anything.
        moving: dict of the id of a module or another object to the names of its attributes that do not count.
        learned: ids of the tensors of which the shape counts alone; None: those that require gradients, and all of a
            network that has one.
    """
    return Reader(instead=functools.partial(_instead, moving=moving or {}, learned=learned)).digest(value)[
        :12
    ]


def texts(value):
    """Return the short texts in a value's code: the names that it uses among them."""
    reader = Reader(instead=functools.partial(_instead, moving={}, learned=None))
    reader.digest(value)
    return reader.texts


def moved(before, after):
    """Return the attributes that differ between a network or another object and its copy, as dotted names.

    Args:
        before: network, or another object.
        after: its copy that has taken a step; None: what holds a tensor, or may come to hold one, counts as moved.
    """
    names = []
    others = parts_of(before if after is None else after)
    for (name, old), (_, new) in zip(parts_of(before), others, strict=True):
        held, later = attributes(old), attributes(new)
        for attribute in {**held, **later}:
            value = held.get(attribute)
            if after is None:
                differs = value is None or _holds(value, torch.Tensor)
            else:
                differs = digest(value) != digest(later.get(attribute))
            names += [f"{name}.{attribute}"] if differs else []
    return names


def parts_of(value):
    """Return (name, module) for the modules of a network; the object itself, or that of a method, for all else."""
    value = value.__self__ if isinstance(value, types.MethodType) else value
    return list(value.named_modules()) if isinstance(value, nn.Module) else [("", value)]


def attributes(part):
    """Return what a module, an optimizer or another object holds, without what torch itself keeps there."""
    if isinstance(part, (type, types.FunctionType, types.ModuleType)) or hasattr(part, "_orig_mod"):
        return {}  # torch.compile's is around a module that counts itself
    torchs = _INSIDES if isinstance(part, nn.Module) else ()
    if isinstance(part, torch.optim.Optimizer):
        torchs = _SCHEDULED | _optimizers_insides()
    own = {name: value for name, value in getattr(part, "__dict__", {}).items() if name not in torchs}
    return own | part._buffers if isinstance(part, nn.Module) else own


@functools.cache
def _optimizers_insides():
    """Return the names of what torch itself keeps in every optimizer."""
    return {*vars(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1))}


def _instead(value, moving, learned):
    """Return what counts of a value that trains or whose place does not matter, or the value itself."""
    if isinstance(value, nn.Module):
        return _network(value, moving, learned)
    if isinstance(value, torch.Tensor):
        trained = value.requires_grad if learned is None else id(value) in learned
        content = None if trained or value.is_meta else tensor_content(value)
        return "tensor", str(value.dtype), [*value.shape], content
    if isinstance(value, torch.Generator):
        return value.get_state()
    if isinstance(value, torch.optim.Optimizer):
        return type(value), value.defaults
    if isinstance(value, torch.optim.lr_scheduler.LRScheduler):
        return type(value), {name: part for name, part in vars(value).items() if name not in _MOVING}
    if moving.get(id(value)):
        return type(value), {n: part for n, part in attributes(value).items() if n not in moving[id(value)]}
    return value.item() if isinstance(value, np.generic) else value


def _network(model, moving, learned):
    """Return a network's layers, their settings and what is trained; the numbers of what is not."""
    named = [*model.named_parameters(), *model.named_buffers()]
    shapes = [(name, [*p.shape], str(p.dtype), p.requires_grad) for name, p in model.named_parameters()]
    layers = [(name, type(module), _settings(module, moving)) for name, module in model.named_modules()]
    if learned is None:
        fixed = {} if any(tensor.requires_grad for _, tensor in named) else dict(named)
    else:
        fixed = {name: tensor for name, tensor in named if id(tensor) not in learned}
    return shapes, layers, fixed


def _settings(module, moving):
    """Return a module's plain attributes that do not move.

    A tensor may be a setting, such as a mask, or what was computed last: it counts if it is known not to move.
    """
    known = id(module) in moving
    skipped = (nn.Parameter, nn.Module) if known else (torch.Tensor, nn.Module)
    moves = {*module._buffers, *moving.get(id(module), ())}
    own = {name: value for name, value in attributes(module).items() if name not in moves}
    return {name: value for name, value in own.items() if not _holds(value, skipped)}


def _holds(value, kinds):
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        value = [value]
    return any(isinstance(part, kinds) for part in value)
