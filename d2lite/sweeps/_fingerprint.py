"""What a function is that sweeps run: its name, and a digest of it and of all that it uses."""

import functools

from d2lite._utils.identity import Reader, digest_of


def name_of(function):
    """Return the function's name without its module: a script's function keeps its name when imported."""
    function = _innermost(function)
    return getattr(function, "__qualname__", type(function).__qualname__)


def code_of(function):
    """Return a digest of a function and of all that it uses, as far as it is in reach (d2lite._utils.identity).

    The modules and data files of d2lite that it reaches count too; where a package is not d2lite, only its names.

    Returns:
        20 hexadecimal digits.

    Raises:
        TypeError: something that the function uses cannot be compared, such as an open file.
    """
    return read(function)[0]


def read(function, version=None):
    """Return the key of a function, and the user's own modules that it imports when it is called, by name.

    A version takes the place of the digest; then nothing is refused.
    """
    home = _innermost(function)
    home = home if hasattr(home, "__qualname__") else type(home)
    reader = Reader(home.__module__, refuse=_refusal if version is None else None)
    digest = reader.digest(function)
    if version is None:
        return digest_of(digest, reader.package())[:20], reader.imported
    return f"version {version}", reader.imported


def _innermost(function):
    while isinstance(function, functools.partial):
        function = function.func
    return function


def _refusal(value):
    return TypeError(
        f"train uses {value!r:.60}, of type {type(value).__name__}: expected what can be compared with what an earlier "
        "run used; make it inside train, or give sweep a version"
    )
