"""What decides a training run, as short texts: what trains counts by what it is, and not by the numbers it has reached.

A network counts by its layers, their settings and code; a trained tensor by its shape; an optimizer by its class and
its defaults; a scheduler without what it moves; NumPy's numbers as Python's. What cannot be compared, such as an open
file in a dataset, counts by its type and name: a sweep refuses it, since its runs are looked up by their key for years,
while a checkpoint belongs to one script, whose labels, settings and code are compared all the same.
"""

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


def digest(value):
    """Return 12 hexadecimal digits that stand for a value."""
    return Reader(instead=_instead).digest(value)[:12]


def texts(value):
    """Return the short texts in a value's code: the names that it uses among them."""
    reader = Reader(instead=_instead)
    reader.digest(value)
    return reader.texts


def _instead(value):
    """Return what counts of a value that trains or whose place does not matter, or the value itself."""
    if isinstance(value, nn.Module):
        return _network(value)
    if isinstance(value, torch.Tensor):
        content = None if value.requires_grad or value.is_meta else tensor_content(value)
        return "tensor", str(value.dtype), [*value.shape], content
    if isinstance(value, torch.Generator):
        return value.get_state()
    if isinstance(value, torch.optim.Optimizer):
        return type(value), value.defaults
    if isinstance(value, torch.optim.lr_scheduler.LRScheduler):
        return type(value), {name: part for name, part in vars(value).items() if name not in _MOVING}
    return value.item() if isinstance(value, np.generic) else value


def _network(model):
    """Return a network's layers, their settings and what is trained; its numbers too if nothing is."""
    named = [*model.named_parameters(), *model.named_buffers()]
    trained = any(tensor.requires_grad for _, tensor in named)
    shapes = [(name, [*p.shape], str(p.dtype), p.requires_grad) for name, p in model.named_parameters()]
    layers = [(name, type(module), _settings(module)) for name, module in model.named_modules()]
    return shapes, layers, {} if trained else dict(named)


def _settings(module):
    """Return a module's plain attributes, without its tensors and children."""
    if hasattr(module, "_orig_mod"):
        return {}  # torch.compile's, around a module that counts itself
    own = {name: value for name, value in vars(module).items() if name not in _INSIDES}
    return {name: value for name, value in own.items() if not _holds_tensors(value)}


def _holds_tensors(value):
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        value = [value]
    return any(isinstance(part, (torch.Tensor, nn.Module)) for part in value)
