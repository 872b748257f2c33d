"""A page to try explorers on: our own small host in Chromium, nothing from the network."""

from pathlib import Path

import anywidget
import pytest

from d2lite.widgets import explorer_class

HOST = Path(__file__).with_name("host.js")
ADDRESS = "https://explorers.test/"  # no such host: every answer comes from the test
PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8"><title>Explorers</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body {{ margin: 12px }} [data-theme=dark] body {{ background: #16191d; color: #fff }} {css}</style>
<script src="host.js"></script><main><h1>Explorers</h1></main></html>"""

PICTURE = """() => {
    const all = [...document.querySelectorAll(".d2l-explorer canvas, .d2l-explorer svg:not(.d2l-icon)")];
    return all.map((c) => (c.toDataURL ? c.toDataURL() : c.outerHTML)).join() + document.querySelector(".d2l-body").innerText;
}"""
TEXT = "() => document.querySelector('.d2l-body').innerText"


def page_state(name, **values):
    """Return the state a built page holds of an explorer."""
    widget = explorer_class(name)(**values) if values else explorer_class(name).example()
    theirs = {*anywidget.AnyWidget.class_trait_names(), "_esm", "_css"}
    return {trait: getattr(widget, trait) for trait in widget.trait_names(sync=True) if trait not in theirs}


class Host:
    """One browser page with explorers on it; messages of level warning or above and errors are kept in .messages."""

    def __init__(self, page, theme):
        self.page, self.theme, self.messages, self.files = page, theme, [], {}
        page.on("console", lambda m: m.type in ("warning", "error") and self.messages.append(m.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on(
            "dialog", lambda dialog: (self.messages.append(f"dialog: {dialog.message}"), dialog.dismiss())
        )
        page.route("**/*", self.answer)

    def answer(self, route):
        name = route.request.url.removeprefix(self.address).split("#")[0]
        if name not in self.files:
            self.messages.append(f"request for {route.request.url}")
            return route.abort()
        kind = {"js": "text/javascript", "html": "text/html"}[name.rsplit(".", 1)[1]]
        return route.fulfill(body=self.files[name], content_type=f"{kind}; charset=utf-8")

    def open(self, *names, fragment="", address=ADDRESS):
        """Load the page with these explorers' scripts at hand."""
        self.address = address
        widgets = {name: explorer_class(name).example() for name in names}
        css = "\n".join(widget._css for widget in widgets.values())
        self.files = {f"{name}.js": widget._esm for name, widget in widgets.items()}
        self.files |= {"host.js": HOST.read_text(), "index.html": PAGE.format(theme=self.theme, css=css)}
        self.page.goto(f"{address}index.html{fragment}")
        return self

    def show(self, name, id="d2l-x", host="site", folded=False, **values):
        """Show an explorer and wait until it has drawn; its fold of further settings is opened, or left as it is (folded)."""
        state = page_state(name, **values)
        arguments = [id, f"/{name}.js", state, host]
        self.page.evaluate("([id, module, state, host]) => show(id, module, state, host)", arguments)
        if not folded:
            self.page.evaluate("document.querySelectorAll('.d2l-more').forEach((fold) => (fold.open = true))")
        self.settle()
        return self

    def settle(self):
        """Wait until 60 ms have passed without a frame asked for (at most 50 times: something may be playing)."""
        self.page.evaluate("""async () => {
            for (let seen = -1, rounds = 0; seen !== asked && rounds < 50; rounds++) {
                seen = asked;
                await new Promise((done) => setTimeout(() => requestAnimationFrame.uncounted(() => setTimeout(done)), 60));
            }
        }""")

    def read(self):
        """Return the lines below the controls, once the explorer has drawn."""
        self.settle()
        return self.page.locator(".d2l-bottom").inner_text()

    def wait(self, condition):
        """Wait for a condition in JavaScript, in which get("name") is a trait of the explorer."""
        get = "const get = (name) => views['d2l-x'].model.get(name)"
        self.page.wait_for_function(f"() => {{ {get}; return {condition}; }}")

    def resize(self, width, height=900):
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.wait_for_function("(width) => innerWidth === width", arg=width)
        self.settle()

    def wear(self, theme):
        """Put on the theme "light" or "dark"."""
        self.page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        self.settle()

    def get(self, name, id="d2l-x"):
        return self.page.evaluate("([id, name]) => views[id].model.get(name)", [id, name])

    def set(self, name, value, id="d2l-x"):
        self.page.evaluate("([id, name, value]) => views[id].model.set(name, value)", [id, name, value])
        self.settle()


@pytest.fixture
def make_host(browser):
    """Function that opens a page: make_host(width=800, theme="light", **context options) -> Host."""
    contexts, hosts = [], []

    def make(width=800, theme="light", height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(120_000)  # it matters only in failure
        contexts.append(context)
        hosts.append(Host(context.new_page(), theme))
        return hosts[-1]

    yield make
    messages = [message for host in hosts for message in host.messages]
    for context in contexts:
        context.close()
    assert messages == []
