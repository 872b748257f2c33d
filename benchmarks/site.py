"""Weigh the built site: bytes and requests of each page's first view, cold, and Lighthouse's four scores.

    python benchmarks/site.py                        bytes and requests; beside them a stock Jupyter Book page
    python benchmarks/site.py --lighthouse FOLDER    and Lighthouse, from FOLDER/node_modules
                                                     (npm install --prefix FOLDER lighthouse)

The stock page is made in the same run: the same Jupyter Book, its own settings, one notebook with one ipywidgets
slider. It asks a CDN for part of its scripts; without a network these are counted as failed, and their bytes are not.
Pages are served from localhost with gzip. First view: 1280 x 900, nothing scrolled, until the network rests.
On its telephone Lighthouse takes the processor for four times as slow as the machine's, so scores follow the machine:
each line ends with its own index of the machine's speed. Chrome's developer tools count 1,000 for a telephone of the
middle range and 264 for a cheap one.
"""

import argparse
import functools
import gzip
import http.server
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
AIM_BYTES, AIM_REQUESTS = 400_000, 25
TEXT = {".html", ".js", ".css", ".svg", ".json", ".xml", ".txt"}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, texts with gzip, as any web host does."""

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if path.suffix not in TEXT or not path.exists():
            return super().do_GET()
        data = gzip.compress(path.read_bytes(), 9)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


def serve(folder):
    """Serve a folder on localhost in the background; return its address."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def build_stock(folder):
    """Build a book with Jupyter Book's own settings and one slider; return the folder of its pages."""
    cells = [
        nbformat.v4.new_markdown_cell("# A slider"),
        nbformat.v4.new_code_cell("import ipywidgets\nipywidgets.IntSlider()"),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "slider.ipynb"
    )
    (folder / "_config.yml").write_text("title: stock\nonly_build_toc_files: true\n")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: slider\n")
    command = [
        sys.executable,
        "-c",
        "from jupyter_book.cli.main import main; main()",
        "build",
        "-q",
        str(folder),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "_build" / "html"


def weigh(browser, url):
    """Load a page cold; return (compressed bytes, requests, failed requests)."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes, failed = [], []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    session.on("Network.loadingFailed", lambda event: failed.append(event["requestId"]))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    context.close()
    return sum(sizes), len(sizes), len(failed)


def lighthouse(folder, url, preset):
    """Run the Lighthouse installed in a folder; return a dict of its scores, 0 to 100, and its index of the machine."""
    command = ["node", str(folder / "node_modules" / "lighthouse" / "cli" / "index.js"), url, "--quiet"]
    command += ["--output=json", "--chrome-flags=--headless=new --no-sandbox"]
    command += ["--preset=desktop"] if preset == "desktop" else []
    environment = {**os.environ, "CHROME_PATH": tests().find_browser()}
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    report = json.loads(done.stdout)
    scores = {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}
    return scores | {"machine": round(report["environment"]["benchmarkIndex"])}


def tests():
    """Return the tests' conftest module, which knows the installed browsers."""
    spec = importlib.util.spec_from_file_location("conftest", ROOT / "tests" / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages_of(site):
    """Return the addresses of a site's pages; its root is a redirect and _sources are no pages."""
    names = (path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html")))
    return [name for name in names if name != "index.html" and name[0] != "_"]


def main():
    """Print a line for each page, and one for the stock page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument(
        "--lighthouse", type=Path, metavar="FOLDER", help="folder with node_modules/lighthouse"
    )
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    conftest = tests()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=conftest.find_browser(), args=conftest.QUIET)
        home, stock = serve(options.site), serve(build_stock(Path(folder)))
        rows = [(name, f"{home}/{name}") for name in pages_of(options.site)]
        print(f"{'page':52} {'kB':>7} {'requests':>9} {'failed':>7}")
        for name, url in [*rows, ("stock: one slider", f"{stock}/slider.html")]:
            size, requests, failed = weigh(browser, url)
            over = "  over the aim" if size > AIM_BYTES or requests > AIM_REQUESTS else ""
            print(f"{name:52} {size / 1000:7.1f} {requests:9} {failed:7}{over}", flush=True)
            for preset in ("desktop", "mobile") if options.lighthouse else ():
                scores = lighthouse(options.lighthouse, url, preset).items()
                print(f"    {preset}: " + ", ".join(f"{key} {value}" for key, value in scores), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
