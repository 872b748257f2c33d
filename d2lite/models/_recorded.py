"""The detector that ships with the package, trained by tools/record/detector.py."""

import json
import zipfile
from pathlib import Path

import numpy as np
import torch

from d2lite.models._grid_detector import GridDetector

FILE = Path(__file__).parent.parent / "data" / "detector.npz"
LOSSES = ("box", "objectness", "class")


def recorded_detector(path=None):
    """Return the detector of the chapter on YOLO, trained on 320,000 scenes, and how that went.

    Args:
        path: a file that tools/record/detector.py wrote; None for the one that ships.

    Returns:
        `GridDetector` in evaluation mode, its weights stored as float16; and a dict: "losses", a dict of term to
        (S,) list, means over "every" steps each; "first_losses", likewise of each of the first steps; "map_50" and
        "merged_map_50", measured then; "command", "seed", "versions", "seconds" and what else says where it is from.

    Raises:
        ValueError: the file is not such a recording.

    Taught in chapters/08_detection/yolo.
    """
    path = Path(path or FILE)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            state = {name: torch.from_numpy(arrays[name].copy()) for name in arrays.files if name != "record"}
            record = json.loads(str(arrays["record"]))
        detector = GridDetector(state["anchors"], **record["shape"])
        detector.load_state_dict({name: value.float() for name, value in state.items()})
    except (OSError, EOFError, zipfile.BadZipFile, ValueError, LookupError, RuntimeError, TypeError) as error:
        raise ValueError(f"{path} holds no detector ({error}): record it again") from error
    return detector.eval(), record


def write_detector(path, detector, record):
    """Write the file that `recorded_detector` reads; record is its dict."""
    state = {name: value.numpy() for name, value in detector.state_dict().items()}
    half = {
        name: value.astype(np.float16) if name.startswith(("body", "head")) else value
        for name, value in state.items()
    }
    np.savez_compressed(path, record=json.dumps(record), **half)
