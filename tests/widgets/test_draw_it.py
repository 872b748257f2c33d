"""DrawIt in Python: a curve that is not one, or an axis that cannot hold it, is refused in one sentence."""

import json
import re

import numpy as np
import pytest
import torch
import traitlets

from d2lite.widgets import DrawIt, _bundle, asking_names, explorer_class, explorer_names, widget_names
from d2lite.widgets._preview import preview_svg, run_module
from d2lite.widgets._traits import BadValueError

from . import test_base, test_bundle, test_preview

OWN = 12_000  # bytes of script, compressed

GOOD = {
    "x": [1, 2, 3, 4, 5],
    "y": [3.0, 1.0, 0.5, 0.7, 2.0],
    "prompt": "What happens to `loss`?",
    "xlabel": "epoch",
    "ylabel": "loss",
    "lesson": "It turns.",
    "key": "turn",
}


def make(**changes):
    return DrawIt(**{**GOOD, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": [1, 2, 3, 4]}, "x has 4 numbers: expected 5 to 200"),
        ({"x": range(201)}, "x has 201 numbers: expected 5 to 200"),
        ({"x": "abcde"}, "x is 'abcde': expected a sequence of 5 to 200 numbers"),
        ({"x": None}, "x is None: expected a sequence"),
        ({"y": np.zeros((5, 2))}, r"y\[0\] is \[0.0, 0.0\]: expected a finite number"),
        ({"y": [1, 2, 3, 4, 5, 6]}, "y has 6 numbers: expected 5, one for each of x"),
        ({"x": [1, 2, 2, 4, 5]}, "x has 2 after 2: expected numbers that increase"),
        ({"x": [1, 2, 3, 5, 4]}, "x has 4 after 5: expected numbers that increase"),
        ({"y": [1, 2, float("nan"), 4, 5]}, r"y\[2\] is nan: expected a finite number$"),
        ({"y": torch.tensor([1, 2, 3, torch.inf, 5])}, r"y\[3\] is inf: expected a finite number$"),
        ({"y": [1, 2, True, 4, 5]}, r"y\[2\] is True: expected a finite number"),
        ({"x": [0, 1, 2, 3, 4], "xscale": "log"}, r"x\[0\] is 0: expected a finite number above 0, as the"),
        ({"y": [1, 2, -3, 4, 5], "yscale": "log"}, r"y\[2\] is -3: expected a finite number above 0, as the"),
        ({"xscale": "log2"}, "xscale is 'log2': expected one of 'linear', 'log'"),
        ({"yscale": None}, "yscale is None: expected one of 'linear', 'log'"),
        ({"given": 3}, "given is 3: expected a whole number, from 0 to 2"),
        ({"given": -1}, "given is -1: expected a whole number, from 0 to 2"),
        ({"given": 1.5}, "given is 1.5: expected a whole number"),
        ({"ylim": (0, 1)}, r"ylim is \(0.0, 1.0\): expected an axis that holds all of y, 0.5 to 3"),
        ({"ylim": (4, 0)}, r"ylim is \(4.0, 0.0\): expected \(low, high\), low below high"),
        ({"ylim": (0, 4), "yscale": "log"}, r"ylim is \(0.0, 4.0\): expected ends above 0"),
        ({"ylim": 4}, r"ylim is 4: expected \(low, high\), or None"),
        ({"ylim": (0, np.inf)}, "ylim is inf: expected a finite number"),
        ({"prompt": " "}, "prompt is ' ': expected a text of at most 300 characters without \\$"),
        ({"prompt": "Why $x$?"}, "prompt is .*: expected a text"),
        ({"ylabel": ""}, "ylabel is '': expected a text of at most 40"),
        ({"lesson": None}, "lesson is None: expected a text"),
        ({"x": [1, 2, 3, 4, 10**400]}, r"x\[4\] is 1000.*: expected a finite number"),
        ({"key": ""}, "key is '': expected a name of its own in the page"),
        ({"key": "A B"}, "key is 'A B': expected at most 40 of the characters a-z"),
        ({"drawing": [[97, 0.5]]}, r"drawing is \[97, 0.5\]: expected at most 97 rows of 2 numbers"),
        ({"drawing": [[3, 1.5]]}, "drawing is .*: expected at most 97 rows"),
        ({"revealed": 1}, "revealed is 1: expected True or False"),
    ],
)
def test_what_is_no_curve_is_refused_in_one_sentence(changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        make(**changes)
    assert isinstance(caught.value, traitlets.TraitError)
    assert "\n" not in str(caught.value)


def test_unknown_names_are_refused():
    with pytest.raises(TypeError, match="DrawIt has no trait 'drawn': expected drawing, perhaps"):
        make(drawn=[])
    with pytest.raises(TypeError, match="data is given: expected the curve as x and y"):
        make(data={})


@pytest.mark.parametrize("kind", [list, tuple, np.array, torch.tensor])
def test_curves_of_any_kind_are_kept_as_plain_numbers(kind):
    shown = make(y=kind([3.0, 1.0, 0.5, 0.75, 2.0]), given=2, ylim=(0, 4))
    assert shown.data == {
        "x": [1.0, 2.0, 3.0, 4.0, 5.0],
        "y": [3.0, 1.0, 0.5, 0.75, 2.0],
        "xscale": "linear",
        "yscale": "linear",
        "ylim": [0.0, 4.0],
        "given": 2,
        **{name: GOOD[name] for name in ("prompt", "xlabel", "ylabel", "lesson")},
    }
    json.dumps(shown.data)


@pytest.mark.parametrize("first", [1.7e9, -1e6, 4000.125, 1e15])
def test_numbers_that_lie_close_together_are_kept_apart(first):
    """Seconds since 1970 differ in the tenth digit."""
    near = [first + step for step in (0, 1, 2, 3.5, 5)]
    shown = make(x=near, y=near).data
    assert (shown["x"], shown["y"]) == (near, near)
    low, high = shown["ylim"]
    assert near[0] - 1 <= low < near[0] < near[-1] < high <= near[-1] + 1


@pytest.mark.parametrize(
    ("y", "yscale", "ends"),
    [
        ([1, 2, 3, 4, 5], "linear", (0, 5.6)),  # near 0, and never below: from 0
        ([10, 11, 12, 11, 14], "linear", (9.4, 14.6)),
        ([-1, 0, 1, 0, -1], "linear", (-1.3, 1.3)),
        ([2, 2, 2, 2, 2], "linear", (1.7, 2.3)),
        ([0, 0, 0, 0, 0], "linear", (0, 0.15)),
        ([1, 10, 100, 10, 1], "log", (0.5011872, 199.5262)),
    ],
)
def test_an_axis_that_is_not_given_has_room_around_the_values(y, yscale, ends):
    assert make(y=y, yscale=yscale).data["ylim"] == pytest.approx(list(ends))


def test_the_class_is_found_by_its_folder_and_by_no_other_name():
    assert explorer_class("draw_it") is DrawIt
    assert "draw_it" in widget_names()
    assert "draw_it" in asking_names()
    assert "draw_it" not in explorer_names()
    import d2lite.widgets

    with pytest.raises(AttributeError, match="has no attribute 'DrawItExplorer'"):
        d2lite.widgets.DrawItExplorer


def test_the_cell_of_python_makes_the_same():
    shown = make(given=1, drawing=[[3, 0.5], [4, 0.25]], revealed=True)
    assert shown.state() == {"drawing": [[3, 0.5], [4, 0.25]], "revealed": True}
    scope = {}
    exec(shown.to_python().replace("\nDrawIt(", "\nagain = DrawIt("), scope)
    assert (scope["again"].data, scope["again"].state()) == (shown.data, shown.state())
    assert scope["again"].key == "turn"


def test_what_holds_for_explorers_holds_for_it():
    assert test_bundle.compressed(_bundle.page("draw_it")[0]) <= OWN
    test_base.TestEveryExplorer().test_docstring_has_a_title_and_says_where_it_is_taught("draw_it")
    test_base.TestEveryExplorer().test_every_trait_can_be_labelled("draw_it")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_before_it_is_alive_shows_what_is_asked_and_never_the_answer(theme):
    axis = {"ylim": (0, 9), "given": 2}
    svg = preview_svg(make(**axis), theme=theme)
    assert all(f">{word}</text>" in svg for word in ("epoch", "loss", "What happens to loss?"))
    other = {"y": [3.0, 1.0, 9.0, 9.0, 9.0], "lesson": "It climbs.", "drawing": [[9, 0.5]], "revealed": True}
    plain = [re.sub(r"d2l-\w+", "", text) for text in (svg, preview_svg(make(**axis, **other), theme=theme))]
    assert plain[0] == plain[1]
    assert "turns" not in DrawIt.title()


def test_the_picture_is_as_every_explorers(monkeypatch):
    shown = DrawIt.example()
    monkeypatch.setattr(
        test_preview,
        "explorer_class",
        lambda _: type("Shown", (), {"__new__": lambda cls: shown, "title": DrawIt.title}),
    )
    for theme in ("light", "dark"):
        test_preview.TestEveryExplorer().test_picture_is_small_valid_and_self_contained("draw_it", theme)


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize(("low", "high"), [(0.2, 0.9), (1, 3), (3e-5, 8e4), (2, 30), (100, 101)])
def test_each_axis_has_at_least_two_labels(scale, low, high):
    values = np.geomspace(low, high, 21)
    svg = preview_svg(make(x=values, y=values[::-1], xscale=scale, yscale=scale, ylim=(low, high)))
    marks = re.findall(r"<text[^>]* text-anchor=\"(\w+)\"[^>]*>([\d.]+|[\d.·]*10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)</text>", svg)
    anchors = [anchor for anchor, _ in marks]
    assert min(anchors.count("middle"), anchors.count("end")) >= 2


SAID = """
import { describe } from "./words.mjs";
import { openCurve, filled } from "./model.mjs";
import { readFileSync } from "node:fs";
const { data, points } = JSON.parse(readFileSync(0, "utf8"));
const { score, shape, amount } = describe(openCurve(data), data, filled(points));
process.stdout.write(JSON.stringify([score, shape, amount]));
"""
VALLEY = {
    "x": [0, 25, 50, 75, 100],
    "y": [50, 25, 0, 25, 50],
    "xlabel": "time, s",
    "ylabel": "error, %",
    "ylim": (0, 100),
}
FACTORS = {
    "x": [1, 10, 100, 1000, 10000],
    "y": [1, 1, 1, 100, 100],
    "xlabel": "step",
    "ylabel": "loss",
    "xscale": "log",
    "yscale": "log",
    "ylim": (0.1, 1000),
}


@pytest.mark.parametrize(
    ("changes", "points", "said"),
    [
        (
            VALLEY,
            [[0, 0.5], [96, 0.5]],
            [
                "On average you are 25% off, most at time 50 s: 50% too high.",
                "The real curve falls, then rises; yours stays about level. You missed its turn at time 50 s.",
                "50%",
            ],
        ),
        (
            VALLEY,
            [[0, 0.5], [48, 0], [96, 0]],
            [
                "On average you are 13% off, most at time 100 s: 50% too low.",
                "The real curve falls, then rises; yours only falls. You missed the rise after time 50 s.",
                "50%",
            ],
        ),
        (
            VALLEY,
            [[0, 0.5], [48, 0], [96, 0.51]],
            ["Almost exactly: on average you are 0.25% off.", "You saw that it falls, then rises.", ""],
        ),
        (
            VALLEY,
            [[0, 0.5], [24, 0.1], [96, 0.5]],
            [
                "On average you are 10% off, most at time 50 s: 23% too high.",
                "You saw that it falls, then rises, but it turns at time 50 s, yours at time 25 s.",
                "23%",
            ],
        ),
        (
            {**VALLEY, "y": [50, 40, 30, 20, 10]},
            [[0, 0.5], [48, 0.3], [72, 0.5], [96, 0.1]],
            [
                "On average you are 7.5% off, most at time 75 s: 30% too high.",
                "The real curve only falls; yours falls, rises, then falls again. Not there: the rise after time 50 s.",
                "30%",
            ],
        ),
        (
            FACTORS,
            [[0, 0.25], [96, 0.25]],
            [
                "On average you are off by a factor of 5.6, most at step 1000: a factor of 100 too low.",
                "The real curve only rises; yours stays about level. You missed the rise after step 100.",
                "× 100",
            ],
        ),
        (
            {**FACTORS, "xlabel": "hidden units"},
            [[0, 0.25], [96, 0.25]],
            [
                "On average you are off by a factor of 5.6, most at hidden units = 1000: "
                "a factor of 100 too low.",
                "The real curve only rises; yours stays about level. You missed the rise after hidden units = 100.",
                "× 100",
            ],
        ),
    ],
)
def test_a_drawing_is_compared_in_words(changes, points, said):
    folder = DrawIt._folder
    modules = {name: folder / f"{name}.js" for name in ("words", "model")}
    request = {"data": make(**changes).data, "points": points}
    assert json.loads(run_module(SAID, modules, request)) == said


@pytest.mark.parametrize(
    ("y", "yscale"),
    [([-1.7e308, *[1.0] * 5, 1.7e308], "linear"), ([10.0**e for e in range(-300, 301, 100)], "log")],
)
def test_a_range_that_no_axis_holds_is_told(y, yscale):
    with pytest.raises(BadValueError, match="y is from .*: expected a range that an axis can show"):
        DrawIt(range(1, 8), y, prompt="p", xlabel="x", ylabel="y", yscale=yscale, lesson="l", key="k")
