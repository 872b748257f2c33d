"""Pages of the built site in Chromium, watched: what a page complains about fails the test that opened it."""

import contextlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 120_000  # ms; it matters only in failure
CHAPTER = "chapters/02_linear_models/logistic_regression.html"


# A page has settled when its fonts are there, nothing moves, and its layout stays the same from one frame to the
# next. The rounds are counted in frames, which a busy machine makes slower and no fewer.
SETTLE = """async () => {
  const next = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const lasts = (animation) => animation.effect.getComputedTiming().endTime !== Infinity;
  const sizes = (element) => [element.clientWidth, element.scrollWidth, element.offsetTop];
  const layout = () => [...document.querySelectorAll("main :not(.katex *)")].map(sizes).join();
  for (let round = 0, before = ""; round < 100; round++) {
    document.body.getBoundingClientRect();  // asks for the fonts of what has come into sight
    await document.fonts.ready;
    await Promise.allSettled(document.getAnimations().filter(lasts).map((animation) => animation.finished));
    await next();
    const now = document.documentElement.scrollWidth + layout();
    if (now === before && document.fonts.status === "loaded") return;
    before = now;
  }
  throw new Error("the layout of the page never settles");
}"""


def settle(page):
    """Wait until the layout of a page may be read."""
    page.evaluate(SETTLE)


def lay_out_all(page):
    """Lay out the sections that are far from the window, too."""
    page.add_style_tag(content=".bd-article section { content-visibility: visible !important; }")


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
            context.set_default_timeout(TIMEOUT)
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
