"""The NMS explorer, driven by mouse, keyboard and finger."""

import re

import pytest
import torch

from d2lite import datasets
from d2lite.vision.detection_metrics import mean_average_precision
from d2lite.vision.suppression import nms

pytestmark = pytest.mark.browser
NUM_SCENES = 50


@pytest.fixture
def host(make_host):
    return make_host().open("nms").show("nms")


def readout(host):
    """Numbers of the table, by row."""
    rows = host.page.locator(".d2l-ap tr").all()
    return {row.locator("th").inner_text(): row.locator("td").inner_text() for row in rows}


def kept(threshold, per_class=True):
    scenes, predictions = datasets.detections()
    some = []
    for p in predictions[:NUM_SCENES]:
        chosen = nms(p["boxes"].double(), p["scores"], threshold, p["classes"] if per_class else None)
        some.append({name: values[chosen] for name, values in p.items()})
    return some, scenes.targets[:NUM_SCENES]


def test_the_table_is_d2lites(host):
    host.page.wait_for_function("() => !document.querySelector('.d2l-ap').innerText.includes('…')")
    predictions, targets = kept(0.5)
    result = mean_average_precision(predictions, targets)
    table = readout(host)
    assert float(table["mAP@0.5, ten classes"]) == pytest.approx(result["map_50"], abs=6e-4)
    assert float(table["mAP@[.5:.95], ten classes"]) == pytest.approx(result["map"], abs=6e-4)
    merged = [
        [{**x, "classes": torch.zeros(len(x["boxes"]))} for x in some] for some in (predictions, targets)
    ]
    for name, method in (
        ("AP, 11 points", "11-point"),
        ("AP, all points", "all-point"),
        ("AP, 101 points", "101-point"),
    ):
        expected = mean_average_precision(*merged, 0.5, method)["map"]
        assert float(table[name]) == pytest.approx(expected, abs=6e-4)
    assert host.get("average_precision") == pytest.approx(float(table["AP, 101 points"]), abs=6e-4)


def test_a_high_threshold_keeps_copies_and_ruins_the_average(host):
    before = host.get("average_precision")
    host.set("iou_threshold", 0.95)
    assert host.get("average_precision") < 0.6 * before


def test_confidence_moves_the_dot_and_not_the_curve(host):
    curve = host.get("average_precision")
    low = readout(host)["precision, recall, F1 at the dot"]
    host.set("confidence", 0.8)
    assert host.get("average_precision") == curve
    high = readout(host)["precision, recall, F1 at the dot"]
    precision, recall = zip(*([float(x) for x in text.split(",")[:2]] for text in (low, high)), strict=True)
    assert precision[1] > precision[0]
    assert recall[1] < recall[0]


def test_a_click_on_the_curve_sets_the_threshold_of_that_point(host):
    canvas = host.page.get_by_role("slider", name="Confidence threshold")
    box = canvas.bounding_box()
    values = []
    for share in (0.35, 0.75):
        host.page.mouse.click(box["x"] + 36 + (box["width"] - 46) * share, box["y"] + box["height"] / 2)
        host.settle()
        values.append(host.get("confidence"))
        recall = float(readout(host)["precision, recall, F1 at the dot"].split(",")[1])
        assert recall == pytest.approx(share, abs=0.03)
    assert values[0] > values[1]
    canvas.focus()
    host.page.keyboard.press("ArrowRight")
    host.page.wait_for_function(f"() => views['d2l-x'].model.get('confidence') > {values[1]}")


def test_a_click_asks_about_a_box_and_the_next_of_its_heap(host):
    canvas = host.page.locator(".d2l-column canvas").first
    box = canvas.bounding_box()
    _, predictions = datasets.detections()
    x1, y1, x2, y2 = predictions[6]["boxes"][0].tolist()
    spot = (box["x"] + box["width"] * (x1 + x2) / 192, box["y"] + box["height"] * (y1 + y2) / 192)
    host.page.mouse.click(*spot)
    host.settle()
    assert host.get("candidate") == 0
    assert "Box 0" in host.page.locator(".d2l-about").inner_text()
    host.page.mouse.click(*spot)
    host.settle()
    assert host.get("candidate") > 0


def test_the_words_say_who_dropped_a_box(host):
    _, predictions = datasets.detections()
    p = predictions[6]
    stay = nms(p["boxes"].double(), p["scores"], 0.5, p["classes"]).tolist()
    dropped = next(i for i in range(len(p["scores"])) if i not in stay)
    host.set("candidate", dropped)
    text = host.page.locator(".d2l-about").inner_text()
    assert f"Box {dropped}" in text
    assert "dropped by box" in text
    by = int(text.split("dropped by box ")[1].split(",")[0])
    assert by in stay
    host.set("method", "gaussian")
    assert "lowered to" in host.page.locator(".d2l-about").inner_text()


def assert_all_are_counted(host):
    """The line under the picture says of every box what has become of it."""
    number, parts = host.page.locator(".d2l-about").inner_text().split(" boxes for ")
    assert sum(map(int, re.findall(r"\d+", parts.split(":")[1]))) == int(number)


def test_rounds_step_by_key_and_play_begins_again(host):
    host.page.get_by_role("button", name="Reset").click()
    host.settle()
    assert host.get("step_count") == 0
    assert "0 true positives" in host.page.locator(".d2l-about").inner_text()
    host.page.get_by_role("button", name="Step").focus()
    host.page.keyboard.press("ArrowRight")
    host.page.keyboard.press("ArrowRight")
    host.settle()
    assert host.get("step_count") == 2
    assert_all_are_counted(host)
    host.page.keyboard.press("ArrowLeft")
    assert host.get("step_count") == 1


def test_controls_that_do_not_matter_are_not_shown(host):
    slider = lambda name: host.page.get_by_role("slider", name=name, exact=True)
    assert slider("NMS IoU threshold").is_visible()
    assert not slider("σ of the Gauss").is_visible()
    host.set("method", "gaussian")
    assert not slider("NMS IoU threshold").is_visible()
    assert slider("σ of the Gauss").is_visible()


def test_a_tap_asks_about_a_box(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("nms").show("nms")
    box = host.page.locator(".d2l-column canvas").first.bounding_box()
    _, predictions = datasets.detections()
    x1, y1, x2, y2 = predictions[6]["boxes"][0].tolist()
    host.page.touchscreen.tap(
        box["x"] + box["width"] * (x1 + x2) / 192, box["y"] + box["height"] * (y1 + y2) / 192
    )
    host.settle()
    assert host.get("candidate") == 0


def test_shirts_vanish_when_classes_meet_and_half_return_with_soft_nms(make_host):
    """The chapter says so of this very explorer."""
    host = make_host().open("nms").show("nms", label=6, scene=1, confidence=0.2)
    assert "of other classes" in host.page.locator(".d2l-about").inner_text()
    assert_all_are_counted(host)
    averages = [host.get("average_precision")]
    host.set("per_class", False)
    averages.append(host.get("average_precision"))
    host.set("method", "gaussian")
    averages.append(host.get("average_precision"))
    assert averages == [pytest.approx(value, abs=0.005) for value in (0.17, 0.026, 0.097)]


def test_a_moved_threshold_shows_all_its_rounds(host):
    host.set("step_count", 2)
    host.page.get_by_role("slider", name="NMS IoU threshold", exact=True).press("ArrowRight")
    host.settle()
    assert host.get("iou_threshold") > 0.5
    assert host.get("step_count") == 40


def test_what_is_not_computed_yet_is_not_said(make_host):
    host = make_host().open("nms")
    host.page.evaluate("""() => {
        window.heard = [""];
        const hear = () => heard.push(document.querySelector(".d2l-explorer > .d2l-offscreen")?.textContent);
        const all = { subtree: true, childList: true, characterData: true };
        new MutationObserver(hear).observe(document.body, all);
    }""")
    host.show("nms")
    host.page.wait_for_function("heard.at(-1)?.includes('mAP at 0.5 0.')")
    assert any("Average precision" in text for text in host.page.evaluate("heard") if text)
    assert not any("not a number" in text for text in host.page.evaluate("heard") if text)
