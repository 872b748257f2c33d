"""Run every part of the tests, whatever fails, and end with one table of what ran and what failed.

    python tools/run_tests.py                   lint, build, unit tests, browser tests, notebooks
    python tools/run_tests.py unit browser      these parts alone
    python tools/run_tests.py --all             with everything: each browser test for each explorer, and nightly tests

The last line is "N passed, N failed, N skipped": the tests of all parts, a part that failed as a whole counted
as one. The exit status is 1 if anything failed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
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


@dataclass
class Outcome:
    """What became of one part."""

    name: str
    counts: dict = field(default_factory=lambda: dict.fromkeys(("passed", "failed", "skipped"), 0))
    failures: list = field(default_factory=list)
    seconds: float = 0.0


def run_part(name, environment):
    """Run one part's commands, all of them, and return its Outcome; a pytest part is told to write a report."""
    outcome, start = Outcome(name), time.perf_counter()
    for command in PARTS[name]:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            addopts = f'{os.environ.get("PYTEST_ADDOPTS", "")} --junitxml="{report}"'
            settings = os.environ | environment | {"PYTEST_ADDOPTS": addopts}
            print(f"\n=== {name}: python {' '.join(command)}", flush=True)
            status = subprocess.run([sys.executable, *command], cwd=ROOT, env=settings).returncode
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
    parser.add_argument(
        "--all", action="store_true", help="every browser test for every explorer, and nightly tests"
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"parts has {min(unknown)!r}: expected some of {', '.join(PARTS)}")
    environment, outcomes = ENVIRONMENT | {"D2LITE_TEST_ALL": "1" if options.all else ""}, []
    for name in options.parts or PARTS:
        outcomes.append(run_part(name, environment))
        if name == "build":  # the browser tests take the site as it is, or say that there is none
            environment |= {"D2LITE_SITE": "failed" if outcomes[-1].failures else "built"}
    print(table(outcomes))
    return int(any(outcome.failures for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
