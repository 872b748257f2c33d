"""The race explorer, driven by mouse, keyboard and finger."""

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe

from d2lite import plotting
from d2lite.optim.surfaces import make_surface
from d2lite.widgets import RaceExplorer
from d2lite.widgets._preview import preview_svg

from .test_explorer_browser import HOSTILE, fits, out_of_reach, stuck_sliders

PLANE = {"view": "plane", "condition": 100, "rates": [0, 2 / 101], "beta": 0, "step_count": 100}

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("race").show("race")


def place(host, w1, w2, surface="bowl"):
    """Pixels of a point of the map."""
    box = host.page.locator(".d2l-map canvas").bounding_box()
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


def words(element):
    """Return its text, with the spaces at which no line breaks as plain ones."""
    return element.inner_text().replace("\u00a0", " ")


def test_a_formula_takes_the_room_that_it_needs(make_host):
    """Under each stood room for the longest, and beside it nothing."""
    for width, needed_of in ((800, max), (390, sum)):  # side by side, one over the other
        host = make_host(width=width).open("race").show("race", shown="sgd")
        formula = host.page.locator(".d2l-formula")
        heights = "(element) => [...element.children].map((child) => child.offsetHeight)"
        room, parts = formula.evaluate("(element) => element.offsetHeight"), formula.evaluate(heights)
        assert min(parts) > 0 and room <= needed_of(parts) + 8


def test_the_shown_method_brings_its_formula_and_its_sliders(host):
    body = host.page.locator(".d2l-body")
    host.page.get_by_label("show Nesterov").check()
    host.settle()
    assert "Δw = −η (g + β v)" in words(body)
    assert host.page.get_by_role("slider", name="memory β", exact=True).is_visible()
    assert not host.page.get_by_role("slider", name="memory β₂", exact=True).is_visible()
    host.page.get_by_label("show AdamW").check()
    host.settle()
    assert host.get("adamw") is True
    assert host.get("shown") == "adamw"
    assert "λ w" in words(body)
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


def spot(host, rate, memory):
    """Pixels of a point of the plane, κ = 100: as its axes say."""
    box = host.page.locator(".d2l-left canvas:visible").bounding_box()
    left, top, right, bottom = 36, 6, box["width"] - 8, box["height"] - 28
    high = np.log(1 - memory) / np.log(1 - 0.995)
    return box["x"] + left + (right - left) * rate / 0.0415, box["y"] + bottom + (top - bottom) * high


@pytest.fixture
def plane(make_host):
    return make_host().open("race").show("race", folded=True, **PLANE)


def test_the_point_is_dragged_and_the_run_follows(plane):
    mouse = plane.page.mouse
    mouse.move(*spot(plane, 2 / 101, 0))
    mouse.down()
    mouse.move(*spot(plane, 0.03, 0.5), steps=3)
    mouse.move(*spot(plane, 0.0085, 0.9), steps=3)
    mouse.up()
    plane.settle()
    assert (plane.get("rates")[1], plane.get("beta")) == (
        pytest.approx(0.0085, abs=2e-4),
        pytest.approx(0.9, abs=0.01),
    )
    w = torch.tensor([-2.6, 0.13], dtype=torch.float64, requires_grad=True)
    optimizer, surface = (
        torch.optim.SGD([w], plane.get("rates")[1], plane.get("beta")),
        make_surface("bowl", 100),
    )
    for _ in range(100):
        optimizer.zero_grad()
        surface.value(w).backward()
        optimizer.step()
    assert plane.get("losses") == pytest.approx([surface(w).item()], rel=1e-7)


def test_near_the_ring_it_is_the_best_point(plane):
    x, y = spot(plane, 4 / 121, 81 / 121)
    plane.page.mouse.click(x + 2, y - 2)
    plane.settle()
    assert (plane.get("rates")[1], plane.get("beta")) == pytest.approx((4 / 121, 81 / 121), rel=1e-5)
    said = "document.querySelector('.d2l-explorer > .d2l-offscreen').textContent.includes('arrives after 47 steps')"
    plane.page.wait_for_function(said)
    plane.page.get_by_role("slider", name="Learning rate and memory").press("ArrowUp")  # and a key leaves it
    plane.settle()
    assert plane.get("beta") > 81 / 121 + 0.005


def test_keys_move_the_point_and_stop_at_the_edges(plane):
    handle = plane.page.get_by_role("slider", name="Learning rate and memory")
    handle.focus()
    for _ in range(3):
        plane.page.keyboard.press("Shift+ArrowUp")
    plane.page.keyboard.press("ArrowLeft")
    plane.settle()
    assert plane.get("beta") > 0.4
    assert plane.get("rates")[1] < 2 / 101
    for key in ("Shift+ArrowLeft", "Shift+ArrowDown"):
        for _ in range(40):
            plane.page.keyboard.press(key)
    plane.settle()
    assert plane.get("beta") == 0
    assert 0 < plane.get("rates")[1] < 2e-4  # never 0, which would mean the surface's own


def test_one_finger_drags_the_point(make_host):
    host = make_host(390, has_touch=True, is_mobile=True).open("race").show("race", folded=True, **PLANE)
    host.page.touchscreen.tap(*spot(host, 0.0085, 0.9))
    host.settle()
    assert (host.get("rates")[1], host.get("beta")) == (
        pytest.approx(0.0085, abs=2e-4),
        pytest.approx(0.9, abs=0.01),
    )


def test_another_valley_keeps_the_rate_at_the_same_place(plane):
    slider = plane.page.get_by_role("slider", name="condition κ", exact=True)
    slider.press("End")
    plane.settle()
    assert plane.get("condition") == 1000
    assert plane.get("rates")[1] == pytest.approx(2 / 1010, rel=1e-3)


def test_a_point_of_the_lost_region_is_said_to_be_lost(plane):
    plane.page.mouse.click(*spot(plane, 0.035, 0.4))
    plane.settle()
    assert "across diverges" in plane.page.locator(".d2l-facts").inner_text()
    plane.page.get_by_role("button", name="Step").click()
    plane.settle()


@pytest.mark.parametrize(("size", "room", "tall"), [((1366, 768), 820, 704), ((390, 844), 390, 784)])
def test_the_plane_fits_one_screen_with_its_three_controls(make_host, size, room, tall):
    host = make_host(size[0], height=size[1]).open("race")
    host.page.add_style_tag(content=f"body {{ margin: 0 }} main {{ margin: auto; max-width: {room}px }}")
    host.show("race", folded=True, **PLANE)
    boxes = [e.bounding_box() for e in host.page.locator(":is(.d2l-stage, .d2l-control):visible").all()]
    assert max(b["y"] + b["height"] for b in boxes) - min(b["y"] for b in boxes) < tall
    assert host.page.locator(".d2l-controls > .d2l-control:visible").count() == 3
    assert host.page.locator(".d2l-stage:visible").count() == 3
    assert not host.page.locator(".d2l-more").is_visible()
    assert host.page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_plane_is_held_to_what_every_explorer_is(make_host):
    """As test_explorer_browser asks of what an explorer opens with: size, axe, keys, hostile links, cleanup."""
    host = make_host(360, "dark").open("race", fragment=f"#d2l-x?view=plane&{HOSTILE}").show("race", **PLANE)
    wrong = fits(host, 360)
    for theme in ("dark", "light"):
        host.wear(theme)
        violations = Axe().run(host.page).response["violations"]
        wrong += [(theme, v["id"], [node["html"][:160] for node in v["nodes"]]) for v in violations]
    wrong += out_of_reach(host)
    wrong += stuck_sliders(host)
    assert wrong == []
    for name, values in {
        "condition": (1, 1000),
        "beta": (0, 0.999),
        "rates": ([], [0, 100], [0, 1e-5]),
        "start": ([[5, 5]], [[0, 0]], []),
        "step_count": (0, 1000),
    }.items():
        for value in values:
            host.set(name, value)
            host.settle()
    assert host.messages == []


def test_closing_the_plane_leaves_nothing_behind(plane):
    plane.page.evaluate("views['d2l-x'].close()")
    listeners = plane.page.evaluate("listeners")
    assert listeners["added"] == listeners["removed"] > 0


def test_a_link_leads_from_the_plane_to_the_race_and_back(plane):
    plane.set("view", "race")
    assert plane.page.locator(".d2l-map canvas").is_visible()
    assert plane.page.locator(".d2l-methods").count() == 1
    plane.set("view", "plane")
    assert not plane.page.locator(".d2l-map canvas").is_visible()
    assert plane.page.locator(".d2l-valley canvas").is_visible()


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
    svg = preview_svg(RaceExplorer(**PLANE))
    assert all(
        text in svg for text in ("creeps", "rolls past the goal", "diverges", "keeps least", "346 steps")
    )


def test_another_kind_of_explorer_leaves_the_layout_alone(make_host):
    host = make_host().open("race", "ewma").show("race")
    style = "() => getComputedStyle(document.querySelector('.d2l-race')).display"
    assert host.page.evaluate(style) == "grid"
