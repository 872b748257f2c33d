"""Every form a chapter has, in a book of one: what is folded, and how it is opened; the finding at the top."""

import json
import re

import filelock
import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe

from . import small_book
from .conftest import settle

pytestmark = pytest.mark.browser

DEEPER = "deeper-what-a-second-year-student-can-leave-out"
PART = "\n\n### A part of it\n\nA word that stands here alone: zyzzyva."
EXPLORER = "from d2lite.widgets import GatesExplorer\n\nGatesExplorer(key='deep')"
FOLDS = ".bd-article details:not(.d2l-explorer-frame *)"
OPEN = f"[...document.querySelectorAll('{FOLDS}')].filter((fold) => fold.open).length"
IN_SIGHT = """(id) => {
    const { top, bottom } = document.getElementById(id).getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
}"""


def edit(cells):
    """Put a heading and an explorer into the section that is folded."""
    place = next(place for place, cell in enumerate(cells) if cell["id"] == "deeper-slope")
    cells[place - 1]["source"].append(PART)
    cells.insert(place + 1, {**cells[place], "id": "deeper-explorer", "source": EXPLORER})


@pytest.fixture(scope="session")
def site(tmp_path_factory, worker_id):
    """Path of the small book's site, built once for all workers."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "small_book"
    with filelock.FileLock(f"{root}.lock"):
        if not root.exists():
            root.mkdir()
            small_book.write(root, edit)
            small_book.build(root)
    return root / "_build" / "html"


@pytest.fixture
def open_forms(open_page):
    """Function that opens the chapter from a disk: its fragment, and the context's options."""
    return lambda fragment="", **options: open_page(small_book.PAGE + fragment, "file", **options)


@pytest.mark.parametrize("fragment", [DEEPER, "a-part-of-it", "d2l-deep?"])
def test_a_link_opens_what_it_leads_into_and_nothing_else(open_forms, fragment):
    page = open_forms(f"#{fragment}")
    page.wait_for_function(IN_SIGHT, arg=fragment.strip("?"))
    page.wait_for_function("document.querySelector('.deeper-fold').open")
    assert page.evaluate(OPEN) == 1


def test_a_link_pressed_again_opens_it_again(open_forms):
    page = open_forms(viewport={"width": 1280, "height": 500})
    link = page.locator(".bd-sidebar-secondary a", has_text="A part of it")
    summary = page.locator(".deeper-fold > summary")
    for _ in range(2):
        assert page.evaluate(OPEN) == 0
        link.click()
        page.wait_for_function(IN_SIGHT, arg="a-part-of-it")
        assert page.evaluate(OPEN) == 1
        summary.click()


def test_a_fold_is_opened_by_keys_and_its_explorer_starts_then(open_forms):
    page = open_forms()
    summary = page.locator(".deeper-fold > summary")
    summary.scroll_into_view_if_needed()
    settle(page)
    assert page.locator("#d2l-deep[data-live]").count() == 0
    page.evaluate("document.querySelector('.tag_claims summary').focus()")
    for _ in range(30):
        page.keyboard.press("Tab")
        if summary.evaluate("(summary) => summary === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.locator("#d2l-deep").scroll_into_view_if_needed()
    page.wait_for_selector("#d2l-deep[data-live=true]")
    page.keyboard.press("Space")
    assert page.evaluate(OPEN) == 0


def test_what_is_folded_is_found_by_the_browser_and_by_search(open_forms):
    page = open_forms("#:~:text=zyzzyva")  # what find-in-page does, as a link
    page.wait_for_function("document.querySelector('.deeper-fold').open")
    page = open_forms()
    page.keyboard.press("Control+k")
    page.keyboard.type("zyzzyva")
    page.locator("#d2l-results a", has_text="A part of it").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.deeper-fold').open")
    page.wait_for_function(IN_SIGHT, arg="a-part-of-it")


def test_print_opens_all_folds_and_closes_those_it_opened(open_forms):
    page = open_forms()
    page.locator("details", has_text="2 claims checked here").evaluate("(fold) => (fold.open = true)")
    closed = f"document.querySelectorAll('{FOLDS}').length - {OPEN}"
    before = page.evaluate(closed)
    page.evaluate(f"addEventListener('beforeprint', () => (window.left = {closed}))")
    page.pdf()
    assert page.evaluate("window.left") == 0
    page.wait_for_function(f"{OPEN} === 1")
    assert page.evaluate(closed) == before > 4
    assert page.locator(".tag_claims details").evaluate("(fold) => fold.open")


def test_what_fades_in_on_the_screen_is_on_paper_at_once(open_forms):
    page = open_forms()
    page.emulate_media(media="print")
    page.evaluate(f"document.querySelectorAll('{FOLDS}').forEach((fold) => (fold.open = true))")
    assert page.evaluate("document.getAnimations().length") == 0


def test_a_colour_mode_that_is_none_counts_as_nothing(open_forms):
    page = open_forms(color_scheme="dark", quiet=False)  # reloading stops what is under way
    page.evaluate("localStorage.setItem('d2l-mode', 'purple')")
    page.reload()
    html = page.locator("html")
    assert (html.get_attribute("data-theme"), html.get_attribute("data-mode")) == ("dark", "auto")


def test_folded_sections_stand_in_the_contents_without_a_number(open_forms):
    page = open_forms()
    texts = page.locator(".bd-sidebar-secondary nav a").all_inner_texts()
    place = texts.index("Deeper: what a second-year student can leave out")
    assert texts[place - 1 : place + 3] == ["1.3. Third section", texts[place], "A part of it", "1.4. Use it"]
    assert page.locator(f"#{DEEPER} h2").text_content() == texts[place]
    assert page.locator(f"#{DEEPER} h3").text_content().startswith(texts[place + 1])
    assert page.locator("h2", has_text="Use it").text_content().startswith("1.4. Use it")


def test_claims_are_one_quiet_line(open_forms):
    page = open_forms()
    summary = page.locator(".tag_claims summary")
    assert summary.inner_text().strip() == "2 claims checked here"
    assert not page.get_by_text("assert p[1] == 0.5").is_visible()
    assert summary.bounding_box()["height"] < 35


def test_the_finding_leads_the_page_and_describes_it(open_forms, site):
    page = open_forms()
    finding = page.locator("h1 + blockquote")
    large, plain = (
        float(page.locator(which).first.evaluate("(p) => parseFloat(getComputedStyle(p).fontSize)"))
        for which in ("h1 + blockquote p", "h1 + blockquote + p")
    )
    assert large > 1.2 * plain
    for name in ("name='description'", "property='og:description'"):
        assert page.locator(f"meta[{name}]").get_attribute("content") == finding.inner_text().strip()
    assert finding.inner_text().strip() in page.locator("meta[property='og:image:alt']").get_attribute(
        "content"
    )
    address = page.locator("meta[property='og:image']").get_attribute("content")
    assert (
        20_000 < (site / address.partition("/d2lite/")[2].removeprefix("d2lite/")).stat().st_size <= 120_000
    )
    assert page.get_by_text("BoundaryExplorer()").count() == 0, "the hero is shown without its code"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_opened_folds_are_accessible_and_fit_a_telephone(open_forms, mode):
    page = open_forms(
        color_scheme=mode, quiet=False
    )  # axe reads style sheets, which a page from a disk may not
    page.evaluate(f"document.querySelectorAll('{FOLDS}').forEach((fold) => (fold.open = true))")
    page.locator("#d2l-deep").scroll_into_view_if_needed()
    page.wait_for_selector("#d2l-deep[data-live=true]")
    settle(page)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert (
        json.dumps([(rule["id"], [node["html"][:200] for node in rule["nodes"]]) for rule in found]) == "[]"
    )
    page.set_viewport_size({"width": 360, "height": 740})
    settle(page)
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture(scope="module")
def book(site, browser, tmp_path_factory):
    """The small book on paper: (its pages' texts, its PDF)."""
    path = tmp_path_factory.mktemp("paper") / "book.pdf"
    small_book.load("make_pdf").make_pdf(browser, path, site, small_book.TOC)
    reader = pypdf.PdfReader(path)
    return [page.extract_text() for page in reader.pages], reader


def test_the_contents_name_the_pages_that_carry_these_numbers(book):
    texts, reader = book
    contents = next(text for text in texts if "Contents" in text[:30])
    for title in ("1. Every form", "Solutions to 1. Every form", "Glossary", "Bibliography"):
        number = re.search(rf"^{re.escape(title)}\s*(\d+)", contents, re.M)[1]
        place = reader.page_labels.index(number)
        assert title in texts[place] and number in re.findall(r"\d+", texts[place]), title


def test_paper_has_what_is_folded_but_solutions_at_the_end_and_no_claims(book):
    texts, reader = book
    # Where letters are set apart, a reader of the file may see a space: without spaces all browsers' texts are alike.
    chapter, solutions = "".join("".join(texts).split()).split("Solutionsto1.Everyform")[-2:]
    for there in ("zyzzyva", "Furtherreading", "sigmoid(scores)", "d2l-deep", "Whereisthesigmoidsteepest?"):
        assert there in chapter, there
    for there in ("Thesolutionrunsandasserts", "1.Predict.", "4.Extend.", "sigmoid(-scores)"):
        assert there in solutions, there
    assert "Thesolutionrunsandasserts" not in chapter
    assert "assertp[1]==0.5" not in chapter + solutions, "claims"
    assert "Firstsection" not in solutions and "Furtherreading" not in solutions


def test_links_on_paper_lead_to_pages_of_the_book_or_to_the_site(book):
    texts, reader = book
    inner, outer = set(), set()
    for page in reader.pages:
        for link in page.get("/Annots", []):
            link = link.get_object()
            if "/Dest" in link:
                inner.add(texts[reader.get_page_number(link["/Dest"][0].get_object())].split()[1])
            else:
                outer.add(link["/A"]["/URI"])
    assert {"1.", "Glossary"} <= inner  # what stands there after the page's number
    assert outer and not any(uri.startswith("file:") for uri in outer), outer
    assert any(uri.endswith("forms.html#d2l-deep") for uri in outer), "the address where an explorer is alive"


def test_the_outline_has_parts_chapters_and_sections(book):
    def titles(items):
        return [titles(item) if isinstance(item, list) else item.title for item in items]

    part, chapters = titles(book[1].outline)[:2]
    assert part == "Forms" and chapters[0] == "1. Every form"
    assert "1.1. First section" in chapters[1] and "1.4. Use it" in chapters[1]


def test_a_book_that_is_too_large_or_a_site_that_is_missing_is_said(site, browser, tmp_path):
    make_pdf = small_book.load("make_pdf").make_pdf
    with pytest.raises(FileNotFoundError, match="make site"):
        make_pdf(browser, tmp_path / "x.pdf", tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        make_pdf(browser, tmp_path / "none" / "x.pdf", site)
    with pytest.raises(IsADirectoryError, match="is a folder: expected the name of a file in it"):
        make_pdf(None, tmp_path, site)  # before anything is printed
    with pytest.raises(RuntimeError, match="bytes: expected at most 1,000"):
        make_pdf(browser, tmp_path / "x.pdf", site, {"parts": []}, most=1000)
