"""The models of the graphs explorer: a few lines of Python each, and the statements they are made of."""

import ast

PROGRAMS = {
    "classifier": """\
def model(x):
    h = x @ W
    s = h + b
    a = relu(s)
    z = a @ V
    p = softmax(z)
    return p
""",
    "shortcut": """\
def model(x):
    h = x @ W
    a = relu(h)
    f = a @ U
    y = x + f
    return y
""",
    "unused": """\
def model(x):
    h = x @ W
    a = relu(h)
    m = mean(a)
    z = a @ V
    return z
""",
    "loop": """\
def model(x):
    for step in range(3):
        h = x @ A
        x = tanh(h)
    return x
""",
    "branch": """\
def model(x):
    h = x @ A
    s = sum(h)
    c = s > 0
    if c:
        y = relu(h)
    else:
        y = tanh(h)
    return y
""",
    "where": """\
def model(x):
    h = x @ A
    s = sum(h)
    c = s > 0
    r = relu(h)
    t = tanh(h)
    y = where(c, r, t)
    return y
""",
}
WEIGHTS = {
    "W": [[1.0, -0.5, 0.5], [0.5, 1.0, -1.0]],
    "b": [0.1, -0.2, 0.3],
    "V": [[1.0, -1.0], [0.5, 0.5], [-0.5, 1.0]],
    "U": [[0.5, -0.5], [1.0, 0.25], [-0.25, 0.5]],
    "A": [[0.8, -0.4], [0.6, 0.9]],
}
_SIGNS = {ast.MatMult: "matmul", ast.Add: "add"}


def statements(source):
    """Return a program as lists and dicts that JSON can hold.

    Args:
        source: one of PROGRAMS: a function of x, one operation a line.

    Returns:
        list of statements, each with its "line" (from 0): an operation has "target", "op" and "args" (names); a loop
        "times" and "body"; a choice "test", "body" and "other"; the last, a return, "value".
    """
    return [_statement(node) for node in ast.parse(source).body[0].body]


def _statement(node):
    line = {"line": node.lineno - 1}
    if isinstance(node, ast.Return):
        return line | {"value": node.value.id}
    if isinstance(node, ast.For):
        return line | {"times": node.iter.args[0].value, "body": [_statement(part) for part in node.body]}
    if isinstance(node, ast.If):
        body, other = ([_statement(part) for part in side] for side in (node.body, node.orelse))
        return line | {"test": node.test.id, "body": body, "other": other}
    return line | {"target": node.targets[0].id} | _operation(node.value)


def _operation(value):
    """Return the operation on the right of a line: a call, a sum, a product or a comparison with 0."""
    if isinstance(value, ast.Call):
        return {"op": value.func.id, "args": [part.id for part in value.args]}
    if isinstance(value, ast.Compare):
        return {"op": "positive", "args": [value.left.id]}
    return {"op": _SIGNS[type(value.op)], "args": [value.left.id, value.right.id]}


def load_programs():
    """Return the programs as the page gets them, their statements, and the weights."""
    programs = {
        name: {"lines": source.splitlines(), "body": statements(source)} for name, source in PROGRAMS.items()
    }
    return {"programs": programs, "weights": WEIGHTS}
