"""The roots explorer, driven by mouse, keyboard and finger."""

import numpy as np
import pytest
import torch

from d2lite.widgets import RootsExplorer
from d2lite.widgets._preview import preview_svg

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("roots").show("roots")


def spot(host, re, im):
    """Pixels of a place of the complex plane, as draw.js has its scales."""
    box = host.page.locator(".d2l-left canvas").bounding_box()
    unit = min(box["height"] / 2.36, box["width"] / 2.36 / 1.14)
    return box["x"] + box["width"] / 2 + (re + 0.2) * unit, box["y"] + box["height"] / 2 - im * unit


def drag(host, *places):
    """Take the filled root from the first place to the others."""
    host.page.mouse.move(*spot(host, *places[0]))
    host.page.mouse.down()
    for place in places[1:]:
        host.page.mouse.move(*spot(host, *place), steps=4)
    host.page.mouse.up()
    host.settle()


def sgd_weight(rate, curvature, beta, steps):
    w = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], rate, momentum=beta)
    for _ in range(steps):
        optimizer.zero_grad()
        (0.5 * curvature * w**2).sum().backward()
        optimizer.step()
    return w.item()


def said(host, words):
    """Wait until the live summary has these words."""
    host.page.wait_for_function(
        "(words) => document.querySelector('.d2l-explorer > .d2l-offscreen').textContent.includes(words)",
        arg=words,
    )


def test_a_dragged_pair_brings_its_rate_its_memory_and_its_run(host):
    drag(host, (0.405, 0.804), (0.2, 0.5), (0.5, 0.5))
    assert host.get("roots") == pytest.approx([0.5, 0.5, 0.5, -0.5], abs=0.02)
    assert (host.get("rate"), host.get("beta")) == (
        pytest.approx(0.5, abs=0.03),  # the square of its distance from 1
        pytest.approx(0.5, abs=0.03),  # and from 0
    )
    settings = host.get("rate"), host.get("curvature"), host.get("beta")
    assert host.get("weight") == [pytest.approx(sgd_weight(*settings, 60), rel=1e-6)]
    s = 1 + settings[2] - settings[0]
    roots = sorted(np.roots([1, -s, settings[2]]), key=lambda root: -root.imag)
    assert host.get("roots") == pytest.approx([v for r in roots for v in (r.real, r.imag)], abs=1e-6)
    said(host, "swings (underdamped)")


def test_on_the_axis_the_roots_meet_and_part_again(host):
    drag(host, (0.405, 0.804), (0.7, 0.2), (0.7, 0))
    said(host, "critical")
    meet = host.get("beta")
    assert meet == pytest.approx(0.49, abs=0.02)
    drag(host, (meet**0.5, 0), (0.9, 0))
    assert host.get("beta") == meet
    assert host.get("roots")[0] == pytest.approx(0.9, abs=0.01)
    assert host.get("roots")[0] * host.get("roots")[2] == pytest.approx(meet, rel=1e-4)
    said(host, "creeps (overdamped)")
    drag(host, (host.get("roots")[0], 0), (0.9, 0.3))
    assert host.get("roots")[1] == pytest.approx(0.3, abs=0.02)


def test_a_pair_stays_inside_the_circle_and_a_real_root_leaves_it(host):
    drag(host, (0.405, 0.804), (0.5, 1.1))
    assert host.get("beta") == pytest.approx(1, abs=1e-4)
    said(host, "swings for ever")
    host.page.mouse.click(*spot(host, -0.6, 0.4))
    host.settle()
    drag(host, (-0.6, 0.4), (-0.8, 0), (-1.2, 0))
    assert host.get("roots")[0] == pytest.approx(-1.2, abs=0.02)
    said(host, "diverges")
    assert "d2l-bad" in host.page.locator(".d2l-facts").inner_html()


def test_keys_leave_the_axis_and_come_back(host):
    host.set("rate", 0.01)
    handle = host.page.get_by_role("slider", name="Larger root")
    handle.press("ArrowUp")
    host.settle()
    assert host.get("roots")[1] > 0
    handle.press("ArrowDown")
    host.settle()
    assert host.get("roots")[1] == pytest.approx(0, abs=2e-3)
    for _ in range(80):
        handle.press("Shift+ArrowRight")
    host.settle()
    assert 0.99 < host.get("roots")[0] < 1  # never 1, where nothing would move
    for _ in range(80):
        handle.press("Shift+ArrowUp")
    host.settle()
    assert host.get("beta") <= 1


def test_only_rate_times_curvature_counts(host):
    before = host.get("roots")
    host.set("curvature", 4)
    host.set("rate", 0.25)
    assert host.get("roots") == pytest.approx(before)
    drag(host, (0.405, 0.804), (0.5, 0.5))
    assert host.get("rate") == pytest.approx(0.125, abs=0.01)


def test_play_and_the_scrubber_move_all_three(host):
    host.page.get_by_role("button", name="Reset").click()
    host.settle()
    assert (host.get("step_count"), host.get("weight")) == (0, [1])
    host.page.get_by_role("button", name="Step").click()
    host.settle()
    assert host.get("weight") == [pytest.approx(0, abs=1e-12)]
    host.page.get_by_role("slider", name="Step shown").press("End")
    host.settle()
    assert host.get("step_count") == 60
    assert host.get("weight") == [pytest.approx(sgd_weight(1.0, 1.0, 0.81, 60), rel=1e-6)]


def test_one_finger_puts_the_root(make_host):
    host = make_host(390, has_touch=True, is_mobile=True).open("roots").show("roots", folded=True)
    host.page.touchscreen.tap(*spot(host, -0.3, 0.4))
    host.settle()
    assert host.get("roots")[:2] == pytest.approx([-0.3, 0.4], abs=0.03)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rate": 0.001}, "creeps (overdamped)"),
        ({"rate": 0.01}, "critical"),
        ({"rate": 1}, "swings (underdamped)"),
        ({"rate": 1.5, "beta": 0}, "jumps to and fro"),
        ({"rate": 1, "beta": 0}, "there in one step"),
        ({"rate": 3.7}, "diverges"),
    ],
)
def test_the_picture_names_the_kind(settings, words):
    svg = preview_svg(RootsExplorer(**settings))
    assert words in svg
    assert "a step keeps" in svg
