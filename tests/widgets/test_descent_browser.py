"""The descent explorer, driven by mouse, keyboard and finger."""

import pytest

from d2lite.optim.surfaces import make_surface

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("descent").show("descent")


def place(host, w1, w2, surface="bowl"):
    """Pixels of a point of the map."""
    box = host.page.locator(".d2l-left canvas").bounding_box()
    (x0, x1), (y0, y1) = make_surface(surface).domain
    return box["x"] + box["width"] * (w1 - x0) / (x1 - x0), box["y"] + box["height"] * (y1 - w2) / (y1 - y0)


def verdict(host):
    return host.page.locator(".d2l-verdict").inner_text()


def test_a_click_puts_the_start_there_and_its_handle_moves_it(host):
    host.page.mouse.click(*place(host, 1.5, 2))
    host.settle()
    [[w1, w2]] = host.get("start")
    assert (w1, w2) == (pytest.approx(1.5, abs=0.02), pytest.approx(2, abs=0.02))
    handle = host.page.get_by_role("slider", name="Start")
    handle.focus()
    host.page.keyboard.press("ArrowRight")
    host.page.keyboard.press("Shift+ArrowUp")
    host.page.wait_for_function(
        "([x, y]) => { const [[a, b]] = views['d2l-x'].model.get('start'); return a > x && b > y; }",
        arg=[w1, w2],
    )
    [[moved1, moved2]] = host.get("start")
    assert moved1 > w1
    assert moved2 - w2 == pytest.approx(5 * (moved1 - w1), rel=0.1)
    host.page.mouse.move(*place(host, moved1, moved2))
    host.page.mouse.down()
    host.page.mouse.move(*place(host, -1, -1.5), steps=4)
    host.page.mouse.up()
    host.settle()
    assert host.get("start") == [[pytest.approx(-1, abs=0.03), pytest.approx(-1.5, abs=0.03)]]


def test_a_start_near_an_axis_lies_on_it(host):
    host.page.mouse.click(*place(host, 2, 0.01))
    host.settle()
    assert host.get("start")[0][1] == 0
    assert host.get("position")[1] == 0


def test_the_position_is_that_of_torch(host):
    import torch

    w = torch.tensor([-2.6, 1.2], dtype=torch.float64, requires_grad=True)
    optimizer, surface = torch.optim.SGD([w], lr=0.19), make_surface("bowl")
    for _ in range(12):
        optimizer.zero_grad()
        surface(w).backward()
        optimizer.step()
    assert host.get("position") == pytest.approx(w.tolist(), abs=1e-12)


def test_the_edge_is_at_two_over_the_curvature(host):
    for lr, words in ((0.199, "Converges"), (0.201, "Diverges"), (0.2, "edge")):
        host.set("lr", lr)
        assert words in verdict(host)
    host.set("lr", 10)
    host.set("step_count", 500)
    assert "Diverged" in verdict(host)
    assert host.page.locator(".d2l-verdict.d2l-bad").count() == 1


def test_a_new_surface_brings_its_rate_and_its_start(host):
    host.page.mouse.click(*place(host, 1, 1))
    select = host.page.get_by_role("combobox", name="Surface")
    select.select_option("Rosenbrock")
    host.settle()
    surface = make_surface("rosenbrock")
    assert (host.get("surface"), host.get("start"), host.get("lr")) == ("rosenbrock", [], surface.lr)
    assert "100 (w₂ − w₁²)²" in host.page.locator(".d2l-body").inner_text()
    assert not host.page.get_by_role("slider", name="Condition").first.is_visible()
    host.page.get_by_role("button", name="Restore").click()
    host.settle()
    assert (host.get("surface"), host.get("lr"), host.get("start")) == ("bowl", 0.19, [])


def test_keys_step_and_the_chart_scrubs(host):
    host.page.get_by_role("button", name="Play", exact=True).focus()
    host.page.keyboard.press("ArrowRight")
    assert host.get("step_count") == 13
    host.page.get_by_role("slider", name="Step shown").focus()
    host.page.keyboard.press("Home")
    host.settle()
    assert host.get("step_count") == 0
    assert host.get("position") == [-2.6, 1.2]


def test_basins_turn_blank_where_the_rate_is_above_a_minimums_edge(make_host):
    colors = """() => {
        const canvas = document.querySelector(".d2l-left canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const counts = {};
        for (let k = 0; k < data.length; k += 4) {
            const hue = [0, 1, 2].map((i) => data[k + i]);
            const plain = Math.max(...hue) - Math.min(...hue) < 8;
            counts[plain ? "plain" : "tinted"] = (counts[plain ? "plain" : "tinted"] || 0) + 1;
        }
        return counts.plain / (counts.plain + counts.tinted);
    }"""
    blank = []
    for lr in (0.01, 0.02):
        host = make_host().open("descent").show("descent", surface="himmelblau", lr=lr, basins=True)
        blank.append(host.page.evaluate(colors))
    assert blank[0] < 0.4  # the fourth minimum's colour is grey
    assert blank[1] > blank[0] + 0.15


def test_basins_follow_to_a_surface_of_fewer_minima(make_host):
    host = make_host().open("descent").show("descent", surface="ripples", lr=0.01, basins=True)
    host.set("surface", "bowl")
    assert host.page.locator(".d2l-note").count() == 0
    assert "Colour: the minimum a start comes to" in host.page.locator(".d2l-left .d2l-hint").inner_text()


def test_one_finger_taps_a_start(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("descent").show("descent")
    host.page.touchscreen.tap(*place(host, -1, 2))
    host.settle()
    assert host.get("start") == [[pytest.approx(-1, abs=0.04), pytest.approx(2, abs=0.04)]]


def test_the_path_before_a_change_is_named(host):
    hints = host.page.locator(".d2l-left .d2l-hint")
    assert "gray" not in hints.inner_text()
    host.set("lr", 0.1)
    assert "Thin gray: the path before the change." in hints.inner_text()
