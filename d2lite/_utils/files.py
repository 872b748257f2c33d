"""Files: where the user's cache is, and writing that leaves a whole file or none."""

import contextlib
import os
import tempfile
from pathlib import Path


def cache_folder():
    """Return the folder of downloads and finished runs: $D2LITE_DATA_DIR, or d2lite in the user's cache folder."""
    import pooch

    own = os.environ.get("D2LITE_DATA_DIR")
    return user_path(own) if own else Path(pooch.os_cache("d2lite"))


def user_path(path):
    """Return a path that a user gave, with ``~`` and environment variables written out."""
    return Path(os.path.expandvars(os.path.expanduser(os.fsdecode(path))))


def make_writable(folder, name):
    """Make a folder if it is missing, and see that files can be written into it.

    Args:
        folder: Path.
        name: the argument that it came from, for the message.

    Raises:
        OSError: of the kind that the system raises, in a sentence.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        reason = error.strerror or error
        raise type(error)(
            f"{name} is {str(folder)!r}: expected a folder that can be written ({reason})"
        ) from error


@contextlib.contextmanager
def replacing(path, mode="wb", **options):
    """Open a file that appears under its name all at once, complete and on the disk; an error leaves the old one.

    Args:
        path: the file; its folder must exist.
        mode, options: as for ``open``.

    Yields:
        The open file.
    """
    path = Path(path)
    try:
        prefix = f".{path.name[:40]}."  # a name may have 255 bytes, and a letter has up to four
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=".part", dir=path.parent)
    except OSError as error:
        error.filename = str(path)  # the caller's, not that of the part
        raise
    try:
        with os.fdopen(handle, mode, **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):  # a disk of another system has no permissions
            os.chmod(name, 0o666 & ~_umask())  # mkstemp's own files are private
        os.replace(name, path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename == name:
            error.filename, error.filename2 = str(path), None
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _umask():
    """Return the process's mask of permissions, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
