"""What something is, as a digest: the same in every process, another one when something changes that it uses.

Everything that a function can name is looked at by value: its byte code, defaults, closure and attributes; the globals
that it names, and what these use in turn; objects by what a pickle of them would hold, their classes too. It stops at
other packages, of which names count and not their code, and at d2lite, whose names are collected (`Reader.package`).
Comments and layout do not count. Not seen is what is looked up by a text at run time (``globals()["x"]``, ``eval``),
what a file of the user's holds, and what weak references point to.
"""

import builtins
import copyreg
import enum
import functools
import hashlib
import importlib.util
import inspect
import os
import re
import sys
import sysconfig
import types
import weakref

import numpy as np

from d2lite._utils import reach
from d2lite._utils.bytecode import code_parts, names_loaded

_PLAIN = (type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented))
_DESCRIPTORS = (
    types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType,
    types.GetSetDescriptorType, types.MemberDescriptorType,
)  # fmt: skip
_CACHES = (weakref.ref, weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet)
_OF_MODULE = {"__name__", "__file__", "__package__", "__spec__", "__loader__", "__doc__", "__builtins__"}
_NO_CODE = {
    "__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__annotate__", "__annotate_func__",
    "__annotations_cache__", "__firstlineno__", "__static_attributes__", "__abstractmethods__", "_abc_impl",
    "__slotnames__", "_value2member_map_",
}  # fmt: skip


def _is_installed(name):
    """Return whether a module belongs to Python or to an installed package, and not to the user's own work."""
    module = sys.modules.get(name.partition(".")[0])  # the package: what is in it belongs to it
    if name == "__main__" or module is None:
        return False
    if getattr(getattr(module, "__spec__", None), "origin", None) in ("built-in", "frozen"):
        return True
    return _is_of_python(
        str(getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), ""))
    )


@functools.lru_cache(maxsize=8192)
def _is_of_python(file):
    """Whether a file lies among Python's own or the installed packages, links followed."""
    standard = [os.path.realpath(sysconfig.get_path(key)) + os.sep for key in ("stdlib", "platstdlib")]
    file = os.path.realpath(file)
    return bool(re.search("(site|dist)-packages", file)) or file.startswith(tuple(standard))


def own_modules():
    """Return the modules in use that are the user's own files, of no installed package."""
    found = list(sys.modules.items())  # a copy: to look at one that is loaded on first use may import others
    own = [(name, module) for name, module in found if not (_is_package(name) or _is_installed(name))]
    own = [module for name, module in own if name != "__main__"]
    return [module for module in own if str(getattr(module, "__file__", "")).endswith(".py")]


class Digest(str):
    """A digest, also where it stands among values."""


class Reader:
    """Digests of values; on the way it collects what they name.

    Args:
        home: name of a module whose functions and classes are looked into even if it is installed.
        instead: function that returns what is to be looked at in place of a value, or the value itself.
        refuse: function that raises an error for what cannot be compared, such as an open file; None: its type and
            what it is called count.

    Attributes:
        names: what of d2lite was named, with dots.
        texts: the short texts, names of attributes among them.
        imported: the user's own modules that functions import when they are called, by name.
    """

    def __init__(self, home=None, instead=lambda value: value, refuse=None):
        self.home, self.instead, self.refuse = home, instead, refuse
        self.names, self.texts, self.own, self.imported = set(), set(), {}, {}
        self.known, self.open = {}, {}  # by id: digests, and values under way, which a cycle meets again

    def package(self):
        """Return a digest of the modules and data of d2lite that the values reach, "" if they name none."""
        source = "\n".join(["import d2lite", *sorted(self.names), repr(sorted(self.texts))])
        return reach.digest(reach.reached(source)) if self.names else ""

    def is_own(self, module):
        if module not in self.own:
            self.own[module] = module == self.home or not (_is_package(module) or _is_installed(module))
        return self.own[module]

    def digest(self, value):
        """Return the digest of a value: equal ones have the same, whether or not they are one object."""
        if isinstance(value, str) and len(value) < 200:
            self.texts.add(str(value))
        if type(value) in _PLAIN:
            return digest_of(type(value).__name__, repr(value))
        if id(value) in self.known:
            return self.known[id(value)][0]
        if id(value) in self.open:
            return digest_of("again", len(self.open) - self.open[id(value)])
        self.open[id(value)] = len(self.open)
        other = self.instead(value)
        parts = self.parts(value) if other is value else []
        parts = [part if isinstance(part, Digest) else self.digest(part) for part in parts]
        result = digest_of(*parts) if other is value else self.digest(other)
        del self.open[id(value)]
        self.known[id(value)] = result, value  # kept alive: another object could get its id
        return result

    def parts(self, value):
        """Return the kind of a value and the values that make it up."""
        kind = type(value).__qualname__  # its module may be __main__ once, and have a name another time
        if isinstance(value, types.CodeType):
            return ["code", *code_parts(value)]
        if isinstance(value, types.FunctionType):
            return self.function(value)
        if isinstance(value, type):
            return self.class_(value)
        if isinstance(value, types.ModuleType):
            return self.module(value)
        if (type(value) is np.ndarray or isinstance(value, np.generic)) and not value.dtype.hasobject:
            content = hashlib.sha256(np.ascontiguousarray(value)).hexdigest()
            return [kind, repr(value.dtype.descr), value.shape, content]
        if "torch" in sys.modules and isinstance(value, sys.modules["torch"].Tensor):
            content = self.tried(tensor_content, value)
            return [
                kind,
                str(value.dtype),
                str(value.device),
                tuple(value.shape),
                value.requires_grad,
                content,
            ]
        if isinstance(value, enum.Enum):
            return [kind, value.name, value.value, type(value)]
        if isinstance(value, set | frozenset):
            return [kind, *sorted(map(self.digest, value)), *self.state(value)]
        if type(value) in (list, tuple):
            return [kind, *value]
        if type(value) is dict or isinstance(value, types.MappingProxyType):
            return [kind, *(item for pair in value.items() for item in pair)]
        return [kind, *self.wrapped(value)]

    def tried(self, function, value):
        """Return what the function makes of a value, or what stands for one that cannot be compared."""
        try:
            return function(value)
        except Exception as error:
            if self.refuse is not None:
                raise self.refuse(value) from error
            return re.sub(" at 0x[0-9a-fA-F]+", "", repr(value))

    def wrapped(self, value):
        """What a wrapper holds, or else the state of any other object."""
        if isinstance(value, staticmethod | classmethod | types.MethodType):
            return [value.__func__, getattr(value, "__self__", None)]
        if isinstance(value, property):
            return [value.fget, value.fset, value.fdel]
        if isinstance(value, functools.cached_property):
            return [value.func]
        if isinstance(value, functools._lru_cache_wrapper):
            return [value.__wrapped__, value.cache_parameters()]
        if isinstance(value, types.BuiltinFunctionType | types.MethodWrapperType):
            owner = value.__self__
            foreign = isinstance(owner, types.ModuleType)
            return [value.__qualname__, self.foreign(owner.__name__) if foreign else owner]
        if isinstance(value, _DESCRIPTORS):
            return [value.__qualname__]
        if isinstance(value, types.CellType):
            return [value.cell_contents] if _is_filled(value) else ["empty"]
        if isinstance(value, _CACHES):
            return []
        if any(value is stream for stream in (sys.stdin, sys.stdout, sys.stderr)):
            return ["a standard stream"]
        return self.state(value)

    def state(self, value):
        """What a pickle of an object would hold, and its class."""
        if isinstance(value, set | frozenset):
            return [vars(value)] if hasattr(value, "__dict__") else []
        reduce = copyreg.dispatch_table.get(type(value), lambda value: value.__reduce_ex__(2))
        state = self.tried(reduce, value)
        if isinstance(state, str):
            held = {} if self.refuse else getattr(value, "__dict__", {})
            return [state, held, self.foreign(getattr(value, "__module__", None) or "")]
        make, arguments, *rest = state
        rest = [list(part) if hasattr(part, "__next__") else part for part in rest]
        return [type(value), make, arguments, *rest]

    def foreign(self, module):
        """Return what stands for another module, and remember it if it is of d2lite."""
        module = str(module)
        if _is_package(module):
            self.names.add(module)
        return module

    def function(self, value):
        module = value.__globals__.get("__name__", "")
        inside = [value.__defaults__, value.__kwdefaults__, vars(value)]
        if self.is_own(module):
            return ["function", value.__code__, *inside, self.used(value)]
        cells = filter(_is_filled, value.__closure__ or ())  # a decorator's hold what it decorates
        return ["function", f"{self.foreign(module)}.{value.__qualname__}", *inside, *cells]

    def class_(self, value):
        named = f"{value.__module__}.{value.__qualname__}"
        if not self.is_own(value.__module__):
            self.foreign(value.__module__)
            return ["class", named]
        return ["class", value.__qualname__, _members(value), *value.__bases__, type(value)]

    def module(self, value):
        """A module that is passed on whole: all it holds, if it is the user's own."""
        if not self.is_own(value.__name__):
            return ["module", self.foreign(value.__name__)]
        held = {n: v for n, v in sorted(vars(value).items()) if not n.startswith("__")}
        return ["module", value.__name__, held]

    def used(self, function):
        """Return the globals and outer variables that a function's code names, by name, or attributes of modules."""
        outer = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        used = {}
        for names in sorted(names_loaded(function.__code__)):
            if names[0] == "import":
                used[" ".join(map(str, names))] = self.brought(names, function.__globals__)
                continue
            name = names[0]
            if name in _OF_MODULE:
                continue
            if name in outer:
                value = outer[name].cell_contents if _is_filled(outer[name]) else None
            elif name in function.__globals__:
                value = function.__globals__[name]
            else:
                value = name if hasattr(builtins, name) else None  # None: not assigned yet
            used[".".join(names)] = self.along(value, list(names[1:]))
        return used

    def along(self, value, names):
        """Follow attributes from module to module; return what stands at the end."""
        while isinstance(value, types.ModuleType) and names:
            if not self.is_own(value.__name__):
                return digest_of(self.foreign(".".join([value.__name__, *names])))
            value = getattr(value, names.pop(0), None)
        return value

    def brought(self, names, scope):
        """What an import inside a function brings; names: "import", level, module, and the names taken from it."""
        _, level, name, *taken = names
        if level:
            name = importlib.util.resolve_name("." * level + name, scope.get("__package__") or None)
        top = name.partition(".")[0]
        if _is_package(name):
            brought = [f"{name}.{item}" for item in taken if item != "*"] or [reach.NAME]
            return digest_of(*map(self.foreign, brought))
        try:
            spec = None if top in sys.modules else importlib.util.find_spec(top)
            if _is_installed(top) or (spec and "site-packages" in str(spec.origin)):
                return name
            module = importlib.import_module(name)
        except (ImportError, ValueError):
            return name
        if not self.is_own(name):
            return name
        parents = [name[:i] for i, letter in enumerate(name) if letter == "."]
        self.imported |= {known: sys.modules[known] for known in (*parents, name) if known in sys.modules}
        return [getattr(module, item, None) for item in taken] if taken and "*" not in taken else module


def digest_of(*parts):
    """Return the Digest of some texts or numbers in their order."""
    total = hashlib.sha256()
    for part in parts:
        text = str(part).encode("utf-8", "surrogatepass")
        total.update(f"{len(text)}:".encode() + text)
    return Digest(total.hexdigest())


def _is_package(module):
    return str(module).partition(".")[0] == reach.NAME


def _members(owner):
    """Return what a class defines, without what Python and torch note in it when its objects are made."""
    found = {name: item for name, item in vars(owner).items() if name not in _NO_CODE}
    step = found.get("step")
    if getattr(step, "hooked", None) is True:  # torch wraps an optimizer's, also one that is inherited
        found["step"] = step.__wrapped__
        if inspect.unwrap(step) is inspect.unwrap(getattr(super(owner, owner), "step", None)):
            del found["step"]
    return found


def _is_filled(cell):
    try:
        return cell.cell_contents is cell.cell_contents
    except ValueError:  # not assigned yet
        return False


def tensor_content(tensor):
    """Return a digest of a tensor's numbers, wherever it lies and however it is laid out."""
    tensor = tensor.detach().cpu()
    dense = tensor.resolve_conj().resolve_neg() if "strided" in str(tensor.layout) else tensor.to_dense()
    torch = sys.modules["torch"]
    return hashlib.sha256(dense.contiguous().reshape(-1).view(torch.uint8).numpy()).hexdigest()
