"""The pruning explorer, driven by keyboard, mouse and finger; its answers against torch."""

import pytest
import torch

from d2lite._utils.encoding import from_base64
from d2lite.models import lenet

pytestmark = pytest.mark.browser
PAGE = lenet.pretrained_payload()


def torch_logits(image, masked=None):
    """The logits of one photo; masked: the least size that stays."""
    pixels = torch.from_numpy(
        from_base64(PAGE["images"], "uint8", (-1, 1, 28, 28))[image : image + 1].astype(float)
    )
    weights = {
        name: (weight * (weight.abs() >= masked) if masked else weight, bias)
        for name, (weight, bias) in lenet.unpack(PAGE).items()
    }
    return lenet.compute(weights, "relu", "max", (pixels / 255 - PAGE["mean"]) / PAGE["std"])[0].tolist()


@pytest.fixture
def host(make_host):
    return make_host().open("pruning").show("pruning")


def test_nothing_cut_is_the_whole_network(host):
    host.page.get_by_role("slider", name="weights cut", exact=True).press("Home")
    host.settle()
    assert host.get("cut") == 0
    assert host.get("kept") == 61_470
    assert host.get("logits") == pytest.approx(torch_logits(7), abs=1e-5)


def test_cut_by_keys_on_the_chart_and_its_logits_are_torchs(host):
    sizes = (
        torch.cat([w.abs().flatten() for w, _ in lenet.unpack(PAGE).values()]).sort(descending=True).values
    )
    host.page.get_by_role("slider", name="Weights cut, in percent").press("End")
    host.settle()
    assert host.get("cut") == 99
    least = sizes[615 - 1].item()
    assert host.get("kept") == int((sizes >= least).sum())
    assert host.get("logits") == pytest.approx(torch_logits(7, least), abs=1e-5)


def test_a_press_on_the_chart_cuts_there(host):
    box = host.page.get_by_role("slider", name="Weights cut, in percent").bounding_box()
    host.page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    host.settle()
    assert 60 < host.get("cut") < 80


def test_another_photo_and_fewer_bits_change_the_answer(host):
    before = host.get("logits")
    host.page.get_by_role("radio", name="Photo 8: Bag").check()
    host.settle()
    assert host.get("image") == 8
    other = host.get("logits")
    host.page.get_by_role("slider", name="bits a weight", exact=True).press("Home")
    host.settle()
    assert host.get("bits") == 2
    assert before != other != host.get("logits")


def test_random_cuts_have_no_recorded_training(host):
    host.set("choose", "random")
    host.settle()
    assert "not recorded" in host.page.locator(".d2l-facts").inner_text()


def test_a_finger_cuts_on_a_phone(make_host):
    host = make_host(360, height=1600, has_touch=True, is_mobile=True).open("pruning").show("pruning")
    box = host.page.get_by_role("slider", name="Weights cut, in percent").bounding_box()
    host.page.touchscreen.tap(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2)
    host.settle()
    assert host.get("cut") > 75
