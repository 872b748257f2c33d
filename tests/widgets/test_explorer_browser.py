"""Explorers in a real browser, on our own small host: what holds for each of them."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from d2lite.widgets import explorer_names

from .conftest import PICTURE

pytestmark = pytest.mark.browser
HOSTILE = (
    "lr=<svg/onload=alert(1)>&seed=javascript:alert(1)&<img src=x onerror=alert(1)>=1"
    "&__proto__=1&constructor=2&_esm=alert(1)&_spec=[]&%3Cscript%3Ealert(1)%3C/script%3E=1&%E0%A4%A"
)
WIDER = "() => document.documentElement.scrollWidth > innerWidth"
STATE = "JSON.stringify(views['d2l-x'].model.values())"
TAB_STOPS = """() => {
    const all = ":is(input, select, button, summary):not(:disabled), [tabindex], [role=slider], [role=application]";
    const shown = [...document.querySelectorAll(`.d2l-explorer :is(${all})`)].filter((e) => e.checkVisibility());
    // Tab stops once at a group of radio buttons, at the one that is checked
    window.waiting = new Set(shown.filter((e) => e.type !== "radio" || e.checked));
    return waiting.size;
}"""
NAMELESS = """() => {
    const at = document.activeElement;
    waiting.delete(at);
    const named = at.getAttribute("aria-label") || at.textContent.trim() || at.closest("label")?.textContent.trim();
    return named ? "" : at.outerHTML;
}"""


RUN_TOGETHER = """() => {
    const found = new Set();
    const walk = document.createTreeWalker(document.querySelector(".d2l-body"), NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    let last = null;
    while (walk.nextNode()) {
        const node = walk.currentNode;
        if (/^(input|select|textarea|canvas|svg)$/i.test(node.tagName)) last = null; // what stands between two words
        if (node.nodeType !== Node.TEXT_NODE || !node.parentElement.checkVisibility()) continue;
        const range = document.createRange();
        range.setStart(last || node, 0);
        range.setEnd(node, 0);
        const around = range.commonAncestorContainer;
        const [before, after] = [last?.textContent || " ", node.textContent];
        const isPhrase = around.nodeType === Node.ELEMENT_NODE && around.matches("p, span, button, label, li, output, b, a");
        if (isPhrase && /[\\p{L}\\p{N}]$/u.test(before) && /^[\\p{L}\\p{N}]/u.test(after)) found.add(`${before}|${after}`);
        last = node;
    }
    return [...found];
}"""
CUT = """() => [...document.querySelectorAll(".d2l-typed, .d2l-weight")]
    .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
    .map((e) => `${e.getAttribute("aria-label")}: ${e.value} is cut`)"""


@pytest.mark.parametrize("name", explorer_names())
class TestEveryExplorer:
    def test_it_opens_with_a_picture_fits_and_is_worked_by_keys(self, make_host, name):
        """What is wrong is collected: one page serves for all of it."""
        host = make_host(360, "dark").open(name).show(name)
        wrong = [*fits(host, 360), *host.page.evaluate(CUT)]
        wrong += host.page.evaluate(RUN_TOGETHER)  # as who hears or copies the text has it
        for width in (768, 1440, 800):
            host.resize(width)
            wrong += fits(host, width)
        for theme in ("dark", "light"):
            host.wear(theme)
            violations = Axe().run(host.page).response["violations"]
            wrong += [(theme, v["id"], [node["html"][:160] for node in v["nodes"]]) for v in violations]
        wrong += out_of_reach(host)
        wrong += stuck_sliders(host)
        assert wrong == []

    def test_a_hostile_link_does_nothing_and_closing_leaves_nothing_behind(self, make_host, name):
        host = make_host().open(name, fragment=f"#d2l-x?{HOSTILE}").show(name)
        assert host.page.locator(".d2l-explorer :is(img, script, iframe)").count() == 0
        assert host.page.locator(".d2l-note").count() >= 1
        assert len(host.page.evaluate(PICTURE)) > 1000
        if play := host.page.get_by_role("button", name="Play", exact=True).all():
            before = host.page.evaluate(STATE)
            play[0].click()  # also where an explorer opens at its last step: then it begins anew
            for _ in range(200):  # at two steps a second: about 30 frames
                host.page.evaluate("countFrames(3)")
                if host.page.evaluate(STATE) != before:
                    break
            else:
                raise AssertionError("Play does nothing")
        host.page.evaluate("views['d2l-x'].close()")
        assert host.page.evaluate("countFrames(20)") == 0
        assert host.page.evaluate("views['d2l-x'].model.count()") == 0
        assert host.page.evaluate("views['d2l-x'].el.children.length") == 0
        listeners = host.page.evaluate("listeners")
        assert listeners["added"] == listeners["removed"] > 0


def fits(host, width):
    """Return what is wrong with an explorer in a window of this width."""
    box, wrong = host.page.locator(".d2l-explorer").bounding_box(), []
    if box["x"] < 0 or box["x"] + box["width"] > width or host.page.evaluate(WIDER):
        wrong.append(f"wider than {width} px")
    if len(host.page.evaluate(PICTURE)) < 1000:
        wrong.append(f"no picture at {width} px")
    return wrong


def out_of_reach(host):
    """Return the controls that Tab does not reach, or that have no name."""
    nameless = []
    for _ in range(host.page.evaluate(TAB_STOPS) + 1):
        host.page.keyboard.press("Tab")
        nameless.append(host.page.evaluate(NAMELESS))
    return [*filter(None, nameless), *host.page.evaluate("[...waiting].map((e) => e.outerHTML)")]


def stuck_sliders(host):
    """Return the sliders that arrow keys do not move."""
    stuck = []
    for slider in host.page.locator(".d2l-explorer :is([type=range], [role=slider]):visible").all():
        slider.focus()
        before = host.page.evaluate(STATE)
        for key in ("ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowUp"):  # one may already be at its end
            host.page.keyboard.press(key)
            if host.page.evaluate(STATE) == before:
                host.settle()  # some set their trait in the next frame
            if host.page.evaluate(STATE) != before:
                break
        else:
            stuck.append(f"stuck: {slider.get_attribute('aria-label')}")
    return stuck
