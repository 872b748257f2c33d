"""The averaging explorer, driven by keyboard and mouse."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("averaging").show("averaging")


def test_dragging_to_the_end_leaves_36_weights(host):
    assert host.get("different") == 1296
    slider = host.page.get_by_role("slider", name="shifts averaged")
    for _ in range(5):
        slider.press("ArrowRight")
    host.wait("get('different') === 216")
    host.settle()
    words = host.page.locator(".d2l-facts").inner_text()
    assert "to the right differ by 0%" in words
    assert "below differ by 0%" not in words
    slider.press("End")
    host.wait("get('different') === 36")
    host.settle()
    assert "below differ by 0%" in host.page.locator(".d2l-facts").inner_text()
    host.page.wait_for_function(
        "() => document.querySelector('.d2l-explorer > .d2l-offscreen').textContent.includes('a convolution')"
    )


def test_a_row_of_the_matrix_is_chosen_by_the_mouse(host):
    canvas = host.page.locator(".d2l-left canvas")
    box = canvas.bounding_box()
    side = min(box["width"], box["height"] - 17)
    host.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + side * 20.5 / 36)
    host.wait("get('unit') === 20")


def test_another_seed_draws_another_layer_with_the_same_end(host):
    host.set("shift_count", 36)
    before = host.page.locator(".d2l-left canvas").evaluate("(canvas) => canvas.toDataURL()")
    host.page.get_by_role("button", name="seed +").click()
    host.settle()
    assert host.get("seed") == 1
    assert host.page.locator(".d2l-left canvas").evaluate("(canvas) => canvas.toDataURL()") != before
    assert host.get("different") == 36
