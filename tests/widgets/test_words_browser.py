"""Words of the text that act on an explorer, in a real browser."""

import pytest

pytestmark = pytest.mark.browser

LINKS = """(html) => document.querySelector("main").insertAdjacentHTML("afterbegin", html)"""


@pytest.fixture
def host(make_host):
    """The gates, with words above that shut a gate, open it, and set two things; the window is high enough for all."""
    host = make_host(height=1400).open("gates").show("gates")
    host.page.evaluate(
        LINKS,
        """<p><a href="#d2l-x?forget_gate=closed">shut it</a> <a href="#d2l-x?forget_gate=open">open it</a>
        <a href="#d2l-x?forget_gate=learned">leave it</a> <a href="#d2l-x?unit=1&amp;step=3">look there</a>
        <a href="#d2l-x?step=99">too far</a></p>""",
    )
    host.press = lambda name, key=None: (
        host.page.get_by_text(name).press(key) if key else host.page.get_by_text(name).click()
    )
    host.pressed = lambda name: host.page.get_by_text(name).get_attribute("aria-pressed") == "true"
    host.said = lambda: host.page.locator(".d2l-said").inner_text()
    return host


def test_a_press_sets_and_a_second_one_undoes(host):
    host.set("unit", 1)
    host.press("shut it")
    assert (host.get("forget_gate"), host.get("unit")) == ("closed", 1)
    assert host.pressed("shut it")
    assert host.said() == "Set: forget gate to closed."
    spoken = host.page.locator(".d2l-explorer > [aria-live]").last
    assert spoken.inner_text() == "Set: forget gate to closed."
    host.press("shut it")
    assert (host.get("forget_gate"), host.get("unit")) == ("learned", 1)
    assert not host.pressed("shut it")
    assert host.said() == "Undone: forget gate to learned."


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_keys_press_too_and_keep_the_focus_on_the_words(host, key):
    host.press("shut it")
    host.press("shut it", key)
    assert host.get("forget_gate") == "learned"
    host.press("shut it", key)
    assert host.get("forget_gate") == "closed"
    assert host.page.evaluate("document.activeElement.textContent") == "shut it"


def test_words_that_no_longer_stand_are_not_pressed_and_set_again(host):
    host.press("look there")
    assert host.pressed("look there")
    host.set("step", 5)
    assert not host.pressed("look there")
    host.press("look there")
    assert (host.get("unit"), host.get("step")) == (1, 3)
    host.press("look there")
    assert (host.get("unit"), host.get("step")) == (1, 5)  # what was before the press that is undone


def test_one_after_the_other_each_undoes_its_own(host):
    host.press("shut it")
    host.press("open it")
    assert [host.pressed(name) for name in ("shut it", "open it")] == [False, True]
    host.press("open it")
    assert host.get("forget_gate") == "closed"
    assert [host.pressed(name) for name in ("shut it", "open it")] == [True, False]
    host.press("shut it")
    assert host.get("forget_gate") == "learned"


def test_words_that_change_nothing_say_so(host):
    host.press("leave it")
    assert host.said() == "Already so: forget gate to learned."
    assert not host.pressed("leave it")


def test_the_history_has_no_entry_of_a_press(host):
    before = host.page.evaluate("[history.length, location.href]")
    for name in ("shut it", "open it", "open it"):
        host.press(name)
    assert host.page.evaluate("[history.length, location.href]") == before


def test_a_bad_value_is_said_and_clamped(host):
    host.press("too far")
    assert host.get("step") == 31
    host.page.get_by_text("Step cannot be 99: 31 is used").wait_for()


def test_with_a_key_held_it_is_a_link_like_any_other(host):
    with host.page.context.expect_page() as tab:
        host.page.get_by_text("shut it").click(modifiers=["Control"])
    tab.value.close()
    host.messages.clear()  # the tab asks for a page that only the test has
    assert host.get("forget_gate") == "learned"


def test_only_a_picture_out_of_sight_is_brought_there_and_the_reader_comes_back(host):
    host.press("shut it")
    assert host.page.evaluate("scrollY") == 0
    assert not host.page.get_by_role("button", name="Back to the text").is_visible()
    host.page.evaluate("document.querySelector('.d2l-explorer').style.marginTop = '3000px'")
    host.press("open it")
    assert host.page.locator(".d2l-stage").first.evaluate(
        "(e) => e.getBoundingClientRect().top >= -1 && e.getBoundingClientRect().bottom <= innerHeight + 1"
    )
    host.page.get_by_role("button", name="Back to the text").click()
    assert host.page.evaluate("[scrollY, document.activeElement.textContent]") == [0, "open it"]


def test_a_fold_round_the_explorer_opens(host):
    host.page.evaluate("""() => {
        const fold = document.createElement("details");
        fold.append(views["d2l-x"].el);
        document.querySelector("main").append(fold);
    }""")
    assert not host.page.locator(".d2l-stage").first.is_visible()
    host.press("shut it")
    assert host.page.locator(".d2l-stage").first.is_visible()


def test_they_go_with_the_explorer(host):
    host.press("shut it")
    host.page.evaluate("views['d2l-x'].close()")
    assert host.page.get_by_text("shut it").get_attribute("aria-pressed") is None


@pytest.mark.parametrize("place", ["afterbegin", "beforeend"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_line_that_says_so_covers_nothing_and_moves_nothing_that_is_pressed(make_host, width, place):
    host = make_host(width, height=2400).open("gates").show("gates")
    host.page.evaluate("document.body.style.padding = '900px 0'")  # room to scroll
    link = '<p><a href="#d2l-x?forget_gate=learned">leave it</a></p>'
    host.page.evaluate(
        "([place, html]) => document.querySelector('main').insertAdjacentHTML(place, html)", [place, link]
    )
    host.page.evaluate("document.querySelector('.d2l-explorer').scrollIntoView({ block: 'center' })")
    play = host.page.get_by_role("button", name="Play", exact=True)
    for button in (host.page.get_by_text("leave it"), play):  # the line comes, and goes
        before = button.bounding_box()["y"]
        button.click()
        button = host.page.get_by_role("button", name="Pause") if button == play else button
        assert button.bounding_box()["y"] == pytest.approx(before, abs=1)
        said = host.page.locator(".d2l-said").bounding_box()
        assert said["y"] >= 0 and said["height"] < 80
        assert said["y"] + said["height"] <= host.page.locator(".d2l-body").bounding_box()["y"]
    assert not host.page.locator(".d2l-said").is_visible()
