"""The built site in a browser, with nothing from the network: explorers, reading, search, accessibility."""

import gzip
import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import CHAPTER, pages

pytestmark = pytest.mark.browser

EXPLORER = "#d2l-boundary"
LIVE = f"{EXPLORER}[data-live=true]"
COMPRESSED = (".html", ".css", ".js", ".svg", ".json", ".xml")  # what a web server compresses


def explorer(page, selector=EXPLORER):
    """Return the explorer of a page once it is alive, at its first step."""
    page.wait_for_selector(f"{selector}[data-live=true]")
    frame = page.locator(selector)
    frame.scroll_into_view_if_needed()
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


# ----- Explorers -----


def test_the_explorer_replaces_its_picture(open_page, scheme):
    page = open_page(CHAPTER, scheme)
    frame = explorer(page)
    assert frame.locator(".d2l-placeholder").count() == 0
    assert frame.locator("canvas").count() > 0


def test_the_learning_rate_changes_the_boundary(open_page, scheme):
    frame = explorer(open_page(CHAPTER, scheme))
    press(frame, "Step", 3)
    before, formula = picture(frame), frame.locator(".d2l-formula").inner_text()
    set_slider(frame, "learning rate", "ArrowLeft", 30)
    assert picture(frame) != before
    assert frame.locator(".d2l-formula").inner_text() != formula


def test_dragging_a_point_changes_the_boundary(open_page, scheme):
    page = open_page(CHAPTER, scheme)
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


def test_play_lowers_the_loss_and_reset_restores(open_page, scheme):
    frame = explorer(open_page(CHAPTER, scheme))
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
    note = page.locator(f"{EXPLORER} .d2l-note")
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


# ----- Pages -----


def wake_explorers(page):
    """Scroll to each explorer of a page until it is alive."""
    for frame in page.locator(".d2l-explorer-frame").all():
        frame.scroll_into_view_if_needed()
        page.wait_for_selector(f"#{frame.get_attribute('id')}[data-live=true]")


def test_every_page_is_alive_and_quiet_and_fits_its_width(open_page, site, scheme):
    for name in pages(site):
        page = open_page(name, scheme)
        wake_explorers(page)
        for width in (1280, 768, 360):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{name} is too wide at {width}"
            )
        page.context.close()


def test_every_page_has_what_other_programs_look_for(open_page, site):
    titles = set()
    for name in set(pages(site)) - {"404.html"}:
        page = open_page(name)
        meta = lambda key, page=page: page.locator(
            f'meta[name="{key}"], meta[property="{key}"]'
        ).get_attribute("content")
        canonical = page.locator('link[rel="canonical"]').get_attribute("href")
        assert canonical == f"https://d2lite.github.io/d2lite/{name}" == meta("og:url")
        assert 20 < len(meta("description")) <= 300
        card = meta("og:image").removeprefix("https://d2lite.github.io/d2lite/")
        assert (site / card).stat().st_size > 2000
        assert page.locator('link[rel="icon"]').count() == 1
        assert canonical in (site / "sitemap.xml").read_text()
        titles.add(page.title())
        page.context.close()
    assert len(titles) == len(pages(site)) - 1


def test_pages_are_light(open_page, site):
    for name in pages(site):
        page = open_page(name)
        page.wait_for_load_state("networkidle")
        paths = [
            site / url.removeprefix(page.watch.home).lstrip("/").split("?")[0]
            for url in set(page.watch.requests)
        ]
        size = sum(
            len(gzip.compress(path.read_bytes())) if path.suffix in COMPRESSED else path.stat().st_size
            for path in paths
        )
        assert len(page.watch.requests) <= 25, name
        assert size <= 400_000, f"{name}: {size} bytes"
        page.context.close()


# Of axe's rules, those that look at colours are asked in both modes, the rest once.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
ALL = {"resultTypes": ["violations"]}
WIDE = "pre, div.math, .cell_output > .output, .pst-scrollable-table-container"
REACHED = f"""() => [...document.querySelectorAll("{WIDE}")]
    .every((element) => element.scrollWidth <= element.clientWidth + 1 || element.tabIndex === 0)"""


@pytest.mark.parametrize(("theme", "rules"), [("light", ALL), ("dark", COLOURS)])
def test_axe_finds_nothing(open_page, site, theme, rules):
    found = {}
    for name in pages(site):
        page = open_page(name, color_scheme=theme)
        wake_explorers(page)
        page.wait_for_function(REACHED)  # which the page sees to a little after it has loaded
        for violation in Axe().run(page, options=rules).response["violations"]:
            found[f"{name} {violation['id']}"] = [node["html"][:200] for node in violation["nodes"]]
        page.context.close()
    assert found == {}


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


def test_search_finds_sections_offline(open_page, scheme):
    page = open_page("book/using.html", scheme)
    assert not any("search-index" in url for url in page.watch.requests)
    page.keyboard.press("Control+k")
    page.keyboard.type("logistic regression")
    page.locator("#d2l-results a").first.wait_for()
    assert "Logistic regression" in page.locator("#d2l-results a").first.inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{CHAPTER}*")


def test_search_reads_chinese_and_says_when_there_is_nothing(open_page):
    page = open_page("book/glossary.html")
    page.locator(".d2l-open-search:visible").first.click()
    page.locator("#d2l-search input").fill("过拟合")
    page.locator("#d2l-results mark").first.wait_for()
    page.locator("#d2l-search input").fill("xyzzyxyzzy")
    page.wait_for_function("document.getElementById('d2l-found').textContent === '0 results'")
    page.keyboard.press("Escape")
    page.locator("#d2l-search").wait_for(state="hidden")


def test_search_waits_for_the_end_of_a_composed_word(open_page):
    page = open_page("book/glossary.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("overfitting")
    page.locator("#d2l-results a").first.wait_for()
    page.evaluate("""() => {
        const way = { key: "Enter", isComposing: true, bubbles: true, cancelable: true };
        const enter = new KeyboardEvent("keydown", way);
        document.querySelector("#d2l-search input").dispatchEvent(enter);
    }""")
    assert page.locator("#d2l-search").is_visible()
    page.keyboard.press("Enter")
    page.locator("#d2l-search").wait_for(state="hidden")


def test_a_search_index_that_cannot_be_loaded_is_told_and_asked_for_again(open_page):
    page = open_page("book/glossary.html", quiet=False)
    page.route("**/search-index.js", lambda route: route.abort())
    page.keyboard.press("Control+k")
    page.get_by_text("The search index could not be loaded.").wait_for()
    page.keyboard.press("Escape")
    page.unroute("**/search-index.js")
    page.keyboard.press("Control+k")
    page.keyboard.type("overfitting")
    page.locator("#d2l-results a").first.wait_for()


def test_every_card_of_the_gallery_leads_to_its_explorer(open_page, site):
    page = open_page("book/gallery.html")
    targets = page.locator("a.d2l-card").evaluate_all(
        "(cards) => cards.map((card) => card.getAttribute('href'))"
    )
    assert len(targets) >= 17
    for target in targets:
        name, anchor = target.split("#")
        assert f'id="{anchor}"' in (site / "book" / name).resolve().read_text(encoding="utf-8"), target


def test_a_page_that_fits_the_screen_is_read_at_once(open_page):
    page = open_page("book/setup.html", viewport={"width": 1280, "height": 9000})
    page.wait_for_function("document.querySelector('.bd-docs-nav a.d2l-read')")


def test_progress_is_kept(open_page):
    page = open_page("book/using.html")
    link = page.locator(".bd-docs-nav a", has_text="How to use this book")
    assert "d2l-started" in link.get_attribute("class")
    page.locator(".prev-next-footer").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.bd-docs-nav a.d2l-read')")
    page.locator(".prev-next-area .right-next").click()
    page.wait_for_url("**/book/setup.html")
    assert "d2l-read" in page.locator(".bd-docs-nav a", has_text="How to use this book").get_attribute(
        "class"
    )


def test_code_can_be_copied(open_page):
    page = open_page(CHAPTER, permissions=["clipboard-read", "clipboard-write"])
    block = page.locator("div.highlight", has_text="def sigmoid").first
    block.hover()
    block.locator("button.copybtn").click()
    assert page.evaluate("navigator.clipboard.readText()") == block.locator("pre").text_content()


def test_code_is_copied_where_the_page_may_not_use_the_clipboard(open_page):
    page = open_page(CHAPTER)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not here')); }")
    block = page.locator("div.highlight", has_text="def sigmoid").first
    block.hover()
    block.locator("button.copybtn").click()
    block.get_by_text("Copied").wait_for()


def test_menus_and_side_bars_by_keyboard_on_a_telephone(open_page):
    page = open_page(CHAPTER, viewport={"width": 360, "height": 740})
    assert not page.locator(".bd-docs-nav").is_visible()
    page.locator(".primary-toggle").focus()
    page.keyboard.press("Enter")
    assert page.locator(".bd-docs-nav").is_visible()
    page.keyboard.press("Escape")
    page.locator(".bd-docs-nav").wait_for(state="hidden")
    page.locator(".secondary-toggle").click()
    page.locator("#pst-secondary-sidebar-modal a").nth(3).click()
    assert page.url.count("#") == 1
    page.locator(".d2l-launch > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".d2l-launch a", has_text="Colab").is_visible()
    page.keyboard.press("Escape")
    page.locator(".d2l-launch a", has_text="Colab").wait_for(state="hidden")


def test_a_side_bar_opens_again_after_it_was_closed(open_page):
    page = open_page(CHAPTER, viewport={"width": 360, "height": 740})
    for _ in range(2):
        page.locator(".primary-toggle").click()
        assert page.locator("#pst-primary-sidebar-modal a", has_text="Glossary").is_visible()
        page.mouse.click(350, 700)
        page.locator("#pst-primary-sidebar-modal").wait_for(state="hidden")


def test_the_first_tab_stop_skips_to_the_text(open_page):
    page = open_page(CHAPTER)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"


def test_the_contents_follow_the_reader(open_page):
    page = open_page(CHAPTER)
    current = ".bd-sidebar-secondary a[aria-current=true]"
    first = page.locator(current).inner_text()
    page.locator("h2", has_text="Summary").scroll_into_view_if_needed()
    page.mouse.wheel(0, 600)
    page.wait_for_function(f"document.querySelector('{current}').innerText !== {json.dumps(first)}")


def test_a_missing_page_keeps_its_style_at_any_depth(open_page, site):
    page = open_page("404.html", quiet=False)  # the browser looks ahead for files before the base is set
    assert "does not exist" in page.locator("h1").inner_text()
    skip = "document.querySelector(\"a[href$='#main-content']\").href"
    assert page.evaluate(skip) == page.url + "#main-content"
    html = (site / "404.html").read_text()
    # asked for at another depth, it takes its files from the site's root, and its own links lead to itself
    other = page.url.replace("404.html", "no/such/page")
    page.route(other, lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route("**/d2lite/**", lambda route: route.continue_(url=route.request.url.replace("/d2lite/", "/")))
    page.goto(other)
    page.wait_for_function(f"{skip} === {json.dumps(other + '#main-content')}")
    assert re.search(r'\.href = "/d2lite/"', html)


def test_print_shows_the_text_alone(open_page):
    page = open_page(CHAPTER)
    explorer(page)
    page.emulate_media(media="print")
    for hidden in (
        ".bd-header-article",
        "#pst-primary-sidebar",
        "#pst-secondary-sidebar",
        ".prev-next-area",
        ".copybtn",
    ):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator("h1").first.is_visible()
    assert page.locator(EXPLORER).is_visible()
