"""Traces of small networks trained by torch in double precision: the oracle of playground/model.js and _math/mlp.js."""

import math
from types import SimpleNamespace

import torch
from torch import nn
from torch.nn import functional

from d2lite._utils.rng import Rng
from d2lite.widgets import explorer_class
from d2lite.widgets.playground import _torch

STEPS = 50
STREAMS = 5003  # generators a seed has, as in model.js
OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "momentum": lambda parameters, lr: torch.optim.SGD(parameters, lr=lr, momentum=0.9),
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
}
RUN = """(model, { traits, features, epochs }) => {
    const run = model.makeRun(model.makeTask(traits), { ...traits, features });
    const weights = [model.allWeights(run)];
    for (let k = 1; k <= epochs; k++) {
        model.trainTo(run, k);
        weights.push(model.allWeights(run));
    }
    const known = (losses) => [...losses.subarray(0, epochs + 1)];
    return { weights, train: known(run.trainLoss), test: run.test.rows ? known(run.testLoss) : [] };
}"""


def traits(**changes):
    """Return an explorer's traits as plain values."""
    params = explorer_class("playground").params()
    given = {name: trait.default() for name, trait in params.items()} | {"num_samples": 70} | changes
    return SimpleNamespace(**{name: given[name] for name in given if not params[name].is_result})


def plain(state):
    return {
        name: [list(row) if isinstance(row, list) else row for row in value]
        if isinstance(value, list)
        else value
        for name, value in vars(state).items()
    }


def start(network, kind, rng):
    """Starting weights by torch's own formulas, from the generator that the page has."""
    for module in network:
        if isinstance(module, nn.Linear):
            outputs, inputs = module.weight.shape
            bias = torch.zeros(outputs)
            if kind == "zero":
                weight = torch.zeros(outputs * inputs)
            elif kind == "uniform":
                weight, bias = (
                    torch.tensor(rng.uniform(outputs * inputs)) - 0.5,
                    torch.full((outputs,), 0.1, dtype=torch.float64),
                )
            elif kind == "pytorch":
                draw = lambda n, k=inputs: (2 * torch.tensor(rng.uniform(n)) - 1) / math.sqrt(k)
                weight, bias = draw(outputs * inputs), draw(outputs)
            else:
                fan = (inputs + outputs) / 2 if kind == "xavier" else inputs
                std = {"xavier": math.sqrt(1 / fan), "he": nn.init.calculate_gain("relu") / math.sqrt(fan)}[
                    kind
                ]
                weight = torch.tensor(rng.normal(outputs * inputs)) * std
            module.weight.data = weight.reshape(outputs, inputs).double()
            module.bias.data = bias.double()


def forward(network, inputs, masks=None):
    """The network's outputs; in training each Dropout takes the next of the masks."""
    for module in network:
        inputs = inputs * masks.pop(0) if masks and isinstance(module, nn.Dropout) else module(inputs)
    return inputs.squeeze(1)


def numbers(network):
    norms = [module for module in network if isinstance(module, nn.BatchNorm1d)]
    parts = [*network.parameters(), *(b for norm in norms for b in (norm.running_mean, norm.running_var))]
    return torch.cat([part.detach().flatten() for part in parts]).tolist()


def tables(state):
    squashed = _torch.is_squashed(state)
    for points in _torch.task_points(state):
        columns = [_torch.FEATURES[name](*points.T[:2]) for name in _torch.used_features(state)]
        targets = 2 * points[:, 2] - 1 if squashed else points[:, 2]
        yield torch.stack([torch.tensor(column) for column in columns], 1), torch.tensor(targets)


def run_case(name, tolerance=1e-9, **changes):
    state = traits(**changes)
    (inputs, targets), (test_inputs, test_targets) = tables(state)
    loss = "mse" if state.dataset in ("plane", "hills") else state.loss
    criterion = functional.mse_loss if loss == "mse" else functional.binary_cross_entropy_with_logits
    network = _torch.make_network(state).double()
    start(network, state.init, Rng(state.seed * STREAMS))
    optimizer = OPTIMIZERS[state.optimizer](network.parameters(), lr=state.lr)
    matrices = [module.weight for module in network if isinstance(module, nn.Linear)]
    size = state.batch_size or len(inputs)
    if state.batch_norm:
        size = max(2, size)
    epochs = math.ceil(STEPS / math.ceil(len(inputs) / size))
    weights, train, test = [], [], []

    def record():
        network.eval()
        with torch.no_grad():
            weights.append(numbers(network))
            train.append(criterion(forward(network, inputs), targets).item())
            if len(test_inputs):
                test.append(criterion(forward(network, test_inputs), test_targets).item())
        network.train()

    record()
    for epoch in range(epochs):
        rng = Rng(state.seed * STREAMS + epoch + 1)
        order = rng.permutation(len(inputs)) if size < len(inputs) else list(range(len(inputs)))
        for batch in (order[k : k + size] for k in range(0, len(inputs), size)):
            if state.batch_norm and len(batch) == 1:
                continue
            masks = []
            for units in state.layers if state.dropout else ():
                draws = torch.tensor(rng.uniform(len(batch) * units)).reshape(len(batch), units)
                masks.append((draws >= state.dropout).double() / (1 - state.dropout))
            objective = criterion(forward(network, inputs[batch], masks), targets[batch])
            objective = objective + state.l1 * sum(matrix.abs().sum() for matrix in matrices)
            objective = objective + state.l2 / 2 * sum(matrix.square().sum() for matrix in matrices)
            optimizer.zero_grad()
            objective.backward()
            optimizer.step()
        record()
    return {
        "name": f"{STEPS} steps: {name}",
        "js": RUN,
        "input": {"traits": plain(state), "features": _torch.used_features(state), "epochs": epochs},
        "expected": {"weights": weights, "train": train, "test": test},
        "tolerance": tolerance,
    }


def option_cases():
    """One run for each value of each choice, and some of several together."""
    params = explorer_class("playground").params()
    for trait in ("dataset", "activation", "loss", "optimizer", "batch_size", "init"):
        for value in params[trait].spec["choices"]:
            more = {"points": [[0.5, 0.5, 1], [-0.5, 0.1, 0], [0, 0.7, 1]]} if value == "own" else {}
            more |= {"lr": 0.01} if value in ("rmsprop", "adam") else {}
            yield run_case(f"{trait} {value}", **{trait: value}, **more)
    yield run_case("every feature", **{name: True for name in _torch.FEATURES})
    yield run_case("no hidden layer", layers=[], loss="mse")
    yield run_case("no feature", x1=False, x2=False)
    yield run_case("L1", l1=0.01)
    yield run_case("L2, momentum", l2=0.1, optimizer="momentum", lr=0.05)
    yield run_case("dropout", dropout=0.4, layers=[8, 8])
    yield run_case("batch norm", batch_norm=True)
    yield run_case("batch norm in batches of one", batch_norm=True, batch_size=1)
    yield run_case("batch norm, last batch of one", batch_norm=True, num_samples=66, batch_size=16)
    yield run_case("points of one's own", points=[[0.5, -0.25, 1], [1, 1, 0]], dataset="hills")
    yield run_case(
        "everything at once",
        tolerance=1e-6,  # the biases before batch norm have no gradient but rounding, which Adam enlarges
        dataset="spiral",
        layers=[8, 7, 6, 5, 4, 3],
        activation="gelu",
        batch_norm=True,
        dropout=0.1,
        optimizer="adam",
        lr=0.01,
        l1=1e-3,
        l2=1e-3,
        init="he",
        seed=9999,
        x1x2=True,
        loss="mse",
    )


def map_cases():
    """Every unit over the plane, in evaluation mode, and weights that are loaded."""
    for activation in ("tanh", "sigmoid", "relu", "leaky_relu", "gelu", "linear"):
        state = traits(layers=[5, 3], activation=activation, batch_norm=True, sin_x1=True)
        network = _torch.make_network(state).double().eval()
        start(network, "he", Rng(7))
        for module in network:
            if isinstance(module, nn.BatchNorm1d):
                module.running_mean += 0.3
                module.running_var *= 1.7
        cells, extent = 9, 1.2
        ticks = torch.tensor([((2 * k + 1) / cells - 1) * extent for k in range(cells)], dtype=torch.float64)
        x2, x1 = torch.meshgrid(-ticks, ticks, indexing="ij")
        values = torch.stack([x1.flatten(), x2.flatten(), torch.sin(math.pi * x1.flatten())], 1)
        layers = []
        for module in network:
            values = module(values)
            last = nn.BatchNorm1d if activation == "linear" else type(network[2])  # of a hidden layer
            if isinstance(module, last) or module is network[-1]:
                layers.append(values.T.tolist())
        yield {
            "name": f"maps of units, {activation}",
            "js": """(model, { traits, features, weights, cells, extent }) => {
                const settings = { ...traits, features, start_weights: weights };
                const run = model.makeRun(model.makeTask(traits), settings);
                const maps = model.makeMaps(run.net, features, extent, cells);
                model.fillMaps(maps, run.net, run.state);
                return maps.layers.slice(1).map((layer) => layer.map((map) => [...map]));
            }""",
            "input": {
                "traits": plain(state),
                "features": _torch.used_features(state),
                "weights": numbers(network),
                "cells": cells,
                "extent": extent,
            },
            "expected": layers,
            "tolerance": 1e-5,
        }


def back_case():
    """Going back gives what going forward gave: epoch 3, 700, 41 and 640 of a run of 700."""
    state = traits(num_samples=20, dropout=0.2, optimizer="adam", lr=0.01)
    return {
        "name": "back and forth in time",
        "js": """(model, { traits, features }) => {
            const made = () => model.makeRun(model.makeTask(traits), { ...traits, features });
            const run = made();
            const there = (epoch) => (model.trainTo(run, epoch), String(model.allWeights(run)));
            const fresh = (epoch) => { const other = made(); model.trainTo(other, epoch); return String(model.allWeights(other)); };
            return [3, 700, 41, 640, 0].map((epoch) => there(epoch) === fresh(epoch));
        }""",
        "input": {"traits": plain(state), "features": ["x1", "x2"]},
        "expected": [True] * 5,
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [*option_cases(), *map_cases(), back_case()]
