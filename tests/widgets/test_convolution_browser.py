"""The convolution explorer, driven by mouse, keyboard and finger, against torch."""

import pytest
import torch
import torch.nn.functional as F

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("convolution").show("convolution")


def canvas(host, which):
    return host.page.locator(".d2l-column canvas").nth(which)


def cell(host, which, row, column, side):
    """Pixels of the middle of a cell of the picture (0) or of the output (1)."""
    box = canvas(host, which).bounding_box()
    size = box["width"] / side
    return box["x"] + (column + 0.5) * size, box["y"] + (row + 0.5) * size


def expected_output(pixels, weights, size, channels=1, k=3, **settings):
    x = torch.tensor(pixels, dtype=torch.float64).reshape(1, channels, size, size)
    weight = torch.tensor(weights, dtype=torch.float64).reshape(1, channels, k, k)
    return F.conv2d(x, weight, **settings).flatten().tolist()


def wait(host, condition, arg=None):
    host.page.wait_for_function(
        f"(arg) => {{ const get = (name) => views['d2l-x'].model.get(name); return {condition}; }}", arg=arg
    )


def text(host):
    return host.page.locator(".d2l-readout").inner_text()


def test_own_numbers_that_do_not_fill_the_kernel_or_the_picture_are_told(make_host):
    values = {"preset": "own", "kernel": [1.0] * 25, "picture": "own", "pixels": [0.5] * 25, "size": 5}
    host = make_host().open("convolution").show("convolution", **values)
    assert "Your own kernel has 25 numbers, and 9 have room: the first are used." in text(host)
    assert "picture has" not in text(host)
    host.set("kernel_size", 5)
    assert "have room" not in text(host)
    host.set("size", 6)
    assert "Your own picture has 25 numbers, and 36 have room: the others are 0." in text(host)
    host.set("picture", "square")
    assert "have room" not in text(host)


def test_painting_changes_the_picture_and_the_output(host):
    host.set("picture", "own")
    host.page.mouse.move(*cell(host, 0, 5, 5, 16))
    host.page.mouse.down()
    host.page.mouse.move(*cell(host, 0, 5, 8, 16), steps=6)
    host.page.mouse.up()
    wait(host, "get('pixels').filter((v) => v === 1).length === 4")
    host.settle()
    pixels = host.get("pixels")
    assert [i for i, v in enumerate(pixels) if v == 1] == [85, 86, 87, 88]
    sobel = [-1, 0, 1, -2, 0, 2, -1, 0, 1]
    assert host.get("output") == pytest.approx(expected_output(pixels, sobel, 16), abs=1e-9)


def test_the_picture_is_painted_by_keys_too(host):
    host.set("picture", "own")
    canvas(host, 0).focus()
    for key in ("ArrowRight", "Enter", "ArrowDown", "9", "ArrowLeft", "5"):
        host.page.keyboard.press(key)
    wait(host, "get('pixels').some((v) => v === 0.56)")
    pixels = host.get("pixels")
    assert {i: v for i, v in enumerate(pixels) if v} == {8 * 16 + 9: 1, 9 * 16 + 9: 1, 9 * 16 + 8: 0.56}


def test_a_weight_is_typed_stepped_and_dragged(host):
    weight = host.page.get_by_label("Kernel row 2, column 2")
    weight.fill("-2,5")
    weight.press("Enter")
    wait(host, "get('preset') === 'own' && get('kernel')[4] === -2.5")
    weight.press("ArrowUp")
    wait(host, "get('kernel')[4] === -1.5")
    weight.fill("much")
    weight.press("Enter")
    host.page.get_by_text("cannot be “much”").wait_for()
    assert host.get("kernel") == [-1, 0, 1, -2, -1.5, 2, -1, 0, 1]
    host.page.get_by_role("button", name="Dismiss").click()
    box = weight.bounding_box()
    host.page.mouse.move(box["x"] + 10, box["y"] + 10)
    host.page.mouse.down()
    host.page.mouse.move(box["x"] + 10, box["y"] - 20, steps=5)
    host.page.mouse.up()
    wait(host, "get('kernel')[4] > 0")


def test_pointing_at_the_output_and_arrows_move_the_window(host):
    host.page.mouse.move(*cell(host, 1, 3, 6, 14))
    wait(host, "get('position') === 3 * 14 + 6")
    canvas(host, 1).focus()
    host.page.keyboard.press("ArrowDown")
    host.page.keyboard.press("ArrowRight")
    wait(host, "get('position') === 4 * 14 + 7")
    host.settle()
    assert "row 5, column 8" in text(host)


def test_play_steps_to_the_end_and_begins_again(host):
    host.set("size", 4)
    host.set("position", 0)
    host.page.get_by_role("button", name="Step").click()
    wait(host, "get('position') === 1")
    host.page.get_by_role("button", name="Play", exact=True).click()
    wait(host, "get('position') === 3")
    host.page.get_by_role("button", name="Play", exact=True).wait_for()
    host.page.get_by_role("button", name="Step").click()
    wait(host, "get('position') === 0")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"size": 8, "dilation": 4}, "it spans 4·(3 − 1) + 1 = 9 pixels, and the side has 8 pixels"),
        ({"size": 3, "kernel_size": 4}, "Take a smaller kernel"),
    ],
)
def test_what_is_impossible_is_explained(host, values, words):
    for name, value in values.items():
        host.set(name, value)
    assert words in text(host)
    assert host.page.locator(".d2l-sum.d2l-bad").count() == 1
    assert host.get("output") == []
    host.page.get_by_role("button", name="Step").click()  # nothing breaks
    host.set("padding", 4)
    assert "add up to" in text(host)


def test_pixels_that_no_window_sees_are_counted(host):
    host.set("size", 8)
    host.set("stride", 3)
    assert "⌊2.67⌋ = 2" in text(host)
    assert f"{64 - 36} pixels that no window sees" in text(host)


def test_colour_has_three_kernels_and_one_sum(host):
    host.set("picture", "coffee")
    host.set("size", 6)
    host.set("channels", 3)
    assert host.page.locator(".d2l-product-row").count() == 3
    assert "The 27 products" in text(host)
    red = host.page.get_by_label("Kernel red row 1, column 1")
    red.fill("7")
    red.press("Enter")
    wait(host, "get('kernel').length === 27 && get('kernel')[0] === 7")
    assert host.get("kernel")[9] == -1


def test_a_change_of_size_keeps_what_was_painted(host):
    host.set("size", 8)
    host.page.mouse.click(*cell(host, 0, 3, 3, 8))
    wait(host, "get('picture') === 'own' && get('pixels')[27] === 1")
    slider = host.page.get_by_role("slider", name="picture side")
    slider.focus()
    slider.press("ArrowRight")
    wait(host, "get('pixels').length === 81")
    assert host.get("pixels")[4 * 9 + 4] == 1


def test_true_convolution_turns_the_kernel(host):
    before = host.get("output")
    host.set("flip", True)
    assert host.get("output") == pytest.approx([-v for v in before], abs=1e-12)  # Sobel's kernel is odd


def test_one_finger_paints_and_slides(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("convolution").show("convolution", size=8)
    host.page.touchscreen.tap(*cell(host, 0, 1, 1, 8))
    wait(host, "get('pixels')[9] === 1")
    canvas(host, 1).scroll_into_view_if_needed()
    host.page.touchscreen.tap(*cell(host, 1, 2, 2, 6))
    wait(host, "get('position') === 14")


def painted(host):
    """Whether each output's cell is of one colour, which the stripes of those to come are not."""
    return host.page.evaluate("""() => {
        const canvas = document.querySelectorAll(".d2l-column canvas")[1];
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        const side = canvas.width / 14;
        const pixels = (i, j) => copy.getImageData((j + 0.25) * side, (i + 0.25) * side, side / 2, side / 2).data;
        const isEven = (data) => data.every((value, k) => value === data[k % 4]);
        return Array.from({ length: 196 }, (_, k) => isEven(pixels(Math.floor(k / 14), k % 14)));
    }""")


def test_the_output_fills_in_as_the_window_slides(host):
    host.set("fill", True)
    host.set("position", 75)
    shown = painted(host)
    assert all(shown[:76])
    assert sum(shown[76:]) < 10  # a stripe may miss a cell
    host.page.get_by_role("button", name="Step").click()
    wait(host, "get('position') === 76")
    host.settle()
    assert painted(host)[76]
    assert "Striped: not computed yet" in text(host)


def test_while_it_fills_pointing_does_not_empty_it_and_pressing_moves(host):
    host.set("fill", True)
    host.set("position", 150)
    host.page.mouse.move(*cell(host, 1, 3, 6, 14))
    host.settle()
    assert host.get("position") == 150
    host.page.mouse.down()
    host.page.mouse.up()
    wait(host, "get('position') === 3 * 14 + 6")


def test_the_products_and_their_sum_are_the_output(host):
    numbers = lambda name: [
        float(t.replace("−", "-")) for t in host.page.locator(f".d2l-{name} .d2l-cell").all_inner_texts()
    ]
    found = float(host.page.locator(".d2l-total").inner_text().replace("−", "-"))
    assert found == pytest.approx(host.get("output")[host.get("position")], rel=0.01)
    assert sum(numbers("products")) == pytest.approx(found, abs=0.15)  # each is rounded


@pytest.mark.parametrize(("width", "height"), [(844, 768), (390, 844), (360, 800)])
def test_picture_products_and_output_are_seen_together(make_host, width, height):
    host = make_host(width, height=height).open("convolution")
    host.page.add_style_tag(content="body { margin: 0 }")
    host.show("convolution", folded=True, fill=True)
    parts = (
        ".d2l-left > .d2l-stage",
        ".d2l-window",
        ".d2l-total",
        ".d2l-right > .d2l-stage",
        ".d2l-transport",
    )
    boxes = [host.page.locator(part).bounding_box() for part in parts]
    assert max(box["y"] + box["height"] for box in boxes) - boxes[0]["y"] <= 400
    for shown in host.page.locator(".d2l-products .d2l-cell").all():
        assert shown.evaluate("(cell) => cell.scrollWidth <= cell.clientWidth + 1")


def test_stride_and_padding_wait_until_they_are_wanted(host):
    stride = host.page.get_by_text("stride", exact=True)
    assert stride.is_visible()
    host.set("fill", True)
    assert not stride.is_visible()
    host.set("stride", 2)
    assert stride.is_visible()
