"""A function on its way to the workers: the code that this process has, whatever they or the files have by then."""

import contextlib
import functools
import io
import os
import platform
import sys
from unittest import mock

import cloudpickle
import numpy as np

from d2lite._utils.identity import own_modules


def pack(train, imported):
    """Return train, what it uses of the user's modules and torch's default dtype as an array of bytes.

    joblib sends a large one once.

    Args:
        train: any function or callable object.
        imported: dict of the user's own modules that are imported when train runs, by name; they travel whole.

    Raises:
        TypeError: something that it uses cannot be copied.
    """
    import torch

    file, dtype = io.BytesIO(), torch.get_default_dtype()
    with _own_modules_by_value(), mock.patch("cloudpickle.cloudpickle._get_or_create_tracker_id", _untracked):
        try:
            _Pickler(file).dump((_here(), imported, train, dtype))
        except Exception as error:
            raise TypeError(
                f"train uses what cannot be copied to a worker ({error}): expected what pickle takes; make it "
                "inside train"
            ) from error
    return np.frombuffer(file.getvalue(), dtype=np.uint8)


def unpack(parcel):
    """Return a fresh copy of the function, and the default dtype of where it comes from.

    In another process than that, its modules are imported as sent.
    """
    home, imported, train, dtype = cloudpickle.loads(parcel.tobytes())
    if home != _here():
        sys.modules.update(imported)
    return train, dtype


def _here():
    return platform.node(), os.getpid()


@contextlib.contextmanager
def _own_modules_by_value():
    """Send functions and classes of the user's modules themselves: by name, a worker would find those it knows."""
    known = cloudpickle.list_registry_pickle_by_value()
    modules = [m for m in own_modules() if sys.modules.get(m.__name__) is m and m.__name__ not in known]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _untracked(kind):
    """Give no number to a class: under cloudpickle's, a process would find a class it has already, and change that."""


def _reduce_cached(function):
    """Copy what functools.cache made: pickle would send its name only."""
    return _cached, (function.__wrapped__, function.cache_parameters())


def _cached(function, parameters):
    return functools.lru_cache(**parameters)(function)


class _Pickler(cloudpickle.Pickler):
    dispatch_table = cloudpickle.Pickler.dispatch_table.new_child(
        {functools._lru_cache_wrapper: _reduce_cached}
    )
