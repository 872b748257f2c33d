# ruff: noqa: E501 - a table of short programs, one a line
"""What source reaches: every way to name a module or a data file is followed, and nothing else is."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import d2lite
from d2lite._utils import reach
from d2lite._utils.sources import facts_of

ROOT = Path(d2lite.__file__).parent.parent
FILES = {
    "__init__.py": """
        import importlib
        from d2lite import _renamed
        _FUNCTIONS = {"fit": "training"}
        def __getattr__(name):
            if name in _FUNCTIONS:
                return getattr(importlib.import_module(f"d2lite.{_FUNCTIONS[name]}"), name)
            return importlib.import_module(f"d2lite.{name}")
        """,
    "_renamed.py": """
        import importlib
        MODULES = {"boxes": ("vision.boxes",), "tools": ("vision.boxes", "training.metrics")}
        def install(name):
            importlib.import_module(f"d2lite.{name}")
        """,
    "_utils/__init__.py": "",
    "_utils/lazy.py": "def lazy_modules(package, names):\n    return importlib.import_module(f'{package}.x'), 0",
    "vision/__init__.py": """
        from d2lite._utils.lazy import lazy_modules
        __all__ = ["boxes", "nms"]
        __getattr__, __dir__ = lazy_modules(__name__, __all__)
        """,
    "vision/boxes.py": "def iou(): pass",
    "vision/nms.py": "from .boxes import iou",
    "training/__init__.py": "from . import metrics\ndef fit():\n    from d2lite.plotting import curves",
    "training/metrics.py": "",
    "plotting/__init__.py": '''
        """Only passes on."""
        from d2lite.plotting._curves import curves
        from d2lite.plotting._images import image_grid as grid
        __all__ = ["curves", "grid"]
        ''',
    "plotting/_curves.py": "",
    "plotting/_images.py": "import d2lite.vision.boxes as b",
    "datasets/__init__.py": """
        from d2lite.datasets._images import digits
        from d2lite.datasets._texts import text
        from d2lite.datasets._runs import recorded
        """,
    "datasets/_images.py": "FOLDER = 'data'\ndef digits(part):\n    return f'{name}_{part}.png', 'digits', 'train', 'test'",
    "datasets/_texts.py": "def text(name):\n    return {'austen': 'austen.txt.xz'}[name]",
    "datasets/_runs.py": "def recorded(name):\n    return folder / (name + '.json.gz')",
    "widgets/__init__.py": """
        import importlib
        def explorer_class(name):
            return importlib.import_module(f"{__name__}.{name}")
        def __getattr__(name):
            return explorer_class(name.removesuffix("Explorer").lower())
        """,
    "widgets/_base.py": "",
    "widgets/race/__init__.py": "from d2lite.widgets._base import Explorer\nclass RaceExplorer(Explorer): pass",
    "widgets/receptive_field/__init__.py": "from d2lite.widgets._base import Explorer\nfrom ._field import f\nclass A: pass",
    "widgets/receptive_field/_field.py": "from ...training.metrics import accuracy",
    "widgets/race/widget.js": "",
    "widgets/question/__init__.py": "from d2lite.widgets._base import Explorer\nclass Question(Explorer): pass",
    "data/digits_train.png": "1", "data/digits_test.png": "2", "data/austen.txt.xz": "3",
    "data/runs/atlas.json.gz": "4", "data/runs/dropout.json.gz": "5", "data/SOURCES.md": "6",
}  # fmt: skip
START = {"", "_renamed"}
VISION = START | {"_utils", "_utils/lazy", "vision"}
PLOT = START | {"plotting"}
TRAINING = START | {"training", "training/metrics", "plotting", "plotting/_curves"}
WIDGET = START | {"widgets"}
RACE = WIDGET | {"widgets/race", "widgets/_base"}
FIELD = WIDGET | {
    "widgets/receptive_field",
    "widgets/receptive_field/_field",
    "widgets/_base",
    "training",
    "training/metrics",
}
FIELD |= TRAINING
TEXT = START | {"datasets", "datasets/_texts", "data/austen.txt.xz"}
RUNS = START | {"datasets", "datasets/_runs"}
DIGITS = START | {"datasets", "datasets/_images", "data/digits_train.png", "data/digits_test.png"}
QUESTION = WIDGET | {"widgets/question", "widgets/_base"}
ALL_WIDGETS = RACE | FIELD | QUESTION
ALL = {
    name.removesuffix(".py").removesuffix("__init__").rstrip("/") for name in FILES if name.endswith(".py")
}

CASES = [
    ("import math\nmath.pi", set()),
    ("import d2lite", START),
    ("import d2lite\nprint(d2lite.__version__)", START),
    ("import d2lite\nd2lite.fit(1)", TRAINING),
    ("import d2lite as d\nd.fit(1)", TRAINING),
    ("from d2lite import fit", TRAINING),
    ("from d2lite import fit as train\ntrain()", TRAINING),
    ("from d2lite.training import fit", TRAINING),
    ("import d2lite.training.metrics", TRAINING),
    ("import d2lite\nd2lite.vision.boxes.iou", VISION | {"vision/boxes"}),
    ("import d2lite\niou = d2lite.vision.boxes.iou(a)[0].x", VISION | {"vision/boxes"}),
    ("from d2lite import vision\nvision.boxes.iou", VISION | {"vision/boxes"}),
    ("from d2lite.vision import boxes as library", VISION | {"vision/boxes"}),
    ("from d2lite.vision.boxes import iou", VISION | {"vision/boxes"}),
    ("import d2lite.vision.nms", VISION | {"vision/boxes", "vision/nms"}),
    ("import d2lite.vision.nms as n", VISION | {"vision/boxes", "vision/nms"}),
    ("import d2lite.vision", VISION),
    ("def f():\n    from d2lite.vision import boxes", VISION | {"vision/boxes"}),
    ("class A:\n    def f(self):\n        import d2lite\n        d2lite.vision.boxes", VISION | {"vision/boxes"}),
    ("if True:\n    try:\n        import d2lite.vision.boxes\n    except ImportError: pass", VISION | {"vision/boxes"}),
    ("import importlib\nimportlib.import_module('d2lite.vision.boxes')", VISION | {"vision/boxes"}),
    # the old names of modules
    ("from d2lite import boxes\nboxes.iou", VISION | {"vision/boxes"}),
    ("from d2lite.boxes import iou", VISION | {"vision/boxes"}),
    ("import d2lite\nd2lite.tools.iou", VISION | TRAINING | {"vision/boxes"}),
    # a package that passes on what others define
    ("from d2lite import plotting\nplotting.curves()", PLOT | {"plotting/_curves"}),
    ("from d2lite.plotting import grid", PLOT | VISION | {"plotting/_images", "vision/boxes"}),
    ("from d2lite.plotting import *", PLOT | VISION | {"plotting/_curves", "plotting/_images", "vision/boxes"}),
    # explorers
    ("from d2lite.widgets import RaceExplorer", RACE),
    ("import d2lite\nd2lite.widgets.RaceExplorer()", RACE),
    ("from d2lite import widgets as w\nw.ReceptiveFieldExplorer", FIELD),
    ("import d2lite.widgets.race", RACE),
    ("from d2lite.widgets import Question\nQuestion.choice()", QUESTION),
    ("from d2lite.widgets import explorer_class\nexplorer_class(name)", ALL_WIDGETS),
    ("from d2lite.widgets import *", ALL_WIDGETS),
    # what is not understood
    ("import d2lite\ngetattr(d2lite, name)", ALL),
    ("import d2lite\nd = d2lite\nd.fit", ALL),
    ("from d2lite import widgets\ngetattr(widgets, name)", ALL_WIDGETS),
    ("from d2lite import *", ALL),
    ("import d2lite\nd2lite.unknown", ALL),
    ("import importlib\nimportlib.import_module(f'd2lite.{name}')", ALL),
    ("from importlib import import_module\nimport_module('d2lite.' + name)", ALL),
    ("__import__(name)", ALL),
    ("exec(text)", ALL),
    ("eval('d2lite.fit')", ALL),
    ("%run script.py", ALL),
    ("!python -c 'import d2lite; d2lite.fit()'", ALL),
    ("this is no Python", ALL),
    # magics that reach nothing
    ("%matplotlib inline\nimport d2lite", START),
    ("if True:\n    %time x = 1\nimport d2lite", START),
    ("!ls", set()),
    # data
    ("from d2lite import datasets\ndatasets.text('austen')", TEXT),
    ("from d2lite import datasets\ndatasets.digits('train')", DIGITS),
    ("from d2lite.datasets import recorded\nrecorded('atlas')", RUNS | {"data/runs/atlas.json.gz"}),
    ("from d2lite.datasets import recorded\nfor name in ('atlas', 'dropout'):\n    recorded(name)",
     RUNS | {"data/runs/atlas.json.gz", "data/runs/dropout.json.gz"}),
    ("open(folder / 'atlas.json.gz')", {"data/runs/atlas.json.gz"}),
    ("open('../d2lite/data/' + 'runs/atlas.json.gz')", {"data/runs/atlas.json.gz"}),
    ("name = 'digits'; open(f'{name}_test.png')", {"data/digits_test.png"}),
    ("name = 'digits'; open('%s_test.png' % name)", {"data/digits_test.png"}),
    ("name = 'digits'; open('{}_test.png'.format(name))", {"data/digits_test.png"}),
    ("name = 'digits'; open(name + '_' + 'test' + '.png')", {"data/digits_test.png"}),
    ("folder.glob('*.png')", {"data/digits_train.png", "data/digits_test.png"}),
    ("print('SOURCES.md', 'atlases', 'json')", set()),
]  # fmt: skip


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy") / "d2lite"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.strip("\n").splitlines()
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        path.write_text("\n".join(line[indent:] for line in lines))
    return folder


@pytest.mark.parametrize(("source", "expected"), CASES, ids=[source[:60] for source, _ in CASES])
def test_reaches_exactly(source, expected, package):
    found = {path.relative_to(package).as_posix() for path in reach.reached(source, package)}
    found = {name.removesuffix(".py").removesuffix("__init__").rstrip("/") for name in found}
    if expected is ALL:  # and whatever data the modules name
        found = {name for name in found if not name.startswith("data/")}
    assert found == expected


def test_the_digest_follows_contents_and_nothing_else(package, tmp_path):
    files = reach.reached("from d2lite import datasets\ndatasets.text('austen')", package)
    before = reach.digest(files, package)
    (package / "data" / "digits_train.png").write_text("other")
    assert reach.digest(files, package) == before
    (package / "data" / "austen.txt.xz").write_text("other")
    assert reach.digest(files, package) != before
    (package / "data" / "austen.txt.xz").write_text("3")
    assert reach.digest(files, package) == before


def code_of_chapters():
    for path in sorted(ROOT.glob("chapters/*/*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        yield path, "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")


PROBE = """
import json, sys
for lines in json.load(sys.stdin):
    exec(lines, {})
    print(json.dumps([m.__file__ for name, m in sys.modules.items() if name.startswith("d2lite") and m.__file__]))
    for name in [name for name in sys.modules if name.startswith("d2lite")]:
        del sys.modules[name]
"""


def test_every_module_that_a_chapter_imports_is_reached():
    """What Python itself loads for the chapters' import lines, against what was found without running them."""
    chapters = dict(code_of_chapters())
    assert chapters
    trees = map(ast.parse, chapters.values())
    nodes = [[n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)] for tree in trees]
    lines = ["\n".join({line for line in map(ast.unparse, some) if "d2lite" in line}) for some in nodes]
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    for (path, code), line in zip(chapters.items(), done.stdout.splitlines(), strict=True):
        loaded = {Path(name) for name in json.loads(line)}
        passing = {file.parent.name for file in loaded} & {
            "datasets",
            "models",
            "plotting",
        }  # loads all it passes on
        beside = reach.reached("\n".join(f"from d2lite.{name} import *" for name in passing))
        assert loaded <= set(reach.reached(code)) | set(beside), path


def test_every_data_file_is_reached_by_something():
    """A file that no source names, as far as this module can see, could change without a notebook being run again."""
    sources = [code for _, code in code_of_chapters()] + ["from d2lite import *"]
    reached = {path for code in sources for path in reach.reached(code)}
    files = {
        path for path in (ROOT / "d2lite" / "data").rglob("*") if path.is_file() and path.suffix != ".md"
    }
    assert {path.name for path in files - reached} <= {"LICENSE-fashion-mnist.txt"}


def test_only_lazy_packages_import_what_a_name_says():
    package = Path(d2lite.__file__).parent
    dynamic = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if facts_of(path.read_text(encoding="utf-8"), "", path.name == "__init__.py").dynamic
    }
    assert dynamic - reach.FOR_OTHERS <= {"__init__.py", "widgets/__init__.py", "widgets/_preview.py"}


def test_it_is_cheap_to_import():
    program = "import sys; from d2lite._utils import reach; print({'torch', 'numpy', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
