"""The receptive-field explorer: a stack of layers, and the pixels that one of its outputs can see."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Rows

MAX_LAYERS = 8
KINDS = ("convolution", "max pooling", "average pooling")


class ReceptiveFieldExplorer(Explorer):
    """A stack of convolutions and pooling: click an output and see which inputs reach it, layer by layer.

    A layer is a row: kind (0 convolution, 1 max pooling, 2 average pooling), kernel_size, stride, dilation, padding and
    channels (of a convolution). Everything shown follows from the traits alone.

    Example:
        >>> ReceptiveFieldExplorer(stack="own", layers=[[0, 3, 1, 1, 1, 16], [1, 2, 2, 1, 0, 1]], size=24)

    Taught in chapters/06_cnn/channels_and_pooling.
    """

    stack = Choice(
        "two 3 × 3",
        (
            "one 5 × 5",
            "two 3 × 3",
            "three 3 × 3",
            "LeNet",
            "VGG blocks",
            "strides",
            "dilated",
            "gridding",
            "own",
        ),
        names=(
            "one 5 × 5",
            "two 3 × 3",
            "three 3 × 3",
            "LeNet-5",
            "two VGG blocks",
            "strides of 2",
            "dilations 1, 2, 4, 8",
            "dilations 2, 2, 2",
            "your own",
        ),
        label="layers",
    )
    size = Integer(16, min=4, max=64, label="input side", unit="px")
    in_channels = Choice(1, (1, 3), names=("1", "3"), label="input channels")
    level = Integer(
        0,
        min=0,
        max=MAX_LAYERS,
        silent=True,  # words that act do not tell it: it says where in the picture
        help="Whose unit is chosen: layer 1, 2, ...; 0 is the last layer.",
    )
    unit = Integer(
        -1,
        min=-1,
        max=200,
        silent=True,
        help="The unit's place along a side, from 0; -1 is the one in the middle.",
    )
    weigh = Flag(
        False, label="count the ways", help="Shades each input by the number of ways that lead from it."
    )
    layers = Rows(
        columns=[
            ("kind", 0, 2, "integer"),
            ("kernel_size", 1, 11, "integer"),
            ("stride", 1, 4, "integer"),
            ("dilation", 1, 16, "integer"),
            ("padding", 0, 16, "integer"),
            ("channels", 1, 512, "integer"),
        ],
        max_length=MAX_LAYERS,
        help="The layers if stack is 'own'.",
    )
