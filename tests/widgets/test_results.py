"""What a page reports to Python is what it computed, wherever the controls stand: in range of its trait."""

import functools
import json
import re
from pathlib import Path

import pytest

from d2lite.widgets import explorer_class, explorer_names
from d2lite.widgets._bundle import shared
from d2lite.widgets._preview import run_module

SCRIPT = Path(__file__).with_name("corners.js")
ANY = 1e300  # the end of a range that holds every number
NAMES = [
    name
    for name in explorer_names()
    if any(
        trait.is_result and trait.spec.get("max", 0) < ANY for trait in explorer_class(name).params().values()
    )
]


@functools.cache
def results_at_the_ends(name, seed=1, count=24):
    """Return [{given, results, said}] of an explorer whose settings are at the ends of their ranges."""
    explorer = explorer_class(name).example()
    state = {trait: getattr(explorer, trait) for trait in [*explorer.params(), "_spec"]}
    modules = {"widget": explorer._folder / "widget.js", "rng": shared("rng")}
    request = {"state": state, "seed": seed, "count": count}
    return json.loads(run_module(SCRIPT.read_text(encoding="utf-8"), modules, request))


@pytest.mark.parametrize("name", NAMES)
def test_results_are_in_the_ranges_of_their_traits(name):
    """Out of range they would be moved inside: Python would hold another number, and the page say so, too."""
    params = explorer_class(name).params()
    results = {trait for trait, param in params.items() if param.is_result}
    for run in results_at_the_ends(name):
        assert run["results"].keys() <= results
        for trait, value in run["results"].items():
            if None not in flat(value):  # what is not finite is not handed on as it is
                params[trait].validate(None, value)  # raises out of range


ONE_OF_SEVERAL = re.compile(
    r"(?<![×·/.] )(?<![\w.,·/×−])1 (?:more |true |false |hidden |different )?"
    r"(?:blocks|boxes|changes|characters|days|detections|epochs|heads|items|layers|lines|maps|masks|numbers|operations|"
    r"pixels|points|products|rows|steps|units|weights|windows|words)\b"
)


@pytest.mark.parametrize("name", explorer_names())
def test_one_thing_is_said_as_one(name):
    """Whole numbers at their least, which is often 1."""
    said = [str(run.get("said", "")) for run in results_at_the_ends(name)]
    assert not [wrong.group() for text in said for wrong in ONE_OF_SEVERAL.finditer(text)]


def flat(value):
    return [part for item in value for part in flat(item)] if isinstance(value, list) else [value]
