"""Record what it brings to say every class of a position, and not its best alone, on validation scenes.

    python tools/record/modern_names.py

The trainings are those of tools/record/modern_detectors.py, of the plain detector and of that with the three changes
that helped, at the rates that were best for each: the same scenes, steps and seeds. No test scene is looked at.

Recorded of each, at IoU 0.5 on the 300 validation scenes: "map", where a position says its best class alone;
"every_map", where it says every class that scores at least 0.01; "merged_map" and "every_merged_map", the same with all
classes as one; "difference", every_map less map of each of 100 draws of 300 of these scenes with replacement.
"""

import modern_detectors as rows
import numpy as np
import torch
from modern_detector import measure
from recording import record

JOINED = "residual blocks + CIoU loss + dynamic owners"


def train_point(row, lr, *, seed):
    """Train once; return what the module's docstring names."""
    torch.set_num_threads(1)
    detector = rows.train_network(rows.settings_of(row), lr, seed)
    validation = rows.load_data()[1]
    best, every = (measure(detector, validation, every_class) for every_class in (False, True))
    return {
        "map": best[0],
        "every_map": every[0],
        "merged_map": best[1],
        "every_merged_map": every[1],
        "difference": (np.array(every[2]) - np.array(best[2])).round(5).tolist(),
    }


def plan():
    """Return the plan: two rows, at their best rates."""
    found = rows.best_points("modern_rates") + rows.best_points("modern_joined_rates")
    return {
        "train": "train_point",
        "grid": [p for p in found if p["row"] in ("baseline", JOINED)],
        "seeds": rows.SEEDS,
    }


if __name__ == "__main__":
    record({"modern_names": plan})
