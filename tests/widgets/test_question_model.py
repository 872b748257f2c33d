"""A question's judgement: what a typed answer means, and what is replied; run by node, beside Python's own rules."""

import json

import pytest

from d2lite.widgets import Question
from d2lite.widgets._preview import run_module
from d2lite.widgets.question import _content, _words

MODEL = Question._folder / "model.js"
CALL = """
import * as model from "./model.mjs";
import { readFileSync } from "node:fs";
const calls = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(calls.map(([name, ...given]) => model[name](...given))));
"""


def run(*calls):
    """Return what functions of model.js give: each call is (name, arguments ...); NaN comes as None."""
    return json.loads(run_module(CALL, {"model": MODEL}, calls))


def test_typed_numbers_are_read_as_readers_write_them():
    meant = {
        "0.5": 0.5, " 0,5 ": 0.5, ".5": 0.5, "1/2": 0.5, "1 / 2": 0.5, "50%": 0.5, "50 %": 0.5, "1e-3": 0.001,
        "1E3": 1000, "−2": -2, "-2": -2, "+3": 3, "60,000": 60000, "60 000": 60000, "1,234,567.5": 1234567.5,
        "0,125": 0.125, "-1/4": -0.25, "1.5/0.5": 3, "3.": 3, "10/60,000": 10 / 60000,
    }  # fmt: skip
    assert run(*(("parseAnswer", text) for text in meant)) == pytest.approx(list(meant.values()))


def test_what_is_no_number_is_not_read_as_one():
    bad = [
        "",
        " ",
        "half",
        "1/0",
        "1/2/3",
        "1 1/2",
        "--2",
        "0x10",
        "1e",
        "Infinity",
        "NaN",
        "5 s",
        "%",
        "1,2,3",
        "2*3",
    ]
    assert run(*(("parseAnswer", text) for text in bad)) == [None] * len(bad)


def test_a_unit_may_stand_after_the_number():
    calls = [("5 s", "s"), ("5s", "s"), ("5", "s"), ("50%", "%"), ("50", "%"), ("2 GB", "GB"), ("5 m", "s")]
    assert run(*(("parseAnswer", *call) for call in calls)) == [5, 5, 5, 50, 50, 2, None]


def judged(question, *given):
    """Return (verdict, reply) of several answers."""
    found = run(*(("judge", question.content, one) for one in given))
    return [(one["verdict"], one["reply"]) for one in found]


def test_a_choice_replies_with_its_own_sentence():
    options = [("a", False, "That is a."), ("b", True, "So it is."), ("c", False, "That is c.")]
    question = Question.choice("Which?", options, key="q")
    assert judged(question, 0, 1, 2) == [
        ("wrong", "That is a."),
        ("right", "So it is."),
        ("wrong", "That is c."),
    ]
    assert judged(question, -1) == [("unreadable", "Choose an answer first.")]


def test_a_number_names_the_misunderstanding_it_comes_from():
    wrong = [(0.25, "That is the square."), (2, "That is one over it."), (0, "It is not nothing.")]
    question = Question.number("What?", 0.5, wrong=wrong, reply="Half.", key="q")
    answers = ["0.5", "52%", "0.476", "0.24", "2", "0.001", "3", "0.1", "-0.5", "50", "0.005", "", "many"]
    verdicts = judged(question, *answers)
    assert verdicts == [
        ("right", "It is 0.5. Half."),
        ("right", "It is 0.5. Half."),
        ("right", "It is 0.5. Half."),
        ("wrong", "That is the square."),
        ("wrong", "That is one over it."),
        ("wrong", "It is not nothing."),
        ("wrong", "It is less than that."),
        ("wrong", "It is more than that."),
        ("wrong", "The size is right, and the sign is not."),
        ("wrong", "That is 100 times too large."),
        ("wrong", "It is not nothing."),
        ("unreadable", "Write a number first, such as 0.5, 1/2, 1e-3 or 50%."),
        ("unreadable", "“many” is not a number: expected one such as 0.5, 1/2, 1e-3 or 50%."),
    ]


def test_of_two_misunderstandings_the_nearest_is_meant():
    question = Question.number("What?", 1, tolerance=0.3, wrong=[(2, "two"), (2.5, "more")], key="q")
    assert judged(question, "2.2", "2.3") == [("wrong", "two"), ("wrong", "more")]


@pytest.mark.parametrize(("answer", "tolerance"), [(2, 0.05), (-3, 0.1), (0, 0.05), (1e-9, 0.2), (7, 0)])
def test_python_and_the_page_agree_on_what_is_near_enough(answer, tolerance):
    assert run(("allowance", answer, tolerance)) == pytest.approx([_content.allowance(answer, tolerance)])


def test_an_exact_answer_is_right_in_any_form():
    question = Question.number("What?", 0.1 + 0.2, tolerance=0, unit="m", key="q")
    assert [verdict for verdict, _ in judged(question, "0.3", "3/10", "30%", "0.3 m", "0.31")] == [
        "right"
    ] * 4 + ["wrong"]


def test_answers_are_as_precise_as_the_tolerance_asks():
    asked = [
        ({"answer": 7850.0, "unit": "", "tolerance": 0.05}, "7,850"),
        ({"answer": -1_000_000.0, "unit": "", "tolerance": 0.05}, "−1,000,000"),
        ({"answer": 1 / 3, "unit": "s", "tolerance": 0.05}, "0.333\u00a0s"),
        ({"answer": 1 / 3, "unit": "", "tolerance": 0.0001}, "0.33333"),
        ({"answer": -12.0, "unit": "%", "tolerance": 0.05}, "−12%"),
    ]
    assert run(*(("formatAnswer", content) for content, _ in asked)) == [text for _, text in asked]


@pytest.mark.parametrize(
    "answer", [1.23456e-5, -3.16e-7, 2.04e-6, 1_234_567.5, -80_460_803.88, 123.456, 0.0123]
)
@pytest.mark.parametrize("tolerance", [0, 0.001, 0.01, 0.02, 0.05])
def test_the_answer_that_is_told_is_right_when_it_is_typed(answer, tolerance):
    question = Question.number("What?", answer, tolerance=tolerance, key="q")
    [told] = run(("formatAnswer", question.content))
    assert judged(question, told)[0][0] == "right"


def test_a_unit_with_marks_is_typed_without_them():
    question = Question.number("How wide?", 3, unit="`px` of *x*", key="q")
    assert [verdict for verdict, _ in judged(question, "3 px of x", "3")] == ["right", "right"]


def test_an_answer_is_shown_as_the_reply_writes_it_and_is_right():
    shown = {
        0.8 - 2 * 0.5: "−0.2",
        200 / 3: "66.7",
        55_322: "55,322",
        1e-7: "1.0·10⁻⁷",
        0.9999999403953552: "1",
    }
    for answer, text in shown.items():
        question = Question.number("How many?", answer, key="q")
        assert run(("rightAnswer", question.content)) == [text]
        assert judged(question, text)[0][0] == "right"


def test_an_order_is_right_when_its_values_rise():
    question = Question.order(
        "By weight?", [("horse", 500), ("mouse", 0.02), ("cat", 4)], reply="By size.", key="q"
    )
    values = [item["value"] for item in question.content["items"]]
    right = sorted(range(3), key=values.__getitem__)
    swapped = [right[1], right[0], right[2]]
    turned = [right[1], right[2], right[0]]
    assert run(("rightAnswer", question.content)) == [right]
    assert judged(question, right, swapped, turned) == [
        ("right", "By size."),
        ("wrong", "One of them stands in its place."),
        ("wrong", "None of them stands in its place."),
    ]


def test_a_memory_that_is_no_answer_is_told_from_one():
    choice = Question.choice("Which?", [("a", True, "x"), ("b", False, "y")], key="q").content
    number = Question.number("What?", 1, key="q").content
    order = Question.order("Which?", [("a", 1), ("b", 2), ("c", 3)], key="q").content
    good = [(choice, 0), (choice, 1), (number, "1/2"), (order, [2, 0, 1])]
    bad = [
        (choice, 2),
        (choice, -1),
        (choice, "0"),
        (choice, None),
        (choice, {}),
        (number, 3),
        (number, "1" * 61),
    ]
    bad += [(order, [0, 1]), (order, [0, 0, 1]), (order, "012"), (order, [0, 1, 2, 3]), (order, None)]
    assert run(*(("isAnswer", *one) for one in good + bad)) == [True] * len(good) + [False] * len(bad)


def test_texts_are_marked_alike_in_python_and_in_the_page():
    texts = [
        "plain", "`a` b", "*a* b", "a *b c* d `e`", "2 * 3 * 4", "2*3*4", "a**b**", "`a *b*`", "<b>&amp;</b>",
        "*a", "a*", "(*a*)", "*a*b", "σ*λ*", "“*a*”", "`x`*y*", "* a *",
    ]  # fmt: skip
    assert run(*(("pieces", text) for text in texts)) == [
        [list(pair) for pair in _words.pieces(text)] for text in texts
    ]
    assert run(("typeset", "LeNet's 3 × 3 × 8 'maps', slope × pixel")) == [
        "LeNet’s 3\u00a0×\u00a03\u00a0×\u00a08 'maps', slope × pixel"
    ]
    assert _words.pieces("a *b c* `d`") == [("text", "a "), ("em", "b c"), ("text", " "), ("code", "d")]
    assert _words.markup("<i> *a* `<b>`") == "&lt;i&gt; <em>a</em> <code>&lt;b&gt;</code>"
