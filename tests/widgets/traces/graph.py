"""Traces of expressions by torch's autograd: the oracle of graph/model.js."""

import math
import random
import re

import torch

NAMES = ("w", "x", "b1", "y_2")
FUNCTIONS = {
    "sin": torch.sin, "cos": torch.cos, "exp": torch.exp, "log": torch.log, "tanh": torch.tanh,
    "sigmoid": torch.sigmoid, "relu": torch.relu,
}  # fmt: skip
NUMBER = re.compile(r"(?<![\w.])\d+\.?\d*")
PART = re.compile(r"[a-z]\w*|\d+\.?\d*|[-+*/^]")
BY_HAND = [
    "(sigmoid(w * x) + b1 - y_2)^2 / 2", "x * x", "x + x", "x", "-x^2", "2^x", "x^w", "-x - -x", "3 - 2 - x", "x / w / b1",
    "2^x^2", "(x)", "relu(-x) + relu(x)", "exp(-x * x)", "log(exp(x) + exp(w))", "x ** 3", "3", "2 * 3 + 4", "-2 * x", "x^-1",
]  # fmt: skip
RUN = """(model, [text, inputs]) => {
    const { nodes, names, problem } = model.readExpression(text);
    if (problem) return { problem };
    const gradients = model.gradientsOf(nodes, inputs);
    const nudged = model.nudgedSlopes(nodes, names, inputs);
    const errors = names.map((name) => model.relativeError(gradients[name], nudged[name]));
    return { value: model.valuesOf(nodes, inputs).at(-1), gradients, agrees: names.every((name, i) => errors[i] < 1e-4 || Math.abs(gradients[name] - nudged[name]) < 1e-7) };
}"""


def write(rng, depth):
    """Return a random expression, as a text that a reader could type."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(NAMES) if rng.random() < 0.75 else str(rng.choice([2, 0.5, 3, 1.25]))
    kind = rng.random()
    inner = write(rng, depth - 1)
    if kind < 0.35:
        name = rng.choice(sorted(FUNCTIONS))
        return f"log({inner}^2 + 1)" if name == "log" else f"{name}({inner})"
    if kind < 0.43:
        return f"-{inner}" if inner[0] != "-" and not any(sign in inner for sign in "+-") else f"-({inner})"
    if kind < 0.5:
        return f"({inner})^{rng.choice([2, 3])}"
    other = write(rng, depth - 1)
    if kind < 0.57:
        return f"({inner}) / (1 + ({other})^2)"
    return f"({inner} {rng.choice('+-*')} {other})"


def number(value):
    return torch.tensor(float(value), dtype=torch.float64)


def by_torch(text, inputs):
    """Return {value, gradients} of an expression, Python's own parser being the oracle of ours."""
    tensors = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in inputs.items()
    }
    python = NUMBER.sub(r"number(\g<0>)", text.replace("^", "**"))
    result = eval(python, {"__builtins__": {}, "number": number}, FUNCTIONS | tensors)
    if result.requires_grad:
        result.backward()
    return {
        "value": result.item(),
        "gradients": {name: part.grad.item() for name, part in tensors.items() if part.grad is not None},
    }  # fmt: skip


def expressions():
    """Return texts that torch finds finite, with their inputs: some by hand, 300 at random."""
    rng = random.Random(0)
    found = [(text, {"w": 1.5, "x": 0.7, "b1": -0.4, "y_2": 2.0}) for text in BY_HAND]
    while len(found) < 320:
        text = write(rng, rng.choice([1, 2, 3, 4]))
        inputs = {name: round(rng.uniform(-2, 2), 3) for name in NAMES}
        done = by_torch(text, inputs)
        numbers = [done["value"], *done["gradients"].values()]
        if len(PART.findall(text)) <= 32 and all(
            math.isfinite(number) and abs(number) < 1e6 for number in numbers
        ):
            found.append((text, inputs))
    return found


EDGES = [  # places without a slope, or with an infinite one; and w from which an infinite gradient comes
    ("x^0.5", {"x": 0.0}), ("0 * x^0.5", {"x": 0.0}), ("w * x^0.5", {"w": 0.0, "x": 0.0}), ("(x - x)^0.5", {"x": 2.0}),
    ("relu(x)^0.5", {"x": -1.0}), ("relu(x)^0.5", {"x": 0.0}), ("(x^0 - 1)^0.5", {"x": 3.0}), ("(0^x)^0.5", {"x": 2.0}),
    ("(x^2)^0.5", {"x": 0.0}), ("(1^x - 1)^0.5", {"x": 2.0}), ("relu(x^0.5)", {"x": 0.0}), ("x^0", {"x": 0.0}),
    ("0^x", {"x": 0.0}), ("0^x", {"x": 2.0}), ("w^x", {"w": -2.0, "x": 2.0}), ("w^2", {"w": -2.0}), ("x^1", {"x": 0.0}),
    ("x^1.5", {"x": 0.0}), ("x / w", {"x": 0.0, "w": 1e-200}), ("x / w", {"x": 1e-200, "w": 1e-200}), ("x / w", {"x": 1.0, "w": 1e-200}),
    ("(tanh(x) - 1)^0.5", {"x": 40.0}), ("(sigmoid(x) - 1)^0.5", {"x": 60.0}), ("exp(-x)^0.5", {"x": 800.0}),
    ("(cos(x) - 1)^0.5", {"x": 0.0}), ("x - x^0.5 + x^0.5", {"x": 0.0}), ("-x^0.5", {"x": 0.0}),
]  # fmt: skip
EDGE = "(model, [text, inputs]) => model.gradientsOf(model.readExpression(text).nodes, inputs)"
AS_TEXT = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

WRONG = {  # what is typed, and the beginning of what is said of it
    "": "The expression ends: expected a name, a number, a function or a “(”.",
    "w x": "There is “x”: expected an operator",
    "2x": "There is “x”: expected an operator",
    "(w + x": "The expression ends: expected an operator or the closing “)”.",
    "w + x)": "There is “)”: expected no bracket here",
    "w + * x": "There is “*”: expected a name",
    "sin x": "The function “sin” has no bracket: expected sin(…).",
    "sqrt(x)": "The function “sqrt” is not known: expected sin, cos",
    "x $ y": "The sign “$” has no meaning here",
    "h = x": "The expression ends: expected “;” and then the result",
    "h = x; h = w; h": "The name “h” is given twice",
    "h + x; h": "There is “h”",
    "k = h; h = x; k * h": "The name “h” is used before it is given",
    "exp = x; exp": "The name “exp” is taken by a function",
    "+".join("x" * 33): "The expression has more than 32 parts",
    "+".join("abcdefghijk"): "The expression has more than 10 inputs",
    "(" * 41 + "x" + ")" * 41: "The expression has more than 40 brackets",
}  # fmt: skip


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    found = []
    for text, inputs in expressions():
        case = {"name": text, "js": RUN, "input": [text, inputs]}
        found.append(case | {"expected": by_torch(text, inputs) | {"agrees": True}})
    shared = "h = sigmoid(w * x); h * h + h"
    plain = shared.split("; ")[1].replace("h", "sigmoid(w * x)")
    inputs = {"w": 1.5, "x": 0.7}
    found.append(
        {
            "name": shared,
            "js": RUN,
            "input": [shared, inputs],
            "expected": by_torch(plain, inputs) | {"agrees": True},
        }
    )
    for text, start in WRONG.items():
        js = f"(model, text) => (model.readExpression(text).problem ?? '').slice(0, {len(start)})"
        found.append({"name": f"typed: {text[:20]}", "js": js, "input": text, "expected": start})
    found += mistakes()
    for text, inputs in EDGES:
        gradients = {
            name: AS_TEXT.get(str(value), value)
            for name, value in by_torch(text, inputs)["gradients"].items()
        }
        found.append(
            {"name": f"{text}, {inputs}", "js": EDGE, "input": [text, inputs], "expected": gradients}
        )
    found += [
        {
            "name": "inputs",
            "js": "(model, text) => model.readInputs(text)",
            "input": "w = 1,x=−0.5 ; y: 2e1",
            "expected": {"values": {"w": 1, "x": -0.5, "y": 20}},
        },
        {
            "name": "wrong inputs",
            "js": "(model, text) => model.readInputs(text)",
            "input": "w = 1, x",
            "expected": {"problem": "The inputs have “x”: expected a name and a number, such as x = 0.5."},
        },
        {
            "name": "inputs too large",
            "js": "(model, text) => model.readInputs(text)",
            "input": "w = −1e12, x = 1e-300",
            "expected": {
                "problem": "The input “w = -1e12” is too large: expected a number from −1,000,000 to 1,000,000."
            },
        },
        {
            "name": "inputs as small as they come",
            "js": "(model, text) => model.readInputs(text)",
            "input": "x = 1e-300",
            "expected": {"values": {"x": 1e-300}},
        },
    ]
    return found


def mistakes():
    """Return cases of the planted mistakes, each worked out by hand."""
    js = "(model, [text, mistake]) => model.gradientsOf(model.readExpression(text).nodes, { x: 3, w: 5 }, mistake)"
    p = 1 / (1 + math.exp(-3))
    expected = {
        ("x * x + x", "ways"): {"x": 3.0},
        ("w - x", "minus"): {"w": 1.0, "x": 1.0},
        ("sigmoid(x)", "sigmoid"): {"x": p},
    }
    return [
        {"name": f"{text}, {mistake}", "js": js, "input": [text, mistake], "expected": gradients}
        for (text, mistake), gradients in expected.items()
    ]
