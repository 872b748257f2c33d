"""The all-reduce explorer, stepped, pressed and driven by keys."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("all_reduce").show("all_reduce")


def text(host):
    return host.page.locator(".d2l-body").inner_text()


def test_steps_end_with_every_sum_everywhere(host):
    host.page.get_by_role("button", name="Reset").click()
    host.settle()
    assert host.get("values")[:4] == [1, 4, 7, 3]
    for _ in range(6):
        host.page.get_by_role("button", name="Step", exact=True).click()
        host.settle()
    assert host.get("step_count") == 6
    assert host.get("values") == [14, 18, 22, 17] * 4
    assert host.get("most_sent") == pytest.approx(1.5)  # 2 (n - 1) / n vectors
    assert "Every worker has every sum." in text(host)


def test_one_that_adds_up_sends_a_vector_to_each_of_the_others(host):
    host.page.get_by_role("radio", name="one adds up").check(force=True)
    host.page.get_by_role("slider", name="workers").press("End")
    host.set("step_count", 14)
    host.settle()
    assert host.get("most_sent") == 7
    assert "7.00 vectors" in text(host)


def test_a_cell_is_read_out_by_keys(host):
    cells = host.page.get_by_role("slider", name="Cell read out")
    cells.first.press("Home")
    host.settle()
    assert "Worker 1, chunk 1: 1, its own number." in text(host)
    cells.first.press("ArrowDown")
    host.settle()
    assert "Worker 2, chunk 1: 1 + 6 = 7, from workers 1, 2." in text(host)
