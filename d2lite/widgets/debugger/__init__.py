"""The debugger explorer: a training program with one mistake in it, and the curves it really gave."""

from d2lite.training.mistakes import MISTAKES, PARTS, PROGRAM
from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Payload
from d2lite.widgets.debugger.words import REASONS, ROLES

NUM_RUNS = 10
NAMES = tuple(REASONS)  # the order of the cases


def load_runs():
    """Return the program, its mistakes, what each does, and the recorded runs.

    Losses and accuracies have one row a run; where the program printed no number, the row holds None.
    """
    from d2lite import Sweep

    sweep = Sweep.recorded("mistakes")
    cases = {}
    for name in ("none", *NAMES):
        runs = sweep.select(mistake=name)
        cases[name] = {
            "raised": bool(runs[0]["raised"]),
            "losses": [_rounded(run["losses"]) for run in runs],
            "accuracies": [_rounded(run["accuracies"]) for run in runs],
            "reports": _rounded([run["report"] for run in runs]),
            "truths": _rounded([run["true"] for run in runs]),
        }
    for name, (part, start, stop, new) in MISTAKES.items():
        title, reason = REASONS[name]
        edit = {"part": part, "start": start, "stop": stop, "lines": list(new)}
        cases[name] |= edit | {"title": title, "reason": reason}
    return {
        "parts": {part: list(PROGRAM[part]) for part in PARTS},
        "roles": {part: list(ROLES[part]) for part in PARTS},
        "order": list(NAMES),
        "cases": cases,
    }


def _rounded(values):
    """Return numbers to four digits after the point, and None for what is no finite number or beyond any axis."""
    return [round(float(value), 4) if abs(value) < 1000 else None for value in values]


class DebuggerExplorer(Explorer):
    """A program that trains a network, with one of twenty mistakes in it: find the line, or see what it does.

    The curves are recorded: ten runs of the program with the mistake, and ten as it should be, run k of both from the
    same photos.

    Example:
        >>> DebuggerExplorer(mode="see", mistake="softmax_twice")

    Taught in chapters/09_beyond/questions.
    """

    mode = Choice("find", ("find", "see"), names=("find it", "see it"), label="the mistake")
    case = Integer(1, min=1, max=len(NAMES), stepper=True, label="case")
    mistake = Choice(
        "softmax_twice", NAMES, names=tuple(title for title, _ in REASONS.values()), label="mistake"
    )
    run = Integer(
        1, min=1, max=NUM_RUNS, stepper=True, label="run", help="Other photos and other first weights."
    )
    pressed = Integer(0, min=0, max=12, label="line pressed")
    shown = Flag(False, label="mistake shown")
    solved = Flag(False, output=True)
    data = Payload(loader=load_runs)
