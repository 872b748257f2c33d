"""What the scripts of this folder share: a command line that names a sweep, does what is missing of it and saves it."""

import argparse
import sys
from pathlib import Path

import d2lite

FOLDER = Path(d2lite.__file__).parent / "data" / "recordings"


def record(plans, *, jobs=1):
    """Record the sweep that the command line names; of one plan alone, the name may be left out.

    Args:
        plans: dict from the name of a recording to a function that returns its plan, a dict with "train" (the name
            of the script's function of one run), "grid" and "seeds", all for `d2lite.sweep`, and where wanted
            "display" (for `Sweep.to_explorer`) and "finish" (a function of the Sweep, called before it is saved). A
            function, so that a plan may read an earlier recording.
        jobs: processes, unless the command line says otherwise.

    Raises:
        SystemExit: a run failed; those that did not are kept, and another start does the rest.
    """
    script = sys.modules["__main__"]
    parser = argparse.ArgumentParser(description=script.__doc__.split("\n\n")[0])
    parser.add_argument("name", nargs="?", choices=plans, default=next(iter(plans)))
    parser.add_argument("--jobs", type=int, default=jobs, help=f"processes ({jobs})")
    options = parser.parse_args()
    path, plan = Path(script.__file__), plans[options.name]()
    # Every run gets a copy of the function of its own: what functools.cache keeps in the script, it keeps for one run.
    train = getattr(script, plan["train"])
    sweep = d2lite.sweep(train, plan["grid"], plan["seeds"], n_jobs=options.jobs)
    if sweep.failures:
        raise SystemExit("some runs failed: start again")
    plan.get("finish", lambda sweep: None)(sweep)
    name = f" {options.name}" if len(plans) > 1 else ""
    sweep.provenance |= {"command": f"python tools/record/{path.name}{name}"}
    if "display" in plan:
        sweep.provenance |= {"display": plan["display"]}
    FOLDER.mkdir(parents=True, exist_ok=True)
    sweep.save(FOLDER / f"{options.name}.json.gz")
    print(sweep, sweep.provenance, sep="\n")
