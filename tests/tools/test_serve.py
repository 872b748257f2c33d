"""The small server of `make book`: a free port, the site's own 404 page, a clean end."""

import re
import signal
import socket
import struct
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

SERVE = Path(__file__).resolve().parents[2] / "tools" / "serve.py"


@pytest.fixture
def server(tmp_path):
    (tmp_path / "index.html").write_text("start")
    (tmp_path / "404.html").write_text("not here")
    process = subprocess.Popen(
        [sys.executable, str(SERVE), str(tmp_path), "--no-browser"], stdout=subprocess.PIPE, text=True
    )
    yield process, re.search(r"http://\S+/", process.stdout.readline())[0]
    process.kill()


def test_pages_are_served_and_missing_ones_answered_in_style(server):
    _, address = server
    assert urllib.request.urlopen(address).read() == b"start"
    with pytest.raises(urllib.error.HTTPError) as missing:
        urllib.request.urlopen(f"{address}deep/er.html")
    assert missing.value.code == 404
    assert missing.value.read() == b"not here"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_ends_it_cleanly(server):
    process, _ = server
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_a_browser_that_turns_the_page_at_once_leaves_no_lines_in_the_terminal(tmp_path):
    (tmp_path / "index.html").write_bytes(b"0" * 30_000_000)  # more than any socket holds
    command = [sys.executable, str(SERVE), str(tmp_path), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        port = int(re.search(r":(\d+)/", process.stdout.readline())[1])
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", port)) as browser:
                browser.sendall(b"GET / HTTP/1.0\r\n\r\n")
                browser.recv(100)
                browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        whole = urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()  # it still serves
        process.terminate()
        errors = process.communicate()[1]
    assert (len(whole), errors) == (30_000_000, "")


def test_a_folder_without_a_site_is_named(tmp_path):
    done = subprocess.run([sys.executable, str(SERVE), str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "make site" in done.stderr


def test_a_port_in_use_and_one_that_is_none_are_named(server, tmp_path):
    _, address = server
    taken = address.rstrip("/").rpartition(":")[2]
    for port in (taken, "70000"):
        done = subprocess.run(
            [sys.executable, str(SERVE), str(tmp_path), "--port", port], capture_output=True, text=True
        )
        assert done.returncode == 1
        assert done.stderr.startswith(f"port is {port} (") and "expected one that is free" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_folder_may_be_written_with_a_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("SITES", str(tmp_path / "none"))
    done = subprocess.run([sys.executable, str(SERVE), "$SITES/here"], capture_output=True, text=True)
    assert done.stderr.startswith(f"{tmp_path / 'none' / 'here'} has no index.html")
