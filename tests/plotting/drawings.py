"""The drawings that the chapters need, each a few lines: examples for authors, and what the tests look at."""

import itertools

import numpy as np

from d2lite.plotting import diagrams


def neuron():
    return diagrams.neuron(["0.5", "−1.2", "2.0"], ["$w_1$", "$w_2$", "$w_3$"], output="0.73")


def unrolled():
    return diagrams.unrolled(3)


def lstm():
    return diagrams.lstm_cell()


def gru():
    return diagrams.gru_cell()


def lenet():
    d = diagrams.Diagram(11, 3)
    stack = [
        d.tensor(0.7, 0, 1, 28, 28, "image", color="ink"),
        d.tensor(2.8, 0, 6, 28, 28, "feature\nmaps", color="orange"),
        d.tensor(5.05, 0, 6, 14, 14, "pooled", color="green"),
        d.tensor(7.0, 0, 16, 10, 10, color="orange"),
        d.tensor(8.8, 0, 16, 5, 5, color="green"),
        d.tensor(10.2, 0, 10, label="logits", color="blue"),
    ]
    for a, b in itertools.pairwise(stack):
        d.arrow(a, b)
    return d


def overlap():
    d = diagrams.Diagram(8, 4)
    truth = d.box(2, 2, 3, 2.4, color="green", rounded=False, fill=False)
    found = d.box(3.6, 1.4, 3, 2.4, color="orange", rounded=False, fill=False)
    (left, bottom, _, _), (_, _, right, top) = found.bounds, truth.bounds
    common = d.area([(left, bottom), (right, bottom), (right, top), (left, top)], color="purple")
    d.text(*common.center, "overlap", size="small")
    d.text(truth.left[0], 3.5, "ground truth", align="left", size="small")
    d.text(found.right[0], -0.1, "prediction", align="right", size="small")
    return d


def kernel():
    values = np.array([[0, 0, 1, 1, 1]] * 5)
    return diagrams.window(values, [[-1, 0, 1]] * 3, (0, 1))


def dropout():
    return diagrams.network(
        [4, 5, 5, 2], ["inputs", "hidden", "hidden", "output"], crossed={1: [1, 3], 2: [0, 3]}
    )


def graph():
    d = diagrams.Diagram(10, 3)
    a, b = d.circle(0.5, 2.8, 0.45, "$a$", color="blue"), d.circle(0.5, -0.4, 0.45, "$b$", color="blue")
    times, plus = d.operator(3.5, 1.2, "×", radius=0.36), d.operator(6.5, 1.2, "+", radius=0.36)
    loss = d.circle(9.3, 1.2, 0.45, "$L$", color="green")
    c = d.circle(6.5, 3, 0.45, "$c$", color="blue")
    for start, end, value, side, gradient, curve in (
        (a, times, "2", "below", "−3", -0.22),
        (b, times, "−3", "above", "2", 0.22),
        (times, plus, "−6", "above", "1", 0.22),
        (plus, loss, "4", "above", "1", 0.22),
    ):
        d.arrow(start, end, value, side=side)
        d.arrow(end, start, gradient, curve=curve, color="orange", dashed=True)
    d.arrow(c, plus, "10")
    return d


def residual():
    d = diagrams.Diagram(10, 3)
    x = d.text(0, 0, "$x$", size="large")
    convs = [d.box(at, 0, 1.5, 1, "3×3\nconv", color="blue", size="small") for at in (2.2, 4.7)]
    plus, out = d.operator(6.7, 0, "+"), d.text(8.9, 0, "$x + f(x)$")
    for a, b in zip([x, *convs, plus], [*convs, plus, out], strict=True):
        d.arrow(a, b)
    d.arrow((0.7, 0), plus, "the input, unchanged", via=[(0.7, 1.4), (6.7, 1.4)], color="orange", width=2.4)
    d.dot(0.7, 0, 0.08, color="orange")
    d.frame(convs, "$f(x)$", color="blue")
    return d


def ball():
    d, angle = diagrams.Diagram(9, 4), np.linspace(0, 2 * np.pi, 90)
    for size in (0.25, 0.5, 0.75, 1):
        d.line(np.column_stack([4 * size * np.cos(angle), 1.3 * size * np.sin(angle)]), width=1, alpha=0.5)
    at, way = np.array([-3.4, 0.55]), []
    for _ in range(6):
        way.append(at)
        at = at * [0.8, -0.75]
    for a, b in itertools.pairwise(way):
        d.arrow(a, b, color="orange")
    d.dot(*way[0], 0.16, color="orange")
    d.dot(0, 0, 0.08, color="green")
    d.text(0, -1.6, "the ball crosses the valley again and again", size="small")
    return d


DRAWINGS = (neuron, unrolled, lstm, gru, lenet, overlap, kernel, dropout, graph, residual, ball)
