"""full=True against a server on localhost that is also broken in every way a server can be."""

import gzip
import hashlib
import http.server
import json
import re
import signal
import struct
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
CHECKSUMS = {name: hashlib.md5(content).hexdigest() for name, content in FILES.items()}


class Handler(http.server.BaseHTTPRequestHandler):
    """The first part of the path says how to misbehave: /good/mnist/<file>, /truncated/mnist/<file>, ..."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        mode, _, name = self.path.strip("/").split("/")
        self.server.seen.append((mode, name, self.headers.get("Range")))
        if mode == "missing":
            return self.send_error(404)
        if mode == "busy":
            return self.send_error(503)
        if mode == "portal":  # a log-in page in place of the file
            return self.reply(200, b"<html>Please log in</html>", 26)
        content = FILES[name]
        if mode == "corrupt":
            content = content[:500] + bytes([content[500] ^ 1]) + content[501:]
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        start = int(wanted[1]) if wanted and mode != "norange" else 0
        if start >= len(content):
            return self.send_error(416)
        rest, status, headers = content[start:], 206 if start else 200, {}
        if mode == "labelled":
            headers["Content-Encoding"] = "gzip"
        if start:
            shown = start + 1 if mode == "wrongrange" else start
            headers["Content-Range"] = f"bytes {shown}-{len(content) - 1}/{len(content)}"
        sent = len(rest) // 2 if mode in ("truncated", "stalled", "held", "norange_truncated") else len(rest)
        self.reply(status, rest[:sent], None if mode == "nolength" else len(rest), headers)
        if mode in ("stalled", "held"):  # the connection stays open and nothing more comes
            self.server.release.wait(60 if mode == "held" else 3)

    def reply(self, status, body, length, headers=()):
        self.send_response(status)
        for key, value in dict(headers).items():
            self.send_header(key, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        self.end_headers()
        self.server.sent.append(len(body))
        try:
            for i in range(0, len(body), 1 << 16):
                self.wfile.write(body[i : i + (1 << 16)])
                self.wfile.flush()
                time.sleep(0.05 if "slow" in self.path else 0)
        except OSError:
            pass  # the client was killed
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    seen, sent, release = None, None, None

    def urls(self, *modes):
        return ",".join(f"http://127.0.0.1:{self.server_port}/{mode}" for mode in modes)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(("127.0.0.1", 0), Handler) as server:
        server.seen, server.sent, server.release = [], [], threading.Event()
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
        assert all(re.fullmatch("[0-9a-f]{32}", md5) for md5 in files.values())
        assert len(_download.mirrors(name)) >= 2
        assert all(re.fullmatch(r"https?://\S+[^/]", base) for base in _download.mirrors(name))
    monkeypatch.setenv("D2LITE_DATA_MIRRORS", " http://a/x/ , http://b")
    assert _download.mirrors("mnist") == ["http://a/x/mnist", "http://b/mnist"]


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("missing", "404 .*Not Found"),
        ("busy", "503"),
        ("portal", f"md5 is [0-9a-f]{{32}}, expected {CHECKSUMS[BIG]}"),
        ("corrupt", f"md5 is [0-9a-f]{{32}}, expected {CHECKSUMS[BIG]}"),
        ("truncated", "bytes are kept and will be continued"),
        ("norange_truncated", "bytes are kept and will be continued"),
        ("stalled", r"stalled/mnist/\S+: .*timed out"),
    ],
)
def test_a_broken_answer_is_a_clear_error_and_the_next_call_succeeds(mode, says, use, folder, monkeypatch):
    monkeypatch.setattr(_download, "TIMEOUT", (5, 0.2))
    monkeypatch.setattr(_download, "ATTEMPTS", 2)
    use(mode)
    with pytest.raises(ConnectionError, match=f"could not download {BIG} .*{says}") as caught:
        _download.fetch("mnist", BIG)
    assert mode in str(caught.value)  # the address
    assert "\n" not in str(caught.value)
    kept = [f"{BIG}.part"] if mode in ("truncated", "norange_truncated", "stalled") else []
    assert leftovers(folder) == kept
    use("good")
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]
    assert leftovers(folder) == [BIG]


def test_nobody_listening_is_a_clear_error(folder):
    with pytest.raises(
        ConnectionError, match=rf"could not download {BIG} .*127.0.0.1:1/\S+: .*refused.*leave out full=True"
    ):
        mnist(full=True)
    assert leftovers(folder) == []


def test_a_truncated_answer_is_continued_in_the_same_call(use, server):
    use("truncated", "good")
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]
    size = len(FILES[BIG])
    assert [mode for mode, _, _ in server.seen] == ["truncated"] * _download.ATTEMPTS + ["good"]
    assert sum(server.sent) == size  # every byte was sent once
    assert server.seen[1][2] == f"bytes={size // 2}-"


@pytest.mark.parametrize("bad", ["missing", "busy", "portal", "corrupt"])
def test_the_next_mirror_is_tried(bad, use, server):
    use(bad, "good")
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]
    assert {mode for mode, _, _ in server.seen} == {bad, "good"}
    if bad in ("missing", "busy"):
        assert len(server.seen) == 2  # asking again would be no use


@pytest.mark.parametrize("mode", ["norange", "wrongrange", "nolength", "labelled"])
def test_odd_servers_are_understood_from_the_start_and_half_way(mode, use, folder):
    use(mode)
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]
    (folder / "mnist" / BIG).unlink()
    (folder / "mnist" / f"{BIG}.part").write_bytes(FILES[BIG][:100_000])
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]
    assert leftovers(folder) == [BIG]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kept=st.one_of(st.integers(0, len(FILES[BIG])).map(lambda n: FILES[BIG][:n]), st.binary(max_size=2000))
)
def test_whatever_a_kill_left_the_next_call_succeeds(kept, use, server, folder):
    (folder / "mnist").mkdir(exist_ok=True)
    (folder / "mnist" / BIG).unlink(missing_ok=True)
    (folder / "mnist" / f"{BIG}.part").write_bytes(kept)
    server.sent.clear()
    use("good")
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]
    assert leftovers(folder) == [BIG]
    if FILES[BIG].startswith(kept):
        assert sum(server.sent) == len(FILES[BIG]) - len(kept)  # only the rest was sent


def test_a_part_longer_than_the_file_is_not_a_trap(use, folder):
    (folder / "mnist").mkdir()
    (folder / "mnist" / f"{BIG}.part").write_bytes(FILES[BIG] + b"more")
    use("good")
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]


def test_a_file_damaged_on_disk_is_fetched_again(use, folder):
    use("good")
    path = _download.fetch("mnist", BIG)
    path.write_bytes(path.read_bytes()[:-7])
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]


def test_a_folder_that_cannot_be_written_is_named(folder, monkeypatch):
    (folder / "file").write_text("")
    monkeypatch.setenv("D2LITE_DATA_DIR", str(folder / "file"))
    with pytest.raises(OSError, match=f"cannot write .*{BIG} .*set the environment variable D2LITE_DATA_DIR"):
        _download.fetch("mnist", BIG)


def test_progress_is_shown(use, capsys):
    use("good")
    _download.fetch("mnist", BIG)
    shown = capsys.readouterr().err
    assert BIG in shown
    assert "100%" in shown


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


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def test_after_a_sigkill_half_way_only_the_rest_is_fetched(use, server, folder):
    use("held")
    child, part = start_child(), folder / "mnist" / f"{BIG}.part"
    go(child)
    wait_until(lambda: part.exists() and part.stat().st_size > 300_000)
    child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    child.communicate()
    assert child.returncode != 0
    kept = part.read_bytes()
    assert leftovers(folder) == [f"{BIG}.part"]
    assert FILES[BIG].startswith(kept)
    server.sent.clear()
    use("good")
    assert _download.fetch("mnist", BIG).read_bytes() == FILES[BIG]
    assert server.seen[-1] == ("good", BIG, f"bytes={len(kept)}-")
    assert server.sent == [len(FILES[BIG]) - len(kept)]
    assert leftovers(folder) == [BIG]


def test_processes_that_download_at_once_share_one_download(use, server, folder):
    use("slow")
    children = [start_child() for _ in range(3)]
    for child in children:
        go(child)
    outputs = [child.communicate(timeout=60)[0] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert all(output.strip().endswith(BIG) for output in outputs)
    assert (folder / "mnist" / BIG).read_bytes() == FILES[BIG]
    assert leftovers(folder) == [BIG]
    assert server.sent == [len(FILES[BIG])]


def test_a_process_that_waits_says_so_and_takes_over_when_the_other_is_killed(use, server, folder):
    use("held")
    first = start_child()
    go(first)
    wait_until(lambda: server.seen)
    use("good")
    second = start_child()
    go(second)
    assert second.stdout.readline() == f"waiting for another process that is downloading {BIG}\n"
    first.kill()
    first.communicate()
    output, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert output.strip().endswith(BIG)
    assert (folder / "mnist" / BIG).read_bytes() == FILES[BIG]
