# ruff: noqa: E501 - a table of short programs, one a line
"""The digest of a function changes with its code and what it uses, and with nothing else."""

import copy
import enum
import functools
import importlib.util
import itertools
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import d2lite
from d2lite._utils import reach
from d2lite.sweeps._fingerprint import code_of, name_of

MODULE = """
import functools
import math

EPOCHS = 5
OPTIONS = {"fast": math.exp, "rates": [0.1, 0.2], "kinds": {"a", "b", "c"}}
unrelated = 1
loss = 0.5


class Net:
    width = 3

    def forward(self, x):
        return helper(x) * self.width


def helper(x):
    return x + 1


def train(lr, seed=0, decay=1.0):
    net = Net()
    losses = [net.forward(lr) for _ in range(EPOCHS)]  # a comment
    if lr in {"a", "b"}:
        net.loss = OPTIONS["fast"]
    return losses
"""
_folders = itertools.count()


def load(text, folder):
    path = folder / str(next(_folders)) / "experiment.py"
    path.parent.mkdir()
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("experiment", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHANGES = {
    "its body": ("return losses", "return losses[1:]"),
    "a default": ("decay=1.0", "decay=0.5"),
    "a constant it uses": ("EPOCHS = 5", "EPOCHS = 6"),
    "a constant in a list in a dict": ("0.2]", "0.3]"),
    "a member of a set": ('"c"}', '"d"}'),
    "a function in a dict": ("math.exp", "math.log"),
    "a class attribute": ("width = 3", "width = 4"),
    "a method": ("* self.width", "/ self.width"),
    "a function that a method uses": ("x + 1", "x + 2"),
}
NO_CHANGES = {
    "a comment": ("# a comment", "# another"),
    "layout": ("range(EPOCHS)]", "range(\n        EPOCHS\n    )]"),
    "a global it does not use": ("unrelated = 1", "unrelated = 2"),
    "a global that has an attribute's name": ("loss = 0.5", "loss = 0.6"),
    "a line above": ("import math", "import math\nimport os\n"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_changes_with(what, tmp_path):
    before, after = CHANGES[what]
    assert MODULE.count(before) == 1
    old, new = load(MODULE, tmp_path), load(MODULE.replace(before, after), tmp_path)
    assert code_of(old.train) != code_of(new.train)


@pytest.mark.parametrize("what", NO_CHANGES)
def test_does_not_change_with(what, tmp_path):
    before, after = NO_CHANGES[what]
    assert before in MODULE
    old, new = load(MODULE, tmp_path), load(MODULE.replace(before, after), tmp_path)
    assert code_of(old.train) == code_of(new.train)


def test_is_the_same_in_every_process(tmp_path):
    module = load(MODULE, tmp_path)
    program = (
        "import experiment; from d2lite.sweeps._fingerprint import code_of; print(code_of(experiment.train))"
    )
    for hash_seed in ("0", "1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=os.path.dirname(module.__file__),
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == code_of(module.train)


def test_closures_lambdas_partials_and_objects():
    def make(rate):
        return lambda seed: rate * seed

    class Trainer:
        def __init__(self, epochs):
            self.epochs = epochs

        def __call__(self, seed):
            return self.epochs * seed

        def train(self, seed):
            return self.epochs - seed

    def other(seed, a=1):
        return seed

    assert code_of(make(1)) == code_of(make(1)) != code_of(make(2))
    assert code_of(lambda seed: seed + 1) != code_of(lambda seed: seed + 2)
    assert code_of(lambda seed: seed in {1, 2}) == code_of(lambda seed: seed in {2, 1})
    assert code_of(Trainer(1)) == code_of(Trainer(1)) != code_of(Trainer(2))
    assert code_of(Trainer(1).train) == code_of(Trainer(1).train) != code_of(Trainer(2).train)
    assert code_of(functools.partial(other, a=1)) != code_of(functools.partial(other, a=2))
    assert name_of(functools.partial(other, a=1)) == name_of(other)
    assert name_of(Trainer(1)).endswith("Trainer")


def test_package_counts_as_far_as_it_is_reached(monkeypatch):
    def unrelated(seed):
        return math.sqrt(seed)

    def through_a_global(seed):
        return d2lite.fit(seed)

    def through_a_function(seed):
        return history(seed)

    def through_an_import(seed):
        from d2lite.training import fit

        return fit(seed)

    def through_all_of_it(seed):
        import d2lite

        return d2lite.fit(seed)

    def elsewhere(seed):
        return d2lite.datasets.photo(seed)

    history = d2lite.History
    functions = (
        unrelated,
        elsewhere,
        through_a_global,
        through_a_function,
        through_an_import,
        through_all_of_it,
    )
    before = [code_of(function) for function in functions]
    contents, edited = reach._hash, Path(d2lite.__file__).parent / "training" / "__init__.py"
    monkeypatch.setattr(
        reach, "_hash", lambda path, *rest: b"edit" if path == edited else contents(path, *rest)
    )
    after = [code_of(function) for function in functions]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, False, False, False]


def test_recordings_count_where_they_are_named(monkeypatch):
    def train(seed):
        return d2lite.Sweep.recorded("schedules")

    before = code_of(train)
    contents, edited = reach._hash, set()
    monkeypatch.setattr(
        reach, "_hash", lambda path, *rest: b"edit" if path.name in edited else contents(path, *rest)
    )
    edited.add("memory.json.gz")
    assert code_of(train) == before
    edited.add("schedules.json.gz")
    assert code_of(train) != before


def test_recursion_and_unassigned_variables_end():
    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n != 0 and even(n - 1)

    def early():
        return later

    digest = code_of(early)
    later = 1
    assert code_of(even) == code_of(even) != code_of(odd)
    assert code_of(early) != digest


# Each kind of thing that train may use as THING, once as it was and once changed in one place.
HEAD = """
import abc, array, collections, contextlib, copy, dataclasses, datetime, decimal, enum, fractions, functools
import operator, pathlib, re, types, typing
import numpy as np
import torch
"""
KINDS = {
    "a number": "THING = 1",
    "the type of a number": ("THING = 1", "THING = 1.0"),
    "a flag": ("THING = True", "THING = 1"),
    "a complex number": "THING = 1j",
    "bytes": "THING = b'1'",
    "a bytearray": "THING = bytearray(b'1')",
    "a list in a dict in a tuple": "THING = ({'a': [0, {1}]},)",
    "the order of a list": ("THING = [1, 2]", "THING = [2, 1]"),
    "the order of a dict": ("THING = {1: 2, 3: 4}", "THING = {3: 4, 1: 2}"),
    "a set": "THING = {'a', 'b', '1'}",
    "a frozenset": "THING = frozenset(['a', 'b', '1'])",
    "a frozenset among constants": "def THING(x):\n    return x in {'a', 'b', '1'}",
    "a range": "THING = range(1)",
    "a slice": "THING = slice(1)",
    "a deque": "THING = collections.deque([1])",
    "a Counter": "THING = collections.Counter(a=1)",
    "an OrderedDict": "THING = collections.OrderedDict(a=1)",
    "a defaultdict": "THING = collections.defaultdict(int, a=1)",
    "the factory of a defaultdict": "THING = collections.defaultdict(lambda: 1)",
    "a ChainMap": "THING = collections.ChainMap({'a': 1})",
    "a namedtuple": "P = collections.namedtuple('P', 'a b')\nTHING = P(0, 1)",
    "the fields of a namedtuple": ("P = collections.namedtuple('P', 'a b')\nTHING = P(0, 1)", "P = collections.namedtuple('P', 'b a')\nTHING = P(0, 1)"),
    "a default of a namedtuple": "THING = collections.namedtuple('P', 'a', defaults=[1])",
    "a typed namedtuple": "class P(typing.NamedTuple):\n    a: int = 1\nTHING = P()",
    "a dataclass": "@dataclasses.dataclass\nclass P:\n    a: int = 1\nTHING = P()",
    "a default of a dataclass": "@dataclasses.dataclass\nclass THING:\n    a: int = 1",
    "a dataclass with slots": "@dataclasses.dataclass(slots=True)\nclass P:\n    a: int\nTHING = P(1)",
    "a default of one with slots": "@dataclasses.dataclass(slots=True)\nclass THING:\n    a: int = 1",
    "a frozen dataclass with slots": "@dataclasses.dataclass(frozen=True, slots=True)\nclass P:\n    a: int\nTHING = P(1)",
    "a factory of a dataclass": "@dataclasses.dataclass\nclass THING:\n    a: list = dataclasses.field(default_factory=lambda: [1])",
    "an object": "class P:\n    def __init__(self):\n        self.a = 1\nTHING = P()",
    "an object with slots": "class P:\n    __slots__ = ('a',)\nTHING = P()\nTHING.a = 1",
    "a callable object": "class P:\n    def __init__(self, a):\n        self.a = a\n    def __call__(self):\n        return self.a\nTHING = P(1)",
    "what it does": "class P:\n    def __call__(self):\n        return 1\nTHING = P()",
    "a dict subclass": "class P(dict):\n    pass\nTHING = P(a=1)",
    "a list subclass": "class P(list):\n    pass\nTHING = P([1])",
    "a tuple subclass": "class P(tuple):\n    pass\nTHING = P([1])",
    "a set subclass": "class P(set):\n    pass\nTHING = P([1])",
    "an attribute of a set": "class P(set):\n    pass\nTHING = P()\nTHING.a = 1",
    "an attribute of a dict": "class P(dict):\n    pass\nTHING = P()\nTHING.a = 1",
    "a str subclass": "class P(str):\n    pass\nTHING = P('1')",
    "an int subclass": "class P(int):\n    pass\nTHING = P(1)",
    "a float subclass": "class P(float):\n    pass\nTHING = P(1)",
    "a SimpleNamespace": "THING = types.SimpleNamespace(a=1)",
    "a mapping proxy": "THING = types.MappingProxyType({'a': 1})",
    "an enum": "class P(enum.Enum):\n    A = 1\nTHING = P.A",
    "the members of an enum": "class THING(enum.Enum):\n    A = 1",
    "which member": ("class P(enum.Enum):\n    A = 1\n    B = 2\nTHING = P.A", "class P(enum.Enum):\n    A = 1\n    B = 2\nTHING = P.B"),
    "a method of an enum": "class P(enum.Enum):\n    A = 0\n    def f(self):\n        return 1\nTHING = P.A",
    "a class method of an enum": "class P(enum.Enum):\n    A = 0\n    @classmethod\n    def f(cls):\n        return 1\nTHING = P.A",
    "an int enum": "class P(enum.IntEnum):\n    A = 1\nTHING = P.A",
    "a flag of flags": "class P(enum.Flag):\n    A = 1\n    B = 4\nTHING = P.A | P.B",
    "a class attribute": "class THING:\n    a = 1",
    "one inherited": "class P:\n    a = 1\nclass THING(P):\n    pass",
    "one of a metaclass": "class M(type):\n    a = 1\nclass THING(metaclass=M):\n    pass",
    "an abstract class": "class P(abc.ABC):\n    @abc.abstractmethod\n    def f(self): ...\n    a = 1\nTHING = P",
    "a property": "class THING:\n    @property\n    def f(self):\n        return 1",
    "its setter": "class THING:\n    @property\n    def f(self): ...\n    @f.setter\n    def f(self, a):\n        self.a = 1",
    "a cached property": "class THING:\n    @functools.cached_property\n    def f(self):\n        return 1",
    "a static method": "class THING:\n    @staticmethod\n    def f():\n        return 1",
    "a class method": "class THING:\n    @classmethod\n    def f(cls):\n        return 1",
    "__init__": "class THING:\n    def __init__(self):\n        self.a = 1",
    "a network": "class P(torch.nn.Module):\n    def forward(self, x):\n        return x + 1\nTHING = P()",
    "its weights": "THING = torch.nn.Linear(1, 1)\nTHING.weight.data[:], THING.bias.data[:] = 0, 1",
    "a function": "def THING():\n    return 1",
    "one that it uses": "def f():\n    return 1\ndef THING():\n    return f()",
    "a lambda": "THING = lambda: 1",
    "a function in a list": "THING = [lambda: 1]",
    "a default": "def THING(a=1): ...",
    "a default by name": "def THING(*, a=1): ...",
    "an attribute of a function": "def THING(): ...\nTHING.a = 1",
    "a closure": "def f(a):\n    return lambda: a\nTHING = f(1)",
    "a nested function": "def THING():\n    def f():\n        return 1\n    return f",
    "a class in a function that names a global": "A = 1\ndef THING():\n    class P:\n        a = A\n    return P",
    "a comprehension": "A = 1\ndef THING():\n    return [A for _ in range(3)]",
    "a generator function": "def THING():\n    yield 1",
    "recursion": "def THING(n):\n    return 1 if n == 0 else THING(n - 1)",
    "functions that call each other": "def f(n):\n    return n and THING(n - 1)\ndef THING(n):\n    return 1 if n == 0 else f(n)",
    "a list that holds itself": "THING = [1]\nTHING.append(THING)",
    "functools.cache": "@functools.cache\ndef THING():\n    return 1",
    "functools.lru_cache": "@functools.lru_cache(maxsize=8)\ndef THING():\n    return 1",
    "what a cached function uses": "A = 1\n@functools.cache\ndef THING():\n    return A",
    "a decorator": "def d(f):\n    @functools.wraps(f)\n    def g():\n        return f() + 1\n    return g\n@d\ndef THING():\n    return 2",
    "what is decorated": "def d(f):\n    @functools.wraps(f)\n    def g():\n        return f()\n    return g\n@d\ndef THING():\n    return 1",
    "an argument of a decorator": "def d(a):\n    def h(f):\n        @functools.wraps(f)\n        def g():\n            return a\n        return g\n    return h\n@d(1)\ndef THING(): ...",
    "a decorator of another package": "@torch.no_grad()\ndef THING():\n    return 1",
    "a context manager": "@contextlib.contextmanager\ndef THING():\n    yield 1",
    "single dispatch": "@functools.singledispatch\ndef THING(a): ...\n@THING.register\ndef _(a: int):\n    return 1",
    "a partial": "def f(a): ...\nTHING = functools.partial(f, 1)",
    "a partial by name": "def f(a): ...\nTHING = functools.partial(f, a=1)",
    "what is partial": "def f(a):\n    return 1\nTHING = functools.partial(f, 0)",
    "a partial method": "class THING:\n    def f(self, a): ...\n    g = functools.partialmethod(f, 1)",
    "a bound method": "class P:\n    def f(self):\n        return 1\nTHING = P().f",
    "what it is bound to": "class P:\n    def __init__(self, a):\n        self.a = a\n    def f(self): ...\nTHING = P(1).f",
    "a bound method of a dict": "THING = {'a': 1}.get",
    "operator.itemgetter": "THING = operator.itemgetter(1)",
    "a built-in function": ("import math\nTHING = math.exp", "import math\nTHING = math.log"),
    "a function of another package": ("THING = torch.relu", "THING = torch.sigmoid"),
    "a class of another package": ("THING = torch.optim.SGD", "THING = torch.optim.Adam"),
    "a ufunc": ("THING = np.exp", "THING = np.log"),
    "a NumPy number": "THING = np.float64(1)",
    "its type": ("THING = np.float64(1)", "THING = np.float32(1)"),
    "an array": "THING = np.array([0, 1])",
    "the shape of an array": ("THING = np.zeros((2, 3))", "THING = np.zeros((3, 2))"),
    "an array with no order in memory": "THING = np.arange(12).reshape(3, 4).T[::2] * 1",
    "a large array": "THING = np.zeros(100_000)\nTHING[77_777] = 1",
    "an array of objects": "THING = np.array([{'a': 1}], dtype=object)",
    "the mask of an array": ("THING = np.ma.array([0, 0], mask=[0, 1])", "THING = np.ma.array([0, 0], mask=[1, 0])"),
    "a record array": "THING = np.array([(1, 2.0)], dtype=[('a', int), ('b', float)])",
    "a dtype": ("THING = np.dtype('f4')", "THING = np.dtype('f8')"),
    "a NumPy generator": "THING = np.random.default_rng(1)",
    "a tensor": "THING = torch.tensor([0, 1])",
    "a tensor of bfloat16": "THING = torch.ones(2).bfloat16() * 1",
    "a parameter": "THING = torch.nn.Parameter(torch.ones(2) * 1)",
    "a sparse tensor": "THING = torch.eye(2).to_sparse() * 1",
    "torch's dtype": ("THING = torch.float32", "THING = torch.float64"),
    "torch's device": ("THING = torch.device('cpu')", "THING = torch.device('meta')"),
    "a size": "THING = torch.Size([1, 2])",
    "a path": "THING = pathlib.PurePosixPath('1')",
    "a pattern": "THING = re.compile('1')",
    "the flags of a pattern": ("THING = re.compile('a')", "THING = re.compile('a', re.I)"),
    "a date": "THING = datetime.date(2000, 1, 1)",
    "a decimal": "THING = decimal.Decimal('1')",
    "a fraction": "THING = fractions.Fraction(1, 7)",
    "a C array": "THING = array.array('d', [1])",
    "an exception": "THING = ValueError('1')",
    "an attribute of a module of one's own": "import helper\nhelper.a = 1\nTHING = None\ndef train():\n    return helper.a",
    "a module of one's own, handed on": "import helper\nhelper.a = 1\nTHING = helper",
    "a module imported in a function": "import helper\nhelper.a = 1\ndef THING():\n    from helper import a\n    return a",
    "one imported whole": "import helper\nhelper.a = 1\ndef THING():\n    import helper as h\n    return h.a",
}  # fmt: skip
USE = "\ndef train():\n    return THING\n"
KEYS = """
import importlib.util, json, pathlib, sys
from d2lite.sweeps._fingerprint import code_of
keys = {}
for path in sorted(pathlib.Path("kinds").iterdir()):
    spec = importlib.util.spec_from_file_location("experiment", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    keys[path.stem] = code_of(module.train)
print(json.dumps(keys))
"""


def changed(kind):
    """The text of a kind with its last 1 made a 3."""
    text = KINDS[kind]
    if isinstance(text, tuple):
        return text
    before, _, after = text.rpartition("1")
    return text, f"{before}3{after}"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The keys of all kinds, as they were and changed, in two processes with other orders of sets."""
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "kinds").mkdir()
    (folder / "helper.py").write_text("a = 0\n")
    for number, kind in enumerate(KINDS):
        for name, text in zip(("before", "after"), changed(kind), strict=True):
            (folder / "kinds" / f"{name}{number}.py").write_text(
                HEAD + (text if "def train" in text else text + USE)
            )
    found = []
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", KEYS],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_thing_counts(kind, keys):
    number = list(KINDS).index(kind)
    for name in ("before", "after"):
        assert keys[0][f"{name}{number}"] == keys[1][f"{name}{number}"], "another process, another key"
    assert keys[0][f"before{number}"] != keys[0][f"after{number}"]


UNSEEN = {
    "an open file": "THING = open(__file__)",
    "a generator under way": "THING = (n for n in range(3))",
    "a lock": "import threading\nTHING = threading.Lock()",
    "a view of memory": "THING = memoryview(b'1')",
    "a tensor without content": "THING = torch.empty(1, device='meta')",
    "one in an object in a list": "class P:\n    pass\nTHING = [P()]\nTHING[0].file = open(__file__)",
}


@pytest.mark.parametrize("kind", UNSEEN)
def test_what_cannot_be_compared_is_refused(kind, tmp_path):
    module = load(HEAD + UNSEEN[kind] + USE, tmp_path)
    with pytest.raises(TypeError, match="train uses .*: expected what can be compared"):
        code_of(module.train)


def test_equal_things_are_the_same_whether_or_not_they_are_one():
    a, b, one = (1.5, "x"), (1.5, "x" * 1), [0]

    def shared(seed):
        return pair

    pair = [a, a, one, one]
    first = code_of(shared)
    pair = [a, tuple(list(b)), [0], [0]]
    assert code_of(shared) == first


def test_a_class_is_the_same_after_one_of_its_objects_was_copied():
    class Settings:
        def __init__(self):
            self.rate = 0.1

    def alone(seed):
        return Settings().rate

    def beside_one(seed):
        return Settings().rate * known.rate

    known, first = Settings(), code_of(alone)
    together = code_of(beside_one)  # the class comes first, and the object is looked at as pickle does
    copy.deepcopy(Settings())  # for which Python notes the names of slots in the class
    assert code_of(alone) == first and code_of(beside_one) == together


class Plain(torch.optim.Optimizer):
    def __init__(self, parameters, lr=0.1):
        super().__init__(parameters, {"lr": lr})

    def step(self, closure=None):
        self.taken = True

    momentum = 0.0


class Heir(torch.optim.Rprop):  # which nothing else here makes
    lr = 0.1


class Parts(enum.Flag):
    HEAD, BODY = 1, 2


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        (Plain, lambda: Plain(torch.nn.Linear(1, 1).parameters())),
        (Heir, lambda: Heir(torch.nn.Linear(1, 1).parameters())),
        (Parts, lambda: Parts.HEAD | Parts.BODY),
    ],
)
def test_a_class_is_the_same_after_its_first_object_was_made(kind, make):
    """In the class of an optimizer torch wraps the step then; Python notes flags that are put together."""

    def train(seed):
        return kind.__name__

    first = code_of(train)
    make()
    assert code_of(train) == first
