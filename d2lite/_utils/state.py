"""State that is kept: random state as plain values that a checkpoint can hold, and a model's train or eval mode."""

import collections
import contextlib
import copy
import functools
import random
import types

import numpy as np
import torch

from d2lite._utils.bytecode import names_loaded

_GENERATORS = (torch.Generator, np.random.Generator, np.random.RandomState, random.Random)
_GLOBAL = (torch.default_generator, random._inst, np.random.mtrand._rand)
_OTHERS = ("torch", "numpy", "builtins", "random", "d2lite")
_MOST = 100  # a longer list or dict holds samples, and not what makes them
_MOST_LOOKED_AT = 10_000


def generators_in(*owners):
    """Return the random generators that objects hold, or that their code names: torch's, NumPy's and Python's own.

    Args:
        owners: data sets, samplers, functions, modules; what they hold is looked through, too.
    """
    found, seen, waiting = [], {}, collections.deque(owners)
    while waiting and len(seen) < _MOST_LOOKED_AT:
        value = waiting.popleft()
        if id(value) in seen or any(value is everyones for everyones in _GLOBAL):
            continue
        seen[id(value)] = value
        if isinstance(value, _GENERATORS):
            found.append(value)
        else:
            waiting += _held_by(value)
    return found


def _held_by(value):
    """Return what a value holds, as far as a random generator may be among it."""
    if isinstance(value, (torch.Tensor, np.ndarray, str, bytes, types.ModuleType)):
        return []
    if isinstance(value, (dict, list, tuple)):
        parts = value.values() if isinstance(value, dict) else value
        return list(parts) if len(value) <= _MOST else []
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, (staticmethod, classmethod, property)):
        return [value.fget if isinstance(value, property) else value.__func__]
    if (getattr(value, "__module__", None) or "").partition(".")[0] in _OTHERS:
        return [getattr(value, "__dict__", {})] if not isinstance(value, (type, types.FunctionType)) else []
    if isinstance(value, types.FunctionType):
        held = [*map(_content, value.__closure__ or ()), value.__defaults__, value.__kwdefaults__]
        return [*held, *_named_by(value)]
    if isinstance(value, type):
        return [part for kind in value.__mro__[:-1] for part in vars(kind).values()]
    return [type(value), object.__getstate__(value)]  # slots, too


def _named_by(function):
    """Return the globals that a function's code names, and the attributes of modules, in a fixed order."""
    found = []
    for first, *rest in sorted(names_loaded(function.__code__)):
        value = function.__globals__.get(first)
        while isinstance(value, types.ModuleType) and rest:
            value = vars(value).get(rest.pop(0))  # what is imported on first use stays so
        found.append(value)
    return found


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None


def get_random_state(generators=(), device="cpu"):
    """Return the state of torch, NumPy, Python and the given torch generators.

    Args:
        generators: generators of torch, NumPy or Python, in a fixed order.
        device: torch device; an accelerator's state is kept too.

    Returns:
        dict of tensors, numbers, strings and lists only, as ``torch.load(weights_only=True)`` accepts.
    """
    state = {
        "torch": torch.get_rng_state(),
        "python": _state_of(random),
        "numpy": _state_of(np.random),
        "generators": [_state_of(generator) for generator in generators],
    }
    if torch.device(device).type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    elif torch.device(device).type == "mps":
        state["mps"] = torch.mps.get_rng_state()
    return state


def set_random_state(state, generators=(), device="cpu"):
    """Bring back what `get_random_state` returned, for the same generators and device."""
    torch.set_rng_state(state["torch"].cpu())
    _set_state(random, state["python"])
    _set_state(np.random, state["numpy"])
    for generator, generator_state in zip(generators, state["generators"], strict=True):
        _set_state(generator, generator_state)
    if "cuda" in state and torch.device(device).type == "cuda":
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)
    elif "mps" in state and torch.device(device).type == "mps":
        torch.mps.set_rng_state(state["mps"].cpu())


def set_seed(number, device="cpu"):
    """Set the state that `get_random_state` returns, and no other: other devices keep theirs."""
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002
    torch.default_generator.manual_seed(number)
    if torch.device(device).type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(number)
    elif torch.device(device).type == "mps":
        torch.mps.manual_seed(number)


def _state_of(source):
    if isinstance(source, torch.Generator):
        return source.get_state()
    if hasattr(source, "getstate"):  # Python's
        version, numbers, gauss = source.getstate()
        return [version, torch.tensor(numbers), gauss]
    if isinstance(source, np.random.Generator):
        return _converted(source.bit_generator.state, np.ndarray, torch.from_numpy)
    state = source.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        return _converted(state, np.ndarray, torch.from_numpy)
    name, key, *rest = source.get_state()
    return [name, torch.tensor(key.astype(np.int64)), *rest]


def _set_state(source, state):
    if isinstance(source, torch.Generator):
        source.set_state(state.cpu())
    elif hasattr(source, "setstate"):
        version, numbers, gauss = state
        source.setstate((version, tuple(numbers.tolist()), gauss))
    elif isinstance(state, dict):
        state = _converted(state, torch.Tensor, lambda tensor: tensor.cpu().numpy())
        if isinstance(source, np.random.Generator):
            source.bit_generator.state = state
        else:
            source.set_state(state)
    else:
        name, key, *rest = state
        source.set_state((name, key.cpu().numpy().astype(np.uint32), *rest))


def _converted(state, kind, convert):
    """Return a bit generator's state with its arrays as tensors, or its tensors as arrays, copied."""
    if isinstance(state, dict):
        return {name: _converted(part, kind, convert) for name, part in state.items()}
    return convert(copy.deepcopy(state)) if isinstance(state, kind) else state


@contextlib.contextmanager
def keep_random_state(generators=(), device="cpu"):
    """Bring all random state back to what it was, whatever is drawn meanwhile."""
    state = get_random_state(generators, device)
    try:
        yield
    finally:
        set_random_state(state, generators, device)


def keep_draws():
    """Bring back, after networks were made only to be filled, the random state that their first weights draw from."""
    return keep_random_state(device=torch.empty(0).device)


@contextlib.contextmanager
def keep_mode(model):
    """Bring every module of the model back to the train or eval mode it had."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
