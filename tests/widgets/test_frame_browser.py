"""The frame that all explorers share, in a real browser: links, themes, speech, print, motion.

Four explorers stand for all; with D2LITE_TEST_ALL=1 (make test-all) each one is asked.
"""

import json
import os

import pytest

from d2lite.widgets import explorer_class, explorer_names

from .conftest import PICTURE, TEXT

pytestmark = pytest.mark.browser
EXPLORERS = explorer_names() if os.environ.get("D2LITE_TEST_ALL") else ("boundary", "gates", "race", "sweep")
HOSTILE = [
    "<img src=x onerror=alert(1)>=1",
    "lr=<svg/onload=alert(1)>&seed=javascript:alert(1)",
    "%3Cscript%3Ealert(1)%3C/script%3E=%3Cscript%3Ealert(1)%3C/script%3E",
    "__proto__=1&constructor=2&_esm=alert(1)&_spec=[]",
    "%E0%A4%A&&&===&?#?#",
    "x" * 100_000,
    "hide=" + ",".join(["copy"] * 10_000),
]


@pytest.mark.parametrize("name", EXPLORERS)
class TestTheSharedFrame:
    def test_it_survives_a_window_of_a_few_pixels(self, make_host, name):
        host = make_host().open(name).show(name)
        before = host.page.evaluate(TEXT)
        for width in (40, 64, 120, 800):
            host.page.set_viewport_size({"width": width, "height": 900})
            host.settle()
            assert host.page.locator(".d2l-note").count() == 0
        assert host.page.evaluate(TEXT) == before

    def test_it_follows_the_theme(self, make_host, name):
        host = make_host().open(name).show(name)
        before = host.page.evaluate(PICTURE)
        host.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        host.settle()
        assert host.page.evaluate(PICTURE) != before

    def test_it_speaks_to_screen_readers_once_it_is_touched(self, make_host, name):
        host = make_host().open(name).show(name)
        summary = host.page.locator(".d2l-explorer > .d2l-offscreen").first
        host.page.wait_for_function(
            "() => document.querySelector('.d2l-explorer > .d2l-offscreen').textContent.length > 10"
        )
        assert summary.get_attribute("aria-live") is None
        host.page.keyboard.press("Tab")
        assert summary.get_attribute("aria-live") == "polite"

    @pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_links_do_nothing_but_leave_a_note(self, make_host, name, query):
        host = make_host().open(name, fragment=f"#d2l-x?{query}").show(name)
        assert host.page.locator(".d2l-explorer :is(img, script, iframe)").count() == 0
        if "hide" not in query:
            assert host.page.locator(".d2l-note").count() >= 1
        assert len(host.page.evaluate(PICTURE)) > 1000

    @pytest.mark.parametrize("address", ["https://explorers.test/", "http://explorers.test/"])
    def test_copied_link_and_python_bring_back_the_state(self, make_host, name, address):
        """Without https, as from a disk, a page has no clipboard of its own and must find another way."""
        host = (
            make_host(permissions=["clipboard-read", "clipboard-write"])
            .open(name, address=address)
            .show(name)
        )
        values = changed_values(name)
        for trait, value in values.items():
            host.set(trait, value)
        host.page.get_by_role("button", name="Copy link").click()
        host.page.get_by_text("Link copied.").wait_for()
        link = pasted(host)
        host.page.get_by_role("button", name="Copy as Python").click()
        host.page.get_by_text("Python cell copied.").wait_for()
        cell = pasted(host)
        scope = {}
        exec(cell.replace("\n\nd2lite", "\n\nexplorer = d2lite"), scope)  # the very cell a reader would paste
        assert scope["explorer"].state() == explorer_class(name)(**values).state()
        again = make_host().open(name, fragment="#" + link.split("#")[1]).show(name)
        for trait in values:
            assert again.get(trait) == host.get(trait)
        text = json.dumps(host.page.evaluate(TEXT))
        again.page.wait_for_function(f"({TEXT})() === {text}")
        third = make_host().open(name, fragment="#" + link.split("#")[1]).show(name)
        picture = again.page.evaluate(PICTURE)
        third.page.wait_for_function(f"(picture) => ({PICTURE})() === picture", arg=picture)

    def test_two_on_a_page_do_not_collide(self, make_host, name):
        trait, value = next(iter(changed_values(name).items()))
        text = value if isinstance(value, str) else json.dumps(value)
        host = make_host().open(name, fragment=f"#d2l-x-2?{trait}={text}")
        host.show(name).show(name, id="d2l-x-2")
        assert host.get(trait, "d2l-x-2") == value
        assert host.get(trait) != value

    def test_teachers_links_leave_controls_out(self, make_host, name):
        host = make_host().open(name, fragment="#d2l-x?hide=copy,no_such").show(name)
        assert not host.page.get_by_role("button", name="Copy link").is_visible()
        host.page.get_by_text("The link hides “no_such”, which is not known here.").wait_for()

    def test_it_prints_in_the_light_theme_even_out_of_sight(self, make_host, name):
        host = make_host(theme="dark", height=300).open(name).show(name)
        host.page.evaluate("document.querySelector('main').style.paddingBottom = '6000px'")
        host.page.evaluate("scrollTo(0, 1e6)")
        host.settle()
        dark = host.page.evaluate(PICTURE)
        host.page.evaluate("""() => {
            document.documentElement.dataset.theme = "light";
            dispatchEvent(new Event("beforeprint"));
        }""")
        light = host.page.evaluate(PICTURE)
        assert light != dark
        host.page.evaluate("""() => {
            document.documentElement.dataset.theme = "dark";
            dispatchEvent(new Event("afterprint"));
        }""")
        assert host.page.evaluate(PICTURE) == dark

    def test_reader_who_wants_no_motion_gets_little(self, make_host, name):
        host = make_host(reduced_motion="reduce").open(name).show(name)
        play = host.page.get_by_role("button", name="Play", exact=True)
        if play.count() == 0:
            assert host.page.evaluate("countFrames(30)") <= 1
            return
        host.page.evaluate("""() => {
            const [pictures, start] = [new Set(), performance.now()];
            const canvas = document.querySelector(".d2l-explorer canvas");
            const watch = () => {
                pictures.add(canvas.toDataURL());
                window.seen = [pictures.size, performance.now() - start];
                requestAnimationFrame.uncounted(watch);
            };
            watch();
        }""")
        play.click()
        host.page.wait_for_function("seen[1] > 1200")
        pictures, milliseconds = host.page.evaluate("seen")
        assert pictures <= milliseconds / 500 + 2


def pasted(host):
    """Return what the clipboard holds, by pasting it."""
    host.page.evaluate("document.querySelector('main').append(document.createElement('textarea'))")
    field = host.page.locator("main > textarea").last
    field.press("Control+V")
    return field.input_value()


def changed_values(name):
    """Return a value other than the default for some traits that a link may set."""
    values = {}
    for entry in explorer_class(name).spec():
        if entry.get("output"):
            continue
        if entry["kind"] == "choice":
            values[entry["name"]] = next(c for c in entry["choices"] if c != entry["default"])
        elif entry["kind"] == "flag":
            values[entry["name"]] = not entry["default"]
        elif entry["kind"] in ("real", "integer"):
            middle = (2 * entry["default"] + entry["max"]) / 3
            values[entry["name"]] = int(middle) if entry["kind"] == "integer" else round(middle, 3)
    return dict(list(values.items())[:8])
