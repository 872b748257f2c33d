"""Traces of augmentations made by torch: the oracle of augmenter/model.js."""

import numpy as np
import torch
from torch.nn.functional import one_hot, pad

from d2lite._utils.rng import Rng

H, W, K = 6, 8, 5
GENERATOR = torch.Generator().manual_seed(0)
IMAGE, OTHER = torch.rand(2, 3, H, W, dtype=torch.float64, generator=GENERATOR)
OPEN = f"""const subject = {{ image: {{ width: {W}, height: {H}, values: Float64Array.from(image) }}, label: 1, count: {K} }};
    const other = {{ image: {{ width: {W}, height: {H}, values: Float64Array.from(second) }}, label: 3, count: {K} }};"""


def flat(image):
    """(3, H, W) -> (H W 3,), as the page holds it."""
    return image.permute(1, 2, 0).flatten().tolist()


def box_mask(across, down, x, y):
    """True in a box about parts (x, y) of the image: (H, W)."""
    rows, columns = torch.arange(H), torch.arange(W)
    top, left = np.floor(y * H - down / 2 + 0.5), np.floor(x * W - across / 2 + 0.5)
    inside = (rows >= top) & (rows < top + np.floor(down + 0.5))
    return inside[:, None] & (columns >= left) & (columns < left + np.floor(across + 0.5))


def moved(right, down):
    """By padding and cropping, as chapters do it."""
    padded = pad(IMAGE, (W, W, H, H))
    return padded[:, H - down : 2 * H - down, W - right : 2 * W - right]


def case(change, strength, image, label, x=0.5, y=0.5, seed=0):
    """A change with its image and label."""
    settings = {"change": change, "strength": strength, "x": x, "y": y, "seed": seed}
    return {
        "name": f"{change} {strength} at {x}, {y}",
        "js": f"""(model, {{ image, second, settings }}) => {{
            {OPEN}
            const {{ image: changed, label }} = model.changeImage(subject, other, settings);
            return [Array.from(changed.values), label];
        }}""",
        "input": {"image": flat(IMAGE), "second": flat(OTHER), "settings": settings},
        "expected": [flat(image), label.tolist()],
    }


def copies_case(seed=7):
    """Random copies: the parts and places come from the shared generator."""
    draws = Rng(seed).uniform(8 * 4).reshape(8, 4)
    labels = []
    for x, y, part, coin in draws:
        length = np.sqrt(0.5 * part)
        own = 1 - box_mask(length * W, length * H, x, y).double().mean().item()
        label = own * ONE + (1 - own) * (TWO if coin < 0.5 else ONE)
        labels.append(label.tolist())
    return {
        "name": "random copies of CutMix",
        "js": f"""(model, {{ image, second }}) => {{
            {OPEN}
            const copies = model.drawCopies(subject, [other, subject], {{ change: "cutmix", strength: 0.5, draw: {seed} }});
            return copies.map(({{ label }}) => label);
        }}""",
        "input": {"image": flat(IMAGE), "second": flat(OTHER)},
        "expected": labels,
    }


ONE, TWO = one_hot(torch.tensor([1, 3]), K).double()


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    noise = torch.from_numpy(Rng(5).normal(H * W * 3).reshape(H, W, 3)).permute(2, 0, 1)
    cut = box_mask(0.5 * W, 0.5 * H, 0.9, 0.1)
    mix = box_mask(0.4**0.5 * W, 0.4**0.5 * H, 0.3, 0.6)
    own = 1 - mix.double().mean()
    return [
        case("flip", 0.3, IMAGE.flip(2), ONE),
        case("turn", 0.3, IMAGE.flip(1, 2), ONE),
        case("shift", 0.5, moved(3, -2), ONE, x=0.875, y=1 / 6),
        case("shift", 0.5, moved(-4, 3), ONE, x=0.0, y=1.0),
        case("noise", 0.2, IMAGE + 0.2 * noise, ONE, seed=5),
        case("cutout", 0.5, IMAGE.masked_fill(cut, 0), ONE, x=0.9, y=0.1),
        case("mixup", 0.3, 0.7 * IMAGE + 0.3 * OTHER, 0.7 * ONE + 0.3 * TWO),
        case("cutmix", 0.4, torch.where(mix, OTHER, IMAGE), own * ONE + (1 - own) * TWO, x=0.3, y=0.6),
        case("smoothing", 0.1, IMAGE, 0.9 * ONE + 0.1 / K),
        copies_case(),
    ]
