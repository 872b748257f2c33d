"""The ablation explorer: changes switched by mouse and keys, rows kept, a set that nobody recorded."""

import pytest

pytestmark = pytest.mark.browser


def test_a_change_is_switched_and_its_row_kept(make_host):
    host = make_host().open("ablation").show("ablation", changes=[])
    residual = host.page.get_by_role("button", name="residual blocks", exact=True)
    residual.click()
    host.settle()
    assert host.get("changes") == [0] and residual.get_attribute("aria-pressed") == "true"
    assert "Gain over baseline" in host.page.locator(".d2l-about").inner_text()
    keep = host.page.get_by_role("button", name="Keep this row")
    keep.click()
    host.settle()
    assert len(host.get("rows")) == 1 and keep.is_disabled()
    residual.press("Enter")
    host.settle()
    assert host.get("changes") == [] and host.get("gain") == 0


def test_what_was_not_recorded_says_so_and_offers_the_nearest(make_host):
    host = make_host().open("ablation").show("ablation", changes=[6, 7])
    assert "Not recorded: mosaic + CutMix." in host.page.locator(".d2l-about").inner_text()
    host.page.get_by_role("button", name="To the nearest recorded").click()
    host.settle()
    assert host.get("changes") in ([6], [7])
    assert "Not recorded" not in host.page.locator(".d2l-about").inner_text()


def test_gains_over_the_first_row(make_host):
    host = make_host().open("ablation").show("ablation", changes=[0], rows=[0, 1], against="first row")
    over_baseline = host.get("gain")
    host.page.get_by_role("button", name="Clear").click()
    host.settle()
    assert host.get("rows") == [] and host.get("gain") == over_baseline


def test_the_axis_stands_still_while_rows_come_and_go(make_host):
    host = make_host().open("ablation").show("ablation", changes=[0])
    axis = """canvas => {
        const strip = Object.assign(document.createElement("canvas"), { width: canvas.width, height: 40 });
        strip.getContext("2d").drawImage(canvas, 0, 40 - canvas.height); // the numbers below the rows
        return strip.toDataURL();
    }"""
    canvas = host.page.locator(".d2l-rows canvas")
    before = canvas.evaluate(axis)
    host.set("changes", [3])
    host.settle()
    assert canvas.evaluate(axis) == before
