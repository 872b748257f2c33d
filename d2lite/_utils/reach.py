"""Which files of this package a piece of Python source reaches: its modules, and the data that they name.

Nothing is imported or run: sources are parsed, and names looked up in the folders. An attribute of a package that
only passes on what its modules define, at once or on first use, stands for the module it comes from, so
``import d2lite; d2lite.fit(...)`` reaches the training loop and not the explorers. What is not understood reaches too
much rather than too little: an import put together at run time reaches the whole package it is in, and so does such a
package that is itself handed on.

Data files are reached by name: a text in the source, or in a module it reaches, that is the file's name, its stem
("atlas") or the end of its path, or that makes one when put into an f-string or a sum. A name that is computed in
another way is not seen; in the source itself, though not in the modules, patterns such as ``"*.png"`` are.
"""

import fnmatch
import functools
import hashlib
import re
from pathlib import Path

from d2lite._utils.sources import NAME, facts_of

PACKAGE = Path(__file__).parent.parent
SCRIPTS = {".js", ".mjs", ".css", ".map", ".py", ".pyc", ".md"}  # neither data nor seen by a kernel
# They import what a name of a lazy package stands for, and that is followed; or modules of the reader's own; or run a
# text that names only what they hand to it.
FOR_OTHERS = {"_renamed.py", "_utils/lazy.py", "_utils/identity.py", "training/mistakes.py"}
_ABOUT = {"__version__", "__file__", "__name__", "__doc__", "__all__", "__path__"}


def names_used(source):
    """Return the dotted names of d2lite that Python source uses, resolved through its imports, as long as they are.

    Args:
        source: the code; lines that are magics of IPython are skipped, and unreadable code gives an empty set.
    """
    try:
        return set(facts_of(source).uses)
    except SyntaxError:
        return set()


def reached(source, package=PACKAGE):
    """Return the files of the package that Python source reaches, as a sorted list of paths.

    Args:
        source: the code, such as the joined code cells of a notebook.
        package: folder of d2lite, or of a copy.
    """
    search = _Search(Path(package))
    try:
        facts = facts_of(source)
    except SyntaxError:
        search.whole(search.package)
    else:
        search.take(facts, search.package)
        search.globs = {text for text in facts.texts if "*" in text}
    return sorted(search.files | search.data())


def digest(files, package=PACKAGE):
    """Return a hash of the names and contents of files of the package: 64 hexadecimal digits."""
    total = hashlib.sha256()
    for path in sorted(files):
        total.update(path.relative_to(package).as_posix().encode() + b"\0")
        status = path.stat()
        total.update(_hash(path, status.st_mtime_ns, status.st_size))
    return total.hexdigest()


@functools.lru_cache(maxsize=4096)
def _hash(path, changed, size):
    return hashlib.sha256(path.read_bytes()).digest()


class _Search:
    """Files found so far, the texts they hold, and how names lead to more."""

    def __init__(self, package):
        self.package, self.files, self.globs = package, set(), set()
        self.texts, self.patterns, self.followed = set(), set(), set()

    def take(self, facts, home):
        """Follow all that a source says; home is the package that a dynamic import in it reaches."""
        self.texts |= facts.texts
        self.patterns |= facts.patterns
        for name in facts.imports:
            self.follow(name)
        for name in facts.uses:
            self.follow(name, used=True)
        if facts.dynamic:
            self.whole(home)

    def add(self, path):
        """Add a module, and what it reaches."""
        if path in self.files:
            return
        self.files.add(path)
        facts = self.read(path)
        resolves = path.relative_to(self.package).as_posix() in FOR_OTHERS
        lazy = path.name == "__init__.py" and facts.lazy
        self.take(facts._replace(dynamic=facts.dynamic and not lazy and not resolves), path.parent)

    def read(self, path):
        module = [NAME, *path.relative_to(self.package).with_suffix("").parts]
        if module[-1] == "__init__":
            module.pop()
        return facts_of(path.read_text(encoding="utf-8"), ".".join(module), path.name == "__init__.py")

    def whole(self, folder):
        for path in folder.rglob("*.py"):
            self.add(path)

    def follow(self, name, used=False):
        """Add the modules on the way of a dotted name; used: it is a value, and not only imported."""
        if (name, used) in self.followed:
            return
        self.followed.add((name, used))
        here, parts = self.package, name.split(".")[1:]
        self.add(here / "__init__.py")
        for part in parts:
            if (here / part / "__init__.py").exists():
                here = here / part
                self.add(here / "__init__.py")
            elif (here / f"{part}.py").exists():
                return self.add(here / f"{part}.py")
            else:
                return self.attribute(here, part)
        if used and self.read(here / "__init__.py").lazy:  # passed on: who knows what is taken from it
            self.whole(here)

    def attribute(self, folder, name):
        """Add the module that a package's attribute comes from, where it is imported on first use."""
        facts = self.read(folder / "__init__.py")
        if not facts.lazy or name in _ABOUT:
            return
        package = ".".join([NAME, *folder.relative_to(self.package).parts])
        beside = [
            self.read(path)
            for path in self.files
            if path.parent == folder and f"{package}.{path.stem}" in facts.imports
        ]
        targets = [target for known in (facts, *beside) for target in known.tables.get(name, ())]
        folders = [
            path.name
            for path in folder.iterdir()
            if name in (_camel(path.name), f"{_camel(path.name)}Explorer")
        ]
        for target in targets + folders:
            self.follow(target if target.startswith(f"{NAME}.") else f"{package}.{target}", used=True)
        if not targets and not folders:
            self.whole(folder)

    def data(self):
        """Return the data files that the texts name."""
        files = (path for path in self.package.rglob("*") if path.suffix not in SCRIPTS and path.is_file())
        return {path for path in files if self.is_named(path.relative_to(self.package))}

    def is_named(self, path):
        ends = {"/".join(path.parts[k:]) for k in range(len(path.parts))}
        stem = path.name.partition(".")[0]
        if self.texts & {*ends, stem, path.stem}:
            return True
        if any(fnmatch.fnmatch(path.name, glob.rpartition("/")[2]) for glob in self.globs):
            return True
        named = (
            (pattern, end) for pattern in self.patterns for end in (*ends, stem) if _could_fit(pattern, end)
        )
        return any(_fits(pattern, end, self.texts) for pattern, end in named)


def _camel(folder):
    return "".join(part.capitalize() for part in folder.split("_"))


@functools.cache
def _could_fit(pattern, text):
    """Whether a text is the pattern with anything in its gaps: hardly any is, and that is the same for all sources."""
    return _shape(pattern).fullmatch(text) is not None


@functools.cache
def _shape(pattern):
    return re.compile("".join(".+" if part is None else re.escape(part) for part in pattern), re.DOTALL)


def _fits(pattern, text, texts):
    """Whether a text is the pattern with known texts in its gaps."""
    if not pattern:
        return not text
    first, *rest = pattern
    if first is not None:
        return text.startswith(first) and _fits(rest, text[len(first) :], texts)
    return any(text[:k] in texts and _fits(rest, text[k:], texts) for k in range(1, len(text) + 1))
