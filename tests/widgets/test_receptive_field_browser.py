"""The receptive-field explorer, driven by mouse, keyboard and finger."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("receptive_field").show("receptive_field")


def readout(host):
    return host.page.locator(".d2l-readout").inner_text()


def wait(host, condition):
    host.page.wait_for_function(
        f"() => {{ const get = (name) => views['d2l-x'].model.get(name); return {condition}; }}"
    )


def test_it_opens_with_two_layers_that_see_five(host):
    assert "Unit 7 of layer 2 has a receptive field of 5 × 5 pixels." in readout(host)


def test_a_click_chooses_a_unit_and_arrows_move_on(host):
    box = host.page.locator(".d2l-left canvas").bounding_box()
    host.page.mouse.click(box["x"] + box["width"] - 20, box["y"] + box["height"] / 2)
    wait(host, "get('level') === 1 && get('unit') === 13")
    host.settle()
    assert "Unit 14 of layer 1 has a receptive field of 3 × 3" in readout(host)
    host.page.locator(".d2l-left canvas").focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp"):
        host.page.keyboard.press(key)
    wait(host, "get('level') === 2 && get('unit') === 9")


def test_layers_are_edited_added_and_removed(host):
    host.page.get_by_label("Layer 1, stride").fill("2")
    host.page.get_by_label("Layer 1, stride").press("Enter")
    wait(host, "get('stack') === 'own' && get('layers')[0][2] === 2")
    host.settle()
    assert "7 × 7 pixels" in readout(host)
    host.page.get_by_role("button", name="Add a layer").click()
    wait(host, "get('layers').length === 3")
    host.settle()
    host.page.get_by_label("Layer 3, kind").select_option("max pool")
    host.page.get_by_role("button", name="Remove layer 2").click()
    wait(host, "get('layers').length === 2 && get('layers')[1][0] === 1")


def test_what_is_impossible_is_explained(host):
    host.set("size", 4)
    assert "Layer 2: its kernel spans 3, and the side has 2" in readout(host)
    assert host.page.locator(".d2l-answer.d2l-bad").count() == 1
    assert host.page.locator(".d2l-shape.d2l-bad").inner_text() == "cannot be"
    host.set("size", 8)
    assert "5 × 5" in readout(host)


def test_values_out_of_range_are_refused(host):
    field = host.page.get_by_label("Layer 1, kernel")
    field.fill("99")
    field.press("Enter")
    host.page.get_by_text("kernel is a whole number from 1 to 11").wait_for()
    assert host.get("layers")[0][1] == 11


def test_holes_are_told(host):
    host.page.get_by_role("combobox", name="layers").select_option("dilations 2, 2, 2")
    wait(host, "get('stack') === 'gridding'")
    host.settle()
    assert "with holes: it sees 7 pixels along a side" in readout(host)


def test_an_empty_stack_is_no_error(host):
    host.set("layers", [])
    host.set("stack", "own")
    assert "add one" in readout(host)


def test_a_unit_that_sees_padding_alone_is_told(host):
    host.set("layers", [[0, 1, 1, 1, 3, 16]])
    host.set("unit", 0)
    host.set("stack", "own")
    assert "The chosen unit sees padding alone." in readout(host)


def test_one_finger_chooses(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("receptive_field").show("receptive_field")
    box = host.page.locator(".d2l-left canvas").bounding_box()
    host.page.touchscreen.tap(box["x"] + box["width"] - 12, box["y"] + box["height"] / 6)
    wait(host, "get('level') === 2 && get('unit') === 11")
