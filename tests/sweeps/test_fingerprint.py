"""The digest of a function changes with its code and what it uses, and with nothing else."""

import functools
import importlib.util
import itertools
import math
import os
import subprocess
import sys

import pytest

import d2lite
from d2lite.sweeps import _fingerprint as fingerprint
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


def test_package_counts_where_it_is_used(monkeypatch):
    def unrelated(seed):
        return math.sqrt(seed)

    def through_a_global(seed):
        return d2lite.fit(seed)

    def through_a_function(seed):
        return name_of(seed)

    def through_an_import(seed):
        from d2lite.training.metrics import accuracy

        return accuracy(seed)

    functions = unrelated, through_a_global, through_a_function, through_an_import
    before = [code_of(function) for function in functions]
    monkeypatch.setattr(fingerprint, "_package", lambda: "edited")
    after = [code_of(function) for function in functions]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, False, False]


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
