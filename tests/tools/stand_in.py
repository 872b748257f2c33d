"""A copy of this repository on this machine, which git takes for the one on the network."""

import functools
import shutil
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def tracked():
    """Return the files that a fresh clone has, as paths in the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [Path(name) for name in listed.stdout.split("\0") if name]
    return [path for path in paths if (ROOT / path).exists()]


def stand_in(folder, *others):
    """Make a repository of the files as they are now, others included that git ignores.

    Returns:
        Dict of the variables by which git takes it for the one that _config.yml names.
    """
    for path in (*tracked(), *others):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    run = functools.partial(subprocess.run, cwd=folder, check=True, capture_output=True)
    run(["git", "init", "--quiet", "--initial-branch", CONFIG["repository"]["branch"]])
    run(["git", "add", "--force", "."])
    run(["git", "-c", "user.name=d2lite", "-c", "user.email=d2lite@localhost", "commit", "-qm", "All of it"])
    key = f"url.{folder.as_uri()}.insteadOf"
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": key,
        "GIT_CONFIG_VALUE_0": CONFIG["repository"]["url"],
    }
