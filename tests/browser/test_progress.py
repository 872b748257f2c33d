"""What the browser keeps: answers of questions, the contents' counts, and the page "Where you are"; from file://."""

# ruff: noqa: E501 (pages and records in strings)
import json
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from d2lite.widgets import Question

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from d2lite_book import assets  # noqa: E402
from d2lite_book.explorers import Page  # noqa: E402

pytestmark = pytest.mark.browser
STATIC = ROOT / "book" / "_static"
TURN = Question.choice(
    "Turn?", [("left", False, "That is the other hand."), ("right", True, "So it is.")], key="turn"
)
COUNT = Question.number("How many?", 4, key="count")
ORDER = Question.order("By size?", [("s", 1), ("m", 2), ("l", 3)], key="order")
QUESTIONS = {"chapters/a/one": ["turn", "count", "order"], "chapters/a/two": ["other"]}
NAMES = {
    "book/where_you_are": "Where you are",
    "chapters/a/one": "1. One",
    "chapters/a/two": "2. Two",
    "chapters/b/three": "3. Three",
}
PAGE = """<!doctype html><html lang="en" data-content_root="../../" data-mode="auto" data-theme="light"><meta charset="utf-8">
<title>A page</title><meta name="viewport" content="width=device-width"><style>body {{ font-family: sans-serif }} {css}</style>
<body data-page="{name}"><nav class="bd-docs-nav" aria-label="Contents"><p>Before</p><ul><li>{links[0]}</li></ul><p>Part A</p><ul><li>{links[1]}</li><li>{links[2]}</li></ul>
<p>Part B</p><ul><li>{links[3]}</li></ul></nav><main class="bd-article"><section><h1>A page</h1>{body}</section></main>
<footer class="prev-next-footer">End</footer><script src="../../book.js"></script>{more}</body></html>"""


def state_of(question):
    return {"model_name": "AnyModel", "state": json.loads(json.dumps(question.get_state(), default=str))}


def write_site(folder):
    """Write a book of three chapters, of which the first asks three questions."""
    (folder / "book.js").write_text(assets.join_scripts(STATIC, QUESTIONS), encoding="utf-8")
    shown = Page(
        {q.key: state_of(q) for q in (TURN, COUNT, ORDER)},
        folder / "_static/explorers",
        "../../_static/explorers",
    )
    bodies = {"chapters/a/one": "".join(map(shown.view, ("turn", "count", "order")))}
    bodies["book/where_you_are"] = '<div id="d2l-where"></div>'
    links = [f'<a href="../../{name}.html">{title}</a>' for name, title in NAMES.items()]
    css = (STATIC / "d2l-page.css").read_text()
    for name in NAMES:
        # one level deeper than in the book, so that all pages find the same files
        where = name if name.startswith("chapters") else name.replace("book/", "book/x/")
        more = f"<script>{(STATIC / 'd2l-where.js').read_text()}</script>" if name.startswith("book") else ""
        (folder / where).parent.mkdir(parents=True, exist_ok=True)
        text = PAGE.format(name=name, links=links, body=bodies.get(name, "<p>Text</p>"), css=css, more=more)
        (folder / f"{where}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def visit(browser, tmp_path):
    """Function that opens a page of the small book in one browser; what a page complains of fails the test."""
    site, complaints = write_site(tmp_path), []
    context = browser.new_context(
        viewport={"width": 900, "height": 700}, permissions=["clipboard-read", "clipboard-write"]
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def open_(name, kept=None):
        where = name if name.startswith("chapters") else name.replace("book/", "book/x/")
        page.goto((site / f"{where}.html").as_uri())
        if kept is not None:
            page.evaluate(
                "(kept) => Object.entries(kept).forEach(([name, text]) => localStorage.setItem(`d2l-${name}`, text))",
                kept,
            )
            page.reload()
        return page

    yield open_
    context.close()
    assert complaints == []


def kept_answers(page):
    return json.loads(page.evaluate("localStorage.getItem('d2l-answers')"))


def alive(page, key):
    page.locator(f"#d2l-{key}").scroll_into_view_if_needed()
    page.wait_for_selector(f"#d2l-{key}[data-live=true]")
    return page.locator(f"#d2l-{key}")


def test_answers_are_remembered_and_counted(visit):
    page = visit("chapters/a/one")
    turn = alive(page, "turn")
    link = page.get_by_role("link", name="1. One")
    turn.get_by_label("left").check()
    turn.get_by_role("button", name="Check").click()
    assert link.text_content() == "1. One"  # tried is not answered
    page.reload()
    assert (
        alive(page, "turn")
        .locator(".d2l-reply")
        .inner_text()
        .split("\n")[-1]
        .endswith("That is the other hand.")
    )
    turn.get_by_role("button", name="Show the answer").click()
    assert link.locator(".d2l-count [aria-hidden]").inner_text() == "1/3"
    assert page.get_by_role("link", name="1. One (1 of 3 questions answered)").count() == 1
    count = alive(page, "count")
    count.get_by_role("textbox").fill("8/2")
    count.get_by_role("textbox").press("Enter")
    assert link.locator(".d2l-count [aria-hidden]").inner_text() == "2/3"
    count.get_by_role("button", name="Try again").click()
    count.get_by_role("textbox").fill("9")
    count.get_by_role("textbox").press("Enter")  # a later try takes nothing away
    page.reload()
    assert alive(page, "count").get_by_role("textbox").input_value() == "8/2"
    assert "Right." in page.locator("#d2l-count .d2l-reply").inner_text()
    assert "The answer." in alive(page, "turn").locator(".d2l-reply").inner_text()
    assert kept_answers(page) == {
        "chapters/a/one": {"turn": {"done": "shown", "given": 1}, "count": {"done": "right", "given": "8/2"}}
    }


@pytest.mark.parametrize(
    "answers",
    ["", "{", "null", "[]", "7", '"x"', '{"chapters/a/one": 3}', '{"chapters/a/one": {"turn": "x", "count": null, "order": []}}',
     '{"chapters/a/one": {"turn": {"done": "right", "given": 9}, "count": {"done": 1, "given": {}}, "order": {"done": "right", "given": [0, 0, 1]}}}',
     '{"__proto__": {"turn": {"done": "right"}}, "constructor": 1, "chapters/a/one": {"turn": {"done": "right", "given": 0}}}'],
)  # fmt: skip
def test_foreign_data_break_no_page(visit, answers):
    page = visit("chapters/a/one", {"answers": answers, "progress": answers})
    turn = alive(page, "turn")
    assert turn.get_by_role("button", name="Check").is_visible()
    turn.get_by_label("right").check()
    turn.get_by_role("button", name="Check").click()
    assert kept_answers(page)["chapters/a/one"]["turn"] == {"done": "right", "given": 1}
    alive(page, "count"), alive(page, "order")
    page = visit("book/where_you_are", {"answers": answers, "progress": answers})
    assert "3 chapters read" in page.locator("#d2l-where").inner_text()


RECORD = {
    "progress": json.dumps({"chapters/a/one": "read", "chapters/a/two": "started", "old/page": "read"}),
    "answers": json.dumps(
        {"chapters/a/one": {"turn": {"done": "right", "given": 1}, "gone": {"done": "right", "given": 1}}}
    ),
}


def test_where_you_are_lists_what_is_open_with_links(visit):
    page = visit("book/where_you_are", RECORD)
    text = page.locator("#d2l-where").inner_text()
    assert "1 of 3 chapters read, 1 begun; 1 of 4 questions answered." in text
    assert "Go on with 2. Two." in text
    assert "Read, with 2 questions still open: 1. One." in text
    rows = [row.all_inner_texts() for row in (part.locator("td") for part in page.locator("tbody tr").all())]
    assert rows[0][:2] == ["1. One", "read"] and rows[0][2].startswith("1 of 3: next open")
    assert rows[1][1] == "begun" and rows[2] == ["3. Three", "not opened", ""]
    assert page.locator("caption").all_inner_texts() == ["Part A", "Part B"]
    assert page.get_by_role("link", name="Where you are (1 of 3 chapters read)").count() == 1
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    page.get_by_role("link", name="next open question of 1. One").click()
    page.wait_for_url("**/chapters/a/one.html#d2l-count")


def test_a_record_is_taken_along_and_brought_back(visit, tmp_path):
    page = visit("book/where_you_are", RECORD)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "d2lite-progress.json"
    download.value.save_as(tmp_path / "saved.json")
    saved = json.loads((tmp_path / "saved.json").read_text())
    assert saved["d2lite"] == 1 and saved["pages"]["chapters/a/one"] == "read"
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert json.loads(copied) == saved
    page.get_by_role("button", name="Clear", exact=True).click()
    assert page.evaluate("document.activeElement.textContent") == "Keep them"
    page.get_by_role("button", name="Keep them").click()
    assert "1 of 3 chapters read" in page.locator("#d2l-where").inner_text()
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_role("button", name="Clear all").click()
    assert "0 of 3 chapters read, 0 begun; 0 of 4" in page.locator("#d2l-where").inner_text()
    page.locator("input[type=file]").set_input_files(tmp_path / "saved.json")
    page.get_by_text("Brought back:").wait_for()
    assert "1 of 3 chapters read, 1 begun; 1 of 4" in page.locator("#d2l-where").inner_text()
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_role("button", name="Clear all").click()
    page.get_by_text("Bring back from a copied text").click()
    page.get_by_label("The copied text").fill(copied)
    page.get_by_role("button", name="Bring back", exact=True).click()
    assert "1 of 3 chapters read, 1 begun; 1 of 4" in page.locator("#d2l-where").inner_text()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"d2lite": 2}', '{"pages": {}}', "<script>alert(1)</script>"]
)
def test_what_is_no_record_changes_nothing(visit, text):
    page = visit("book/where_you_are", RECORD)
    page.get_by_text("Bring back from a copied text").click()
    page.get_by_label("The copied text").fill(text)
    page.get_by_role("button", name="Bring back", exact=True).click()
    assert "This is not a record of this book: expected" in page.get_by_role("status").inner_text()
    assert "1 of 3 chapters read, 1 begun; 1 of 4" in page.locator("#d2l-where").inner_text()


def test_a_record_adds_and_takes_nothing_away(visit):
    page = visit("book/where_you_are", RECORD)
    more = {
        "d2lite": 1,
        "pages": {"chapters/a/one": "started", "chapters/b/three": "read", "<b>": "read", "x": "eaten"},
        "answers": {
            "chapters/a/one": {
                "turn": {"done": "", "given": 0},
                "count": {"done": "right", "given": "4"},
                "order": 7,
            }
        },
    }
    page.get_by_text("Bring back from a copied text").click()
    page.get_by_label("The copied text").fill(json.dumps(more))
    page.get_by_role("button", name="Bring back", exact=True).click()
    assert "2 of 3 chapters read, 1 begun; 2 of 4" in page.locator("#d2l-where").inner_text()
    assert "Brought back: 2 pages and 1 answer." in page.get_by_role("status").inner_text()
    assert page.evaluate("localStorage.getItem('d2l-progress')").count("eaten") == 0


FULL = """() => {
    for (const size of [100_000, 1000, 10]) {
        try {
            for (let i = 0; ; i++) localStorage.setItem(`full ${size} ${i}`, "x".repeat(size));
        } catch {}
    }
}"""


def test_a_browser_without_room_does_not_say_that_a_record_is_kept(visit):
    page = visit("book/where_you_are", RECORD)
    page.evaluate(FULL)
    answers = {"turn": {"done": "right", "given": 1}, "long": {"done": "right", "given": "9" * 2000}}
    record = {"d2lite": 1, "pages": {}, "answers": {"chapters/a/one": answers}}
    page.get_by_text("Bring back from a copied text").click()
    page.get_by_label("The copied text").fill(json.dumps(record))
    page.get_by_role("button", name="Bring back", exact=True).click()
    assert "has no room left" in page.locator(".d2l-record-said").inner_text()
    assert "long" not in kept_answers(page)["chapters/a/one"]


def test_a_page_that_back_brings_as_it_was_left_shows_what_has_happened_since(visit):
    page = visit("book/where_you_are", RECORD)
    changed = {
        "d2l-progress": json.dumps({"chapters/a/one": "read", "chapters/a/two": "read"}),
        "d2l-mode": "dark",
    }
    page.evaluate("(kept) => Object.assign(localStorage, kept)", changed)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert "2 of 3 chapters read" in page.locator("#d2l-where").inner_text()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_copying_where_the_clipboard_is_not_allowed_keeps_the_focus(visit):
    page = visit("book/where_you_are", RECORD)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not here')); }")
    page.get_by_role("button", name="Copy").press("Enter")
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Copy"
