"""The shortcut explorer: signal and gradient through blocks of layers, with and without shortcuts."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Real

BLOCKS = 50


class ShortcutExplorer(Explorer):
    """Signal and gradient through blocks of two layers, with and without shortcuts, at the start of training.

    A block is what a residual network has, with matrices in place of convolutions: layers of 24 ReLU units, weights
    normal numbers from a seed. "ReLU last" is the block of 2015, "ReLU first" that of 2016.

    Example:
        >>> ShortcutExplorer(shortcut=True, blocks=9)

    Taught in chapters/06_cnn/resnet.
    """

    shortcut = Flag(False, label="shortcut", help="Add the input of each block to its output.")
    scale = Real(
        0.7,
        min=0,
        max=2,
        step=0.05,
        label="size of the weights",
        help="The weights' standard deviation, as a multiple of He's.",
    )
    norm = Flag(False, label="batch norm", help="After each matrix; with ReLU first, before each ReLU.")
    order = Choice("last", ("last", "first"), names=("ReLU last", "ReLU first"), label="order")
    strength = Real(
        1,
        min=0,
        max=1.5,
        step=0.05,
        label="shortcut times",
        help="What the shortcut multiplies its input by.",
    )
    blocks = Integer(27, min=1, max=BLOCKS)
    block = Integer(14, min=1, max=BLOCKS, label="block looked into")
    seed = Integer(0, min=0, max=9999, stepper=True)
    signal = Numbers(min=0, max=1e300, max_length=BLOCKS + 1, output=True)
    gradient = Numbers(min=0, max=1e300, max_length=BLOCKS + 1, output=True)
