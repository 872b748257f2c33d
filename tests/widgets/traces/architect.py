"""Traces of torch: published networks counted by d2lite.models, and networks of single layers run on the meta device."""

import torch
from torch import nn

from d2lite.models import layer_table, published
from d2lite.widgets.architect import KINDS

PUBLISHED = {
    "lenet": (published.lenet5, {}, (1, 28)),
    "alexnet_2012": (published.alexnet, {"year": 2012}, (3, 224)),
    "alexnet": (published.alexnet, {}, (3, 224)),
    "vgg16": (published.vgg16, {}, (3, 224)),
    "googlenet": (published.googlenet, {}, (3, 224)),
    "resnet50": (published.resnet50, {}, (3, 224)),
    "densenet121": (published.densenet121, {}, (3, 224)),
}
COSTLESS = (
    "AdaptiveAvgPool2d",
    "BatchNorm2d",
    "Flatten",
)  # AlexNet and VGG pool adaptively to the size that is there


def row(kind, *numbers):
    return [KINDS.index(kind), *numbers, *[0] * (6 - len(numbers))]


OWN = [  # rows, channels, side
    ([row("convolution", 6, 5, 3, 2, 2, 1), row("max pooling", 3, 2, 1, 1), row("average pooling", 2, 1, 1)], 4, 41),
    ([row("residual block", 8, 2), row("residual block", 8, 1, 1), row("bottleneck block", 4, 1)], 3, 33),
    ([row("dense block", 3, 5), row("transition"), row("batch norm"), row("global average"), row("flatten")], 3, 17),
    ([row("inception block", 1, 2, 3, 4, 5, 6), row("flatten"), row("dense", 7, 20), row("dense", 3)], 2, 9),
]  # fmt: skip


def published_case(name):
    make, settings, (channels, side) = PUBLISHED[name]
    with torch.device("meta"):
        table = layer_table(make(**settings), (channels, side, side))
    pooled = [r for r in table if r.kind == "AdaptiveAvgPool2d" and r.shape[1] == 1]
    kept = [r for r in table if r.kind not in COSTLESS] + pooled
    return {
        "name": f"the totals of {name}",
        "js": """(model, name) => {
            const { rows, channels, size } = model.NETWORKS[name];
            const net = model.makeNetwork(rows, channels, size);
            const last = net.layers.at(-1);
            return [net.problem, net.parameters, net.multiplyAdds, net.values, last.field, last.shape];
        }""",
        "input": name,
        "expected": [
            "",
            table.parameters,
            table.multiply_adds,
            sum(r.values for r in kept),
            table[-1].receptive_field,
            list(table[-1].shape),
        ],
    }


def problems_case():
    """Each sentence names the layer and what to do; torch refuses the same, but for the padding that it would round."""
    rows = [
        ([row("convolution", 8, 3, 1, 0, 1), row("convolution", 8, 11, 1, 0, 1)], "Layer 2, convolution: its kernel is 11 wide, and its input only 6", 1),
        ([row("convolution", 8, 3, 1, 1, 3)], "Layer 1, convolution: 3 groups do not divide the 4 maps it gets", 0),
        ([row("convolution", 6, 3, 1, 1, 4)], "Layer 1, convolution: 4 groups do not divide its 6 maps", 0),
        ([row("max pooling", 2, 2, 2)], "Layer 1, max pooling: padding 2 is more than half", 0),
        ([row("dense", 10)], "Layer 1, dense: it takes numbers in a row, and gets maps, 4 × 8 × 8", 0),
        ([row("flatten"), row("convolution", 6, 3, 1, 1, 1)], "Layer 2, convolution: it needs maps, and gets 256 numbers", 1),
        ([row("residual block", 8, 2, 1)], "Layer 1, residual block: its path gives 8 × 4 × 4 and its shortcut 4 × 8 × 8", 0),
        ([row("transition")] * 4, "Layer 4, transition: its kernel is 2 wide, and its input only 1", 3),
        ([row("convolution", 0, 3, 1, 1, 1)], "Layer 1, convolution: maps is 0: it takes at least 1", 0),
        ([row("flatten"), row("dense", 10, 150)], "Layer 2, dense: dropout, % is 150: it takes at most 100", 1),
        ([row("convolution", 8, 8, 9, 0, 1)], "", 1),
    ]  # fmt: skip
    return {
        "name": "impossible layers",
        "js": """(model, all) => all.map(([rows, words]) => {
            const net = model.makeNetwork(rows, 4, 8);
            return [words ? net.problem.startsWith(words) : net.problem === "", net.layers.length];
        })""",
        "input": [case[:2] for case in rows],
        "expected": [[True, case[2]] for case in rows],
    }


def paths_case():
    """A receptive field by autograd: a residual block over a strided convolution, all weights one."""
    x = torch.ones(1, 1, 61, 61, dtype=torch.float64, requires_grad=True)
    ones = [torch.ones(1, 1, k, k, dtype=torch.float64) for k in (3, 3, 3, 1)]
    stem = nn.functional.conv2d(x, ones[0], stride=2, padding=1)
    path = nn.functional.conv2d(nn.functional.conv2d(stem, ones[1], stride=2, padding=1), ones[2], padding=1)
    output = path + nn.functional.conv2d(stem, ones[3], stride=2)
    output[0, 0, 8, 8].backward()
    seen = x.grad[0, 0].sum(1).nonzero().flatten()
    return {
        "name": "what a residual block sees",
        "js": "(model, rows) => model.makeNetwork(rows, 1, 61).layers[1].field",
        "input": [row("convolution", 1, 3, 2, 1, 1), row("residual block", 1, 2)],
        "expected": (seen.max() - seen.min() + 1).item(),
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [*map(published_case, PUBLISHED), problems_case(), paths_case()]
