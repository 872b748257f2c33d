"""Record the chosen networks of AlexNet and VGG, Inception and their family once more, with five seeds of their own.

    python tools/record/convnets_again.py   # 105 runs: each network at the rate that it chose, seeds 200 to 204

It writes d2lite/data/recordings/convnets_again.json.gz, which `Sweep.recorded("convnets_again")` reads; kill it and
start it again, and it goes on where it was. What the chapters say of three seeds is held against these: no rate and
no sentence was chosen by them. "source" names the recording whose network, rate and protocol a run repeats:
"blocks", "undropped", "inception", "inception_norm" or "family". Of each run, as there:

    loss, accuracy, train_accuracy, test_parts    as in blocks.py
"""

import blocks
import family
import inception
import inception_norm
from recording import record

import d2lite

SEEDS = range(200, 205)
MODULES = {"blocks": blocks, "inception": inception, "inception_norm": inception_norm, "family": family}


def train_point(source, net, lr, tested=True, *, seed):
    """Train one network of a recording once."""
    if source == "undropped":
        return blocks.train_undropped(lr, tested, seed=seed)
    return MODULES[source].train_point(net, lr, tested, seed=seed)


def points():
    """Return the points that the recordings with other seeds have, each with its source."""
    found = []
    for source in ("blocks", "undropped", "inception", "inception_norm", "family"):
        for run in d2lite.Sweep.recorded(f"{source}_seeds"):
            point = {"source": source, "net": run.point.get("net", "AlexNet"), "lr": run.point["lr"]}
            if point not in found:
                found.append(point)
    return found


if __name__ == "__main__":
    record({"convnets_again": lambda: {"train": "train_point", "grid": points(), "seeds": SEEDS}})
