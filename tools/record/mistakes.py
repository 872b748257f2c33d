"""Record twenty common mistakes, each planted alone in one small training program: what it prints, and what is true.

    python tools/record/mistakes.py               # 210 runs: the right program and each mistake, ten seeds
    python tools/record/mistakes.py mistakes_few  # 60 runs: the same with twenty training photos, three seeds

Each writes d2lite/data/recordings/<name>.json.gz, which `Sweep.recorded(name)` reads; kill it and start it again, and
it goes on where it was. The program, the mistakes and the data are those of d2lite.training.mistakes.py; "none"
is the program as it should be. Each seed draws other photos and other weights. Of a run:

    raised            1 after an error, 0 otherwise; after an error all other numbers are nan
    losses            training loss that the program prints after each of 12 passes
    accuracies        accuracy that it prints after each pass, on 450 validation photos
    report            accuracy that it reports in the end, on 450 test photos
    true              accuracy of the network that it keeps, on 6,000 photos that no part of the program has met
"""

from recording import record

from d2lite.training.mistakes import MISTAKES, NUM_PASSES, run_program

NAMES = ["none", *MISTAKES]


def train_point(mistake, few, *, seed):
    """Run the program once and return what the module's docstring names."""
    run = run_program(None if mistake == "none" else mistake, seed, few=few)
    nothing = [float("nan")] * NUM_PASSES
    curves = {name: nothing if run["raised"] else run[name] for name in ("losses", "accuracies")}
    return {"raised": int(run["raised"] != ""), "report": run["report"], "true": run["true"], **curves}


def plan(names, few, seeds):
    """Return the plan of a recording, as `record` takes it."""
    return {
        "train": "train_point",
        "grid": [{"mistake": name, "few": few} for name in names],
        "seeds": range(seeds),
    }


if __name__ == "__main__":
    record(
        {
            "mistakes": lambda: plan(NAMES, False, 10),
            "mistakes_few": lambda: plan([name for name in NAMES if name != "lucky_seed"], True, 3),
        }
    )
