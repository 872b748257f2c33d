"""The averaging explorer: a dense layer on small pictures, averaged over shifts until it is a convolution."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Integer

SIDE = 6  # of the pictures that the layer takes and gives, in pixels


class AveragingExplorer(Explorer):
    """A dense layer, averaged over shifts, becomes a convolution.

    The layer takes pictures of 6 x 6 pixels. For each shift the picture is shifted (around the border), the layer
    applied, and its output shifted back; the layers so made are averaged.

    Example:
        >>> AveragingExplorer(shift_count=6)

    Taught in chapters/06_cnn/convolution.
    """

    shift_count = Integer(
        1,
        min=1,
        max=SIDE**2,
        label="shifts averaged",
        help="First to the right, by 0 to 5 pixels; then the same one row down, and so on.",
    )
    unit = Integer(14, min=0, max=SIDE**2 - 1, label="output", help="Counted row by row, from 0.")
    seed = Integer(0, min=0, max=999, stepper=True, help="Draws other weights.")
    different = Integer(SIDE**4, min=1, max=SIDE**4, output=True)
