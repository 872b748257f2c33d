"""What classroom/Containerfile says, read for the tests: its steps, and what its COPY steps lay where."""

import re
import shutil
from pathlib import Path

from stand_in import ROOT, tracked

TEXT = (ROOT / "classroom" / "Containerfile").read_text(encoding="utf-8")
STEPS = [line for line in TEXT.replace("\\\n", " ").splitlines() if re.match("[A-Z]+ ", line)]


def copies():
    """Return (sources, destination) of each COPY."""
    steps = [line.split()[1:] for line in STEPS if line.startswith("COPY ")]
    steps = [[word for word in words if not word.startswith("--")] for words in steps]
    return [(words[:-1], words[-1]) for words in steps]


def context():
    """Return the files of a fresh clone that reach the builder, as paths in the repository: see .dockerignore."""
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [rule for rule in rules if rule and not rule.startswith("#")]
    return [path for path in tracked() if _is_sent(path, rules)]


def _is_sent(path, rules):
    """Tell whether a path is sent: the last rule decides that matches it or a folder above it."""
    sent = True
    for rule in rules:
        pattern = rule.removeprefix("!")
        pattern = pattern.removeprefix("**/") if pattern.startswith("**/") else f"/{pattern}"
        if any((Path("/") / one).match(pattern) for one in (path, *path.parents[:-1])):
            sent = rule.startswith("!")
    return sent


def lay_out(root):
    """Copy from a fresh clone into a folder what the container's folders would hold after the COPY steps.

    Returns:
        Dict from each source of a COPY to the number of its files.
    """
    files, counts = context(), {}
    for sources, destination in copies():
        target = root / "opt" / "d2lite" / destination  # an absolute one stands for itself
        if destination.startswith("/"):
            target = root / destination.lstrip("/")
        for source in sources:
            folder = (ROOT / source).is_dir()
            found = [
                path for path in files if (path.is_relative_to(source) if folder else path.match(source))
            ]
            for path in found:
                copy = target / (path.relative_to(source) if folder else path.name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / path, copy)
            counts[source] = len(found)
    return counts
