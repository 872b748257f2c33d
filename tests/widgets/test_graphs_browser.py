"""The graphs explorer: stepped by keys, by lines and by boxes; where a stand-in has no value it stops."""

import pytest

pytestmark = pytest.mark.browser


def lines(host):
    """Return the buttons of the model's lines."""
    return host.page.get_by_role("list", name="Lines of the model").get_by_role("button")


def told(host):
    """Return the sentence about the current step."""
    return host.page.inner_text(".d2l-told")


def test_a_graph_is_written_down_before_it_computes(make_host):
    host = make_host().open("graphs").show("graphs", step=0)
    step = host.page.get_by_role("button", name="Step")
    for _ in range(6):
        step.click()
    host.settle()
    assert "The model returns" in told(host)
    assert host.get("num_operations") == 0
    step.click()
    host.settle()
    assert "without Python: h = x @ W gives 0.75, −1.00, 1.00" in told(host)
    assert host.get("num_operations") == 1


def test_a_line_pressed_by_key_goes_to_its_step_and_an_if_stops_the_tracing(make_host):
    host = make_host().open("graphs").show("graphs", model="branch", mode="graph", step=0)
    lines(host).nth(1).focus()
    for _ in range(3):
        host.page.keyboard.press("ArrowDown")
    host.page.keyboard.press("Enter")
    host.settle()
    assert host.get("step") == 4
    assert "stops with an error" in told(host)
    host.page.get_by_role("radio", name="compiled").check(force=True)
    host.settle()
    assert host.get("step") == 0
    lines(host).nth(4).press("Enter")
    host.settle()
    assert "A second graph begins" in told(host)


def test_a_line_that_nothing_needs_runs_only_where_lines_run(make_host):
    host = make_host().open("graphs").show("graphs", model="unused", mode="eager", step=20)
    host.settle()
    assert host.get("num_operations") == 4
    host.page.get_by_role("radio", name="graph", exact=True).check(force=True)
    lines(host).nth(5).press("Enter")
    host.page.get_by_role("button", name="Step").click()
    host.settle()
    assert "Nothing needs m = mean(a)" in told(host)


def test_what_a_further_input_costs_is_not_said_before_the_end(make_host):
    host = make_host().open("graphs").show("graphs", model="branch", mode="compiled", step=6)
    host.settle()
    facts = lambda: host.page.inner_text(".d2l-facts")
    assert "further" not in facts() and facts().endswith("graphs 1")
    host.set("step", 10)
    host.settle()
    assert "each further x that goes this way" in facts() and facts().endswith("graphs 2")
