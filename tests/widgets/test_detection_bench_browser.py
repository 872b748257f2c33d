"""The detection bench, driven by mouse, keyboard, pen and finger; its boxes against torch's."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch

from d2lite.datasets import fashion_mnist
from d2lite.models import GridDetector, detect, pretrained_detector, quantized_detector
from d2lite.widgets import DetectionBenchExplorer, explorer_class
from d2lite.widgets._palette import PALETTE
from d2lite.widgets._preview import run_module
from d2lite.widgets.detection_bench import ITEMS, bench_payload

pytestmark = pytest.mark.browser
SIDE = 96
SPEC = importlib.util.spec_from_file_location(
    "bench_traces", Path(__file__).parent / "traces" / "detection_bench.py"
)
traces = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(traces)
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


def bytes_of(rows):
    """The (3, 96, 96) bytes the page composes, by node: sums in another order may round a byte otherwise."""
    model = explorer_class("detection_bench")._folder / "model.js"
    script = """
    import * as model from "./model.mjs";
    import { readFileSync } from "node:fs";
    const { palette, rows } = JSON.parse(readFileSync(0, "utf8"));
    const scene = model.makePicture(model.readPalette(palette), { background: 5, items: rows, strokes: [] });
    process.stdout.write(JSON.stringify([...scene.bytes]));
    """
    request = {"palette": bench_payload()["palette"], "rows": rows}
    answer = run_module(script, {"model": model}, request)
    return torch.tensor(json.loads(answer), dtype=torch.uint8).view(3, SIDE, SIDE)


def by_torch(detector, rows, confidence):
    """What a detector, with weights of 8 bits, finds in double precision in a scene of the bench."""
    image = bytes_of(rows)
    composed = torch.tensor(traces.compose(5, rows, [])[0]).clamp(0, 255).to(torch.uint8)
    assert ((image.int() - composed.int()).abs() <= 1).all()
    twin = quantized_detector(detector.double())
    with torch.no_grad():
        outputs = twin(image[None].double() / 255)
        found = detect(outputs, twin.boxes(outputs), confidence, 0.45)[0]
    found = zip(*(found[key].tolist() for key in ("boxes", "scores", "classes")), strict=True)
    return [[*box, score, label] for box, score, label in found]


def test_it_opens_with_detections_right_and_wrong(host):
    text = lines(host)
    assert sum("right" in line for line in text) >= 3
    assert any("wrong" in line for line in text)
    assert host.page.locator(".d2l-kind-correct").count() >= 3
    assert "432 boxes" in host.page.locator(".d2l-funnel").inner_text()


def test_boxes_are_those_of_torch(make_host):
    for rows, confidence in ((ITEMS, 0.3), (ITEMS[1:], 0.05), (traces.CROWD, 0.1)):
        expected = by_torch(pretrained_detector()[0], rows, confidence)
        host = show(make_host(), items=rows, confidence=confidence)
        wait(host, FOUND, len(expected))
        assert len(expected) >= 3
        for got, row in zip(host.get("found"), expected, strict=True):
            assert got == pytest.approx(row, abs=1e-8)


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
    wait(
        host,
        "() => [...document.querySelectorAll('button')].find((b) => b.textContent === 'Remove').disabled",
    )


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
    spoken = page.locator(".d2l-explorer > [aria-live]").last
    assert spoken.inner_text() == f"Item 1 of 4, Bag, at {x + 2}, {y + 8}, {side + 2} pixels."
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
    assert bench.data["detector"]["heads"][0][2] == [[10.0, 20.0], [30.0, 30.0]]
    assert bench.data["detector"] != DetectionBenchExplorer().data["detector"]
    with pytest.raises(TypeError, match="expected a d2lite"):
        DetectionBenchExplorer.from_model(torch.nn.Linear(2, 2))
    with pytest.raises(ValueError, match="detector has 3 classes"):
        DetectionBenchExplorer.from_model(GridDetector([[10.0, 20.0]], num_classes=3))
    with pytest.raises(ValueError, match="expected at most 100,000"):
        DetectionBenchExplorer.from_model(GridDetector([[10.0, 20.0]], widths=(16, 32, 96)))
    own.head.bias.data[0] = float("nan")
    with pytest.raises(ValueError, match="not finite"):
        DetectionBenchExplorer.from_model(own)


def test_an_own_detector_runs_in_the_page(make_host):
    torch.manual_seed(0)
    own = GridDetector([[10.0, 20.0], [30.0, 30.0]], widths=(4, 6, 8), num_blocks=1).eval()
    torch.nn.init.normal_(own.head.weight, std=0.5)
    torch.nn.init.zeros_(own.head.bias)
    bench = DetectionBenchExplorer.from_model(own, confidence=0.03)
    state = {name: getattr(bench, name) for name in [*bench.params(), "_spec", "_python", "_explorer", "key"]}
    host = make_host().open("detection_bench")
    host.page.evaluate("(state) => show('d2l-x', '/detection_bench.js', state, 'site')", state)
    expected = by_torch(own, ITEMS, 0.03)
    assert expected
    wait(host, FOUND, len(expected))
    for got, row in zip(host.get("found"), expected, strict=True):
        assert got == pytest.approx(row, abs=1e-8)


def test_of_very_many_boxes_the_best_are_found(host):
    detector = GridDetector([[10.0 + k, 20.0] for k in range(9)], widths=(4, 6, 8), num_blocks=1).eval()
    for part in (detector.head.weight, detector.head.bias):
        torch.nn.init.zeros_(part)  # every position scores 0.5 / 10
    host.set("confidence", 0.01)
    host.set("nms", False)
    host.set("data", DetectionBenchExplorer.from_model(detector).data)
    host.page.get_by_text("1296 boxes → 1296 score 0.01 or more").wait_for()
    wait(host, FOUND, 500)
    assert host.page.locator(".d2l-note").count() == 0


def test_another_detector_takes_the_place_of_the_one_shown(host):
    torch.manual_seed(0)
    own = GridDetector([[10.0, 20.0], [30.0, 30.0]], widths=(4, 6, 8), num_blocks=1).eval()
    torch.nn.init.normal_(own.head.weight, std=0.5)
    torch.nn.init.zeros_(own.head.bias)
    host.set("confidence", 0.03)
    host.set("data", DetectionBenchExplorer.from_model(own).data)  # as bench.data = ... in a notebook
    expected = by_torch(own, ITEMS, 0.03)
    wait(host, FOUND, len(expected))
    assert f"{12 * 12 * 2} boxes" in host.page.locator(".d2l-funnel").inner_text()
    for got, row in zip(host.get("found"), expected, strict=True):
        assert got == pytest.approx(row, abs=1e-8)
    assert host.page.locator(".d2l-explorer").count() == 1
    assert host.page.locator(".d2l-more").evaluate("fold => fold.open")  # as it was
    host.page.get_by_role("button", name="Restore").click()
    assert host.get("confidence") == 0.3
    host.page.evaluate("views['d2l-x'].close()")
    assert host.page.evaluate("views['d2l-x'].model.count()") == 0


def test_the_palette_holds_two_test_items_of_each_class():
    targets = fashion_mnist()[1].targets[list(PALETTE)]
    assert targets.tolist() == [k // 2 for k in range(20)]
