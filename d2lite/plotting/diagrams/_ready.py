"""Drawings that more than one chapter needs; each returns the Diagram, to be added to and shown."""

import itertools

import numpy as np
import torch

from d2lite._utils.checks import check_count
from d2lite._utils.tensors import as_tensor
from d2lite.plotting.diagrams._diagram import Diagram


def neuron(
    inputs=("$x_1$", "$x_2$"), weights=("$w_1$", "$w_2$"), *, bias="$b$", total="$z$",
    activation="sigmoid\n$\\sigma(z)$", output="$p$", name="probability",
):  # fmt: skip
    """Draw a neuron: inputs times weights, their sum with the bias, the activation, the output.

    Args:
        inputs, weights: names or numbers as texts, as many of the one as of the other.
        bias: text of the bias; "" draws none.
        total: text on the arrow from the sum.
        activation: text of its box.
        output, name: in the last circle and below it.

    Returns:
        Diagram: 9 units wide.

    Raises:
        ValueError: inputs and weights are not as many, or a text has no room.

    Taught in chapters/02_linear_models/logistic_regression.

    >>> figure = neuron(["0.5", "2.0"], ["−1", "3"], output="0.99").show()
    """
    inputs, weights = list(inputs), list(weights)
    if len(inputs) != len(weights) or not inputs:
        raise ValueError(f"weights has {len(weights)} texts for {len(inputs)} inputs: expected one for each")
    d, middle = Diagram(9, 1.3 * len(inputs)), 0.65 * (len(inputs) - 1)
    total_node = d.operator(3.2, middle, "+", radius=0.36)
    for i, (text, weight) in enumerate(zip(inputs, weights, strict=True)):
        unit = d.circle(0.5, 2 * middle - 1.3 * i, 0.46, text, color="blue", size="small")
        below = 2 * middle - 1.3 * i < middle - 0.1
        d.arrow(unit, total_node, weight, color="orange", width=2, side="below" if below else "above")
    if bias:
        d.arrow(d.text(3.2, middle + 1.35, bias), total_node, color="orange", width=2)
    box = d.box(5.3, middle, 1.6, 1.1, activation, size="small", color="purple")
    end = d.circle(7.7, middle, 0.46, output, color="green", size="small")
    d.arrow(total_node, box, total)
    d.arrow(box, end)
    d.text(7.7, middle - 0.75, name, size="small")
    return d


def network(sizes, names=None, *, crossed=None, colors=("blue", "orange", "green")):
    """Draw a fully connected network: a column of units for each layer, and every connection.

    Args:
        sizes: units of each layer, from the left, at least two layers.
        names: a text for each layer, all at one height; None writes none.
        crossed: dict from a layer's index to the indices, among its units drawn, of those that are crossed out, as by
            dropout.
        colors: of the first layer, of those between, and of the last.

    Returns:
        Diagram: 2.2 units wide for each layer.

    Raises:
        ValueError: there is one layer, a size is no whole number above 0, there is not a name for each layer, not three
            colours, or no such layer or unit to be crossed out.

    >>> figure = network([3, 4, 2], ["inputs", "hidden", "outputs"], crossed={1: [0, 2]}).show()
    """
    sizes, crossed = [check_count(size, "sizes") for size in sizes], crossed or {}
    if len(sizes) < 2:
        raise ValueError(f"sizes has {len(sizes)} layers: expected at least 2")
    for layer in crossed:
        check_count(layer, "crossed", 0, len(sizes) - 1)
    if len(colors) != 3:
        raise ValueError(
            f"colors has {len(colors)}: expected three, of the first layer, those between and the last"
        )
    names = [""] * len(sizes) if names is None else list(names)
    if len(names) != len(sizes):
        raise ValueError(f"names has {len(names)} texts for {len(sizes)} layers: expected one for each")
    d, layers, top = Diagram(min(2.2 * len(sizes), 11), 5), [], 0.34 * min(max(sizes), 7) + 0.32
    for i, size in enumerate(sizes):
        color = colors[0] if i == 0 else colors[2] if i == len(sizes) - 1 else colors[1]
        layers.append(d.layer(2.2 * i, 0, size, color=color, crossed=crossed.get(i, ())))
        if names[i]:
            d.text(2.2 * i, top, names[i], size="small")
    for a, b in itertools.pairwise(layers):
        d.connect(a, b)
    return d


def unrolled(
    steps=3, *, inputs=r"$\mathbf{x}_{}$", hidden=r"$\mathbf{h}_{}$", outputs=r"$\mathbf{z}_{}$",
    weights=(r"$\mathbf{W}_{xh}$", r"$\mathbf{W}_{hh}$", r"$\mathbf{W}_{hy}$"), gap=2.5,
):  # fmt: skip
    """Draw a recurrent network step by step, each shared weight in one colour.

    Args:
        steps: how many.
        inputs, hidden, outputs: texts with {} for the step's number, or a list of a text for each step (hidden: one
            more, the state before the first); None for outputs draws none.
        weights: texts on the arrows from the input, from the state before and to the output; "" for none.
        gap: from one step to the next, in units.

    Returns:
        Diagram: a gap wide for each step, and one unit.

    Raises:
        ValueError: steps is no whole number above 0, a list has another length, or a text has no room.

    Taught in chapters/07_rnn/rnn.

    >>> figure = unrolled(4, inputs=list("hell"), outputs=list("ello"), gap=2).show()
    """
    steps = check_count(steps, "steps")
    below, states = _texts(inputs, range(1, steps + 1), "inputs"), _texts(hidden, range(steps + 1), "hidden")
    above = _texts(outputs, range(1, steps + 1), "outputs") if outputs is not None else [None] * steps
    d = Diagram(min(gap * steps + 1, 11), 4.4)
    before = d.circle(0, 0, 0.46, states[0], color="blue")
    for t in range(steps):
        state = d.circle(gap * (t + 1), 0, 0.46, states[t + 1], color="blue")
        d.arrow(before, state, weights[1], color="orange", width=2)
        source = d.circle(gap * (t + 1), -1.8, 0.42, below[t])
        d.arrow(source, state, weights[0], color="purple", width=2)
        if above[t] is not None:
            d.arrow(
                state,
                d.circle(gap * (t + 1), 1.8, 0.42, above[t], color="green"),
                weights[2],
                color="brown",
                width=2,
            )
        before = state
    return d


def _texts(given, numbers, name):
    """Return a text for each number: the given one with it put in, or those of a list."""
    numbers = list(numbers)
    texts = (
        [given.replace("{}", f"{{{i}}}" if "$" in given else f"{i}") for i in numbers]
        if isinstance(given, str)
        else list(given)
    )
    if len(texts) != len(numbers):
        raise ValueError(f"{name} has {len(texts)} texts for {len(numbers)} places: expected one for each")
    return texts


def window(values, kernel, at=(0, 0), *, result=None, names=("input", "kernel", "output")):
    """Draw a kernel over a window of an input, and the cell of the output that it gives.

    Args:
        values: (H, W) numbers of the input.
        kernel: (h, w) numbers.
        at: (row, column) of the output's cell, which is the window's upper left corner: stride 1, no padding.
        result: what stands in the output's cell; None computes the sum of products.
        names: texts above the three grids.

    Returns:
        Diagram: about 10 units wide for an input of 5×5 and a kernel of 3×3.

    Raises:
        ValueError: the kernel is larger than the input, the window is outside it, or the numbers are no matrices.

    Taught in chapters/06_cnn/convolution.

    >>> figure = window([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 0], [0, -1]], (0, 1)).show()
    """
    values, kernel = (
        as_tensor(given, name, dtype=torch.float64).detach().cpu().double().numpy()
        for given, name in ((values, "values"), (kernel, "kernel"))
    )
    if values.ndim != 2 or kernel.ndim != 2:
        raise ValueError(
            f"values and kernel have shapes {values.shape} and {kernel.shape}: expected (H, W) and (h, w)"
        )
    rows, columns = np.subtract(values.shape, kernel.shape) + 1
    i, j = (check_count(place, f"at[{axis}]", 0) for axis, place in enumerate(at))
    if not (0 <= i < rows and 0 <= j < columns):
        raise ValueError(
            f"at is ({i}, {j}): expected a cell of the output, {max(rows, 0)} rows and {max(columns, 0)} columns"
        )
    height, width = kernel.shape
    if result is None:
        result = float((values[i : i + height, j : j + width] * kernel).sum())
    out = [[result if (r, c) == (i, j) else "" for c in range(columns)] for r in range(rows)]
    seen = [(i + r, j + c) for r in range(height) for c in range(width)]
    d, x, grids = Diagram(10, 0.6 * len(values) + 1), 0.0, []
    looks = ({"highlight": seen}, {"color": "orange"}, {"highlight": [(i, j)], "highlight_color": "green"})
    for grid, name, look in zip((values.tolist(), kernel.tolist(), out), names, looks, strict=True):
        half = d.cell_side(grid) * len(grid[0]) / 2
        grids.append(d.matrix(x + half, 0, grid, name, **look))
        x += 2 * half + 0.9
    for a, b, sign in zip(grids, grids[1:], ("×", "="), strict=False):
        d.text((a.right[0] + b.left[0]) / 2, 0, sign, size="large")
    return d
