"""The playground's networks and data in torch: what its state means outside the page."""

import copy
import itertools
import math
from types import SimpleNamespace

import numpy as np

from d2lite._utils.points import make_points
from d2lite._utils.rng import Rng, normal_from_uniform
from d2lite.widgets._traits import BadValueError

FEATURES = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1_squared": lambda x1, x2: x1**2,
    "x2_squared": lambda x1, x2: x2**2,
    "x1x2": lambda x1, x2: x1 * x2,
    "sin_x1": lambda x1, x2: np.sin(np.pi * x1),
    "sin_x2": lambda x1, x2: np.sin(np.pi * x2),
}
_ACTIVATIONS = {
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "relu": "ReLU",
    "linear": "Identity",
    "leaky_relu": "LeakyReLU",
    "gelu": "GELU",
}
_REGRESSIONS = ("plane", "hills")
_STATE = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked", "n_averaged"}
_MAX_LAYERS, _MAX_UNITS, _LARGEST = 6, 8, 1e6


def is_squashed(explorer):
    """Return whether the network ends in a tanh: squared error with two classes."""
    return explorer.loss == "mse" and explorer.dataset not in _REGRESSIONS


def used_features(explorer):
    """Return the names of the features that are on; both coordinates when none is, as in the page."""
    return [name for name in FEATURES if getattr(explorer, name)] or ["x1", "x2"]


def make_network(explorer):
    """Return the torch.nn.Sequential of an explorer's traits, with starting weights of torch's."""
    from torch import nn

    sizes, modules = [len(used_features(explorer)), *explorer.layers], []
    for inputs, outputs in itertools.pairwise(sizes):
        modules.append(nn.Linear(inputs, outputs))
        if explorer.batch_norm:
            modules.append(nn.BatchNorm1d(outputs))
        if explorer.activation != "linear":
            modules.append(getattr(nn, _ACTIVATIONS[explorer.activation])())
        if explorer.dropout:
            modules.append(nn.Dropout(explorer.dropout))
    modules.append(nn.Linear(sizes[-1], 1))
    return nn.Sequential(*modules, *([nn.Tanh()] if is_squashed(explorer) else []))


def torch_network(explorer, numbers):
    """Return the network of an explorer with these numbers: parameters, then each batch norm's mean and variance."""
    import torch
    from torch import nn

    from d2lite._utils.state import keep_draws

    with keep_draws():  # torch draws starting weights, which are replaced
        network = make_network(explorer).eval().float()  # whatever torch's default is, as data() is
    norms = [module for module in network if isinstance(module, nn.BatchNorm1d)]
    count = sum(parameter.numel() for parameter in network.parameters())
    expected = count + sum(2 * norm.num_features for norm in norms)
    if len(numbers) != expected:
        raise RuntimeError(
            f"weights has {len(numbers)} numbers: expected {expected}; show the explorer and let its page compute them"
        )
    values = torch.tensor(list(numbers), dtype=torch.float32)
    nn.utils.vector_to_parameters(values[:count], network.parameters())
    statistics = [buffer for norm in norms for buffer in (norm.running_mean, norm.running_var)]
    for buffer, part in zip(
        statistics, values[count:].split([len(buffer) for buffer in statistics]), strict=True
    ):
        buffer.copy_(part)
    return network


def read_network(source, explorer):
    """Return the traits that a state dict sets, layers, batch_norm and start_weights; and a module, activation."""
    from torch import nn

    is_module = isinstance(source, nn.Module)
    linear, norms = read_weights(source.state_dict() if is_module else source)
    hidden = _hidden_layers(linear, norms, inputs=len(used_features(explorer)))
    parts = []
    for i, (weight, bias) in enumerate(linear):
        parts += [weight, bias, *(norms[i][:2] if i < len(norms) else [])]
    parts += [values for norm in norms for values in norm[2:]]
    numbers = np.concatenate([part.ravel() for part in parts])
    if not np.all(np.abs(numbers) <= _LARGEST):  # NaN is in no range
        raise BadValueError(f"source has weights that are not finite, or large: expected up to {_LARGEST:g}")
    found = {"layers": hidden, "batch_norm": bool(norms), "start_weights": numbers.tolist()}
    return found | ({"activation": _activation_of(source, found, explorer)} if is_module else {})


def _hidden_layers(linear, norms, inputs):
    """Return the units of the hidden layers, or refuse a network that the explorer has no room for."""
    sizes = [linear[0][0].shape[1], *(weight.shape[0] for weight, _ in linear)]
    hidden, last = sizes[1:-1], sizes[-1]
    if sizes[0] != inputs:
        raise BadValueError(f"source has {sizes[0]} inputs: expected {inputs}, as many as features are on")
    if last != 1:
        raise BadValueError(f"source has {last} outputs: expected 1")
    if len(hidden) > _MAX_LAYERS or any(size > _MAX_UNITS for size in hidden):
        raise BadValueError(
            f"source has hidden layers of {hidden}: expected at most {_MAX_LAYERS} of at most {_MAX_UNITS} units"
        )
    if norms and [len(norm[0]) for norm in norms] != hidden:
        raise BadValueError(f"source has {len(norms)} batch norms: expected none, or one a hidden layer")
    return hidden


def read_weights(state):
    """Return a state dict's layers [(weight, bias)] and batch norms [(weight, bias, mean, var)], in its order."""
    if not hasattr(state, "items"):
        raise BadValueError(f"source is {type(state).__name__}: expected a torch.nn.Module or its state_dict")
    linear, norms = [], []
    for key, value in state.items():
        last = str(key).rpartition(".")[2]
        if last not in _STATE:  # such as 0.weight_orig of a layer that is being pruned
            raise BadValueError(f"source has {key}: expected Linear layers with biases and BatchNorm1d alone")
        if last != "weight":
            continue
        prefix = key.removesuffix("weight")
        others = [state.get(f"{prefix}{name}") for name in ("bias", "running_mean", "running_var")]
        arrays = [None if part is None else _array(part, key) for part in (value, *others)]
        if arrays[0].ndim == 2 and arrays[1] is not None:
            linear.append(tuple(arrays[:2]))
        elif arrays[0].ndim == 1 and all(array is not None for array in arrays):
            norms.append(tuple(arrays))
        else:
            raise BadValueError(
                f"source has {key} of shape {arrays[0].shape}: expected Linear layers with biases and BatchNorm1d"
            )
    if not linear:
        raise BadValueError("source has no Linear layer: expected at least one")
    if any(a[0].shape[0] != b[0].shape[1] for a, b in itertools.pairwise(linear)):
        raise BadValueError("source has layers that do not fit each other: expected a chain of Linear layers")
    return linear, norms


def _array(value, key):
    """Return numbers of a state dict, of whatever type and device, as a float64 array."""
    import torch

    try:
        return torch.as_tensor(value).detach().cpu().double().numpy()
    except (TypeError, ValueError, RuntimeError):
        raise BadValueError(f"source has {key} of type {type(value).__name__}: expected a tensor") from None


def _activation_of(source, found, explorer):
    """Return the activation with which the explorer computes what a module does, or refuse the module."""
    import torch

    points = 2 * torch.sin(torch.arange(64.0 * len(used_features(explorer)))).reshape(64, -1)
    points = torch.cat([points, 10 * points, 100 * points]).double().cpu()
    theirs, traits = _outputs(source, points), {name: getattr(explorer, name) for name in explorer.params()}
    kinds = {type(module).__name__ for module in source.modules()}
    named = [name for name, kind in _ACTIVATIONS.items() if kind in kinds]
    likely = dict.fromkeys([*named, explorer.activation, *_ACTIVATIONS])
    for near, activation in itertools.product((1e-6, 1e-3), likely):  # small networks are near more than one
        shown = SimpleNamespace(**traits | found | {"activation": activation})
        network = torch_network(shown, shown.start_weights)
        ours = _outputs(network[:-1] if is_squashed(shown) else network, points)
        ends = (ours, ours.tanh(), ours.sigmoid())  # which of them it is, is for the trait "loss" to say
        if any(torch.allclose(theirs, end, near, near) for end in ends):
            return activation
    raise BadValueError(
        "source computes something else than its Linear layers with one activation after each hidden one: "
        f"expected {', '.join(_ACTIVATIONS)}, as torch has them by default; or give the state_dict"
    )


def _outputs(module, points):
    """Return what a copy of a module, in evaluation mode, gives for points: a float64 number for each."""
    import torch

    try:
        with torch.no_grad():
            return copy.deepcopy(module).cpu().double().eval()(points).reshape(len(points))
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise BadValueError(
            f"source cannot be run on {tuple(points.shape)} inputs ({reason}): expected one output for each; "
            "or give its state_dict"
        ) from error


def task_points(explorer):
    """Return an explorer's points as float64 arrays: training (N, 3) and test (M, 3), columns x1, x2, target."""
    count, noise, seed = explorer.num_samples, explorer.noise, explorer.data_seed
    regression = explorer.dataset in _REGRESSIONS
    if regression:
        made = _regression_points(explorer.dataset, count, noise, seed)
    elif explorer.dataset == "own":
        made = np.zeros((0, 3))
    else:
        made = np.column_stack(make_points(explorer.dataset, count, noise, seed))
    split = math.floor(len(made) * explorer.train_share + 0.5)  # as JavaScript rounds
    own = np.array(explorer.points, dtype=float).reshape(-1, 3)
    if regression:
        own[:, 2] = 2 * own[:, 2] - 1
    return np.concatenate([made[:split], own]), made[split:]


def _regression_points(dataset, count, noise, seed):
    u, v, a, b, c, d = Rng(seed).uniform(6 * count).reshape(count, 6).T
    x1, x2 = 2 * u - 1, 2 * v - 1
    target = (x1 + x2) / 2 if dataset == "plane" else _hills(x1, x2)
    moved = (noise * normal_from_uniform(a, b), noise * normal_from_uniform(c, d))
    return np.column_stack([x1 + moved[0], x2 + moved[1], target])


def _hills(x1, x2):
    """Six hills and hollows, as high as 1, a third wide."""
    best = np.zeros_like(x1)
    for k in range(6):
        height = np.maximum(0, 1 - 3 * np.hypot(x1 - (k % 3 - 1) / 1.5, x2 - (5 / 12 if k < 3 else -5 / 12)))
        best = np.where(height > np.abs(best), -height if k % 2 else height, best)
    return best


def task_data(explorer, part):
    """Return (inputs, targets) of a part, "training" or "test", as float32 tensors."""
    import torch

    if part not in ("training", "test"):
        raise BadValueError(f"part is {part!r}: expected 'training' or 'test'")
    points = task_points(explorer)[part == "test"]
    x1, x2, targets = points.T
    inputs = np.column_stack([FEATURES[name](x1, x2) for name in used_features(explorer)])
    targets = 2 * targets - 1 if is_squashed(explorer) else targets
    return torch.tensor(inputs, dtype=torch.float32), torch.tensor(targets, dtype=torch.float32)
