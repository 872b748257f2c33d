"""The drawing: the sheet with all its makers."""

from d2lite.plotting.diagrams._lines import Lines


class Diagram(Lines):
    """A drawing: makers of shapes and lines, then `show()`.

    A unit is half an inch; x goes right, y goes up, and every maker takes the middle of what it draws and returns
    its Shape, for arrows to start from and end at.

    Args:
        width, height: of the sheet, in units; at most 11 wide, and best at most 10. It is cut to what is drawn.

    Raises:
        ValueError: a side is not above 0, or the sheet is too wide for a phone.

    >>> d = Diagram(6, 2)
    >>> a = d.box(1, 1, 1.6, 1, "input\\n$x$")
    >>> b = d.circle(5, 1, 0.5, "$h$", color="blue")
    >>> label = d.arrow(a, b, "weights $W$", color="orange")
    >>> figure = d.show()
    """
