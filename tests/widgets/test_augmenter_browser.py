"""The augmenter explorer, driven by mouse and keyboard."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("augmenter").show("augmenter")


def verdict(host):
    host.settle()
    return host.page.locator(".d2l-verdict").inner_text()


def test_it_opens_on_a_box_of_another_photo(host):
    assert verdict(host) == ("A box of the cup covers 30% of the picture: the label is 70% cat, 30% cup.")


def test_a_box_at_the_edge_covers_less_and_the_label_says_so(host):
    handle = host.page.get_by_role("slider", name="Place of the change")
    for _ in range(12):
        handle.press("Shift+ArrowRight")
    assert host.get("x") == 1
    assert "covers 15%" in verdict(host)


def test_the_picture_is_pressed_where_the_box_is_to_be(host):
    picture = host.page.get_by_role("img", name="The changed image")
    box = picture.bounding_box()
    picture.click(position={"x": 0.25 * box["width"], "y": 0.75 * box["height"]})
    host.settle()
    assert host.get("x") == pytest.approx(0.25, abs=0.02) and host.get("y") == pytest.approx(0.75, abs=0.02)


def test_a_six_turned_keeps_its_label(host):
    host.set("picture", "six")
    host.set("change", "turn")
    assert verdict(host) == "Turned upside down. The label stays 6, and the picture reads 9."
    assert not host.page.get_by_role("slider", name="Place of the change").is_visible()
    assert not host.page.get_by_role("slider", name="strength").is_visible()


def test_smoothing_shares_out_a_part(host):
    host.set("picture", "boot")
    host.set("change", "smoothing")
    assert verdict(host).endswith("30% of the label is shared out among 10 classes: boot keeps 0.73.")
