"""The transfer explorer: its curves by keys, its network by keys and by pointer."""

import pytest

pytestmark = pytest.mark.browser


def test_keys_choose_how_many_images(make_host):
    host = make_host().open("transfer").show("transfer")
    chart = host.page.get_by_role("slider", name="Labelled images", exact=True)
    chart.press("Home")
    host.settle()
    assert host.get("labels") == 1
    chart.press("ArrowRight")
    host.settle()
    assert host.get("labels") == 3
    assert chart.get_attribute("aria-valuetext").startswith("3 labelled images a class")


def test_the_network_is_cut_by_key_and_pointer(make_host):
    host = make_host().open("transfer").show("transfer")
    network = host.page.get_by_role("slider", name="Last frozen layer")
    network.press("Home")
    host.settle()
    assert host.get("layers") == 1
    box = network.bounding_box()
    network.click(position={"x": 0.5 * box["width"], "y": 40})  # the middle of five boxes
    host.settle()
    assert host.get("layers") == 3
    network.click(position={"x": 0.9 * box["width"], "y": 40})  # the head is always new
    host.settle()
    assert host.get("layers") == 3


def test_other_layers_gain_something_else(make_host):
    host = make_host().open("transfer").show("transfer", layers=3)
    near = host.get("gain")
    host.page.get_by_role("radio", name="clothes").check(force=True)
    host.settle()
    assert host.get("source") == "far"
    assert host.get("gain") < near
