"""The architect's table: build or pick a convolutional network, and see what each layer costs and sees."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Rows

MAX_LAYERS = 40
KINDS = (
    "convolution",
    "max pooling",
    "average pooling",
    "global average",
    "flatten",
    "dense",
    "inception block",
    "bottleneck block",
    "residual block",
    "dense block",
    "transition",
    "batch norm",
)
NETWORKS = ("lenet", "alexnet_2012", "alexnet", "vgg16", "googlenet", "resnet50", "densenet121", "own")


class ArchitectExplorer(Explorer):
    """A network as a table: shape, parameters, multiply-adds, memory and receptive field of each layer.

    A layer is a row of seven whole numbers: its kind, by its place in KINDS, and what that kind needs, then zeros:

    - convolution: maps, kernel, stride, padding, groups, 1 for batch norm instead of a bias; a ReLU follows;
    - max pooling, average pooling: kernel, stride, padding, and for max 1 to round the size up;
    - global average, flatten, transition, batch norm: nothing;
    - dense: units, dropout before it in per cent; a ReLU follows, but for the last layer;
    - inception block: maps of 1 x 1; to and of 3 x 3; to and of 5 x 5; after pooling;
    - bottleneck block: width, stride, and 1 if the shortcut may not project; residual block: maps and the same;
    - dense block: layers, growth.

    Example:
        >>> ArchitectExplorer(network="own", layers=[[0, 6, 5, 1, 2, 1, 0], [4, 0, 0, 0, 0, 0, 0]], size=28)

    Taught in chapters/06_cnn/alexnet_and_vgg.
    """

    network = Choice(
        "vgg16",
        NETWORKS,
        names=(
            "LeNet-5",
            "AlexNet, 2012",
            "AlexNet, one GPU",
            "VGG-16",
            "GoogLeNet",
            "ResNet-50",
            "DenseNet-121",
            "your own",
        ),
    )
    size = Integer(224, min=1, max=512, label="input side", unit="px")
    measure = Choice(
        "multiply_adds",
        ("multiply_adds", "memory", "field"),
        names=("multiply-adds", "memory of the output", "receptive field"),
        label="right bars",
    )
    in_channels = Choice(3, (1, 3), names=("1", "3"), label="input channels")
    chosen = Integer(
        0, min=0, max=MAX_LAYERS, help="The layer that stands out, from 1; 0 is the one with most parameters."
    )
    layers = Rows(
        columns=[
            ("kind", 0, len(KINDS) - 1, "integer"),
            *((name, 0, 8192, "integer") for name in "abcdef"),
        ],
        max_length=MAX_LAYERS,
        help="The layers if network is 'own'.",
    )
