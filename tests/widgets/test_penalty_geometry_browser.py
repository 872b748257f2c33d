"""The penalty-geometry explorer, driven by mouse, keyboard and finger; scikit-learn says where the weights are."""

import pytest

from .traces.penalty_geometry import by_sklearn, make

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("penalty_geometry").show("penalty_geometry")


def verdict(host):
    return host.page.locator(".d2l-verdict").inner_text()


def solution(host):
    """The solution scikit-learn finds for the state shown."""
    names = ("penalty", "strength", "correlation", "target", "ratio")
    return pytest.approx(by_sklearn(make(*(host.get(name) for name in names))), abs=1e-5)


def test_it_opens_on_a_weight_that_is_exactly_zero(host):
    w = host.get("solution")
    assert w == solution(host)
    assert w[1] == 0
    assert verdict(host).startswith("w₂ is exactly 0")
    assert host.page.locator(".d2l-weights td").last.inner_text() == "0 exactly"


@pytest.mark.parametrize(("name", "penalty"), [("L2", "l2"), ("elastic", "elastic")])
def test_another_penalty_solves_anew(host, name, penalty):
    host.page.get_by_role("radio", name=name, exact=True).check()
    host.settle()
    assert host.get("penalty") == penalty
    assert host.get("solution") == solution(host)
    assert host.page.get_by_role("slider", name="share of L1", exact=True).is_visible() == (name == "elastic")


def test_without_a_penalty_the_minimum_is_the_solution(host):
    host.page.get_by_role("slider", name="strength λ", exact=True).press("Home")
    host.settle()
    assert host.get("strength") == 0
    assert host.get("solution") == pytest.approx(host.get("target"))
    assert verdict(host).startswith("No penalty")


def test_the_minimum_is_dragged_and_stays_in_its_range(host):
    handle = host.page.locator(".d2l-handle")
    box = handle.bounding_box()
    host.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    host.page.mouse.down()
    host.page.mouse.move(box["x"] + 30, box["y"] - 40, steps=5)
    host.page.mouse.up()
    host.settle()
    target = host.get("target")
    assert target[0] > 1.8
    assert target[1] > 0.35
    assert host.get("solution") == solution(host)
    for _ in range(60):
        handle.press("Shift+ArrowRight")
    host.settle()
    assert host.get("target")[0] == 3


def test_a_click_puts_the_minimum_where_both_weights_vanish(host):
    box = host.page.locator(".d2l-column canvas").first.bounding_box()
    host.page.mouse.click(box["x"] + box["width"] * 0.53, box["y"] + box["height"] * 0.48)
    host.settle()
    assert host.get("solution") == [0, 0]
    assert verdict(host).startswith("Both weights are exactly 0")


def test_a_ball_without_size_is_explained(host):
    """At q = 0.5 both weights jump to zero at once, and the ball is gone."""
    host.page.get_by_role("radio", name="Lq", exact=True).check()
    host.set("target", [1.2, 0.5])
    host.set("strength", 0.5)
    host.settle()
    assert host.get("solution") == [0, 0]
    assert "the ball through them is that one point" in verdict(host)
    assert "infinitely steep" in verdict(host)


def test_the_path_is_a_slider_of_the_strength(host):
    path = host.page.get_by_role("slider", name="Strength on the path")
    path.focus()
    for key, strength in (("End", 10), ("Home", 0.01)):
        host.page.keyboard.press(key)
        host.settle()
        assert host.get("strength") == pytest.approx(strength)
        assert host.get("solution") == solution(host)


def test_one_finger_moves_the_minimum(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("penalty_geometry").show("penalty_geometry")
    box = host.page.locator(".d2l-column canvas").first.bounding_box()
    host.page.touchscreen.tap(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    host.page.wait_for_function("views['d2l-x'].model.get('target')[0] < -1")
    host.settle()
    assert host.get("solution") == solution(host)
