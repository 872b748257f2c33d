"""Fixtures shared by all tests: an installed Chromium, and the built site."""

import functools
import http.server
import importlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import filelock
import pytest

# A job started in the background ignores Ctrl-C, and so would the programs that tests interrupt.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "chromium-headless-shell",
)
APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
# Chromium's own background requests (updates, field trials) are not the page's.
QUIET = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
# Nobody types addresses here, and the pages that a window loads for its address bar took most of a short test's time.
# Of two such switches the last counts, so those of playwright's that a page can feel are named again.
QUIET += [
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,AimEnabled,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "PaintHolding,ThirdPartyStoragePartitioning,MediaRouter,LensOverlay,OptimizationHints,NetworkTimeServiceQuerying,"
    "PreconnectToSearch,DestroyProfileOnBrowserClose,AvoidUnnecessaryBeforeUnloadCheckSync"
]


def pytest_collection_modifyitems(items):
    """Leave what is marked nightly, such as recorded runs of more than seven seconds, to `make test-all`."""
    if not os.environ.get("D2LITE_TEST_ALL"):
        for item in items:
            if item.get_closest_marker("nightly"):
                item.add_marker(pytest.mark.skip(reason="run by make test-all"))


def find_browser():
    """Return the path of an installed Chrome or Chromium, or None; D2LITE_BROWSER names one."""
    for name in filter(None, (os.environ.get("D2LITE_BROWSER"), *BROWSERS)):
        if path := shutil.which(name):
            return path
    return next((app for app in APPS if Path(app).exists()), None)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium under playwright; without one the test is skipped, under CI failed."""
    path = find_browser()
    if path is None:
        message = "no Chrome or Chromium found: install one, or set D2LITE_BROWSER to its path"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def optional():
    """Function (package, extra) that imports a package of an optional extra.

    Without it the test is skipped; it fails where D2LITE_EXTRAS is set, which says that all of them are installed.
    """

    def get(package, extra):
        try:
            return importlib.import_module(package)
        except ImportError:
            message = f'{package} is not installed: the extra "{extra}" brings it'
            if os.environ.get("D2LITE_EXTRAS"):
                pytest.fail(message)
            return pytest.skip(message)

    return get


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """Path of the built site: as tools/run_tests.py has just built it, or brought up to date by one worker now."""
    built = os.environ.get("D2LITE_SITE")
    if built == "failed":
        pytest.fail("the site was not built: see the part build above")
    if not built:
        with filelock.FileLock(tmp_path_factory.getbasetemp().parent / "site.lock"):
            done = tmp_path_factory.getbasetemp().parent / "site.done"
            if worker_id == "master" or not done.exists():
                subprocess.run([sys.executable, "tools/build_book.py"], cwd=ROOT, check=True)
                done.touch()
    return ROOT / "_build" / "html"


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def site_url(site):
    """Address of the built site on localhost."""
    handler = functools.partial(_QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
