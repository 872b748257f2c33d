"""Traces of two networks trained by torch in double precision, without batch norm and with it: the oracle of normalizer/model.js."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from d2lite._utils.points import make_points
from d2lite._utils.rng import Rng

WIDTH, POINTS, NOISE, STREAMS, STEPS, MEASURE = 8, 120, 0.05, 803, 50, 4
FUNCTIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
RUN = """(model, { settings, steps }) => model.makeRuns(settings).map((run) => {
    model.trainTo(run, steps);
    const losses = run.losses.map(({ running, batch }) => [running, batch]);
    const shown = ["batch", "running"].map((name) => [model.spreads(run, name), model.countRight(run, name)]);
    return [[...run.state.w, ...run.state.stats], losses, shown];
})"""
BACK = """(model, { settings, steps }) => {
    const runs = model.makeRuns(settings);
    for (const step of [10, steps + 33, steps]) model.trainBoth(runs, step);
    return runs.map((run) => [...run.state.w, ...run.state.stats]);
}"""


def network(settings, batch_norm):
    """PyTorch's start, its uniform numbers from the page's generator, weights times the scale."""
    rng, layers, n_in = Rng(settings["seed"] * STREAMS), [], 2
    draw = lambda *shape: torch.tensor(2 * rng.uniform(int(np.prod(shape))) - 1).reshape(shape)
    for n_out in [WIDTH] * settings["depth"] + [1]:
        linear = nn.Linear(n_in, n_out).double()
        linear.weight.data = draw(n_out, n_in) / n_in**0.5 * settings["scale"]
        linear.bias.data = draw(n_out) / n_in**0.5
        norms = [nn.BatchNorm1d(n_out).double()] if batch_norm else []
        layers += [linear, *norms, FUNCTIONS[settings["activation"]]()]
        n_in = n_out
    return nn.Sequential(*layers[: -2 if batch_norm else -1])


def numbers(net):
    norms = [module for module in net if isinstance(module, nn.BatchNorm1d)]
    parts = [*net.parameters(), *(part for norm in norms for part in (norm.running_mean, norm.running_var))]
    return torch.cat([part.detach().flatten() for part in parts]).tolist()


@torch.no_grad()
def shown(net, inputs, training):
    """Quantiles of what enters each activation function, the logits, by the batch's statistics or the running ones."""
    held = {key: value.clone() for key, value in net.state_dict().items()}
    net.train(training)
    rows, x = [], inputs
    for module in net:
        if isinstance(module, tuple(FUNCTIONS.values())):
            rows.append(x.quantile(torch.tensor([0.05, 0.5, 0.95], dtype=x.dtype), dim=0).T.tolist())
        x = module(x)
    net.load_state_dict(held)
    return rows, x.squeeze(1)


def train(settings, batch_norm, steps):
    made = make_points(settings["dataset"], POINTS, NOISE, 0)
    inputs, targets = (torch.tensor(np.asarray(part, dtype=float)) for part in made)
    net, losses = network(settings, batch_norm), []
    optimizer = torch.optim.SGD(net.parameters(), settings["lr"])
    size = settings["batch_size"]
    for step in range(steps + 1):
        if step % MEASURE == 0:
            outputs = [shown(net, inputs, training)[1] for training in (False, True)]
            losses.append([cross_entropy(z, targets).item() for z in outputs])
        if step == steps:
            break
        epoch, at = divmod(step * size, POINTS)
        rows = Rng(settings["seed"] * STREAMS + 1 + epoch).permutation(POINTS)[at : at + size]
        optimizer.zero_grad()
        cross_entropy(net.train()(inputs[rows]).squeeze(1), targets[rows]).backward()
        optimizer.step()
    ends = [shown(net, inputs, training) for training in (True, False)]
    right = [((z >= 0) == (targets > 0.5)).sum().item() for _, z in ends]
    return [
        numbers(net),
        losses,
        [[rows, count] for (rows, _), count in zip(ends, right, strict=True)],
    ]


def case(js=RUN, part=slice(None), **changes):
    settings = {
        "dataset": "circle", "depth": 4, "activation": "relu", "scale": 1.0, "lr": 0.1, "batch_size": 30, "seed": 0,
    } | changes  # fmt: skip
    traces = [train(settings, batch_norm, STEPS) for batch_norm in (False, True)]
    return {
        "name": ", ".join(f"{key} {value}" for key, value in changes.items()) or "as it opens, four layers",
        "js": js,
        "tolerance": 1e-6,  # ten layers amplify the last digits
        "input": {"settings": settings, "steps": STEPS},
        "expected": [trace[part] for trace in traces],
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [
        case(),
        case(depth=10, seed=3),
        case(activation="tanh", dataset="spiral", scale=2.45, lr=0.3),
        case(activation="sigmoid", batch_size=4, dataset="xor", depth=2, seed=7),
        case(batch_size=120, scale=0.3, dataset="moons", depth=1),
        {**case(js=BACK, part=0, batch_size=15, seed=1), "name": "on, then back to an earlier step"},
    ]
