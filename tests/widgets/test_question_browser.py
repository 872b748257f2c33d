"""Questions, answered by keyboard, mouse and finger; what they say, and what they print."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from d2lite.widgets import Question

pytestmark = pytest.mark.browser

OPTIONS = [
    ("*sooner*", False, "That is the other one."),
    ("later", True, "It comes `later`."),
    ("never", False, "It does come."),
]
CHOICE = Question.choice("Sooner or `later`?", OPTIONS, key="choice")
NUMBER = Question.number(
    "How long?", 0.25, unit="s", wrong=[(0.5, "That is twice as long.")], reply="A quarter.", key="number"
)
ORDER = Question.order(
    "By weight?", [("mouse", 0.02), ("cat", 4), ("horse", 500)], reply="By size.", key="order"
)
PRESS = "(buttons) => buttons.forEach((button) => button.click())"
KINDS = [CHOICE, NUMBER, ORDER]


@pytest.fixture
def ask(make_host):
    """Function that opens a page with questions and returns its host."""

    def show(*questions, host="site", **options):
        page = make_host(**options).open("question")
        for question in questions:
            page.show("question", f"d2l-{question.key}", host, content=question.content, key=question.key)
        return page

    return show


def reply(page):
    """Return what is said of an answer."""
    return page.locator(".d2l-reply").inner_text().replace("\n", " ")


def words(page):
    return page.locator(".d2l-words").all_inner_texts()


def test_a_choice_is_answered_by_keys_alone(ask):
    page = ask(CHOICE).page
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.get_by_role("radio", name="sooner").is_checked()
    assert page.get_by_role("button", name="Show the answer").is_hidden()
    page.keyboard.press("Enter")
    assert reply(page) == "Not quite. That is the other one."
    assert page.get_by_role("radio", name="sooner wrong").count() == 1
    page.keyboard.press("ArrowDown")
    assert page.locator(".d2l-reply").inner_text() == ""  # it was about another answer
    page.keyboard.press("Enter")
    assert reply(page) == "Right. It comes later."
    assert page.locator(".d2l-reply code").inner_text() == "later"
    assert page.get_by_role("radio", name="later right").is_checked()
    assert page.get_by_role("button", name="Show the answer").is_hidden()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Try again"
    page.keyboard.press("Enter")
    assert page.locator(":checked, .d2l-sign").count() == 0
    page.wait_for_function("document.activeElement.type === 'radio'")


def test_nothing_chosen_is_no_try(ask):
    page = ask(CHOICE).page
    page.get_by_role("button", name="Check").click()
    assert reply(page) == "Choose an answer first."
    assert page.get_by_role("button", name="Show the answer").is_hidden()


def test_a_number_is_answered_by_keys_alone(ask):
    page = ask(NUMBER).page
    page.keyboard.press("Tab")
    field = page.get_by_role("textbox", name="Your answer, in s")
    page.keyboard.type("soon")
    page.keyboard.press("Enter")
    assert reply(page) == "“soon” is not a number: expected one such as 0.5, 1/2, 1e-3 or 50%."
    assert field.get_attribute("aria-invalid") == "true"
    assert page.get_by_role("button", name="Show the answer").is_hidden()
    for typed, said in [
        ("0,5", "Not quite. That is twice as long."),
        ("9", "Not quite. It is less than that."),
    ]:
        field.press("Control+a")
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
        assert reply(page) == said
    assert field.get_attribute("aria-invalid") is None
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Show the answer
    assert reply(page) == "The answer. It is 0.25\u00a0s. A quarter."
    assert field.input_value() == "0.25"
    assert page.evaluate("document.activeElement.textContent") == "Try again"


def test_an_order_is_made_by_keys_alone_and_said(ask):
    page = ask(ORDER).page
    for name in ("horse", "horse", "cat"):
        button = page.get_by_role("button", name=f"Move “{name}” down")
        button.focus()
        page.keyboard.press("Enter")
        place = words(page).index(name) + 1
        assert page.evaluate("document.activeElement.ariaLabel") == f"Move “{name}” down"
        assert page.locator("[aria-live=polite]").last.text_content() == f"{name}: {place} of 3"
    page.keyboard.press("ArrowUp") if words(page) != ["mouse", "cat", "horse"] else None
    assert words(page) == ["mouse", "cat", "horse"]
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Check").press("Enter")
    assert reply(page).startswith("Not quite. ")
    page.get_by_role("button", name="Show the answer").press("Enter")
    assert words(page) == ["mouse", "cat", "horse"]
    assert reply(page) == "The answer. By size."


def test_an_order_is_made_by_mouse(ask):
    page = ask(ORDER).page
    for name in ("horse", "cat"):
        start = page.locator(".d2l-words", has_text=name).bounding_box()
        end = page.locator(".d2l-list").bounding_box()
        page.mouse.move(start["x"] + 5, start["y"] + 5)
        page.mouse.down()
        page.mouse.move(start["x"] + 5, end["y"] + end["height"] + 9, steps=5)
        page.mouse.up()
    page.get_by_role("button", name="Move “cat” up").click()
    assert words(page)[2] == "horse"
    page.get_by_role("button", name="Check").click()
    assert page.locator(".d2l-held").count() == 0


def test_by_touch_targets_are_large_and_only_the_handle_drags(ask):
    page = ask(*KINDS, width=360, has_touch=True).page
    page.get_by_text("never").tap()
    page.locator("#d2l-choice").get_by_role("button", name="Check").tap()
    assert "It does come." in page.locator("#d2l-choice .d2l-reply").inner_text()
    for target in page.locator(
        ".d2l-option, .d2l-item, .d2l-actions button:visible, .d2l-item button, .d2l-number"
    ).all():
        assert target.bounding_box()["height"] >= 40
    assert page.locator(".d2l-grip").first.evaluate("(grip) => getComputedStyle(grip).touchAction") == "none"
    assert page.locator(".d2l-words").first.evaluate("(text) => getComputedStyle(text).touchAction") == "auto"
    before = words(page)
    drag = """([selector, pointerType]) => {
        const from = document.querySelector(selector).getBoundingClientRect(), list = document.querySelector(".d2l-list");
        const at = (type, y) => document.querySelector(selector).dispatchEvent(new PointerEvent(type,
            { bubbles: true, pointerId: 1, pointerType, isPrimary: true, button: type === "pointermove" ? -1 : 0, clientX: from.x + 4, clientY: y }));
        list.setPointerCapture = () => {};
        at("pointerdown", from.y + 4);
        at("pointermove", list.getBoundingClientRect().bottom + 9);
        at("pointerup", list.getBoundingClientRect().bottom + 9);
    }"""
    page.evaluate(drag, [".d2l-words", "touch"])
    assert words(page) == before
    page.evaluate(drag, [".d2l-grip", "touch"])
    assert words(page) == [*before[1:], before[0]]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_replies_are_in_a_live_region_that_is_there_from_the_start(ask):
    page = ask(CHOICE).page
    page.evaluate("window.region = document.querySelector('.d2l-reply')")
    assert page.evaluate("region.role || region.getAttribute('role')") == "status"
    page.get_by_label("never").check()
    page.get_by_role("button", name="Check").click()
    assert page.evaluate("region.isConnected && region.textContent.includes('It does come.')")


def test_questions_have_names_and_pass_axe_in_both_themes(ask):
    host = ask(*KINDS)
    page = host.page
    assert page.get_by_role("group", name="Sooner or later?").count() == 1
    wrong = []
    for step in ("before", "after"):
        for theme in ("dark", "light"):
            host.wear(theme)
            wrong += [
                (step, theme, v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]
            ]
        page.get_by_label("never").check()
        page.locator("#d2l-number input").fill("0.25")
        page.get_by_role("button", name="Check").evaluate_all(PRESS)
    assert wrong == []


def test_paper_has_the_question_and_not_the_answer(ask):
    host = ask(*KINDS)
    page = host.page
    first = words(page)
    page.get_by_label("later").check()
    page.locator("#d2l-number input").fill("0.25")
    page.get_by_role("button", name="Check").evaluate_all(PRESS)
    page.get_by_role("button", name="Show the answer").click()
    page.emulate_media(media="print")
    assert page.locator(":is(.d2l-reply, .d2l-sign, button):visible").count() == 0
    assert page.get_by_text("Sooner or").is_visible() and page.locator(".d2l-option:visible").count() == 3
    assert page.locator(":checked").evaluate("(input) => getComputedStyle(input).appearance") == "none"
    assert (
        page.locator(".d2l-number").evaluate("(input) => getComputedStyle(input).color") == "rgba(0, 0, 0, 0)"
    )
    tops = page.locator(".d2l-item").evaluate_all(
        "(items) => items.map((item) => [item.offsetTop, item.textContent])"
    )
    assert [text for _, text in sorted(tops)] == first


def test_texts_are_never_markup(ask):
    evil = "<img src=x onerror=alert(1)>"
    question = Question.choice(
        f"Is {evil} `{evil}`?", [(evil, True, evil), (f"*{evil}*", False, evil)], key="evil"
    )
    page = ask(question).page
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Check").click()
    assert page.locator("main img").count() == 0
    assert evil in reply(page)


def test_in_a_notebook_it_works_without_a_memory_and_keeps_its_keys(ask):
    page = ask(CHOICE, host="jupyter").page
    page.evaluate("document.addEventListener('keydown', (event) => (window.heard = event.key))")
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert reply(page) == "Right. It comes later."
    assert page.evaluate("window.heard") is None
    assert page.get_by_role("button", name="Copy as Python").count() == 0


def test_closing_leaves_nothing_behind(ask):
    page = ask(*KINDS).page
    for question in KINDS:
        page.evaluate(f"views['d2l-{question.key}'].close()")
        assert page.evaluate(f"views['d2l-{question.key}'].model.count()") == 0
        assert page.evaluate(f"views['d2l-{question.key}'].el.children.length") == 0
    listeners = page.evaluate("listeners")
    assert listeners["added"] == listeners["removed"] > 0
