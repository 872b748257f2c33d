"""The surprise explorer, driven by keyboard and mouse."""

import pytest

pytestmark = pytest.mark.browser


def test_a_worse_mistake_pulls_harder_under_cross_entropy_alone(make_host):
    host = make_host().open("surprise").show("surprise", squared=True)
    host.page.get_by_role("slider", name="logit z").press("Home")
    host.settle()
    assert host.get("logit") == -10
    losses, pulls = host.get("losses"), host.get("pulls")
    assert losses[0] > 9.9
    assert losses[1] < 1
    assert pulls[0] < -0.999
    assert abs(pulls[1]) < 1e-4


def test_the_chart_moves_the_logit_and_the_truth_turns_the_pull(make_host):
    host = make_host().open("surprise").show("surprise", logit=0)
    chart = host.page.get_by_role("slider", name="Logit, in tenths", exact=True)
    chart.press("ArrowRight")
    host.settle()
    assert host.get("logit") == 0.1
    assert host.get("pulls")[0] < 0
    host.page.get_by_role("radio", name="benign").check(force=True)
    host.settle()
    assert host.get("label") == "benign"
    assert host.get("pulls")[0] > 0
