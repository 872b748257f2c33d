"""Traces of dropout made by torch with masks from the shared generator: the oracle of dropout/model.js."""

import itertools

import numpy as np
import torch

from d2lite._utils.rng import Rng
from d2lite.widgets import DropoutExplorer

DATA = DropoutExplorer().data
OPEN = "const { networks, images, targets } = model.openNetworks(data);"


def unpack(packed):
    import base64

    codes = np.frombuffer(base64.b64decode(packed["data"]), dtype=np.int8)
    return torch.from_numpy(codes.astype(np.float64) * packed["step"]).reshape(packed["shape"])


def load(network):
    layers = {name: unpack(packed) for name, packed in DATA["networks"][network].items()}
    return layers, unpack(DATA["images"])


def masks_of(seed, count, width, rate):
    return torch.from_numpy(Rng(seed).uniform(count * width).reshape(count, width) >= rate).double()


def run_case(network, image, rate, scale, seed, count):
    layers, images = load(network)
    hidden = torch.relu(torch.nn.functional.linear(images[image], layers["w1"], layers["b1"]))
    masks = masks_of(seed, count, len(hidden), rate)
    dropped = hidden * masks / ((1 - rate) if scale else 1)  # (count, 32)
    logits = torch.nn.functional.linear(dropped, layers["w2"], layers["b2"])
    means = logits.cumsum(0) / torch.arange(1, count + 1)[:, None]
    won = (logits.argmax(1) == image).double().mean().item()
    return {
        "name": f"{network}, image {image}, rate {rate}, scale {scale}, seed {seed}",
        "js": f"""(model, {{ data, network, image, settings }}) => {{
            {OPEN}
            const net = networks[network];
            const hidden = model.hiddenOf(net, images[image]);
            const run = model.runMasks(net, hidden, settings);
            const means = model.runningMeans(run.logits, image);
            return {{ hidden, kept: run.kept, logits: run.logits.map((row) => [...row]), means,
                probabilities: run.probabilities.map((row) => [...row]), plain: model.logitsOf(net, hidden),
                won: model.shareWon(run.logits, image), target: targets[image] }};
        }}""",
        "input": {
            "data": DATA,
            "network": network,
            "image": image,
            "settings": {"rate": rate, "scale": scale, "seed": seed, "count": count},
        },
        "expected": {
            "hidden": hidden.tolist(),
            "kept": masks[-1].tolist(),
            "logits": logits.tolist(),
            "means": means[:, image].tolist(),
            "probabilities": logits.softmax(1).tolist(),
            "plain": torch.nn.functional.linear(hidden, layers["w2"], layers["b2"]).tolist(),
            "won": won,
            "target": image,
        },
    }


def expectation_case(scale):
    """Mean and variance of the logits, against every one of the 2^9 masks of a small layer."""
    generator = torch.Generator().manual_seed(0)
    hidden = torch.rand(9, dtype=torch.float64, generator=generator)
    w2 = torch.randn(4, 9, dtype=torch.float64, generator=generator)
    b2, rate = torch.randn(4, dtype=torch.float64, generator=generator), 0.3
    masks = torch.tensor(list(itertools.product((0.0, 1.0), repeat=9)), dtype=torch.float64)  # (512, 9)
    chance = ((1 - rate) ** masks * rate ** (1 - masks)).prod(1)
    logits = (hidden * masks / ((1 - rate) if scale else 1)) @ w2.T + b2  # (512, 4)
    mean = chance @ logits
    variance = chance @ (logits - mean).square()
    return {
        "name": f"expected logits, scale {scale}",
        "js": """(model, { hidden, w2, b2, rate, scale }) =>
            model.expectedLogits({ w2, b2 }, Float64Array.from(hidden), { rate, scale })""",
        "input": {
            "hidden": hidden.tolist(),
            "w2": w2.flatten().tolist(),
            "b2": b2.tolist(),
            "rate": rate,
            "scale": scale,
        },
        "expected": {"mean": mean.tolist(), "variance": variance.tolist()},
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [
        run_case("without", 4, 0.5, True, 1, 30),
        run_case("with", 6, 0.2, True, 7, 50),
        run_case("without", 0, 0.8, False, 3, 20),
        run_case("with", 9, 0.0, True, 0, 5),
        expectation_case(True),
        expectation_case(False),
    ]
