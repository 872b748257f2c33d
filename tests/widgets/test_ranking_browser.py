"""The ranking explorer, walked by buttons and keys."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("ranking").show("ranking")


def about(host):
    return host.page.locator(".d2l-about").inner_text()


def test_each_row_says_what_it_counts_for_and_why(host):
    host.page.get_by_role("button", name="Reset").click()
    host.settle()
    assert "40 detections in the list, 5 items" in about(host)
    texts = []
    for _ in range(3):
        host.page.get_by_role("button", name="Step").click()
        host.settle()
        texts.append(about(host))
    assert "Row 1" in texts[0] and "true positive" in texts[0]
    assert "Row 2" in texts[1] and "a copy" in texts[1] and "row 1 has that item already" in texts[1]


def test_the_area_is_told_at_the_end_and_suppression_raises_it(host):
    assert "at the end" in host.page.locator(".d2l-facts").inner_text()
    averages = [host.get("average_precision")]
    host.set("suppressed", True)
    averages.append(host.get("average_precision"))
    assert averages[0] < 0.65 and averages[1] == pytest.approx(0.8 + 0.2 * 5 / 7, abs=1e-6)
    row = host.page.get_by_role("slider", name="Row of the list")
    row.press("End")
    host.settle()
    assert host.get("step_count") == 11
    assert "0.943" in host.page.locator(".d2l-facts").inner_text()


def test_at_the_end_step_stays_there(host):
    host.set("step_count", 40)
    host.page.get_by_role("button", name="Step").click()
    host.settle()
    assert host.get("step_count") == 40
