"""Traces of torch: GoogLeNet's blocks and one of one's own, counted path by path by d2lite.models."""

import torch
from torch import nn

from d2lite.models import layer_table, published
from d2lite.widgets.paths import NAMES

SIDES = {"3": 28, "4": 14, "5": 7}
OWN = [5, 9, 3, 2, 7, 4, 1, 6]  # as in BLOCKS of model.js


def published_numbers():
    """Return {name: numbers as in BLOCKS}, from the table of the published network."""
    found, channels = {}, 192
    for name, (ones, threes, fives, pooled) in published.INCEPTIONS.items():
        found[name] = [channels, SIDES[name[0]], ones, *threes, *fives, pooled]
        channels = ones + threes[1] + fives[1] + pooled
    return found


def naive(channels, ones, three, five):
    """Return the paths of the block without reductions."""
    convs = [nn.Conv2d(channels, ones, 1), nn.Conv2d(channels, three, 3, padding=1)]
    return [*convs, nn.Conv2d(channels, five, 5, padding=2), nn.MaxPool2d(3, 1, padding=1)]


def counted(numbers, reduced):
    """Return [maps, parameters, multiply-adds] of each path."""
    channels, side, ones, to_three, three, to_five, five, pooled = numbers
    with torch.device("meta"):
        if reduced:
            block = published.Inception(channels, ones, (to_three, three), (to_five, five), pooled)
            paths = [block.branch1, block.branch2, block.branch3, block.branch4]
        else:
            paths = naive(channels, ones, three, five)
    tables = [layer_table(nn.Sequential(path), (channels, side, side)) for path in paths]
    assert all(table[-1].shape[1:] == (side, side) for table in tables)
    return [[table[-1].shape[0], table.parameters, table.multiply_adds] for table in tables]


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    blocks = published_numbers()
    assert [*blocks, "own"] == list(NAMES)
    read = """(model, [numbers, reduced]) => {
        const block = model.makeBlock(numbers, reduced);
        const paths = block.paths.map((p) => [p.out, p.parameters, p.multiplyAdds]);
        return [...paths, [block.out, block.parameters, block.multiplyAdds]];
    }"""
    found = [
        {"name": "GoogLeNet's blocks", "js": "(model) => model.BLOCKS", "input": None, "expected": blocks}
    ]
    for name, numbers in {**blocks, "own": OWN}.items():
        for reduced in (True, False):
            paths = counted(numbers, reduced)
            total = [sum(column) for column in zip(*paths, strict=True)]
            case = {"js": read, "input": [numbers, reduced], "expected": [*paths, total]}
            found.append({"name": f"{name}, {'reduced' if reduced else 'not reduced'}", **case})
    return found
