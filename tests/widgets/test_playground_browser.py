"""The playground, driven by mouse and keyboard."""

import pytest
from torch import nn

from d2lite.widgets import PlaygroundExplorer

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("playground").show("playground")


def stage(host, name):
    return host.page.locator(f".d2l-{name} canvas")


def picture(host, name):
    return stage(host, name).evaluate("(canvas) => canvas.toDataURL()")


def test_play_lowers_the_loss_and_reset_restores_the_start(host):
    host.set("epoch_count", 0)
    first, start = host.get("weights"), host.get("train_loss")
    host.page.get_by_role("button", name="Play", exact=True).click()
    host.page.wait_for_function("views['d2l-x'].model.get('epoch_count') >= 60")
    host.page.get_by_role("button", name="Pause").click()
    host.set("epoch_count", 60)  # a later epoch may lie on a spike of the loss, as the 120th does
    host.settle()
    assert host.get("train_loss") < start / 2
    assert host.get("test_loss") < start / 2
    host.page.get_by_role("button", name="Reset").click()
    host.settle()
    assert (host.get("weights"), host.get("train_loss"), host.get("epoch_count")) == (first, start, 0)


def test_an_epoch_is_the_same_whenever_it_is_looked_at(host):
    host.set("epoch_count", 40)
    wanted = host.get("weights")
    curve = host.page.get_by_role("slider", name="Epoch shown")
    curve.focus()
    for key in ("Home", "PageUp", "ArrowRight"):
        host.page.keyboard.press(key)
    host.settle()
    assert host.get("epoch_count") == 11
    assert host.get("weights") != wanted
    host.page.keyboard.press("End")
    host.settle()
    assert host.get("epoch_count") == 40
    assert host.get("weights") == wanted


def test_keys_look_at_units_and_change_the_network(host):
    output, keys = picture(host, "plane"), host.page.keyboard
    stage(host, "network").focus()
    keys.press("ArrowLeft")
    keys.press("ArrowDown")
    host.settle()
    assert host.get("unit") == [1, 2]
    assert picture(host, "plane") != output
    keys.press("+")
    assert host.get("layers") == [5]
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        keys.press(key)
    assert host.get("x1x2") is True
    keys.press("Escape")
    host.settle()
    assert host.get("unit") == []
    assert len(host.get("weights")) == 3 * 5 + 5 + 5 + 1


def test_pointing_at_a_unit_shows_its_function_and_pressing_keeps_it(host):
    output, box = picture(host, "plane"), stage(host, "network").bounding_box()
    host.page.mouse.move(box["x"] + 0.55 * box["width"], box["y"] + 0.45 * box["height"])
    host.settle()
    unit = picture(host, "plane")
    assert unit != output
    host.page.mouse.click(box["x"] + 0.55 * box["width"], box["y"] + 0.45 * box["height"])
    host.page.mouse.move(0, 0)
    host.settle()
    assert host.get("unit")[0] == 1
    assert picture(host, "plane") == unit


def test_points_of_ones_own_are_added_turned_moved_and_cleared(host):
    before, box = host.get("weights"), stage(host, "plane").bounding_box()
    host.page.get_by_role("button", name="blue").click()
    host.page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.1 * box["height"])
    host.settle()
    assert host.get("points") == [[pytest.approx(0, abs=0.02), pytest.approx(1, abs=0.02), 0]]
    assert host.get("weights") != before
    stage(host, "plane").focus()
    for key in ("PageDown", "c", "ArrowRight"):
        host.page.keyboard.press(key)
    assert host.get("points")[0][0] > 0
    assert host.get("points")[0][2] == 1
    host.page.get_by_role("button", name="Clear").click()
    host.settle()
    assert host.get("points") == []
    assert host.get("weights") == before
    host.set("dataset", "own")
    assert "Click in the plane" in host.page.locator(".d2l-bad").inner_text()


def test_a_network_from_python_is_shown_and_trains_on(make_host):
    explorer = PlaygroundExplorer(activation="relu")
    explorer.load(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1)))
    host = make_host().open("playground").show("playground", **explorer.state())
    assert host.get("weights") == explorer.start_weights
    assert not host.page.locator(".d2l-bad").is_visible()
    host.page.get_by_role("button", name="Step").click()
    host.settle()
    assert host.get("weights") != explorer.start_weights
    host.page.get_by_role("button", name="hidden layers +").click()
    assert host.get("start_weights") == []
    assert len(host.get("layers")) == 3


def test_the_network_is_copied_as_a_cell(make_host):
    host = make_host(permissions=["clipboard-read", "clipboard-write"]).open("playground").show("playground")
    host.page.get_by_role("button", name="Copy the network as Python").click()
    host.page.get_by_text("The network is copied").wait_for()
    code = host.page.evaluate("navigator.clipboard.readText()")
    names = {}
    exec(code, names)
    assert [tuple(p.shape) for p in names["network"].parameters()] == [(4, 2), (4,), (1, 4), (1,)]


def test_four_seeds_and_histograms_are_shown_on_request(host):
    assert host.page.locator(".d2l-bottom canvas:visible").count() == 0
    host.set("seeds", 4)
    host.set("histograms", True)
    assert host.page.locator(".d2l-bottom canvas:visible").count() == 2


def test_a_hostile_link_is_refused_in_words(make_host):
    link = "#d2l-x?layers=99,x&unit=9,9&start_weights=1,2&lr=1e99&points=1,2&dataset=<b>&activation=eval&hide=<i>"
    host = make_host().open("playground", fragment=link).show("playground")
    notes = host.page.locator(".d2l-notes").inner_text()
    assert "Learning rate cannot be" in notes
    assert host.get("layers") == [4]
    assert host.get("lr") == 10
    assert host.get("dataset") == "xor"
    assert "do not fit this network" in host.page.locator(".d2l-bad").inner_text()
    assert len(host.get("weights")) == 17


def test_on_a_telephone_the_plane_and_play_come_first(make_host):
    page = make_host(390, height=844).open("playground").show("playground", folded=True).page
    places = [
        page.locator(place).bounding_box() for place in (".d2l-plane", ".d2l-transport", ".d2l-network")
    ]
    tops = [place["y"] for place in places]
    assert tops == sorted(tops)
    assert places[1]["y"] + places[1]["height"] < 844


def test_what_python_holds_of_a_run_that_diverged_is_no_older_run(host):
    assert len(host.get("weights")) == 17
    for name, value in {"dataset": "hills", "activation": "linear", "lr": 10, "epoch_count": 200}.items():
        host.set(name, value)
    host.wait("get('train_loss') === 1e300")
    assert host.get("weights") == []
    host.set("dataset", "own")
    host.wait("get('train_loss') === 0")
    assert host.get("test_loss") == 0
