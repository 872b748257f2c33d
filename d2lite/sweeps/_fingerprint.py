"""What a function is, as a short text: the same in every process, another one when its code changes."""

import ast
import dis
import functools
import hashlib
import inspect
import textwrap
import types
from pathlib import Path

import numpy as np

_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.generic)


def name_of(function):
    """Return the function's name without its module: a script's function keeps its name when imported."""
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__qualname__", type(function).__qualname__)


def code_of(function):
    """Return a digest of a function's code, as far as it is in reach.

    It changes with the function itself, with the functions, classes and plain constants that it uses from
    its own module (or notebook, or enclosing function), and with d2lite where that is used. Comments and
    layout do not count; nor do data (arrays, tensors) and the code of other packages.

    Returns:
        20 hexadecimal digits.
    """
    home = function
    while isinstance(home, functools.partial):
        home = home.func
    home = home.__module__ if hasattr(home, "__qualname__") else type(home).__module__
    text = "\n".join(_parts(function, home, {}))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


@functools.cache
def _package():
    """A digest of d2lite itself, explorers aside."""
    digest, root = hashlib.sha256(), Path(__file__).parent.parent
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0] != "widgets":
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _parts(value, home, seen):
    """Yield the texts that a value stands for; code only of what the module `home` defines."""
    if isinstance(value, _PLAIN):
        yield repr(value)
    elif id(value) in seen:
        yield f"again {seen[id(value)][0]}"
    else:
        seen[id(value)] = len(seen), value  # kept alive: another object could get its id
        kind = type(value)
        named = isinstance(value, types.FunctionType | types.BuiltinFunctionType | type)
        inside = _inside(value)
        if kind is types.FunctionType and value.__module__ == home:
            yield _source(value)
            inside = [value.__defaults__, value.__kwdefaults__, _used(value)]
        elif kind.__module__ == home or (named and value.__module__ == home):
            inside = [_members(value), *(value.__bases__ if named else [kind])]
        elif isinstance(value, types.ModuleType):
            yield _foreign(value.__name__)
        elif inside is None:
            yield f"{_foreign(value.__module__)}.{value.__qualname__}" if named else kind.__qualname__
        for item in inside or ():
            yield from _parts(item, home, seen)


def _foreign(module):
    """What stands for another module: its name, and for one of d2lite its code too."""
    return f"{module} {_package()}" if str(module).partition(".")[0] == "d2lite" else str(module)


def _inside(value):
    """What a container or wrapper holds, or None for anything else."""
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    if isinstance(value, staticmethod | classmethod):
        return [value.__func__]
    if isinstance(value, types.MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, property):
        return [value.fget]
    if isinstance(value, dict):
        return [item for pair in value.items() for item in pair]
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    return value if isinstance(value, list | tuple) else None


def _members(value):
    """The attributes of an object or class that its author wrote."""
    members = getattr(value, "__dict__", {})
    return {
        name: item
        for name, item in members.items()
        if not name.startswith("__") or isinstance(item, types.FunctionType)
    }


def _used(function):
    """The globals and outer variables that a function's code names, by name."""
    names, used, codes = set(), {}, [function.__code__]
    while codes:
        code = codes.pop()
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
        for step in dis.get_instructions(code):
            if step.opname == "LOAD_GLOBAL":
                names.add(step.argval)
            elif step.opname == "IMPORT_NAME":
                used[f"import {step.argval}"] = _foreign(step.argval)
    used |= {name: function.__globals__[name] for name in names if name in function.__globals__}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            used[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            used[name] = None
    return dict(sorted(used.items()))


def _source(function):
    """The function's text without comments and layout, or its byte code where there is no whole text."""
    try:
        if function.__name__ != "<lambda>":
            return ast.unparse(ast.parse(textwrap.dedent(inspect.getsource(function))))
    except (OSError, TypeError, SyntaxError):
        pass
    return repr(_bytecode(function.__code__))


def _bytecode(code):
    constants = []
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            constants.append(_bytecode(constant))
        else:
            constants.append(
                sorted(map(repr, constant)) if isinstance(constant, frozenset) else repr(constant)
            )
    return [code.co_code.hex(), constants, code.co_names, code.co_varnames]
