"""The network playground: a small network trains in the page, with every unit's function in sight."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Numbers, Real, Rows

from ._torch import read_network, task_data, torch_network

MAX_EPOCHS = 5000
_VIEW = {"seeds", "show_test", "discrete", "histograms", "unit", "speed"}  # traits that no weight depends on
_KINDS = ("circle", "xor", "blobs", "moons", "spiral", "plane", "hills", "own")
_KIND_NAMES = (
    "circle",
    "XOR",
    "two blobs",
    "moons",
    "spiral",
    "plane (regression)",
    "hills (regression)",
    "only your points",
)


class PlaygroundExplorer(Explorer):
    """A network learns points in the plane: watch every unit, and change anything.

    The picture follows from the traits alone: a change trains again from the first step, with the same numbers as
    torch. ``state_dict()``, ``network()`` and ``load()`` carry weights to torch and back. ``train_loss`` and
    ``test_loss`` are 0 without points, and 1e300 where training has diverged; ``weights`` has none then.

    Example:
        >>> PlaygroundExplorer(dataset="spiral", layers=[8, 8], optimizer="adam", lr=0.01)

    Taught in chapters/03_networks/multilayer_perceptron.
    """

    dataset = Choice("xor", _KINDS, names=_KIND_NAMES, label="data")
    layers = Numbers([4], min=1, max=8, max_length=6, integer=True, label="units of the hidden layers")
    lr = Real(1, min=1e-5, max=10, log=True, label="learning rate")
    activation = Choice(
        "tanh",
        ("tanh", "sigmoid", "relu", "linear", "leaky_relu", "gelu"),
        names=("tanh", "sigmoid", "ReLU", "linear", "leaky ReLU", "GELU"),
    )
    loss = Choice(
        "cross_entropy",
        ("cross_entropy", "mse"),
        names=("cross-entropy", "squared error"),
        help="Squared error: the output goes through a tanh, and the targets are -1 and 1.",
    )
    optimizer = Choice(
        "sgd",
        ("sgd", "momentum", "rmsprop", "adam"),
        names=("SGD", "momentum", "RMSprop", "Adam"),
        help="As in torch.optim: momentum 0.9; RMSprop with alpha 0.99; Adam with betas 0.9 and 0.999.",
    )
    batch_size = Choice(16, (0, 1, 4, 16, 64), names=("all", "1", "4", "16", "64"), label="batch size")
    l1 = Real(
        0,
        min=0,
        max=1,
        log=True,
        floor=1e-4,
        label="L1 penalty",
        help="Adds this times the sum of |w| to the loss.",
    )
    l2 = Real(
        0,
        min=0,
        max=1,
        log=True,
        floor=1e-4,
        label="L2 penalty",
        help="Adds half of this times the sum of w² to the loss: weight decay. Biases are left out.",
    )
    dropout = Real(
        0, min=0, max=0.8, step=0.05, help="Share of hidden units left out at each step of training."
    )
    batch_norm = Flag(False, label="batch norm")
    init = Choice(
        "xavier",
        ("zero", "uniform", "xavier", "he", "pytorch"),
        names=("zero", "uniform ±0.5", "Xavier", "He", "PyTorch's"),
        label="starting weights",
        help="Uniform is TensorFlow Playground's, with biases of 0.1. Xavier and He are normal, with biases of 0.",
    )
    seed = Integer(
        0,
        min=0,
        max=9999,
        stepper=True,
        help="Draws starting weights, batches and dropout; the points have their own.",
    )
    seeds = Choice(1, (1, 4), names=("one", "four"), label="seeds side by side")
    x1 = Flag(True, label="x₁")
    x2 = Flag(True, label="x₂")
    x1_squared = Flag(False, label="x₁²")
    x2_squared = Flag(False, label="x₂²")
    x1x2 = Flag(False, label="x₁x₂")
    sin_x1 = Flag(False, label="sin πx₁")
    sin_x2 = Flag(False, label="sin πx₂")
    num_samples = Integer(200, min=10, max=500, step=10, label="points")
    noise = Real(0.05, min=0, max=0.5, step=0.01)
    train_share = Real(0.5, min=0.1, max=0.9, step=0.05, label="share for training")
    data_seed = Integer(0, min=0, max=9999, stepper=True, label="seed of the points")
    points = Rows(
        columns=[("x1", -2, 2), ("x2", -2, 2), ("label", 0, 1, "integer")],
        max_length=200,
        label="your points",
        help="Points placed by hand; they train beside the others.",
    )
    show_test = Flag(False, label="show test points")
    discrete = Flag(False, label="two colours only")
    histograms = Flag(False, label="histograms of weights and gradients")
    unit = Numbers((), min=0, max=8, max_length=2, integer=True, label="unit shown")
    start_weights = Numbers((), min=-1e6, max=1e6, max_length=800, label="loaded weights")
    epoch_count = Integer(15, min=0, max=MAX_EPOCHS, label="epoch")
    speed = Choice(60, (5, 20, 60, 240), unit="/s", label="epochs a second")
    weights = Numbers((), min=-1e300, max=1e300, max_length=800, output=True)
    train_loss = Real(0, min=-1e300, max=1e300, output=True)
    test_loss = Real(0, min=-1e300, max=1e300, output=True)

    def __init__(self, **values):
        super().__init__(**values)
        self._hears_page = False
        learned = {name for name, trait in self.params().items() if not trait.is_result} - _VIEW
        self.observe(self._forget_weights, sorted(learned))

    def set_state(self, sync_data):
        """Take what a page sends: its weights are those of its settings."""
        self._hears_page = True
        try:
            super().set_state(sync_data)
        finally:
            self._hears_page = False

    def _forget_weights(self, _):
        """Weights of other settings are none: a page that shows the explorer sends those of the new ones."""
        if not self._hears_page:
            self.weights = []

    def network(self):
        """Return the network shown, a torch.nn.Sequential in evaluation mode.

        Raises:
            RuntimeError: no page has computed the weights yet, or not since a setting was changed.
        """
        numbers = self.weights or ([] if self.epoch_count else self.start_weights)
        return torch_network(self, numbers)

    def state_dict(self):
        """Return the weights shown by the names that network() gives them: a dict of torch tensors."""
        return self.network().state_dict()

    def load(self, source):
        """Show a network trained elsewhere: its layers and weights, before any step of training here.

        Args:
            source: torch.nn.Module of Linear layers with one output (perhaps BatchNorm1d between them), or its
                state_dict. A module sets the activation as well; inputs are the explorer's features, in their order.
                Whether a Tanh or Sigmoid ends it, is for the trait ``loss`` to say.

        Raises:
            ValueError: the explorer cannot hold such a network, or would compute another function.
        """
        found = read_network(source, self)
        with self.hold_trait_notifications():
            for name, value in {**found, "epoch_count": 0, "unit": [], "weights": []}.items():
                setattr(self, name, value)

    def data(self, part="training"):
        """Return what the network learns from, or is tested on.

        Args:
            part: "training" or "test".

        Returns:
            (inputs, targets): float32 tensors of shapes (N, features) and (N,). Targets are 0 and 1, for squared
            error -1 and 1, in regression any number.
        """
        return task_data(self, part)
