"""The debugger explorer: lines pressed by pointer and by keys, the mistake found, and the next case."""

import pytest

pytestmark = pytest.mark.browser


def lines(host):
    """Return the buttons of the program's lines."""
    return host.page.get_by_role("list", name="Lines of the program").get_by_role("button")


def test_a_wrong_guess_says_what_the_line_does_and_a_right_one_mends_it(make_host):
    host = make_host().open("debugger").show("debugger")
    lines(host).nth(1).click()
    host.settle()
    assert "This line is right." in host.page.inner_text(".d2l-about")
    assert host.get("solved") is False
    lines(host).filter(has_text="keepdim").click()
    host.settle()
    assert host.get("solved") is True
    assert "Found: a column against a row" in host.page.inner_text(".d2l-about")
    assert lines(host).filter(has_text="argmax(dim=1)").count() == 1


def test_keys_walk_over_the_lines_and_enter_presses_one(make_host):
    host = make_host().open("debugger").show("debugger")
    lines(host).first.focus()
    for _ in range(4):
        host.page.keyboard.press("ArrowDown")
    host.page.keyboard.press("Enter")
    host.settle()
    assert (host.get("pressed"), host.get("solved")) == (5, True)
    host.page.get_by_role("button", name="Next case").press("Enter")
    host.settle()
    assert (host.get("case"), host.get("pressed"), host.get("solved")) == (2, 0, False)


def test_another_case_forgets_the_guess_and_a_known_mistake_takes_no_guess(make_host):
    host = make_host().open("debugger").show("debugger", pressed=2)
    host.page.get_by_role("button", name="Show the mistake").click()
    host.settle()
    assert host.get("shown") is True
    assert "Here: a column against a row. With keepdim" in host.page.inner_text(".d2l-about")
    before = host.get("pressed")
    lines(host).first.press("Enter")
    host.settle()
    assert host.get("pressed") == before
    host.page.get_by_role("radio", name="see it").check(force=True)
    host.settle()
    host.page.get_by_role("combobox", name="mistake").select_option(label="eval() forgotten")
    host.settle()
    assert "eval() forgotten. A line is missing." in host.page.inner_text(".d2l-about")
