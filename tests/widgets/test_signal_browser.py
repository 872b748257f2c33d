"""The signal explorer, driven by keyboard and mouse."""

import pytest

pytestmark = pytest.mark.browser


def start(host, rule):
    host.page.get_by_role("combobox", name="starting weights").select_option(label=rule)


def last(host, name):
    return host.get(name)[-1]


def test_weights_as_he_starts_them_bring_the_gradient_through(make_host):
    host = make_host().open("signal").show("signal")
    assert len(host.get("gradient")) == 51
    assert host.get("gradient")[0] < 1e-15
    start(host, "He")
    host.settle()
    assert host.get("gradient")[0] > 1e-2
    start(host, "standard normal")
    host.settle()
    assert last(host, "signal") > 1e30


def test_depth_follows_the_keys_and_the_layer_stays_within_it(make_host):
    host = make_host().open("signal").show("signal", layer=50)
    host.page.get_by_role("slider", name="layers", exact=True).press("Home")
    host.settle()
    assert (host.get("depth"), len(host.get("signal"))) == (1, 2)
    chart = host.page.get_by_role("slider", name="Layer looked into", exact=True)
    chart.press("Home")
    host.settle()
    assert host.get("layer") == 0
    chart.press("ArrowRight")
    chart.press("ArrowRight")
    host.settle()
    assert host.get("layer") == 1


def test_own_scale_has_its_control_and_nothing_left_at_zero(make_host):
    host = make_host().open("signal").show("signal")
    scale = host.page.get_by_role("slider", name="own scale", exact=True)
    assert not scale.is_visible()
    start(host, "own scale")
    host.settle()
    scale.press("Home")
    host.settle()
    assert (host.get("scale"), last(host, "signal"), host.get("gradient")[0]) == (0, 0, 0)


def test_equal_weights_leave_one_unit(make_host):
    host = make_host().open("signal").show("signal", scheme="equal", activation="tanh", width=8)
    assert "1 of 8" in host.page.locator(".d2l-facts").inner_text()
