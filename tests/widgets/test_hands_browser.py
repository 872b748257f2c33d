"""What explorers share, in a real browser, by mouse, keyboard and touch: each tested on one that shows it."""

import re

import pytest
from ipywidgets.embed import dependency_state

from d2lite.widgets import explorer_class

from .conftest import PICTURE, TEXT

pytestmark = pytest.mark.browser


def swipe(host, x, y, dx, dy, second=None):
    """A finger goes down at (x, y) and moves by (dx, dy) in ten steps; a second one goes the other way."""
    host.settle()  # what the page just became is what the finger touches
    session = host.page.context.new_cdp_session(host.page)

    def touch(kind, part):
        points = [{"x": x + dx * part, "y": y + dy * part, "id": 0}]
        if second:
            points.append({"x": second[0] - dx * part, "y": second[1] - dy * part, "id": 1})
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if kind != "touchEnd" else []}
        )

    touch("touchStart", 0)
    for i in range(1, 11):
        touch("touchMove", i / 10)
    touch("touchEnd", 1)
    host.settle()


def test_a_thumb_that_scrolls_over_a_chart_changes_nothing(make_host):
    def touched(dx, dy):
        host = make_host(390, has_touch=True, is_mobile=True).open("boundary").show("boundary", step_count=32)
        host.page.evaluate("document.querySelector('main').style.paddingBottom = '3000px'")
        chart = host.page.get_by_role("slider", name="Step shown")
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        swipe(host, box["x"] + box["width"] / 3, box["y"] + 100, dx, dy)
        return host

    host = touched(0, -150)
    host.page.wait_for_function("scrollY > 50")
    assert host.get("step_count") == 32
    assert touched(40, 0).get("step_count") != 32  # a page of its own: the first one may still glide


@pytest.mark.parametrize(
    ("name", "state", "place", "trait", "apart"),
    [
        ("descent", {}, ".d2l-handle", "start", (8, 6)),
        ("lenet", {"tool": "draw"}, "canvas[aria-roledescription='picture to draw on']", "pixels", (50, 70)),
        ("convolution", {}, "canvas[aria-roledescription='picture to paint']", "pixels", (50, 60)),
    ],
)
def test_of_two_fingers_the_first_one_drags_or_draws(make_host, name, state, place, trait, apart):
    def after(fingers):
        host = make_host(390, has_touch=True, is_mobile=True).open(name).show(name, **state)
        spot = host.page.locator(place).first
        spot.scroll_into_view_if_needed()
        box = spot.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        before = host.get(trait)
        swipe(host, x, y, -30, 24, second=(x + apart[0], y + apart[1]) if fingers > 1 else None)
        assert host.get(trait) != before
        return host.get(trait)

    assert after(2) == after(1)


def test_two_fingers_move_no_point(make_host):
    host = make_host(390, has_touch=True, is_mobile=True).open("boundary").show("boundary")
    box = host.page.locator("canvas[role=application]").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    swipe(host, x - 20, y, -60, 0, second=(x + 20, y))
    assert host.get("points") == []
    assert host.page.evaluate("visualViewport.scale") > 1.2


@pytest.mark.parametrize(
    ("name", "told"),
    [("boundary", r"Point 2 of 120, (blue|orange), at"), ("anchors", r"Anchor 2 of \d, |Anchor 2 of \d: ")],
)
def test_the_point_chosen_by_keyboard_is_told(make_host, name, told):
    host = make_host().open(name).show(name)
    host.page.locator("canvas[role=application]").first.focus()
    for _ in range(2):
        host.page.keyboard.press("PageDown")
    spoken = host.page.locator(".d2l-explorer > [aria-live]").last.inner_text()
    assert re.match(told, spoken), spoken


def test_the_right_button_drags_no_handle(make_host):
    host = make_host().open("descent").show("descent")
    before = host.get("start")
    box = host.page.locator(".d2l-handle").bounding_box()
    host.page.mouse.move(box["x"] + 22, box["y"] + 22)
    host.page.mouse.down(button="right")
    host.page.mouse.move(box["x"] + 82, box["y"] + 62, steps=4)
    host.page.mouse.up(button="right")
    host.settle()
    assert host.get("start") == before


def test_a_sharper_screen_gets_a_sharper_picture(make_host):
    host = make_host().open("ewma").show("ewma")
    canvas = "document.querySelector('canvas').width"
    before = host.page.evaluate(canvas)
    session = host.page.context.new_cdp_session(host.page)
    metrics = {"width": 800, "height": 900, "deviceScaleFactor": 2, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", metrics)
    host.page.evaluate(
        "dispatchEvent(new Event('resize'))"
    )  # a real zoom sends it, the emulated one does not
    host.page.wait_for_function(f"{canvas} > {1.9 * before}")


def test_restore_and_links_stop_what_plays(make_host):
    host = make_host().open("boundary").show("boundary")
    play = host.page.get_by_role("button", name="Play", exact=True)
    for stop in (
        lambda: host.page.get_by_role("button", name="Restore").click(),
        lambda: host.page.evaluate("location.hash = '#d2l-x?step_count=3'"),
    ):
        play.click()
        host.page.get_by_role("button", name="Pause", exact=True).wait_for()
        stop()
        play.wait_for()


def test_the_same_link_twice_sets_the_state_twice(make_host):
    host = make_host().open("boundary").show("boundary")
    host.page.evaluate("""() => {
        const link = Object.assign(document.createElement("a"), { href: "#d2l-x?lr=0.01", textContent: "slow" });
        document.querySelector("main").prepend(link);
    }""")
    for _ in range(2):
        host.page.get_by_text("slow").click()
        host.page.wait_for_function("views['d2l-x'].model.get('lr') === 0.01")
        host.set("lr", 1)


def test_back_undoes_a_link_and_keeps_what_the_reader_changed(make_host):
    host = make_host().open("boundary").show("boundary")
    lr, l2 = host.get("lr"), host.get("l2")

    def go(step, trait, value):
        host.page.evaluate(step)
        host.page.wait_for_function("([t, v]) => views['d2l-x'].model.get(t) === v", arg=[trait, value])

    go("location.hash = '#d2l-x?lr=0.01&l2=0.1&hide=brush'", "lr", 0.01)
    go("location.hash = '#d2l-x?seed=7'", "seed", 7)
    assert host.get("lr") == 0.01  # a link keeps what it does not name
    assert host.page.locator(".d2l-brushes").is_visible()
    go("history.back()", "seed", 0)
    assert host.get("lr") == 0.01
    assert not host.page.locator(".d2l-brushes").is_visible()
    host.set("l2", 0.5)
    go("history.back()", "lr", lr)
    assert host.get("l2") == 0.5 != l2
    assert host.page.locator(".d2l-brushes").is_visible()
    host.page.evaluate("location.hash = '#d2l-x'")  # a link without a state: a jump, no more
    host.settle()
    assert (host.get("lr"), host.get("l2")) == (lr, 0.5)
    assert host.page.locator(".d2l-note").count() == 0


@pytest.mark.parametrize("style", ["transform: scale(1.5); transform-origin: 0 0", "zoom: 1.5"])
def test_handles_and_clicks_follow_the_pointer_on_a_scaled_page(make_host, style):
    host = make_host(1600).open("race").show("race")
    host.page.evaluate(f"document.querySelector('main').style.cssText = 'width: 800px; {style}'")
    host.settle()
    handle = host.page.locator(".d2l-handle:visible")
    middle = """(e) => {
        const box = e.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];
    }"""
    x, y = handle.evaluate(middle)
    host.page.mouse.move(x, y)
    host.page.mouse.down()
    host.page.mouse.move(x + 60, y + 30, steps=4)
    host.page.mouse.up()
    host.settle()
    assert handle.evaluate(middle) == pytest.approx([x + 60, y + 30], abs=3)
    host.page.mouse.click(x + 150, y + 90)
    host.settle()
    assert handle.evaluate(middle) == pytest.approx([x + 150, y + 90], abs=3)


def test_two_in_a_row_of_widgets_share_its_width(make_host):
    host = make_host(900).open("boundary").show("boundary").show("boundary", id="d2l-y")
    host.page.evaluate("document.querySelector('main').style.cssText = 'display: flex; width: 800px'")
    host.page.evaluate("document.querySelector('h1').remove()")
    host.settle()
    boxes = [box.bounding_box() for box in host.page.locator(".d2l-explorer").all()]
    assert [box["width"] for box in boxes] == pytest.approx([400, 400], abs=2)
    assert all(canvas.bounding_box()["width"] > 250 for canvas in host.page.locator("canvas").all())
    host.page.evaluate(
        "document.querySelector('main').style.cssText = 'display: flex; flex-direction: column'"
    )
    host.settle()
    boxes = [box.bounding_box() for box in host.page.locator(".d2l-explorer").all()]
    assert all(box["width"] > 800 for box in boxes)
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_keep_everything_legible(make_host, theme, scheme):
    host = (
        make_host(theme=theme, forced_colors="active", color_scheme=scheme).open("boundary").show("boundary")
    )
    seen = host.page.evaluate("""() => {
        const look = (element, name, pseudo) => getComputedStyle(element, pseudo)[name];
        const system = document.createElement("i");
        system.style.cssText = "color: CanvasText; background: Canvas";
        document.body.append(system);
        const canvas = document.querySelectorAll("canvas")[1];
        const { data } = canvas.getContext("2d").getImageData(0, 0, 29, canvas.height); // the numbers of the axis, no more
        const inked = [...data.keys()].filter((k) => k % 4 === 0 && data[k + 3] > 200);
        const [explorer, chip] = [".d2l-explorer", ".d2l-brush"].map((name) => document.querySelector(name));
        return {
            system: [look(system, "backgroundColor"), look(system, "color")],
            page: [look(explorer, "backgroundColor"), look(explorer, "color")],
            numbers: inked.reduce((sum, k) => sum + data[k], 0) / inked.length,
            chip: look(chip, "backgroundColor", "::before"),
            adjusted: look(document.querySelector("[type=range]"), "forcedColorAdjust"),
        };
    }""")
    assert seen["page"] == seen["system"]
    is_light = scheme == "light"
    assert ("255" in seen["system"][0]) == is_light
    assert seen["numbers"] < 90 if is_light else seen["numbers"] > 165
    assert seen["chip"] not in ("rgba(0, 0, 0, 0)", *seen["system"])
    assert seen["adjusted"] == "none"


def test_a_picture_that_cannot_be_drawn_says_so_and_comes_back(make_host):
    host = make_host().open("boundary").show("boundary")
    host.page.evaluate("""() => {
        const { clearRect } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.clearRect = () => { throw new Error("out of paint"); };
        window.mend = () => (CanvasRenderingContext2D.prototype.clearRect = clearRect);
    }""")
    host.set("lr", 2)
    host.page.get_by_text("This picture could not be drawn (out of paint).").wait_for()
    host.page.evaluate("() => { mend(); }")
    host.set("lr", 3)
    host.settle()
    assert host.page.locator(".d2l-note").count() == 0
    assert any("out of paint" in message for message in host.messages)
    host.messages.clear()  # it was meant to fail


def test_quiet_work_asks_for_frames_and_draws_when_it_is_done(make_host):
    host = make_host().open("nms").show("nms")
    host.page.evaluate("""() => {
        const { clearRect } = CanvasRenderingContext2D.prototype;
        const canvas = document.querySelector("canvas");
        window.drawn = 0;
        CanvasRenderingContext2D.prototype.clearRect = function (...box) {
            if (this.canvas === canvas) drawn++;
            clearRect.apply(this, box);
        };
        let time = 0;
        performance.now = () => (time += 10); // each slice of the work takes all the time it may
        window.before = asked;
        views["d2l-x"].model.set("iou_threshold", 0.3);
    }""")
    waits = f"({TEXT})().includes('…')"
    host.page.wait_for_function(waits)
    host.page.wait_for_function(f"!{waits}")
    assert host.page.evaluate("asked - before") > 90  # a frame for each of 10 classes at 10 levels
    host.settle()
    assert 2 <= host.page.evaluate("drawn") <= 6


def test_dismissing_a_note_keeps_the_focus_in_the_explorer(make_host):
    host = make_host().open("boundary", fragment="#d2l-x?lr=x&seed=y").show("boundary")
    notes = host.page.locator(".d2l-note")
    assert notes.count() == 2
    for left in (1, 0):
        notes.first.get_by_role("button", name="Dismiss").click()
        assert notes.count() == left
        assert host.page.evaluate("Boolean(document.activeElement.closest('.d2l-explorer'))")


def test_an_i_beside_a_control_says_what_it_is(make_host):
    host = make_host().open("dropout").show("dropout")
    said = host.page.get_by_text("Makes up for what is missing: inverted dropout.", exact=True)
    line = host.page.locator(".d2l-help", has_text="Makes up for what is missing")
    ask = host.page.get_by_role("button", name="What is this: divide by 1 − p")
    for shown in (True, False):
        ask.click()
        assert line.is_visible() == shown
        assert ask.get_attribute("aria-expanded") == str(shown).lower()
    assert said.count() == 2  # the line, and what screen readers heard
    assert host.get("scale") is True  # asking is not ticking


def test_play_stops_where_nothing_moves_any_more(make_host):
    host = (
        make_host()
        .open("descent")
        .show("descent", surface="bowl", condition=1, lr=0.5, speed=30, step_count=0)
    )
    host.page.get_by_role("button", name="Play", exact=True).click()
    host.page.get_by_role("button", name="Play", exact=True).wait_for()
    assert 0 < host.get("step_count") < 60
    host.page.get_by_text("At rest: it has converged.").first.wait_for()


def test_an_explorer_that_ipywidgets_embeds_without_its_defaults_is_whole(make_host):
    explorer = explorer_class("boundary")(seed=3)
    state = dependency_state([explorer])[explorer.model_id]["state"]
    assert "lr" not in state
    host = make_host().open("boundary")
    host.page.evaluate("([state]) => show('d2l-x', '/boundary.js', state, 'lab')", [state])
    host.settle()
    embedded = host.page.evaluate(PICTURE)
    assert embedded == make_host().open("boundary").show(
        "boundary", seed=3, host="lab", folded=True
    ).page.evaluate(PICTURE)


@pytest.mark.parametrize("name", ["boundary", "polyfit", "line_fit", "playground"])
def test_a_point_taken_away_while_it_is_dragged_is_let_go(make_host, name):
    host = make_host(height=1200).open(name).show(name)
    if name == "playground":
        host.set("points", [[0, 0, 1], [0.5, 0.5, 0], [0.2, -0.4, 1]])
    box = host.page.locator("canvas[aria-roledescription='points to move']").first.bounding_box()
    x, y = box["x"] + 0.53 * box["width"], box["y"] + 0.23 * box["height"]
    host.page.mouse.click(x, y)  # a new one, the last
    count = len(host.get("points"))
    host.page.mouse.move(x, y)
    host.page.mouse.down()
    host.page.mouse.move(x + 12, y + 6, steps=2)
    host.page.keyboard.press("Delete")
    left = host.get("points")
    host.page.mouse.move(x + 60, y + 40, steps=6)
    host.page.mouse.up()
    host.settle()
    assert len(left) == count - 1
    assert host.get("points") == left


STALE = """() => {
    const Real = IntersectionObserver;
    window.IntersectionObserver = class extends Real {
        constructor(callback, options) {
            const stale = (entries) => ({ isIntersecting: !entries[0].isIntersecting });
            super((entries, self) => callback([stale(entries), ...entries], self), options);
        }
    };
}"""


def test_of_several_changes_of_sight_the_last_counts(make_host):
    """A busy page hears of an explorer that left and came back in one call."""
    host = make_host().open("ewma")
    host.page.evaluate(STALE)
    host.show("ewma")
    before = host.page.evaluate(PICTURE)
    host.set("beta", 0.5)
    assert host.page.evaluate(PICTURE) != before


def test_copying_without_the_clipboard_keeps_the_focus(make_host):
    host = make_host().open("ewma", address="http://explorers.test/").show("ewma")
    host.page.get_by_role("button", name="Copy link").press("Enter")
    host.page.get_by_text("Link copied.").wait_for()
    assert host.page.evaluate("document.activeElement.textContent") == "Copy link"


def test_a_number_half_typed_stays_while_its_trait_changes(make_host):
    host = make_host().open("ewma").show("ewma")
    typed = host.page.get_by_role("textbox", name="β, typed")
    typed.click()
    typed.press_sequentially("0.")
    host.set("beta", 0.7)
    assert typed.input_value() == "0."
    typed.press_sequentially("25")
    typed.press("Enter")
    assert host.get("beta") == 0.25
    host.set("beta", 0.7)
    assert typed.input_value() == "0.7"
    typed.press_sequentially("9")
    host.page.keyboard.press("Tab")
    assert typed.input_value() == str(host.get("beta"))


@pytest.mark.parametrize(
    ("name", "trait", "label", "values"),
    [
        ("race", "beta2", "memory β₂", (0.9999, 0.9995, 0.1234, 0.9)),
        ("sigmoid_fit", "weight", "weight w", (11.95, -11.85, 1.5)),
    ],
)
def test_a_control_tells_the_steps_of_its_slider_apart(make_host, name, trait, label, values):
    host = make_host().open(name).show(name)
    for value in values:
        host.set(trait, value)
        shown = host.page.get_by_role("slider", name=label, exact=True).get_attribute("aria-valuetext")
        typed = host.page.get_by_role("textbox", name=f"{label}, typed").input_value()
        assert shown == typed == str(value).replace("-", "−")
