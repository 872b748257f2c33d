"""What d2lite.sweep gains from a second process, and what it costs over a bare joblib.Parallel.

    python benchmarks/sweep.py [--repeats 7]

Speed-up: a grid of 16 real trainings (a small network on the breast-cancer table, one torch thread each), in
one process, in two, and in two by bare joblib, which is what the machine allows. Overhead: runs that do
nothing, in two processes that are up; a run of d2lite.sweep has its file written and synced, its lock, its
generators seeded and a fresh copy of train. The sides take turns, and the best times are compared: whatever
else the machine does only adds to them.
"""

import argparse
import itertools
import os
import tempfile
import time

import joblib

import d2lite

GRID = {"lr": [0.003, 0.01, 0.03, 0.1], "width": [32, 128]}
SEEDS = (0, 1)
NUM_EMPTY_RUNS = 300


def train(lr, width, seed):
    """Train a small network on real data and return its loss curve."""
    import torch
    from torch import nn

    torch.set_num_threads(1)

    inputs, targets = d2lite.datasets.tabular("breast_cancer").standardize()
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Linear(30, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2)
    )
    history = d2lite.fit(
        model,
        (inputs, targets),
        optimizer=lambda parameters: torch.optim.SGD(parameters, lr=lr),
        num_epochs=20,
        batch_size=32,
        seed=seed,
    )
    return history


def nothing(x, seed):
    """The shortest run there is."""
    return {"y": x}


def seconds_of(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def time_sweep(train, grid, seeds, n_jobs):
    with tempfile.TemporaryDirectory() as folder:
        return seconds_of(
            lambda: d2lite.sweep(train, grid, seeds, path=folder, n_jobs=n_jobs, progress=False)
        )


def time_bare(train, grid, seeds, n_jobs):
    parallel = joblib.Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")
    calls = [
        joblib.delayed(train)(*point, seed) for point in itertools.product(*grid.values()) for seed in seeds
    ]
    return seconds_of(lambda: list(parallel(calls)))


def compare(sides, repeats):
    """Return the least seconds of each side, which take turns; a first round warms up."""
    times = {name: [] for name in sides}
    for _ in range(repeats + 1):
        for name, side in sides.items():
            times[name].append(side())
    return {name: min(values[1:]) for name, values in times.items()}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    print(f"{os.cpu_count()} cores, joblib {joblib.__version__}, best of {repeats}")

    sides = {n: lambda n=n: time_sweep(train, GRID, SEEDS, n) for n in (1, 2)}
    speed = compare({**sides, "bare": lambda: time_bare(train, GRID, SEEDS, 2)}, repeats)
    num_runs = len(SEEDS) * len(GRID["lr"]) * len(GRID["width"])
    ratio = speed[1] / speed[2]
    print(f"{num_runs} trainings: one process {speed[1]:.2f} s, two {speed[2]:.2f} s, speed-up {ratio:.2f}")
    print(
        f"two processes of bare joblib {speed['bare']:.2f} s, so the machine allows {speed[1] / speed['bare']:.2f}"
    )

    grid = {"x": range(NUM_EMPTY_RUNS)}
    sides = {
        "bare": lambda: time_bare(nothing, grid, [0], 2),
        "sweep": lambda: time_sweep(nothing, grid, [0], 2),
    }
    empty = {name: 1000 * seconds / NUM_EMPTY_RUNS for name, seconds in compare(sides, repeats).items()}
    extra = empty["sweep"] - empty["bare"]
    mean = 1000 * speed[1] / num_runs
    print(
        f"an empty run: bare joblib {empty['bare']:.2f} ms, sweep {empty['sweep']:.2f} ms, "
        f"ratio {empty['sweep'] / empty['bare']:.1f}; the extra {extra:.2f} ms are {extra / mean:.2%} of a "
        "training"
    )


if __name__ == "__main__":
    main()
