"""The paths explorer, driven by mouse, keyboard and finger."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("paths").show("paths")


def test_it_opens_on_the_path_that_becomes_ten_times_cheaper(host):
    said = host.read()
    assert "Path 3, 1×1 to 16, then 5×5 to 32: 15,920 parameters, 12,443,648 multiply-adds" in said
    assert "Without its reduction: 120,422,400 multiply-adds, 9.7 times as many." in said
    assert "256 × 28 × 28" in said
    assert "163,696" in said


def test_a_handle_is_moved_by_arrows_and_mouse(host):
    handle = host.page.get_by_role("slider", name="maps before the 5 × 5")
    handle.focus()
    handle.press("ArrowUp")
    host.wait("get('block') === 'own' && get('maps')[3] === 17 && get('in_channels') === 192")
    handle.press("Shift+ArrowDown")
    host.wait("get('maps')[3] === 9")
    box = handle.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    host.page.mouse.move(*middle)
    host.page.mouse.down()
    host.page.mouse.move(middle[0], middle[1] + 20, steps=4)
    host.page.mouse.up()
    host.wait("get('maps')[3] > 40 && get('maps')[3] < 160 && get('maps')[4] === 32")


def test_a_path_is_chosen_by_click_and_arrows(host):
    canvas = host.page.locator("canvas")
    box = canvas.bounding_box()
    host.page.mouse.click(box["x"] + box["width"] - 30, box["y"] + 60)
    host.wait("get('path') === 1")
    assert "Path 1, 1×1 to 64" in host.read()
    canvas.focus()
    host.page.keyboard.press("ArrowDown")
    host.wait("get('path') === 2")


def test_without_reductions_what_they_made_cannot_be_dragged(host):
    host.page.get_by_label("1 × 1 reductions").uncheck()
    host.wait("get('reduced') === false")
    said = host.read()
    assert "416 × 28 × 28" in said
    assert "With its reduction: 12,443,648 multiply-adds, 9.7 times fewer." in said
    assert host.page.locator(".d2l-grip:visible").count() == 3
    host.set("path", 4)
    assert "it gives 192 × 28 × 28. With a 1×1 behind it, it would give 32 maps." in host.read()


def test_a_reduction_that_saves_nothing_is_called_so(host):
    host.set("maps", [64, 96, 128, 160, 32, 32])
    host.set("block", "own")
    assert "Without its reduction: 120,422,400 multiply-adds, nearly the same." in host.read()


def test_a_block_of_ones_own_begins_as_the_one_that_is_there(host):
    host.page.get_by_role("combobox", name="block").select_option("5b")
    assert "1024 × 7 × 7" in host.read()
    assert not host.page.get_by_text("maps of the input").is_visible()
    host.page.get_by_role("combobox", name="block").select_option("your own")
    host.wait("get('in_channels') === 832 && get('side') === 7 && get('maps')[0] === 384")
    assert "1024 × 7 × 7" in host.read()


def test_one_finger_chooses(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("paths").show("paths")
    box = host.page.locator("canvas").bounding_box()
    host.page.touchscreen.tap(box["x"] + box["width"] - 20, box["y"] + box["height"] - 20)
    host.wait("get('path') === 4")
