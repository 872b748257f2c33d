"""Run every chapter from top to bottom, one at a time, and say how long it takes and how much memory its kernel needs.

    python benchmarks/notebooks.py                        all chapters
    python benchmarks/notebooks.py lenet yolo             those whose path contains a word

Each chapter gets a process of its own and a fresh kernel, two threads, no cached outputs. Seconds are wall time with
the kernel's start; "cpu" is processor time of the kernel, which a busy machine distorts less; memory is the kernel's
peak resident size. The bounds a chapter keeps: 60 s and 1 GB on two cores.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_SECONDS, MOST_MB = 60, 1000
UNIT = 1024 if sys.platform == "linux" else 1024 * 1024  # of ru_maxrss, in bytes a thousandth


def run_one(path):
    """Execute one notebook here; return its seconds, its kernel's processor seconds and peak memory in MB."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)  # of the kernel, which has ended
    return {
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "mb": usage.ru_maxrss * UNIT / 1e6,
    }


def main():
    """Measure the chapters in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", help="only chapters whose path contains one of these")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)  # how this script calls itself
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run_one(options.one)))
        return
    environment = os.environ | {"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2"}
    over = 0
    print(f"| {'chapter':44} | seconds | cpu | peak MB |\n| {'---':44} | --- | --- | --- |")
    for path in sorted((ROOT / "chapters").rglob("*.ipynb")):
        name = path.relative_to(ROOT / "chapters").with_suffix("").as_posix()
        if options.words and not any(word in name for word in options.words):
            continue
        command = [sys.executable, __file__, "--one", str(path)]
        result = subprocess.run(command, env=environment, capture_output=True, text=True)
        if result.returncode:
            sys.exit(f"{name} failed:\n{result.stderr}")
        found = json.loads(result.stdout.splitlines()[-1])
        late = found["seconds"] > MOST_SECONDS or found["mb"] > MOST_MB
        over += late
        figures = f"{found['seconds']:7.1f} | {found['cpu']:3.0f} | {found['mb']:7.0f}"
        print(f"| {name:44} | {figures} |{' over' * late}", flush=True)
    print(f"{over} over {MOST_SECONDS} s or {MOST_MB} MB")


if __name__ == "__main__":
    main()
