"""LeNet computed by torch in double precision from the same 8-bit weights: the oracle of lenet/model.js."""

import numpy as np
import torch
from torch.nn import functional as F

from d2lite._utils.encoding import from_base64
from d2lite.models import lenet

SIDE = 28
OPEN = """(model, { data, ...input }) => {
    const network = model.openNetwork(data);
"""


def random_page(activation, pooling, seed):
    """A page of a network with random weights and random images, no two pixels alike."""
    generator = torch.Generator().manual_seed(seed)
    parameters = {}
    for name, shape in lenet.SHAPES.items():
        inputs = np.prod(shape[1:])
        weight = torch.randn(shape, generator=generator, dtype=torch.float64) * (2 / inputs) ** 0.5
        parameters[name] = weight, torch.randn(shape[0], generator=generator, dtype=torch.float64) / 5
    images = torch.rand(3, 1, SIDE, SIDE, generator=generator)
    packed = lenet.pack(parameters, activation, pooling, 0.3, 0.4)
    return {**packed, **lenet.pack_images(images, torch.tensor([1, 2, 3]), list("abcdefghij"))}


PRETRAINED = lenet.pretrained_payload()
PAGES = [PRETRAINED, random_page("tanh", "average", 1), random_page("sigmoid", "max", 2)]


def images_of(page):
    return from_base64(page["images"], "uint8", (-1, SIDE, SIDE)).astype(float)


def layers(page, image):
    """Every layer's values after its activation, by torch, and the values before it under 'z' names."""
    act, pool = lenet.ACTIVATIONS[page["activation"]], lenet.POOLINGS[page["pooling"]]
    p = lenet.unpack(page)
    x = (torch.tensor(image, dtype=torch.float64)[None, None] / 255 - page["mean"]) / page["std"]
    out = {"input": x}
    out["conv1 z"] = F.conv2d(x, *p["conv1"], padding=2)
    out["conv1"] = act(out["conv1 z"])
    out["pool1"] = out["pool1 z"] = pool(out["conv1"], 2)
    out["conv2 z"] = F.conv2d(out["pool1"], *p["conv2"])
    out["conv2"] = act(out["conv2 z"])
    out["pool2"] = out["pool2 z"] = pool(out["conv2"], 2)
    out["dense1 z"] = F.linear(out["pool2"].flatten(1), *p["dense1"])
    out["dense1"] = act(out["dense1 z"])
    out["dense2 z"] = F.linear(out["dense1"], *p["dense2"])
    out["dense2"] = act(out["dense2 z"])
    out["output"] = out["output z"] = F.linear(out["dense2"], *p["output"])
    out["probabilities"] = out["output"].softmax(1)
    return out


def flat(values):
    return {name: v.flatten().tolist() for name, v in values.items() if not name.endswith(" z")}


def run_case(page, image, what):
    return {
        "name": f"every layer, {page['activation']} and {page['pooling']} pooling: {what}",
        "js": OPEN + "return model.runNetwork(network, input.image); }",
        "input": {"data": page, "image": image.flatten().tolist()},
        "expected": flat(layers(page, image)),
    }


def images_case():
    return {
        "name": "images and weights come out of their code",
        "js": OPEN + "return [network.images.map((i) => [...i]), [...network.parameters.conv2.weight]]; }",
        "input": {"data": PRETRAINED},
        "expected": [
            images_of(PRETRAINED).reshape(-1, SIDE**2).tolist(),
            lenet.unpack(PRETRAINED)["conv2"][0].flatten().tolist(),
        ],
    }


def apart_case(page, layer, unit, row, column):
    """The value, what stood before the activation, and each input map's share, by torch with the other maps at zero."""
    image = images_of(page)[1]
    values = layers(page, image)
    at = (0, unit, row, column) if values[layer].ndim == 4 else (0, unit)
    expected = {"z": values[f"{layer} z"][at].item(), "value": values[layer][at].item()}
    before = {"conv1": "input", "conv2": "pool1", "dense1": "pool2", "dense2": "dense1", "output": "dense2"}
    if layer in before:
        weight, bias = lenet.unpack(page)[layer]
        source = values[before[layer]]
        sums = []
        for c in range(source.shape[1] if source.ndim == 4 else 1):
            kept = torch.zeros_like(source)
            kept[:, c if source.ndim == 4 else slice(None)] = source[
                :, c if source.ndim == 4 else slice(None)
            ]
            if layer.startswith("conv"):
                out = F.conv2d(kept, weight, padding=2 if layer == "conv1" else 0)
            else:
                out = F.linear(kept.flatten(1), weight)
            sums.append(out[at].item())
        expected |= {"sums": sums, "bias": bias[unit].item(), "products": sums}
    else:
        expected |= {"sums": [0.0], "bias": 0.0, "products": None}
    return {
        "name": f"{layer} {unit} at {row}, {column} taken apart ({page['activation']})",
        "js": OPEN
        + """
        const run = model.runNetwork(network, input.image);
        const pick = model.selectUnit(input.layer, input.unit, input.place);
        const { sources, bias, z, value } = model.takeApart(network, run, pick);
        const add = (list) => list.reduce((a, b) => a + b, 0);
        const products = sources[0].weights ? sources.map((s) => add([...s.values].map((v, k) => v * s.weights[k]))) : null;
        return { z, value, bias, sums: sources.map((s) => s.sum), products };
    }""",
        "input": {
            "data": page,
            "image": image.flatten().tolist(),
            "layer": layer,
            "unit": unit,
            "place": [row, column],
        },
        "expected": expected,
    }


def field_case(layer, row, column):
    """Where the gradient of one value with respect to the image can be other than zero: a linear network of ones tells."""
    x = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.float64, requires_grad=True)
    ones = {name: torch.ones(shape, dtype=torch.float64) for name, shape in lenet.SHAPES.items()}
    maps = {"conv1": F.conv2d(x, ones["conv1"], padding=2)}
    maps["pool1"] = F.avg_pool2d(maps["conv1"], 2)
    maps["conv2"] = F.conv2d(maps["pool1"], ones["conv2"])
    maps["pool2"] = F.avg_pool2d(maps["conv2"], 2)
    gradient = torch.autograd.grad(maps[layer][0, 0, row, column], x)[0][0, 0]
    rows, columns = (
        (gradient.abs().sum(1) > 0).nonzero().flatten(),
        (gradient.abs().sum(0) > 0).nonzero().flatten(),
    )
    return {
        "name": f"the receptive field of {layer} at {row}, {column}",
        "js": """(model, { layer, place }) => {
            const { top, left, size } = model.receptiveField(model.selectUnit(layer, 0, place));
            const inside = (p) => Math.min(27, Math.max(0, p));
            return [top, top + size - 1, left, left + size - 1].map(inside);
        }""",
        "input": {"layer": layer, "place": [row, column]},
        "expected": [rows[0].item(), rows[-1].item(), columns[0].item(), columns[-1].item()],
    }


def cover_case(side):
    """The covering map of a real image at some places, one torch run each."""
    image = images_of(PRETRAINED)[7]
    before = layers(PRETRAINED, image)["probabilities"][0]
    target = before.argmax().item()
    places = [(0, 0), (14, 14), (20, 5), (27, 27), (9, 22)]
    drops = []
    for row, column in places:
        covered = image.copy()
        top, left = row - (side - 1) // 2, column - (side - 1) // 2
        covered[max(0, top) : top + side, max(0, left) : left + side] = 0
        drops.append((before[target] - layers(PRETRAINED, covered)["probabilities"][0, target]).item())
    return {
        "name": f"the covering map, squares of {side}",
        "js": OPEN
        + """
        const map = model.makeCoverMap(network, input.image, input.side);
        while (model.continueCover(map, network, () => true));
        return [map.target, ...input.places.map(([row, column]) => map.drops[row * 28 + column])];
    }""",
        "input": {"data": PRETRAINED, "image": image.flatten().tolist(), "side": side, "places": places},
        "expected": [target, *drops],
    }


def stroke_case(brush, value):
    """A stroke of a round brush, by its distance from a line: within half a pixel of its edge it fades."""
    image = images_of(PRETRAINED)[0]
    start, end = np.array([5.0, 6.0]), np.array([5.0, 20.0])
    y, x = np.mgrid[:SIDE, :SIDE]
    steps = 2 * int(np.hypot(*(end - start)))
    centres = [start + (end - start) * s / steps for s in range(steps + 1)]
    out = image.copy()
    for cy, cx in centres:
        share = np.clip(brush / 2 + 0.5 - np.hypot(y - cy, x - cx), 0, 1)
        if brush == 1:
            share = ((y == np.floor(cy + 0.5)) & (x == np.floor(cx + 0.5))).astype(float)
        fresh = np.maximum(out, np.floor(value * share + 0.5)) if value else np.floor(out * (1 - share) + 0.5)
        out = np.where(share > 0, fresh, out)
    assert (out != image).any()
    return {
        "name": f"a stroke, brush {brush}, value {value}",
        "js": "(model, { image, from, to, brush, value }) => model.paintStroke(image, from, to, brush, value)",
        "input": {
            "image": image.flatten().tolist(), "from": start.tolist(), "to": end.tolist(), "brush": brush, "value": value,
        },
        "expected": out.flatten().tolist(),
    }  # fmt: skip


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    drawn = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE)).astype(float)
    runs = [run_case(page, image, i) for page in PAGES for i, image in enumerate(images_of(page)[:3])]
    runs += [
        run_case(PRETRAINED, drawn, "noise"),
        run_case(PRETRAINED, np.zeros((SIDE, SIDE)), "an empty sheet"),
    ]
    units = [
        ("conv1", 2, 0, 0), ("conv1", 5, 27, 13), ("pool1", 3, 7, 13), ("conv2", 15, 9, 0), ("conv2", 4, 4, 5),
        ("pool2", 9, 4, 4), ("dense1", 119, 0, 0), ("dense2", 40, 0, 0), ("output", 7, 0, 0),
    ]  # fmt: skip
    fields = [
        ("conv1", 0, 0),
        ("conv1", 14, 27),
        ("pool1", 3, 9),
        ("conv2", 0, 9),
        ("pool2", 2, 2),
        ("pool2", 4, 0),
    ]
    return [
        images_case(),
        *runs,
        *(apart_case(page, *unit) for page in PAGES for unit in units),
        *(field_case(*field) for field in fields),
        cover_case(7),
        cover_case(4),
        *(stroke_case(brush, value) for brush in (1, 3, 6) for value in (220, 0)),
    ]
