"""The activation explorer, driven by keyboard and by words of a text."""

import pytest

pytestmark = pytest.mark.browser


def test_the_point_moves_along_x_by_keys_and_the_reading_follows(make_host):
    host = make_host().open("activation").show("activation", function="relu", x=0.5)
    handle = host.page.get_by_role("slider", name="Point along x")
    handle.press("ArrowRight")
    host.settle()
    assert host.get("x") > 0.5
    for _ in range(80):
        handle.press("Shift+ArrowLeft")
    host.settle()
    assert host.get("x") == -6
    assert "slope f′(x) 0.000" in host.page.locator(".d2l-activation").inner_text().replace("\n", "")


def test_a_sigmoid_loses_what_differs_and_a_lowered_one_keeps_it(make_host):
    host = make_host().open("activation").show("activation")
    lost = host.get("signal")[1], host.get("gradient")[0]
    host.page.get_by_role("slider", name="lowered by").fill("0.5")
    host.settle()
    assert host.get("lowered") == 0.5
    kept = host.get("signal")[1], host.get("gradient")[0]
    assert lost[0] < 1e-3 < 0.1 < kept[0]
    assert lost[1] < 1e-3 < 0.1 < kept[1] < 10


def test_layers_are_walked_by_the_chart_and_by_step(make_host):
    host = make_host().open("activation").show("activation", layers=3)
    chart = host.page.get_by_role("slider", name="Layers", exact=True)
    chart.press("ArrowRight")
    host.settle()
    assert host.get("layers") == 4
    host.page.get_by_role("button", name="Step").first.click()
    host.settle()
    assert host.get("layers") == 5
    chart.press("End")
    host.settle()
    assert host.get("layers") == 20
