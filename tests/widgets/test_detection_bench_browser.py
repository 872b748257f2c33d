"""The detection bench, driven by mouse, keyboard, pen and finger; its boxes against torch's."""

import pytest
import torch

from d2lite.datasets import fashion_mnist
from d2lite.models import GridDetector, detect, eight_bit_detector, recorded_detector
from d2lite.widgets import DetectionBenchExplorer
from d2lite.widgets.detection_bench import ITEMS, PALETTE

pytestmark = pytest.mark.browser
SIDE = 96
# true once the network has looked at the scene of this moment: what Python is told holds no old boxes
FOUND = "(count) => views['d2l-x'].model.get('found').length === count"


@pytest.fixture
def host(make_host):
    return show(make_host())


def show(host, **values):
    host = host.open("detection_bench").show("detection_bench", **values)
    host.page.locator(".d2l-funnel").wait_for()
    return host


def place(host, x, y):
    box = host.page.locator(".d2l-stage canvas").bounding_box()
    return box["x"] + box["width"] * x / SIDE, box["y"] + box["height"] * y / SIDE


def drag(host, start, end):
    host.page.mouse.move(*place(host, *start))
    host.page.mouse.down()
    host.page.mouse.move(*place(host, *end), steps=6)
    host.page.mouse.up()
    host.settle()


def wait(host, condition, argument=None):
    host.page.wait_for_function(condition, arg=argument)


def lines(host):
    return host.page.locator(".d2l-found li").all_inner_texts()


def pixels(host):
    """The bytes the page's network saw, from its own picture: one canvas pixel in each of the 96 x 96."""
    read = """() => {
        const canvas = document.querySelector(".d2l-stage canvas");
        const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return Array.from({ length: 3 }, (_, c) => Array.from({ length: 96 }, (_, y) => Array.from({ length: 96 }, (_, x) =>
            data[4 * (Math.floor(((y + 0.5) * height) / 96) * width + Math.floor(((x + 0.5) * width) / 96)) + c])));
    }"""
    return torch.tensor(host.page.evaluate(read), dtype=torch.uint8)


def test_it_opens_with_detections_right_and_wrong(host):
    text = lines(host)
    assert sum("right" in line for line in text) >= 3
    assert any("wrong" in line for line in text)
    assert host.page.locator(".d2l-kind-correct").count() >= 3
    assert "432 boxes" in host.page.locator(".d2l-funnel").inner_text()


def test_boxes_are_those_of_torch(make_host):
    """Nothing drawn over the picture, so that its bytes can be read: the same picture by torch gives the same boxes."""
    host = show(make_host(1200), truth=False, confidence=0.99, items=ITEMS[1:])
    image = pixels(host)
    host.set("confidence", 0.05)
    wait(host, "() => views['d2l-x'].model.get('found').length > 2")
    found = host.get("found")
    detector = eight_bit_detector(recorded_detector()[0].double())
    with torch.no_grad():
        outputs = detector(image[None].double() / 255)
        expected = detect(outputs, detector.boxes(outputs), 0.05, host.get("iou_threshold"))[0]
    hidden = [row for row in found if row[4] > 0.98]  # drawn at 0.99 they may have covered a few bytes
    assert len(found) == pytest.approx(len(expected["scores"]), abs=2)
    for row, box, score, label in zip(found[:3], *(expected[key].tolist() for key in expected), strict=False):
        assert row[5] == label
        assert row[:4] == pytest.approx(box, abs=0.3 if hidden else 1e-3)
        assert row[4] == pytest.approx(score, abs=0.02)


def test_an_item_is_dragged_scaled_tinted_and_removed(host):
    item, x, y, side, tint = ITEMS[1]
    drag(host, (x, y), (x - 10, y + 14))
    assert host.get("items")[1] == [
        item,
        pytest.approx(x - 10, abs=1),
        pytest.approx(y + 14, abs=1),
        side,
        tint,
    ]
    page = host.page
    page.get_by_role("button", name="Larger").click()
    page.get_by_role("button", name="Tint").click()
    wait(host, "(side) => views['d2l-x'].model.get('items')[1][3] === side", side + 2)
    assert host.get("items")[1][4] == tint + 1
    page.get_by_role("button", name="To front").click()
    wait(host, "(item) => views['d2l-x'].model.get('items')[3][0] === item", item)
    page.get_by_role("button", name="Remove").click()
    wait(host, "() => views['d2l-x'].model.get('items').length === 3")
    assert page.get_by_role("button", name="Remove").is_disabled()


def test_the_corner_scales(host):
    item, x, y, side, _ = ITEMS[0]
    host.page.mouse.click(*place(host, x, y))
    host.settle()
    corner = [10, 10]  # found by the page: the corner of the true box
    corner = host.page.evaluate("() => views['d2l-x'].model.get('items')[0].slice(1, 4)")
    boxes = [row for row in host.get("found") if row[5] == 8]
    assert boxes  # the bag
    from_right, from_bottom = x + side * 0.5, y + side * 0.5
    for dx in range(0, 10, 2):  # walk inwards until the corner is taken hold of
        at = (from_right - dx, from_bottom - dx)
        drag(host, at, (at[0] + 9, at[1] + 9))
        if host.get("items")[0][3] != side:
            break
    assert host.get("items")[0][3] > side
    assert corner == [x, y, side]


def test_keys_alone_compose_a_scene(host):
    page = host.page
    page.locator(".d2l-stage canvas").focus()
    page.keyboard.press("PageDown")
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "+", "t"):
        page.keyboard.press(key)
    item, x, y, side, tint = ITEMS[0]
    expected = [item, x + 2, y + 8, side + 2, (tint + 1) % 7]
    wait(host, "(row) => String(views['d2l-x'].model.get('items')[0]) === String(row)", expected)
    page.keyboard.press("Delete")
    wait(host, "() => views['d2l-x'].model.get('items').length === 3")
    page.get_by_role("button", name="Place a Bag (2)").focus()
    page.keyboard.press("Enter")
    wait(host, "() => views['d2l-x'].model.get('items').length === 4")
    assert host.get("items")[3][0] == 17


def test_placing_stops_where_the_scene_is_full(host):
    button = host.page.get_by_role("button", name="Place a Sneaker (1)")
    for _ in range(9):
        button.click()
    host.page.get_by_text("A scene holds 12 items").wait_for()
    assert len(host.get("items")) == 12


def test_the_thresholds_and_suppression_decide_what_is_shown(host):
    few = len(host.get("found"))
    host.page.get_by_role("checkbox", name="suppress doubles").uncheck()
    wait(host, "(few) => views['d2l-x'].model.get('found').length > few", few)
    many = len(host.get("found"))
    assert any("second box" in line for line in lines(host))
    host.set("confidence", 0.01)
    wait(host, "(many) => views['d2l-x'].model.get('found').length > many", many)
    host.set("confidence", 0.99)
    assert all(row[4] >= 0.99 for row in host.get("found"))
    assert any("not found" in line for line in lines(host))


def test_raw_outputs_show_what_a_cell_says(host):
    assert not host.page.locator(".d2l-cells").is_visible()
    host.set("raw", "grid")
    host.page.mouse.click(*place(host, 48, 4))  # no item there
    host.settle()
    assert host.get("cell") == 6
    assert host.page.locator(".d2l-cells tbody tr").count() == 3
    assert "column 7" in host.page.locator(".d2l-cells caption").inner_text()
    host.set("raw", "anchors")
    host.set("cell", -1)
    assert host.page.get_by_text("Click a cell").is_visible()


def test_a_pen_draws_and_the_detector_looks(make_host):
    host = show(make_host(), items=[], tool="draw", confidence=0.05)
    assert host.get("found") == [] or all(row[4] < 0.3 for row in host.get("found"))
    for path in (
        [(40, 25), (36, 70)],
        [(40, 25), (58, 25)],
        [(58, 25), (62, 70)],
        [(49, 40), (45, 70)],
        [(49, 40), (54, 70)],
    ):
        drag(host, *path)
    strokes = host.get("strokes")
    assert sum(row[2] for row in strokes) == 5
    wait(host, "() => views['d2l-x'].model.get('found').length > 0")
    assert any("you be the judge" in line for line in lines(host))
    host.page.get_by_role("button", name="Clear").click()
    wait(host, "() => views['d2l-x'].model.get('strokes').length === 0")


def test_keys_draw_too(make_host):
    host = show(make_host(), items=[], tool="draw")
    host.page.locator(".d2l-stage canvas").focus()
    for key in ("ArrowUp", "Enter", "Shift+ArrowRight", "ArrowDown", "Enter", "ArrowLeft"):
        host.page.keyboard.press(key)
    wait(host, "() => views['d2l-x'].model.get('strokes').length === 3")
    assert host.get("strokes") == [[48, 46, 1], [56, 46, 0], [56, 48, 0]]


def test_a_new_scene_has_other_items_and_restore_brings_back_the_first(host):
    host.page.get_by_role("button", name="New scene").click()
    wait(host, "() => views['d2l-x'].model.get('background') === 6")
    assert host.get("items") != ITEMS and 2 <= len(host.get("items")) <= 4
    host.page.get_by_role("button", name="Restore").click()
    wait(host, "() => views['d2l-x'].model.get('background') === 5")
    assert host.get("items") == ITEMS


def test_one_finger_drags_an_item(make_host):
    host = show(make_host(360, has_touch=True, is_mobile=True))
    host.page.touchscreen.tap(*place(host, *ITEMS[2][1:3]))
    host.settle()
    host.page.get_by_role("button", name="Smaller").tap()
    wait(host, "(side) => views['d2l-x'].model.get('items')[2][3] === side", ITEMS[2][3] - 2)


def test_it_never_blocks(host):
    """While an item is dragged no frame's script takes long: the network runs in slices."""
    host.page.evaluate("""() => {
        window.longest = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((e) => (longest = Math.max(longest, e.duration))))
            .observe({ type: "longtask" });
    }""")
    drag(host, ITEMS[0][1:3], (60, 60))
    assert (
        host.page.evaluate("longest") < 1000
    )  # loaded machines: a pass at once, again and again, would be far more


def test_your_own_detector_goes_in_and_wrong_ones_are_refused():
    torch.manual_seed(0)
    own = GridDetector([[10.0, 20.0], [30.0, 30.0]], widths=(4, 6, 8), num_blocks=1)
    bench = DetectionBenchExplorer.from_model(own, confidence=0.5)
    assert bench.confidence == 0.5
    assert bench.data["detector"]["anchors"] == [[10.0, 20.0], [30.0, 30.0]]
    assert bench.data["detector"] != DetectionBenchExplorer().data["detector"]
    with pytest.raises(TypeError, match="expected a d2lite"):
        DetectionBenchExplorer.from_model(torch.nn.Linear(2, 2))
    with pytest.raises(ValueError, match="detector of 3 classes"):
        DetectionBenchExplorer.from_model(GridDetector([[10.0, 20.0]], num_classes=3))
    with pytest.raises(ValueError, match="expected at most 150,000"):
        DetectionBenchExplorer.from_model(GridDetector([[10.0, 20.0]], widths=(16, 32, 96)))
    own.head.bias.data[0] = float("nan")
    with pytest.raises(ValueError, match="not finite"):
        DetectionBenchExplorer.from_model(own)


def test_an_own_detector_runs_in_the_page(make_host):
    torch.manual_seed(0)
    own = GridDetector([[10.0, 20.0], [30.0, 30.0]], widths=(4, 6, 8), num_blocks=1)
    host = make_host().open("detection_bench")
    state = {"data": DetectionBenchExplorer.from_model(own).data}
    host.page.evaluate("(state) => (window.own = state)", state)
    host.show("detection_bench", confidence=0.01)
    host.set("data", state["data"])
    assert host.messages == []


def test_the_palette_holds_two_test_items_of_each_class():
    targets = fashion_mnist()[1].targets[list(PALETTE)]
    assert targets.tolist() == [k // 2 for k in range(20)]
