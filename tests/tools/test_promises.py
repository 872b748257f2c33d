"""What README, metadata, pins and workflows say of Python and of packages is one thing."""

import re
import tomllib
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = {
    canonicalize_name(pin.name): pin.specifier
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
    for pin in [Requirement(line)]
}


def test_one_oldest_and_one_newest_python_everywhere():
    workflow = (ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8")
    oldest, newest = re.search(r'python: \["([\d.]+)", "([\d.]+)"\]', workflow).groups()
    assert PROJECT["requires-python"] == f">={oldest}"
    for name in ("README.md", "book/setup.md"):
        assert f"Python {oldest} to {newest}" in (ROOT / name).read_text(encoding="utf-8"), name
    supported = SpecifierSet(f">={oldest},<={newest}")
    for pinned in re.findall(r'python-version: "([\d.]+)"', workflow):
        assert pinned in supported
    assert (ROOT / ".binder/runtime.txt").read_text().strip().removeprefix("python-") in supported


def test_the_pins_install_on_the_first_release_of_the_oldest_python():
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    for package in distributions():
        wanted, pin = package.metadata.get("Requires-Python"), PINS.get(canonicalize_name(package.name))
        if wanted and pin and package.version in pin:  # others are there where nothing is pinned
            assert oldest in SpecifierSet(wanted), f"{package.name} {package.version} needs Python {wanted}"


def test_every_package_that_is_named_is_pinned_to_a_version_that_fits():
    extras = PROJECT["optional-dependencies"]
    for line in [*PROJECT["dependencies"], *(line for lines in extras.values() for line in lines)]:
        wanted = Requirement(line)
        name = canonicalize_name(wanted.name)
        if name != "d2lite":
            (pin,) = PINS[name]
            assert pin.operator == "==" and pin.version in wanted.specifier, line


def test_the_extra_optional_names_all_that_a_reader_can_do_without():
    extras = PROJECT["optional-dependencies"]
    (whole,) = extras["optional"]
    assert Requirement(whole).extras == set(extras) - {"lab", "book", "test", "hub", "optional"}
    workflow = (ROOT / ".github/workflows/extras.yml").read_text(encoding="utf-8")
    assert '".[test,optional,hub]"' in workflow and "pytest tests -m extra" in workflow


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "book/setup.md", "d2lite/widgets/README.md"]
)
def test_what_documents_tell_to_run_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[
        1
    ].split()
    assert set(re.findall(r"(?:^|`)make ([\w-]+)", text, re.MULTILINE)) <= set(targets)
    for path in re.findall(r"\b(?:tools|benchmarks|d2lite)/[\w/]+\.py\b", text):
        assert (ROOT / path).exists() or "/wave/" in path, path
    assert "--nbval-lax" not in text
    for target in re.findall(r"^\| [^|]+ \| `(d2lite\.[\w.]+)`", text, re.MULTILINE):
        assert find_spec(target), target
