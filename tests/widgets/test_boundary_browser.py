"""The boundary explorer, driven by mouse, keyboard and finger."""

import pytest

pytestmark = pytest.mark.browser
LOSS = "() => Number(document.querySelector('.d2l-facts').textContent.match(/loss ([\\d.]+)/)[1])"


@pytest.fixture
def host(make_host):
    return make_host().open("boundary").show("boundary", num_samples=200, step_count=20)


def plane(host):
    return host.page.locator("canvas").first


def place(host, x1, x2, extent=None):
    """Pixels of a point of the plane, from the picture's own scale: the points' reach, plus a margin."""
    box = plane(host).bounding_box()
    reach = extent or reach_of(host)
    return box["x"] + box["width"] * (x1 + reach) / (2 * reach), box["y"] + box["height"] * (reach - x2) / (
        2 * reach
    )


def reach_of(host):
    from d2lite._utils.points import make_points

    points = host.get("points")
    if not points:
        kind, count, noise, seed = (host.get(name) for name in ("dataset", "num_samples", "noise", "seed"))
        points = make_points(kind, count, noise, seed)[0].tolist()
    return max(1.4, *(abs(value) for point in points for value in point[:2])) + 0.1


def test_play_lowers_the_loss_and_reset_restores_the_start(host):
    host.page.get_by_role("button", name="Reset").click()
    host.settle()
    start, first = host.page.evaluate(LOSS), host.get("weights")
    host.page.get_by_role("button", name="Play", exact=True).click()
    host.page.wait_for_function("views['d2l-x'].model.get('step_count') > 5")
    host.page.get_by_role("button", name="Pause").click()
    host.settle()
    assert host.page.evaluate(LOSS) < start
    host.page.get_by_role("button", name="Reset").click()
    host.settle()
    assert host.page.evaluate(LOSS) == start
    assert host.get("weights") == first
    assert host.get("step_count") == 0


def test_keyboard_alone_plays_steps_and_resets(host):
    page = host.page
    play = page.get_by_role("button", name="Play", exact=True)
    play.focus()
    page.keyboard.press("ArrowRight")
    assert host.get("step_count") == 21
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert host.get("step_count") == 19
    page.keyboard.press("Space")
    page.wait_for_function("views['d2l-x'].model.get('step_count') > 20")
    page.keyboard.press("Space")
    stopped = host.get("step_count")
    assert page.evaluate("countFrames(12)") <= 1
    assert host.get("step_count") == stopped


def test_learning_rate_by_mouse_moves_the_boundary(host):
    before = host.get("weights")
    slider = host.page.get_by_role("slider", name="learning rate")
    box = slider.bounding_box()
    host.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] / 2)
    host.page.mouse.down()
    host.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2, steps=5)
    host.page.mouse.up()
    host.settle()
    assert host.get("lr") > 2
    assert host.get("weights") != before


def test_learning_rate_by_keyboard_and_typing(host):
    host.page.get_by_role("slider", name="learning rate").focus()
    host.page.keyboard.press("ArrowRight")
    assert 0.5 < host.get("lr") < 0.6
    typed = host.page.get_by_role("textbox", name="learning rate, typed")
    typed.fill("0,25")
    typed.press("Enter")
    assert host.get("lr") == 0.25
    typed.fill("400")
    typed.press("Enter")
    assert host.get("lr") == 10
    assert typed.input_value() == "10"
    assert "Learning rate cannot be 400: 10 is used" in host.page.locator(".d2l-note").inner_text()
    typed.fill("<b>fast</b>")
    typed.press("Enter")
    assert host.get("lr") == 10
    assert "<b>fast</b>" in host.page.locator(".d2l-notes").inner_text()


def test_point_is_dragged_by_mouse(host):
    before = host.get("weights")
    host.set("points", [[-0.5, 0, 0], [0.5, 0, 1], [0, 0.5, 0]])
    host.page.mouse.move(*place(host, 0.5, 0, 1.5))
    host.page.mouse.down()
    host.page.mouse.move(*place(host, 1, -1, 1.5), steps=4)
    host.page.mouse.up()
    host.settle()
    x1, x2, label = host.get("points")[1]
    assert abs(x1 - 1) < 0.2
    assert abs(x2 + 1) < 0.2
    assert label == 1
    assert host.get("weights") != before


def test_generated_point_becomes_the_readers_when_dragged(host):
    from d2lite._utils.points import make_points

    xy, labels = make_points("moons", 200, 0.15, 0)
    host.page.mouse.move(*place(host, *xy[0]))
    host.page.mouse.down()
    host.page.mouse.move(*place(host, 0, 1.2), steps=4)
    host.page.mouse.up()
    points = host.get("points")
    assert len(points) == 200
    assert pytest.approx(points[0][:2], abs=0.1) == [0, 1.2] or any(
        point[:2] == pytest.approx([0, 1.2], abs=0.1) for point in points
    )
    host.page.get_by_role("button", name="Original points").click()
    assert host.get("points") == []


def test_click_adds_a_point_of_the_chosen_class(host):
    host.page.get_by_role("button", name="blue").click()
    host.page.mouse.click(*place(host, 0, -1.2))
    assert len(host.get("points")) == 201
    assert host.get("points")[-1] == [pytest.approx(0, abs=0.02), pytest.approx(-1.2, abs=0.02), 0]


def test_points_are_moved_added_turned_and_removed_by_keyboard(host):
    host.set("points", [[-0.5, 0, 0], [0.5, 0, 1], [0, 0.5, 0]])
    plane(host).focus()
    for key in ("PageDown", "PageDown", "ArrowRight", "Shift+ArrowUp"):
        host.page.keyboard.press(key)
    x1, x2, label = host.get("points")[1]
    assert 0.5 < x1 < 0.55
    assert 0.05 < x2 < 0.3
    host.page.keyboard.press("c")
    assert host.get("points")[1][2] == 0
    host.page.keyboard.press("Enter")
    assert len(host.get("points")) == 4
    host.page.keyboard.press("Delete")
    assert len(host.get("points")) == 3
    host.page.keyboard.press("Escape")
    host.page.keyboard.press("Delete")
    assert len(host.get("points")) == 3


def test_loss_curve_scrubs_through_time(host):
    curve = host.page.get_by_role("slider", name="Step shown")
    host.page.keyboard.press("Tab")
    curve.focus()
    host.page.keyboard.press("Home")
    assert host.get("step_count") == 0
    host.page.keyboard.press("End")
    assert host.get("step_count") == 20
    box = curve.bounding_box()
    host.page.mouse.click(box["x"] + 36 + 0.25 * (box["width"] - 48), box["y"] + 50)
    assert host.get("step_count") == 10
    host.settle()
    assert "Step 10" in curve.get_attribute("aria-valuetext")


def test_run_is_the_same_whenever_it_is_looked_at(host):
    """Scrubbing, another learning rate and back, or playing there: step 40 of one setting is one picture."""
    host.set("batch_size", 4)
    host.set("step_count", 40)
    wanted = host.get("weights")
    host.set("step_count", 3)
    host.set("lr", 2)
    host.set("step_count", 40)
    assert host.get("weights") != wanted
    host.set("lr", 0.5)
    assert host.get("weights") == wanted


def test_divergence_is_shown(host):
    for name, value in {"features": "quadratic", "lr": 10, "l2": 1, "step_count": 300}.items():
        host.set(name, value)
    host.page.wait_for_function("() => !document.querySelector('.d2l-bad').hidden")
    assert "Diverged at step" in host.page.locator(".d2l-bad").inner_text()
    host.set("lr", 0.1)
    assert not host.page.locator(".d2l-bad").is_visible()


def test_python_side_change_is_drawn(host):
    before = plane(host).evaluate("(canvas) => canvas.toDataURL()")
    host.set("features", "quadratic")
    assert plane(host).evaluate("(canvas) => canvas.toDataURL()") != before
    assert host.page.get_by_role("radio", name="quadratic").is_checked()


def test_new_data_replaces_points_placed_by_hand(host):
    host.set("points", [[-0.5, 0, 0], [0.5, 0, 1]])
    host.page.get_by_role("combobox", name="data").select_option(label="xor")
    assert host.get("dataset") == "xor"
    assert host.get("points") == []


def test_finger_drags_a_point_without_scrolling_and_scrolls_elsewhere(make_host):
    host = make_host(360, has_touch=True, height=500).open("boundary")
    host.show("boundary", points=[[-0.5, 0, 0], [0.5, 0, 1]])
    touch = host.page.context.new_cdp_session(host.page)

    def swipe(start, end):
        def send(kind, points):
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        send("touchStart", [{"x": start[0], "y": start[1]}])
        for i in range(1, 9):
            x, y = (a + (b - a) * i / 8 for a, b in zip(start, end, strict=True))
            send("touchMove", [{"x": x, "y": y}])
        send("touchEnd", [])
        host.settle()

    swipe(place(host, 0.5, 0, 1.5), place(host, 0.6, 1, 1.5))
    assert host.get("points")[1][1] == pytest.approx(1, abs=0.15)
    assert host.page.evaluate("scrollY") == 0
    swipe(place(host, 0, -1, 1.5), place(host, 0, 1, 1.5))
    host.page.wait_for_function("scrollY > 20")
    assert len(host.get("points")) == 2


def test_hidden_controls_are_gone_and_the_rest_stays(make_host):
    host = (
        make_host().open("boundary", fragment="#d2l-x?hide=lr,transport,brush,formula&lr=2").show("boundary")
    )
    assert host.get("lr") == 2
    assert not host.page.get_by_role("slider", name="learning rate").is_visible()
    assert not host.page.get_by_role("button", name="Play", exact=True).is_visible()
    assert host.page.get_by_role("slider", name="L2 penalty").is_visible()


def test_restore_goes_back_to_the_authors_state_not_the_links(make_host):
    host = make_host().open("boundary", fragment="#d2l-x?lr=2&dataset=xor").show("boundary", lr=0.7)
    assert host.get("lr") == 2
    host.page.get_by_role("button", name="Restore").click()
    assert host.get("lr") == 0.7
    assert host.get("dataset") == "moons"


def test_new_link_on_the_same_page_is_followed(host):
    host.page.evaluate("location.hash = '#d2l-x?seed=77'")
    host.page.wait_for_function("() => views['d2l-x'].model.get('seed') === 77")


def test_jupyter_offers_no_page_link_and_ignores_the_address(make_host):
    host = make_host().open("boundary", fragment="#d2l-x?lr=2").show("boundary", host=None)
    assert host.get("lr") == 0.5
    assert host.page.get_by_role("button", name="Copy link").count() == 0
    assert host.page.get_by_role("button", name="Copy as Python").is_visible()


def test_messages_to_the_kernel_are_few_while_playing(host):
    start = host.page.evaluate("views['d2l-x'].model.saves = 0, performance.now()")
    host.page.get_by_role("button", name="Play", exact=True).click()
    host.page.wait_for_function("views['d2l-x'].model.saves >= 4")
    host.page.get_by_role("button", name="Pause").click()
    saves, end = host.page.evaluate("[views['d2l-x'].model.saves, performance.now()]")
    assert saves <= (end - start) / 250 + 2  # one each 250 ms, one for each button
