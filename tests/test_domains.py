"""The parts of the package keep to each other's public names; what all need is in _utils."""

import ast
from pathlib import Path

import pytest

import d2lite

ROOT = Path(d2lite.__file__).parent


def imported(path, source):
    """Yield the line and the full dotted name of all that a file of the package imports, and of `module._name`."""
    package = ("d2lite", *path.parent.parts)
    bound = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            pairs = [(alias.asname or alias.name, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *filter(None, [node.module])))
            pairs = [(alias.asname or alias.name, f"{base}.{alias.name}") for alias in node.names]
        else:
            continue
        bound |= dict(pairs)
        yield from ((node.lineno, name) for _, name in pairs)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in bound:
            yield node.lineno, f"{bound[ast.unparse(node.value)]}.{node.attr}"


def is_foreign(path, name):
    """Whether a name is private to another part of the package than the file's."""
    first, *parts = name.split(".")
    hidden = [i for i, part in enumerate(parts) if part.startswith("_") and not part.endswith("__")]
    if first != "d2lite" or not hidden or parts[0] == "_utils":
        return False
    owner = parts[0] if hidden[0] else ""  # "": private to the package's own files
    return owner != (path.parts[0] if len(path.parts) > 1 else "")


@pytest.mark.parametrize("path", sorted(p.relative_to(ROOT) for p in ROOT.glob("**/*.py")), ids=str)
def test_no_part_uses_what_is_private_to_another(path):
    found = imported(path, (ROOT / path).read_text(encoding="utf-8"))
    assert not [f"line {line}: {name}" for line, name in found if is_foreign(path, name)]


@pytest.mark.parametrize("path", sorted(p.relative_to(ROOT) for p in ROOT.glob("_utils/*.py")), ids=str)
def test_utils_use_no_part(path):
    found = [name for _, name in imported(path, (ROOT / path).read_text(encoding="utf-8"))]
    assert not [name for name in found if name.startswith("d2lite.") and not name.startswith("d2lite._utils")]


@pytest.mark.parametrize(
    ("path", "source", "foreign"),
    [
        ("models/lenet.py", "from d2lite.datasets._images import _shipped", True),
        ("models/lenet.py", "import d2lite.datasets._images", True),
        ("models/lenet.py", "from d2lite.datasets import _images", True),
        ("models/lenet.py", "from ..datasets import _images", True),
        ("models/lenet.py", "def f():\n    from ..datasets._images import x", True),
        ("models/lenet.py", "from d2lite import datasets\ndatasets._images", True),
        ("models/lenet.py", "import d2lite.datasets as d\nd._images", True),
        ("models/lenet.py", "from d2lite import _renamed", True),
        ("__init__.py", "from d2lite import _renamed", False),
        ("models/lenet.py", "from d2lite._utils.files import replacing", False),
        ("models/lenet.py", "from d2lite.models._parts import x", False),
        ("models/lenet.py", "from ._parts import x\nfrom . import _parts", False),
        ("widgets/lenet/__init__.py", "from .._traits import Real", False),
        (
            "models/lenet.py",
            "from d2lite.datasets import points\nfrom numpy import _core\npoints.__name__",
            False,
        ),
    ],
)
def test_the_rule_sees_each_way_of_writing_it(path, source, foreign):
    path = Path(path)
    assert any(is_foreign(path, name) for _, name in imported(path, source)) == foreign
