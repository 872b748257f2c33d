"""The pages' host of explorers, alone: a page with a few widgets written for the purpose, opened from file://."""

import base64
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from d2lite_book.explorers import Page  # noqa: E402

pytestmark = pytest.mark.browser

COUNTER = """
function render({ model, el }) {
  const button = document.createElement("button");
  const show = () => (button.textContent = `${model.host} ${model.get("count")}`);
  button.addEventListener("click", () => { model.set("count", model.get("count") + 1); model.save_changes(); });
  model.on("change:count", show);
  show();
  el.append(button);
  return () => model.off("change:count", show);
}
export default { render };
"""
FAILING = 'function render() { throw new Error("no data today"); }\nexport default { render };\n'
BYTES = """
function render({ model, el }) {
  el.textContent = model.get("table").rows[0].getFloat32(4, true);
}
export default { render };
"""
SHOWING = (
    'function render({ model, el }) { el.textContent = model.get("text"); }\nexport default { render };\n'
)
EVENTS = """
function render({ model, el }) {
  const log = [];
  const heard = (name) => (...values) => log.push(`${name}:${values.length}`);
  const gone = heard("gone");
  model.on("change:a change:b", heard("ab"));
  model.on("change", heard("any"));
  model.on("change:a", gone);
  model.off("change:a", gone);
  model.set("a", 1);
  model.set({ a: 1, b: 2 });
  model.set("a", 1);
  model.send({ type: "ping" });
  model.off("change:a");
  model.set("a", 3);
  model.off();
  model.set("b", 3);
  el.textContent = log.join(" ");
}
export default { render };
"""


def model(name, esm, buffers=(), **state):
    return {
        "model_name": "AnyModel",
        "state": {"_esm": esm, "_css": "", "_anywidget_id": name, **state},
        "buffers": list(buffers),
    }


@pytest.fixture
def host_page(browser, tmp_path):
    """Function of (models, ids of views, text between) that opens a page with these explorers."""
    contexts = []

    def open_(models, views, between="", address=""):
        widgets = Page(models, tmp_path / "_static" / "explorers", "_static/explorers")
        html = between.join(widgets.view(view) for view in views)
        scripts = "".join(
            f"<script>{(ROOT / 'book' / '_static' / name).read_text()}</script>"
            for name in ("d2l-page.js", "d2l-progress.js", "d2l-host.js")
        )
        text = f'<!doctype html><html lang="en" data-content_root="./" data-mode="auto"><title>t</title><body>{html}'
        (tmp_path / "page.html").write_text(text + scripts, encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": 800, "height": 600}))
        page = contexts[-1].new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto((tmp_path / "page.html").as_uri() + address)
        return page

    yield open_
    for context in contexts:
        context.close()


def test_two_views_share_one_model(host_page):
    page = host_page({"m": model("Counter", COUNTER, count=3)}, ["m", "m"])
    page.locator("#d2l-counter button").click()
    assert page.locator("#d2l-counter-2 button").inner_text() == "site 4"
    assert page.locator(".d2l-placeholder").count() == 0
    assert page.errors == []


def test_an_explorer_that_fails_leaves_a_note_and_the_others_alone(host_page):
    models = {"bad": model("Bad", FAILING), "good": model("Counter", COUNTER, count=1)}
    page = host_page(models, ["bad", "good"])
    page.wait_for_selector("#d2l-counter[data-live=true]")
    note = page.locator("#d2l-bad .d2l-page-note")
    note.wait_for()
    assert "no data today" in note.inner_text()
    assert note.get_attribute("role") == "status"
    assert page.locator("#d2l-bad .d2l-placeholder").count() == 1
    assert page.errors == []


def test_explorers_load_only_when_they_come_near(host_page):
    page = host_page(
        {"m": model("Counter", COUNTER, count=0)}, ["m", "m"], '<div style="height: 5000px"></div>'
    )
    page.wait_for_selector("#d2l-counter[data-live=true]")
    assert page.locator("#d2l-counter-2").get_attribute("data-live") is None
    page.locator("#d2l-counter-2").scroll_into_view_if_needed()
    page.wait_for_selector("#d2l-counter-2[data-live=true]")


def test_a_link_wakes_the_explorer_it_names(host_page):
    between = '<div style="height: 5000px"></div>'
    page = host_page({"m": model("Counter", COUNTER, count=0)}, ["m", "m"], between, "#d2l-counter-2?count=1")
    page.wait_for_selector("#d2l-counter-2[data-live=true]")
    page.wait_for_function("scrollY > 3000")


def test_a_link_that_a_mail_program_wrote_leads_there_too(host_page):
    between = '<div style="height: 5000px"></div>'
    address = "#d2l-counter-2%3Fcount%3D1"
    page = host_page({"m": model("Counter", COUNTER, count=0)}, ["m", "m"], between, address)
    page.wait_for_selector("#d2l-counter-2[data-live=true]")
    page.wait_for_function("scrollY > 3000")


@pytest.mark.parametrize("address", ["#", "#%", "#d2l-", "#d2l-nothing?a=1", "#?", "#d2l-search", "#page%00"])
def test_odd_links_break_nothing(host_page, address):
    page = host_page({"m": model("Counter", COUNTER, count=0)}, ["m"], address=address)
    page.wait_for_selector("#d2l-counter[data-live=true]")
    assert page.errors == []


def test_binary_traits_come_back(host_page):
    data = base64.b64encode(b"\0\0\0\0\0\0\x80\x3f").decode()  # little-endian floats 0 and 1
    buffers = [{"path": ["table", "rows", 0], "encoding": "base64", "data": data}]
    page = host_page({"m": model("Bytes", BYTES, buffers, table={"rows": [None]})}, ["m"])
    page.wait_for_selector("#d2l-bytes[data-live=true]")
    assert page.locator("#d2l-bytes .d2l-live").inner_text() == "1"


def test_events_are_those_of_jupyter(host_page):
    page = host_page({"m": model("Events", EVENTS, a=0, b=0)}, ["m"])
    page.wait_for_selector("#d2l-events[data-live=true]")
    heard = page.locator("#d2l-events .d2l-live").inner_text().split()
    assert heard == ["ab:2", "any:1", "ab:2", "any:1", "any:1"]


def test_models_with_the_same_state_stay_apart(host_page):
    models = {name: model("Counter", COUNTER, count=3) for name in ("one", "two")}
    page = host_page(models, ["one", "two"])
    page.locator("#d2l-counter button").click()
    assert page.locator("#d2l-counter-2 button").inner_text() == "site 3"


def test_any_text_of_a_state_arrives_as_it_is(host_page):
    text = '</script><script>d2l = 0</script><!-- \\ " \u2028 \u00e9'
    page = host_page({"m": model("Show", SHOWING, text=text)}, ["m"])
    page.wait_for_selector("#d2l-show[data-live=true]")
    assert page.locator("#d2l-show .d2l-live").text_content() == text
    assert page.errors == []


def test_a_curve_to_draw_lives_in_a_page_and_a_link_opens_it(host_page):
    from d2lite.widgets import DrawIt

    shown = DrawIt.example()
    models = {"a": {"model_name": "AnyModel", "state": dict(shown.get_state()), "buffers": []}}
    page = host_page(models, ["a"], address="#d2l-example?drawing=1,0.4,96,0.1&revealed=true")
    pictures = page.locator(".d2l-placeholder img").evaluate_all("all => all.map((picture) => picture.alt)")
    assert set(pictures) <= {DrawIt.title()}
    page.get_by_text("You missed the rise after epoch 14.").first.wait_for()
    page.get_by_role("button", name="Draw again").click()
    page.get_by_role("application", name="Your drawing: validation loss over epoch").wait_for()
    assert page.get_by_role("button", name="Compare").is_disabled()
    assert page.errors == []


SETTING = """
function render({ model, el }) {
  el.textContent = "waits";
  let presses = 0;
  const press = (event) => {
    event.preventDefault();
    el.textContent = `${event.target.textContent} ${event.type} ${++presses}`;
  };
  document.querySelector("a").addEventListener("click", press);
}
export default { render };
"""


@pytest.mark.parametrize("key", [None, "Enter", "Space"])
def test_words_start_an_explorer_that_is_far_and_are_then_its_own(host_page, key):
    words = '<a class="d2l-acts" href="#d2l-set?a=1">words</a><div style="height: 5000px"></div>'
    page = host_page({"m": model("Set", SETTING), "n": model("N", COUNTER, count=0)}, ["n", "m"], words)
    page.wait_for_selector("#d2l-n[data-live=true]")
    assert page.locator("#d2l-set").get_attribute("data-live") is None
    page.locator("a").press(key) if key else page.locator("a").click()
    page.get_by_text("words click 1").wait_for()
    assert page.evaluate("location.hash") == ""
    assert page.errors == []


def test_a_second_press_while_the_explorer_loads_undoes_nothing(host_page):
    words = '<a class="d2l-acts" href="#d2l-set?a=1">words</a><div style="height: 5000px"></div>'
    page = host_page({"m": model("Set", SETTING), "n": model("N", COUNTER, count=0)}, ["n", "m"], words)
    page.wait_for_selector("#d2l-n[data-live=true]")
    page.evaluate("() => { const link = document.querySelector('a'); link.click(); link.click(); }")
    page.wait_for_selector("#d2l-set[data-live=true]")
    page.evaluate("new Promise((done) => setTimeout(done))")  # after both presses have been answered
    assert page.locator("#d2l-set .d2l-live").inner_text() == "words click 1"
