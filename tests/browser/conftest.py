"""Pages of the built site in Chromium, watched: what a page complains about fails the test that opened it."""

import contextlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = "chapters/02_linear_models/logistic_regression.html"


def pages(site):
    """Return the addresses of all pages of the site, relative to it."""
    found = (path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html")))
    return [
        name for name in found if name != "index.html" and not name.startswith("_")
    ]  # a redirect; sources


class Watch:
    """A page's complaints: console warnings and errors, exceptions, failed and foreign requests."""

    def __init__(self, page, home):
        self.complaints, self.requests, self.home = [], [], home
        page.on("console", lambda m: m.type in ("warning", "error") and self.complaints.append(m.text))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        page.on("response", lambda response: response.status >= 400 and self.complaints.append(response.url))
        page.on("request", self.note)

    def note(self, request):
        self.requests.append(request.url)
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.complaints.append(f"foreign request: {request.url}")


@pytest.fixture
def open_page(browser, request):
    """Function that opens a page of the site, by http or from file://; in the end it must have been quiet."""
    with contextlib.ExitStack() as stack:

        def open_(name, scheme="http", quiet=True, **options):
            site = request.getfixturevalue("site")
            home = site.as_uri() if scheme == "file" else request.getfixturevalue("site_url")
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
            stack.callback(context.close)
            page = context.new_page()
            page.watch = Watch(page, home)
            watched.append((name, page.watch if quiet else None))
            page.goto(f"{home}/{name}")
            return page

        watched = []
        yield open_
        for name, watch in watched:
            assert watch is None or watch.complaints == [], f"{name} complained"


@pytest.fixture(params=["http", "file"])
def scheme(request):
    """How the page is opened: from a server, or by double-click."""
    return request.param
