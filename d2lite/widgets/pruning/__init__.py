"""The pruning explorer: a trained LeNet with weights cut and rounded."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Integer, Numbers, Payload

LAYERS = ("all", "conv1", "conv2", "dense1", "dense2", "output")
LAYER_NAMES = ("all layers", "Convolution 1", "Convolution 2", "Dense 1", "Dense 2", "Output")
CHOICES = ("all", "layer", "random")
CHOICE_NAMES = ("smallest of all", "smallest of each layer", "any, at random")
CUTS = (0, 20, 40, 50, 60, 70, 75, 80, 85, 90, 92, 94, 96, 97, 98, 99)  # of the recorded curves, in percent


def load_pruning():
    """Return the LeNet that ships, twenty test images, and what it loses by cuts and rounding, as recorded."""
    from d2lite import Sweep
    from d2lite.models.lenet import pretrained_payload

    runs = Sweep.recorded("cut_lenet")
    (whole,) = runs.select(choose="all", scale="channel", bits=8)
    curves = {
        f"{run.point['choose']} {run.point['scale']} {run.point['bits']}": _rounded(run["accuracy"])
        for run in runs
    }
    return {
        **pretrained_payload(),
        "cuts": list(CUTS),
        "curves": curves,
        "retrained": _rounded(whole["retrained"]),
    }


def _rounded(values):
    return [round(float(value), 4) for value in values]


class PruningExplorer(Explorer):
    """A trained LeNet with weights cut and rounded: its weights, its accuracy and its answer to one photo.

    The network runs in the page with the weights that are left, in as many bits as chosen. Its accuracy, on 1,000
    photos that it did not learn from, is recorded.

    Example:
        >>> PruningExplorer(cut=90, bits=4)

    Taught in chapters/06_cnn/compression.
    """

    cut = Integer(80, min=0, max=99, unit="%", label="weights cut")
    bits = Integer(8, min=2, max=8, label="bits a weight")
    choose = Choice("all", CHOICES, names=CHOICE_NAMES, label="cut which")
    scale = Choice(
        "channel",
        ("channel", "tensor"),
        names=("each channel", "the layer"),
        label="one scale for",
        help="The largest weight of a channel, or of the layer, becomes the last step of the scale.",
    )
    layer = Choice("all", LAYERS, names=LAYER_NAMES, label="weights shown")
    image = Integer(7, min=0, max=19, label="photo", help="Its index.")
    kept = Integer(0, min=0, max=61_470, output=True)
    logits = Numbers(min=-1e300, max=1e300, max_length=10, output=True)
    data = Payload(loader=load_pruning)
