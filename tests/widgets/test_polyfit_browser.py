"""The polyfit explorer, driven by mouse and keyboard."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("polyfit").show("polyfit")


def test_it_opens_on_the_wildest_curve_and_the_keys_lead_past_it(host):
    wildest = host.get("test_error")[0]
    assert host.get("training_error")[0] < 1e-6
    slider = host.page.get_by_role("slider", name="Degree, on the errors")
    slider.press("End")
    host.settle()
    assert host.get("degree") == 60
    assert host.get("training_error")[0] < 1e-6
    assert host.get("test_error")[0] < wildest / 5
    host.set("degree", 3)
    assert host.get("test_error")[0] < 0.5
    assert "No degree does much better" in host.page.locator(".d2l-verdict").inner_text()


def test_a_penalty_brings_its_strength_and_takes_the_peak_away(host):
    strength = host.page.get_by_role("slider", name="strength λ")
    assert not strength.is_visible()
    wildest = host.get("test_error")[0]
    host.page.get_by_role("radio", name="L2").check()
    host.settle()
    assert strength.is_visible()
    assert host.get("test_error")[0] < wildest / 5
    host.page.get_by_role("radio", name="L1").check()
    host.settle()
    assert 0 in host.get("coefficients")


def test_points_are_dragged_added_and_measured_again(host):
    canvas = host.page.locator("canvas").first
    canvas.focus()
    for key in ("PageDown", "ArrowUp"):
        host.page.keyboard.press(key)
    host.settle()
    assert len(host.get("points")) == 15
    host.page.keyboard.press("Enter")
    assert len(host.get("points")) == 16
    host.page.keyboard.press("Delete")
    assert len(host.get("points")) == 15
    host.page.get_by_role("button", name="Measure again").click()
    assert host.get("points") == []
    assert host.get("seed") == 1


def test_equal_places_break_nothing(host):
    host.set("points", [[0.5, 1], [0.5, 2], [0.5, -1]])
    host.set("band", True)
    host.set("degree", 40)
    host.settle()
    assert abs(host.get("training_error")[0] - 1.247) < 0.01
    assert "are as near to the points as a curve can be" in host.read()  # none passes through all
    assert host.messages == []
