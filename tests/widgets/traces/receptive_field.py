"""Traces of torch layers and their autograd: the oracle of receptive_field/model.js.

With all weights one, the gradient of a unit with respect to a pixel counts the ways from the one to the other. Max
pooling is replaced by the sum of its window for that, since its gradient shows the winner alone.
"""

import torch
from torch import nn

STACKS = {  # name in the explorer: input side
    "one 5 × 5": 16, "two 3 × 3": 16, "three 3 × 3": 16, "LeNet": 28, "VGG blocks": 24, "strides": 32,
    "dilated": 40, "gridding": 24,
}  # fmt: skip
OWN = [
    ([[0, 4, 3, 2, 5, 8], [1, 3, 2, 1, 1, 1], [0, 2, 1, 3, 1, 4]], 41, 3),
    ([[2, 2, 1, 1, 1, 1], [2, 3, 2, 1, 0, 1], [0, 1, 1, 1, 0, 7]], 17, 1),
    ([[0, 11, 4, 1, 2, 96], [1, 3, 2, 1, 0, 1], [0, 5, 1, 1, 2, 256]], 64, 3),  # AlexNet's beginning
    ([[0, 2, 3, 1, 0, 2]], 4, 1),
]
ROWS = {
    "one 5 × 5": [[0, 5, 1, 1, 0, 16]],
    "two 3 × 3": [[0, 3, 1, 1, 0, 16]] * 2,
    "three 3 × 3": [[0, 3, 1, 1, 0, 16]] * 3,
    "LeNet": [[0, 5, 1, 1, 2, 6], [2, 2, 2, 1, 0, 1], [0, 5, 1, 1, 0, 16], [2, 2, 2, 1, 0, 1]],
    "VGG blocks": [
        *[[0, 3, 1, 1, 1, 16]] * 2, [1, 2, 2, 1, 0, 1],
        *[[0, 3, 1, 1, 1, 32]] * 2, [1, 2, 2, 1, 0, 1],
    ],
    "strides": [[0, 3, 2, 1, 1, 16]] * 3,
    "dilated": [[0, 3, 1, d, d, 16] for d in (1, 2, 4, 8)],
    "gridding": [[0, 3, 1, 2, 2, 16]] * 3,
}  # fmt: skip


def torch_layers(rows, in_channels):
    """The layers as a reader of the chapter would write them."""
    layers, channels = [], in_channels
    for kind, k, stride, dilation, padding, out in rows:
        if kind == 0:
            layers.append(nn.Conv2d(channels, out, k, stride, padding, dilation, device="meta"))
            channels = out
        elif kind == 1:
            layers.append(nn.MaxPool2d(k, stride, padding, dilation))
        else:
            layers.append(nn.AvgPool2d(k, stride, padding))
    return layers


def sizes_case(name, rows, size, in_channels):
    x, expected, before = torch.empty(1, in_channels, size, size, device="meta"), [], 0
    for layer in torch_layers(rows, in_channels):
        x = layer(x)
        parameters = sum(p.numel() for p in layer.parameters())
        weights = layer.weight.numel() if isinstance(layer, nn.Conv2d) else 0
        expected.append([x.shape[2], x.shape[1], parameters, weights * x.shape[2] * x.shape[3]])
        before += weights * x.shape[2] * x.shape[3]
    return {
        "name": f"sides, channels, parameters and products of {name}",
        "js": """(model, { rows, size, inChannels }) => {
            const stack = model.makeStack(rows, size, inChannels);
            const rowsOut = stack.layers.map((l) => [l.side, l.channels, l.parameters, l.products]);
            return { problem: stack.problem, rows: rowsOut, totals: model.totals(stack) };
        }""",
        "input": {"rows": rows, "size": size, "inChannels": in_channels},
        "expected": {
            "problem": "",
            "rows": expected,
            "totals": {"parameters": sum(row[2] for row in expected), "products": before},
        },
    }


def column_of_ones(rows, size):
    """Return the input and each layer's output, all weights one, along one axis."""
    x = torch.ones(1, 1, size, dtype=torch.float64, requires_grad=True)
    levels = [x]
    for _, k, stride, dilation, padding, _ in rows:
        ones = torch.ones(1, 1, k, dtype=torch.float64)
        levels.append(nn.functional.conv1d(levels[-1], ones, None, stride, padding, dilation))
    return levels


def ways_case(name, rows, size):
    levels = column_of_ones(rows, size)
    units = [0, levels[-1].shape[2] // 2, levels[-1].shape[2] - 1]
    ways = [
        [g.flatten().tolist() for g in torch.autograd.grad(levels[-1][0, 0, unit], levels, retain_graph=True)]
        for unit in units
    ]
    wide = column_of_ones([[*row[:4], 0, 1] for row in rows], 400)[-1]  # no padding, room on both sides
    gradient = torch.autograd.grad(wide[0, 0, 0], column_inputs(wide))[0].flatten()
    field = gradient.nonzero().max().item() + 1
    return {
        "name": f"ways and fields of {name}",
        "js": """(model, { rows, size, units }) => {
            const stack = model.makeStack(rows, size, 1);
            const top = stack.layers.length;
            const ways = units.map((unit) => model.countWays(stack, top, unit));
            const inside = units.map((unit, i) => {
                const [first, last] = model.fieldOf(stack, top, unit);
                const seen = ways[i][0].map((count, x) => (count ? x : -1)).filter((x) => x >= 0);
                const clipped = [Math.max(0, first), Math.min(size - 1, last)];
                return seen.every((x) => x >= clipped[0] && x <= clipped[1]);
            });
            return { ways, inside, field: stack.layers[top - 1].field };
        }""",
        "input": {"rows": rows, "size": size, "units": units},
        "expected": {"ways": ways, "inside": [True] * 3, "field": field},
    }


def column_inputs(output):
    """Return the leaf that an output was computed from."""
    node = output.grad_fn
    while not hasattr(node, "variable"):
        node = next(f for f, _ in node.next_functions if f is not None)
    return node.variable


def field_case():
    """Away from the border, the first and the last pixel seen are where the recurrence says."""
    rows, size = [[0, 3, 2, 1, 1, 4], [0, 5, 1, 2, 4, 4], [1, 2, 2, 1, 0, 1]], 60
    levels = column_of_ones(rows, size)
    expected = []
    for unit in (4, 6, 8):
        gradient = torch.autograd.grad(levels[-1][0, 0, unit], levels[0], retain_graph=True)[0].flatten()
        seen = gradient.nonzero().flatten()
        expected.append([seen[0].item(), seen[-1].item()])
    assert expected[0][0] > 0 and expected[-1][1] < size - 1
    return {
        "name": "where a field begins and ends",
        "js": """(model, { rows, size }) => {
            const stack = model.makeStack(rows, size, 1);
            return [4, 6, 8].map((unit) => model.fieldOf(stack, 3, unit));
        }""",
        "input": {"rows": rows, "size": size},
        "expected": expected,
    }


def stacks_case():
    return {
        "name": "the named stacks",
        "js": "(model, names) => names.map((name) => model.namedStack(name))",
        "input": list(STACKS),
        "expected": [{"rows": ROWS[name], "size": size} for name, size in STACKS.items()],
    }


def problems_case():
    """What torch refuses is explained, and only that; with the layers before it kept."""
    rows = [
        ([[0, 3, 1, 1, 0, 4], [0, 5, 1, 4, 0, 4]], "Layer 2: its kernel spans 17, and the side has 6", 1),
        ([[1, 2, 2, 1, 2, 1]], "Layer 1: padding 2 is more than half", 0),
        ([[2, 3, 2, 2, 0, 1]], "Layer 1: average pooling has no dilation", 0),
        ([[1, 4, 2, 1, 2, 1]], "", 1),
    ]
    for stack, words, _ in rows:
        try:
            x = torch.empty(1, 1, 8, 8, device="cpu")
            for layer in torch_layers(stack, 1):
                x = (layer.to_empty(device="cpu") if isinstance(layer, nn.Conv2d) else layer)(x)
            refused = False
        except RuntimeError:
            refused = True
        assert refused == (words != "" and "dilation" not in words)  # AvgPool2d has no such argument at all
    return {
        "name": "impossible layers",
        "js": """(model, all) => all.map(([rows, words]) => {
            const stack = model.makeStack(rows, 8, 1);
            return [words ? stack.problem.startsWith(words) : stack.problem === "", stack.layers.length];
        })""",
        "input": [[row[0], row[1]] for row in rows],
        "expected": [[True, row[2]] for row in rows],
    }


def spread_case():
    """n layers of k ones: the ways are a sum of n independent uniform steps, of variance (k² - 1) / 12 each."""
    pairs = [(3, 1), (3, 6), (5, 4)]
    return {
        "name": "the spread of the ways",
        "js": """(model, pairs) => pairs.map(([k, n]) => {
            const stack = model.makeStack(Array.from({ length: n }, () => [0, k, 1, 1, 0, 1]), 64, 1);
            const unit = Math.floor(stack.layers[n - 1].side / 2);
            return model.spreadOf(model.countWays(stack, n, unit)[0]);
        })""",
        "input": pairs,
        "expected": [{"deviation": (n * (k * k - 1) / 12) ** 0.5, "seen": n * (k - 1) + 1} for k, n in pairs],
    }


def padding_case():
    """A unit that sees padding alone: no way leads to it, and nothing spreads."""
    return {
        "name": "the spread of no ways",
        "js": "(model, counts) => model.spreadOf(counts)",
        "input": [0, 0, 0],
        "expected": {"deviation": 0, "seen": 0},
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    all_stacks = [(name, ROWS[name], size, 1) for name, size in STACKS.items()]
    all_stacks += [(str(rows), rows, size, channels) for rows, size, channels in OWN]
    return [
        *(sizes_case(*stack) for stack in all_stacks),
        *(ways_case(name, rows, size) for name, rows, size, _ in all_stacks),
        field_case(),
        padding_case(),
        stacks_case(),
        problems_case(),
        spread_case(),
    ]
