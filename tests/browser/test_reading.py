"""Reading the built site in a browser: search, progress, copying, menus, print; nothing from the network."""

import json
import re
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from d2lite.plotting import STYLE

from .conftest import CHAPTER, ROOT, lay_out_all, settle

pytestmark = pytest.mark.browser

EXPLORER = "#d2l-diagnosis"
SCHEDULES = "chapters/04_optimizers/schedules_and_search"


def test_search_finds_sections_offline(open_page, scheme):
    page = open_page("book/using.html", scheme)
    assert not any("search" in url for url in page.watch.requests)
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


@pytest.mark.parametrize("file", ["search.js", "linear-models.js*"])
def test_a_search_index_that_cannot_be_loaded_is_told_and_asked_for_again(open_page, file):
    page = open_page("book/glossary.html", quiet=False)
    page.route(f"**/{file}", lambda route: route.abort())
    page.keyboard.press("Control+k")
    page.keyboard.type("o")
    page.get_by_text("The search index could not be loaded.").wait_for()
    page.keyboard.press("Escape")
    page.unroute(f"**/{file}")
    page.keyboard.press("Control+k")
    page.keyboard.type("logistic regression")
    page.locator("#d2l-results a", has_text="Logistic regression").first.wait_for()
    page.wait_for_function("!document.getElementById('d2l-found').textContent.includes('loaded')")


def search(page, question):
    """Ask a question once the whole index is there; return the headings of what is found."""
    page.locator("#d2l-search input").fill(question)
    page.wait_for_function("!/Loading|^$/.test(document.getElementById('d2l-found').textContent)")
    return page.locator("#d2l-results a").all_inner_texts()


def test_search_reads_every_spelling(open_page, scheme):
    page = open_page("book/using.html", scheme)
    page.keyboard.press("Control+k")
    for words in (
        ("regularization", "regularisation"),
        ("optimizer", "optimiser"),
        ("batch normalization", "batch normalisation", "batch-normalisation", "Batch Normalization"),
        ("overfitting", "over-fitting", "overfiting", "overfittign", "ovrfitting", "overvitting"),
        ("neighbour", "neighbor"),
        ("centre", "center"),
        ("grey", "gray"),
    ):
        first = search(page, words[0])
        assert first
        for other in words[1:]:
            assert search(page, other) == first, other
    assert search(page, "mini batch") and search(page, "minibatch") and search(page, "mini-batch")
    assert search(page, "over-fitting")[0] == "Overfitting · Glossary"
    marks = page.locator("#d2l-results li").first.locator("mark").all_inner_texts()
    assert "Overfitting" in marks


def test_search_puts_the_word_itself_and_the_lessons_first(open_page):
    page = open_page("book/using.html")
    page.keyboard.press("Control+k")
    assert search(page, "adam")[0] == "Adam · Glossary"
    found = search(page, "convolution")
    reference = [i for i, heading in enumerate(found) if heading.endswith("The package")]
    lessons = [i for i, heading in enumerate(found) if heading.endswith("Convolution")]
    assert lessons[0] < reference[0]
    page.locator("#d2l-results a", has_text="Convolution").first.click()
    page.wait_for_url("**/*onvolution*")


def test_search_shows_what_has_arrived(open_page):
    page = open_page("book/using.html")
    held = []
    page.route("**/object-detection.js*", lambda route: held.append(route))
    page.keyboard.press("Control+k")
    page.locator("#d2l-search input").fill("anchor box")
    page.locator("#d2l-results a", has_text="Anchor box · Glossary").wait_for()
    assert page.locator("#d2l-found").inner_text().endswith("Loading …")
    held[0].continue_()
    page.wait_for_function(
        "/^(The best )?[0-9]+ results$/.test(document.getElementById('d2l-found').textContent)"
    )
    assert page.locator("#d2l-results a", has_text="Anchors").count() > 0


def test_every_card_of_the_gallery_leads_to_its_explorer(open_page, site):
    page = open_page("book/gallery.html")
    targets = page.locator("a.d2l-card").evaluate_all(
        "(cards) => cards.map((card) => card.getAttribute('href'))"
    )
    assert len(targets) >= 17
    for target in targets:
        name, anchor = target.split("#")
        assert f'id="{anchor}"' in (site / "book" / name).resolve().read_text(encoding="utf-8"), target


def test_every_chapter_has_its_finding_in_the_list(open_page, site):
    page = open_page("book/findings.html")
    targets = page.locator(".d2l-findings dt a").evaluate_all(
        "(links) => links.map((link) => link.getAttribute('href'))"
    )
    chapters = {path for path in (site / "chapters").rglob("*.html") if path.parent.name != "chapters"}
    assert {(site / "book" / target).resolve() for target in targets} == {path.resolve() for path in chapters}
    words = page.locator(".d2l-findings dd").evaluate_all("(all) => all.map((each) => each.innerText)")
    assert len(words) == len(targets) and all(8 <= len(each.split()) <= 45 for each in words)


def test_the_short_path_of_every_chapter_leads_to_its_sections(site):
    pages = sorted((site / "chapters").glob("*/*.html"))
    assert len(pages) >= 46
    for path in pages:
        html = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        (way,) = html.select("p.d2l-short-path")
        links = way.select("a")
        assert 2 <= len(links) <= 4 and links[-1].text == "Summary", path.stem
        for link in links:
            title = html.find(id=link["href"].removeprefix("#")).find(re.compile("h[2-4]"))
            assert link.text in title.text, (path.stem, link.text)
            assert not title.find_parent("details"), f"{path.stem}: {link.text} is folded"


def test_a_page_that_fits_the_screen_is_read_at_once(open_page):
    page = open_page("book/setup.html", viewport={"width": 1280, "height": 9000})
    page.wait_for_function("document.querySelector('.bd-docs-nav a.d2l-read')")


def mark_of(link):
    """Return what the style sheet draws after a link of the contents."""
    return link.evaluate("(link) => getComputedStyle(link, '::after').content")


def test_progress_is_kept(open_page):
    page = open_page("book/using.html")
    link = page.locator(".bd-docs-nav a", has_text="How to use this book")
    assert mark_of(link).startswith('"◐"')
    assert mark_of(page.locator(".bd-docs-nav a", has_text="Glossary")) == "none"
    page.locator(".prev-next-footer").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.bd-docs-nav a.d2l-read')")
    page.locator(".prev-next-area .right-next").click()
    page.wait_for_url("**/book/map.html")
    assert mark_of(page.locator(".bd-docs-nav a", has_text="How to use this book")).startswith('"✓"')


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


LAST = "chapters/08_detection/yolo.html"
IN_SIGHT = """(link) => {
    const { top, bottom } = document.querySelector(link).getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
}"""


def test_the_contents_open_where_the_reader_is(open_page):
    page = open_page(LAST, viewport={"width": 1280, "height": 500})
    page.wait_for_function(IN_SIGHT, arg=".bd-sidebar-primary .current > a")
    assert page.evaluate("scrollY") == 0
    page.set_viewport_size({"width": 360, "height": 500})
    page.locator(".primary-toggle").click()
    page.wait_for_function(IN_SIGHT, arg="#pst-primary-sidebar-modal .current > a")


def test_the_pages_own_contents_follow_the_reader_too(open_page):
    page = open_page(LAST + "#further-reading", viewport={"width": 1366, "height": 300})
    page.wait_for_function("document.querySelector('.bd-sidebar-secondary a.active')?.textContent")
    page.wait_for_function(IN_SIGHT, arg=".bd-sidebar-secondary a.active")


def test_forced_colours_leave_no_part_without_an_edge(open_page):
    page = open_page(CHAPTER, forced_colors="active")
    edge = """(element) => {
        const style = getComputedStyle(element);
        return Math.max(...["Top", "Left"].map((side) => parseFloat(style[`border${side}Width`])));
    }"""
    for part in (".cell_input pre", ".nav-link.active", "nav.bd-links .current > a"):
        assert page.locator(part).first.evaluate(edge) > 0, part
    assert page.locator(".d2l-mode svg:visible path").first.evaluate(
        "(path) => getComputedStyle(path).stroke === getComputedStyle(path.closest('button')).color"
    )


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
    page.wait_for_selector(f"{EXPLORER}[data-live=true]")
    page.keyboard.press("Control+k")
    page.emulate_media(media="print")
    for hidden in (
        ".bd-header-article",
        "#pst-primary-sidebar",
        "#pst-secondary-sidebar",
        ".prev-next-area",
        ".copybtn",
        "#d2l-search",
    ):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator("h1").first.is_visible()
    assert page.locator(EXPLORER).is_visible()


def test_far_sections_wait_until_they_come_near(open_page):
    waiting = """[...document.querySelectorAll('.bd-article > section > section')].filter(
        (section) => !section.firstElementChild.checkVisibility({ contentVisibilityAuto: true })).length"""
    for name in (CHAPTER, LAST):
        page = open_page(name, viewport={"width": 1366, "height": 800})
        settle(page)
        before = page.evaluate(waiting)
        assert before >= 5
        page.locator(".prev-next-footer").scroll_into_view_if_needed()
        page.wait_for_function(f"{waiting} < {before}")
        page.context.close()


def test_a_link_to_a_far_section_leads_there_and_stays(open_page):
    page = open_page(CHAPTER + "#exercises")
    top = "document.getElementById('exercises').getBoundingClientRect().top"
    page.wait_for_function(f"{top} > 0 && {top} < 200")
    settle(page)  # what came near above it has been laid out
    assert 0 < page.evaluate(top) < 200
    page.mouse.wheel(0, -3000)
    page.wait_for_function(f"{top} > 2000")


def test_links_and_find_reach_deep_into_far_sections(open_page):
    """The last names of the reference, and an explorer far down: more than 1,000 px into sections not laid out yet."""
    page = open_page("book/reference.html")
    ids = page.locator(".bd-article dt[id]").evaluate_all(
        "(names) => names.filter((name) => name.textContent.includes(name.id)).map(({ id }) => id)"
    )
    in_sight = """(id) => {
        const { top, bottom } = document.getElementById(id).getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
    }"""
    for name in ids[:: len(ids) // 6]:
        page = open_page(f"book/reference.html#{name}")
        page.wait_for_function(in_sight, arg=name)
        page = open_page("book/reference.html")
        assert page.evaluate(f"window.find({json.dumps(name)}, true)")
        page.wait_for_function("getSelection().getRangeAt(0).getBoundingClientRect().top < innerHeight")
    page = open_page("chapters/05_regularization/dropout_and_early_stopping.html#d2l-grid?")
    page.wait_for_selector("#d2l-grid[data-live=true]")
    page.wait_for_function(in_sight, arg="d2l-grid")


def test_find_in_page_reaches_far_sections(open_page):
    page = open_page(CHAPTER)
    words = page.locator("section#exercises p").first.text_content()[:20]
    assert page.evaluate(f"window.find({json.dumps(words)})")
    page.wait_for_function("document.getElementById('exercises').getBoundingClientRect().top < innerHeight")


def test_words_of_the_text_act_on_their_explorer(open_page, scheme):
    page = open_page("book/index.html", scheme)
    words = page.get_by_role("button", name="learn a hundred times more slowly")
    assert words.get_attribute("title") == "sets learning rate to 0.03 in the explorer below"
    history = page.evaluate("history.length")
    rate = page.locator("#d2l-hero").get_by_role("slider", name="learning rate", exact=True)
    rate.wait_for()
    before = rate.get_attribute("aria-valuetext")
    for pressed, value in (("true", "0.03"), ("false", before)):
        words.press("Enter")
        page.wait_for_function(f"document.querySelector('.d2l-acts').ariaPressed === '{pressed}'")
        assert rate.get_attribute("aria-valuetext") == value
    assert page.evaluate("[history.length, location.hash]") == [history, ""]


def test_words_that_act_are_plain_text_on_paper(open_page):
    page = open_page("book/index.html")
    page.emulate_media(media="print")
    words = page.locator(".d2l-acts")
    look = "(e) => [getComputedStyle(e).color, getComputedStyle(e).fontWeight]"
    assert words.evaluate(look) == words.locator("..").evaluate(look)


SMALL = """() => [...document.querySelectorAll("main figure img")]
    .filter((img) => img.offsetWidth && img.offsetWidth < 0.59 * img.getAttribute("width"))
    .map((img) => `${img.offsetWidth} of ${img.getAttribute("width")} px: ${img.alt}`)"""

WIDE = """[...document.querySelectorAll("main figure img")]
    .find((img) => img.offsetWidth && img.getAttribute("width") > 700).parentElement"""


def test_figures_stay_legible_on_a_telephone(open_page):
    page = open_page(f"{SCHEDULES}.html", viewport={"width": 360, "height": 800})
    lay_out_all(page)
    settle(page)
    assert page.locator("main figure img").count() >= 6
    assert page.evaluate(SMALL) == []
    wide = page.evaluate_handle(WIDE).as_element()
    wide.scroll_into_view_if_needed()
    assert wide.evaluate("(figure) => figure.scrollWidth > figure.clientWidth")
    page.wait_for_function("(figure) => figure.tabIndex === 0", arg=wide)  # keys reach it
    wide.evaluate("(figure) => figure.scrollBy(1000, 0)")
    assert wide.query_selector("figcaption").bounding_box()["x"] >= 0  # the caption stays
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_figure_of_the_usual_width_is_seen_whole_on_a_telephone(browser):
    """Of 318 figures 119 had to be scrolled at 360 px: many by 20, with a margin of 16 on either side."""
    width = round(96 * (STYLE["figure.figsize"][0] + 0.12))  # with the padding that notebooks add
    css = (ROOT / "book" / "_static" / "d2lite.css").read_text(encoding="utf-8")
    page = browser.new_page(viewport={"width": 360, "height": 800})
    image = f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='350'/>"
    page.set_content(f"""<!doctype html><meta name="viewport" content="width=device-width"><style>{css}</style>
        <style>body {{ margin: 0 }}</style><div class="bd-main"><div class="bd-content">
        <div class="bd-article-container"><article class="bd-article"><section><p>Text.</p>
        <div class="cell"><div class="cell_output">
        <figure class="align-default"><img src="data:image/svg+xml,{quote(image)}" width="{width}" height="350"
        style="--d2l-width: {width}"><figcaption>Caption.</figcaption></figure></div></div></section></article></div>
        </div></div>""")
    figure = page.locator("figure")
    assert page.locator("img").evaluate("(img) => img.offsetWidth") >= round(0.6 * width) - 1
    assert figure.evaluate("(figure) => figure.scrollWidth <= figure.clientWidth + 1")
    left = "(element) => element.getBoundingClientRect().left + parseFloat(getComputedStyle(element).paddingLeft)"
    caption, text = (page.locator(name).evaluate(left) for name in ("figcaption", "section > p"))
    assert caption == pytest.approx(text, abs=1) and page.evaluate("document.body.scrollWidth") == 360
    page.close()


def test_a_page_leaves_the_rows_of_an_explorer_as_they_are(open_page):
    page = open_page(CHAPTER)
    row = page.locator(f"{EXPLORER} .d2l-control > .d2l-row").first
    row.wait_for()
    style = row.evaluate("(e) => [getComputedStyle(e).marginTop, getComputedStyle(e).columnGap]")
    assert style == ["0px", "4px"]


def test_the_map_is_legible_on_a_telephone(open_page):
    page = open_page("book/map.html", viewport={"width": 360, "height": 800})
    settle(page)
    assert page.locator(".d2l-map-mark circle").first.bounding_box()["width"] >= 16
    assert page.evaluate("document.documentElement.scrollWidth") == 360
