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

import ast
import fnmatch
import functools
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parent.parent
NAME = "d2lite"
SCRIPTS = {".js", ".mjs", ".css", ".map", ".py", ".pyc", ".md"}  # neither data nor seen by a kernel
# They import what a name of a lazy package stands for, and that is followed; or modules of the reader's own.
FOR_OTHERS = {"_renamed.py", "_utils/lazy.py", "sweeps/_fingerprint.py"}
_RUNS = {"exec", "eval", "compile", "__import__", "import_module", "run_module", "run_path"}
_ABOUT = {"__version__", "__file__", "__name__", "__doc__", "__all__", "__path__"}
_GAP = re.compile(r"%s|\{\w*\}")  # in "%s.png" % name, "{}.png".format(name)
_MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)


class Facts(NamedTuple):
    """What a source says: dotted names imported and used, texts, texts with gaps, and what an __init__ offers."""

    imports: set
    uses: set
    texts: set
    patterns: set  # tuples of str, None for a gap
    dynamic: bool  # imports or runs what is known at run time alone
    lazy: bool  # an __init__ that passes on what others define: it has a __getattr__, or nothing but imports
    tables: dict  # name to list of modules, of all dicts written out


def names_used(source):
    """Return the dotted names of d2lite that Python source uses, resolved through its imports, as long as they are.

    Args:
        source: the code; lines that are magics of IPython are skipped, and unreadable code gives an empty set.
    """
    try:
        return set(_facts(source).uses)
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
        facts = _facts(source)
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
        return _facts(path.read_text(encoding="utf-8"), ".".join(module), path.name == "__init__.py")

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
        folders = [path.name for path in folder.iterdir() if f"{_camel(path.name)}Explorer" == name]
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
        return any(_fits(pattern, end, self.texts) for pattern in self.patterns for end in (*ends, stem))


def _camel(folder):
    return "".join(part.capitalize() for part in folder.split("_"))


def _fits(pattern, text, texts):
    """Whether a text is the pattern with known texts in its gaps."""
    if not pattern:
        return not text
    first, *rest = pattern
    if first is not None:
        return text.startswith(first) and _fits(rest, text[len(first) :], texts)
    return any(text[:k] in texts and _fits(rest, text[k:], texts) for k in range(1, len(text) + 1))


@functools.lru_cache(maxsize=1024)
def _facts(source, module="", is_package=False):
    """Return the Facts of a source; the module's name is what its relative imports start from."""
    tree = ast.parse(_MAGIC.sub(r"\1pass", source))
    nodes = list(ast.walk(tree))
    magics = " ".join(match[0] for match in _MAGIC.finditer(source))
    imports, short = _imports(nodes, module.split(".") if is_package else module.split(".")[:-1])
    texts, patterns = _texts(nodes)
    tables = _tables(nodes)
    passes_on = is_package and all(map(_passes_on, tree.body))
    if passes_on:
        imports, tables = set(), tables | {name: [origin] for name, origin in short.items()}
    dotted = {text for text in texts if re.fullmatch(rf"{NAME}(\.\w+)+", text)}
    lazy = passes_on or any(_makes_getattr(node) for node in tree.body)
    return Facts(
        imports=imports | dotted,
        uses=_uses(nodes, short),
        texts=set() if lazy else texts,  # there they name modules
        patterns=set() if lazy else patterns,
        dynamic=any(map(_is_dynamic, nodes)) or NAME in magics or ".py" in magics,
        lazy=lazy,
        tables=tables,
    )


def _imports(nodes, home):
    """Return the dotted names of d2lite that are imported, and what the short names stand for."""
    imports, short = set(), {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for item in node.names:
                if item.name.split(".")[0] == NAME:
                    imports.add(item.name)
                    short[item.asname or NAME] = item.name if item.asname else NAME
        elif isinstance(node, ast.ImportFrom):
            start = home[: len(home) - node.level + 1] if node.level else []
            origin = ".".join([*start, *filter(None, [node.module])])
            if origin.split(".")[0] == NAME:
                imports |= {f"{origin}.{item.name}" for item in node.names}
                short |= {item.asname or item.name: f"{origin}.{item.name}" for item in node.names}
    return imports, short


def _uses(nodes, short):
    """Return the dotted names of d2lite that stand in expressions, each as long as it is there."""
    uses, inside = set(), set()
    for node in nodes:  # ast.walk gives a node before what it holds
        if not isinstance(node, ast.Attribute | ast.Name) or node in inside:
            continue
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
            inside.add(node)
        if isinstance(node, ast.Name) and node.id in short:
            uses.add(".".join([short[node.id], *reversed(parts)]))
    return uses


def _texts(nodes):
    """Return the string constants, and the patterns of those that are put together."""
    texts, patterns = set(), set()
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
            parts = [part for literal in _GAP.split(node.value) for part in (literal, None)][:-1]
        elif isinstance(node, ast.JoinedStr | ast.BinOp):
            parts = _parts(node)
        else:
            continue
        if None in parts and any(parts):
            patterns.add(tuple(part for part in parts if part != ""))
    return texts, patterns


def _parts(node):
    """The pieces of a string that is put together, None for what is not written out."""
    if isinstance(node, ast.JoinedStr):
        return [part for value in node.values for part in _parts(value)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_parts(node.left), *_parts(node.right)]
    return [node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None]


def _is_dynamic(node):
    """Whether a node imports, or runs as code, what is known at run time alone."""
    if isinstance(node, ast.Name):
        return node.id in _RUNS - {"import_module"}
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    known = (
        node.args and isinstance(node.args[0], ast.Constant) and not str(node.args[0].value).startswith(".")
    )
    return name in {"import_module", "run_module", "run_path"} and not (known and name == "import_module")


def _passes_on(node):
    """Whether a statement of an __init__ is an import, a docstring or __all__."""
    if isinstance(node, ast.Assign):
        return [getattr(target, "id", "") for target in node.targets] == ["__all__"]
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)


def _makes_getattr(node):
    targets = node.targets if isinstance(node, ast.Assign) else []
    names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    return "__getattr__" in [*names, getattr(node, "name", "")]


def _tables(nodes):
    """Return what the dicts of a module say of each name: the texts, or tuples of texts, under it."""
    tables = {}
    for node in nodes:
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Constant | ast.Tuple | ast.List):
                    found = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
                    found = [item.value for item in found if isinstance(item, ast.Constant)]
                    tables.setdefault(key.value, []).extend(item for item in found if isinstance(item, str))
    return tables
