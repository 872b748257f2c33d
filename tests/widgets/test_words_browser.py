"""Words of the text that act on an explorer, in a real browser."""

import pytest

pytestmark = pytest.mark.browser

IN_SIGHT = """(element) => {
    const { top, bottom, height } = element.getBoundingClientRect();
    return height > 0 && top > -1 && bottom < innerHeight + 1;
}"""
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


def test_of_two_of_one_name_the_first_in_the_notebook_acts_whichever_was_run_last(host):
    for cell in ("two", "one"):  # a copy that the reader has made, then the chapter's own cell once more
        host.show("gates", id=cell, host="jupyter")
    host.page.evaluate("views.two.el.before(views.one.el)")
    host.page.evaluate(LINKS, '<a href="#d2l-gates?forget_gate=closed">shut either</a>')
    host.press("shut either")
    assert host.get("forget_gate", "one") == "closed"
    assert host.get("forget_gate", "two") == "learned"
    host.page.evaluate("views.one.close()")
    host.press("shut either")
    assert host.get("forget_gate", "two") == "closed"


def test_words_in_a_shadow_root_act_too(host):
    """As VS Code shows the text of a notebook."""
    host.page.evaluate(
        """() => {
            const cell = document.createElement("div");
            document.querySelector("main").prepend(cell);
            cell.attachShadow({ mode: "open" }).innerHTML = '<p><a href="#d2l-x?forget_gate=closed"><em>in there</em></a></p>';
        }"""
    )
    host.press("in there")
    assert host.get("forget_gate") == "closed"
    assert host.said() == "Set: forget gate to closed."
    host.press("in there")
    assert host.get("forget_gate") == "learned"


def test_an_explorer_that_stands_in_a_shadow_root_acts_too(host):
    host.page.evaluate("""() => {
        const cell = document.createElement("div");
        document.querySelector("main").append(cell);
        cell.attachShadow({ mode: "open" }).append(views["d2l-x"].el);
    }""")
    host.press("shut it")
    assert host.get("forget_gate") == "closed" and host.pressed("shut it")
    assert host.page.evaluate("location.hash") == ""


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


@pytest.fixture
def write(make_host):
    """Function that shows an explorer below a screen of text, with a link to a state of it: write(name, query)."""

    def write(name, query):
        host = make_host(height=768).open(name)
        host.page.evaluate(
            "(href) => document.querySelector('h1').insertAdjacentHTML('afterend', "
            "`<div style='height: 900px'></div><a href='${href}'>words</a><div style='height: 900px'></div>`)",
            f"#d2l-x?{query}",
        )
        host.show(name, folded=True)
        host.page.locator("a").evaluate("(link) => link.scrollIntoView({ block: 'center' })")
        return host

    return write


def press(host):
    """Press the words that `write` has written."""
    host.page.locator("a").click()
    host.settle()


@pytest.mark.parametrize("query", ["histograms=true", "seeds=4"])
def test_a_picture_that_words_add_is_brought_into_sight(write, query):
    """It stands below the controls, two screens under the network: only that was shown."""
    host = write("playground", query)
    line, bars = host.page.locator(".d2l-said"), host.page.locator(".d2l-bottom .d2l-stage:visible")
    assert bars.count() == 0
    press(host)
    assert bars.evaluate(IN_SIGHT) and line.evaluate(IN_SIGHT)
    host.page.get_by_role("button", name="Back to the text").click()
    assert host.page.locator("a").evaluate(IN_SIGHT)
    press(host)  # takes it back
    assert bars.count() == 0 and line.inner_text().startswith("Undone")
    assert host.page.locator(".d2l-network").evaluate(IN_SIGHT) and line.evaluate(IN_SIGHT)


def test_a_picture_that_the_reader_adds_after_words_that_changed_nothing_stays_where_it_is(make_host):
    """The line was moved there, and the page with it, where nothing had been drawn since."""
    host = make_host(height=768).open("playground").show("playground", folded=True)
    host.page.evaluate(LINKS, '<a href="#d2l-x?histograms=false">as it is</a>')
    press(host)
    line = host.page.locator(".d2l-said")
    assert line.inner_text().startswith("Already so")
    before = host.page.evaluate("scrollY")
    host.set("histograms", True)
    host.settle()
    assert host.page.locator(".d2l-bottom .d2l-stage:visible").count() > 0
    assert host.page.evaluate("scrollY") == before
    assert line.evaluate("(element) => element.parentElement.firstElementChild === element")


def test_words_that_add_no_picture_show_the_first(write):
    host = write("playground", "lr=0.1")
    press(host)
    assert host.page.locator(".d2l-network").evaluate(IN_SIGHT)
    assert host.page.locator(".d2l-said").evaluate(IN_SIGHT)


def test_of_two_pictures_that_take_turns_the_one_there_is_is_shown(write):
    host = write("race", "view=plane")
    press(host)
    assert host.page.locator(".d2l-stage:visible").first.evaluate(IN_SIGHT)


def test_the_line_gives_its_room_back_when_the_reader_returns_to_the_text(write):
    """An empty strip stood over the picture ever after."""
    host = write("playground", "lr=0.1")
    height = host.page.locator(".d2l-explorer").evaluate("(element) => element.offsetHeight")
    press(host)
    host.page.get_by_role("button", name="Back to the text").click()
    assert host.page.locator(".d2l-explorer").evaluate("(element) => element.offsetHeight") == height
    assert host.page.locator("a").evaluate(IN_SIGHT)
    press(host)
    assert host.page.locator(".d2l-said").evaluate(IN_SIGHT)
