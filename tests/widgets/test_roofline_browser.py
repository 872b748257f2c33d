"""The roofline explorer, driven by keyboard and mouse."""

import pytest

pytestmark = pytest.mark.browser


def test_keys_and_pointer_move_the_layer_along_the_roof(make_host):
    host = make_host().open("roofline").show("roofline")
    chart = host.page.get_by_role("slider", name="Batch", exact=True)
    before = host.get("share")[0]
    chart.press("End")
    host.settle()
    assert host.get("batch") == 4096
    assert before < 0.01 and host.get("share")[0] == 1
    box = chart.bounding_box()
    host.page.mouse.click(box["x"] + 60, box["y"] + box["height"] / 2)  # far left: the smallest batch
    host.settle()
    assert host.get("batch") == 1


def test_a_cached_letter_gains_nothing_from_a_batch(make_host):
    host = make_host().open("roofline").show("roofline", layer="attention", batch=1)
    alone = host.get("intensity")[0]
    host.page.get_by_role("slider", name="Batch", exact=True).press("End")
    host.settle()
    assert host.get("batch") == 4096
    assert host.get("intensity")[0] == pytest.approx(alone)


def test_a_kind_of_layer_brings_its_usual_width_and_a_missing_type_is_named(make_host):
    host = make_host().open("roofline").show("roofline", machine="tpu1")
    assert "bf16 is not among its figures: shown in int8" in host.page.locator(".d2l-body").inner_text()
    host.page.get_by_role("combobox", name="layer").select_option(label="convolution 3 × 3")
    host.settle()
    assert (host.get("layer"), host.get("width")) == ("convolution", 64)
