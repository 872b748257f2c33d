"""Traces of programs with a mistake, by the package's own lines and Python's difflib: the oracle of debugger/model.js."""

import difflib

from d2lite.training.mistakes import MISTAKES, PROGRAM, part_of
from d2lite.widgets.debugger.words import ROLES


def steps(name):
    """Return what difflib would change, a line at a time."""
    part = MISTAKES[name][0]
    before, after = part_of(part, name), PROGRAM[part]
    kinds = {" ": "same", "-": "out", "+": "in"}
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    told = []
    for _, i1, i2, j1, j2 in matcher.get_opcodes():
        if before[i1:i2] == after[j1:j2]:
            told += [(" ", line) for line in before[i1:i2]]
        else:
            told += [("-", line) for line in before[i1:i2]] + [("+", line) for line in after[j1:j2]]
    return [{"text": line, "kind": kinds[sign]} for sign, line in told]


def edit(name):
    """Return a mistake as the page has it."""
    part, start, stop, lines = MISTAKES[name]
    return {
        "right": PROGRAM[part],
        "roles": ROLES[part],
        "wrong": {"start": start, "stop": stop, "lines": lines},
    }


def judged(name):
    """Return the verdict on each line: found where the line is not of the right program, or stands beside a gap."""
    part, start, _, lines = MISTAKES[name]
    texts = part_of(part, name)
    blamed = range(start, start + len(lines)) if lines else (start - 1, start)
    return ["found" if i in blamed else "wrong" for i in range(len(texts))]


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    made = []
    for name in MISTAKES:
        made += [
            {
                "name": f"lines with {name}",
                "js": "(model, { right, wrong }) => model.faultyLines(right, wrong).map(({ text }) => text)",
                "input": edit(name),
                "expected": list(part_of(MISTAKES[name][0], name)),
            },
            {
                "name": f"changes of {name}",
                "js": "(model, { right, wrong }) => model.mend(right, wrong)",
                "input": edit(name),
                "expected": steps(name),
            },
            {
                "name": f"verdicts on {name}",
                "js": "(model, { right, roles, wrong }) => model.faultyLines(right, wrong)"
                ".map((_, i) => model.judge(right, roles, wrong, i + 1).verdict)",
                "input": edit(name),
                "expected": judged(name),
            },
        ]
    role = {**edit("no_eval"), "pressed": 6}
    made += [
        {
            "name": "what a right line does",
            "js": "(model, { right, roles, wrong, pressed }) => model.judge(right, roles, wrong, pressed)",
            "input": role,
            "expected": {"verdict": "wrong", "role": ROLES["measure"][6]},
        },
        {
            "name": "means of what is known",
            "js": "(model, rows) => rows.map(model.meanOf)",
            "input": [[0.25, None, 0.75], [None], [1.0]],
            "expected": [0.5, None, 1.0],
        },
    ]
    return made
