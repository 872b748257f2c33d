"""The race explorer, driven by mouse, keyboard and finger."""

import numpy as np
import pytest
import torch

from d2lite import plotting
from d2lite.optim.surfaces import make_surface
from d2lite.widgets import RaceExplorer
from d2lite.widgets._preview import preview_svg

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("race").show("race")


def place(host, w1, w2, surface="bowl"):
    """Pixels of a point of the map."""
    box = host.page.locator(".d2l-left canvas").bounding_box()
    (x0, x1), (y0, y1) = make_surface(surface).domain
    return box["x"] + box["width"] * (w1 - x0) / (x1 - x0), box["y"] + box["height"] * (y1 - w2) / (y1 - y0)


def cell(host, method, column):
    """Text of a method's row in the table."""
    row = host.page.locator(".d2l-methods tbody tr", has=host.page.get_by_label(f"run {method}", exact=True))
    return row.locator("td").nth(column).inner_text()


def test_a_click_puts_the_start_there_for_all(host):
    before = cell(host, "Adam", 3)
    host.page.mouse.click(*place(host, 1.5, 2))
    host.settle()
    [[w1, w2]] = host.get("start")
    assert (w1, w2) == (pytest.approx(1.5, abs=0.02), pytest.approx(2, abs=0.02))
    assert cell(host, "Adam", 3) != before
    host.page.get_by_role("slider", name="Start").focus()
    for _ in range(3):
        host.page.keyboard.press("ArrowRight")
    host.page.wait_for_function("(x) => views['d2l-x'].model.get('start')[0][0] > x", arg=w1 + 0.05)


def test_losses_are_those_of_torch(host):
    makers = {
        "sgd": lambda w: torch.optim.SGD([w], 0.09),
        "adam": lambda w: torch.optim.Adam([w], 0.2, betas=(0.9, 0.99)),
        "rmsprop": lambda w: torch.optim.RMSprop([w], 0.05),
    }
    host.page.get_by_label("run momentum").uncheck()
    host.page.get_by_label("run Nesterov").uncheck()
    host.page.get_by_label("run AdaGrad").uncheck()
    host.page.wait_for_function("views['d2l-x'].model.get('losses').length === 3")
    expected, surface = [], make_surface("bowl", 20.0)
    for name in ("sgd", "rmsprop", "adam"):
        w = torch.tensor(surface.start, dtype=torch.float64, requires_grad=True)
        optimizer = makers[name](w)
        for _ in range(host.get("step_count")):
            optimizer.zero_grad()
            surface.value(w).backward()
            optimizer.step()
        expected.append(surface(w).item())
    assert host.get("losses") == pytest.approx(expected, rel=1e-7)


def test_the_shown_method_brings_its_formula_and_its_sliders(host):
    body = host.page.locator(".d2l-body")
    host.page.get_by_label("show Nesterov").check()
    host.settle()
    assert "Δw = −η (g + β v)" in body.inner_text()
    assert host.page.get_by_role("slider", name="memory β", exact=True).is_visible()
    assert not host.page.get_by_role("slider", name="memory β₂", exact=True).is_visible()
    host.page.get_by_label("show AdamW").check()
    host.settle()
    assert host.get("adamw") is True
    assert host.get("shown") == "adamw"
    assert "λ w" in body.inner_text()
    assert host.page.locator(".d2l-numbers tbody tr:visible").count() == 8


def test_the_rate_slider_belongs_to_the_shown_method(host):
    momentum, adam = cell(host, "momentum", 2), cell(host, "Adam", 2)
    slider = host.page.get_by_role("slider", name="learning rate η", exact=True)
    slider.focus()
    for _ in range(5):
        slider.press("ArrowLeft")
    host.settle()
    assert cell(host, "Adam", 2) != adam
    assert cell(host, "momentum", 2) == momentum
    assert [rate > 0 for rate in host.get("rates")] == [False] * 5 + [True, False]
    host.page.get_by_role("combobox", name="Surface").select_option("Beale")
    host.settle()
    assert (host.get("rates"), host.get("start")) == ([], [])


def test_methods_with_a_rate_a_weight_do_not_feel_the_condition(host):
    """As the chapter says: their paths stay the same, unlike those of the others, until the bowl is turned."""

    def position(method):
        host.page.get_by_label(f"show {method}", exact=True).check()
        host.settle()
        return [
            host.page.locator(".d2l-numbers tbody tr:visible").last.locator("td").nth(i).inner_text()
            for i in (0, 1)
        ]

    before = {name: position(name) for name in ("SGD", "momentum", "AdaGrad", "RMSprop", "Adam")}
    host.set("condition", 300)
    after = {name: position(name) for name in before}
    assert [before[name] == after[name] for name in before] == [False, False, True, True, True]
    host.set("angle", 45)
    turned = position("Adam")
    host.set("condition", 20)
    assert position("Adam") != turned


def test_a_turned_saddle_keeps_adam_and_not_gradient_descent(host):
    """As the chapter says: the control is there, and only the methods with a rate a weight feel the angle."""

    def losses():
        return dict(zip(("sgd", "momentum", "rmsprop", "adam"), host.get("losses"), strict=True))

    for name in ("nesterov", "adagrad"):
        host.set(name, False)
    host.set("surface", "saddle")
    host.set("step_count", 45)
    host.settle()
    upright = losses()
    assert host.page.get_by_label("Turned by").first.is_visible()
    host.set("angle", 45)
    host.settle()
    turned = losses()
    assert max(upright.values()) < -0.125
    assert turned["sgd"] == pytest.approx(upright["sgd"], abs=1e-9)
    assert turned["momentum"] == pytest.approx(upright["momentum"], abs=1e-9)
    assert min(turned["rmsprop"], turned["adam"]) > -0.125


def test_divergence_is_said_and_survived(host):
    host.set("rates", [3, 0, 0, 0, 0, 0, 0])
    host.set("step_count", 200)
    assert cell(host, "SGD", 3) == "diverged"
    assert cell(host, "Adam", 3) != "diverged"
    host.page.get_by_label("show SGD").check()
    host.settle()
    host.page.wait_for_function(
        "document.querySelector('.d2l-explorer > .d2l-offscreen').textContent.includes('SGD diverged')"
    )


def test_no_method_at_all(make_host):
    host = make_host().open("race").show("race", methods=[])
    assert "does not run" in host.page.locator(".d2l-formula").inner_text()
    host.page.get_by_role("button", name="Step").click()
    host.settle()


def test_noise_is_seeded(host):
    host.set("surface", "noisy")
    first = cell(host, "SGD", 3)
    host.page.get_by_role("button", name="seed +").click()
    host.settle()
    assert cell(host, "SGD", 3) != first
    host.page.get_by_role("button", name="seed −").click()
    host.settle()
    assert cell(host, "SGD", 3) == first


def test_keys_step_and_the_chart_scrubs(host):
    host.page.get_by_role("button", name="Play", exact=True).focus()
    host.page.keyboard.press("ArrowRight")
    assert host.get("step_count") == 31
    host.page.get_by_role("slider", name="Step shown").focus()
    host.page.keyboard.press("Home")
    host.settle()
    assert host.get("step_count") == 0


def test_one_finger_taps_a_start(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("race").show("race")
    host.page.touchscreen.tap(*place(host, -1, 2))
    host.settle()
    assert host.get("start") == [[pytest.approx(-1, abs=0.04), pytest.approx(2, abs=0.04)]]


def test_python_names_methods_and_rates():
    widget = RaceExplorer(methods=["sgd", "adam"], rates={"adam": 0.5})
    assert [widget.sgd, widget.momentum, widget.adam] == [True, False, True]
    assert widget.rates == [0, 0, 0, 0, 0, 0.5, 0]
    for bad in ({"methods": ["adan"]}, {"rates": {"adan": 1.0}}):
        with pytest.raises(ValueError, match="has 'adan': expected a list of some of sgd, momentum"):
            RaceExplorer(**bad)
    for bad in ("adam", 3, [None]):
        with pytest.raises(ValueError, match="methods has .*: expected a list of some of sgd"):
            RaceExplorer(methods=bad)
    assert RaceExplorer(methods=iter(np.array(["adam"]))).state() == RaceExplorer(methods=["adam"]).state()


def test_colours_are_those_of_the_figures():
    svg = preview_svg(RaceExplorer(methods=["momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]))
    assert all(color in svg for color in plotting.PALETTE)


def test_another_kind_of_explorer_leaves_the_layout_alone(make_host):
    host = make_host().open("race", "ewma").show("race")
    style = "() => getComputedStyle(document.querySelector('.d2l-race')).display"
    assert host.page.evaluate(style) == "grid"
