"""Public-domain English prose and verse that ship with the package."""

import functools
import lzma
from importlib import resources

from d2lite._utils.checks import check_choice

_TEXTS = ("austen", "shakespeare")


def text(name):
    """Return a long English text as one string.

    Args:
        name: "austen" (her six novels: 4.0 million characters, 81 distinct ones) or "shakespeare" (ten plays in
            modern spelling: 1.3 million characters, 80 distinct ones). Both are plain ASCII but for "£", and keep
            their line breaks; novels and plays follow each other, in the order that `d2lite/data/SOURCES.md` gives.

    Returns:
        str.

    Raises:
        ValueError: there is no text of that name.

    Source: Jane Austen, 1811 to 1818; William Shakespeare, 1595 to 1611. In the public domain. Taught in
    chapters/07_rnn/sequences.
    """
    check_choice(name, _TEXTS, "text")
    return _read(name)


@functools.cache
def _read(name):
    with resources.files("d2lite").joinpath("data", f"{name}.txt.xz").open("rb") as file:
        return lzma.decompress(file.read()).decode("utf-8")
