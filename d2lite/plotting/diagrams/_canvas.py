"""The sheet that a drawing is made on: its texts, their measure, and the room that they need."""

import functools
import io

import numpy as np

from d2lite._utils.checks import check_choice, check_number
from d2lite.plotting._style import INK, PALETTE, STYLE
from d2lite.plotting.diagrams._paths import dense, thin
from d2lite.plotting.diagrams._shapes import Shape, rectangle

COLORS = dict(zip(("blue", "orange", "green", "pink", "brown", "purple"), PALETTE, strict=True)) | {
    "ink": INK
}
SIZES = {"small": 10.5, "normal": 12, "large": 15}  # points; a unit is 36 points
WIDEST = 11  # units: on a phone the small size is then 8 pixels high
_POINTS, _INCHES = 36, 0.5  # of a unit
_TINT = 0.17  # how much of a shape's colour fills it: text in ink reads on it in both themes
_AIR = 0.06  # between a text and an arrow from or to its left or right
_PAD = 0.08  # room around what is drawn, and between a text and the border of its box


def _svg(figure):
    """Return a figure as the text of an SVG file, the same on every machine."""
    import matplotlib as mpl

    file = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


class Canvas:
    """A sheet of which a unit is half an inch; x goes right and y goes up."""

    def __init__(self, width, height):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import PlaceHolderLayoutEngine

        width = check_number(width, "width", 0, WIDEST, open_low=True)
        height = check_number(height, "height", 0, open_low=True)
        nothing = PlaceHolderLayoutEngine(
            True, True
        )  # of "none" a first save in the house style makes "constrained"
        self.figure = Figure((width * _INCHES, height * _INCHES), facecolor="none", layout=nothing)
        FigureCanvasAgg(self.figure)
        self.figure._repr_svg_ = functools.partial(
            _svg, self.figure
        )  # a notebook without use_style shows it, too
        self._ax = self.figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
        self._ax.set_axis_off()
        self._texts, self._lines, self._out = (
            [],
            [],
            set(),
        )  # artists; dense points of what is drawn; crossed units

    def text(self, x, y, text, *, size="normal", color="ink", align="center"):
        """Write a text with its middle at (x, y).

        Args:
            x, y: where; with another `align` the middle of its left or right end.
            text: words, "$h_t$" for mathematics, "\\n" between lines.
            size: "small", "normal" or "large".
            color: a name of `COLORS`; a coloured text is bold, to be read on both pages.
            align: "center", "left" (begins at x) or "right" (ends at x).

        Returns:
            Shape: the text's surroundings.

        Raises:
            ValueError: x or y is no number, or a name is unknown.
        """
        x, y = check_number(x, "x"), check_number(y, "y")
        check_choice(size, SIZES, "size")
        check_choice(color, COLORS, "color")
        check_choice(align, ("center", "left", "right"), "align")
        text = str(text)
        rise = 0 if "\n" in text else (0.24 if "$" in text else 0.32) * SIZES[size] / _POINTS
        artist = self._ax.text(
            x, y - rise, text, color=COLORS[color], fontsize=SIZES[size], ha=align, va="baseline" if rise else "center",
            linespacing=1.15, zorder=4, fontweight="normal" if color == "ink" else "bold", clip_on=False,
        )  # fmt: skip
        self._texts.append(artist)
        left, bottom, right, top = self._extent(artist)
        middle = (left + right) / 2, (bottom + top) / 2
        return Shape(rectangle(*middle, right - left + 2 * _AIR, top - bottom))

    def show(self):
        """Fit the sheet to what is drawn and return the figure: the last line of a cell.

        Returns:
            matplotlib.figure.Figure: transparent, in the house's ink and colours.

        Raises:
            ValueError: a text lies on another or on a line, or the drawing is wider than 11 units, at which its
                words are too small on a phone.
        """
        self._check_room()
        points = np.concatenate(
            [*self._lines, *(self._corners(text) for text in self._texts), np.zeros((0, 2))]
        )
        if len(points):
            low, high = points.min(0) - _PAD, points.max(0) + _PAD
            if high[0] - low[0] > WIDEST + 2 * _PAD:
                raise ValueError(
                    f"the drawing is {high[0] - low[0]:.1f} units wide: expected at most {WIDEST}; put it in two rows"
                )
            self._ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
            self.figure.set_size_inches((high - low) * _INCHES)
        return self.figure

    def svg(self):
        """Return the drawing as the text of an SVG file, the same on every machine; raises as `show` does."""
        return _svg(self.show())

    def _extent(self, artist):
        """Return (left, bottom, right, top) of a text in units."""
        box = artist.get_window_extent(self.figure.canvas.get_renderer())
        return tuple(box.transformed(self._ax.transData.inverted()).extents.tolist())

    def _corners(self, artist):
        return np.reshape(self._extent(artist), (2, 2))

    def _write_in(self, x, y, text, width, height, size):
        """Write a text in a room of a width and height; one that is larger raises a ValueError."""
        if str(text) == "":
            return
        for what, room, name in zip(
            self._measure(text, size), (width, height), ("wide", "high"), strict=True
        ):
            if what > room + 1e-9:
                raise ValueError(
                    f"text {str(text)!r} is {what:.2f} units {name}: expected at most {room:.2f}, to fit its shape; "
                    'make the shape larger, break the text with "\\n", or write it beside'
                )
        self.text(x, y, text, size=size)

    def _measure(self, text, size):
        """Return how wide and how high a text is, in units."""
        self.text(0, 0, text, size=size)
        artist = self._texts.pop()
        left, bottom, right, top = self._extent(artist)
        artist.remove()
        return right - left, top - bottom

    def _draw(self, path, color, *, dashed=False, width=1.6, alpha=1.0):
        """Draw a dense line."""
        self._lines.append(path)
        x, y = thin(path).T
        style = {"linestyle": (0, (3, 2)) if dashed else "-", "solid_capstyle": "round", "zorder": 3}
        self._ax.plot(x, y, color=COLORS[color], linewidth=width, alpha=alpha, clip_on=False, **style)

    def _patch(self, patch, color, *, fill=True, dashed=False, outline=None):
        """Add a matplotlib patch in a colour, its inside tinted; outline: its corners."""
        from matplotlib.colors import to_rgba

        tint = to_rgba(COLORS[color], _TINT if color != "ink" else 0.08) if fill else "none"
        patch.set(facecolor=tint, edgecolor=COLORS[color], linewidth=1.6, clip_on=False, zorder=2)
        patch.set_linestyle((0, (3, 2)) if dashed else "-")
        self._ax.add_patch(patch)
        if outline is not None:
            self._lines.append(dense(np.concatenate([outline, outline[:1]])))

    def _check_room(self):
        """Raise a ValueError where a text lies on another or on a line."""
        boxes = [self._extent(text) for text in self._texts]
        lines = np.concatenate([*self._lines, np.zeros((0, 2))])
        for i, (left, bottom, right, top) in enumerate(boxes):
            slack = 0.03 + 0.12 * (top - bottom) / 2  # a line of text is higher than its letters
            low, high = (left + 0.02, bottom + slack), (right - 0.02, top - slack)
            name = f"text {self._texts[i].get_text()!r}"
            if ((lines > low) & (lines < high)).all(1).any():
                raise ValueError(f"{name} is crossed by a line: expected room around it; move one of them")
            for j, other in enumerate(boxes[:i]):
                apart = other[0] >= high[0] or other[2] <= low[0] or other[1] >= high[1] or other[3] <= low[1]
                if not apart:
                    raise ValueError(
                        f"{name} is over text {self._texts[j].get_text()!r}: expected room between; move one of them"
                    )
