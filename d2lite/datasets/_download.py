"""Download of the official files: checksums, mirrors, resumed after a kill, safe for several processes.

pooch names the cache folder and computes the checksums; it cannot continue a broken transfer, so the transfer
itself is here.
"""

import os

import filelock
import pooch
import requests
import urllib3
from tqdm.auto import tqdm

from d2lite._utils.files import cache_folder

FILES = {
    "fashion_mnist": {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
    "mnist": {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
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
ATTEMPTS = 3  # on one mirror, while it answers
TIMEOUT = (10, 30)  # seconds: to connect, and without a byte
_CHUNK = 1 << 16  # bytes


def mirrors(name):
    """Return the base addresses of a set: $D2LITE_DATA_MIRRORS (comma-separated), or else the usual ones."""
    own = [base.strip().rstrip("/") for base in os.environ.get("D2LITE_DATA_MIRRORS", "").split(",")]
    return [f"{base}/{name}" for base in own if base] or list(MIRRORS[name])


def fetch(name, file):
    """Return the path of one official file, downloading it unless a correct copy is there.

    The bytes go to a `.part` file, which a later call continues; it gets its real name only once its checksum
    is right. A lock, which the system frees when its holder dies, makes other processes wait.

    Args:
        name: "fashion_mnist" or "mnist".
        file: name of the file, a key of FILES[name].

    Returns:
        pathlib.Path of the complete file.

    Raises:
        ConnectionError: no mirror gave a whole, correct file; what can be continued is kept.
        OSError: the file cannot be written.
    """
    target, md5 = cache_folder() / name / file, FILES[name][file]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _lock(target):
            if not _is_correct(target, md5):
                _download(target, md5, mirrors(name))
    except ConnectionError:
        raise
    except OSError as error:
        advice = "set the environment variable D2LITE_DATA_DIR to a folder of yours that has room"
        raise OSError(error.errno, f"cannot write {target} ({error.strerror or error}): {advice}") from error
    return target


def _lock(target):
    lock = filelock.FileLock(target.with_name(f"{target.name}.lock"))
    try:
        return lock.acquire(timeout=0)
    except filelock.Timeout:
        print(f"waiting for another process that is downloading {target.name}")
        return lock.acquire()


def _is_correct(path, md5):
    return path.exists() and pooch.file_hash(str(path), alg="md5") == md5


def _download(target, md5, bases):
    """Try each mirror in turn, keeping what arrived, until the checksum is right."""
    part = target.with_name(f"{target.name}.part")
    problems = []
    for base in bases:
        problem = _from_mirror(f"{base}/{target.name}", part, md5)
        if not problem:
            os.replace(part, target)
            return
        problems.append(problem)
    kept = f" ({part.stat().st_size} bytes are kept and will be continued)" if part.exists() else ""
    raise ConnectionError(
        f"could not download {target.name} [{'; '.join(problems)}]: check the connection and call again{kept}"
        ", or leave out full=True for the images that ship with d2lite"
    )


def _from_mirror(url, part, md5):
    """Complete the part file from one address; return what went wrong, or "" once the checksum is right."""
    problem = ""
    for _ in range(ATTEMPTS):
        if _is_correct(part, md5):  # a kill may have come between the last byte and the renaming
            return ""
        try:
            _transfer(url, part)
        except requests.HTTPError as error:
            return str(error)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            problem = f"{url}: {_root_cause(error)}"
            continue
        if _is_correct(part, md5):
            return ""
        problem = f"{url}: md5 is {pooch.file_hash(str(part), alg='md5')}, expected {md5}, so it was deleted"
        part.unlink()
    return problem


def _root_cause(error):
    """Return the few words at the bottom of a chain of errors, such as "Connection refused"."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__


def _transfer(url, part):
    """Append to the part file what it lacks, or write it anew where the server cannot continue."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if response.status_code == 416:  # nothing lies beyond what is there: the checksum decides
            return
        response.raise_for_status()
        if response.status_code != 206:
            start = 0
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            part.unlink()
            raise requests.RequestException("the server sent another range than was asked for")
        _save(response, part, start)


def _save(response, part, start):
    length = response.headers.get("Content-Length", "")
    total = start + int(length) if length.isdigit() else None
    bar = tqdm(total=total, initial=start, unit="B", unit_scale=True, desc=part.name.removesuffix(".part"))
    with bar, open(part, "ab" if start else "wb") as file:
        # The bytes as sent: where a server labels the file Content-Encoding: gzip, it must not be unpacked.
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            file.write(chunk)
            bar.update(len(chunk))
    if total is not None and part.stat().st_size < total:
        raise requests.ConnectionError(f"closed after {part.stat().st_size} of {total} bytes")
