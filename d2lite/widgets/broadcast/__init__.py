"""The broadcast explorer: which two shapes fit together, axis by axis."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Text

MAX_AXES = 5
MAX_SIZE = 9999  # of an axis
MAX_CELLS = 60  # that are drawn
LAST_STEP = 3
HELP = "Sizes of its axes, with commas; none: one number."


class BroadcastExplorer(Explorer):
    """Which two shapes broadcast, axis by axis: type two shapes, and see what is stretched and what clashes.

    Tensor a holds 10, 20, ..., 90 and tensor b 1, 2, ..., 9, over and over, so that a result says where it comes from.
    ``a`` and ``b`` take what Python writes of a shape: "3, 1", "(3, 1)" or "torch.Size([3, 1])". ``step`` is how far
    the rule has been applied: 0, the tensors as they are; 1, lined up from the right; 2, stretched; 3, the result.

    Example:
        >>> BroadcastExplorer(a="3, 4", b="3", operation="multiply")

    Taught in chapters/01_foundations/tensors.
    """

    a = Text("3, 1", max_length=40, label="shape of a", help=HELP)
    b = Text("1, 4", max_length=40, label="shape of b", help=HELP)
    operation = Choice("add", ("add", "subtract", "multiply"), names=("+", "−", "×"))
    step = Integer(LAST_STEP, min=0, max=LAST_STEP, help="How far the rule has been applied.")
    speed = Choice(1, (0.5, 1, 2), unit="/s", label="steps a second")
    position = Integer(
        6, min=0, max=MAX_CELLS - 1, help="The cell of the picture that is worked out, counted row by row."
    )
    fits = Flag(True, output=True)
    result_shape = Numbers(min=0, max=MAX_SIZE, max_length=MAX_AXES, integer=True, output=True)
