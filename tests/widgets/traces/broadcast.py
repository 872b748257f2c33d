"""Traces of broadcasting in torch and NumPy: the oracle of broadcast/model.js."""

import itertools
import random
import re

import numpy as np
import torch

from d2lite.widgets.broadcast import MAX_AXES, MAX_CELLS, MAX_SIZE

OPERATIONS = {"add": torch.add, "subtract": torch.sub, "multiply": torch.mul}
SIZES = (0, 1, 2, 3)
SHORT = [shape for axes in range(3) for shape in itertools.product(SIZES, repeat=axes)]
KNOWN = [
    ((3, 1), (1, 4)), ((3, 4), (3,)), ((3, 4), (4,)), ((3, 4), (3, 1)), ((2, 3, 4), (3, 1)), ((2, 1, 4), (3, 1)),
    ((32, 10), (10,)), ((32, 10), (32,)), ((8, 3, 32, 32), (3, 1, 1)), ((8, 3, 32, 32), (3,)), ((), ()),
    ((999, 1), (1, 999)), ((5, 4), (1,)), ((256, 256, 3), (3,)), ((8, 1, 6, 1), (7, 1, 5)), ((2, 1), (8, 4, 3)),
]  # fmt: skip
TYPED = {  # what a reader may write
    "3, 1": (3, 1), "3,1": (3, 1), "3 1": (3, 1), "(3, 1)": (3, 1), "[3, 1]": (3, 1), " 3 ,  1 ": (3, 1),
    "torch.Size([3, 1])": (3, 1), "3x1": (3, 1), "3 × 1": (3, 1), "(3,)": (3,), "3,": (3,), "3": (3,), "0": (0,),
    "": (), "()": (), "  ": (), "torch.Size([])": (), f"{MAX_SIZE}": (MAX_SIZE,), ", ".join("1" * MAX_AXES): (1,) * MAX_AXES,
}  # fmt: skip
REFUSED = {  # what its sentence must name
    "3, a": "Axis 2 of the shape of a is “a”", "-1": "Axis 1 of the shape of a is “-1”", "3,,1": "Axis 2 of the shape of a is left out",
    "1.5": "Axis 1 of the shape of a is “1.5”", f"2, {MAX_SIZE + 1}": f"Axis 2 of the shape of a is “{MAX_SIZE + 1}”", ", 3": "Axis 1 of the shape of a is left out",
    "3, NaN": "Axis 2 of the shape of a is “NaN”", "1e3": "Axis 1 of the shape of a is “1e3”", "3,, ": "Axis 2 of the shape of a is left out",
    ", ".join("1" * (MAX_AXES + 1)): f"The shape of a has {MAX_AXES + 1} axes: expected at most {MAX_AXES}", ",": "Axis 1 of the shape of a is left out",
}  # fmt: skip


def random_pairs(count, seed=0):
    """Return pairs of shapes of up to MAX_AXES axes, about half of which fit."""
    generator = random.Random(seed)
    shapes = [
        tuple(generator.choice((1, 1, 2, 2, 3)) for _ in range(generator.randint(0, MAX_AXES)))
        for _ in range(2 * count)
    ]
    return list(zip(shapes[::2], shapes[1::2], strict=True))


PAIRS = [*itertools.product(SHORT, SHORT), *random_pairs(300), *KNOWN]


def torch_says(first, second):
    """Return torch's answer: the result's shape, and of an error the dimension and the two sizes that it names."""
    try:
        result = torch.add(*(torch.zeros(shape, dtype=torch.uint8) for shape in (first, second)))
    except RuntimeError as error:
        sizes = re.search(
            r"tensor a \((\d+)\) must match .* tensor b \((\d+)\) at .* dimension (\d+)", str(error)
        )
        a, b, dimension = map(int, sizes.groups())
        return {"shape": None, "axis": dimension - max(len(first), len(second)), "sizes": [a, b]}
    return {"shape": list(result.shape), "axis": None, "sizes": None}


def messages(first, second):
    """Return what torch and NumPy print of two shapes that clash, or None."""
    said = {}
    try:
        torch.zeros(first, dtype=torch.uint8) + torch.zeros(second, dtype=torch.uint8)
    except RuntimeError as error:
        said["torch"] = str(error)
    try:
        np.zeros(first, np.uint8) + np.zeros(second, np.uint8)
    except ValueError as error:
        said["numpy"] = str(error).strip()
    return said or None


def numpy_says(first, second):
    try:
        return list(np.broadcast_shapes(first, second))
    except ValueError:
        return None


def values(shape, step):
    return step * (torch.arange(torch.Size(shape).numel()) % 9 + 1).reshape(shape)


def results(first, second, operation):
    """Return a result's values and, of each, the flat indices that it was read from, as torch broadcasts them."""
    a, b = values(first, 10), values(second, 1)
    places = [torch.arange(x.numel()).reshape(x.shape) for x in (a, b)]
    sources = [place.flatten().tolist() for place in torch.broadcast_tensors(*places)]
    return {"results": OPERATIONS[operation](a, b).flatten().tolist(), "sources": sources}


def stretched(first, second):
    """Return the two tensors stretched to the result, as rows of numbers."""
    return [x.flatten().tolist() for x in torch.broadcast_tensors(values(first, 10), values(second, 1))]


def fitting(pairs):
    """Return the pairs that fit and whose result is drawn whole."""
    shapes = [(pair, numpy_says(*pair)) for pair in pairs]
    return [
        pair
        for pair, shape in shapes
        if shape is not None
        and len(shape) <= 3
        and 0 < np.prod(shape) <= MAX_CELLS
        and all(size <= most for size, most in zip(shape[::-1], (12, 6, 3), strict=False))
    ]


def fix(first, second):
    """Return how many axes of 1 must enter the shorter shape, "turned" where only b's transpose fits, or None; by trying all."""
    if numpy_says(first, second) is not None:
        return None
    short, long = sorted((first, second), key=len)
    for extra in range(1, len(long) - len(short) + 1):
        for places in itertools.combinations(range(len(short) + extra), extra):
            sizes = iter(short)
            shape = tuple(1 if i in places else next(sizes) for i in range(len(short) + extra))
            if numpy_says(shape, long) is not None:
                return extra
    turned = len(first) == len(second) == 2 and numpy_says(first, second[::-1]) is not None
    return "turned" if turned else None


def cases():
    small = fitting(PAIRS)
    return [
        {
            "name": "shapes of pairs, and the clash that torch names",
            "js": """(model, pairs) => pairs.map(([first, second]) => {
                const clash = model.alignAxes(first, second).reverse().find(({ kind }) => kind === "clash");
                return { shape: model.broadcastShapes(first, second), axis: clash?.axis ?? null, sizes: clash?.sizes ?? null };
            })""",
            "input": PAIRS,
            "expected": [torch_says(*pair) for pair in PAIRS],
        },
        {
            "name": "shapes of pairs in NumPy",
            "js": "(model, pairs) => pairs.map((pair) => model.broadcastShapes(...pair))",
            "input": PAIRS,
            "expected": [numpy_says(*pair) for pair in PAIRS],
        },
        {
            "name": "results, and where each is read",
            "js": """(model, pairs) => pairs.map(([first, second, operation]) => {
                const worked = model.shownCells(model.shownIndices(first, second)).map((index) => model.workOut(first, second, operation, index));
                const flat = (shape, index) => index.reduce((k, i, axis) => k * shape[axis] + i, 0);
                const sources = [first, second].map((shape, which) => worked.map((cell) => flat(shape, cell.sources[which])));
                return { results: worked.map(({ result }) => result), sources };
            })""",
            "input": [[*pair, operation] for pair in small for operation in OPERATIONS],
            "expected": [results(*pair, operation) for pair in small for operation in OPERATIONS],
        },
        {
            "name": "tensors stretched to the result",
            "js": """(model, pairs) => pairs.map((pair) => [0, 1].map((which) =>
                model.stretchedCells(pair, which, model.shownIndices(...pair)).map(({ value }) => value)))""",
            "input": small,
            "expected": [stretched(*pair) for pair in small],
        },
        {
            "name": "cells that a tensor holds itself are as many as it has",
            "js": """(model, pairs) => pairs.map((pair) => [0, 1].map((which) =>
                model.stretchedCells(pair, which, model.shownIndices(...pair)).filter(({ kind }) => kind === "own").length))""",
            "input": small,
            "expected": [[int(np.prod(shape)) for shape in pair] for pair in small],
        },
        {
            "name": "typed shapes",
            "js": "(model, texts) => texts.map((text) => model.readShape(text, 'a').shape)",
            "input": list(TYPED),
            "expected": list(TYPED.values()),
        },
        {
            "name": "typed shapes that are none",
            "js": "(model, [texts, starts]) => texts.map((text, i) => model.readShape(text, 'a').problem.slice(0, starts[i].length))",
            "input": [list(REFUSED), list(REFUSED.values())],
            "expected": list(REFUSED.values()),
        },
        {
            "name": "a fix fits, keeps the numbers, and is the smallest",
            "js": """(model, pairs) => pairs.map((pair) => {
                const better = model.broadcastShapes(...pair) ? null : model.suggestFix(...pair);
                if (!better) return better;
                const size = (shape) => shape.reduce((a, b) => a * b, 1);
                const fits = model.broadcastShapes(...pair.with(better.which, better.shape)) !== null;
                if (!fits || size(better.shape) !== size(pair[better.which])) return "wrong";
                return better.how === "transpose" ? "turned" : better.shape.length - pair[better.which].length;
            })""",
            "input": PAIRS,
            "expected": [fix(*pair) for pair in PAIRS],
        },
        {
            "name": "of several fixes, the one furthest right",
            "js": "(model, pairs) => pairs.map((pair) => model.suggestFix(...pair))",
            "input": [
                [(3, 4), (3,)],
                [(2, 3, 4), (2, 4)],
                [(2, 2, 3), (2,)],
                [(2, 3), (3, 2)],
                [(2, 3), (4, 3)],
            ],
            "expected": [
                {"which": 1, "shape": [3, 1], "how": "reshape"},
                {"which": 1, "shape": [2, 1, 4], "how": "reshape"},
                {"which": 1, "shape": [2, 1], "how": "reshape"},
                {"which": 1, "shape": [2, 3], "how": "transpose"},
                None,
            ],
        },
        {
            "name": "the messages of torch and NumPy, word for word",
            "js": """(model, pairs) => pairs.map((pair) => {
                const said = model.errorMessages(...pair);
                return said && { torch: said.torch, numpy: said.numpy };
            })""",
            "input": PAIRS,
            "expected": [messages(*pair) for pair in PAIRS],
        },
        {
            "name": "of long axes, the first few and the last",
            "js": "(model, pairs) => pairs.map((pair) => model.shownIndices(...pair))",
            "input": [[(32, 10), (10,)], [(8, 3, 32, 32), (3, 1, 1)], [(60,), ()], [(), ()], [(0,), (3, 1)]],
            "expected": [
                [[0, 1, 2, 31], list(range(10))],
                [[0], [0, 1, 2], [0, 1, 2, 31], [0, 1, 2, 3, 31]],
                [[0, 1, 2, 3, 4, 59]],
                [],
                None,
            ],
        },
        {
            "name": "never more cells than are drawn, each axis begun at 0 and, of the last three, ended at its end",
            "js": """(model, [pairs, most]) => pairs.every((pair) => {
                const shown = model.shownIndices(...pair);
                if (!shown) return true;
                const sizes = model.alignAxes(...pair).map(({ size, sizes }) => size ?? Math.max(...sizes));
                const ends = shown.every((list, i) => list[0] === 0 && (i < shown.length - 3 || list.at(-1) === sizes[i] - 1));
                return ends && model.shownCells(shown).length <= most;
            })""",
            "input": [PAIRS, MAX_CELLS],
            "expected": True,
        },
        {
            "name": "what happens along an axis, in words",
            "js": "(model, pairs) => pairs.map((pair) => model.alignAxes(...pair).map(model.explainAxis))",
            "input": [[(3, 4), (3,)], [(1, 0), (2, 1)], [(), (1,)]],
            "expected": [
                [
                    "Axis\u00a0−2: b has none, which counts as 1, stretched to 3.",
                    "Axis\u00a0−1 clashes: a has 4 and b has 3, and neither is 1, so neither can be stretched.",
                ],
                [
                    "Axis\u00a0−2: a has 1, stretched to 2.",
                    "Axis\u00a0−1: b has 1, which becomes 0: nothing is left.",
                ],
                ["Axis\u00a0−1: a has none, which counts as 1."],
            ],
        },
    ]
