"""DrawIt, driven by mouse, by keyboard alone and by a finger: a drawing, and what is said of it."""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from . import test_explorer_browser
from .conftest import PICTURE, TEXT
from .test_hands_browser import swipe

pytestmark = pytest.mark.browser
STEPS = np.arange(0, 101, 5)
CURVE = {
    "x": STEPS.tolist(),
    "y": np.abs(STEPS - 50).tolist(),
    "prompt": "How does the `error` go on?",
    "xlabel": "step",
    "ylabel": "error, %",
    "ylim": (0, 100),
    "given": 1,
    "lesson": "It turns at `step` 50.",
    "key": "turn",
}
LEFT, RIGHT, TOP, BOTTOM = 50, 20, 26, 42  # px around the axes
LEVEL = [[place, 0.5] for place in range(1, 97)]
CLOCK = "() => { window.time = 1000; performance.now = () => time; }"
MEMORY = """(kept) => {
    const make = window.makeModel;
    window.kept = kept;
    window.makeModel = (...state) => Object.assign(make(...state), { memory: { get: () => kept, set: (value) => (window.kept = value) } });
}"""


@pytest.fixture
def open_host(make_host):
    def opened(*window, fragment="", values=CURVE, before=None, **options):
        host = make_host(*window, **options).open("draw_it", fragment=fragment)
        if before:
            host.page.evaluate(*before)
        return host.show("draw_it", **values)

    return opened


def canvas(host):
    return host.page.get_by_role("application", name="Your drawing: error, % over step")


def at(host, x, y):
    """The pixel of a step and an error."""
    box = canvas(host).bounding_box()
    width, height = box["width"] - LEFT - RIGHT, box["height"] - TOP - BOTTOM
    return box["x"] + LEFT + width * x / 100, box["y"] + TOP + height * (1 - y / 100)


def draw(host, *points):
    host.page.mouse.move(*at(host, *points[0]))
    host.page.mouse.down()
    for point in points[1:]:
        host.page.mouse.move(*at(host, *point), steps=4)
    host.page.mouse.up()
    host.settle()


def heights(host):
    return dict(map(tuple, host.get("drawing")))


def press(host, *names):
    for name in names:
        host.page.keyboard.press(name)
    host.settle()


def verdict(host):
    return host.page.locator(".d2l-verdict").inner_text()


def compare_button(host):
    return host.page.get_by_role("button", name="Compare")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_and_is_accessible_before_and_after(open_host, theme):
    host = open_host(360, theme)
    wrong = []
    for values in ({}, {"drawing": LEVEL}, {"revealed": True}):
        for name, value in values.items():
            host.set(name, value)
        for width in (360, 1440):
            host.resize(width)
            wrong += test_explorer_browser.fits(host, width)
        violations = Axe().run(host.page).response["violations"]
        wrong += [(v["id"], [node["html"][:160] for node in v["nodes"]]) for v in violations]
        wrong += test_explorer_browser.out_of_reach(host)
    assert wrong == []


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_picture_and_buttons_fit_one_screen(open_host, size):
    host = open_host(size[0], height=size[1])
    host.set("drawing", LEVEL)
    frame = host.page.locator(".d2l-explorer").bounding_box()
    button = compare_button(host).bounding_box()
    assert button["y"] + button["height"] - frame["y"] < size[1] - 100


def test_a_hostile_link_does_nothing_and_closing_leaves_nothing_behind(make_host):
    every = test_explorer_browser.TestEveryExplorer()
    every.test_a_hostile_link_does_nothing_and_closing_leaves_nothing_behind(make_host, "draw_it")


def test_a_line_follows_the_mouse_and_a_stretch_is_replaced(open_host):
    host = open_host()
    draw(host, (1, 50), (50, 50), (100, 0))
    first = heights(host)
    assert list(first) == list(range(1, 97))
    assert first[24] == pytest.approx(0.5, abs=0.01)
    assert first[72] == pytest.approx(0.25, abs=0.01)
    draw(host, (75, 75), (25, 75))  # to the left
    second = heights(host)
    assert second[48] == pytest.approx(0.75, abs=0.01)
    assert (second[20], second[80]) == (first[20], first[80])


def test_a_line_begun_beside_the_points_given_goes_on_from_them(open_host):
    host = open_host()
    draw(host, (0.5, 60), (1, 60), (10, 40), (90, 40))
    drawn = heights(host)
    assert drawn[1] == pytest.approx(0.5, abs=0.02)
    assert max(drawn.values()) < 0.57  # and does not jump to where the pen came down


def test_what_leaves_the_axes_is_held_at_their_ends(open_host):
    host = open_host()
    draw(host, (10, 50), (20, 150), (60, -50), (130, 50))
    drawn = heights(host)
    assert drawn[20] == 1
    assert min(drawn.values()) == 0
    assert max(drawn) == 96


def test_compare_waits_for_enough_of_the_curve(open_host):
    host = open_host()
    assert compare_button(host).is_disabled()
    assert not host.page.get_by_role("button", name="Draw again").is_visible()
    draw(host, (1, 50), (30, 50))
    assert compare_button(host).is_disabled()
    assert "31% of the width is drawn: go on to at least 60%." in host.page.evaluate(TEXT)
    draw(host, (60, 50), (95, 50))  # a gap, with a real line on both of its sides
    assert compare_button(host).is_enabled()
    assert "Gaps are filled" in host.page.evaluate(TEXT)


def test_the_difference_is_told_in_the_axis_own_units(open_host):
    host = open_host(reduced_motion="reduce")
    host.set("drawing", LEVEL)
    compare_button(host).click()
    host.settle()
    assert host.get("revealed") is True
    text = verdict(host)
    assert "On average you are 25% off, most at step 50: 50% too high." in text
    assert (
        "The real curve falls, then rises; yours stays about level. You missed its turn at step 50." in text
    )
    assert text.endswith("It turns at step 50.")
    assert host.page.locator(".d2l-lesson code").inner_text() == "step"


def test_what_is_said_aloud_has_no_marks(open_host):
    host = open_host(reduced_motion="reduce", values={**CURVE, "lesson": "It *does* turn at `step` 50."})
    host.set("drawing", LEVEL)
    compare_button(host).click()
    host.settle()
    assert any(
        said.endswith("It does turn at step 50.")
        for said in host.page.locator("[aria-live]").all_inner_texts()
    )


def test_the_real_curve_appears_from_the_left_unless_less_motion_is_asked_for(open_host):
    host = open_host(before=(CLOCK,))
    host.set("drawing", LEVEL)
    pictures = []
    host.page.evaluate(f"window.picture = {PICTURE}")
    for time in (None, 1300, 1600, 9000):
        if time is None:
            compare_button(host).click()
        else:
            host.page.evaluate("(now) => { time = now; }", time)
        host.page.evaluate("countFrames(3)")
        pictures.append(host.page.evaluate("picture()"))
        assert (verdict(host) != "") == (time == 9000)
    assert len(set(pictures)) == 4
    calm = open_host(before=(CLOCK,), reduced_motion="reduce")
    calm.set("drawing", LEVEL)
    compare_button(calm).click()
    calm.settle()
    assert "On average" in verdict(calm)


def test_by_keyboard_alone(open_host):
    host = open_host(reduced_motion="reduce")
    press(host, "Tab")
    assert canvas(host).evaluate("(element) => element === document.activeElement")
    press(host, *["ArrowRight", "ArrowDown", "ArrowDown"] * 6)
    spoken = host.page.locator("[aria-live]").all_inner_texts()
    assert "step 50: error 20%" in spoken
    press(host, *["ArrowRight", "Shift+ArrowUp"] * 6, "ArrowRight")
    drawn = heights(host)
    assert sorted(drawn) == list(range(8, 97, 8))
    assert [drawn[place] for place in (8, 48, 96)] == [0.45, 0.2, 0.8]
    press(host, "Tab", "Enter")
    assert "You saw that it falls, then rises." in verdict(host)
    focused = "document.activeElement.textContent"
    assert host.page.evaluate(focused) == "Draw again"
    press(host, "Enter")
    assert (host.get("drawing"), host.get("revealed"), verdict(host)) == ([], False, "")
    assert canvas(host).evaluate("(element) => element === document.activeElement")


def test_keys_lift_what_the_mouse_has_drawn_and_keep_its_shape(open_host):
    host = open_host()
    host.set("drawing", [[place, 0.4 + 0.001 * (place % 3)] for place in range(1, 97)])
    before = heights(host)
    canvas(host).focus()
    press(host, "ArrowRight", "ArrowRight", "Shift+ArrowUp")
    after = heights(host)
    assert after[16] - before[16] == pytest.approx(0.1, abs=1e-3)
    assert after[20] - before[20] == pytest.approx(0.05, abs=1e-3)
    assert {place: after[place] for place in (8, 24, 50)} == {place: before[place] for place in (8, 24, 50)}


def test_nothing_is_drawn_over_the_real_curve(open_host):
    host = open_host(values={**CURVE, "drawing": LEVEL, "revealed": True})
    draw(host, (10, 10), (90, 10))
    canvas(host).focus()
    press(host, "ArrowRight", "ArrowUp")
    assert host.get("drawing") == LEVEL


def test_a_finger_draws_sideways_and_scrolls_up_and_down(open_host):
    host = open_host(390, has_touch=True, is_mobile=True)
    host.page.evaluate("document.querySelector('main').style.paddingBottom = '3000px'")
    swipe(host, *at(host, 50, 60), 0, -150)
    host.page.wait_for_function("scrollY > 50")  # the page glides on
    assert host.get("drawing") == []
    host = open_host(390, has_touch=True, is_mobile=True)  # that page may still glide
    (x, y), (right, low) = at(host, 2, 50), at(host, 99, 20)
    swipe(host, x, y, right - x, low - y)
    drawn = heights(host)
    assert len(drawn) > 90
    assert drawn[48] == pytest.approx(0.35, abs=0.03)
    after = open_host(390, has_touch=True, is_mobile=True)  # right after a swipe, a tap only stops the fling
    after.set("drawing", LEVEL)
    compare_button(after).tap()
    after.page.locator(".d2l-verdict").get_by_text("You missed").wait_for()


def test_a_link_carries_a_drawing(open_host):
    rows = ",".join(f"{place},{height}" for place, height in LEVEL)
    host = open_host(fragment=f"#d2l-x?drawing={rows}&revealed=true", before=(CLOCK,))
    assert "On average you are 25% off" in verdict(host)  # at once
    bare = open_host(fragment="#d2l-x?revealed=true")
    assert verdict(bare) == "It turns at step 50."


def test_nothing_tells_the_answer_before(open_host):
    host = open_host()
    page = host.page.evaluate("document.querySelector('.d2l-explorer').outerHTML")
    assert "How does the" in page
    assert "turns" not in page
    other = open_host(values={**CURVE, "y": [50, *[90] * 20]})
    assert host.page.evaluate(PICTURE) == other.page.evaluate(PICTURE)


def test_it_is_remembered_where_the_page_has_a_memory(open_host):
    host = open_host(before=(MEMORY, None))
    host.set("drawing", LEVEL)
    assert host.page.evaluate("kept") is None
    compare_button(host).click()
    assert host.page.evaluate("kept") == {"done": "shown", "given": LEVEL}
    again = open_host(before=(MEMORY, {"done": "shown", "given": LEVEL}))
    assert (again.get("revealed"), again.get("drawing")) == (True, LEVEL)


@pytest.mark.parametrize(
    "kept", [{}, {"given": 3}, {"given": []}, {"given": [[1, "x"]]}, {"given": [[900, 2]]}]
)
def test_a_damaged_memory_counts_as_nothing(open_host, kept):
    host = open_host(before=(MEMORY, kept))
    assert (host.get("revealed"), host.get("drawing")) == (False, [])
    assert host.page.locator(".d2l-note").count() == 0


def test_in_a_notebook_it_has_no_cell_to_copy(make_host):
    host = make_host().open("draw_it").show("draw_it", host="lab", **CURVE)
    assert not host.page.get_by_role("button", name=re.compile("Copy")).count()
    host.page.get_by_role("button", name="Restore").wait_for()
