"""The book's Sphinx extension: live explorers, light pages, offline search; a module for each."""

import zlib
from pathlib import Path

from . import (
    anchors,
    assets,
    chapter_map,
    code,
    execution,
    explorers,
    findings,
    folds,
    gallery,
    images,
    mathematics,
    metadata,
    nodejs,
    questions,
    reference,
    repairs,
    search,
    shell,
    short_paths,
    words,
)

MODULES = (
    nodejs,
    anchors,
    execution,
    mathematics,
    code,
    folds,
    words,
    chapter_map,
    short_paths,
    gallery,
    findings,
    explorers,
    images,
    metadata,
    questions,
    reference,
    repairs,
    search,
    shell,
    assets,
)


def setup(app):
    """Connect every module to the build."""
    app.config.templates_path.insert(0, str(Path(__file__).parent / "templates"))  # before the theme's
    for module in MODULES:
        module.connect(app)
    return {
        "version": "1",
        "env_version": made_by(Path(__file__).parent),  # pages made by other code are made again
        "parallel_read_safe": True,
        "parallel_write_safe": False,
    }


def made_by(folder):
    """Return a number that changes when the extension's code or templates change."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".html"})
    return zlib.crc32(b"".join(path.name.encode() + path.read_bytes() for path in files))
