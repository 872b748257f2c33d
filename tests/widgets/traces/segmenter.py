"""Traces of U-Nets, their masks and their scenes by torch in double precision: the oracle of segmenter/model.js."""

import numpy as np
import torch

from d2lite.datasets import scenes
from d2lite.datasets._scenes import _interpolation, _outline
from d2lite.models import unet, weights
from d2lite.vision.segmentation import class_iou, dice, iou
from d2lite.widgets._palette import PALETTE
from d2lite.widgets.segmenter import ITEMS, SIDE, segmenter_payload

CROWD = [[3, 2, 3, 20, 1], [7, 46, 40, 30, 5], [13, 24, 24, 40, 0], [16, 26, 20, 11, 3], [4, 20, 47, 25, 2]]


def small_net(channels_in, widths, num_classes=3):
    """Return tensors and twin of an untrained network whose batch norms do something."""
    torch.manual_seed(sum(widths))
    net = unet.UNet(channels_in, num_classes, widths)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias)
            torch.nn.init.normal_(module.running_mean)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    tensors = unet.to_tensors(net)
    shape = {"channels_in": channels_in, "num_classes": num_classes, "widths": widths}
    return tensors, unet.from_tensors(tensors, torch.float64, **shape)


@torch.no_grad()
def pass_case(name, layers, net, pixels):
    logits = net(pixels[None].double() / 255)[0]
    return {
        "name": f"probabilities of {name}",
        "js": """(model, { layers, pixels, channels }) => {
            const { probabilities, best } = model.readLabels(model.runPass(model.readNetwork(layers), pixels, channels));
            return [probabilities.map((p) => [...p]), [...best]];
        }""",
        "input": {"layers": layers, "pixels": pixels.flatten().tolist(), "channels": len(pixels)},
        "expected": [logits.softmax(0).flatten(1).tolist(), logits.argmax(0).flatten().tolist()],
    }


def cost_case():
    """Multiplications of a pass, counted from the shapes of torch's own maps."""
    net, total = unet.pretrained()[0], 0

    def count(module, inputs, output):
        nonlocal total
        maps = inputs[0] if isinstance(module, torch.nn.ConvTranspose2d) else output
        total += module.weight.numel() * maps.shape[-1] * maps.shape[-2]

    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            module.register_forward_hook(count)
    net(torch.zeros(1, 3, SIDE, SIDE))
    return {
        "name": "multiplications of a pass",
        "js": "(model, { layers, side }) => model.countProducts(model.readNetwork(layers), side)",
        "input": {"layers": unet.pretrained_payload(), "side": SIDE},
        "expected": total,
    }


def sliced_case():
    tensors, net = small_net(3, (3, 4, 5))
    pixels = scenes(0, 1, size=16, max_items=1)[1].pixels[0]
    return {
        "name": "a pass in slices is the pass at once",
        "js": """(model, { layers, pixels }) => {
            const network = model.readNetwork(layers);
            const pass = model.startPass(network, pixels);
            let slices = 0;
            while (!pass.done && slices < 1000) {
                model.continuePass(pass, () => true);
                slices++;
            }
            const same = JSON.stringify(model.readLabels(pass)) === JSON.stringify(model.readLabels(model.runPass(network, pixels)));
            return [slices, same, model.progressOf(pass)];
        }""",
        "input": {"layers": unet.payload(tensors), "pixels": pixels.flatten().tolist()},
        # down 2 x (3 + 4 + 5), pools 3 + 4, up and joined 3 x (4 + 3), head 3
        "expected": [24 + 7 + 21 + 3, True, 1],
    }


def overlap_case(seed, share):
    torch.manual_seed(seed)
    probability = torch.rand(SIDE**2, dtype=torch.float64)
    truth = torch.rand(SIDE**2) < share
    thresholds = [k / 100 for k in range(1, 100)]
    at = lambda score: [score(probability >= threshold, truth) for threshold in thresholds]
    return {
        "name": f"overlaps where {share:.0%} is true",
        "js": """(model, { probability, truth }) => {
            const { iou, dice } = model.overlapCurves(probability, truth);
            return [model.THRESHOLDS, iou, dice];
        }""",
        "input": {"probability": probability.tolist(), "truth": truth.int().tolist()},
        "expected": [thresholds, at(iou), at(dice)],
    }


def labels_case():
    torch.manual_seed(5)
    best, labels = torch.randint(0, 3, (2, 200))
    return {
        "name": "IoU of labels, one of them in neither",
        "js": "(model, { best, labels }) => model.labelOverlaps(Uint8Array.from(best), Uint8Array.from(labels), 4)",
        "input": {"best": best.tolist(), "labels": labels.tolist()},
        "expected": class_iou(best, labels, 4).nan_to_num(-1).tolist(),
    }


def true_labels(rows):
    """The labels of a scene, by the package's own outlines and resampling."""
    labels = np.zeros((SIDE, SIDE), int)
    for item, x, y, side, _ in rows:
        scale, index = _interpolation(28, side), PALETTE[item]
        inside = scale @ _outline("test", index) @ scale.T > 0.5 - 1e-9
        left, top = (int(np.floor(value - side / 2 + 0.5)) for value in (x, y))
        for row, column in np.argwhere(inside):
            if 0 <= top + row < SIDE and 0 <= left + column < SIDE:
                labels[top + row, left + column] = unet.GROUPS[index % 10 + 1]
    return labels


def truth_case(name, rows):
    labels = true_labels(rows)
    payload = segmenter_payload()
    return {
        "name": f"the truth of {name}",
        "js": """(model, { palette, groups, items }) => {
            const { labels } = model.makePicture(model.readPalette(palette), groups, { background: 1, items });
            return [[...labels], [...model.truthMask(labels, 0)].map(Number), [...model.truthMask(labels, 3)].map(Number)];
        }""",
        "input": {"palette": payload["palette"], "groups": payload["groups"], "items": rows},
        "expected": [labels.ravel().tolist(), (labels > 0).astype(int).ravel().tolist(), (labels == 3).astype(int).ravel().tolist()],
    }  # fmt: skip


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    test = scenes(0, 2, seed=7, **unet.SCENES)[1]
    gray = torch.randint(0, 256, (1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    tensors, net = small_net(1, (2, 5))
    kept, record = weights.load("unet")
    shipped = unet.from_tensors(kept, torch.float64, **record["shape"])
    return [
        pass_case("a small network on one channel", unet.payload(tensors), net, gray),
        *(
            pass_case("the network that ships", unet.pretrained_payload(), shipped, pixels)
            for pixels in test.pixels
        ),
        cost_case(),
        sliced_case(),
        overlap_case(0, 0.2),
        overlap_case(1, 0.01),
        labels_case(),
        truth_case("the first scene", ITEMS),
        truth_case("a crowd that leaves the scene", CROWD),
    ]
