"""Download of the official files: checksums, mirrors, resumed after a kill, safe for several processes."""

import contextlib
import os
from pathlib import Path

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
ATTEMPTS = 3  # on each mirror, while it answers
TIMEOUT = (10, 30)  # seconds: to connect, and without a byte
_CHUNK = 1 << 16


class _FetchError(Exception):
    """What went wrong with one address, in words; `final` says that asking it again is no use."""

    def __init__(self, message, final=False):
        super().__init__(message)
        self.final = final


def data_folder():
    """Return the folder of downloaded data: $D2LITE_DATA_DIR, or the user's cache folder."""
    import pooch

    return Path(os.environ.get("D2LITE_DATA_DIR") or pooch.os_cache("d2lite"))


def mirrors(name):
    """Return the base addresses of a set: those in $D2LITE_DATA_MIRRORS (comma-separated), or the usual ones."""
    own = [base.strip().rstrip("/") for base in os.environ.get("D2LITE_DATA_MIRRORS", "").split(",")]
    return [f"{base}/{name}" for base in own if base] or list(MIRRORS[name])


def fetch(name, file):
    """Return the path of one official file, downloading it unless a correct copy is there.

    The bytes go to a `.part` file, which a later call continues; it gets its real name only once its checksum
    is right. A lock makes other processes wait for the one that downloads.

    Args:
        name: "fashion_mnist" or "mnist".
        file: name of the file, a key of FILES[name].

    Returns:
        pathlib.Path of the complete file.

    Raises:
        ConnectionError: no mirror gave a whole, correct file; what can be continued is kept.
    """
    import filelock

    target = data_folder() / name / file
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(target.with_name(f"{file}.lock"))
        with lock:
            if not _is_correct(target, FILES[name][file]):
                _download(target, FILES[name][file], mirrors(name))
    except PermissionError as error:
        raise PermissionError(
            f"cannot write {target}: set the environment variable D2LITE_DATA_DIR to a folder of yours"
        ) from error
    return target


def _is_correct(path, md5):
    import pooch

    return path.exists() and pooch.hash_matches(str(path), f"md5:{md5}")


def _download(target, md5, bases):
    """Try each mirror in turn, keeping what arrived between attempts, until the checksum is right."""
    part = target.with_name(f"{target.name}.part")
    problems = []
    for base in bases:
        url = f"{base}/{target.name}"
        for _ in range(ATTEMPTS):
            try:
                if not _is_correct(part, md5):  # a kill may have come between the last byte and the renaming
                    _transfer(url, part)
                    _verify(part, md5)
                os.replace(part, target)
                return
            except _FetchError as error:
                problem, final = f"{url}: {error}", error.final
            if final:
                break
        problems.append(problem)
    kept = f" ({part.stat().st_size:,} bytes are kept and will be continued)" if part.exists() else ""
    raise ConnectionError(
        f"could not download {target.name} ({'; '.join(problems)}): check the connection and call again{kept}, "
        "or leave out full=True to use the images that ship with d2lite"
    )


def _verify(part, md5):
    import pooch

    if not _is_correct(part, md5):
        found = pooch.file_hash(str(part), alg="md5")
        part.unlink()
        raise _FetchError(f"the file arrived with md5 {found}, expected {md5}, and was deleted")


def _transfer(url, part):
    """Append to the part file what it lacks, or write it anew where the server cannot continue."""
    import requests

    start = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            if response.status_code == 416:  # nothing lies beyond what is there: the checksum decides
                return
            if response.status_code not in (200, 206):
                raise _FetchError(f"HTTP {response.status_code} {response.reason}", final=True)
            continues = response.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            if response.status_code == 206 and not continues:
                part.unlink(missing_ok=True)
                raise _FetchError("the server answered with another range than asked for")
            _save(response, part, start if response.status_code == 206 else 0)
    except requests.RequestException as error:
        raise _FetchError(_reason(error)) from error


def _save(response, part, start):
    import requests
    import urllib3
    from tqdm.auto import tqdm

    length = response.headers.get("Content-Length", "")
    total = start + int(length) if length.isdigit() else None
    size = start
    label = part.name.removesuffix(".part")
    with open(part, "ab" if start else "wb") as file:
        with tqdm(total=total, initial=start, unit="B", unit_scale=True, desc=label) as bar:
            with contextlib.ExitStack() as stack:
                stack.callback(file.flush)
                try:
                    # The bytes as sent: a server that labels the file Content-Encoding: gzip must not get it unpacked.
                    for chunk in response.raw.stream(_CHUNK, decode_content=False):
                        file.write(chunk)
                        bar.update(len(chunk))
                        size += len(chunk)
                except urllib3.exceptions.HTTPError as error:
                    raise _FetchError(_reason(error)) from error
    if total is not None and size < total:
        raise requests.ConnectionError(f"the connection closed after {size:,} of {total:,} bytes")


def _reason(error):
    return f"{type(error).__name__}: {error}"
