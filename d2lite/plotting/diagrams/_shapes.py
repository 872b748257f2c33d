"""What a drawing's shapes are to one another: outlines, borders and the points that arrows start from."""

import dataclasses

import numpy as np

from d2lite._utils.checks import check_number


@dataclasses.dataclass(frozen=True, eq=False)
class Shape:
    """A shape of a drawing: what the makers of `Diagram` return, for arrows to start from and end at.

    Attributes:
        outline: (N, 2) array, the corners of its border in units of the drawing.
        parts: the shapes it is made of: the units of a layer, or the cells of a matrix, row by row.
        columns: how many parts are in a row.
    """

    outline: np.ndarray
    parts: tuple = ()
    columns: int = 1

    @property
    def bounds(self):
        """(left, bottom, right, top)."""
        return (*map(float, self.outline.min(0)), *map(float, self.outline.max(0)))

    @property
    def center(self):
        """(x, y) of the middle."""
        left, bottom, right, top = self.bounds
        return (left + right) / 2, (bottom + top) / 2

    @property
    def left(self):
        """(x, y) of the middle of the left side."""
        return self.bounds[0], self.center[1]

    @property
    def right(self):
        """(x, y) of the middle of the right side."""
        return self.bounds[2], self.center[1]

    @property
    def top(self):
        """(x, y) of the middle of the upper side."""
        return self.center[0], self.bounds[3]

    @property
    def bottom(self):
        """(x, y) of the middle of the lower side."""
        return self.center[0], self.bounds[1]

    def __getitem__(self, index):
        """Return a part: `layer[2]`, or `matrix[0, 1]` for row 0 and column 1."""
        if not isinstance(index, tuple):
            return self.parts[index]
        row, column = index
        rows = range(0, len(self.parts), self.columns)
        return [self.parts[i : i + self.columns] for i in rows][row][column]

    def contains(self, points):
        """Return for (N, 2) points whether each is inside."""
        from matplotlib.path import Path

        return Path(self.outline).contains_points(points)


def rectangle(x, y, width, height):
    """Return the (4, 2) corners of a rectangle around (x, y)."""
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    return corners * [width, height] + [x, y]


def circle(x, y, radius):
    """Return (72, 2) points of a circle around (x, y)."""
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    return np.column_stack([np.cos(angle), np.sin(angle)]) * radius + [x, y]


def around(shapes):
    """Return (left, bottom, right, top) of all shapes together."""
    bounds = np.array([shape.bounds for shape in shapes])
    return (*bounds[:, :2].min(0), *bounds[:, 2:].max(0))


def check_point(value, name):
    """Return a point (x, y) as an array of two floats, a shape's centre for a shape; others raise a ValueError."""
    if isinstance(value, Shape):
        return np.array(value.center)
    try:
        x, y = value
    except (TypeError, ValueError):
        raise ValueError(f"{name} is {value!r}: expected a shape of the drawing or a point (x, y)") from None
    return np.array([check_number(x, f"{name}[0]"), check_number(y, f"{name}[1]")])


def check_points(values, name, least=2):
    """Return an (N, 2) array of points; fewer than the least raise a ValueError."""
    points = np.array([check_point(value, f"{name}[{i}]") for i, value in enumerate(values)])
    if len(points) < least:
        raise ValueError(f"{name} has {len(points)} points: expected at least {least}")
    return points
