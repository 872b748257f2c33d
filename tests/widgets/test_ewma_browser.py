"""The explorer of the weighted average, driven by mouse, keyboard and finger."""

import pytest

from d2lite import datasets

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("ewma").show("ewma")


def births():
    return datasets.series("births").values[-1461:].double().tolist()


def average(day, beta, correct):
    v = 0.0
    for value in births()[:day]:
        v = beta * v + (1 - beta) * value
    return v / (1 - beta**day) if correct else v


def test_the_average_goes_to_python(host):
    assert host.get("average") == [pytest.approx(average(24, 0.9, False), rel=1e-12)]
    host.page.get_by_role("checkbox", name="bias correction").check()
    host.settle()
    assert host.get("average") == [pytest.approx(average(24, 0.9, True), rel=1e-12)]
    assert "m̂ =" in host.page.locator(".d2l-numbers").inner_text()


def test_a_click_chooses_a_day(host):
    box = host.page.locator(".d2l-series canvas").bounding_box()
    left, right = box["x"] + 50, box["x"] + box["width"] - 10
    host.page.mouse.click(left + (right - left) * 45 / 90, box["y"] + 60)
    host.settle()
    assert abs(host.get("day") - 45) <= 1
    assert "14 Feb 1985" in host.page.locator(".d2l-numbers").inner_text()


def test_keys_move_the_day_within_the_data(host):
    host.page.get_by_role("slider", name="Day", exact=True).focus()
    for key, day in (("ArrowRight", 25), ("PageDown", 15), ("Home", 1), ("ArrowLeft", 1), ("End", 1461)):
        host.page.keyboard.press(key)
        host.settle()
        assert host.get("day") == day
    assert host.page.locator(".d2l-note").count() == 0
    assert "31 Dec 1988" in host.page.locator(".d2l-numbers").inner_text()


def test_memory_is_told_in_days(host):
    slider = host.page.get_by_role("slider", name="memory β", exact=True)
    slider.focus()
    slider.press("End")
    host.settle()
    text = host.page.locator(".d2l-numbers").inner_text()
    assert host.get("beta") == 0.999
    assert "1000 days" in text
    slider.press("Home")
    host.settle()
    assert host.get("average") == [births()[23]]


def test_play_ends_with_the_data(host):
    host.set("day", 1458)
    host.set("speed", 120)
    host.page.get_by_role("button", name="Play", exact=True).click()
    host.page.wait_for_function("views['d2l-x'].model.get('day') === 1461")
    host.page.get_by_role("button", name="Play", exact=True).wait_for()


def test_one_finger_chooses_a_day(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("ewma").show("ewma")
    box = host.page.locator(".d2l-series canvas").bounding_box()
    host.page.touchscreen.tap(box["x"] + box["width"] - 40, box["y"] + 60)
    host.settle()
    assert host.get("day") > 60
