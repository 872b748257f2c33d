"""Explorers in a real browser, on our own small host: what holds for each of them, by mouse, keyboard and touch."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from d2lite.widgets import explorer_class, explorer_names

pytestmark = pytest.mark.browser
HOSTILE = [
    "<img src=x onerror=alert(1)>=1",
    "lr=<svg/onload=alert(1)>&seed=javascript:alert(1)",
    "%3Cscript%3Ealert(1)%3C/script%3E=%3Cscript%3Ealert(1)%3C/script%3E",
    "__proto__=1&constructor=2&_esm=alert(1)&_spec=[]",
    "%E0%A4%A&&&===&?#?#",
    "x" * 100_000,
    "hide=" + ",".join(["copy"] * 10_000),
]
PICTURE = """() => {
    const all = [...document.querySelectorAll(".d2l-explorer canvas, .d2l-explorer svg:not(.d2l-icon)")];
    return all.map((c) => (c.toDataURL ? c.toDataURL() : c.outerHTML)).join() + document.querySelector(".d2l-body").innerText;
}"""

TEXT = "() => document.querySelector('.d2l-body').innerText"


@pytest.mark.parametrize("name", explorer_names())
class TestEveryExplorer:
    def test_it_opens_with_a_picture_and_fits(self, make_host, name):
        for width, theme in ((360, "dark"), (768, "light"), (1440, "light")):
            host = make_host(width, theme).open(name).show(name)
            box = host.page.locator(".d2l-explorer").bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            overflow = "() => document.documentElement.scrollWidth > innerWidth"
            assert not host.page.evaluate(overflow), f"wider than {width} px"
            assert len(host.page.evaluate(PICTURE)) > 1000

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_axe_finds_nothing(self, make_host, name, theme):
        host = make_host(800, theme).open(name).show(name)
        violations = Axe().run(host.page).response["violations"]
        assert [(v["id"], [node["html"][:160] for node in v["nodes"]]) for v in violations] == []

    def test_it_follows_the_theme(self, make_host, name):
        host = make_host().open(name).show(name)
        before = host.page.evaluate(PICTURE)
        host.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        host.settle()
        assert host.page.evaluate(PICTURE) != before

    def test_every_control_is_reached_by_tab_and_says_its_name(self, make_host, name):
        host = make_host().open(name).show(name)
        count = (
            host.page.locator(".d2l-explorer")
            .locator("input:visible, select:visible, button:visible")
            .count()
        )
        seen = set()
        for _ in range(count + 40):
            host.page.keyboard.press("Tab")
            seen.add(
                host.page.evaluate("""() => {
                const at = document.activeElement;
                if (!at.closest(".d2l-explorer")) return "";
                const named = at.getAttribute("aria-label") || at.textContent.trim() || at.closest("label")?.textContent.trim();
                return named || "NAMELESS " + at.outerHTML;
            }""")
            )
        labels = {name for name in seen if name}
        assert not [name for name in labels if name.startswith("NAMELESS")]
        assert {"Copy link", "Copy as Python", "Restore"} <= labels

    def test_it_speaks_to_screen_readers(self, make_host, name):
        host = make_host().open(name).show(name)
        region = host.page.locator(".d2l-explorer > [aria-live=polite]")
        host.page.wait_for_function(
            "() => document.querySelector('.d2l-explorer > [aria-live]').textContent.length > 10"
        )
        assert region.count() == 1

    def test_cleanup_leaves_nothing_behind(self, make_host, name):
        host = make_host().open(name).show(name)
        if play := host.page.get_by_role("button", name="Play", exact=True).all():
            play[0].click()
        host.page.wait_for_timeout(100)
        host.page.evaluate("views['d2l-x'].close()")
        assert host.page.evaluate("countFrames(300)") == 0
        assert host.page.evaluate("views['d2l-x'].model.count()") == 0
        assert host.page.evaluate("views['d2l-x'].el.children.length") == 0
        listeners = host.page.evaluate("listeners")
        assert listeners["added"] == listeners["removed"] > 0

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
        assert again.page.evaluate(TEXT) == host.page.evaluate(TEXT)
        third = make_host().open(name, fragment="#" + link.split("#")[1]).show(name)
        assert third.page.evaluate(PICTURE) == again.page.evaluate(PICTURE)

    def test_two_on_a_page_do_not_collide(self, make_host, name):
        trait, value = next(iter(changed_values(name).items()))
        text = value if isinstance(value, str) else json.dumps(value)
        host = make_host().open(name, fragment=f"#d2l-x-2?{trait}={text}")
        host.show(name).show(name, id="d2l-x-2")
        assert host.get(trait, "d2l-x-2") == value
        assert host.get(trait) != value

    def test_teachers_links_leave_controls_out(self, make_host, name):
        host = make_host().open(name, fragment="#d2l-x?hide=copy").show(name)
        assert not host.page.get_by_role("button", name="Copy link").is_visible()

    def test_reader_who_wants_no_motion_gets_little(self, make_host, name):
        host = make_host(reduced_motion="reduce").open(name).show(name)
        play = host.page.get_by_role("button", name="Play", exact=True)
        if play.count() == 0:
            assert host.page.evaluate("countFrames(500)") <= 1
            return
        host.page.evaluate("""() => {
            window.pictures = new Set();
            const canvas = document.querySelector(".d2l-explorer canvas");
            window.watch = setInterval(() => pictures.add(canvas.toDataURL()), 25);
        }""")
        play.click()
        host.page.wait_for_timeout(1200)
        assert host.page.evaluate("() => { clearInterval(watch); return pictures.size; }") <= 4


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
        if entry.get("readback"):
            continue
        if entry["kind"] == "choice":
            values[entry["name"]] = next(c for c in entry["choices"] if c != entry["default"])
        elif entry["kind"] == "flag":
            values[entry["name"]] = not entry["default"]
        elif entry["kind"] in ("real", "integer"):
            middle = (2 * entry["default"] + entry["max"]) / 3
            values[entry["name"]] = int(middle) if entry["kind"] == "integer" else round(middle, 3)
    return dict(list(values.items())[:8])
