"""The diagnosis explorer, driven by keyboard and mouse."""

import pytest

pytestmark = pytest.mark.browser


def test_a_lower_threshold_misses_less_and_alarms_more(make_host):
    host = make_host().open("diagnosis").show("diagnosis")
    before = host.get("missed"), host.get("alarms")
    host.page.get_by_role("slider", name="threshold", exact=True).press("Home")
    host.settle()
    assert host.get("threshold") == 0.01
    assert host.get("missed") < before[0]
    assert host.get("alarms") > before[1]


def test_the_dot_is_dragged_along_the_curve(make_host):
    host = make_host().open("diagnosis").show("diagnosis")
    handle = host.page.get_by_role("slider", name="Threshold on the curve")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    host.page.mouse.move(x, y)
    host.page.mouse.down()
    host.page.mouse.move(x - 12, y)
    host.page.mouse.up()
    host.settle()
    assert host.get("threshold") < 0.45
    handle.press("ArrowUp")
    host.settle()
    assert host.get("threshold") < 0.5


def test_the_cost_moves_the_rule_and_not_the_counts(make_host):
    host = make_host().open("diagnosis").show("diagnosis", threshold=0.1)
    before = host.get("missed"), host.get("alarms")
    host.page.get_by_role("slider", name="cost of a miss c").press("End")
    host.settle()
    assert host.get("cost") == 100
    assert (host.get("missed"), host.get("alarms")) == before


def test_the_chart_of_costs_moves_the_threshold(make_host):
    host = make_host().open("diagnosis").show("diagnosis")
    host.page.get_by_role("slider", name="Threshold, in hundredths").press("ArrowLeft")
    host.settle()
    assert host.get("threshold") == 0.49
