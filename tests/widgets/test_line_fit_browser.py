"""The line-fit explorer, driven by mouse, keyboard and finger."""

import numpy as np
import pytest

from d2lite.widgets.line_fit import load_patients

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("line_fit").show("line_fit")


def handle(host, name):
    return host.page.get_by_role("slider", name=name)


def drag(host, target, dx, dy):
    box = target.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    host.page.mouse.move(x, y)
    host.page.mouse.down()
    host.page.mouse.move(x + dx, y + dy, steps=4)
    host.page.mouse.up()
    host.settle()


def least_squares(unit="std"):
    x, y = np.array(load_patients()["points"]).T
    u = (x - x.mean()) / x.std() if unit == "std" else x
    return np.polyfit(u, y, 1)


def test_a_handle_of_the_line_moves_the_point_on_the_surface(host):
    point = handle(host, "The line on the loss surface")
    place, before = point.bounding_box(), host.get("weights")
    drag(host, handle(host, "Line at a body mass index of 35"), 0, -40)
    assert host.get("ends")[1] > 60
    assert host.get("ends")[0] == 150
    assert host.get("weights")[0] > before[0]
    assert point.bounding_box()["x"] > place["x"] + 5


def test_the_point_on_the_surface_moves_the_line_by_mouse_and_by_keys(host):
    drag(host, handle(host, "The line on the loss surface"), 30, 0)
    moved = host.get("ends")
    assert moved[1] - moved[0] > 60 - 150
    handle(host, "The line on the loss surface").press("ArrowUp")
    host.settle()
    assert host.get("ends")[0] > moved[0]


def test_one_step_at_a_rate_of_one_half_is_the_best_line(host):
    host.set("lr", 0.5)
    host.page.get_by_role("button", name="Step").click()
    host.settle()
    assert host.get("weights") == pytest.approx(least_squares().tolist(), abs=1e-6)
    assert "after 1 step." in host.page.locator(".d2l-verdict").inner_text()


def test_raw_numbers_bring_their_own_rate_and_the_same_line(host):
    ends = host.get("ends")
    host.page.get_by_role("radio", name="raw").check()
    host.settle()
    assert host.get("lr") == 0.001
    assert host.get("ends") == ends
    assert host.get("weights")[0] == pytest.approx((60 - 150) / 15)
    host.set("lr", 0.002)
    host.set("step_count", 500)
    assert "diverged" in host.page.locator(".d2l-verdict").inner_text()


def test_play_comes_to_rest_at_the_bottom(host):
    host.set("lr", 0.3)
    host.set("speed", 200)
    host.page.get_by_role("button", name="Play", exact=True).click()
    host.page.get_by_role("button", name="Play", exact=True).wait_for()
    host.page.wait_for_function("views['d2l-x'].model.get('step_count') > 0")
    host.page.wait_for_function("!document.querySelector('.d2l-playing')")
    host.settle()
    assert host.get("step_count") < 100
    assert host.get("weights") == pytest.approx(least_squares().tolist(), abs=2)


def test_moving_the_line_begins_a_new_descent_from_where_it_stood(host):
    host.set("step_count", 5)
    before = host.get("weights")
    handle(host, "Line at a body mass index of 20").press("ArrowUp")
    host.settle()
    assert host.get("step_count") == 0
    assert host.get("weights")[1] == pytest.approx(before[1], abs=10)


def test_points_are_dragged_added_and_brought_back(host):
    canvas = host.page.locator("canvas").first
    canvas.focus()
    for key in ("PageDown", "ArrowUp"):
        host.page.keyboard.press(key)
    assert len(host.get("points")) == 24
    assert host.get("points")[0][1] > load_patients()["points"][0][1]
    host.page.keyboard.press("Enter")
    assert len(host.get("points")) == 25
    host.page.keyboard.press("Delete")
    assert len(host.get("points")) == 24
    host.page.get_by_role("button", name="Real patients again").click()
    assert host.get("points") == []


def test_absolute_errors_are_drawn_as_bars_and_hop_about(host):
    host.page.get_by_role("radio", name="absolute").check()
    host.settle()
    assert host.get("errors") == "bars"
    assert host.get("lr") == 10
    host.set("step_count", 3000)
    host.settle()
    x, y = np.array(load_patients()["points"]).T
    assert host.get("mean_error")[0] < 1.2 * np.abs(np.polyval(np.polyfit(x, y, 1), x) - y).mean()


def test_equal_inputs_have_no_best_line_and_break_nothing(host):
    host.set("points", [[25, 100], [25, 300]])
    host.set("best", True)
    assert "no single line is best" in host.page.locator(".d2l-verdict").inner_text()
    host.set("input_unit", "raw")
    host.set("step_count", 50)
    assert host.messages == []
