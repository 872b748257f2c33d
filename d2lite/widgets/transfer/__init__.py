"""The transfer explorer: recorded accuracies with and without layers from another task, by labelled images."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Integer, Payload, Real

SOURCES, LABELS = ("near", "far"), (1, 3, 10, 30, 100)


def load_transfer():
    """Return the test accuracies of tools/record/transfer.py: for each way a row for each number of labelled images."""
    from d2lite import Sweep

    sweep = Sweep.recorded("transfer_seeds")

    def rows(source, way):
        seeds = [run[f"{way}, test"] for run in sweep.select(source=source)]
        return [[round(float(value), 3) for value in values] for values in zip(*seeds, strict=True)]

    packed = {"labels": list(LABELS), "scratch": rows("none", "scratch"), "random": rows("none", "random")}
    for source in SOURCES:
        frozen = [rows(source, f"{layers} frozen") for layers in (1, 2, 3, 4)]
        packed[source] = {"frozen": frozen, "tuned": rows(source, "fine-tuned")}
    return packed


class TransferExplorer(Explorer):
    """What layers from another task are worth, by the number of labelled images.

    Each network reads the digits 5 to 9, at the learning rate of its best validation accuracy; the accuracies are of
    ten seeds on 1,000 test images. A seed has its own images, first weights and source network, the same in all ways.

    Example:
        >>> TransferExplorer(source="far", layers=2, labels=30)

    Taught in chapters/06_cnn/transfer_learning.
    """

    source = Choice(
        "near", SOURCES, names=("digits 0 to 4", "clothes"), label="layers come from", help="The source task."
    )
    layers = Integer(3, min=1, max=4, label="layers frozen", help="As copied; those after them start anew.")
    labels = Choice(3, LABELS, label="labelled images a class")
    each_seed = Flag(False, label="each seed", help="A line for each seed instead of the band.")
    random = Flag(False, label="three random layers", help="Frozen as they start: no source at all.")
    gain = Real(0, min=-1, max=1, output=True)
    needed = Real(0, min=0, max=1000, output=True)
    data = Payload(loader=load_transfer)
