"""Old names of modules: they give the new modules' contents, with one warning, and nothing is imported early."""

import importlib
import subprocess
import sys

import pytest

import d2lite
from d2lite import _renamed


@pytest.mark.parametrize("name", sorted(_renamed.MODULES))
def test_an_old_module_gives_what_the_new_ones_have(name):
    sys.modules.pop(f"d2lite.{name}", None)
    with pytest.warns(DeprecationWarning, match=f"d2lite.{name} is now d2lite."):
        old = importlib.import_module(f"d2lite.{name}")
    for target in _renamed.MODULES[name]:
        new = importlib.import_module(f"d2lite.{target}")
        public = [part for part in vars(new) if not part.startswith("_")]
        assert public
        assert all(hasattr(old, part) for part in public)
    with pytest.raises(AttributeError, match="no_such_name"):
        old.no_such_name


def test_an_old_name_can_be_imported_from_and_is_no_public_one():
    sys.modules.pop("d2lite.boxes", None)
    with pytest.warns(DeprecationWarning, match="vision.boxes"):
        from d2lite.boxes import iou
    assert iou is d2lite.vision.boxes.iou
    assert not set(_renamed.MODULES) & set(d2lite.__all__)


def test_importing_the_package_imports_no_old_or_heavy_module():
    code = (
        "import sys, d2lite; print([m for m in sys.modules if m in ('torch', 'matplotlib', 'd2lite.boxes')])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
