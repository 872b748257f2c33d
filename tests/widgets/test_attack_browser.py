"""The attack explorer, driven by keyboard."""

import pytest

pytestmark = pytest.mark.browser


def test_a_higher_frequency_has_more_peaks(make_host):
    host = make_host().open("attack").show("attack")
    host.page.get_by_role("slider", name="frequency").press("End")
    host.settle()
    assert host.get("frequency") == 8
    assert len(host.get("peaks")) == 8
