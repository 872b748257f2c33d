"""Traces of small programs by torch and torch.fx: the oracle of graphs/model.js."""

import functools

import torch
from torch import fx
from torch.utils._python_dispatch import TorchDispatchMode

from d2lite.widgets.graphs.programs import PROGRAMS, WEIGHTS, load_programs

INPUTS = ([1.0, -0.5], [-1.3, 0.4], [0.0, 0.0])
OPERATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "softmax": functools.partial(torch.softmax, dim=-1),
    "mean": torch.mean,
    "sum": torch.sum,
    "where": torch.where,
}
RUN = "(model, { data, name, x, mode }) => model.follow(data.programs[name], data.weights, model.tensor([x]), mode)"


class Counting(TorchDispatchMode):
    """Counts the operations that torch carries out."""

    def __enter__(self):
        self.count = 0
        return super().__enter__()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function is not torch.ops.aten._local_scalar_dense.default  # an `if` reads a value
        return function(*args, **(kwargs or {}))


def load(name):
    """Return the program of a name as a function, the very lines that the page shows."""
    weights = {key: torch.tensor(value, dtype=torch.float64) for key, value in WEIGHTS.items()}
    scope = OPERATIONS | weights | {"__name__": "torch"}  # where torch.compile looks names up
    exec(PROGRAMS[name], scope)
    return scope["model"]


def one(name, x, mode, js, expected):
    """Return a case: what the page says of a program in a mode."""
    result = PROGRAMS[name].split()[-1]
    given = {"data": load_programs(), "name": name, "x": x, "mode": mode, "result": result}
    return {"name": f"{name} {mode} {x}: {js}", "js": f"(model, given) => (({RUN})(model, given)){js}",
            "input": given, "expected": expected}  # fmt: skip


def count_calls(graph):
    """Return how many operations a graph of torch.fx holds."""
    return sum(node.op.startswith("call") for node in graph.nodes)


def traced(name):
    """Return what torch.fx writes down, whole and without what nothing needs, as numbers of operations; None: it fails."""
    try:
        graph = fx.symbolic_trace(load(name)).graph
    except fx.proxy.TraceError:
        return None
    whole = count_calls(graph)
    graph.eliminate_dead_code()
    return whole, count_calls(graph)


def compiled(name, x):
    """Return how many graphs torch.compile makes of a program."""
    torch._dynamo.reset()
    return torch._dynamo.explain(load(name))(torch.tensor([x], dtype=torch.float64)).graph_count


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    made = []
    for name in PROGRAMS:
        graph = traced(name)
        made.append(one(name, INPUTS[0], "graph", ".failed", graph is None))
        if graph:
            noted, kept = graph
            kinds = (
                ".events.map(({ kind }) => kind).filter((kind) => ['record', 'run'].includes(kind)).length"
            )
            made.append(one(name, INPUTS[0], "graph", kinds, noted + kept))
        for x in INPUTS:
            function, inputs = load(name), torch.tensor([x], dtype=torch.float64)
            with Counting() as counter:
                y = function(inputs)
            for mode in ("eager", "compiled"):
                value = {"shape": list(y.shape), "data": y.flatten().tolist()}
                made.append(
                    one(name, x, mode, ".nodes.findLast(({ name }) => name === given.result).value", value)
                )
            calls = ".events.filter(({ kind }) => kind === 'call').length"
            made.append(one(name, x, "eager", calls, counter.count))
        made.append(one(name, INPUTS[0], "compiled", ".pieces", compiled(name, INPUTS[0])))
    return made
