"""Traces of torch.nn.functional.conv2d and its autograd in double precision: the oracle of convolution/model.js."""

import importlib.util
from pathlib import Path

import torch
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[3]
NAMES = ("size", "channels", "kernel_size", "stride", "padding", "dilation")
SETTINGS = [  # in the order of NAMES
    (5, 1, 3, 1, 0, 1), (6, 3, 2, 1, 1, 1), (7, 1, 3, 2, 0, 1), (8, 3, 3, 3, 2, 2), (9, 1, 5, 1, 4, 1),
    (3, 1, 1, 4, 0, 4), (12, 3, 4, 2, 1, 3), (24, 3, 5, 4, 4, 4), (5, 1, 3, 1, 0, 2), (4, 1, 2, 3, 0, 1),
]  # fmt: skip
IMPOSSIBLE = [(3, 1, 4, 1, 0, 1), (8, 1, 3, 1, 0, 4), (3, 1, 5, 2, 2, 3)]


def named(row, flip=False):
    return dict(zip(NAMES, row, strict=True)) | {"flip": flip}


def draw(settings, seed=0):
    generator = torch.Generator().manual_seed(seed)
    size, channels, k = settings["size"], settings["channels"], settings["kernel_size"]
    x = torch.rand(1, channels, size, size, dtype=torch.float64, generator=generator)
    weight = torch.randn(1, channels, k, k, dtype=torch.float64, generator=generator)
    return x, weight


def conv(x, weight, settings):
    return F.conv2d(
        x, weight, None, settings["stride"], settings["padding"], settings["dilation"]
    )  # (1, 1, side, side)


def output_case(row, flip):
    settings = named(row, flip)
    x, weight = draw(settings)
    y = conv(x, weight.flip(2, 3) if flip else weight, settings)
    return {
        "name": f"output of {settings}",
        "js": """(model, { settings, pixels, kernel }) => {
            const { side, output } = model.correlate(settings, pixels, kernel);
            return { side, output };
        }""",
        "input": {"settings": settings, "pixels": x.flatten().tolist(), "kernel": weight.flatten().tolist()},
        "expected": {"side": y.shape[2], "output": y.flatten().tolist()},
    }


def taps_case(row):
    """An output's gradient with respect to the kernel is the window; with respect to the pixels, the kernel."""
    settings = named(row)
    x, weight = (tensor.requires_grad_() for tensor in draw(settings, 1))
    y = conv(x, weight, settings).flatten()
    index = len(y) // 2
    grad_x, grad_weight = torch.autograd.grad(y[index], (x, weight))
    return {
        "name": f"the taps of an output are its gradients, {settings}",
        "js": """(model, { settings, pixels, kernel, index }) => {
            const taps = model.tapsOf(model.correlate(settings, pixels, kernel), index);
            const back = new Array(pixels.length).fill(0);
            const { size } = settings;
            for (const { c, y, x, inside, weight } of taps) if (inside) back[(c * size + y) * size + x] += weight;
            return { sum: taps.reduce((sum, tap) => sum + tap.product, 0), window: taps.map((tap) => tap.pixel), back };
        }""",
        "input": {
            "settings": settings,
            "pixels": x.flatten().tolist(),
            "kernel": weight.flatten().tolist(),
            "index": index,
        },
        "expected": {
            "sum": y[index].item(),
            "window": grad_weight.flatten().tolist(),
            "back": grad_x.flatten().tolist(),
        },
    }


def uses_case(row):
    """With a kernel of ones, the gradient of the sum of all outputs counts the windows that look at a pixel."""
    settings = named(row)
    x, weight = draw(settings)
    x, ones = x[:, :1].requires_grad_(), torch.ones_like(weight[:, :1])
    y = conv(x, ones, settings)
    uses = torch.autograd.grad(y.sum(), x, retain_graph=True)[0].flatten().long().tolist()
    size = settings["size"]
    users = [
        [
            i
            for i, out in enumerate(y.flatten())
            if torch.autograd.grad(out, x, retain_graph=True)[0][0, 0, p, q]
        ]
        for p, q in ((0, 0), (size // 2, size - 1), (size - 1, 1))
    ]
    return {
        "name": f"the windows that look at a pixel, {settings}",
        "js": """(model, settings) => {
            const { size } = settings;
            const places = [[0, 0], [Math.floor(size / 2), size - 1], [size - 1, 1]];
            return { uses: model.countUses(settings), users: places.map(([y, x]) => model.usersOf(settings, y, x)) };
        }""",
        "input": settings,
        "expected": {"uses": uses, "users": users},
    }


def size_case():
    """Thousands of settings; torch computes shapes alone on the meta device, and refuses what does not fit."""
    rows, expected = [], []
    for size in range(3, 25, 2):
        for k in range(1, 6):
            for stride in range(1, 5):
                for padding in range(5):
                    for dilation in range(1, 5):
                        rows.append([size, k, stride, padding, dilation])
                        x, w = torch.empty(1, 1, size, device="meta"), torch.empty(1, 1, k, device="meta")
                        try:
                            expected.append(F.conv1d(x, w, None, stride, padding, dilation).shape[2])
                        except RuntimeError:
                            expected.append(0)
    assert len(rows) > 4000 and 50 < expected.count(0) < 1000
    return {
        "name": "sizes of thousands of settings; an explanation where, and only where, torch refuses",
        "js": """(model, rows) => rows.map(([size, kernel_size, stride, padding, dilation]) => {
            const settings = { size, kernel_size, stride, padding, dilation };
            const side = model.outputSide(settings);
            const ends = model.sizeFormula(settings).endsWith(`= ${side}`) || side === 0;
            return ends && (model.whyImpossible(settings) === "") === (side > 0) ? side : -1;
        })""",
        "input": rows,
        "expected": expected,
    }


def words_case():
    return {
        "name": "what is impossible is explained with its numbers",
        "js": "(model, all) => all.map((settings) => model.whyImpossible(settings))",
        "input": [named(row) for row in IMPOSSIBLE],
        "expected": [
            "The kernel does not fit: it spans 4 pixels, and the side has 3 pixels. "
            "Take a smaller kernel, more padding or a larger picture.",
            "The kernel does not fit: it spans 4·(3 − 1) + 1 = 9 pixels, and the side has 8 pixels. "
            "Take less dilation, more padding or a larger picture.",
            "The kernel does not fit: it spans 3·(5 − 1) + 1 = 13 pixels, and the side has 3 + 2·2 = 7 pixels. "
            "Take less dilation, more padding or a larger picture.",
        ],
    }


def presets_case():
    """The usual 3 x 3 kernels; and at every size blur averages, edges and outlines ignore a flat picture."""
    usual = {
        "vertical edges": [-1, 0, 1, -2, 0, 2, -1, 0, 1],
        "horizontal edges": [-1, -2, -1, 0, 0, 0, 1, 2, 1],
        "outline": [-1, -1, -1, -1, 8, -1, -1, -1, -1],
        "sharpen": [0, -1, 0, -1, 5, -1, 0, -1, 0],
        "emboss": [-2, -1, 0, -1, 1, 1, 0, 1, 2],
        "identity": [0, 0, 0, 0, 1, 0, 0, 0, 0],
        "blur": [1 / 9] * 9,
    }
    sums = {"vertical edges": 0, "horizontal edges": 0, "outline": 0, "sharpen": 1, "emboss": 1}
    sums |= {"identity": 1, "blur": 1}
    return {
        "name": "preset kernels",
        "js": """(model, names) => names.map((name) => [
            model.presetKernel(name, 3),
            [2, 3, 4, 5].map((size) => model.presetKernel(name, size).reduce((a, b) => a + b)),
        ])""",
        "input": list(usual),
        "expected": [[kernel, [sums[name]] * 4] for name, kernel in usual.items()],
    }


def crops():
    spec = importlib.util.spec_from_file_location("record_crops", ROOT / "tools/record/crops.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pictures_case():
    """The crops are those of the photographs; a gray one of colour is its luma, a small one the middle."""
    record = crops()
    bytes_of = {name: record.crop_bytes(name).double() for name in record.CROPS}
    hundredths = lambda planes: (torch.floor(100 * planes / 255 + 0.5) / 100).flatten().tolist()
    gray = torch.einsum("c,chw->hw", torch.tensor([0.299, 0.587, 0.114]).double(), bytes_of["coffee"])
    return {
        "name": "pictures",
        "js": """(model) => [
            model.makePicture("camera", 24, 1), model.makePicture("coins", 24, 3), model.makePicture("coffee", 24, 3),
            model.makePicture("coffee", 8, 1), model.makePicture("square", 4, 1), model.makePicture("own", 3, 3),
        ]""",
        "input": None,
        "expected": [
            hundredths(bytes_of["camera"]),
            hundredths(bytes_of["coins"].repeat(3, 1, 1)),
            hundredths(bytes_of["coffee"]),
            hundredths(gray[8:16, 8:16]),
            [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0],
            [0] * 27,
        ],
    }


def resize_case():
    x = torch.arange(9, dtype=torch.float64).reshape(1, 3, 3)
    return {
        "name": "a kernel's middle stays where it is when its size changes",
        "js": """(model, flat) => [
            model.replaned(flat, 3, 5, 1), model.replaned(flat, 3, 1, 1), model.replaned(flat, 3, 2, 2),
        ]""",
        "input": x.flatten().tolist(),
        "expected": [F.pad(x, (1,) * 4).flatten().tolist(), [4], [4, 5, 7, 8] * 2],
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [
        *(output_case(row, flip) for row in SETTINGS for flip in (False, True)),
        *(taps_case(row) for row in SETTINGS),
        *(uses_case(row) for row in SETTINGS[:7]),
        size_case(),
        words_case(),
        presets_case(),
        pictures_case(),
        resize_case(),
    ]
