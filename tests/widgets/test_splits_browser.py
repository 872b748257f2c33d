"""The splits explorer, dealt by keyboard, by links and by pointing."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("splits").show("splits")


def text(host, name):
    return host.page.locator(f".d2l-{name}").inner_text()


def test_mates_on_both_sides_promise_what_whole_nests_do_not_keep(host):
    assert "have their mate in training" in text(host, "leak")
    assert "its mate of the same nest" in text(host, "about")
    by_rows = host.get("promised")
    host.page.get_by_role("combobox", name="rows are dealt").select_option("nest by nest")
    host.settle()
    assert "Nothing crosses" in text(host, "leak")
    assert by_rows > 0.75 and host.get("promised") < 0.55


def test_columns_picked_on_all_rows_promise_more_than_new_birds_keep(host):
    host.set("question", "sex")
    host.set("size", "small")
    gaps = []
    for prepare in ("noise_over_all", "noise"):
        host.set("prepare", prepare)
        gaps.append(host.get("promised") - host.get("worth"))
    assert gaps[0] > 0.2 > gaps[1]
    assert "on new birds" in text(host, "facts")


def test_folds_are_stepped_to_the_last_and_one_part_has_none(host):
    step = host.page.get_by_role("button", name="Step")
    for _ in range(6):
        step.click()
        host.settle()
    assert host.get("fold") == 5
    host.set("plan", "one_part")
    step.click()
    host.settle()
    assert "Fold" not in text(host, "leak")
    assert host.get("promised") > 0.5


def test_the_test_set_is_shut_until_it_is_opened(host):
    table = host.page.get_by_role("slider", name="Bird looked at")
    table.press("Home")
    host.settle()
    assert "in the test set, which is shut" in text(host, "about")
    host.set("opened", True)
    assert "Most similar in training" in text(host, "about")
    assert "test" in text(host, "facts")


def test_a_bird_without_a_sex_has_no_row_where_the_sex_is_predicted(host):
    table = host.page.get_by_role("slider", name="Bird looked at")
    table.press("End")
    host.settle()
    assert host.get("row") == 343
    host.set("question", "sex")
    assert table.get_attribute("aria-valuemax") == "325"
