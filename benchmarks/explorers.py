"""Input to picture: drag each explorer's first slider, chart, handle, cells and drawing, and the boundary's points.

Time runs from the moment the page hears the pointer to the end of the frame that shows its effect (style, layout,
script and paint commands done). Aim: p95 of at most 16 ms.

    python benchmarks/explorers.py [name ...]

A run of all of them ends with what a notebook has otherwise, in a real JupyterLab: ipywidgets.interact with one slider
and one curve by matplotlib, a key at a time, each once the last picture has come.
"""

import importlib
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent

SECONDS = 5  # for each
LIMIT = 16  # ms
KINDS = {
    "slider": "input[type=range]:visible",
    "chart": ".d2l-scrub:visible",
    "handle": ".d2l-handle:visible",
    "cells": "canvas[role=slider]:not(.d2l-scrub):visible",
    "drawing": ".d2l-drawable:visible",
}
WAVES = {
    "slider": lambda t: (0.5 + 0.4 * math.sin(t), 0.5),
    "chart": lambda t: (0.5 + 0.4 * math.sin(t), 0.5),
    "handle": lambda t: (0.5 + 0.9 * math.sin(t), 0.5 + 0.9 * (1 - math.cos(t))),  # a circle from where it is
    "cells": lambda t: (0.5 + 0.45 * math.sin(t), 0.5 + 0.2 * math.cos(0.7 * t)),
    "drawing": lambda t: (0.5 + 0.42 * math.sin(t), 0.5 + 0.3 * math.cos(2.7 * t)),
}
WATCH = """() => {
    window.times = [];
    const channel = new MessageChannel();
    const heard = [];
    channel.port1.onmessage = () => {
        const now = performance.now();
        while (heard.length) times.push(now - heard.pop());
    };
    addEventListener("pointermove", (event) => {
        if (!event.buttons) return;
        heard.push(performance.now());
        requestAnimationFrame(() => channel.port2.postMessage(0));
    }, true);
}"""


STOCK = """import ipywidgets
import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 1, 201)
@ipywidgets.interact(frequency=ipywidgets.FloatSlider(2, min=0.5, max=8, step=0.1))
def draw(frequency):
    plt.figure(figsize=(5, 2.5))
    plt.plot(x, np.sin(2 * np.pi * frequency * x))
    plt.show()
"""
KEYS = 40  # presses, up and down
# Resolves with the milliseconds from the next key to the end of the frame that shows another picture.
ONE_KEY = """() => new Promise((done) => {
    const area = document.querySelector(".jp-Cell-outputArea");
    const shown = () => area.querySelector("img")?.src;
    const before = shown();
    let start = 0;
    addEventListener("keydown", () => (start = performance.now()), { once: true, capture: true });
    const look = () => {
        const now = shown();
        if (!start || !now || now === before) return requestAnimationFrame(look);
        const channel = new MessageChannel();
        channel.port1.onmessage = () => done(performance.now() - start);
        requestAnimationFrame(() => channel.port2.postMessage(0));
    };
    requestAnimationFrame(look);
})"""


def load(name):
    """Import a module of the tests: what they drive explorers with."""
    if (tests := str(ROOT / "tests")) not in sys.path:
        sys.path.insert(0, tests)
    return importlib.import_module(name)


def drag(host, box, along):
    """Move the held mouse to and fro for some seconds; return the sorted times in ms."""
    host.page.evaluate(WATCH)
    at = lambda t: (box["x"] + box["width"] * along(t)[0], box["y"] + box["height"] * along(t)[1])
    host.page.mouse.move(*at(0))
    host.page.mouse.down()
    start, i = host.page.evaluate("performance.now()"), 0
    while host.page.evaluate("performance.now()") - start < 1000 * SECONDS:
        i += 1
        host.page.mouse.move(*at(i / 60))
    host.page.mouse.up()
    return sorted(host.page.evaluate("times"))


def report(what, times):
    p50, p95 = (times[min(len(times) - 1, int(len(times) * q))] for q in (0.5, 0.95))
    print(f"{what:<44} {len(times):>5} moves   p50 {p50:5.1f} ms   p95 {p95:5.1f} ms", flush=True)
    return p95


def measure_stock(browser):
    """Press the arrow keys on a stock slider in a JupyterLab of its own; return the sorted times in ms."""
    lab = load("browser.test_lab")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), lab.free_port()
        cells = [nbformat.v4.new_code_cell(STOCK)]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, folder / "stock.ipynb")
        command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}"]
        command += [
            f"--IdentityProvider.token={lab.TOKEN}",
            f"--ServerApp.root_dir={folder}",
            "--LabApp.news_url=",
        ]
        homes = {key: name for key in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
        with open(folder / "log", "w") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | homes)
        try:
            address = f"http://127.0.0.1:{port}"
            lab.wait_for(f"{address}/api/status?token={lab.TOKEN}", server, folder / "log")
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(f"{address}/lab/tree/stock.ipynb?token={lab.TOKEN}", timeout=60_000)
            page.get_by_text("| Idle").wait_for(timeout=60_000)
            output = lab.run_cell(page, 0)
            output.locator("img").wait_for(timeout=60_000)
            output.locator(".noUi-handle").focus()
            times = []
            for i in range(KEYS):
                time = page.evaluate_handle(f"() => ({{ wait: ({ONE_KEY})() }})")
                page.keyboard.press("ArrowRight" if i % 10 < 5 else "ArrowLeft")
                times.append(time.evaluate("(holder) => holder.wait"))
        finally:
            server.terminate()
            server.wait(30)
    return sorted(times[5:])  # the first ones warm up the kernel


def main(names):
    """Measure the named explorers, or all; return 1 if one is too slow."""
    from playwright.sync_api import sync_playwright

    from d2lite.widgets import explorer_names

    worst, Host, finder = 0, load("widgets.conftest").Host, load("conftest")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=finder.find_browser(), args=finder.QUIET)
        for name in names or [*explorer_names(), "draw_it"]:
            host = (
                Host(browser.new_page(viewport={"width": 800, "height": 1000}), "light").open(name).show(name)
            )
            for kind, selector in KINDS.items():
                found = host.page.locator(selector)
                if found.count():
                    found.first.scroll_into_view_if_needed()
                    times = drag(host, found.first.bounding_box(), WAVES[kind])
                    worst = max(
                        worst, report(f"{name}, {kind}: {found.first.get_attribute('aria-label')}", times)
                    )
                    host.settle()
        if not names or "boundary" in names:
            host = Host(browser.new_page(viewport={"width": 800, "height": 1000}), "light").open("boundary")
            host.show("boundary", num_samples=200, features="quadratic", step_count=500)
            box = host.page.get_by_role("slider", name="learning rate").bounding_box()
            worst = max(
                worst, report("boundary, 200 points, 500 steps: lr", drag(host, box, WAVES["slider"]))
            )
            circle = lambda t: (0.5 + 0.3 * math.sin(t), 0.5 + 0.3 * math.cos(t))
            host.set(
                "points", [[0, -0.9, 1]] + [[(i % 14) / 7 - 1, (i // 14) / 7 - 1, i % 2] for i in range(199)]
            )
            box = host.page.locator("canvas").first.bounding_box()
            worst = max(worst, report("boundary, 200 points, 500 steps: a point", drag(host, box, circle)))
        if not names or "playground" in names:
            host = Host(browser.new_page(viewport={"width": 800, "height": 1000}), "light").open("playground")
            inputs = dict.fromkeys(["x1_squared", "x2_squared", "x1x2", "sin_x1", "sin_x2"], True)
            host.show(
                "playground", dataset="spiral", num_samples=500, layers=[8] * 6, epoch_count=1, **inputs
            )
            box = host.page.get_by_role("slider", name="learning rate").bounding_box()
            what = "playground, 6 layers of 8, an epoch: lr"  # and each unit at 100 x 100 places
            worst = max(worst, report(what, drag(host, box, WAVES["slider"])))
        if not names or "race" in names:
            host = Host(browser.new_page(viewport={"width": 800, "height": 1000}), "light").open("race")
            host.show("race", view="plane", condition=100, rates=[0, 0.0198], beta=0.5, step_count=100)
            box = host.page.locator(".d2l-handle:visible").first.bounding_box()
            worst = max(worst, report("race, the plane: its point", drag(host, box, WAVES["handle"])))
            box = host.page.locator("canvas:visible").first.bounding_box()
            worst = max(worst, report("race, the plane: a press anywhere", drag(host, box, WAVES["drawing"])))
            box = host.page.get_by_role("slider", name="condition κ", exact=True).bounding_box()
            worst = max(worst, report("race, the plane: κ", drag(host, box, WAVES["slider"])))
        if not names:
            report("ipywidgets.interact and matplotlib, JupyterLab", measure_stock(browser))
        browser.close()
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
