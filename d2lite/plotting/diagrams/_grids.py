"""Shapes of many parts: tensors, matrices, layers."""

import math
import numbers

import numpy as np

from d2lite._utils.checks import check_count, check_number
from d2lite.plotting.diagrams import _shapes
from d2lite.plotting.diagrams._basic import Basic
from d2lite.plotting.diagrams._canvas import _PAD, COLORS
from d2lite.plotting.diagrams._shapes import Shape

_SHIFT = 0.1  # between two sheets of a tensor
_MOST_UNITS = 7  # of a layer that are drawn; more are three dots


class Grids(Basic):
    """Makers of shapes of many parts; each returns one Shape, its parts by index."""

    def tensor(self, x, y, channels, rows=None, columns=None, label="", *, color="blue", scale=0.25):
        """Draw a tensor as stacked sheets with its shape below; sides grow as the square root of the numbers.

        Args:
            x, y: the middle of the stack.
            channels: how many sheets it has; at most nine are drawn.
            rows, columns: of a sheet; without them it is a vector of so many numbers, a bar.
            label: its name, above.
            color: a name of `COLORS`.
            scale: side of a 1×1 sheet, in units.

        Returns:
            Shape: the stack.

        Raises:
            ValueError: a number is no whole number above 0, or the colour is unknown.
        """
        x, y, color = self._place(x, y, color)
        channels, scale = check_count(channels, "channels"), check_number(scale, "scale", 0, open_low=True)
        if rows is None and columns is None:
            sheets, height, width, caption = 1, min(scale * math.sqrt(channels), 2.5), 0.25, f"{channels}"
        else:
            rows, columns = check_count(rows, "rows"), check_count(columns, "columns")
            height, width = scale * math.sqrt(rows), scale * math.sqrt(columns)
            sheets, caption = min(1 + round(1.2 * math.log2(channels)), 9), f"{channels}×{rows}×{columns}"
        shift = _SHIFT * (sheets - 1)
        left, bottom = x - (width + shift) / 2, y - (height + shift) / 2
        self._sheets(left, bottom, width, height, sheets, color)
        right, top = left + width, bottom + height
        outline = [
            (left, bottom),
            (right, bottom),
            (right + shift, bottom + shift),
            (right + shift, top + shift),
        ]
        outline += [(left + shift, top + shift), (left, top)]
        self.text(x, bottom - 0.25, caption, size="small")
        if label:
            self.text(x, top + shift + 0.27 + 0.2 * str(label).count("\n"), label, size="small")
        return Shape(np.array(outline))

    def _sheets(self, left, bottom, width, height, sheets, color):
        """Draw a stack from the sheet in front to the one behind, of which only two strips are seen."""
        from matplotlib.patches import Polygon

        w, h, s = width, height, _SHIFT
        front = np.array([(0, 0), (w, 0), (w, h), (0, h)])
        strip = np.array([(s, h), (s, h + s), (w + s, h + s), (w + s, s), (w, s), (w, h)])
        for i in range(sheets):
            corners = (strip + (i - 1) * s if i else front) + [left, bottom]
            self._patch(Polygon(corners, closed=True), color, outline=corners)
            self._ax.patches[-1].set_linewidth(1.1)

    def matrix(
        self, x, y, values, label="", *, cell=None, color="ink", highlight=(), highlight_color="orange"
    ):
        """Draw a grid of cells with a number or a text in each.

        Args:
            x, y: its middle.
            values: (rows, columns) numbers or texts; "" or None leaves a cell empty.
            label: its name, above.
            cell: side of a cell, in units; None takes 0.6, or more where a text needs it.
            color: a name of `COLORS`, of all cells.
            highlight: (row, column) pairs of cells that stand out, from (0, 0) at the upper left.
            highlight_color: their colour.

        Returns:
            Shape: the grid; `grid[0, 1]` is the cell in row 0 and column 1.

        Raises:
            ValueError: the values are no grid, a cell is outside it, a text does not fit, or a name is unknown.
        """
        x, y, color = self._place(x, y, color)
        texts = _texts(values)
        rows, columns = len(texts), len(texts[0])
        cell = self.cell_side(texts) if cell is None else check_number(cell, "cell", 0, open_low=True)
        chosen = {tuple(map(int, pair)) for pair in highlight}
        for i, j in chosen:
            if not (0 <= i < rows and 0 <= j < columns):
                raise ValueError(
                    f"highlight holds ({i}, {j}): expected cells of {rows} rows and {columns} columns"
                )
        parts = []
        for i, j in np.ndindex(rows, columns):
            at = x + (j - (columns - 1) / 2) * cell, y + ((rows - 1) / 2 - i) * cell
            out = (i, j) in chosen
            look = {"color": highlight_color if out else color, "fill": out or color != "ink"}
            parts.append(self.box(*at, cell, cell, texts[i][j], rounded=False, size="small", **look))
            self._ax.patches[-1].set(linewidth=1.8 if out else 0.8, zorder=2.2 if out else 2)
        if label:
            self.text(x, y + rows * cell / 2 + 0.28, label, size="small")
        return Shape(_shapes.rectangle(x, y, columns * cell, rows * cell), tuple(parts), columns)

    def cell_side(self, values):
        """Return the side, in units, of the cells of a matrix of these values: 0.6, or what the widest needs."""
        texts = {_number(value) for row in values for value in row}
        return max(0.6, *(self._measure(text, "small")[0] + 2 * _PAD for text in texts))

    def layer(self, x, y, count, label="", *, texts=None, color="blue", radius=0.24, gap=0.68, crossed=()):
        """Draw a layer as a column of units; more than seven are drawn as three, dots and three, the number below.

        Args:
            x, y: its middle.
            count: how many units it has.
            label: its name, above.
            texts: what stands in the units, from the top; None leaves them empty.
            color: a name of `COLORS`.
            radius, gap: of a unit, and from one middle to the next, in units of the drawing.
            crossed: indices, among the units drawn, of those that are crossed out, as by dropout; `connect` leaves
                them out.

        Returns:
            Shape: the layer; `layer[0]` is its uppermost unit.

        Raises:
            ValueError: count is no whole number above 0, there is not a text for each unit drawn, or a name is unknown.
        """
        x, y, color = self._place(x, y, color)
        count, gap = check_count(count, "count"), check_number(gap, "gap", 0, open_low=True)
        shown = min(count, _MOST_UNITS)
        places = [i for i in range(shown) if count <= _MOST_UNITS or i != _MOST_UNITS // 2]
        texts = [""] * len(places) if texts is None else list(texts)
        if len(texts) != len(places):
            raise ValueError(f"texts has {len(texts)} for {len(places)} units: expected one for each")
        crossed = {check_count(i, "crossed", 0, len(places) - 1) for i in crossed}
        units = []
        for k, i in enumerate(places):
            look = {"color": "ink", "dashed": True, "fill": False} if k in crossed else {"color": color}
            units.append(
                self.circle(x, y + ((shown - 1) / 2 - i) * gap, radius, texts[k], size="small", **look)
            )
            if k in crossed:
                self._ax.patches[-1].set_linewidth(1)
                self.cross(units[-1])
        bottom, top = y - (shown - 1) / 2 * gap - radius, y + (shown - 1) / 2 * gap + radius
        if count > _MOST_UNITS:
            for dy in (-0.14, 0, 0.14):
                self.dot(x, y + dy, 0.03, color=color)
            self.text(x, bottom - 0.25, f"{count}", size="small")
        if label:
            self.text(x, top + 0.28 + 0.2 * str(label).count("\n"), label, size="small")
        outline = _shapes.rectangle(x, y, 2 * radius, top - bottom)
        layer = Shape(outline, tuple(units))
        self._out.update(units[k] for k in crossed)
        return layer

    def connect(self, layer_a, layer_b, *, color="ink", alpha=0.45):
        """Draw a line from each unit of a layer to each of another, but from and to none that is crossed out.

        Args:
            layer_a, layer_b: layers of the drawing.
            color: a name of `COLORS`.
            alpha: how strong the lines are, from 0 to 1.

        Raises:
            ValueError: what came is no layer, or the colour is unknown.
        """
        color, alpha = self._place(0, 0, color)[2], check_number(alpha, "alpha", 0, 1)
        for name, layer in (("layer_a", layer_a), ("layer_b", layer_b)):
            if not getattr(layer, "parts", ()):
                raise ValueError(f"{name} is {layer!r}: expected a layer of the drawing")
        for a in layer_a.parts:
            for b in layer_b.parts:
                if not {a, b} & self._out:
                    self._link(a, b, COLORS[color], alpha)


def _texts(values):
    """Return the texts of the cells, row by row; what is no grid raises a ValueError."""
    rows = [list(row) if np.ndim(row) or isinstance(row, list | tuple) else [] for row in values]
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        raise ValueError(
            "values has rows of different lengths or none: expected (rows, columns) numbers or texts"
        )
    if any(np.ndim(value) for row in rows for value in row):
        raise ValueError("values has more than two axes: expected (rows, columns) numbers or texts")
    return [[_number(value) for value in row] for row in rows]


def _number(value):
    """Return what stands in a cell: a text, or a number with three digits, a whole one below 100,000 with all."""
    if value is None or isinstance(value, str):
        return value or ""
    value = value.item() if hasattr(value, "item") else value
    whole = isinstance(value, numbers.Real) and abs(value) < 1e5 and value == int(value)
    return (f"{value + 0:.0f}" if whole else f"{value:.3g}").replace("-", "−")
