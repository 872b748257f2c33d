"""The family explorer: networks chosen by keys and by pointer, and a dense block by its numbers."""

import pytest

pytestmark = pytest.mark.browser


def test_keys_and_presses_choose_a_network(make_host):
    host = make_host().open("family").show("family")
    chart = host.page.get_by_role("slider", name="Network", exact=True)
    assert "DenseNet:" in chart.get_attribute("aria-valuetext")
    chart.press("Home")
    host.settle()
    assert host.get("network") == "lenet"
    chart.press("ArrowDown")
    host.settle()
    assert host.get("network") == "lenet_wide"
    assert "LeNet, wide:" in chart.get_attribute("aria-valuetext")


def test_a_dense_block_grows_by_its_rate(make_host):
    host = make_host().open("family").show("family", view="block")
    assert (host.get("maps"), host.get("weights")) == (256, 331_776)  # DenseNet-121's first block
    host.page.get_by_role("slider", name="layers").press("End")
    host.settle()
    assert host.get("maps") == 64 + 32 * 32
    host.page.get_by_role("slider", name="growth rate k").press("Home")
    host.settle()
    assert host.get("maps") == 64 + 32


def test_only_what_the_view_needs_has_a_control(make_host):
    host = make_host().open("family").show("family")
    growth = host.page.get_by_role("slider", name="growth rate k")
    assert growth.count() == 0
    host.page.get_by_role("radio", name="a dense block").check(force=True)
    host.settle()
    assert growth.count() == 1
