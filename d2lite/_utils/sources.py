"""What Python source says, found by parsing it: the names of this package, the texts, and what it offers to others."""

import ast
import functools
import re
from typing import NamedTuple

NAME = "d2lite"
_RUNS = {"exec", "eval", "compile", "__import__", "import_module", "run_module", "run_path"}
_GAP = re.compile(r"%s|\{\w*\}")  # in "%s.png" % name, "{}.png".format(name)
_MAGIC = re.compile(r"^([ \t]*)(?:%[%\w]|!(?!=)).*$", re.MULTILINE)  # no operator at the start of a line


class Facts(NamedTuple):
    """What a source says: dotted names imported and used, texts, texts with gaps, and what an __init__ offers."""

    imports: set
    uses: set
    texts: set
    patterns: set  # tuples of str, None for a gap
    dynamic: bool  # imports or runs what is known at run time alone
    lazy: bool  # an __init__ that passes on what others define: it has a __getattr__, or nothing but imports
    tables: dict  # name to list of modules, of all dicts written out


@functools.lru_cache(maxsize=1024)
def facts_of(source, module="", is_package=False):
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
    """Whether a statement of an __init__ is an import, a docstring, __all__ or a __getattr__ that knows old names."""
    if isinstance(node, ast.Assign):
        return all(getattr(target, "id", "") in ("__all__", "__getattr__") for target in node.targets)
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
