"""What a question holds, checked: plain data that the page reads."""

import hashlib
import itertools
import math

from d2lite._utils.rng import Rng
from d2lite.widgets._traits import BadValueError, _plain, _show, is_finite

LONGEST = 600  # characters of a prompt or a reply
LONGEST_OPTION = 240
CLOSE = 1e-9  # values that differ by less, as a part of themselves, are equal: no order can be told from them


def choice_content(prompt, options):
    """Return the content of Question.choice."""
    rows = _rows(options, "options", ("text", "is_right", "reply"), 2, 5)
    checked = []
    for i, (text, is_right, reply) in enumerate(rows):
        right = _plain(is_right)
        if not isinstance(right, bool):
            _refuse(f"is_right of options[{i}]", is_right, "True or False, such as turn < 5")
        checked.append(
            {
                "text": _text(text, f"text of options[{i}]", LONGEST_OPTION),
                "right": right,
                "reply": _text(reply, f"reply of options[{i}]"),
            }
        )
    _different([item["text"] for item in checked], "options")
    right = [item["text"] for item in checked if item["right"]]
    if len(right) != 1:
        came = ", ".join(map(repr, right)) or "none"
        raise BadValueError(
            f"options has {len(right)} right answers ({came}): expected exactly one; see what the chapter computes"
        )
    return {"kind": "choice", "prompt": _text(prompt, "prompt"), "options": checked}


def number_content(prompt, answer, unit, tolerance, wrong, reply):
    """Return the content of Question.number."""
    answer = _number(answer, "answer")
    tolerance = _number(tolerance, "tolerance")
    if not 0 <= tolerance < 1:
        _refuse("tolerance", tolerance, "a number from 0 to below 1, a part of the answer")
    checked = []
    for i, (value, words) in enumerate(_rows(wrong, "wrong", ("value", "reply"), 0, 8)):
        value = _number(value, f"value of wrong[{i}]")
        if abs(value - answer) <= allowance(answer, tolerance):
            raise BadValueError(
                f"value of wrong[{i}] is {value:g}: expected one further than the tolerance from the answer, {answer:g}"
            )
        checked.append({"value": value, "reply": _text(words, f"reply of wrong[{i}]")})
    _apart([item["value"] for item in checked], "wrong")
    return {
        "kind": "number",
        "prompt": _text(prompt, "prompt"),
        "answer": answer,
        "unit": _text(unit, "unit", 24, empty=True),
        "tolerance": tolerance,
        "wrong": checked,
        "reply": _text(reply, "reply", empty=True),
    }


def order_content(prompt, items, low, high, reply, key):
    """Return the content of Question.order: its items shuffled, always in the same way, and not in their order."""
    rows = _rows(items, "items", ("text", "value"), 3, 6)
    checked = [
        {
            "text": _text(text, f"text of items[{i}]", LONGEST_OPTION),
            "value": _number(value, f"value of items[{i}]"),
        }
        for i, (text, value) in enumerate(rows)
    ]
    _different([item["text"] for item in checked], "items")
    _apart([item["value"] for item in checked], "items")
    return {
        "kind": "order",
        "prompt": _text(prompt, "prompt"),
        "items": _shuffled(checked, str(key)),
        "low": _text(low, "low", 40),
        "high": _text(high, "high", 40),
        "reply": _text(reply, "reply", empty=True),
    }


def allowance(answer, tolerance):
    """Return how far from the answer a number may be and be right: the twin of model.js."""
    return max(tolerance, CLOSE) * (abs(answer) or 1)


def _shuffled(items, key):
    """Return items in an order that follows from the key and from nothing else but their right one, which it is not."""
    ordered = sorted(items, key=lambda item: item["value"])
    rng = Rng(int(hashlib.sha256(key.encode()).hexdigest()[:8], 16))
    while True:
        order = rng.permutation(len(items))
        if order not in (sorted(order), sorted(order, reverse=True)):
            return [ordered[i] for i in order]


def _rows(rows, name, fields, least, most):
    """Return a list of tuples of the right lengths."""
    what = f"({', '.join(fields)})"
    count = f"{least} to {most}" if least else f"at most {most}"
    if not isinstance(rows, (list, tuple)):
        _refuse(name, rows, f"a list of {count} {what}")
    if not least <= len(rows) <= most:
        raise BadValueError(f"{name} has {len(rows)} entries: expected {count}, each {what}")
    for i, row in enumerate(rows):
        if not isinstance(row, (list, tuple)) or len(row) != len(fields):
            _refuse(f"{name}[{i}]", row, what)
    return [tuple(row) for row in rows]


def _text(value, name, most=LONGEST, empty=False):
    """Return a text in one line."""
    if not isinstance(value, str):
        _refuse(name, value, "a text")
    text = " ".join(value.split())
    if not text and not empty:
        _refuse(name, value, "a text with at least one character")
    if len(text) > most:
        raise BadValueError(
            f"{name} has {len(text)} characters: expected at most {most}; ask or say one thing"
        )
    if "$" in text or text.count("`") % 2:
        fault = "a dollar sign" if "$" in text else "a backtick without its partner"
        raise BadValueError(
            f"{name} has {fault}: expected plain text with `code` in backticks; write x², σ, λ as they are"
        )
    return text


def _number(value, name):
    plain = _plain(value)
    if isinstance(plain, bool) or not isinstance(plain, (int, float)) or not is_finite(plain):
        _refuse(name, value, "a finite number")
    return float(plain)


def _different(texts, name):
    for i, text in enumerate(texts):
        if text in texts[:i]:
            raise BadValueError(f"{name} has the text {text!r:.60} twice: expected each once")


def _apart(values, name):
    ordered = sorted(values)
    for first, second in itertools.pairwise(ordered):
        if math.isclose(first, second, rel_tol=CLOSE):
            raise BadValueError(f"{name} has the value {first:g} twice: expected values that differ")


def _refuse(name, value, expected):
    raise BadValueError(f"{name} is {_show(value)}: expected {expected}")
