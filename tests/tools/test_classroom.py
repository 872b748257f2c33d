"""classroom/Containerfile: what it copies is there, and what it copies installs and is the course."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STEPS = [
    line
    for line in (ROOT / "classroom" / "Containerfile").read_text(encoding="utf-8").splitlines()
    if re.match("[A-Z]+ ", line)
]


def copies():
    """Return (sources, destination) of each COPY."""
    steps = [
        [w for w in line.split()[1:] if not w.startswith("--")] for line in STEPS if line.startswith("COPY")
    ]
    return [(words[:-1], words[-1]) for words in steps]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """What the container's folders would hold after its COPY steps."""
    root = tmp_path_factory.mktemp("image")
    where = root / "opt" / "d2lite"
    for sources, destination in copies():
        target = root / destination.lstrip("/") if destination.startswith("/") else where / destination
        for source in sources:
            found = list(ROOT.glob(source))
            assert found, f"COPY {source}: nothing there"
            for path in found:
                if path.is_dir():
                    shutil.copytree(
                        path, target, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
                    )
                else:
                    target.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, target)
    return root


def test_it_installs_the_tested_versions(image):
    (install,) = (line for line in STEPS if line.startswith("RUN pip"))
    assert '-c constraints.txt ".[lab]"' in install and (image / "opt/d2lite/constraints.txt").exists()
    pinned = (ROOT / ".binder" / "runtime.txt").read_text().strip().replace("-", ":")
    assert f"FROM {pinned}-slim" in STEPS


def test_what_it_copies_is_enough_to_install_d2lite_from(image, tmp_path):
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
    ]
    command += ["--target", str(tmp_path / "there"), str(image / "opt" / "d2lite")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "there/d2lite/data/weights/lenet.npz").exists()
    assert list((tmp_path / "there/d2lite/widgets/_built").glob("*/page/*.js")), "the explorers' scripts"


def test_the_chapters_are_where_the_hub_opens_and_their_links_lead_somewhere(image):
    home = image / "home" / "student"
    assert len(list(home.glob("chapters/*/*.ipynb"))) == len(list(ROOT.glob("chapters/*/*.ipynb")))
    assert (home / "book" / "glossary.md").exists()
    assert any("--LabApp.default_url=/lab/tree/chapters" in line for line in STEPS if line.startswith("CMD"))
