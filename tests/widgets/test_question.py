"""Question: what an author may ask, and one sentence for what is wrong with it."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
import torch

from d2lite.widgets import Question, explorer_class, explorer_names, widget_names
from d2lite.widgets.question import _content

OPTIONS = [("sooner", True, "Right."), ("later", False, "That is the other one.")]
ITEMS = [("a mouse", 0.02), ("a cat", 4), ("a horse", 500)]
WRONG = [(0.25, "That is the square.")]


def make(kind, **changed):
    """Return a good question of a kind, but for what is changed."""
    arguments = {
        "choice": {"prompt": "Sooner or later?", "options": OPTIONS},
        "number": {"prompt": "What is `0.5`?", "answer": 0.5, "wrong": WRONG},
        "order": {"prompt": "By weight?", "items": ITEMS},
    }[kind]
    return getattr(Question, kind)(**(arguments | {"key": "asked"} | changed))


@pytest.mark.parametrize("kind", ["choice", "number", "order"])
def test_a_question_is_plain_data_that_says_its_kind(kind):
    question = make(kind)
    assert question.content["kind"] == kind and question.key == "asked"
    assert json.loads(json.dumps(question.content)) == question.content


@pytest.mark.parametrize("right", [True, np.True_, np.bool_(3 < 5), torch.tensor(3) < 5])
def test_what_is_right_may_be_computed(right):
    options = [("yes", right, "Right."), ("no", ~torch.tensor(bool(right)), "No.")]
    assert [option["right"] for option in make("choice", options=options).content["options"]] == [True, False]


@pytest.mark.parametrize("answer", [0.5, np.float32(0.5), torch.tensor(0.5), np.int64(3), 3])
def test_an_answer_may_be_computed(answer):
    content = make("number", answer=answer).content
    assert content["answer"] == float(answer) and type(content["answer"]) is float


@pytest.mark.parametrize(
    ("kind", "changed", "message"),
    [
        ("choice", {"options": [("a", False, "x"), ("b", False, "y")]}, r"options has 0 right answers \(none\): expected exactly one"),
        ("choice", {"options": [("a", True, "x"), ("b", True, "y")]}, r"options has 2 right answers \('a', 'b'\): expected exactly one"),
        ("choice", {"options": OPTIONS[:1]}, r"options has 1 entries: expected 2 to 5, each \(text, is_right, reply\)"),
        ("choice", {"options": OPTIONS * 3}, "options has 6 entries: expected 2 to 5"),
        ("choice", {"options": "yes"}, "options is 'yes': expected a list of 2 to 5"),
        ("choice", {"options": [("a", True), ("b", False, "x")]}, r"options\[0\] is \('a', True\): expected \(text, is_right, reply\)"),
        ("choice", {"options": [("a", 1, "x"), ("b", False, "y")]}, r"is_right of options\[0\] is 1: expected True or False"),
        ("choice", {"options": [("a", torch.tensor([True, False]), "x"), ("b", False, "y")]}, "expected True or False"),
        ("choice", {"options": [("a", True, ""), ("b", False, "y")]}, r"reply of options\[0\] is '': expected a text with"),
        ("choice", {"options": [("a", True, "x"), ("a ", False, "y")]}, "options has the text 'a' twice"),
        ("choice", {"options": [(1, True, "x"), ("b", False, "y")]}, r"text of options\[0\] is 1: expected a text"),
        ("choice", {"prompt": "  "}, "prompt is '  ': expected a text with"),
        ("choice", {"prompt": None}, "prompt is None: expected a text"),
        ("choice", {"prompt": "What is $x$?"}, "prompt has a dollar sign: expected plain text"),
        ("choice", {"prompt": "What is `x?"}, "prompt has a backtick without its partner: expected"),
        ("choice", {"prompt": "x" * 601}, "prompt has 601 characters: expected at most 600"),
        ("choice", {"key": ""}, "key is '': expected 1 to 40 of the characters"),
        ("choice", {"key": "Turn"}, "key is 'Turn': expected at most 40 of the characters"),
        ("choice", {"key": None}, "key is None: expected 1 to 40"),
        ("number", {"answer": float("nan")}, "answer is nan: expected a finite number"),
        ("number", {"answer": "0.5"}, "answer is '0.5': expected a finite number"),
        ("number", {"answer": True}, "answer is True: expected a finite number"),
        ("number", {"answer": 10**400}, "expected a finite number"),
        ("number", {"answer": torch.zeros(2)}, "expected a finite number"),
        ("number", {"tolerance": 1}, "tolerance is 1.0: expected a number from 0 to below 1"),
        ("number", {"tolerance": -0.1}, "tolerance is -0.1: expected"),
        ("number", {"wrong": [(0.51, "near")]}, r"value of wrong\[0\] is 0.51: expected one further than the tolerance"),
        ("number", {"answer": 0, "wrong": [(0.04, "near")]}, r"from the answer, 0$"),
        ("number", {"wrong": [(2, "x"), (2.0, "y")]}, "wrong has the value 2 twice: expected values that differ"),
        ("number", {"wrong": [2]}, r"wrong\[0\] is 2: expected \(value, reply\)"),
        ("number", {"wrong": [(2, "")]}, r"reply of wrong\[0\] is ''"),
        ("number", {"unit": 3}, "unit is 3: expected a text"),
        ("order", {"items": ITEMS[:2]}, r"items has 2 entries: expected 3 to 6, each \(text, value\)"),
        ("order", {"items": [*ITEMS, ("a dog", 4.0)]}, "items has the value 4 twice: expected values that differ"),
        ("order", {"items": [*ITEMS, ("a cat", 5)]}, "items has the text 'a cat' twice"),
        ("order", {"items": [*ITEMS, ("a dog", np.inf)]}, r"value of items\[3\] is inf: expected a finite"),
        ("order", {"low": ""}, "low is ''"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused_in_one_sentence(kind, changed, message):
    with pytest.raises(ValueError, match=message) as caught:
        make(kind, **changed)
    assert re.fullmatch(r"[^\n]* (is|has) [^\n]*: expected [^\n]*", str(caught.value))


def test_a_question_is_made_by_its_kinds_only():
    with pytest.raises(
        TypeError,
        match=r"content is missing: expected a question's; make one with Question.choice, .number or .order",
    ):
        Question()


@pytest.mark.parametrize("count", [3, 4, 6])
def test_items_are_shown_in_another_order_than_the_right_one_and_always_in_the_same(count):
    items = [(f"item {i}", i) for i in range(count)]
    for key in map("k{}".format, range(20)):
        shown = [item["value"] for item in make("order", items=items, key=key).content["items"]]
        assert sorted(shown) == list(range(count))
        assert shown not in (sorted(shown), sorted(shown, reverse=True))
        again = make("order", items=items[::-1], key=key).content["items"]
        assert shown == [item["value"] for item in again]


def test_texts_are_one_line():
    assert make("choice", prompt="One\n    two  three").content["prompt"] == "One two three"


def test_what_a_page_shows_first_does_not_tell_the_answer():
    html = Question.outline(make("choice", prompt="Is `a < b` *really*?").get_state())
    assert '<p class="d2l-prompt">Is <code>a &lt; b</code> <em>really</em>?</p>' in html
    assert "<li>sooner</li><li>later</li>" in html
    assert "Right." not in html and "the other one" not in html
    html = Question.outline(make("number", unit="s", reply="It is half.").get_state())
    assert "0.25" not in html and "half" not in html and "What is" in html
    question = make("order", low="light", high="heavy", reply="By size.")
    html = Question.outline(question.get_state())
    assert re.findall("<li>(.*?)</li>", html) == [item["text"] for item in question.content["items"]]
    assert (
        html.index("light") < html.index("<ul") < html.index("heavy")
        and "500" not in html
        and "By size" not in html
    )
    assert "500" not in repr(question) and "By weight?" in repr(question)


def test_a_question_is_a_widget_and_no_explorer():
    assert "question" in widget_names() and "question" not in explorer_names()
    assert explorer_class("question") is Question
    code = "import sys, d2lite.widgets as w; dir(w); w.explorer_names(); print('anywidget' in sys.modules, 'Question' in dir(w))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_what_is_near_enough_follows_from_the_answer():
    assert _content.allowance(2, 0.05) == pytest.approx(0.1)
    assert _content.allowance(-2, 0.05) == pytest.approx(0.1)
    assert _content.allowance(0, 0.05) == 0.05
