"""The architect's table, driven by mouse, keyboard and finger."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host(permissions=["clipboard-read", "clipboard-write"]).open("architect").show("architect")


def test_it_opens_on_the_layer_with_three_quarters_of_the_parameters(host):
    said = host.read()
    assert "Layer 20, dense 4096, gives 4096: 102,764,544 parameters, 74% of all" in said
    assert "102,760,448 multiply-adds, 0.7%" in said
    assert "138,357,544" in said


def test_a_layer_is_chosen_by_click_and_arrows(host):
    box = host.page.locator("canvas").bounding_box()
    host.page.mouse.click(box["x"] + 60, box["y"] + 30)
    host.wait("get('chosen') === 1")
    host.page.locator("canvas").focus()
    host.page.keyboard.press("ArrowDown")
    host.wait("get('chosen') === 2")
    assert "Layer 2, conv 3×3, 64, gives 64 × 224 × 224" in host.read()


def test_a_published_network_brings_its_input(host):
    host.page.get_by_role("combobox", name="network").select_option("LeNet-5")
    host.wait("get('network') === 'lenet' && get('size') === 28 && get('in_channels') === 1")
    assert "61,706" in host.read()


@pytest.mark.parametrize(("network", "count"), [("lenet", 8), ("vgg16", 22)])
def test_rows_spread_over_the_table_and_are_no_taller_than_a_finger(host, network, count):
    """Those of LeNet filled two fifths of it: an empty half stood between them and the controls."""
    host.set("network", network)
    box = host.page.locator("canvas").bounding_box()
    row = min(44, (box["height"] - 20) / count)
    host.page.mouse.click(box["x"] + 60, box["y"] + 20 + (count - 0.5) * row)
    host.wait(f"get('chosen') === {count}")
    host.page.mouse.click(box["x"] + 60, box["y"] + 20 + 2.5 * row)
    host.wait("get('chosen') === 3")


def test_numbers_are_changed_layers_added_moved_and_removed(host):
    host.set("network", "lenet")
    host.set("size", 28)
    host.set("in_channels", 1)
    host.set("chosen", 1)
    host.settle()
    host.page.get_by_label("maps").fill("12")
    host.page.get_by_label("maps").press("Enter")
    host.wait("get('network') === 'own' && get('layers')[0][1] === 12 && get('layers').length === 8")
    host.page.get_by_role("button", name="Add after").click()
    host.wait("get('layers').length === 9 && get('chosen') === 2")
    host.page.get_by_label("Kind of the chosen layer").select_option("residual block")
    host.wait("get('layers')[1][0] === 8 && get('layers')[1][1] === 64")
    host.page.get_by_role("button", name="Move up").click()
    host.wait("get('layers')[0][0] === 8 && get('chosen') === 1")
    host.page.get_by_role("button", name="Remove").click()
    host.wait("get('layers').length === 8 && get('layers')[0][0] === 0")


def test_what_is_impossible_is_explained(host):
    host.set("size", 20)
    assert "Layer 18, max pooling: its kernel is 2 wide, and its input only 1." in host.read()
    host.set("size", 32)
    assert "cannot" not in host.read()


def test_values_out_of_range_are_refused(host):
    host.set("chosen", 1)
    host.settle()
    field = host.page.get_by_label("groups")
    field.fill("0")
    field.press("Enter")
    host.page.get_by_text("groups is a whole number from 1 to 8192.").wait_for()
    host.wait("get('layers')[0][5] === 1")


def test_an_empty_network_is_no_error(host):
    host.set("layers", [])
    host.set("network", "own")
    assert "No layer yet" in host.read()
    host.page.get_by_role("button", name="Add after").click()
    host.wait("get('layers').length === 1")


def test_the_network_is_copied(host):
    host.page.get_by_role("button", name="Copy as PyTorch").click()
    host.page.get_by_text("The network is copied as a cell of Python.").wait_for()
    code = host.page.evaluate("navigator.clipboard.readText()")
    assert "nn.Linear(25088, 4096)" in code
    assert "138357544" in code


def test_one_finger_chooses(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("architect").show("architect")
    box = host.page.locator("canvas").bounding_box()
    host.page.touchscreen.tap(box["x"] + 40, box["y"] + box["height"] - 4)
    host.wait("get('chosen') === 22")
