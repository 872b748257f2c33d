"""Traces of layers' operations and bytes by torch, and of roofs by NumPy: the oracle of roofline/model.js."""

import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from d2lite.widgets.roofline import MACHINES

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "int8": torch.int8}


def run(settings, batch):
    """Return the tensors that a layer reads, and a function that gives what it writes."""
    width, side, context = (settings[name] for name in ("width", "side", "context"))
    layer = settings["layer"]
    if layer == "dense":
        x, w = torch.zeros(batch, width), torch.zeros(width, width)
        return (x, w), lambda: F.linear(x, w)
    if layer == "convolution":
        x, w = torch.zeros(batch, width, side, side), torch.zeros(width, width, 3, 3)
        return (x, w), lambda: F.conv2d(x, w, padding=1)
    if layer == "attention":
        q, (k, v) = torch.zeros(batch, 1, width), torch.zeros(2, batch, context, width)
        return (q, k, v), lambda: torch.bmm(torch.bmm(q, k.mT), v)
    x = torch.zeros(batch, width)
    return (x,), lambda: F.relu(x)


def load(settings, batch, kind):
    """Return operations (torch's counter of FLOPs; ReLU: one a number) and bytes of the tensors in a type."""
    read, compute = run(settings, batch)
    with FlopCounterMode(display=False) as counter:
        written = compute()
    work = counter.get_total_flops() or written.numel()
    return [work, sum(tensor.to(TYPES[kind]).nbytes for tensor in (*read, written))]


def load_case(layer, batch, kind, width=32, side=7, context=256):
    settings = {"layer": layer, "width": width, "side": side, "context": context}
    work, size = load(settings, batch, kind)
    return {
        "name": f"{layer}, batch {batch}, {kind}",
        "js": """(model, [settings, batch, type]) => {
            const { work, bytes, intensity } = model.loadOf(model.costOf(settings, type), batch);
            return [work, bytes, intensity];
        }""",
        "input": [settings, batch, kind],
        "expected": [work, size, work / size],
    }


def roof_case(key):
    """The roof at many intensities as the least of two lines, and the times of a load there."""
    machine = MACHINES[key]
    peak, bandwidth = max(machine["peaks"].values()) * 1e12, machine["bandwidth"] * 1e9
    intensities = np.logspace(-1, 5, 31)
    roof = np.minimum(peak, intensities * bandwidth)
    return {
        "name": f"the roof of {key}",
        "js": """(model, [intensities, machine]) => intensities.map((intensity) => {
            const { whole } = model.timesOf({ work: intensity, bytes: 1 }, machine);
            return [model.roofAt(intensity, machine) / 1e12, intensity / whole / 1e12];
        })""",
        "input": [intensities.tolist(), {"peak": peak, "bandwidth": bandwidth}],
        "expected": [[rate / 1e12, rate / 1e12] for rate in roof.tolist()],
    }


def ridge_case(layer, width, side=56):
    """The least whole batch with which arithmetic takes as long, found by trying; 0 where none up to 10^6 does."""
    settings = {"layer": layer, "width": width, "side": side, "context": 256}
    one, two = (np.array(load(settings, batch, "bf16")) for batch in (1, 2))
    batches = np.arange(1, 10**6 + 1)[:, None]
    loads = one + (two - one) * (batches - 1)  # both grow by the same amount with each sample
    bound = loads[:, 0] / 312e12 >= loads[:, 1] / 2039e9
    return {
        "name": f"batch at the ridge, {layer} of {width}",
        "js": """(model, settings) => {
            const batch = model.batchAtRidge(model.costOf(settings, "bf16"), { peak: 312e12, bandwidth: 2039e9 });
            return Number.isFinite(batch) ? Math.max(1, Math.ceil(batch)) : 0;
        }""",
        "input": settings,
        "expected": int(batches[bound.argmax(), 0]) if bound.any() else 0,
    }


def types_case():
    asked = [
        ("haswell", "bf16", "fp32"),
        ("k80", "int8", "fp32"),
        ("tpu1", "fp32", "int8"),
        ("tpu4", "fp32", "bf16"),
        ("a100", "int8", "int8"),
    ]
    return {
        "name": "the type a machine calculates in",
        "js": "(model, pairs) => pairs.map(([peaks, type]) => ['fp32', 'bf16', 'int8'].indexOf(model.typeOn(peaks, type)))",
        "input": [[MACHINES[key]["peaks"], kind] for key, kind, _ in asked],
        "expected": [list(TYPES).index(found) for *_, found in asked],
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    loads = [
        load_case(layer, batch, kind)
        for layer in ("dense", "convolution", "attention", "relu")
        for batch in (1, 16)
        for kind in TYPES
    ]
    ridges = [ridge_case("dense", 4096), ridge_case("dense", 128), ridge_case("convolution", 64, 14)]
    return [*loads, *map(roof_case, MACHINES), *ridges, types_case()]
