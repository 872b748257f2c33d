"""Recurrent cells at one step: what is kept blue, what is written orange, what is shown or seen green.

The moves of a step have numbers, and the same in both cells: 1 keep, 2 write, 3 add, 4 show.
"""

from d2lite.plotting.diagrams._diagram import Diagram

_BEFORE, _NOW = 0.6, 10.4  # where a step begins and ends


def lstm_cell():
    """Draw an LSTM cell: its state along the top, three gates and the candidate, the four moves of a step numbered.

    Returns:
        Diagram: 11 units wide.

    Taught in chapters/07_rnn/lstm.

    >>> figure = lstm_cell().show()
    """
    d = Diagram(11, 6)
    keep, plus = d.operator(2.1, 4.4, "×", color="blue"), d.operator(5.1, 4.4, "+")
    write, show = d.operator(5.1, 2.9, "×", color="orange"), d.operator(8.8, 2.5, "×", color="green")
    tanh = d.box(7.4, 3.4, 1.1, 0.6, "tanh", size="small")
    gates = [
        d.box(x, 1.2, width, 0.95, text, color=color, size="small")
        for x, width, text, color in (
            (2.1, 1.3, "forget\nf", "blue"), (4.1, 1.3, "input\ni", "orange"),
            (6.1, 1.9, "candidate\ng", "ink"), (8.8, 1.3, "output\no", "green"),
        )
    ]  # fmt: skip
    forget, entrance, candidate, output = gates
    d.arrow(_end(d, _BEFORE, 4.4, "$c$ before"), keep)
    d.arrow(keep, plus, color="blue")
    d.arrow(plus, _end(d, _NOW, 4.4, "$c$ now"))
    d.arrow(forget, keep, color="blue")
    d.arrow(entrance, write, via=[(4.1, 2.9)], color="orange")
    d.arrow(candidate, write, via=[(6.1, 2.9)])
    d.arrow(write, plus, color="orange")
    d.arrow((7.4, 4.4), tanh)
    d.arrow(tanh, show, via=[(7.4, 2.5)])
    d.arrow(output, show, color="green")
    d.arrow(show, _end(d, _NOW, 2.5, "$h$ now"), color="green")
    _threads(d, x=gates, h=gates)
    _move(d, 1, "keep", 3.3, 4.75, "blue")
    _move(d, 2, "write", 5.5, 3.65, "orange")
    _move(d, 3, "add", 4.9, 5.0, "ink")
    _move(d, 4, "show", 9.35, 2.05, "green")
    return d


def gru_cell():
    """Draw a GRU: one state along the top, two gates, the candidate; the moves of a step have the LSTM's numbers.

    Returns:
        Diagram: 11 units wide.

    Taught in chapters/07_rnn/gru.

    >>> figure = gru_cell().show()
    """
    d = Diagram(11, 6)
    keep, plus = d.operator(5.6, 4.4, "×", color="blue"), d.operator(8.9, 4.4, "+")
    look, write = d.operator(2.7, 2.9, "×", color="green"), d.operator(8.9, 2.9, "×", color="orange")
    reset = d.box(2.7, 1.2, 1.3, 0.95, "reset\nr", color="green", size="small")
    candidate = d.box(4.9, 2.9, 1.9, 0.95, "candidate\nn", size="small")
    update = d.box(6.9, 1.2, 1.4, 0.95, "update\nz", color="blue", size="small")
    d.arrow(_end(d, _BEFORE, 4.4, "$h$ before"), keep)
    d.arrow(keep, plus, color="blue")
    d.arrow(plus, _end(d, _NOW, 4.4, "$h$ now"))
    d.arrow((1.6, 4.4), look, via=[(1.6, 2.9)])
    d.arrow(reset, look, color="green")
    d.arrow(look, candidate, color="green")
    d.arrow(candidate, write)
    d.arrow(write, plus, color="orange")
    d.arrow(update, keep, via=[(6.9, 3.65), (5.6, 3.65)], color="blue")
    d.arrow(update, write, via=[(8.9, 1.2)], color="orange")
    d.text(7.2, 3.4, "$z$", color="blue")
    d.text(9.5, 1.9, "$1 - z$", color="orange")
    _threads(d, x=[reset, candidate, update], h=[reset, update])
    d.text(3.4, 3.3, "see", color="green", size="small")
    _move(d, 1, "keep", 6.7, 4.75, "blue")
    _move(d, 2, "write", 9.3, 3.65, "orange")
    _move(d, 3, "add", 8.7, 5.0, "ink")
    return d


def _end(d, x, y, text):
    """Write what enters or leaves a cell and return the point where its line begins or ends."""
    left, _, right, _ = d.text(x, y, text, size="small").bounds
    return (right, y) if x == _BEFORE else (left, y)


def _move(d, number, word, x, y, color):
    """Write a move of the step: its number in a ring, and its word."""
    d.circle(x, y, 0.23, str(number), color=color, size="small")
    d.text(x + 0.33, y, word, color=color, size="small", align="left")


def _threads(d, **seen):
    """Draw what is read, x, and the hidden states before, h, dashed, from the left into the boxes that see them."""
    for (name, boxes), y, shift, text in zip(
        seen.items(), (-0.5, 0.1), (0.2, -0.2), ("$x$ now", "$h$ before"), strict=True
    ):
        start, last = _end(d, _BEFORE, y, text), max(box.center[0] for box in boxes) + shift
        d.line([start, (last, y)], dashed=name == "h", width=1.3)
        for box in boxes:
            x = box.center[0] + shift
            d.arrow((x, y), (x, box.bounds[1] - 0.05), dashed=name == "h", width=1.3)
