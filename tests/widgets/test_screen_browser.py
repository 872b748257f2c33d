"""Three controls, one screen: what every explorer shows when it opens, on a laptop and on a telephone."""

import pytest

from d2lite.widgets import explorer_names

pytestmark = pytest.mark.browser

# A window, how wide the book's pages make an explorer in it, and the room that is left under the bar at their top.
SCREENS = [((1366, 768), 820, 704), ((390, 844), 390, 784)]
OPENING = """() => {
    const body = document.querySelector(".d2l-body");
    const shown = (parts) => [...body.querySelectorAll(parts)].filter((e) => e.checkVisibility() && !e.closest(".d2l-bottom"));
    const inputs = ":is(input, select, button, textarea)";
    const isTime = (e) => e.closest(".d2l-transport, .d2l-direct:not(:has(textarea, .d2l-control)), .d2l-more > summary");
    const all = [...body.querySelectorAll(inputs)].filter((e) => e.checkVisibility() && !isTime(e));
    const units = new Set(all.map((e) => e.closest(".d2l-control, [role=radiogroup], [role=group], table") || e));
    const boxes = shown(`.d2l-stage, ${inputs}, summary`).map((e) => e.getBoundingClientRect());
    return {
        controls: [...units].map((e) => e.getAttribute("aria-label") || e.textContent || e.tagName),
        height: Math.max(...boxes.map((box) => box.bottom)) - Math.min(...boxes.map((box) => box.top)),
    };
}"""


@pytest.mark.parametrize("name", explorer_names())
def test_it_opens_with_three_controls_that_one_screen_shows_with_the_picture(make_host, name):
    wrong = []
    for (width, height), room, tall in SCREENS:
        host = make_host(width, height=height).open(name)
        host.page.add_style_tag(content=f"body {{ margin: 0 }} main {{ margin: auto; max-width: {room}px }}")
        host.show(name, folded=True)
        found = host.page.evaluate(OPENING)
        if len(found["controls"]) > 3:
            wrong.append(found["controls"])
        if found["height"] > tall:
            wrong.append(f"{found['height']} px of {tall} at {width} px")
    assert wrong == []


def test_the_fold_is_remembered_in_the_link(make_host):
    host = make_host(permissions=["clipboard-read", "clipboard-write"]).open("boundary")
    host.show("boundary", folded=True)
    for more in (0, 1):
        host.page.get_by_role("button", name="Copy link").click()
        host.page.wait_for_function(f"navigator.clipboard.readText().then((t) => t.endsWith('&more={more}'))")
        host.page.get_by_text("More settings").click()
    link = host.page.evaluate("navigator.clipboard.readText()").split("#")[1]
    for more, is_open in (
        (link, True),
        (link.replace("more=1", "more=0"), False),
        (link.split("&more")[0], False),
    ):
        again = make_host().open("boundary", fragment=f"#{more}").show("boundary", folded=True)
        assert again.page.locator(".d2l-more").evaluate("(e) => e.open") == is_open, more


@pytest.mark.parametrize(
    ("query", "is_open"), [("l2=0.1", True), ("lr=0.1", False), ("l2=0", False), ("l2=0.1&more=0", False)]
)
def test_a_link_that_changes_a_folded_control_opens_the_fold(make_host, query, is_open):
    host = make_host().open("boundary", fragment=f"#d2l-x?{query}").show("boundary", folded=True)
    assert host.page.locator(".d2l-more").evaluate("(e) => e.open") == is_open


def test_words_open_the_fold_too(make_host):
    host = make_host().open("boundary").show("boundary", folded=True)
    html = '<a href="#d2l-x?lr=0.1">slow</a> <a href="#d2l-x?l2=0.1">pull</a>'
    host.page.evaluate(
        "(html) => document.querySelector('main').insertAdjacentHTML('afterbegin', html)", html
    )
    for words, is_open in (("slow", False), ("pull", True)):
        host.page.get_by_text(words, exact=True).click()
        assert host.page.locator(".d2l-more").evaluate("(e) => e.open") == is_open


def test_teachers_leave_out_the_fold_or_all_that_is_in_it(make_host):
    for hidden in ("more", "strength,ratio,q,zones,correlation,penalty"):
        host = make_host().open("penalty_geometry", fragment=f"#d2l-x?hide={hidden}")
        host.show("penalty_geometry", folded=True)
        assert not host.page.locator(".d2l-more").is_visible()


@pytest.mark.parametrize("name", ["graph", "overlap_game"])
def test_a_table_fits_the_narrowest_window(make_host, name):
    host = make_host(320).open(name).show(name)
    assert host.page.evaluate("document.documentElement.scrollWidth") == 320
