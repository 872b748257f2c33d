"""The boxes explorer, driven by mouse, keyboard and finger."""

import pytest
import torch

from d2lite.vision import boxes

pytestmark = pytest.mark.browser
SIDE = 96


@pytest.fixture
def host(make_host):
    return make_host().open("boxes").show("boxes")


def place(host, x, y):
    """Pixels of a point of the picture."""
    box = host.page.locator(".d2l-column canvas").first.bounding_box()
    return box["x"] + box["width"] * x / SIDE, box["y"] + box["height"] * y / SIDE


def cells(host, name):
    """What the table says of a measure: its value, its slope and the step at which its descent arrives."""
    row = host.page.locator(".d2l-measures tr").filter(
        has=host.page.get_by_role("rowheader", name=name, exact=True)
    )
    return [text.replace("−", "-") for text in row.locator("td").all_inner_texts()]


def test_a_drag_moves_the_prediction_and_starts_anew(host):
    before = host.get("box")
    x1, y1, x2, y2 = before
    host.set("step_count", 0)
    host.page.mouse.move(*place(host, (x1 + x2) / 2, (y1 + y2) / 2))
    host.page.mouse.down()
    host.page.mouse.move(*place(host, 60, 70), steps=5)
    host.page.mouse.up()
    host.settle()
    u1, v1, u2, v2 = host.get("box")
    assert ((u1 + u2) / 2, (v1 + v2) / 2) == (pytest.approx(60, abs=0.7), pytest.approx(70, abs=0.7))
    assert (u2 - u1, v2 - v1) == (pytest.approx(x2 - x1, abs=0.02), pytest.approx(y2 - y1, abs=0.02))
    assert host.get("step_count") == 0


def test_a_corner_resizes_and_cannot_pass_the_other(host):
    host.set("step_count", 0)
    x1, y1, x2, y2 = host.get("box")
    host.page.mouse.move(*place(host, x2, y2))
    host.page.mouse.down()
    host.page.mouse.move(*place(host, 1, 1), steps=5)
    host.page.mouse.up()
    host.settle()
    assert host.get("box") == [x1, y1, pytest.approx(x1 + 2), pytest.approx(y1 + 2)]


def test_arrow_keys_move_each_handle_however_fast(host):
    host.set("step_count", 0)
    x1, y1, x2, y2 = host.get("box")
    handle = host.page.get_by_role("slider", name="Prediction: bottom right corner")
    handle.focus()
    for _ in range(10):
        host.page.keyboard.press("ArrowRight")
    host.page.wait_for_function(f"() => views['d2l-x'].model.get('box')[2] > {x2 + 5}")
    width = host.page.locator(".d2l-column canvas").first.bounding_box()["width"]
    assert host.get("box") == [x1, y1, pytest.approx(x2 + 40 * SIDE / width, abs=0.1), y2]
    target = host.get("target")
    host.page.get_by_role("slider", name="Target: move").focus()
    host.page.keyboard.press("Shift+ArrowUp")
    host.page.wait_for_function(f"() => views['d2l-x'].model.get('target')[1] < {target[1]}")
    assert host.get("target")[0] == target[0]


def test_the_table_says_what_torch_says(host):
    host.set("step_count", 0)
    host.set("box", [30, 40, 60, 75])
    box = torch.tensor([30.0, 40, 60, 75], dtype=torch.float64, requires_grad=True)
    target = torch.tensor(host.get("target"), dtype=torch.float64)
    for name in ("IoU", "GIoU", "DIoU", "CIoU"):
        value = getattr(boxes, name.lower())(box, target, pairwise=False)
        slope = torch.autograd.grad(value, box)[0].norm()
        shown = cells(host, name)
        assert float(shown[0]) == pytest.approx(value.item(), abs=6e-4)
        assert float(shown[1]) == pytest.approx(slope.item(), abs=6e-5)


def test_iou_stands_still_where_its_repairs_move(host):
    host.set("step_count", 200)
    assert host.get("overlap") > 0.9
    host.set("loss", "iou")
    assert host.get("overlap") == 0
    assert "No slope at all" in host.page.locator(".d2l-verdict").inner_text()
    assert cells(host, "IoU")[2] == "never"
    assert cells(host, "DIoU")[2].startswith("step")


def test_a_rate_too_large_is_named_and_ends_the_run(host):
    values = {"box": [10, 10, 50, 50], "target": [28, 10, 30, 50], "lr": 3000, "decay": False, "loss": "iou"}
    for name, value in {**values, "step_count": 200}.items():
        host.set(name, value)
    assert "inside out" in host.page.locator(".d2l-verdict").inner_text()


def test_a_scene_brings_its_item_and_restore_takes_all_back(host):
    opened = host.get("target")
    host.page.get_by_role("button", name="scene +").click()
    host.settle()
    assert host.get("scene") == 1
    assert host.get("target") == [12, 61, 48, 78]
    host.page.get_by_role("button", name="Restore").click()
    host.settle()
    assert (host.get("scene"), host.get("target")) == (0, opened)


def test_corners_in_any_order_make_a_box(make_host):
    host = make_host().open("boxes", fragment="#d2l-x?box=60,70,20,30&step_count=0").show("boxes")
    handle = host.page.get_by_role("slider", name="Prediction: top left corner")
    assert handle.get_attribute("aria-valuetext").startswith("20, 30")


def test_the_map_is_filled_in_slices_and_differs_between_losses(make_host):
    pictures = set()
    for loss in ("iou", "giou"):
        host = make_host().open("boxes").show("boxes", loss=loss, starts=True, step_count=0)
        assert host.page.evaluate("countFrames(18)") <= 1  # done
        pictures.add(host.page.evaluate("document.querySelector('canvas').toDataURL()"))
    assert len(pictures) == 2


def test_one_finger_drags(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("boxes").show("boxes", step_count=0)
    x1, y1, x2, y2 = host.get("box")
    handle = host.page.get_by_role("slider", name="Prediction: move")
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    client = host.page.context.new_cdp_session(host.page)
    touch = lambda kind, *points: client.send(
        "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": u, "y": v} for u, v in points]}
    )
    touch("touchStart", (x, y))
    for k in range(1, 6):
        touch("touchMove", (x + 12 * k, y + 8 * k))
    touch("touchEnd")
    host.page.wait_for_function(f"() => views['d2l-x'].model.get('box')[0] > {x1 + 5}")
    assert host.get("box")[1] > y1 + 3
