"""Record sixteen more seeds of one row of the chapter on LSTM: a forget bias of 1, a letter to be held for 20 steps.

    python tools/record/memory_more.py   # 16 runs, seeds 8 to 23

It writes d2lite/data/recordings/memory_more.json.gz; kill it and start it again, and it goes on where it was. The runs
are those of tools/record/memory.py, which recorded seeds 0 to 7.
"""

from memory import train_point as train
from recording import record

SEEDS = range(8, 24)


def train_point(cell, lag, *, seed):
    """Train once; return what memory.py records."""
    return train(cell, lag, seed=seed)


def plan():
    """Return the plan: one point, sixteen seeds."""
    return {"train": "train_point", "grid": {"cell": ["lstm 1"], "lag": [20]}, "seeds": SEEDS}


if __name__ == "__main__":
    record({"memory_more": plan})
