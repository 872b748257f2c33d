"""The small server of `make book`: a free port, the site's own 404 page, a clean end."""

import re
import signal
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
