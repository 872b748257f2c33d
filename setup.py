"""Builds the explorers' scripts into the package; all else is said in pyproject.toml."""

import importlib.util
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

spec = importlib.util.spec_from_file_location("bundle", Path(__file__).parent / "d2lite/widgets/_bundle.py")
bundle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bundle)


def build_scripts():
    """Build the scripts, by esbuild where they are not built yet, and leave no older ones beside them."""
    if not bundle.is_built():
        bundle.install_esbuild()
    built = bundle.build()
    for other in built.parent.iterdir():
        if other != built:
            shutil.rmtree(other)


def before(command):
    """Return a command of setuptools that builds the scripts first."""

    class WithScripts(command):
        def run(self):
            build_scripts()
            super().run()

    return WithScripts


setup(cmdclass={"build_py": before(build_py), "sdist": before(sdist)})
