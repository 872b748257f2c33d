"""The sigmoid-fit explorer, bent by mouse, by keyboard and by descent."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from d2lite import datasets
from d2lite.widgets.sigmoid_fit import NUM_TUMOURS, load_tumours

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("sigmoid_fit").show("sigmoid_fit")


def handle(host, name):
    return host.page.get_by_role("slider", name=name)


def drag(host, name, dx, dy):
    box = handle(host, name).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    host.page.mouse.move(x, y)
    host.page.mouse.down()
    host.page.mouse.move(x + dx, y + dy, steps=4)
    host.page.mouse.up()
    host.settle()
    return x + dx, y + dy


def test_the_tumours_are_training_ones_and_no_threshold_divides_them():
    data = load_tumours()
    values, malignant = np.array(data["values"]), np.array(data["malignant"], bool)
    table = datasets.tabular("breast_cancer")
    radius = table.split((0.6, 0.2, 0.2), seed=0)[0].inputs[:, table.feature_names.index("worst radius")]
    np.testing.assert_allclose(values, radius[:NUM_TUMOURS], rtol=1e-3)
    assert values[malignant].min() < values[~malignant].max()


def test_the_left_dot_changes_the_bias_alone_and_follows_the_pointer(host):
    before = host.get("loss")[0]
    x, _ = drag(host, "Slide the S", -120, 0)
    assert host.get("weight") == 1.5
    assert host.get("bias") > -2.5
    assert host.get("loss")[0] < before
    box = handle(host, "Slide the S").bounding_box()
    assert box["x"] + box["width"] / 2 == pytest.approx(x, abs=3)


def test_the_right_dot_tilts_about_the_left_one(host):
    still = handle(host, "Slide the S").bounding_box()
    drag(host, "Tilt the S", -40, 0)
    assert host.get("weight") > 1.7
    box = handle(host, "Slide the S").bounding_box()
    assert (box["x"], box["y"]) == pytest.approx((still["x"], still["y"]), abs=2)


def test_the_dots_answer_to_keys(host):
    handle(host, "Slide the S").press("ArrowLeft")
    host.settle()
    assert host.get("bias") > -2.5
    weight = host.get("weight")
    handle(host, "Tilt the S").press("ArrowUp")
    host.settle()
    assert host.get("weight") > weight


def test_a_flat_curve_is_lifted_and_bent(host):
    host.set("weight", 0)
    host.set("bias", 0)
    assert host.get("loss")[0] == pytest.approx(np.log(2))
    drag(host, "Slide the S", 0, -20)
    assert host.get("bias") > 0.2
    drag(host, "Tilt the S", 0, -20)
    assert host.get("weight") > 0


def test_steps_go_on_from_where_the_reader_left_the_curve(host):
    host.page.get_by_role("button", name="10 steps", exact=True).click()
    host.page.get_by_role("button", name="Step", exact=True).click()
    host.settle()
    assert host.get("step_count") == 11
    assert (host.get("weight"), host.get("bias")) == (1.5, -2.5)
    assert "better than your S" in host.read()
    weight = host.page.get_by_role("slider", name="weight w", exact=True)
    assert float(weight.input_value()) == pytest.approx(host.get("theta")[0], abs=0.03)
    theta = host.get("theta")
    host.page.get_by_role("slider", name="bias b", exact=True).press("ArrowRight")
    host.settle()
    assert host.get("step_count") == 0
    assert host.get("weight") == pytest.approx(theta[0], abs=0.006)
    assert host.get("bias") == pytest.approx(theta[1], abs=0.08)


def test_a_hundred_steps_are_torchs(host):
    from tests.widgets.traces.sigmoid_fit import descent, problem

    host.set("weight", 0)
    host.set("bias", 0)
    host.page.get_by_role("button", name="100 steps").click()
    host.settle()
    path = descent(*problem(), 0.0, 0.0, 0.5, num_steps=100)
    assert host.get("theta") == pytest.approx([path[0][-1], path[1][-1]], abs=1e-5)
    assert host.get("loss") == pytest.approx([path[2][-1]], abs=1e-5)


def test_the_best_number_is_scikit_learns_and_a_curve_there_is_told_so(host):
    from tests.widgets.traces.sigmoid_fit import problem

    u, y = problem()
    model = LogisticRegression(C=1e12, tol=1e-12, solver="newton-cholesky").fit(u[:, None], y)
    host.set("weight", float(model.coef_[0, 0]))
    host.set("bias", float(model.intercept_[0]))
    lowest = -np.log(model.predict_proba(u[:, None])[np.arange(len(y)), y]).mean()
    text = host.read()
    assert f"best possible {lowest:.3f}" in text
    assert "within 1% of the best possible" in text


def test_play_stops_where_nothing_moves_any_more(host):
    host.set("speed", 200)
    host.set("lr", 20)
    host.page.get_by_role("button", name="Play").click()
    host.wait("get('step_count') > 5")
    host.page.get_by_role("button", name="Play").wait_for()
    assert "within 1%" in host.read()
