"""The mini-batch explorer, driven by keyboard and mouse."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("minibatch").show("minibatch")


def verdict(host):
    return host.page.locator(".d2l-verdict").inner_text()


def test_the_right_picture_is_a_slider_of_the_batch_size(host):
    slider = host.page.get_by_role("slider", name="Batch size")
    slider.press("ArrowRight")
    host.settle()
    assert host.get("batch_size") == 16
    slider.press("End")
    host.settle()
    assert host.get("batch_size") == 8192
    assert "all samples are in the batch" in verdict(host)


def test_the_full_batch_walks_as_gradient_descent(host):
    host.page.get_by_role("combobox", name="batch size").select_option("8192")
    host.settle()
    w1, w2 = host.get("position")  # after 40 steps at 0.1 from (-2.6, 1.8), curvatures 1 and 4
    assert w1 == pytest.approx(-2.6 * 0.9**40)
    assert w2 == pytest.approx(1.8 * 0.6**40, abs=1e-9)


def test_the_views_change_picture_text_and_controls(host):
    page = host.page
    page.get_by_role("radio", name="race").check()
    host.settle()
    assert verdict(host).startswith("After ")
    assert page.get_by_role("radiogroup", name="count").is_visible()
    page.get_by_role("radio", name="network").check()
    host.settle()
    page.get_by_role("slider", name="Step shown").press("End")
    host.settle()
    assert host.get("step_count") == 9
    assert verdict(host).startswith("After 512 steps")
    assert not page.get_by_role("radiogroup", name="count").is_visible()


def test_a_budget_beyond_the_end_of_some_runs_names_no_winner(host):
    host.page.get_by_role("radio", name="race").check()
    host.page.get_by_role("radio", name="images").check()
    host.settle()
    assert "the lowest" in verdict(host)
    host.page.get_by_role("slider", name="Step shown").press("End")
    host.settle()
    assert "the lowest" not in verdict(host) and "not to be compared: batches of 1 to 4096." in verdict(host)
