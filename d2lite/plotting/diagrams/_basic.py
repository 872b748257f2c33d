"""Single shapes: boxes, circles, operators, frames, areas."""

from d2lite._utils.checks import check_choice, check_number
from d2lite.plotting.diagrams import _shapes
from d2lite.plotting.diagrams._canvas import _PAD, COLORS, Canvas
from d2lite.plotting.diagrams._shapes import Shape

_ROOM = 0.18  # around a text in a box made for it


class Basic(Canvas):
    """Makers of single shapes; each returns the Shape, for arrows to start and end at."""

    def box(
        self,
        x,
        y,
        width,
        height,
        text="",
        *,
        color="ink",
        size="normal",
        rounded=True,
        fill=True,
        dashed=False,
    ):
        """Draw a box with a text in it.

        Args:
            x, y: its middle.
            width, height: its sides, in units; None takes what the text needs.
            text: what stands in it.
            color: a name of `COLORS`, for its border and tint; None is "ink".
            size: of the text: "small", "normal" or "large".
            rounded, fill, dashed: whether its corners are round, its inside is tinted, its border is dashed.

        Returns:
            Shape: the box.

        Raises:
            ValueError: a number is none, a side is not above 0, a name is unknown, or the text does not fit.
        """
        from matplotlib.patches import FancyBboxPatch, Rectangle

        x, y, color = self._place(x, y, color)
        needed = (
            side + 2 * _ROOM for side in (self._measure(text, size) if None in (width, height) else (0, 0))
        )
        width, height = (
            least if side is None else check_number(side, name, 0, open_low=True)
            for side, least, name in zip((width, height), needed, ("width", "height"), strict=True)
        )
        shape, corner = Shape(_shapes.rectangle(x, y, width, height)), (x - width / 2, y - height / 2)
        self._write_in(x, y, text, width - _PAD, height - _PAD, size)
        radius = min(0.12, width / 2, height / 2)
        patch = (
            FancyBboxPatch(corner, width, height, f"round,pad=0,rounding_size={radius}")
            if rounded
            else Rectangle(corner, width, height)
        )
        self._patch(patch, color, fill=fill, dashed=dashed, outline=shape.outline)
        return shape

    def circle(self, x, y, radius, text="", *, color="ink", size="normal", fill=True, dashed=False):
        """Draw a circle with a text in it: a unit, a node of a graph.

        Args:
            x, y: its middle.
            radius: in units; 0.4 holds "0.73".
            text: what stands in it.
            color, size, fill, dashed: as for `box`.

        Returns:
            Shape: the circle.

        Raises:
            ValueError: as for `box`.
        """
        from matplotlib.patches import Circle

        x, y, color = self._place(x, y, color)
        radius = check_number(radius, "radius", 0, open_low=True)
        shape = Shape(_shapes.circle(x, y, radius))
        self._write_in(x, y, text, 1.9 * radius, 1.6 * radius, size)
        self._patch(Circle((x, y), radius), color, fill=fill, dashed=dashed, outline=shape.outline)
        return shape

    def operator(self, x, y, symbol, *, color="ink", radius=0.28):
        """Draw an operation that acts on each number: a small circle with "+", "×", "σ" or another short sign.

        Args:
            x, y: its middle.
            symbol: the sign.
            color: a name of `COLORS`.
            radius: in units.

        Returns:
            Shape: the circle.

        Raises:
            ValueError: as for `box`.
        """
        return self.circle(
            x, y, radius, symbol, color=color, size="normal" if len(str(symbol)) == 1 else "small"
        )

    def dot(self, x, y, radius=0.1, *, color="ink"):
        """Draw a filled disc: a point of a plot, a ball; return its Shape. Arguments and errors as for `circle`."""
        from matplotlib.patches import Circle

        x, y, color = self._place(x, y, color)
        radius = check_number(radius, "radius", 0, open_low=True)
        shape = Shape(_shapes.circle(x, y, radius))
        self._patch(Circle((x, y), radius), color, outline=shape.outline)
        self._ax.patches[-1].set(facecolor=COLORS[color], zorder=3)
        return shape

    def area(self, points, *, color="ink", border=False):
        """Shade the area between corners: an overlap, the ground under a curve.

        Args:
            points: (N, 2) corners in order, at least three.
            color: a name of `COLORS`.
            border: whether its border is drawn.

        Returns:
            Shape: the area.

        Raises:
            ValueError: there are fewer corners, or the colour is unknown.
        """
        from matplotlib.patches import Polygon

        points = _shapes.check_points(points, "points", 3)
        color = self._place(0, 0, color)[2]
        patch = Polygon(points, closed=True)
        self._patch(patch, color, outline=points if border else None)
        patch.set_facecolor((*patch.get_facecolor()[:3], 0.26))
        if not border:
            patch.set(edgecolor="none", linewidth=0)
        return Shape(points)

    def frame(self, shapes, label="", *, color="ink", pad=0.25):
        """Draw a dashed frame around shapes, its label over its upper left corner.

        Args:
            shapes: what it goes around.
            label: what they are together.
            color: a name of `COLORS`.
            pad: room between them and the frame, in units.

        Returns:
            Shape: the frame.

        Raises:
            ValueError: there is no shape, what came is none, or the colour is unknown.
        """
        shapes = list(shapes)
        wrong = next((shape for shape in shapes if not isinstance(shape, Shape)), None)
        if not shapes or wrong is not None:
            raise ValueError(
                f"shapes holds {'nothing' if wrong is None else repr(wrong)}: expected shapes of the drawing"
            )
        pad = check_number(pad, "pad", 0)
        left, bottom, right, top = _shapes.around(shapes)
        middle = (left + right) / 2, (bottom + top) / 2
        frame = self.box(
            *middle, right - left + 2 * pad, top - bottom + 2 * pad, color=color, fill=False, dashed=True
        )
        if label:
            self.text(left - pad + 0.05, top + pad + 0.25, label, size="small", align="left")
        return frame

    def _place(self, x, y, color):
        """Return x and y as floats and the colour's name, "ink" for None."""
        color = "ink" if color is None else color
        check_choice(color, COLORS, "color")
        return check_number(x, "x"), check_number(y, "y"), color
