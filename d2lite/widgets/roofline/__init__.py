"""The roofline explorer: a layer on the roofline of a machine."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Numbers, Payload, Real, Rows

# Makers' figures, without sparsity: 10^12 operations a second by data type (a multiply-add is two), and 10^9 bytes.
MACHINES = {
    "haswell": {"name": "18-core CPU, 2014", "peaks": {"fp32": 1.3, "int8": 2.6}, "bandwidth": 51},
    "k80": {"name": "GPU K80, 2014", "peaks": {"fp32": 2.8}, "bandwidth": 160},
    "tpu1": {"name": "TPU v1, 2015", "peaks": {"int8": 92}, "bandwidth": 34},
    "a100": {
        "name": "GPU A100, 2020",
        "peaks": {"fp32": 19.5, "bf16": 312, "int8": 624},
        "bandwidth": 2039,
    },
    "tpu4": {"name": "TPU v4, 2021", "peaks": {"bf16": 275, "int8": 275}, "bandwidth": 1200},
    "h100": {
        "name": "GPU H100, 2022",
        "peaks": {"fp32": 67, "bf16": 989, "int8": 1979},
        "bandwidth": 3350,
    },
}
LAYERS = ("dense", "convolution", "attention", "relu")
LAYER_NAMES = ("dense", "convolution 3 × 3", "attention, cached", "ReLU alone")


def load_machines():
    """Return the machines' figures: name, peak of each data type in 10^12 operations a second, 10^9 bytes a second."""
    return {"machines": [{"key": key, **machine} for key, machine in MACHINES.items()]}


class RooflineExplorer(Explorer):
    """A layer on the roofline of a machine: which of memory and arithmetic it waits for, and what would help.

    The machines' figures are their makers' (the three of 2014 and 2015 as Jouppi and others published them, 2017), or
    your own, measured. A layer reads its weights and inputs once and writes its outputs once.

    Example:
        >>> RooflineExplorer(machine="a100", layer="dense", batch=64)

    Taught in chapters/09_beyond/hardware.
    """

    machine = Choice(
        "a100",
        (*MACHINES, "own"),
        names=(*(machine["name"] for machine in MACHINES.values()), "your own"),
    )
    layer = Choice("dense", LAYERS, names=LAYER_NAMES)
    batch = Choice(1, tuple(2**k for k in range(13)), help="Samples at once. Drag the point to change it.")
    data_type = Choice("bf16", ("fp32", "bf16", "int8"), help="4, 2 or 1 bytes a number.")
    width = Choice(
        4096,
        tuple(2**k for k in range(4, 14)),
        help="Units of the dense layer, in and out; maps of the convolution; numbers for a letter.",
    )
    side = Choice(56, (7, 14, 28, 56, 112, 224), label="map's side")
    context = Choice(
        2048,
        tuple(2**k for k in range(8, 18)),
        label="letters read before",
        help="One new letter reads the keys and values of all of them from the cache.",
    )
    own_peak = Real(
        100, min=0.1, max=1e7, log=True, unit="GFLOP/s", label="your peak", help="Measured, in fp32."
    )
    own_bandwidth = Real(20, min=0.1, max=1e5, log=True, unit="GB/s", label="your bandwidth")
    own_points = Rows(
        columns=[("operations a byte", 1e-3, 1e6), ("GFLOP/s", 1e-3, 1e8)],
        max_length=20,
        label="measured layers",
    )
    intensity = Numbers(min=0, max=1e300, max_length=1, output=True)
    share = Numbers(min=0, max=1, max_length=1, output=True)
    data = Payload(loader=load_machines)
