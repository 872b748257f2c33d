"""Run every part of the tests, whatever fails, and end with one table of what ran and what failed.

    python tools/run_tests.py                   lint, build, unit tests, browser tests, notebooks
    python tools/run_tests.py unit browser      these parts alone
    python tools/run_tests.py --all             with everything for everyone: each browser test for each explorer

The unit tests run beside the build, and the notebooks beside the browser tests: a part alone leaves the processor idle
for a quarter of its time. What the second of such two prints comes when it has ended. The last line is "N passed, N
failed, N skipped": the tests of all parts, a part that failed as a whole counted as one. The exit status is 1 if
anything failed.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = ["-m", "pytest", "-n", "2", "--dist", "worksteal"]
# Two processes a part, one thread each: with two threads they would wait for each other most of the time.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
PARTS = {
    "lint": [["-m", "ruff", "check", "."], ["-m", "ruff", "format", "--check", "."]],
    "build": [["tools/build_book.py", "--from-empty"]],
    "unit": [[*PYTEST, "-m", "not browser", "tests"]],
    "browser": [[*PYTEST, "-m", "browser", "tests"]],
    "notebooks": [["tools/rerun_notebooks.py"]],
}
# Those of a row run at once; what a row needs, the rows before have made.
ROWS = [("lint",), ("build", "unit"), ("browser", "notebooks")]


@dataclass
class Outcome:
    """What became of one part."""

    name: str
    counts: dict = field(default_factory=lambda: dict.fromkeys(("passed", "failed", "skipped"), 0))
    failures: list = field(default_factory=list)
    seconds: float = 0.0


def run_row(names, environment):
    """Run parts at once and return their Outcomes; the first prints as it goes, the others when they have ended."""
    with contextlib.ExitStack() as files:
        outputs = [None, *(files.enter_context(tempfile.TemporaryFile(buffering=0)) for _ in names[1:])]
        with ThreadPoolExecutor(len(names)) as pool:
            outcomes = list(pool.map(run_part, names, outputs, [environment] * len(names)))
        for output in outputs[1:]:
            output.seek(0)
            print(output.read().decode(errors="replace"), flush=True)
    return outcomes


def run_part(name, output, environment):
    """Run one part's commands, all of them, and return its Outcome; a pytest part is told to write a report.

    Args:
        name: a key of PARTS.
        output: binary file that takes what the commands print, or None for this process's own output.
        environment: variables that the commands get besides this process's own.
    """
    outcome, start = Outcome(name), time.perf_counter()
    for command in PARTS[name]:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            addopts = f'{os.environ.get("PYTEST_ADDOPTS", "")} --junitxml="{report}"'
            settings = os.environ | environment | {"PYTEST_ADDOPTS": addopts}
            title = f"\n=== {name}: python {' '.join(command)}\n"
            if output is None:
                print(title, end="", flush=True)
            else:
                output.write(title.encode())
            errors = None if output is None else subprocess.STDOUT
            process = [sys.executable, *command]
            status = subprocess.run(process, cwd=ROOT, env=settings, stdout=output, stderr=errors).returncode
            failures = read_report(report, outcome.counts) if report.exists() else []
        if (
            status and not failures
        ):  # it failed as a whole: a warning of the build, a crash, nothing collected
            failures = [f"{' '.join(command)} ended with {status}"]
            outcome.counts["failed"] += 1
        outcome.failures += failures
    outcome.seconds = time.perf_counter() - start
    return outcome


def read_report(path, counts):
    """Add the counts of a JUnit report to counts, and return the names of the tests that failed."""
    failures = []
    for case in ET.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        kind = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        counts[kind] += 1
        if kind == "failed":
            failures.append("::".join(filter(None, (case.get("classname"), case.get("name")))))
    return failures


def table(outcomes):
    """Return the closing lines: a row for each part, the names of what failed, and the totals."""
    rows = [("part", "", "passed", "failed", "skipped", "seconds")]
    rows += [
        (o.name, "FAILED" if o.failures else "ok", *o.counts.values(), round(o.seconds)) for o in outcomes
    ]
    lines = ["", *("{:<12}{:<8}{:>8}{:>8}{:>9}{:>9}".format(*row) for row in rows)]
    for outcome in outcomes:
        lines += [f"failed in {outcome.name}: {failure}" for failure in outcome.failures]
    total = [sum(outcome.counts[kind] for outcome in outcomes) for kind in ("passed", "failed", "skipped")]
    return "\n".join([*lines, "{} passed, {} failed, {} skipped".format(*total)])


def main():
    """Run the parts in order, print the table, and return 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--all", action="store_true", help="every browser test for every explorer")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"parts has {min(unknown)!r}: expected some of {', '.join(PARTS)}")
    environment, outcomes = ENVIRONMENT | {"D2LITE_TEST_ALL": "1" if options.all else ""}, []
    for row in ROWS:
        if not (names := [name for name in row if name in (options.parts or PARTS)]):
            continue
        outcomes += run_row(names, environment)
        if "build" in names:  # the browser tests take the site as it is, or say that there is none
            environment |= {"D2LITE_SITE": "failed" if outcomes[-len(names)].failures else "built"}
    print(table(outcomes))
    return int(any(outcome.failures for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
