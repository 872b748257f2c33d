"""The normalizer explorer, driven by keyboard and mouse."""

import pytest

pytestmark = pytest.mark.browser


def losses(host):
    host.settle()
    return host.get("losses")


def test_only_the_network_with_batch_norm_learns_from_pytorchs_start(make_host):
    host = make_host().open("normalizer").show("normalizer")
    without, with_norm = losses(host)
    assert with_norm < 0.5 < 0.68 < without < 0.71


def test_steps_go_back_to_the_start_and_forwards_to_the_same_numbers(make_host):
    host = make_host().open("normalizer").show("normalizer", step_count=60)
    before = losses(host)
    chart = host.page.get_by_role("slider", name="Step shown")
    chart.press("Home")
    assert losses(host) != before
    host.set("step_count", 60)
    assert losses(host) == before


def test_running_statistics_lag_behind_at_the_start(make_host):
    host = make_host().open("normalizer").show("normalizer", step_count=3)
    batch = losses(host)
    host.set("statistics", "running")
    running = losses(host)
    assert running[0] == batch[0]
    assert running[1] != batch[1]


def test_a_rate_that_is_far_too_large_leaves_both_guessing(make_host):
    host = make_host().open("normalizer").show("normalizer", scale=10, lr=10, step_count=100)
    assert min(losses(host)) > 0.69
    assert "0/80" in host.page.locator(".d2l-both").inner_text()
