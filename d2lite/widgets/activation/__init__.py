"""The activation explorer: a function and its slope, and a signal through layers of it."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Real

FUNCTIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "mish", "linear")
NAMES = ("sigmoid", "tanh", "ReLU", "leaky ReLU", "ELU", "GELU", "Swish (SiLU)", "Mish", "none (linear)")


class ActivationExplorer(Explorer):
    """An activation function and its slope, and what many layers of it make of a signal and of its gradient.

    The signal: 64 random inputs, each of 48 normal numbers, through layers of 48 units with random normal weights
    and no biases. At scale 1 the standard deviation of the weights is the one that keeps the size of the sums, which
    differs from function to function.

    Example:
        >>> ActivationExplorer(function="relu", layers=20)

    Taught in chapters/03_networks/activations.
    """

    function = Choice("sigmoid", FUNCTIONS, names=NAMES)
    lowered = Real(
        0, min=0, max=1, step=0.05, label="lowered by",
        help="Taken from the function's value in every layer; its slope stays.",
    )  # fmt: skip
    scale = Real(
        1, min=0.25, max=8, log=True, label="weights' scale",
        help="1: weights of the size that keeps the size of the sums from layer to layer.",
    )  # fmt: skip
    x = Real(1, min=-6, max=6, step=0.1, label="point x", help="Where value and slope are read.")
    layers = Integer(10, min=1, max=20, label="layers")
    keep_scale = Flag(
        False, label="weights as for the plain curve",
        help="Lowering the curve then leaves the weights as they are.",
    )  # fmt: skip
    seed = Integer(0, min=0, max=99, stepper=True, label="seed of the weights")
    speed = Choice(4, (1, 4, 12), unit="/s", label="layers a second")
    signal = Numbers(min=0, max=1e300, max_length=2, output=True)
    gradient = Numbers(min=0, max=1e300, max_length=1, output=True)
