"""The normalizer explorer: what enters the units of a deep network, with and without batch norm, as it trains."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Numbers, Real

MAX_STEPS = 800


class NormalizerExplorer(Explorer):
    """What enters the units of a deep network, with and without batch norm, as both train side by side.

    Both networks have eight units in each hidden layer, and start from the same weights: PyTorch's, times ``scale``.
    They learn 120 points of two classes by plain stochastic gradient descent.

    Example:
        >>> NormalizerExplorer(depth=6, lr=0.3, scale=2.45)

    Taught in chapters/05_regularization/normalization.
    """

    lr = Real(0.1, min=1e-3, max=10, log=True, label="learning rate")
    scale = Real(
        1,
        min=0.1,
        max=10,
        log=True,
        label="first weights ×",
        help="PyTorch's starting weights times this; He's are about 2.45 times as large.",
    )
    depth = Integer(10, min=1, max=16, label="hidden layers")
    statistics = Choice(
        "batch",
        ("batch", "running"),
        names=("of these points", "running"),
        label="mean and variance",
        help="What batch norm subtracts and divides by in the picture: as in training, or as in use.",
    )
    activation = Choice("relu", ("relu", "tanh", "sigmoid"), names=("ReLU", "tanh", "sigmoid"))
    batch_size = Choice(30, (2, 4, 15, 30, 120), label="batch size")
    dataset = Choice("circle", ("circle", "moons", "xor", "spiral"), label="data")
    seed = Integer(0, min=0, max=9999, stepper=True, help="Draws the starting weights and the batches.")
    step_count = Integer(200, min=0, max=MAX_STEPS, label="step")
    speed = Choice(60, (5, 20, 60, 240), unit="/s", label="steps a second")
    losses = Numbers(min=-1e300, max=1e300, max_length=2, output=True)
