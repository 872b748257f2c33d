"""full=True against a server on localhost that is also broken in every way a server can be."""

import gzip
import hashlib
import http.server
import json
import os
import re
import stat
import struct
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from d2lite.datasets import _download, fashion_mnist, mnist

BIG = "train-images-idx3-ubyte.gz"
IMAGES, LABELS = {}, {}


def idx(array):
    """The idx format from its description: 0 0, type 8 (bytes), number of axes, sizes big-endian, bytes."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


def make_files():
    """Official names, small random contents that gzip cannot shrink: the big one has about 900 kB."""
    rng = np.random.default_rng(0)
    files = {}
    for stem, count in (("train", 1200), ("t10k", 30)):
        IMAGES[stem] = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        LABELS[stem] = rng.integers(0, 10, count, dtype=np.uint8)
        files[f"{stem}-images-idx3-ubyte.gz"] = idx(IMAGES[stem])
        files[f"{stem}-labels-idx1-ubyte.gz"] = idx(LABELS[stem])
    return files


FILES = make_files()
CHECKSUMS = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}


class Handler(http.server.BaseHTTPRequestHandler):
    """The first part of the path says how to misbehave: /good/mnist/<file>, /truncated/mnist/<file>, ..."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        mode, _, name = self.path.strip("/").split("/")
        self.server.seen.append((mode, name))
        if mode in ("missing", "busy"):
            return self.send_error({"missing": 404, "busy": 503}[mode])
        content = FILES[name]
        body = {
            "portal": b"<html>Please log in</html>",  # a log-in page in place of the file
            "corrupt": content[:-1] + bytes([content[-1] ^ 1]),
            "truncated": content[: len(content) // 2],
            "short": content[: len(content) // 2],
            "held": content[: len(content) // 2],
        }.get(mode, content)
        self.send_response(200)
        if mode != "nolength":
            self.send_header(
                "Content-Length", str(len(content) if mode in ("truncated", "held") else len(body))
            )
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if mode == "held":  # the connection stays open and nothing more comes
            self.server.release.wait(60)
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def urls(self, *modes):
        return ",".join(f"http://127.0.0.1:{self.server_port}/{mode}" for mode in modes)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as server:
        server.seen, server.release = [], threading.Event()
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.release.set()
        server.shutdown()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache folder, the checksums of this module's files, and no way to the outside."""
    monkeypatch.setenv("D2LITE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("D2LITE_DATA_MIRRORS", "http://127.0.0.1:1/unset")
    monkeypatch.setattr(_download, "FILES", {"mnist": CHECKSUMS, "fashion_mnist": CHECKSUMS})
    return tmp_path


@pytest.fixture
def use(server, folder, monkeypatch):
    """use("truncated", "good") makes these the mirrors."""
    return lambda *modes: monkeypatch.setenv("D2LITE_DATA_MIRRORS", server.urls(*modes))


def leftovers(folder):
    """Names of what lies in the folder of MNIST besides locks."""
    return sorted(path.name for path in (folder / "mnist").glob("*") if path.suffix != ".lock")


@pytest.mark.parametrize("load", [mnist, fashion_mnist])
def test_the_official_files_become_data(load, use, server, folder):
    use("good")
    train, test = load(full=True)
    for data, stem in ((train, "train"), (test, "t10k")):
        np.testing.assert_allclose(data.inputs[:, 0], IMAGES[stem] / 255, atol=1e-7)
        np.testing.assert_array_equal(data.targets, LABELS[stem])
        assert (data.inputs.dtype, data.targets.dtype) == (torch.float32, torch.int64)
        assert (data.name, len(data.class_names)) == (load.__name__, 10)
    assert len(server.seen) == 4
    load(full=True)
    assert len(server.seen) == 4  # nothing is asked for again
    assert len([path for path in (folder / load.__name__).iterdir() if path.suffix == ".gz"]) == 4


def test_the_official_addresses_and_checksums_are_complete(monkeypatch):
    monkeypatch.delenv("D2LITE_DATA_MIRRORS", raising=False)
    for name, files in _download.FILES.items():
        assert set(files) == set(FILES)
        assert len(set(files.values())) == 4
        assert all(re.fullmatch("[0-9a-f]{64}", checksum) for checksum in files.values())
        assert len(_download.mirrors(name)) >= 2
        assert all(re.fullmatch(r"https?://\S+[^/]", base) for base in _download.mirrors(name))
    monkeypatch.setenv("D2LITE_DATA_MIRRORS", " http://a/x/ , http://b")
    assert _download.mirrors("mnist") == ["http://a/x/mnist", "http://b/mnist"]


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("missing", "404 .*Not Found"),
        ("busy", "503"),
        ("portal", f"SHA-256 is [0-9a-f]{{64}}, expected {CHECKSUMS[BIG]}"),
        ("corrupt", f"SHA-256 is [0-9a-f]{{64}}, expected {CHECKSUMS[BIG]}"),
        ("short", f"SHA-256 is [0-9a-f]{{64}}, expected {CHECKSUMS[BIG]}"),
        ("truncated", "bytes read"),
        ("held", "timed out"),
    ],
)
def test_a_broken_answer_is_one_sentence_and_the_next_mirror_and_call_succeed(
    mode, says, use, server, folder, monkeypatch
):
    monkeypatch.setattr(_download, "TIMEOUT", (5, 0.2))
    use(mode)
    with pytest.raises(
        ConnectionError, match=rf"{BIG} could not be downloaded \[\S+{mode}\S+: .*{says}"
    ) as caught:
        _download.fetch("mnist", BIG)
    assert "\n" not in str(caught.value)
    assert leftovers(folder) == []
    use(mode, "good")
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]
    assert [seen for seen, _ in server.seen] == [mode, mode, "good"]
    assert leftovers(folder) == [BIG]


def test_nobody_listening_is_a_clear_error(folder):
    with pytest.raises(
        ConnectionError, match=rf"{BIG} could not be downloaded \[\S+:1/\S+: .*refused.*leave out full=True"
    ):
        mnist(full=True)
    assert leftovers(folder) == []


def test_a_server_that_gives_no_length_will_do(use):
    use("nolength")
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-7], lambda content: b"", lambda content: content + b"more"]
)
def test_a_file_damaged_on_disk_is_fetched_again(use, folder, damage):
    use("good")
    path = _download.fetch("mnist", BIG)
    path.write_bytes(damage(FILES[BIG]))
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]


def test_a_failed_download_leaves_the_file_that_was_there(use, folder):
    use("corrupt")
    (folder / "mnist").mkdir()
    (folder / "mnist" / BIG).write_bytes(b"an older file")
    with pytest.raises(ConnectionError):
        _download.fetch("mnist", BIG)
    assert (folder / "mnist" / BIG).read_bytes() == b"an older file"


def test_a_folder_that_cannot_be_written_is_named(folder, monkeypatch):
    (folder / "file").write_text("")
    monkeypatch.setenv("D2LITE_DATA_DIR", str(folder / "file"))
    with pytest.raises(
        OSError, match=f"{BIG} cannot be written .*: expected a folder of yours .* D2LITE_DATA_DIR"
    ):
        _download.fetch("mnist", BIG)


def test_a_folder_may_be_written_with_a_tilde_or_a_variable(use, folder, monkeypatch):
    use("good")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    for name in ("~/one", "$HOME/two"):
        monkeypatch.setenv("D2LITE_DATA_DIR", name)
        assert _download.fetch("mnist", BIG) == folder / name[-3:] / "mnist" / BIG


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_others_may_read_what_was_fetched(use):
    use("good")
    mask = os.umask(0o022)
    try:
        assert stat.S_IMODE(_download.fetch("mnist", BIG).stat().st_mode) == 0o644
    finally:
        os.umask(mask)


def test_a_correct_file_is_used_where_nobody_may_write(use, folder, monkeypatch):
    use("good")
    path = _download.fetch("mnist", BIG)

    def refuse(*args, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "mkdir", refuse)
    monkeypatch.setattr(_download.filelock, "FileLock", refuse)
    assert _download.fetch("mnist", BIG) == path
    path.unlink()
    with pytest.raises(OSError, match="cannot be written .Permission denied.: expected a folder of yours"):
        _download.fetch("mnist", BIG)


def test_progress_is_shown_where_somebody_can_see_it(use, folder, capsys, monkeypatch):
    use("good")
    path = _download.fetch("mnist", BIG)
    assert "100%" in capsys.readouterr().err
    path.unlink()
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    monkeypatch.setattr(sys, "stdout", None)
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]


# --- processes

# The module is loaded by its path: the package would import torch, seconds that these tests need not wait.
CHILD = """
import json, runpy, sys
_, module, checksums, file = sys.argv
fetch = runpy.run_path(module)["fetch"]
fetch.__globals__["FILES"] = {"mnist": json.loads(checksums)}
print("ready", flush=True)
sys.stdin.readline()
print(fetch("mnist", file))
"""


def start_child():
    """A process that fetches the big file once a line is written to it."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, _download.__file__, json.dumps(CHECKSUMS), BIG],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def go(child):
    assert child.stdout.readline() == "ready\n"
    child.stdin.write("\n")
    child.stdin.flush()


def test_processes_that_download_at_once_share_one_download(use, server, folder):
    use("good")
    children = [start_child() for _ in range(3)]
    for child in children:
        go(child)
    outputs = [child.communicate()[0] for child in children]
    assert all(output.strip().endswith(BIG) for output in outputs)
    assert (folder / "mnist" / BIG).read_bytes() == FILES[BIG]
    assert server.seen == [("good", BIG)]


def test_when_a_process_is_killed_another_takes_over_and_nothing_is_left(use, server, folder):
    use("held")
    first = start_child()
    go(first)
    while not list((folder / "mnist").glob(f".{BIG}.*.part")):
        assert first.poll() is None
    first.kill()
    first.communicate()
    use("good")
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]
    assert leftovers(folder) == [BIG]
