"""Results kept between builds beside the site: fonts, the style sheet, pictures. A key tells when they are stale."""

import hashlib
import shutil
from pathlib import Path


def keep(folder, key, make=lambda path: path.mkdir()):
    """Return the folder of what was made for a key, and remove what was made for others.

    Args:
        folder: folder of all results of one kind.
        key: text or bytes that change whenever the result would.
        make: function of a path that does not exist; it makes a folder there.
    """
    digest = hashlib.sha256(key if isinstance(key, bytes) else key.encode()).hexdigest()[:8]
    if not (path := Path(folder) / digest).exists():
        shutil.rmtree(folder, ignore_errors=True)
        Path(folder).mkdir(parents=True)
        make(path.with_suffix(".part"))
        path.with_suffix(".part").rename(path)
    return path
