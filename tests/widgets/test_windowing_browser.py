"""The windowing explorer, driven by mouse, keyboard and finger; d2lite.language.tokens says what it must show."""

import pytest
import torch

from d2lite.language import batching
from d2lite.widgets.windowing import OPENING

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("windowing").show("windowing")


def row_read(host):
    return host.page.locator(".d2l-row-read").inner_text()


def fact(host, name):
    return host.page.locator(".d2l-facts span").filter(has_text=name).first.locator("b").inner_text()


def rows(batch, **options):
    """The windows of a batch in words: (inputs, targets) of each row."""
    settings = {"order": "random", "stride": 5, "horizon": 1, "seed": 0, **options}
    if settings["order"] == "sequential":
        del settings["stride"]
    places = list(batching.windows(torch.arange(len(OPENING)), 5, 3, **settings))[batch]
    return [
        tuple("".join(OPENING[i] for i in part) for part in pair)
        for pair in zip(*(part.tolist() for part in places), strict=True)
    ]


def row_height(host):
    """Pixels from row to row of the batch: the state, five inputs, five targets and their gaps fill the width."""
    box = host.page.locator(".d2l-batch canvas").bounding_box()
    return min(34, (box["width"] - 74) / 10, (box["height"] - 18) / 3 - 4) + 4


def test_it_opens_on_a_window_and_its_targets(host):
    inputs, targets = rows(0)[0]
    assert row_read(host).startswith(f"Batch 1 of 7, row 1 reads “{inputs}” and is asked for “{targets}”.")
    assert "Its state starts at zero" in row_read(host)
    assert fact(host, "windows") == "21"


def test_in_sequential_order_the_state_goes_on(host):
    host.page.get_by_role("radio", name="sequential").check()
    host.page.get_by_role("button", name="Step", exact=True).click()
    host.page.get_by_role("button", name="Step", exact=True).click()
    host.settle()
    inputs, targets = rows(2, order="sequential")[0]
    assert f"reads “{inputs}” and is asked for “{targets}”" in row_read(host)
    before = "".join(rows(k, order="sequential")[0][0] for k in (0, 1))
    assert f"Its state has already read 10 letters: “{before}”" in row_read(host)
    assert not host.page.get_by_role("slider", name="stride", exact=True).is_visible()


def test_a_click_on_the_tape_finds_the_batch_that_reads_the_letter(host):
    canvas = host.page.locator(".d2l-tape canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tip = host.page.locator(".d2l-tip")
    for place in range(100, 400, 20):  # some letters are left out of an epoch
        host.page.mouse.move(box["x"] + place, box["y"] + 10)
        if "input of batch" in tip.text_content() and "batch 1," not in tip.inner_text():
            break
    host.page.mouse.down()
    host.page.mouse.up()
    host.settle()
    batch, row = host.get("batch"), host.get("row")
    assert f"input of batch {batch + 1}, row {row}," in tip.text_content()
    index = int(tip.text_content().split("(")[1].split(")")[0])
    starts = batching.window_starts(len(OPENING), 5, 3, order="random", stride=5, seed=0)
    assert starts[batch, row - 1] <= index < starts[batch, row - 1] + 5


def test_a_click_on_the_table_reads_out_a_row(host):
    canvas = host.page.locator(".d2l-batch canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    host.page.mouse.click(box["x"] + 60, box["y"] + 18 + 2.5 * row_height(host))
    host.settle()
    assert host.get("row") == 3
    inputs, targets = rows(0)[2]
    assert f"row 3 reads “{inputs}” and is asked for “{targets}”" in row_read(host)


def test_play_ends_with_the_epoch(host):
    host.set("speed", 5)
    host.page.get_by_role("button", name="Play", exact=True).click()
    host.page.wait_for_function("views['d2l-x'].model.get('batch') === 6")
    host.page.get_by_role("button", name="Play", exact=True).wait_for()


def test_a_text_too_short_is_explained(host):
    field = host.page.get_by_role("textbox", name="text", exact=True)
    field.fill("too short")
    field.press("Enter")
    host.settle()
    assert "9 elements are too few for one batch" in row_read(host)
    assert host.page.locator(".d2l-row-read.d2l-bad").count() == 1
    needed = int(row_read(host).split(": ")[1].split(" ")[0])
    with pytest.raises(ValueError, match=str(needed)):
        batching.window_starts(9, 5, 3, order="random", stride=5, seed=0)
    field.fill("x" * needed)
    field.press("Enter")
    host.settle()
    assert row_read(host).startswith("Batch 1 of 1, row 1 reads “xxxxx”")


def test_days_are_named_and_the_text_is_put_away(host):
    host.set("kind", "many to one")
    host.page.get_by_role("radio", name="births").check()
    host.settle()
    assert "1969-" in row_read(host)
    assert not host.page.get_by_role("textbox", name="text", exact=True).is_visible()
    assert fact(host, "elements read").endswith("of 140")


def test_one_finger_chooses_a_row(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("windowing").show("windowing")
    canvas = host.page.locator(".d2l-batch canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    host.page.touchscreen.tap(box["x"] + 60, box["y"] + 18 + 1.5 * row_height(host))
    host.page.wait_for_function("views['d2l-x'].model.get('row') === 2")
