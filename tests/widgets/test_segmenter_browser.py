"""The segmenter, driven by mouse, keys and finger; its masks against torch's."""

import json

import pytest
import torch

from d2lite.models import unet, weights
from d2lite.vision.segmentation import class_iou, dice, iou
from d2lite.widgets import explorer_class
from d2lite.widgets._preview import run_module
from d2lite.widgets.segmenter import ITEMS, SIDE, segmenter_payload

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return show(make_host())


def show(host, **values):
    host = host.open("segmenter").show("segmenter", **values)
    wait(host, "() => views['d2l-x'].model.get('overlap').length === 2")
    return host


def wait(host, condition, argument=None):
    host.page.wait_for_function(condition, arg=argument)


def place(host, x, y):
    box = host.page.locator(".d2l-stage canvas").first.bounding_box()
    return box["x"] + box["width"] * x / SIDE, box["y"] + box["height"] * y / SIDE


def scene_of(rows, background):
    """The bytes and labels that the page composes, by node."""
    model = explorer_class("segmenter")._folder / "model.js"
    script = """
    import * as model from "./model.mjs";
    import { readFileSync } from "node:fs";
    const { data, rows, background } = JSON.parse(readFileSync(0, "utf8"));
    const scene = model.makePicture(model.readPalette(data.palette), data.groups, { background, items: rows });
    process.stdout.write(JSON.stringify([[...scene.bytes], [...scene.labels]]));
    """
    request = {"data": segmenter_payload(), "rows": rows, "background": background}
    pixels, labels = json.loads(run_module(script, {"model": model}, request))
    return torch.tensor(pixels).view(1, 3, SIDE, SIDE), torch.tensor(labels).view(SIDE, SIDE)


@torch.no_grad()
def by_torch(rows, background):
    """Probabilities (5, 48, 48) of the network that ships, in double precision, and the true labels."""
    tensors, record = weights.load("unet")
    pixels, labels = scene_of(rows, background)
    net = unet.from_tensors(tensors, torch.float64, **record["shape"])
    return net(pixels.double() / 255)[0].softmax(0), labels


def test_numbers_are_those_of_torch(make_host):
    for rows, background, threshold, wanted in (
        (ITEMS, 9, 0.5, 0),
        (ITEMS[1:3], 4, 0.2, 2),
        ([*ITEMS[1:], [16, 14, 12, 21, 1]], 30, 0.9, 4),
    ):
        p, labels = by_torch(rows, background)
        values = {"items": rows, "background": background, "threshold": threshold}
        host = show(make_host(), wanted=["any item", *unet.LABELS[1:]][wanted], **values)
        found = (p[wanted] if wanted else 1 - p[0]) >= threshold
        truth = labels == wanted if wanted else labels > 0
        assert host.get("overlap") == pytest.approx([iou(found, truth), dice(found, truth)], abs=1e-9)
        expected = class_iou(p.argmax(0), labels, 5).nan_to_num(-1).tolist()
        assert host.get("class_iou") == pytest.approx(expected, abs=1e-9)


def test_a_dragged_item_gets_a_mask_where_it_is_now(host):
    item, x, y, side, tint = ITEMS[0]
    host.page.mouse.move(*place(host, x, y))
    host.page.mouse.down()
    host.page.mouse.move(*place(host, x + 5, y + 4), steps=5)
    host.page.mouse.up()
    host.settle()
    moved = host.get("items")
    assert moved[0] == [item, pytest.approx(x + 5, abs=1), pytest.approx(y + 4, abs=1), side, tint]
    p, labels = by_torch(moved, 9)
    expected = iou(1 - p[0] >= 0.5, labels > 0)
    wait(host, "(value) => Math.abs(views['d2l-x'].model.get('overlap')[0] - value) < 1e-9", expected)


def test_the_threshold_moves_by_slider_chart_and_keys(host):
    before = host.get("overlap")
    host.page.get_by_role("slider", name="threshold", exact=True).press("End")
    wait(host, "() => views['d2l-x'].model.get('threshold') === 0.99")
    wait(host, "(value) => views['d2l-x'].model.get('overlap')[0] < value", before[0])
    chart = host.page.get_by_role("slider", name="Threshold, in hundredths")
    chart.press("ArrowLeft")
    wait(host, "() => views['d2l-x'].model.get('threshold') === 0.98")
    box = chart.bounding_box()
    host.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    wait(host, "() => Math.abs(views['d2l-x'].model.get('threshold') - 0.5) < 0.06")


def test_views_have_their_key_and_labels_their_table(host):
    key, table = host.page.locator(".d2l-key"), host.page.locator(".d2l-table")
    assert "item, missed" in key.inner_text()
    assert not table.is_visible()
    host.set("view", "labels")
    assert "trousers" in key.inner_text()
    known = [value for value in host.get("class_iou") if value >= 0]
    mean = sum(known) / len(known)
    assert len(known) == 4  # there is no bag
    assert f"{mean:.2f}" in table.inner_text()
    host.set("view", "probability")
    assert "probability 1" in key.inner_text()


def test_where_nothing_is_there_no_number_is_claimed(make_host):
    host = make_host().open("segmenter").show("segmenter", items=[], wanted="bag", threshold=0.9)
    wait(host, "() => views['d2l-x'].model.get('class_iou').length === 5")
    assert host.get("overlap") == []
    assert "–" in host.page.locator(".d2l-facts").inner_text()


def test_items_are_placed_and_scenes_made_by_buttons(host):
    host.page.get_by_role("button", name="Place a Bag (1)").click()
    wait(host, "() => views['d2l-x'].model.get('items').length === 5")
    host.page.get_by_role("button", name="Remove").click()
    wait(host, "() => views['d2l-x'].model.get('items').length === 4")
    host.page.get_by_role("button", name="New scene").click()
    wait(host, "() => views['d2l-x'].model.get('background') === 10")
    assert host.get("items") != ITEMS
    host.page.get_by_role("button", name="Clear").click()
    wait(host, "() => views['d2l-x'].model.get('items').length === 0")


def test_keys_compose_a_scene(host):
    host.page.locator(".d2l-stage canvas").first.focus()
    host.page.keyboard.press("PageDown")
    host.page.keyboard.press("Shift+ArrowRight")
    item, x, y, side, tint = ITEMS[0]
    wait(
        host,
        "(row) => String(views['d2l-x'].model.get('items')[0]) === row",
        str([item, x + 8, y, side, tint])[1:-1].replace(" ", ""),
    )


def test_one_finger_chooses_an_item(make_host):
    host = show(make_host(360, has_touch=True, is_mobile=True))
    host.page.touchscreen.tap(*place(host, *ITEMS[1][1:3]))
    host.settle()
    host.page.get_by_role("button", name="Smaller").tap()
    wait(host, "(side) => views['d2l-x'].model.get('items')[1][3] === side", ITEMS[1][3] - 2)
