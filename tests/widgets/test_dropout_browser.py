"""The dropout explorer, driven by mouse, keyboard and finger; torch says what the masked networks answer."""

import pytest
import torch

from .traces.dropout import load, masks_of

pytestmark = pytest.mark.browser
COAT = 4


@pytest.fixture
def host(make_host):
    return make_host().open("dropout").show("dropout")


def fact(host, name):
    text = host.page.locator(".d2l-facts span").filter(has_text=name).first.locator("b").inner_text()
    return text.replace("−", "-")


def logits(network="without", image=COAT, rate=0.5, scale=True, seed=1, count=30):
    """(count, 10) logits of the masked networks, and (10,) of the whole one."""
    layers, images = load(network)
    hidden = torch.relu(torch.nn.functional.linear(images[image], layers["w1"], layers["b1"]))
    dropped = hidden * masks_of(seed, count, len(hidden), rate) / ((1 - rate) if scale else 1)
    return [torch.nn.functional.linear(h, layers["w2"], layers["b2"]) for h in (dropped, hidden)]


def test_it_opens_on_an_average_over_masks(host):
    masked, whole = logits()
    assert float(fact(host, "logit, all units")) == pytest.approx(whole[COAT].item(), abs=6e-4)
    assert float(fact(host, "logit, average")) == pytest.approx(masked[:, COAT].mean().item(), abs=6e-4)
    share = masked.softmax(1)[:, COAT].mean().item()
    assert float(fact(host, "probability, average")) == pytest.approx(share, abs=6e-4)


def test_without_the_division_the_average_is_off(host):
    host.page.get_by_role("checkbox", name="divide by 1 − p").uncheck()
    host.settle()
    masked, _ = logits(scale=False)
    assert float(fact(host, "logit, average")) == pytest.approx(masked[:, COAT].mean().item(), abs=6e-4)
    assert host.page.locator(".d2l-verdict").inner_text().startswith("Without the division, the average")


def test_choices_make_other_networks(host):
    host.page.get_by_role("radio", name="dropout", exact=True).check()
    host.page.get_by_role("combobox", name="image").select_option("bag")
    host.settle()
    masked, whole = logits("with", 8)
    assert float(fact(host, "logit, all units")) == pytest.approx(whole[8].item(), abs=6e-4)
    right = round(100 * (masked.argmax(1) == 8).double().mean().item())
    assert f"of the masked ones {right}% are right" in host.page.locator(".d2l-verdict").inner_text()


def test_a_chart_is_a_slider_of_masks(host):
    chart = host.page.get_by_role("slider", name="Masks shown, logit")
    chart.focus()
    for key, count in (("ArrowRight", 31), ("PageDown", 21), ("End", 400), ("Home", 0)):
        host.page.keyboard.press(key)
        host.settle()
        assert host.get("mask_count") == count
    assert fact(host, "logit, average") == "none"
    assert "All units at work" in host.page.locator(".d2l-verdict").inner_text()


def test_a_rate_of_zero_drops_nothing(host):
    host.page.get_by_role("slider", name="dropout rate p", exact=True).press("Home")
    host.settle()
    assert fact(host, "dropped now") == "0 of 32"
    assert fact(host, "logit, average") == fact(host, "logit, all units")


def test_play_adds_masks_until_the_last(host):
    host.set("mask_count", 390)
    host.set("speed", 64)
    host.page.get_by_role("button", name="Play", exact=True).click()
    host.page.wait_for_function("views['d2l-x'].model.get('mask_count') === 400")
    host.page.get_by_role("button", name="Play", exact=True).wait_for()


def test_one_finger_goes_back_to_few_masks(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("dropout").show("dropout", mask_count=300)
    chart = host.page.get_by_role("slider", name="Masks shown, probability")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    host.page.touchscreen.tap(box["x"] + box["width"] * 0.3, box["y"] + box["height"] / 2)
    host.page.wait_for_function("views['d2l-x'].model.get('mask_count') < 200")
