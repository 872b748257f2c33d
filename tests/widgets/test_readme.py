"""The README's smallest example works under any name, as tools/new_explorer.py writes it; its table names what there is."""

import importlib
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

import d2lite.widgets
from d2lite.widgets import _preview
from d2lite.widgets._bundle import notebook, shared

from . import conftest, test_parity

WIDGETS = Path(d2lite.widgets.__file__).parent
SHARED = sorted(WIDGETS.glob("_*/*.js"))
README = (WIDGETS / "README.md").read_text(encoding="utf-8")
sys.path.insert(0, str(WIDGETS.parents[1] / "tools"))
from new_explorer import new_explorer  # noqa: E402

NAME, TITLE = "tide_gauge", "A tide and its period"


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A place with the shared scripts, where the tool has written an explorer."""
    root = tmp_path_factory.mktemp("house")
    (root / "d2lite" / "widgets").mkdir(parents=True)
    for part in {path.parent for path in SHARED}:
        (root / "d2lite" / "widgets" / part.name).symlink_to(part, target_is_directory=True)
    new_explorer(NAME, TITLE, "03_networks/tides", root=root)
    yield root
    sys.modules.pop(NAME, None)


@pytest.fixture(scope="module")
def tide(root):
    return load(root / "d2lite/widgets" / NAME / "__init__.py", NAME).TideGaugeExplorer


def test_it_makes_an_explorer_and_its_picture(tide):
    explorer = tide(frequency=3)
    assert explorer.state() == {"frequency": 3.0}
    assert (tide.title(), "Taught in chapters/03_networks/tides" in tide.__doc__) == (f"{TITLE}.", True)
    assert notebook(explorer._folder)[0].count("Tide gauge explorer: a tide and its period") == 1
    assert _preview.preview_svg(explorer).count("<path") >= 1


def test_its_numbers_agree_with_its_traces(root, tide):
    cases = load(root / "tests/widgets/traces" / f"{NAME}.py", f"traces_{NAME}").cases()
    model = tide._folder / "model.js"
    script = test_parity.RUN.replace("FUNCTIONS", ",\n".join(f"({case['js']})" for case in cases))
    inputs = [case["input"] for case in cases]
    results = json.loads(_preview.run_module(script, {"model": model}, inputs))
    for case, result in zip(cases, results, strict=True):
        test_parity.check(result, case["expected"], 1e-9, case["name"])


@pytest.mark.browser
def test_its_browser_test_passes(make_host, root, tide, monkeypatch):
    monkeypatch.setattr(conftest, "explorer_class", lambda name: {NAME: tide}[name])
    test = load(root / "tests/widgets" / f"test_{NAME}_browser.py", f"test_{NAME}_browser")
    test.test_a_higher_frequency_has_more_peaks(make_host)


def test_nothing_is_overwritten(root):
    with pytest.raises(FileExistsError, match="exists"):
        new_explorer(NAME, "Another title here", "03_networks/tides", root=root)


@pytest.mark.parametrize(
    ("name", "title", "chapter", "said"),
    [
        ("Tide", TITLE, "03_networks/tides", "name is 'Tide': expected lower case"),
        ("tide-gauge", TITLE, "03_networks/tides", "expected lower case"),
        ("_tide", TITLE, "03_networks/tides", "expected lower case"),
        ("tide", "short", "03_networks/tides", "title is 'short': expected one line"),
        ("tide", 'A "quoted" title', "03_networks/tides", "expected one line"),
        ("tide", 12 * " ", "03_networks/tides", "expected one line"),
        ("tide", TITLE, "tides", "chapter is 'tides': expected NN_part/name"),
    ],
)
def test_bad_arguments_are_refused(tmp_path, name, title, chapter, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        new_explorer(name, title, chapter, root=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("title", "inside"), [("ReLU and its bend", "ReLU and"), ("A curve that bends", "a curve")]
)
def test_a_title_within_a_sentence_keeps_the_capitals_of_names(tmp_path, title, inside):
    new_explorer("bend", title, "03_networks/bends", root=tmp_path)
    script = (tmp_path / "d2lite/widgets/bend/widget.js").read_text(encoding="utf-8")
    assert f'title: "Bend explorer: {inside}' in script


def test_every_shared_function_named_is_there():
    rows = dict(re.findall(r"^\| `(\w+)\.js` \| (.*?) \|$", README, re.MULTILINE))
    imports = "".join(f'import * as {name} from "./{name}.mjs";\n' for name in rows)
    named = f"Object.entries({{ {', '.join(rows)} }}).map(([name, module]) => [name, Object.keys(module)])"
    script = f"{imports}process.stdout.write(JSON.stringify(Object.fromEntries({named})));"
    there = json.loads(_preview.run_module(script, {name: shared(name) for name in rows}))
    for name, functions in rows.items():
        for function in re.findall(r"`(\w+)\(", functions):
            assert function in there[name] or name == "svgcontext", f"{function} in {name}.js"


def test_every_shared_file_is_named():
    for path in SHARED:
        assert f"`{path.name}`" in README, path.name
