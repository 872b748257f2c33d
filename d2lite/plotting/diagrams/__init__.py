"""Still, labelled drawings from a few lines, read on the light and the dark page, on a phone and on paper.

A unit is half an inch; x goes right, y goes up, and every maker takes the middle of what it draws. A text that does
not fit its shape, or lies on another or on a line, is an error: a drawing that is shown can be read.

>>> d = Diagram(6, 2)
>>> a = d.box(1, 1, 1.6, 1, "input\\n$x$")
>>> b = d.circle(5, 1, 0.5, "$h$", color="blue")
>>> label = d.arrow(a, b, "weights $W$", color="orange")
>>> figure = d.show()
"""

from d2lite.plotting.diagrams._canvas import COLORS
from d2lite.plotting.diagrams._lines import Lines
from d2lite.plotting.diagrams._shapes import Shape

__all__ = ["COLORS", "Diagram", "Shape"]


class Diagram(Lines):
    """A drawing: makers of shapes and lines, then `show()`.

    Args:
        width, height: of the sheet, in units of half an inch; at most 12 wide, and best at most 10. It is cut to
            what is drawn at the end.

    Raises:
        ValueError: a side is not above 0, or the sheet is too wide for a phone.
    """

    def __init__(self, width, height):
        super().__init__(width, height)
        self._out = set()  # units that are crossed out
