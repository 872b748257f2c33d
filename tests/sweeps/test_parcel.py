"""A run has the code that this process has: edited, reloaded or changed in place, whatever workers and files say."""

import functools
import importlib
import sys
import threading

import pytest

import d2lite

HELPER = """
import functools, enum
VALUE = {value}
class Net:
    width = {value}
    def read(self):
        return VALUE
class Kind(enum.Enum):
    A = {value}
def function():
    return {value}
def outer():
    return function()
@functools.cache
def cached(n):
    return {value} if n == 0 else cached(n - 1)
"""
PLACES = ("value", "class", "method", "enum", "function", "outer", "cached", "import", "package", "whole")


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write the modules with another value in all places; load: whether this process takes them, too."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # an edit within a second of the last is seen
    for name in ("parcel_helper", "parcel_inner", "parcel_package", "parcel_package.part"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    def write(value, load=True):
        (tmp_path / "parcel_package").mkdir(exist_ok=True)
        (tmp_path / "parcel_package" / "__init__.py").write_text("")
        (tmp_path / "parcel_package" / "part.py").write_text(f"VALUE = {value}\n")
        (tmp_path / "parcel_inner.py").write_text(f"VALUE = {value}\n")
        (tmp_path / "parcel_helper.py").write_text(HELPER.format(value=value))
        if load:
            for name in ("parcel_inner", "parcel_package.part", "parcel_helper"):
                known = name in sys.modules
                module = importlib.import_module(name)
                if known:
                    importlib.reload(module)

    yield write
    for name in ("parcel_helper", "parcel_inner", "parcel_package", "parcel_package.part"):
        sys.modules.pop(name, None)


def make():
    import parcel_helper as helper

    function, kind = helper.function, helper.Kind.A

    def train(seed):
        import parcel_inner
        from parcel_package.part import VALUE

        found = (
            helper.VALUE, helper.Net.width, helper.Net().read(), kind.value, function(), helper.outer(),
            helper.cached(3), parcel_inner.VALUE, VALUE, helper.function(),
        )  # fmt: skip
        return dict(zip(PLACES, found, strict=True))

    return train


def run(folder, n_jobs=2, **options):
    [*runs] = d2lite.sweep(make(), {}, (0, 1), path=folder, n_jobs=n_jobs, progress=False, **options)
    assert len(runs) == 2
    assert runs[0].scalars == runs[1].scalars
    return runs[0].scalars


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_workers_that_live_on_run_what_was_edited_and_reloaded(write, tmp_path, n_jobs):
    import torch

    torch.set_num_threads(1)
    for value in (1, 2, 3):
        write(value)
        assert run(tmp_path / "runs", n_jobs) == dict.fromkeys(PLACES, value)
    write(4, load=False)  # not reloaded: this process has the third state, and the key says so
    assert run(tmp_path / "others", n_jobs) == dict.fromkeys(PLACES, 3)
    write(5)
    assert run(tmp_path / "versions", n_jobs, version="a") == dict.fromkeys(PLACES, 5)
    sys.modules["parcel_helper"].VALUE = sys.modules["parcel_helper"].Net.width = (
        7  # in place, not in the file
    )
    changed = dict.fromkeys(PLACES, 5) | {"value": 7, "class": 7, "method": 7}
    assert run(tmp_path / "runs", n_jobs) == changed


def test_a_run_in_this_process_leaves_its_classes_as_they_were(write, tmp_path):
    write(1)
    helper = sys.modules["parcel_helper"]
    read = helper.Net.read
    run(tmp_path, n_jobs=1)
    assert sys.modules["parcel_helper"] is helper
    assert helper.Net.read is read
    assert helper.Net.read.__globals__ is vars(helper)


def test_a_class_of_a_notebook_keeps_seeing_the_notebook(tmp_path):
    space = {"__name__": "__main__"}
    exec(
        "RATE = 1\nclass Net:\n    def rate(self):\n        return RATE\n"
        "def train(seed):\n    return {'rate': Net().rate()}",
        space,
    )
    for rate in (1, 2):
        space["RATE"] = rate
        [found] = d2lite.sweep(space["train"], {}, [0], path=tmp_path, n_jobs=1)
        assert found["rate"] == rate == space["Net"]().rate()


def test_a_cached_function_of_a_notebook_reaches_the_workers(tmp_path):
    @functools.lru_cache(maxsize=4)
    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    for n_jobs in (1, 2):
        found = d2lite.sweep(
            lambda seed: {"n": fibonacci(20)}, {}, (0, 1), path=tmp_path / str(n_jobs), n_jobs=n_jobs
        )
        assert [run["n"] for run in found] == [6765, 6765]


def test_what_cannot_be_copied_is_refused_before_anything_runs(tmp_path):
    lock = threading.Lock()

    def train(seed):
        with lock:
            return {"n": 1}

    with pytest.raises(
        TypeError, match=r"train uses what cannot be copied to a worker \(.*lock.*\): expected"
    ):
        d2lite.sweep(train, {}, [0], path=tmp_path, version="a")
    assert not list(tmp_path.iterdir())


def test_modules_of_installed_packages_are_not_ones_own():
    import torch  # some of its modules take their own place in sys.modules and then lack a spec

    from d2lite._utils.identity import own_modules

    assert torch.backends.cudnn in sys.modules.values()
    names = {module.__name__.partition(".")[0] for module in own_modules()}
    assert not names & {"torch", "numpy", "pytest", "_pytest", "d2lite", "json", "encodings"}
