"""Record the changes that helped once more, with five other seeds, asked both ways; and anchors left out alone.

    python tools/record/modern_again.py modern_again_rates  # 3 runs: "no anchors" with three rates, one seed
    python tools/record/modern_again.py                     # 25 runs: five rows at their best rates, seeds 3 to 7

Each writes d2lite/data/recordings/<name>.json.gz; kill it and start it again, and it goes on where it was. The
trainings are those of tools/record/modern_detectors.py. Its rows and rates were chosen there, so these seeds chose
nothing. One row is new, "no anchors": a position says one box, as with dynamic owners, but the owner is fixed, the
cell of the object's centre.

Recorded of each run at IoU 0.5: "map", of the 300 validation scenes, best class alone; "test_map" and
"test_every_map", of the 500 test scenes, where a position says its best class alone, and where it says every class
that scores at least 0.01.
"""

import modern_detectors as rows
import numpy as np
import torch
from modern_detector import predict
from recording import record

import d2lite

SEEDS = range(3, 8)
AGAIN = ("baseline", "residual blocks", "CIoU loss", "dynamic owners")
ALONE = "no anchors"


def mean_precision(detector, scenes, every_class):
    """Return mAP@0.5 over the ten classes."""
    matches, objects = rows.matches_of(predict(detector, scenes, every_class), scenes.targets)
    return rows.average_precisions(matches, objects, np.ones(len(scenes)))


def train_point(row, lr, tested=True, *, seed):
    """Train once; return what the module's docstring names, the validation's alone if not tested."""
    torch.set_num_threads(1)
    detector = rows.train_network(rows.settings_of(row), lr, seed)
    _, validation, test = rows.load_data()
    results = {"map": mean_precision(detector, validation, False)}
    if tested:
        results["test_map"] = mean_precision(detector, test, False)
        results["test_every_map"] = mean_precision(detector, test, True)
    return results


def plan():
    """Return the plan: the rows that helped and "no anchors", at their best rates."""
    tried = sorted(d2lite.Sweep.recorded("modern_again_rates"), key=lambda run: run["map"])
    found = [point for point in rows.best_points("modern_rates") if point["row"] in AGAIN]
    found.append({"row": ALONE, "lr": tried[-1].point["lr"]})
    return {"train": "train_point", "grid": found, "seeds": SEEDS}


def plan_rates():
    """Return the plan: "no anchors" with the three rates that every row got."""
    grid = [{"row": ALONE, "lr": lr, "tested": False} for lr in (0.016, 0.032, 0.064)]
    return {"train": "train_point", "grid": grid, "seeds": rows.SEEDS[:1]}


if __name__ == "__main__":
    record({"modern_again": plan, "modern_again_rates": plan_rates})
