"""A real JupyterHub with the settings of classroom/README.md: students log in, land on the chapters, and are apart.

Only how a server is started differs: as a process here, not as a container.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat
import psutil
import pytest
from containerfile import lay_out
from stand_in import CONFIG, ROOT, stand_in
from test_classroom import settings, snippet

sys.path.insert(0, str(ROOT / "book" / "_ext"))
from d2lite_book.shell import launch_links

pytestmark = [pytest.mark.extra, pytest.mark.browser, pytest.mark.slow]

CHAPTER = "chapters/07_rnn/sequences"
TIMEOUT = 300_000  # ms; it matters only in failure
LOCAL = """
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.bind_url = "http://127.0.0.1:{0}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{1}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{2}"
c.ConfigurableHTTPProxy.command = ["configurable-http-proxy", "--proxy-timeout=300000"]  # else 20 s a start
c.Authenticator.allow_all = True
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.args = ["--allow-root"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 300
c.Spawner.environment = {environment!r}
"""


class Hub:
    """A hub that runs: its address, its process, and the folder with the students' homes."""

    def __init__(self, url, process, homes):
        self.url, self.process, self.homes = url, process, homes

    def student(self, browser, name):
        """Log a student in and return the page that the hub shows then."""
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(TIMEOUT)
        page.goto(self.url)
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill("any")
        page.locator("#login_submit").click()
        page.wait_for_url("**/lab/**")
        return page

    def memory(self, name):
        """Return the bytes that a student's server and kernels hold."""
        processes = psutil.Process(self.process.pid).children(recursive=True)
        theirs = [one for one in processes if one.environ().get("JUPYTERHUB_USER") == name]
        assert len(theirs) >= 2, "a server and a kernel"
        return sum(one.memory_info().rss for one in theirs)


def free_ports(count):
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@pytest.fixture(scope="module")
def hub(tmp_path_factory, optional):
    for package in ("jupyterhub", "configurable_http_proxy", "nbgitpuller"):
        optional(package, "hub")
    folder = tmp_path_factory.mktemp("hub")
    lay_out(folder)
    for name in ("ana", "ben"):
        shutil.copytree(folder / "home" / "student", folder / "homes" / name)
    ports = free_ports(3)
    here = {"homes": str(folder / "homes"), "environment": stand_in(folder / "repository")}
    config = folder / "jupyterhub_config.py"
    config.write_text(snippet("python") + LOCAL.format(*ports, **here), encoding="utf-8")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "jupyterhub", "-f", str(config)]
    with open(folder / "log", "w") as log:
        options = {"cwd": folder, "stdout": log, "stderr": log, "env": os.environ | {"PATH": path}}
        process = subprocess.Popen(command, **options)
        children = []
        try:
            wait_for(f"http://127.0.0.1:{ports[0]}/hub/api", process, folder / "log")
            yield Hub(f"http://127.0.0.1:{ports[0]}", process, folder / "homes")
        finally:
            with contextlib.suppress(psutil.NoSuchProcess):
                children = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGTERM)  # the hub ends the servers and the proxy
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            for one in [*psutil.wait_procs(children, 5)[1], *([process] if process.poll() is None else [])]:
                one.kill()


def wait_for(url, process, log):
    for _ in range(TIMEOUT // 1000):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(1)
    pytest.fail(f"the hub did not answer within {TIMEOUT // 1000} s: {log.read_text()}")


def saved(page, path):
    """Save the notebook of a page until its last code cell has run, and return the code cells."""
    for _ in range(600):
        page.keyboard.press("Control+s")
        page.wait_for_timeout(1000)
        with contextlib.suppress(ValueError):  # half written
            code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
            if code[-1].execution_count:
                return code
    pytest.fail(f"{path.name} did not run to its end")


def test_a_student_lands_on_the_chapters_and_runs_one(hub, browser):
    page = hub.student(browser, "ana")
    page.wait_for_url(f"**/user/ana{settings().Spawner.default_url}*")
    page.wait_for_selector(".jp-DirListing-item")
    listed = page.locator(".jp-DirListing-itemName").all_inner_texts()
    assert [name for name in listed if name] == sorted(path.name for path in ROOT.glob("chapters/[0-9]*"))

    page.goto(f"{hub.url}/user/ana/lab/tree/{CHAPTER}.ipynb")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.get_by_text("| Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".d2l-explorer").first.wait_for()
    code = saved(page, hub.homes / "ana" / f"{CHAPTER}.ipynb")
    assert all(cell.execution_count for cell in code)
    assert not [output for cell in code for output in cell.outputs if output.output_type == "error"]
    assert settings().Spawner.mem_limit.endswith("G")
    assert hub.memory("ana") < float(settings().Spawner.mem_limit[:-1]) * 1024**3


def test_a_second_student_is_apart(hub, browser):
    ana, ben = hub.student(browser, "ana"), hub.student(browser, "ben")
    for page, status in ((ana, 200), (ben, 403)):
        assert page.request.get(f"{hub.url}/user/ana/api/contents/chapters").status == status
    with urllib.request.urlopen(f"{hub.url}/user/ana/lab") as answer:
        assert "/hub/login" in answer.url  # and nobody gets in without a name
    path = f"{CHAPTER}.ipynb"
    assert (hub.homes / "ben" / path).read_bytes() == (ROOT / path).read_bytes()


def test_the_button_of_a_chapters_page_opens_it(hub, browser):
    options = {"repository_url": CONFIG["repository"]["url"], "launch_buttons": CONFIG["launch_buttons"]}
    [link] = [
        link["hub"] for link in launch_links(options, CHAPTER, ".ipynb") if link["text"] == "JupyterHub"
    ]
    page = hub.student(browser, "ben")
    page.goto(hub.url + link)
    page.wait_for_url(f"**/lab/tree/d2lite/{CHAPTER}.ipynb*")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    assert (hub.homes / "ben" / "d2lite" / f"{CHAPTER}.ipynb").exists()
