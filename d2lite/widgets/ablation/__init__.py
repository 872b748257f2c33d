"""The ablation explorer: what each change of a detector brought, a table that the reader builds row by row."""

from d2lite.widgets._base import Explorer
from d2lite.widgets._traits import Choice, Flag, Numbers, Payload, Real

CHANGES = {
    "residual blocks": "each block's result is added to its input",
    "k-means anchors": "anchors clustered from the training boxes, in place of three squares",
    "CIoU loss": "boxes are judged by their overlap (weight 2), in place of squared errors (weight 5)",
    "FPN": "boxes from two grids; coarse maps are added to fine ones",
    "PANet": "as FPN, and then fine maps are added to coarse ones",
    "multi-scale training": "each batch is scaled to 80, 96 or 112 pixels",
    "mosaic": "half of the batches show parts of four scenes in one",
    "CutMix": "half of the batches have a piece of another scene pasted in",
    "stylized": "half of the batches have the colours of other scenes",
    "DropBlock": "a tenth of the last maps is set to 0, in blocks of 3 × 3",
    "label smoothing": "a tenth of each label is shared by all classes",
    "dynamic owners": "one box a cell, without anchors; the cheapest positions own an object (SimOTA)",
}
MEASURES = {"test": "ten classes", "test_merged": "one class"}


def load_ablation():
    """Return the changes and, of each recorded set, its rate, its cost, its mAP by seed and by draw of scenes."""
    from d2lite import Sweep

    names, sets = list(CHANGES), {}
    for run in [*Sweep.recorded("modern_rows"), *Sweep.recorded("modern_joined")]:
        sets.setdefault(run.point["row"], []).append(run)
    return {
        "changes": [{"name": name, "about": about} for name, about in CHANGES.items()],
        "sets": [
            {
                "on": sorted(names.index(part) for part in row.split(" + ") if part != "baseline"),
                "lr": runs[0].point["lr"],
                "products": round(runs[0]["products"], 2),
                "test": [round(run["test_map"], 5) for run in runs],
                "test_merged": [round(run["test_merged_map"], 5) for run in runs],
                "draws": [
                    round(float(value), 4) for value in sum(run["resampled"] for run in runs) / len(runs)
                ],
            }
            for row, runs in sets.items()
        ],
    }


class AblationExplorer(Explorer):
    """A table of recorded detectors, built row by row: which changes, what they gained, what they cost.

    Each row is three trainings over 5 passes of 2,000 scenes at its own learning rate, measured once on 500 scenes of
    other items. The gain over the row before all others is paired by seeds and by scenes.

    Example:
        >>> AblationExplorer(changes=[0, 2], rows=[1, 3])

    Taught in chapters/08_detection/modern_detectors.
    """

    changes = Numbers(
        [0], min=0, max=len(CHANGES) - 1, max_length=len(CHANGES), integer=True, names=tuple(CHANGES)
    )
    rows = Numbers([], min=0, max=60, max_length=60, integer=True)
    measure = Choice("test", tuple(MEASURES), names=tuple(MEASURES.values()), label="measured over")
    against = Choice(
        "baseline", ("baseline", "first row"), names=("baseline", "first row"), label="gain over"
    )
    ordered = Flag(False, label="largest gain first")
    gain = Real(0, min=-1, max=1, output=True)
    data = Payload(loader=load_ablation)
