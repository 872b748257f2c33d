"""The anchors explorer, driven by mouse and keyboard."""

import pytest
import torch

from d2lite.vision.anchor_sizes import kmeans_start, kmeans_step, size_iou

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("anchors").show("anchors")


def sizes(host):
    return torch.tensor(host.get("data")["sizes"], dtype=torch.float64)


def place(host, width, height):
    """Pixels of a size in the scatter."""
    box = host.page.locator(".d2l-column canvas").first.bounding_box()
    return (
        box["x"] + 34 + (box["width"] - 44) * width / 50,
        box["y"] + box["height"] - 24 - (box["height"] - 34) * height / 50,
    )


def test_steps_are_those_of_the_library(host):
    anchors = kmeans_start(sizes(host), 3, 0)
    for step in range(3):
        mean = size_iou(sizes(host), anchors).amax(1).mean().item()
        host.page.wait_for_function(f"() => Math.abs(views['d2l-x'].model.get('mean_iou') - {mean}) < 1e-9")
        assert host.get("step_count") == step
        assert f"{mean:.3f}" in host.page.locator(".d2l-facts").inner_text()
        anchors = kmeans_step(sizes(host), anchors)[0]
        host.page.get_by_role("button", name="Step", exact=True).click()


def test_play_ends_where_nothing_changes_and_reset_goes_back(host):
    host.set("speed", 20)
    host.page.get_by_role("button", name="Play", exact=True).click()
    host.page.wait_for_function("() => document.querySelector('.d2l-facts').innerText.includes('settled')")
    host.page.get_by_role("button", name="Play", exact=True).wait_for()
    assert host.get("step_count") > 3
    host.page.get_by_role("button", name="Reset", exact=True).click()
    host.settle()
    assert host.get("step_count") == 0


def test_a_drag_starts_anew_and_a_seed_draws_again(host):
    start = kmeans_start(sizes(host), 3, 0).tolist()
    host.set("step_count", 2)
    host.set("step_count", 0)
    host.page.mouse.move(*place(host, *start[0]))
    host.page.mouse.down()
    host.page.mouse.move(*place(host, 10, 45), steps=5)
    host.page.mouse.up()
    host.settle()
    assert host.get("starts")[0] == [pytest.approx(10, abs=0.5), pytest.approx(45, abs=0.5)]
    assert host.get("starts")[1:] == start[1:]
    host.page.get_by_role("button", name="seed +").click()
    host.settle()
    assert (host.get("seed"), host.get("starts"), host.get("step_count")) == (1, [], 0)


def test_arrow_keys_move_an_anchor_however_fast(host):
    start = kmeans_start(sizes(host), 3, 0).tolist()
    canvas = host.page.locator(".d2l-column canvas").first
    canvas.focus()
    host.page.keyboard.press("PageDown")
    for _ in range(5):
        host.page.keyboard.press("ArrowUp")
    host.page.wait_for_function("() => views['d2l-x'].model.get('starts').length === 3")
    moved = 20 * 50 / (canvas.bounding_box()["height"] - 34)
    assert host.get("starts")[0] == [start[0][0], pytest.approx(min(50, start[0][1] + moved), abs=0.1)]
