"""The LeNet explorer, driven by mouse, keyboard and finger; its numbers against torch."""

import json

import numpy as np
import pytest
import torch

from d2lite._utils.encoding import from_base64
from d2lite.models import lenet
from d2lite.widgets import explorer_class
from d2lite.widgets._preview import run_module

pytestmark = pytest.mark.browser
PAGE = lenet.pretrained_payload()
IMAGES = from_base64(PAGE["images"], "uint8", (-1, 28, 28))


@pytest.fixture
def host(make_host):
    return make_host(height=1400).open("lenet").show("lenet")


def stage(host, label):
    return host.page.locator(f"canvas[aria-label='{label}']")


def at(host, label, x, y):
    """Pixels of a place given in parts of a stage."""
    box = stage(host, label).bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def torch_logits(pixels):
    inputs = (
        torch.tensor(np.asarray(pixels), dtype=torch.float64).reshape(1, 1, 28, 28) / 255 - PAGE["mean"]
    ) / PAGE["std"]
    return lenet.compute(lenet.unpack(PAGE), "relu", "max", inputs)[0].tolist()


def wait(host, condition):
    host.page.wait_for_function(
        f"() => {{ const get = (name) => views['d2l-x'].model.get(name); return {condition}; }}"
    )


def test_logits_are_torchs(host):
    for image in (7, 0, 19):
        host.set("image", image)
        assert host.get("logits") == pytest.approx(torch_logits(IMAGES[image]), abs=1e-6)
    host.set("image", -1)
    assert host.get("logits") == pytest.approx(torch_logits(np.zeros(784)), abs=1e-6)


def test_a_click_covers_and_the_network_answers(host):
    before = host.get("logits")
    host.page.mouse.click(*at(host, "The picture", 14.5 / 28, 10.5 / 28))
    wait(host, "get('cover').length === 1")
    host.settle()
    assert host.get("cover") == [[10, 14]]
    covered = IMAGES[7].copy()
    covered[7:14, 11:18] = 0
    assert host.get("logits") == pytest.approx(torch_logits(covered), abs=1e-6)
    assert host.get("logits") != pytest.approx(before, abs=0.1)
    host.page.get_by_role("button", name="Uncover").click()
    host.settle()
    assert host.get("logits") == pytest.approx(before, abs=1e-9)


def test_keys_move_the_cover_and_none_is_lost(host):
    stage(host, "The picture").focus()
    host.page.keyboard.press("Space")
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "Shift+ArrowDown", "ArrowUp"):
        host.page.keyboard.press(key)
    assert host.get("cover") == [[18, 11]]
    host.page.keyboard.press("Delete")
    assert host.get("cover") == []


def test_a_stroke_is_drawn_and_erased(host):
    host.set("image", -1)
    host.page.get_by_role("radio", name="Draw").check()
    host.page.mouse.move(*at(host, "The picture", 0.3, 0.5))
    host.page.mouse.down()
    host.page.mouse.move(*at(host, "The picture", 0.7, 0.5), steps=5)
    host.page.mouse.up()
    host.settle()
    drawn = np.array(host.get("pixels")).reshape(28, 28)
    assert drawn[14, 9:19].min() > 150
    assert drawn[:10].max() == drawn[18:].max() == 0
    assert host.get("logits") == pytest.approx(torch_logits(drawn), abs=1e-6)
    host.page.get_by_role("radio", name="Erase").check()
    host.page.mouse.click(*at(host, "The picture", 0.5, 0.5))
    host.settle()
    assert np.array(host.get("pixels")).reshape(28, 28)[14, 14] == 0
    host.page.get_by_role("button", name="Undo drawing").click()
    host.settle()
    assert host.get("pixels") == []


def test_keys_draw_too(host):
    host.page.get_by_role("radio", name="Draw").check()
    host.set("image", -1)
    stage(host, "The picture").focus()
    for key in ("ArrowRight", "Space"):
        host.page.keyboard.press(key)
    assert np.array(host.get("pixels")).reshape(28, 28)[14, 15] > 150


def test_images_are_chosen_by_radio_buttons(host):
    chosen = host.page.get_by_role("radio", name="Image 7: Sneaker")
    assert chosen.is_checked()
    chosen.focus()
    host.page.keyboard.press("ArrowRight")
    host.settle()
    assert host.get("image") == 8
    assert "Image 8: Bag" in host.page.locator(".d2l-verdict").inner_text()


def test_from_the_overview_to_a_single_product(host):
    host.page.mouse.click(*at(host, "Every layer of the network", 0.25, 0.06))
    host.settle()
    assert (host.get("layer"), host.get("unit")) == ("conv1", 1)
    story = host.page.locator(".d2l-story").inner_text()
    assert "Convolution 1, map 1" in story
    assert "25 products" in story
    host.page.mouse.move(*at(host, "The chosen value taken apart", 0.1, 0.47))
    tip = host.page.locator(".d2l-bottom .d2l-tip")
    tip.wait_for(state="visible")
    left, right = tip.inner_text().replace("−", "-").split("=")
    a, b = (float(part) for part in left.split("×"))
    assert a * b == pytest.approx(float(right), abs=0.02)


def test_arrows_go_from_map_to_map_and_place_to_place(host):
    stage(host, "Every layer of the network").focus()
    host.page.keyboard.press("ArrowRight")
    assert (host.get("layer"), host.get("unit")) == ("conv2", 11)
    for _ in range(2):
        host.page.keyboard.press("ArrowUp")
    assert host.get("layer") == "pool1"
    host.set("layer", "conv2")
    stage(host, "The chosen value taken apart").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft", "PageUp"):
        host.page.keyboard.press(key)
    assert (host.get("place"), host.get("source")) == ([4, 6], 4)


def test_softmax_is_shown_with_its_numbers(host):
    host.set("layer", "output")
    host.set("unit", 7)
    probability = torch.tensor(torch_logits(IMAGES[7])).softmax(0)[7].item()
    story = host.page.locator(".d2l-story").inner_text()
    assert "Softmax" in story
    assert f"{100 * probability:.0f}%" in story


def test_the_occlusion_map_comes_in_slices_and_ends(host):
    host.page.get_by_role("checkbox", name="Occlusion map").check()
    hint = host.page.locator(".d2l-hint").first
    host.page.wait_for_function(
        "() => document.querySelector('.d2l-hint').textContent.startsWith('Orange')", timeout=60_000
    )
    assert "Sneaker" in hint.inner_text()
    host.set("sensitivity", False)
    assert hint.inner_text() == ""


def test_logits_do_not_wait_for_the_occlusion_map(host):
    host.set("sensitivity", True)
    host.page.evaluate("""() => {
        const { model } = views['d2l-x'];
        window.events = [];
        model.on('change:logits', () => events.push('logits'));
        const watcher = new MutationObserver(() => events.push('map'));
        watcher.observe(document.querySelector('.d2l-hint'), { childList: true, characterData: true, subtree: true });
        model.set('image', 3);
    }""")
    host.page.wait_for_function("() => events.includes('logits')")
    assert host.page.evaluate("events[0]") == "logits"


def test_a_finger_covers_on_a_phone(make_host):
    host = make_host(360, height=2000, has_touch=True, is_mobile=True).open("lenet").show("lenet")
    host.page.touchscreen.tap(*at(host, "The picture", 0.5, 0.5))
    host.settle()
    assert host.get("cover") == [[14, 14]]


def test_an_image_that_is_not_there_is_the_last(host):
    host.set("image", 23)
    assert host.get("logits") == pytest.approx(torch_logits(IMAGES[19]), abs=1e-6)


@pytest.mark.parametrize(
    ("width", "ratio"), [(241, 0.72), (306, 0.72), (520, 0.72), (570, 2), (746, 2), (300, 1.5), (346, 1.5)]
)
def test_every_part_of_a_value_lies_inside_its_stage(width, ratio):
    folder = explorer_class("lenet")._folder
    modules = {name: folder / f"{name}.js" for name in ("detail", "model")}
    script = """
    import * as detail from "./detail.mjs";
    import * as model from "./model.mjs";
    import { readFileSync } from "node:fs";
    const { data, width, height } = JSON.parse(readFileSync(0, "utf8"));
    const network = model.openNetwork(data);
    const run = model.runNetwork(network, network.images[7]);
    const boxes = model.LAYERS.map(({ name }) => {
      const pick = model.selectUnit(name, 3, [2, 2]);
      const { strip, grids, out } = detail.layOutDetail(width, height, { pick, parts: model.takeApart(network, run, pick) });
      return [...strip.flatMap(({ map, kernel }) => [map, kernel]), ...grids, out].filter(Boolean);
    });
    process.stdout.write(JSON.stringify(boxes));
    """
    height = width / ratio
    layers = json.loads(run_module(script, modules, {"data": PAGE, "width": width, "height": height}))
    assert all(len(boxes) >= 3 for boxes in layers)
    for box in (box for boxes in layers for box in boxes):
        assert min(box["x"], box["y"]) >= 0
        assert box["x"] + box["width"] <= width + 1
        assert box["y"] + box["height"] <= height, box


@pytest.fixture(params=[(390, 844), (360, 800)], ids=["390 px", "360 px"])
def phone(make_host, request):
    width, height = request.param
    host = make_host(width, height=height, has_touch=True, is_mobile=True).open("lenet")
    host.page.add_style_tag(content="body { margin: 0 } h1 { display: none }")
    return host.show("lenet", folded=True)


def sheet(host):
    return host.page.locator(".d2l-bottom")


def tap(host, x, y):
    """Tap a place of the layers, given in parts of their stage; return where that is."""
    spot = at(host, "Every layer of the network", x, y)
    host.page.touchscreen.tap(*spot)
    host.settle()
    return spot


def test_on_a_phone_products_open_under_what_was_tapped(phone):
    assert not sheet(phone).is_visible()
    for x, y, layer in ((0.6, 0.08, "conv1"), (0.1, 0.3, "conv2"), (0.5, 0.95, "output")):
        spot = tap(phone, x, y)
        assert phone.get("layer") == layer
        box = sheet(phone).bounding_box()
        picture = phone.page.locator(".d2l-left > .d2l-stage").bounding_box()
        assert box["y"] > spot[1], "what was tapped stays in sight"
        assert box["y"] >= picture["y"] + picture["height"], "and so does the picture"
        assert box["y"] + box["height"] <= phone.page.viewport_size["height"], "all on one screen"
        assert stage(phone, "The chosen value taken apart").bounding_box()["height"] > 120
        assert "products" in phone.page.locator(".d2l-story").inner_text()
        phone.page.get_by_role("button", name="Close", exact=True).click()


def test_the_sheet_closes_by_button_escape_and_a_tap_beside_it(phone):
    close = phone.page.get_by_role("button", name="Close", exact=True)
    tap(phone, 0.6, 0.08)
    close.click()
    assert not sheet(phone).is_visible()
    tap(phone, 0.6, 0.08)  # the same place again
    assert sheet(phone).is_visible()
    stage(phone, "Every layer of the network").focus()
    phone.page.keyboard.press("Escape")
    assert not sheet(phone).is_visible()
    phone.page.get_by_role("button", name="Show the products").click()
    assert sheet(phone).is_visible()
    phone.page.touchscreen.tap(*at(phone, "The picture", 0.02, 0.02))
    phone.settle()
    assert not sheet(phone).is_visible()


def test_keys_open_the_sheet_and_the_focus_is_kept(phone):
    layers = stage(phone, "Every layer of the network")
    layers.focus()
    phone.page.keyboard.press("ArrowRight")
    phone.settle()
    assert sheet(phone).is_visible()
    assert layers.evaluate("(canvas) => canvas === document.activeElement")
    phone.page.keyboard.press("Escape")
    phone.page.keyboard.press("Enter")
    phone.settle()
    assert sheet(phone).is_visible()
    stage(phone, "The chosen value taken apart").focus()
    phone.page.keyboard.press("Escape")
    assert not sheet(phone).is_visible()
    assert layers.evaluate("(canvas) => canvas === document.activeElement"), "not lost with the sheet"


def test_words_open_the_sheet_too(phone):
    words = '<a href="#d2l-x?layer=conv1&unit=5&place=9,24">its strongest pixel</a>'
    phone.page.evaluate(
        "(html) => document.querySelector('main').insertAdjacentHTML('beforeend', html)", words
    )
    phone.page.get_by_text("its strongest pixel").tap()
    phone.settle()
    assert sheet(phone).is_visible()
    assert "map 5, row 9, column 24" in phone.page.locator(".d2l-story").inner_text()


def test_on_a_laptop_the_products_stand_beside_the_layers(make_host):
    host = make_host(844, height=768).open("lenet").show("lenet", folded=True)
    assert sheet(host).is_visible()
    assert not host.page.get_by_role("button", name="Close", exact=True).is_visible()
    host.page.keyboard.press("Escape")
    assert sheet(host).is_visible()
    boxes = [
        stage(host, name).bounding_box()
        for name in ("The picture", "Every layer of the network", "The chosen value taken apart")
    ]
    assert max(box["y"] + box["height"] for box in boxes) - boxes[0]["y"] < 704
