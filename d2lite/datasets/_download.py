"""Download of the official files: each mirror in turn, until one gives the file with the right checksum."""

import hashlib
import os
import sys

import filelock
import pooch
import requests

from d2lite._utils.files import cache_folder, replacing

FILES = {  # SHA-256
    "fashion_mnist": {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
    "mnist": {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
}
MIRRORS = {
    "fashion_mnist": (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    ),
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
    ),
}
TIMEOUT = (10, 30)  # seconds: to connect, and without a byte


def mirrors(name):
    """Return the base addresses of a set: $D2LITE_DATA_MIRRORS (comma-separated), or else the usual ones."""
    own = [base.strip().rstrip("/") for base in os.environ.get("D2LITE_DATA_MIRRORS", "").split(",")]
    return [f"{base}/{name}" for base in own if base] or list(MIRRORS[name])


def fetch(name, file):
    """Return the path of one official file, downloading it unless a correct copy is there.

    The file gets its name only once its checksum is right; other processes wait for the one that downloads.

    Args:
        name: "fashion_mnist" or "mnist".
        file: name of the file, a key of FILES[name].

    Returns:
        pathlib.Path of the complete file.

    Raises:
        ConnectionError: no mirror gave a whole, correct file.
        OSError: the file cannot be written.
    """
    target, sha256 = cache_folder() / name / file, FILES[name][file]
    if _is_correct(target, sha256):  # also where nobody may write
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(target.with_name(f"{file}.lock")):
            if not _is_correct(target, sha256):  # nor did the process that held the lock fetch it
                _download(target, sha256, mirrors(name))
    except ConnectionError:
        raise
    except OSError as error:
        raise OSError(
            error.errno,
            f"{target} cannot be written ({error.strerror or error}): expected a folder of yours that has room; "
            "name one in the environment variable D2LITE_DATA_DIR",
        ) from error
    return target


def _is_correct(path, sha256):
    return path.exists() and pooch.file_hash(str(path)) == sha256


def _download(target, sha256, bases):
    for left_by_a_kill in target.parent.glob(f".{target.name}.*.part"):
        left_by_a_kill.unlink()
    problems = []
    for base in bases:
        url = f"{base}/{target.name}"
        try:
            return _transfer(url, target, sha256)
        except (requests.RequestException, ValueError) as error:
            problems.append(f"{url}: {_last_cause(error)}")
    raise ConnectionError(
        f"{target.name} could not be downloaded [{'; '.join(problems)}]: expected one whole file; check the connection "
        "and call again, or leave out full=True for the images that ship with d2lite"
    )


def _transfer(url, target, sha256):
    # Bytes as they are, for the file is packed already; no bar without a standard error stream.
    download = pooch.HTTPDownloader(
        sys.stderr is not None, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"}
    )
    with replacing(target, "w+b") as file:
        download(url, file, None)
        file.seek(0)
        found = hashlib.sha256(file.read()).hexdigest()
        if found != sha256:
            raise ValueError(f"SHA-256 is {found}, expected {sha256}, so it was not kept")


def _last_cause(error):
    """Return the few words at the bottom of a chain of errors, such as "Connection refused"."""
    while error.__context__ is not None:
        error = error.__context__
    return " ".join(str(error).split()) or type(error).__name__
