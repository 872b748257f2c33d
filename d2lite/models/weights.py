"""Trained weights in one folder and one format: named tensors and a record of where they come from, in one file."""

import json
import os
import re
from pathlib import Path

import numpy as np
import torch

from d2lite._utils.checks import check_choice
from d2lite._utils.files import replacing, user_path

FOLDER = Path(__file__).parent.parent / "data" / "weights"
_RECORD = "record"  # the name of the record among the arrays
_TAKEN = (_RECORD, "file", "allow_pickle")
_SUFFIX = ".npz"


def names():
    """Return the sorted names of the trained weights that ship with the package."""
    return sorted(path.stem for path in FOLDER.glob(f"*{_SUFFIX}"))


def load(name):
    """Return trained weights and the record of their training.

    Args:
        name: one of `names()`, or the path of a file, ending in ".npz", that `save` wrote.

    Returns:
        (tensors, record): a dict of name to tensor, fresh at each call, and a dict of plain values: provenance
        (command, seed, versions ...) and what else was recorded. An int8 tensor "x" with "x.scale" beside it is
        quantised: `d2lite.models.quantization.dequantize_all` gives its numbers.

    Raises:
        ValueError: no such weights ship, or the file is damaged or another.
        FileNotFoundError: there is no such file.
    """
    path = _path(name)
    if path.parent == FOLDER:
        check_choice(path.stem, names(), "name")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            record = json.loads(str(arrays[_RECORD]))
            return {key: torch.from_numpy(arrays[key]) for key in arrays.files if key != _RECORD}, record
    except FileNotFoundError:
        raise
    except Exception as error:  # of zipfile, zlib, NumPy and its parser, whichever stumbles over the damage
        raise ValueError(
            f"{path} holds no weights ({error}): expected a file of weights.save; make it again"
        ) from error


def save(name, tensors, record):
    """Write the file that `load` reads, all at once.

    Args:
        name: a name, for the package's own folder, or a path ending in ".npz".
        tensors: dict of name to tensor or array.
        record: dict of plain values that JSON can hold, the provenance among them.

    Returns:
        Path of the file.

    Raises:
        ValueError: a tensor has the record's name or one that NumPy needs itself, a file or JSON cannot hold what came,
            or the file's name is neither a name nor a path that ends in ".npz".
    """
    path = _path(name)
    taken = next((key for key in tensors if not isinstance(key, str) or key in _TAKEN), None)
    if taken is not None:
        raise ValueError(
            f"tensors has the name {taken!r}: expected texts, and none of {', '.join(map(repr, _TAKEN))}; one is the "
            "record's, the others have a meaning to NumPy"
        )
    try:
        arrays = {
            key: part.detach().cpu().numpy() if torch.is_tensor(part) else np.asarray(part)
            for key, part in tensors.items()
        }
        for array in arrays.values():
            torch.from_numpy(np.empty(0, array.dtype))  # what torch lacks, as texts, could not be read again
        text = json.dumps(record, allow_nan=False)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"tensors or record hold {error}: expected numbers and plain JSON values") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.savez_compressed(file, **{_RECORD: text}, **arrays)
    return path


def check_file(path):
    """Return the path of a file of one's own; one that does not end in ".npz", such as a bare name, is a ValueError."""
    if isinstance(path, str | os.PathLike) and user_path(path).suffix.lower() != _SUFFIX:
        raise ValueError(f"path is {os.fsdecode(path)!r:.60}: expected a file that ends in {_SUFFIX}")
    return _path(path)


def _path(name):
    wanted = f"expected a name, or the path of a file that ends in {_SUFFIX}"
    if not isinstance(name, str | os.PathLike):
        raise TypeError(f"name is {name!r:.60}: {wanted}")
    path = user_path(name)
    if path.suffix.lower() == _SUFFIX:
        return path
    if not re.fullmatch(r"[\w-]+", str(path)):  # it would be a file somewhere in the package's folder
        raise ValueError(f"name is {os.fsdecode(name)!r:.60}: {wanted}")
    return FOLDER / f"{path}{_SUFFIX}"
