"""A chapter's explorer in a real JupyterLab: the page moves the Python trait, Python moves the picture."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .conftest import TIMEOUT

ROOT = Path(__file__).resolve().parent.parent.parent
CHAPTER = ROOT / "chapters" / "02_linear_models" / "logistic_regression.ipynb"
TOKEN = "d2lite"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def notebook():
    """The chapter's own cell of an explorer, then cells that look at the widget it made."""
    cells = {cell.id: cell.source for cell in nbformat.read(CHAPTER, as_version=4).cells}
    explorer = f"from d2lite.widgets import BoundaryExplorer\n{cells['explorer-mse']}"
    look = [
        "widget = _\nwidget.lr = 0.1\nprint('lr is', widget.lr)",
        "print('lr is', widget.lr, 'and weights', len(widget.weights))",
        "widget.lr = 2.5\nwidget.dataset = 'xor'",
        "try:\n    widget.lr = -1\nexcept ValueError as error:\n    print('refused:', error)",
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    words = new_markdown_cell(
        "First [take all of them at once](#d2l-boundary?batch_size=0&lr=0.02), then look."
    )
    cells = [words, new_code_cell(explorer), *map(new_code_cell, look)]
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address of a JupyterLab that serves the notebook; its settings are a folder of its own."""
    folder = tmp_path_factory.mktemp("lab")
    nbformat.write(notebook(), folder / "chapter.ipynb")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}"]
    command += [
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.port_retries=0",
    ]
    command += ["--LabApp.news_url=", "--LabApp.collaborative=False"]
    homes = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | homes)
        try:
            wait_for(f"{address}/api/status?token={TOKEN}", server, folder / "log")
            yield address
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()


def wait_for(url, server, log, seconds=TIMEOUT / 1000):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
        time.sleep(0.3)
    pytest.fail(f"JupyterLab did not answer within {seconds:.0f} s: {log.read_text()}")


def run_cell(page, number):
    """Run the cell of a number and return its output area."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(number)
    prompt = cell.locator(".jp-InputPrompt")
    before = prompt.inner_text()
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        r"([prompt, before]) => /\[\d+\]/.test(prompt.innerText) && prompt.innerText !== before",
        arg=[prompt.element_handle(), before],
    )
    return cell.locator(".jp-Cell-outputArea")


def test_page_and_kernel_share_one_state(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(TIMEOUT)
    page.goto(f"{lab}/lab/tree/chapter.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell")
    page.get_by_text("| Idle").wait_for()

    explorer = run_cell(page, 0).locator(".d2l-explorer")
    explorer.wait_for()
    rate = explorer.get_by_role("slider", name=re.compile("learning rate", re.I))
    picture = "c => c.toDataURL()"
    canvas = explorer.locator("canvas").first

    # Python sets the trait: the control follows
    said = run_cell(page, 1)
    said.get_by_text("lr is 0.1").wait_for()
    start = rate.input_value()

    # the reader moves the control: Python follows
    rate.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert float(rate.input_value()) > float(start)
    moved = asked_until(page, lambda rate: rate > 0.1)

    # words of the text set it, undo that, and leave the address alone
    words, address = page.get_by_role("link", name="take all of them at once"), page.url
    words.click()
    words = page.get_by_role("button", name="take all of them at once", pressed=True)
    words.wait_for()
    said = explorer.locator(".d2l-said").inner_text()
    assert said.startswith("Set: batch size to all and learning rate to 0.02.")
    asked_until(page, lambda rate: rate == 0.02)
    words.press("Enter")
    page.get_by_role("button", name="take all of them at once", pressed=False).wait_for()
    assert page.url == address
    asked_until(page, lambda rate: rate == moved)

    # Python sets two traits: the control and the picture follow
    before, at = canvas.evaluate(picture), float(rate.input_value())
    run_cell(page, 3)
    page.wait_for_function("([c, was]) => c.toDataURL() !== was", arg=[canvas.element_handle(), before])
    assert float(rate.input_value()) > at

    # a bad value is refused in one sentence, and nothing is lost
    assert "expected a number from" in wait_text(run_cell(page, 4), "refused:")
    page.close()


def asked_until(page, is_right):
    """Ask Python for the learning rate until it is right, as the messages of the page are on their way; return it."""
    for _ in range(100):
        text = wait_text(run_cell(page, 2), "and weights")
        rate = float(text.split("lr is")[1].split()[0])
        if is_right(rate) and "and weights 3" in text:
            return rate
    pytest.fail(f"Python still says: {text}")


def wait_text(area, text):
    area.get_by_text(text).first.wait_for()
    return area.inner_text()
