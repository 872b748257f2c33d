"""The chapter on automatic differentiation: its engine against torch on random graphs, and its own numbers by hand."""

import ast
import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / (b * b + 1),
}
UNARY = {
    "tanh": lambda a: a.tanh(),
    "sigmoid": lambda a: a.sigmoid(),
    "cube": lambda a: a**3,
    "shift": lambda a: a * 0.5 + 2,
}
STEP = st.tuples(st.sampled_from([*BINARY, *UNARY]), st.integers(0, 50), st.integers(0, 50))


@pytest.fixture(scope="module")
def lesson(read_chapter):
    """The chapter's names after its engine, its checks and its small network."""
    chapter = read_chapter("01_foundations/autograd")
    chapter.run("setup", "engine-code", "engine-walk", "engine-more", "check-code")
    chapter.define("engine-test")
    return chapter


def grow(leaves, steps):
    """Return a calculation of the steps: each takes earlier values, which may be used again and again."""
    made = list(leaves)
    for name, i, j in steps:
        a, b = made[i % len(made)], made[j % len(made)]
        made.append(BINARY[name](a, b) if name in BINARY else UNARY[name](a))
    return sum(made[1:], made[0])


@settings(max_examples=200, deadline=None)
@given(
    numbers=st.lists(st.floats(-2, 2), min_size=1, max_size=4), steps=st.lists(STEP, min_size=1, max_size=10)
)
def test_the_engine_agrees_with_torch_on_any_graph(lesson, numbers, steps):
    ours = [lesson["Value"](number) for number in numbers]
    theirs = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in numbers]
    results = [grow(leaves, steps) for leaves in (ours, theirs)]
    if not math.isfinite(results[1].item()) or abs(results[1].item()) > 1e100:
        return
    for result in results:
        result.backward()
    assert results[0].data == pytest.approx(results[1].item(), rel=1e-9)
    for value, tensor in zip(ours, theirs, strict=True):
        assert value.grad == pytest.approx(tensor.grad.item(), rel=1e-8, abs=1e-8)


def test_the_engine_has_fewer_than_60_lines_of_code(lesson):
    cells = ("engine-code", "engine-walk", "engine-more")
    assert sum(bool(line.strip()) for cell in cells for line in lesson.sources[cell].splitlines()) < 60


def test_history_holds_each_value_once_and_newest_first(lesson):
    x = lesson["Value"](3.0)
    q = x * x
    y = q + x
    assert lesson["history"](y) == [y, q, x]


def test_a_second_walk_adds_to_the_inputs_alone(lesson):
    x = lesson["Value"](3.0)
    y = (x * x) * (x * x)
    y.backward()
    first = x.grad
    y.backward()
    assert first == 108
    assert x.grad == 216  # as torch does with retain_graph


def test_a_long_sum_needs_no_deep_recursion(lesson):
    x = lesson["Value"](1.0)
    total = x
    for _ in range(5000):
        total = total + x
    total.backward()
    assert x.grad == 5001


def test_the_worked_example_is_that_of_the_half_square(lesson):
    w, x, b = (lesson["Value"](1.0) for _ in range(3))
    (((w * x).sigmoid() + b - 2) ** 2 / 2).backward()
    by_hand = math.exp(1) / (1 + math.exp(1)) ** 2 * (1 / (1 + math.exp(-1)) + 1 - 2)
    assert w.grad == pytest.approx(by_hand, rel=1e-12)
    assert round(w.grad, 4) == -0.0529


@pytest.mark.parametrize("seed", range(5))
def test_the_small_network_trains_as_in_torch(read_chapter, seed):
    chapter = read_chapter("01_foundations/autograd")
    chapter.run("setup", "engine-code", "engine-walk", "engine-more")
    source = chapter.sources["engine-train"].replace("Random(0)", f"Random({seed})")
    source = source.replace("range(301)", "range(20)")
    exec(source, chapter)
    rng = chapter["random"].Random(seed)
    start = torch.tensor([[rng.gauss(0, 1) for _ in range(3)] for _ in range(8)], dtype=torch.float64)
    units, offset = start.requires_grad_(), torch.zeros((), dtype=torch.float64, requires_grad=True)
    x, y = torch.tensor(chapter["points"], dtype=torch.float64).T
    for ours in chapter["losses"]:
        w, b, v = units.T
        loss = ((torch.tanh(x[:, None] * w + b) @ v + offset - y) ** 2).mean()
        assert ours == pytest.approx(loss.item(), rel=1e-9)
        gradients = torch.autograd.grad(loss, (units, offset))
        with torch.no_grad():
            for part, gradient in zip((units, offset), gradients, strict=True):
                part -= 0.1 * gradient


def test_the_written_out_backward_pass_agrees_with_torch_for_other_numbers(lesson):
    rng = np.random.default_rng(0)
    source = ast.parse(lesson.sources["ways-numpy"])
    lines = [ast.unparse(node) for node in source.body if not isinstance(node, ast.Expr)][2:]
    for _ in range(10):
        x, y, W, V = (rng.normal(size=shape) for shape in (2, 2, (2, 2), (2, 2)))
        names = {"np": np, "x": x, "y": y, "W": W, "V": V}
        exec("\n".join(lines), names)
        first, second = (torch.tensor(part, requires_grad=True) for part in (W, V))
        out = second @ torch.sigmoid(first @ torch.tensor(x))
        ((out - torch.tensor(y)) ** 2).sum().div(2).backward()
        assert np.allclose(names["d_W"], first.grad, rtol=1e-12)
        assert np.allclose(names["d_V"], second.grad, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_checking_passes_what_is_right_and_finds_what_is_wrong(lesson, seed):
    rng = np.random.default_rng(seed)
    numbers = rng.uniform(0.5, 1.5, size=3).tolist()  # where the sigmoid is not flat
    right = lesson["Value"].sigmoid

    def example(leaves):
        w, x, b = leaves
        return ((w * x).sigmoid() * w + b - 2) ** 2 / 2

    assert lesson["check"](example, numbers) < 1e-7
    try:
        lesson["Value"].sigmoid = lambda a: lesson["Value"](right(a).data, (a,), (right(a).data,))
        assert lesson["check"](example, numbers) > 1e-3
    finally:
        lesson["Value"].sigmoid = right
