"""What something is, as a short text: the same in every process, another one when it would train otherwise."""

import functools
import hashlib
import os
import re
import sys
import types

import numpy as np
import torch
from torch import nn

_PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, np.dtype)
_OTHERS = sys.stdlib_module_names | {
    "torch",
    "numpy",
    "d2lite",
}  # known by name; their code is their version's
_INSIDES = set(vars(nn.Module()))  # hooks, the mode, and the three dicts of tensors and children


def digest(value, leave_out=()):
    """Return 12 hexadecimal digits that stand for a value: numbers, tensors, functions, objects, and what these hold.

    Functions and classes count by their code (comments and layout do not), tensors by their numbers. The
    weights of a network do not count: `structure` is for networks.

    Args:
        value: anything.
        leave_out: attributes of objects that do not count, by name.
    """
    return hashlib.sha256("\n".join(parts(value, leave_out)).encode()).hexdigest()[:12]


def structure(model):
    """Return a digest of a network without its weights: layers, their settings and code, and what is trained."""
    shapes = [(name, [*p.shape], str(p.dtype), p.requires_grad) for name, p in model.named_parameters()]
    return digest([shapes, *((name, _Layer(module)) for name, module in model.named_modules())])


class _Layer:
    """A module by its class and plain attributes, without its tensors and children."""

    def __init__(self, module):
        self.kind = type(module)
        own = {name: value for name, value in vars(module).items() if name not in _INSIDES}
        self.settings = {name: value for name, value in own.items() if not _holds_tensors(value)}


def _holds_tensors(value):
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple)):
        value = [value]
    return any(isinstance(part, (torch.Tensor, nn.Module)) for part in value)


def parts(value, leave_out=(), seen=None):
    """Yield the texts that a value stands for."""
    seen = {} if seen is None else seen
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, _PLAIN):
        yield repr(value)
    elif id(value) in seen:
        yield f"again {seen[id(value)][0]}"
    else:
        seen[id(value)] = len(seen), value  # kept alive: another object could get its id
        yield type(value).__qualname__
        for part in _inside(value, leave_out):
            yield from parts(part, leave_out, seen)


def _inside(value, leave_out):
    """Return what a value consists of, as values that `parts` knows."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return _numbers(value)
    if isinstance(value, nn.Module):
        trained = any(parameter.requires_grad for parameter in value.parameters())
        return [
            structure(value)
            if trained
            else (_Layer(value), value._buffers, value._parameters, value._modules)
        ]
    if isinstance(value, torch.Generator):
        return [value.get_state()]
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, (types.FunctionType, type)) and _is_known(value):
        return [f"{value.__module__}.{value.__qualname__}"]
    if isinstance(value, types.FunctionType):
        return _code(value)
    if isinstance(value, type):
        return [value.__qualname__, value.__bases__, _members(value)]
    if isinstance(value, (types.BuiltinFunctionType, types.ModuleType)):
        return [value.__name__]
    if isinstance(value, property):
        return [value.fget]
    return _contents(value, leave_out)


def _contents(value, leave_out):
    """Return what a container or any other object holds."""
    if isinstance(value, dict):
        inside = [*value.items()]
    else:
        inside = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else []
        inside += value if isinstance(value, (list, tuple)) else []
    if type(value) in (dict, list, tuple, set, frozenset):
        return inside
    attributes = _attributes(value)
    if isinstance(value, os.PathLike) or not (inside or attributes):
        return [type(value), re.sub(" at 0x[0-9a-fA-F]+", "", repr(value))]
    return [type(value), inside, {name: part for name, part in attributes.items() if name not in leave_out}]


def _numbers(array):
    if isinstance(array, torch.Tensor):
        if array.requires_grad:  # it is trained
            return [str(array.dtype), [*array.shape]]
        shape = [*array.shape]
        array = array.detach().cpu().contiguous()
        kind, array = str(array.dtype), array.reshape(-1).view(torch.uint8).numpy() if array.numel() else b""
    else:
        kind, shape = str(array.dtype), [*array.shape]
        if array.dtype.hasobject:
            return [kind, shape, array.tolist()]
        array = np.ascontiguousarray(array)
    return [kind, shape, hashlib.sha256(array).hexdigest()]


def _attributes(value):
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    return {name: getattr(value, name) for name in slots if hasattr(value, name)} | getattr(
        value, "__dict__", {}
    )


def _is_known(value):
    """Return whether a function or class is of torch, NumPy, the standard library or another installed package."""
    module = value.__module__ or ""
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return module.partition(".")[0] in _OTHERS or "site-packages" in file


def _members(kind):
    members = vars(kind)
    return {k: v for k, v in members.items() if not k.startswith("__") or isinstance(v, types.FunctionType)}


def _code(function):
    """Return a function's byte code, its defaults, and the globals and outer variables that it names."""
    codes, names, inside = [function.__code__], set(), []
    for code in codes:
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
        constants = [c for c in code.co_consts if not isinstance(c, types.CodeType)]
        inside.append((code.co_code, code.co_names, code.co_varnames, constants))
        names.update(code.co_names)
    cells = [_content(cell) for cell in function.__closure__ or ()]
    used = {name: function.__globals__[name] for name in sorted(names) if name in function.__globals__}
    return [*inside, function.__defaults__, function.__kwdefaults__, cells, used]


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None
