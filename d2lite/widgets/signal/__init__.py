"""The signal explorer: how large signal and gradient are in each layer of a deep network at its start."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Numbers, Real

DEPTH = 50


class SignalExplorer(Explorer):
    """The size of the signal on its way forward, and of the gradient on its way back, layer by layer at the start.

    Weights are normal numbers from a seed, with the variance that the rule gives; biases are 0.

    Example:
        >>> SignalExplorer(scheme="he", activation="relu", depth=30)

    Taught in chapters/03_networks/initialization.
    """

    scheme = Choice(
        "pytorch",
        ("equal", "standard", "xavier", "he", "pytorch", "own"),
        names=("all equal", "standard normal", "Xavier", "He", "PyTorch's", "own scale"),
        label="starting weights",
        help="Variance, in a layer of n units: 1; Xavier 1/n; He 2/n; PyTorch's 1/(3n). All equal: each weight is 1/n.",
    )
    activation = Choice(
        "relu", ("relu", "tanh", "sigmoid", "linear"), names=("ReLU", "tanh", "sigmoid", "none")
    )
    scale = Real(
        1.2,
        min=0,
        max=3,
        step=0.01,
        label="own scale",
        help="The weights' standard deviation, times the root of the number of units.",
    )
    depth = Integer(DEPTH, min=1, max=DEPTH, label="layers")
    width = Choice(64, (8, 32, 64, 128), label="units in a layer")
    layer = Integer(
        10, min=0, max=DEPTH, label="layer looked into", help="Whose values are counted; 0 is the input."
    )
    seed = Integer(0, min=0, max=9999, stepper=True)
    signal = Numbers(min=0, max=1e300, max_length=DEPTH + 1, output=True)
    gradient = Numbers(min=0, max=1e300, max_length=DEPTH + 1, output=True)
