"""The broadcast explorer: which two shapes fit together, axis by axis."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Text

MAX_AXES = 5
MAX_SIZE = 9999  # of an axis
MAX_CELLS = 60  # that are drawn


class BroadcastExplorer(Explorer):
    """Which two shapes broadcast, axis by axis: type two shapes, and see what is stretched and what clashes.

    The first tensor holds 10, 20, ..., 90 and the second 1, 2, ..., 9, over and over, so that a result says where it
    comes from. ``first`` and ``second`` take what Python writes of a shape: "3, 1", "(3, 1)" or "torch.Size([3, 1])".

    Example:
        >>> BroadcastExplorer(first="3, 4", second="3", operation="multiply")

    Taught in chapters/01_foundations/tensors.
    """

    first = Text(
        "3, 1", max_length=40, label="first shape", help="Sizes of its axes, with commas; none: one number."
    )
    second = Text(
        "1, 4", max_length=40, label="second shape", help="Sizes of its axes, with commas; none: one number."
    )
    operation = Choice("add", ("add", "multiply"), names=("+", "×"))
    position = Integer(
        6, min=0, max=MAX_CELLS - 1, help="The cell of the result that is worked out, counted row by row."
    )
    fits = Flag(True, output=True)
    result_shape = Numbers(min=0, max=MAX_SIZE, max_length=MAX_AXES, integer=True, output=True)
