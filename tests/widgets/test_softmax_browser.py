"""The softmax explorer, driven by keyboard and mouse."""

import math

import pytest

pytestmark = pytest.mark.browser


def test_a_logit_that_is_dragged_moves_all_probabilities_and_drops_the_steps(make_host):
    host = make_host().open("softmax").show("softmax", step_count=5)
    before = host.get("probabilities")
    handle = host.page.get_by_role("slider", name="Logit of coat")
    handle.press("Shift+ArrowRight")
    host.settle()
    assert host.get("step_count") == 0
    after = host.get("probabilities")
    assert after[2] > before[2]
    assert all(now < then for k, (now, then) in enumerate(zip(after, before, strict=True)) if k != 2)
    assert sum(after) == pytest.approx(1)


def test_a_step_follows_the_gradient_and_what_is_true_turns_it(make_host):
    host = make_host().open("softmax").show("softmax")
    powers = [math.exp(z) for z in (2, 1, 0, -1)]
    p = [power / sum(powers) for power in powers]
    assert host.get("probabilities") == pytest.approx(p, abs=1e-6)
    assert host.get("gradient") == pytest.approx([p[0], p[1] - 1, p[2], p[3]], abs=1e-6)
    host.page.get_by_role("button", name="Step", exact=True).click()
    host.settle()
    assert host.get("step_count") == 1
    assert host.get("probabilities")[1] > 2 * p[1]
    host.page.get_by_role("radio", name="shirt", exact=True).check(force=True)
    host.settle()
    assert host.get("gradient")[0] < 0 < host.get("gradient")[1]


def test_a_shift_changes_nothing_until_it_overflows_and_the_cure_works(make_host):
    host = make_host().open("softmax").show("softmax", shift=80)
    assert host.get("probabilities")[0] == pytest.approx(0.6439, abs=1e-3)
    host.page.get_by_role("slider", name="added to each logit").press("End")
    host.settle()
    assert host.get("probabilities") == []
    assert host.page.get_by_text("inf divided by inf is nan").is_visible()
    host.page.get_by_role("radio", name="minus largest").check(force=True)
    host.settle()
    assert host.get("probabilities")[0] == pytest.approx(0.6439, abs=1e-4)
