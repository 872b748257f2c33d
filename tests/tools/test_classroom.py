"""classroom/: what the Containerfile copies is there and is the course; what README.md has set exists and agrees."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from containerfile import STEPS, TEXT, lay_out
from packaging.requirements import Requirement
from stand_in import ROOT

from d2lite.widgets import _bundle

README = (ROOT / "classroom" / "README.md").read_text(encoding="utf-8")
INSTALLS = [line for line in STEPS if line.startswith("RUN pip install")]


def snippet(language):
    """Return the one block of README.md in a language."""
    [block] = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return block


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """What the container's folders would hold after its COPY steps, from a fresh clone."""
    root = tmp_path_factory.mktemp("image")
    counts = lay_out(root)
    assert all(counts.values()), f"nothing there, or kept back by .dockerignore: {counts}"
    return root


def test_it_installs_the_tested_versions(image):
    [install] = INSTALLS
    assert '-c constraints.txt ".[lab]"' in install and (image / "opt/d2lite/constraints.txt").exists()
    pinned = (ROOT / ".binder" / "runtime.txt").read_text().strip().replace("-", ":")
    assert f"FROM {pinned}-slim" in STEPS
    pins = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines() if line}
    others = install.split('".[lab]"')[1].split("&&")[0].split()
    assert {Requirement(name).name for name in others} == {"jupyterhub", "nbgitpuller"} <= pins


def test_what_it_copies_is_enough_to_install_d2lite_from(image, tmp_path):
    here = image / "opt" / "d2lite"
    assert (here / "package-lock.json").exists() and (here / "package.json").exists(), "npm's, for esbuild"
    built = _bundle.build()  # what esbuild makes, which is not asked for here
    shutil.copytree(built, here / "d2lite" / "widgets" / "_built" / built.name)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    command += ["--no-build-isolation", "--target", str(tmp_path / "there"), str(here)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "there/d2lite/data/weights/lenet.npz").exists()
    assert list((tmp_path / "there/d2lite/widgets/_built").glob("*/page/*.js")), "the explorers' scripts"


def test_the_chapters_are_where_the_hub_opens_and_their_links_lead_somewhere(image):
    home = image / "home" / "student"
    within = lambda top: {path.relative_to(top) for path in top.glob("chapters/[0-9]*/*.ipynb")}
    assert within(home) == within(ROOT)
    assert (home / "book" / "glossary.md").exists()
    assert {path.name for path in home.glob("*/*")} == {
        path.name for path in (*ROOT.glob("chapters/[0-9]*"), *ROOT.glob("book/*.md"))
    }


def test_students_own_their_files_and_are_nobody_else():
    owned = [line for line in STEPS if line.startswith("COPY") and "/home/student" in line]
    assert owned and all("--chown=student" in line for line in owned)
    [user] = [line for line in STEPS if line.startswith("USER")]
    assert user == "USER student" and any(
        "useradd" in line and "--uid 1000 student" in line for line in STEPS
    )
    assert STEPS.index(user) > STEPS.index(INSTALLS[0]), "what is installed is not theirs to change"


def settings():
    """Return what the block for jupyterhub_config.py sets, as JupyterHub itself reads it."""
    from traitlets.config import Config

    config = Config()
    exec(snippet("python"), {"c": config})
    return config


def test_both_kinds_of_hub_and_the_image_open_and_allow_the_same():
    kubernetes, docker = yaml.safe_load(snippet("yaml"))["singleuser"], settings()
    assert set(kubernetes) == {"image", "cmd", "defaultUrl", "memory", "cpu", "storage"}
    name, tag = docker.DockerSpawner.image.split(":")
    assert kubernetes["image"] == {"name": name, "tag": tag}
    assert [kubernetes["cmd"]] == docker.Spawner.cmd == ["jupyterhub-singleuser"]
    assert kubernetes["defaultUrl"] == docker.Spawner.default_url
    assert f'"--LabApp.default_url={kubernetes["defaultUrl"]}"' in TEXT
    assert kubernetes["memory"]["limit"] == docker.Spawner.mem_limit
    assert kubernetes["cpu"]["limit"] == docker.Spawner.cpu_limit
    kept = kubernetes["storage"]["homeMountPath"]
    assert [kept] == list(docker.DockerSpawner.volumes.values())
    assert ["WORKDIR /home/student", f"RUN mkdir {Path(kept).name}"] == STEPS[
        -4:-2
    ]  # as student, who owns it then
    assert kept == f"/home/student/{Path(kept).name}"


@pytest.mark.extra
def test_each_setting_is_one_that_jupyterhub_or_dockerspawner_has(optional):
    jupyterhub, dockerspawner = optional("jupyterhub.app", "hub"), optional("dockerspawner", "hub")
    classes = {"DockerSpawner": dockerspawner.DockerSpawner, "JupyterHub": jupyterhub.JupyterHub}
    classes["Spawner"] = jupyterhub.Spawner
    config = settings()
    for name, values in config.items():
        traits = classes[name].class_traits(config=True)
        assert set(values) <= set(traits), name
    spawner = dockerspawner.DockerSpawner(config=config, user=SimpleNamespace(name="ana", admin=False))
    assert spawner.mem_limit == 2 * 1024**3 and spawner.cmd == ["jupyterhub-singleuser"]
    assert spawner.volume_binds["d2lite-ana"]["bind"] == "/home/student/work"
    assert jupyterhub.JupyterHub(config=config).spawner_class is dockerspawner.DockerSpawner


def test_the_workflow_builds_the_image_and_runs_in_it_what_readme_says():
    workflow = yaml.safe_load((ROOT / ".github/workflows/extras.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for step in workflow["jobs"]["image"]["steps"] if "run" in step]
    [block] = [text for text in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if "podman build" in text]
    for line in block.splitlines():
        command = line.split("#")[0].strip().removeprefix("podman ")
        if not command.startswith("push"):
            assert any(command in run for run in commands), command
    for path in re.findall(r"chapters/\S+\.ipynb", block):
        assert (ROOT / path).exists(), path


def test_readme_names_what_there_is():
    for path in {*re.findall(r"`([a-z]\w*/[\w.]+)`", README), *re.findall(r"python (tools/\w+\.py)", README)}:
        assert (ROOT / path).exists(), path
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / "classroom" / target).exists(), target
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in re.findall(r"`make (\w+)`", README))
