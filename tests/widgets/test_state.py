"""Links and Python cells: whatever a hash holds, what comes out is in range, and plain text."""

import json
from pathlib import Path

import pytest

from d2lite.widgets import explorer_class, explorer_names
from d2lite.widgets._bundle import shared
from d2lite.widgets._preview import run_module

FUZZED = 10_000
READ = 'import { readFileSync } from "node:fs";\nconst input = JSON.parse(readFileSync(0, "utf8"));\n'


def run_state(body, request):
    """Run JavaScript with state.js as state and rng.js as rng; return what it hands to send()."""
    modules = {name: shared(name) for name in ("state", "rng", "controls", "format")}
    head = (
        'import * as state from "./state.mjs";\nimport * as rng from "./rng.mjs";\nimport * as controls from "./controls.mjs";\n'
        'import * as format from "./format.mjs";\n' + READ
    )
    return json.loads(
        run_module(
            f"{head}const send = (x) => process.stdout.write(JSON.stringify(x));\n{body}", modules, request
        )
    )


def parse(query, name="boundary", id="d2l-x", marks="d2l-x?"):
    request = {"hash": f"#{marks}{query}", "spec": explorer_class(name).spec(), "id": id}
    return run_state("send(state.parseHash(input.hash, input.id, input.spec));", request)


TAKEN_AS_THEY_ARE = [
    ("lr=0.1&seed=3", {"lr": 0.1, "seed": 3}),
    ("lr=1e-2", {"lr": 0.01}),
    ("dataset=xor&batch_size=16", {"dataset": "xor", "batch_size": 16}),
    ("points=0,1,1,0.5,-0.5,0", {"points": [[0, 1, 1], [0.5, -0.5, 0]]}),
    ("points=", {"points": []}),
    ("", {}),
]
CLAMPED_OR_REFUSED = [
    ("lr=100", {"lr": 10}),
    ("seed=-5", {"seed": 0}),
    ("seed=2.6", {"seed": 3}),
    ("lr=1e999", {"lr": 10}),
    ("lr=NaN", {}),
    ("lr=", {}),
    ("lr", {}),
    ("lr=0x10", {}),
    ("dataset=XOR", {}),
    ("batch_size=17", {}),
    ("points=0,1", {}),
    ("points=0,1,9", {"points": [[0, 1, 1]]}),
    ("points=" + "0,0,1," * 600, {}),
    ("weights=1,2,3", {}),
    ("_esm=alert(1)", {}),
    ("__proto__=1&constructor=1&toString=1", {}),
    ("lr=%E0%A4%A", {}),
    ("%00=%00", {}),
]


@pytest.mark.parametrize(("query", "values"), TAKEN_AS_THEY_ARE)
def test_what_a_link_sets(query, values):
    assert parse(query) == {"values": values, "hide": [], "notes": []}


@pytest.mark.parametrize(("query", "values"), CLAMPED_OR_REFUSED)
def test_what_a_link_cannot_set_is_noted(query, values):
    found = parse(query)
    assert found["values"] == values
    assert len(found["notes"]) == query.count("&") + 1


@pytest.mark.parametrize("value", [1e-5, 2.3e-7, 1e6, -4.5e12, 6e-120, 0.25, -3, 0])
def test_a_number_that_the_page_writes_is_read_as_it_stands(value):
    """A reader changes a digit in the field beside a slider: 1.0·10⁻⁵ to 2.0·10⁻⁵."""
    body = "send([format.formatNumber(input), format.parseNumber(format.formatNumber(input))]);"
    text, read = run_state(body, value)
    assert read == value, text


MAILED = [
    "d2l-x%3Flr%3D0.1%26seed%3D3",
    "d2l-x%3Flr=0.1&seed=3",
    "d2l-x?lr%3D0.1%26seed%3D3",
    "d2l-x?lr=0.1&amp;seed=3",
    "d2l-x?lr=0.1&seed=3.",
    "d2l-x?lr=0.1&seed=3).",
    "d2l-x?seed=3&lr=0.1,",
]


@pytest.mark.parametrize("fragment", MAILED)
def test_what_mail_programs_and_sentences_make_of_a_link(fragment):
    found = parse(fragment, marks="")
    assert found == {"values": {"lr": 0.1, "seed": 3}, "hide": [], "notes": []}


def test_marks_at_the_end_stay_where_they_may_belong():
    assert parse("dataset=moons!")["values"] == {"dataset": "moons"}
    assert parse("hide=lr,seed).")["hide"] == ["lr", "seed"]
    assert parse("text=Bcad.b%3F", "gates")["values"] == {"text": "Bcad.b?"}
    assert parse("text=Bcad.b?", "gates")["values"] == {"text": "Bcad.b?"}
    assert parse("text=B%253D%26", "gates")["values"] == {"text": "B%3D&"}


def test_a_text_with_half_a_character_is_left_out():
    found = parse("text=a\ud800b", "gates")
    assert found["values"] == {}
    assert found["notes"] == ["Text holds half a character, so it is left out."]


def test_link_to_another_explorer_says_nothing_to_this_one():
    assert parse("lr=0.1", id="d2l-x-2") is None


def test_very_long_links_are_refused_whole():
    found = parse("lr=0.2&" + "x" * 50_000)
    assert found["values"] == {}
    assert "longer than" in found["notes"][0]


def test_hidden_names_are_plain():
    found = parse("hide=lr,seed,<b>,,A")
    assert found["hide"] == ["lr", "seed"]
    assert len(found["notes"]) == 1
    assert "“<b>”" in found["notes"][0]


FUZZ = Path(__file__).with_name("fuzz.js")
ROUNDTRIP = Path(__file__).with_name("roundtrip.js")


@pytest.mark.parametrize("name", explorer_names())
class TestEveryExplorer:
    def test_ten_thousand_fuzzed_links_stay_in_range(self, name):
        cls = explorer_class(name)
        results = run_state(
            FUZZ.read_text(encoding="utf-8"), {"spec": cls.spec(), "seed": 1, "count": FUZZED}
        )
        params, accepted = cls.params(), 0
        assert len(results) > FUZZED / 2
        for found in results:
            for trait, value in found["values"].items():
                assert params[trait].validate(None, value) == value
                assert not params[trait].spec.get("output")
                accepted += 1
            assert len(found["notes"]) <= 5
            assert all(isinstance(note, str) and len(note) < 300 for note in found["notes"])
            assert all(item.replace("_", "").isalnum() for item in found["hide"])
        assert accepted > FUZZED / 10

    def test_link_brings_back_every_state(self, name):
        request = {
            "spec": explorer_class(name).spec(),
            "call": f"d2lite.widgets.{explorer_class(name).__name__}",
        }
        cells = []
        for values, found, cell in run_state(ROUNDTRIP.read_text(encoding="utf-8"), request):
            assert found["values"] == values
            assert found["notes"] == []
            cells.append((cell, values))
        run_cells([(cell, explorer_class(name)(**values).state()) for cell, values in cells[:20]])


def run_cells(cells):
    """Run each cell of Python with no name at hand, as in a clean kernel, and compare the state of what it makes."""
    for cell, state in cells:
        setup, call = cell.split("\n\n")
        names = {}
        exec(setup, names)
        assert eval(call, names).state() == state


def test_a_logarithmic_slider_never_sticks():
    """Each position's value leads back to that position, or an arrow key pressed there would do nothing."""
    entries = [{"min": 1e-3, "max": 10}, {"min": 0, "floor": 1e-4, "max": 1}, {"min": 1e-5, "max": 1e3}]
    for name in explorer_names():
        entries += [entry for entry in explorer_class(name).spec() if entry.get("log")]
    body = """send(input.map((e) => Array.from({ length: 201 }, (_, i) => {
        const value = controls.valueAtPosition(e, i);
        return [value, controls.positionOfValue(e, value)];
    })));"""
    for entry, positions in zip(entries, run_state(body, entries), strict=True):
        values = [value for value, _ in positions]
        assert values == sorted(values)
        assert values[0] == entry["min"]
        assert values[-1] == entry["max"]
        assert [position for _, position in positions] == list(range(201))


@pytest.mark.parametrize(
    ("name", "query", "told"),
    [
        ("ablation", "changes=0,2", "changes to residual blocks, CIoU loss"),
        ("ablation", "changes=", "changes to none"),
        ("boundary", "points=0,1,1,0.5,-0.5,0", "points to 2 of your own"),
        ("boundary", "points=", "points to none of your own"),
        ("playground", "layers=", "units of the hidden layers to none"),
        ("embeddings", "minus=", "less to nothing"),
        ("nms", "sigma=0.5", "σ of the Gauss to 0.5"),
        ("lenet", "cover=15,10", "covered place to 15, 10"),
        ("convolution", "preset=own&kernel=0,1,0,1,2,1,0,1,0", "kernel to 9 values"),
        ("convolution", "preset=blur&kernel=", "kernel to blur"),
        (
            "receptive_field",
            "stack=strides&size=32&level=0&unit=-1&layers=",
            "layers to strides of 2 and input side to 32 px",
        ),
        ("receptive_field", "unit=3", "unit to 3"),
        ("segmenter", "wanted=shoe&view=mask", "mask of shoe and show mask"),
        ("pruning", "cut=0", "weights cut to 0%"),
        ("race", "angle=45", "turned by 45°"),
        ("dropout", "network=with", "trained with dropout"),
    ],
)
def test_words_tell_what_they_set(name, query, told):
    values = parse(query, name)["values"]
    spec = explorer_class(name).spec()
    assert (
        run_state("send(state.tellValues(input.values, input.spec));", {"values": values, "spec": spec})
        == told
    )


def test_an_explorer_has_its_own_words_for_what_its_numbers_do_not_say():
    script = "send(state.tellValues(input.values, input.spec, { at: ([i]) => `point ${i}` }));"
    spec = explorer_class("sweep").spec()
    assert run_state(script, {"values": {"at": [2, 0], "step": 3}, "spec": spec}).startswith("point 2 and ")


def test_the_race_speaks_of_what_its_methods_have():
    formula = explorer_class("race")._folder / "formula.js"
    script = """
    import { memoryText, ruleText } from "./formula.mjs";
    process.stdout.write(JSON.stringify([memoryText("momentum"), memoryText("adam"), ruleText("momentum")]));
    """
    momentum, adam, rule = json.loads(run_module(script, {"formula": formula}))
    assert momentum == "Given and remembered: gradient g, dashed; velocity v, line."
    assert "±√ŝ, band" in adam
    assert (
        rule == "v\u00a0←\u00a0β\u00a0v\u00a0+\u00a0g, Δw\u00a0=\u00a0−η\u00a0v"
    )  # breaks at one place only


def test_a_symbol_keeps_its_case_at_the_beginning_of_a_sentence():
    (note,) = parse("sigma=99", "nms")["notes"]
    assert note.startswith("σ of the Gauss cannot be 99")
    (note,) = parse("lr=100")["notes"]
    assert note.startswith("Learning rate cannot be 100")
