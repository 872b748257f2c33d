"""The paths explorer: what each of the parallel paths of an Inception block costs."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers

MOST = 512  # maps that a path may have
NAMES = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b", "own")


class PathsExplorer(Explorer):
    """Parallel paths: maps, parameters and multiply-adds of each path of an Inception block, with and without 1 x 1.

    Of the block called "own", `maps` holds the maps of the 1 x 1; to the 3 x 3 and of it; to the 5 x 5 and of it; after
    the pooling. Without reductions the 3 x 3, the 5 x 5 and the pooling take all maps of the input, and the pooling
    gives them all.

    Example:
        >>> PathsExplorer(block="own", in_channels=16, side=14, maps=[8, 8, 16, 4, 4, 4])

    Taught in chapters/06_cnn/inception.
    """

    block = Choice(
        "3a", NAMES, names=(*NAMES[:-1], "your own"), help="The nine blocks of GoogLeNet, first to last."
    )
    reduced = Flag(True, label="1 × 1 reductions")
    measure = Choice(
        "multiply_adds", ("multiply_adds", "parameters"), names=("multiply-adds", "parameters"), label="bars"
    )
    path = Integer(3, min=1, max=4, help="The path that is read out, from above.")
    in_channels = Integer(192, min=1, max=1024, label="maps of the input")
    side = Integer(28, min=1, max=112, label="side of the maps")
    maps = Numbers(
        [64, 96, 128, 16, 32, 32],
        min=1,
        max=MOST,
        length=6,
        integer=True,
        help="1 × 1; to and of 3 × 3; to and of 5 × 5; after pooling. Used if block is 'own'.",
    )
