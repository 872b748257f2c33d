"""Explorers on a page of the built site, in a browser, with nothing from the network."""

import pytest

from .conftest import CHAPTER

pytestmark = pytest.mark.browser

EXPLORER = "#d2l-boundary"


def explorer(page, selector=EXPLORER):
    """Return the explorer of a page once it is alive, at its first step."""
    frame = page.locator(selector)
    frame.scroll_into_view_if_needed()  # one that is far down starts as it comes near
    page.wait_for_selector(f"{selector}[data-live=true]")
    return frame


def rest(frame):
    """Wait until the explorer has said the same for a dozen frames: it computes in slices."""
    frame.evaluate("""async (frame) => {
        for (let same = 0, before = ""; same < 12; ) {
            await new Promise((done) => requestAnimationFrame(done));
            const now = frame.querySelector(".d2l-body").innerText;
            same = now === before ? same + 1 : 0;
            before = now;
        }
    }""")


def fact(frame, name):
    """Return a number that the explorer, at rest, shows under its curves."""
    rest(frame)
    text = frame.locator(".d2l-facts span", has_text=name).locator("b").first.inner_text()
    return float(text.split("/")[0].replace("−", "-"))


def picture(frame):
    """Return what the explorer's canvas shows, at rest."""
    rest(frame)
    return frame.locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()")


def press(frame, name, times=1):
    for _ in range(times):
        frame.get_by_role("button", name=name).first.click()


def set_slider(frame, name, key, times=1):
    slider = frame.get_by_role("slider", name=name, exact=True)
    slider.focus()
    for _ in range(times):
        slider.press(key)


def test_the_lines_of_an_explorer_have_no_margins_of_the_pages_prose(open_page, scheme):
    frame = explorer(open_page(CHAPTER, scheme))
    below = frame.locator("p.d2l-hint").evaluate_all(
        "(all) => all.map((p) => getComputedStyle(p).marginBottom)"
    )
    assert set(below) == {"0px"}


def test_the_explorer_replaces_its_picture(open_page, scheme):
    page = open_page(CHAPTER, scheme)
    frame = explorer(page)
    assert frame.locator(".d2l-placeholder").count() == 0
    assert frame.locator("canvas").count() > 0


def test_the_learning_rate_changes_the_boundary(open_page):
    frame = explorer(open_page(CHAPTER))
    press(frame, "Step", 3)
    before, formula = picture(frame), frame.locator(".d2l-formula").inner_text()
    set_slider(frame, "learning rate", "ArrowLeft", 30)
    assert picture(frame) != before
    assert frame.locator(".d2l-formula").inner_text() != formula


def test_dragging_a_point_changes_the_boundary(open_page):
    page = open_page(CHAPTER)
    frame = explorer(page)
    press(frame, "Step", 5)
    box = frame.locator("canvas").first.bounding_box()
    at = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.mouse.click(*at(0.06, 0.06))  # adds a point in an empty corner, so that there is one to drag
    added, drawn = frame.locator(".d2l-formula").inner_text(), picture(frame)
    page.mouse.move(*at(0.06, 0.06))
    page.mouse.down()
    page.mouse.move(*at(0.9, 0.94), steps=8)
    page.mouse.up()
    assert frame.locator(".d2l-formula").inner_text() != added
    assert picture(frame) != drawn


def test_play_lowers_the_loss_and_reset_restores(open_page):
    frame = explorer(open_page(CHAPTER))
    press(frame, "Reset")
    start, loss = picture(frame), fact(frame, "loss")
    press(frame, "Play")
    frame.page.wait_for_function(
        "(frame) => Number(frame.querySelector('.d2l-facts span b').textContent) >= 12",
        arg=frame.element_handle(),
    )
    press(frame, "Pause")
    assert fact(frame, "loss") < loss
    assert picture(frame) != start
    press(frame, "Reset")
    assert fact(frame, "loss") == loss
    assert picture(frame) == start


def test_the_explorer_works_by_keyboard_alone(open_page):
    page = open_page(CHAPTER)
    frame = explorer(page)
    frame.get_by_role("button", name="Reset").first.focus()
    page.keyboard.press("Enter")
    loss = fact(frame, "loss")
    frame.get_by_role("button", name="Step").first.focus()
    for _ in range(8):
        page.keyboard.press("Enter")
    assert fact(frame, "step") == 8
    assert fact(frame, "loss") < loss
    formula = frame.locator(".d2l-formula").inner_text()
    set_slider(frame, "learning rate", "ArrowLeft", 20)
    assert frame.locator(".d2l-formula").inner_text() != formula


def test_a_link_restores_the_state_and_finds_the_explorer(open_page, scheme):
    page = open_page(f"{CHAPTER}#d2l-separable?lr=0.01&seed=7", scheme)
    frame = page.locator("#d2l-separable[data-live=true]")
    frame.wait_for()
    assert (
        frame.get_by_role("slider", name="learning rate", exact=True).get_attribute("aria-valuetext")
        == "0.01"
    )
    page.wait_for_function(
        "() => Math.abs(document.querySelector('#d2l-separable').getBoundingClientRect().top) < 200"
    )


def test_following_a_link_on_the_page_itself_works_too(open_page):
    page = open_page(CHAPTER)
    explorer(page)
    page.evaluate("location.hash = '#d2l-boundary?lr=0.01'")
    slider = page.locator(EXPLORER).get_by_role("slider", name="learning rate", exact=True)
    page.wait_for_function("(slider) => slider.ariaValueText === '0.01'", arg=slider.element_handle())


def test_an_explorer_that_cannot_load_says_so_and_keeps_its_picture(open_page, site, site_url, browser):
    page = open_page("404.html", quiet=False)
    page.route("**/_static/explorers/*.js", lambda route: route.abort())
    page.goto(f"{site_url}/{CHAPTER}")
    page.locator(EXPLORER).scroll_into_view_if_needed()
    note = page.locator(f"{EXPLORER} .d2l-page-note")
    note.wait_for()
    assert "did not start" in note.inner_text()
    assert page.locator(f"{EXPLORER} .d2l-placeholder img:visible").count() == 1


def test_without_javascript_there_are_pictures_and_text(open_page):
    page = open_page(CHAPTER, java_script_enabled=False)
    frame = page.locator(EXPLORER)
    frame.scroll_into_view_if_needed()
    assert frame.locator("img:visible").count() == 1
    assert "allow JavaScript" in frame.inner_text()
    assert not page.locator(".d2l-mode").first.is_visible()
    page.locator("details.hide > summary").first.click()
    assert page.locator("details.hide[open]").count() == 1


def test_the_colour_mode_is_chosen_and_kept(open_page):
    page = open_page(CHAPTER, color_scheme="light")
    frame = explorer(page)
    colour = "getComputedStyle(document.body).backgroundColor"
    light, drawn = page.evaluate(colour), picture(frame)
    page.locator(".d2l-mode").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate(colour) != light
    assert picture(frame) != drawn
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.locator(".d2l-mode").click()
    page.locator(".d2l-mode").click()
    assert page.locator("html").get_attribute("data-theme") == "light"
