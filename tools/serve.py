"""Serve a folder on this machine, on a free port, and open it in the browser where there is one.

python tools/serve.py [FOLDER] [--port N] [--no-browser]
"""

import argparse
import contextlib
import functools
import os
import sys
import webbrowser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from d2lite._utils.files import user_path

FOLDER = Path(__file__).resolve().parent.parent / "_build" / "html"


class Handler(SimpleHTTPRequestHandler):
    """Serves files without a line in the terminal for each, and 404.html for what is missing."""

    def log_message(self, *args):
        """Keep the terminal quiet."""

    def send_error(self, code, message=None, explain=None):
        """Answer a missing page as the published site does."""
        page = Path(self.directory) / "404.html"
        if code != 404 or not page.exists():
            return super().send_error(code, message, explain)
        content = page.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class Server(ThreadingHTTPServer):
    """A server that says nothing of a browser which turned the page before all of it had come."""

    def handle_error(self, request, client_address):
        """Report what is an error here."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def has_desktop():
    """Tell whether a browser window can open here."""
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def main():
    """Serve until Ctrl+C."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=user_path, default=FOLDER)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--no-browser", action="store_true")
    options = parser.parse_args()
    if not (options.folder / "index.html").exists():
        sys.exit(f"{options.folder} has no index.html: expected a built site; make it with make site")
    handler = functools.partial(Handler, directory=str(options.folder))
    try:
        server = Server(("127.0.0.1", options.port), handler)
    except (OSError, OverflowError) as error:
        sys.exit(f"port is {options.port} ({error}): expected one that is free; leave --port out to take any")
    with contextlib.suppress(KeyboardInterrupt), server:
        address = f"http://127.0.0.1:{server.server_port}/"
        print(f"The book is at {address}   (Ctrl+C stops)", flush=True)
        if has_desktop() and not options.no_browser:
            webbrowser.open(address)
        server.serve_forever()


if __name__ == "__main__":
    main()
