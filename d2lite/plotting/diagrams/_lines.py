"""Lines: arrows with labels, curves, braces, crosses."""

import numpy as np

from d2lite._utils.checks import check_choice, check_number
from d2lite.plotting.diagrams import _paths
from d2lite.plotting.diagrams._canvas import _AIR, COLORS
from d2lite.plotting.diagrams._grids import Grids
from d2lite.plotting.diagrams._shapes import Shape, check_point, check_points

_SIDES = {"above": (0, 1), "below": (0, -1), "left": (-1, 0), "right": (1, 0)}
_GAP = 0.05  # between an arrow's tip and the border it points at
_ROOM = 0.09  # between a line and its label


class Lines(Grids):
    """Makers of lines."""

    def arrow(
        self, start, end, label="", *, curve=0.0, via=(), side=None, color="ink", dashed=False, width=1.6,
        heads="end", size="small",
    ):  # fmt: skip
        """Draw an arrow between the borders of two shapes.

        Args:
            start, end: shapes, or points (x, y) such as `box.right`.
            label: written beside its middle.
            curve: how far it bulges, as a part of its length: above 0 to the left of the way, below 0 to the right.
            via: points at which it bends, rounded, instead.
            side: "above", "below", "left" or "right", where the label stands; None takes the outer side of a
                curve, above a line that lies and right of one that stands.
            color: a name of `COLORS`.
            dashed: whether it is dashed, as for what goes back.
            width: of the line, in points.
            heads: "end", "both" or "none".
            size: of the label.

        Returns:
            Shape: the label's surroundings, or the line's without one.

        Raises:
            ValueError: start or end is neither a shape nor a point, both are at one place, or a name is unknown.
        """
        color, curve = self._place(0, 0, color)[2], check_number(curve, "curve", -2, 2)
        check_choice(heads, ("end", "both", "none"), "heads")
        check_choice(side, (None, *_SIDES), "side")
        points = [check_point(start, "start"), *(check_point(p, "via") for p in via), check_point(end, "end")]
        whole = (
            _paths.arc(points[0], points[-1], curve) if curve and len(points) == 2 else _paths.bent(points)
        )
        borders = [shape if isinstance(shape, Shape) else None for shape in (start, end)]
        path = _paths.between(whole, *borders, _GAP)
        if len(path) < 4 or np.ptp(path, axis=0).max() < 1e-6:
            raise ValueError(
                "the arrow is shorter than its head: expected start and end apart; move the shapes apart"
            )
        middle = self._middle(path)
        path = path if heads == "none" else self._head(path, color, width)
        path = self._head(path[::-1], color, width)[::-1] if heads == "both" else path
        self._draw(path, color, dashed=dashed, width=width)
        return self._label(*middle, label, side, curve, size) if label else Shape(path)

    def line(self, points, *, color="ink", dashed=False, width=1.6, alpha=1.0):
        """Draw a line through points: the curve of a small plot, an axis.

        Args:
            points: (N, 2) points, at least two.
            color: a name of `COLORS`.
            dashed: whether it is dashed.
            width: in points.
            alpha: how strong it is, from 0 to 1.

        Returns:
            Shape: the line.

        Raises:
            ValueError: there are fewer points, or the colour is unknown.
        """
        path = _paths.dense(check_points(points, "points"))
        width, alpha = check_number(width, "width", 0), check_number(alpha, "alpha", 0, 1)
        self._draw(path, self._place(0, 0, color)[2], dashed=dashed, width=width, alpha=alpha)
        return Shape(path)

    def brace(self, start, end, label="", *, side="below", color="ink"):
        """Draw a curly brace from one point to another with a label at its tip.

        Args:
            start, end: points (x, y), or shapes for their middles.
            label: what it holds together.
            side: to which side its tip points: "above", "below", "left" or "right".
            color: a name of `COLORS`.

        Returns:
            Shape: the brace.

        Raises:
            ValueError: the points are at one place, the side lies along the way between them, or a name is unknown.
        """
        check_choice(side, _SIDES, "side")
        color, start, end = self._place(0, 0, color)[2], check_point(start, "start"), check_point(end, "end")
        if np.hypot(*(end - start)) < 0.1:
            raise ValueError(f"end is {tuple(end.tolist())}: expected a point apart from start")
        left_of_way = np.array([-(end - start)[1], (end - start)[0]])
        across = left_of_way @ _SIDES[side]
        if abs(across) < 1e-9:
            raise ValueError(
                f"side is {side!r}: expected a side across the way from start to end, not along it"
            )
        depth = 0.24 if across > 0 else -0.24
        path = _paths.brace(start, end, depth)
        self._draw(path, color, width=1.3)
        if label:
            tip = (start + end) / 2 + left_of_way / np.hypot(*left_of_way) * depth
            self._beside(tip, np.array(_SIDES[side], float), label, "small")
        return Shape(path)

    def cross(self, shape, *, color="ink"):
        """Cross a shape out.

        Args:
            shape: a shape of the drawing.
            color: a name of `COLORS`.

        Raises:
            ValueError: it is no shape, or the colour is unknown.
        """
        x, y = check_point(shape, "shape")
        left, _, right, _ = shape.bounds if isinstance(shape, Shape) else (x - 0.2, 0, x + 0.2, 0)
        r = (right - left) / 2 * 0.62
        for slope in (1, -1):
            self._ax.plot(
                [x - r, x + r],
                [y - slope * r, y + slope * r],
                color=self._ink(color),
                linewidth=1.8,
                zorder=3.5,
            )

    def _ink(self, color):
        return COLORS[self._place(0, 0, color)[2]]

    def _head(self, path, color, width):
        """Draw the head of an arrow at the path's end and return the path that is left."""
        from matplotlib.patches import Polygon

        path, corners = _paths.head(path, 0.17 + 0.03 * (width - 1.6), 0.15 + 0.04 * (width - 1.6))
        patch = Polygon(
            corners, closed=True, facecolor=self._ink(color), edgecolor="none", zorder=3, clip_on=False
        )
        self._ax.add_patch(patch)
        self._lines.append(corners)
        return path

    def _middle(self, path):
        """Return the point half way and the direction there."""
        way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
        i = min(max(int(np.searchsorted(way, way[-1] / 2)), 1), len(path) - 2)
        direction = path[i + 1] - path[i - 1]
        return path[i], direction / max(np.hypot(*direction), 1e-9)

    def _label(self, point, direction, label, side, curve, size):
        normal = np.array([-direction[1], direction[0]])
        if side is not None:
            normal = normal * (1 if normal @ _SIDES[side] >= 0 else -1)
        elif curve:
            normal = normal * np.sign(curve)
        elif normal[1] < -0.02 or (abs(normal[1]) <= 0.02 and normal[0] < 0):
            normal = -normal
        return self._beside(point, normal, label, size)

    def _beside(self, point, normal, label, size):
        """Write a label so that it lies wholly to one side of a line through a point."""
        words = self.text(*point, label, size=size)
        left, bottom, right, top = words.bounds  # with air at the left and right
        away = _ROOM + abs(normal[0]) * ((right - left) / 2 - _AIR) + abs(normal[1]) * (top - bottom) / 2
        self._texts.pop().remove()
        return self.text(*(2 * point - words.center + normal * away), label, size=size)

    def _link(self, a, b, color, alpha):
        """Draw a thin line between the borders of two shapes."""
        path = _paths.between(_paths.dense([a.center, b.center]), a, b, 0)
        self._ax.plot(*path[[0, -1]].T, color=color, alpha=alpha, linewidth=0.9, zorder=1, clip_on=False)
        self._lines.append(path)
