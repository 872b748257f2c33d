"""The shortcut explorer, driven by keyboard and mouse."""

import pytest

pytestmark = pytest.mark.browser


def test_a_shortcut_brings_the_gradient_through(make_host):
    host = make_host().open("shortcut").show("shortcut")
    assert len(host.get("gradient")) == 28
    assert host.get("gradient")[0] < 1e-6
    host.page.get_by_role("checkbox", name="shortcut").check()
    host.settle()
    assert 0.1 < host.get("gradient")[0] < 1000


def test_without_weights_only_the_shortcut_is_left(make_host):
    host = make_host().open("shortcut").show("shortcut", order="first", shortcut=True)
    host.page.get_by_role("slider", name="size of the weights", exact=True).press("Home")
    host.settle()
    assert host.get("scale") == 0
    assert host.get("gradient")[0] == host.get("gradient")[-1]
    assert host.get("signal")[0] == host.get("signal")[-1]
    host.page.get_by_role("checkbox", name="shortcut").uncheck()
    host.settle()
    assert (host.get("gradient")[0], host.get("signal")[-1]) == (0, 0)


def test_the_block_looked_into_stays_among_the_blocks(make_host):
    host = make_host().open("shortcut").show("shortcut", block=50, blocks=3)
    chart = host.page.get_by_role("slider", name="Block looked into", exact=True)
    assert "Block 3:" in chart.get_attribute("aria-valuetext")
    chart.press("Home")
    host.settle()
    assert host.get("block") == 1
