"""The shortcut explorer, driven by keyboard and mouse."""

import pytest

pytestmark = pytest.mark.browser


def test_a_shortcut_brings_the_gradient_through(make_host):
    host = make_host().open("shortcut").show("shortcut")
    assert len(host.get("gradient")) == 28
    assert host.get("gradient")[0] < 1e-9  # the chapter: less than a billionth
    host.page.get_by_role("checkbox", name="shortcut").check()
    host.settle()
    assert 10 < host.get("gradient")[0] < 40  # some twentyfold


def test_weights_of_hes_size_add_up_and_batch_norm_stops_that(make_host):
    host = make_host().open("shortcut").show("shortcut", shortcut=True, scale=1)
    assert host.get("signal")[-1] > 1e4  # tens of thousands of times as large
    host.page.get_by_role("checkbox", name="batch norm").check()
    host.settle()
    assert host.get("signal")[-1] < 10


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
