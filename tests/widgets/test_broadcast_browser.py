"""The broadcast explorer, typed into, pointed at and driven by keys."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("broadcast").show("broadcast")


def text(host):
    return host.page.locator(".d2l-body").inner_text()


def type_shapes(host, a, b):
    for name, shape in (("shape of a", a), ("shape of b", b)):
        host.page.get_by_role("textbox", name=name).fill(shape)
    host.settle()


def test_it_opens_with_a_column_and_a_row_that_make_a_table(host):
    assert host.get("fits") is True
    assert host.get("result_shape") == [3, 4]
    assert "(3, 1) + (1, 4) gives (3, 4): 12 numbers from 3 and 4." in text(host)
    assert "result[1, 2] = a[1, 0] + b[0, 2] = 20 + 3 = 23" in text(host)


def test_a_wrong_pair_says_which_axis_clashes_and_what_would_fit(host):
    type_shapes(host, "3, 4", "3")
    assert host.get("fits") is False
    assert host.get("result_shape") == []
    bad = host.page.locator(".d2l-body p.d2l-bad:visible").all_inner_texts()
    assert bad == [
        "(3, 4) + (3,) is an error: one axis clashes. b.reshape(3, 1) would fit.",
        "Axis\u00a0−1 clashes: a has 4 and b has 3, and neither is 1, so neither can be stretched.",
    ]
    assert (
        "PyTorch: “The size of tensor a (4) must match the size of tensor b (3) at non-singleton dimension 1”. "
        "Its dimension 1, counted from the left, is axis −1."
    ) in text(host)
    type_shapes(host, "3, 4", "3, 1")
    assert host.get("result_shape") == [3, 4]
    assert host.page.locator(".d2l-body p.d2l-bad:visible").count() == 0


def test_the_table_has_a_column_an_axis(host):
    rows = host.page.locator("table.d2l-aligned tr")
    type_shapes(host, "8, 3, 32, 32", "3, 1, 1")
    assert [row.split() for row in rows.all_inner_texts()] == [
        ["axis", "−4", "−3", "−2", "−1"],
        ["a", "8", "3", "32", "32"],
        ["b", "(1)", "3", "1", "1"],
        ["rule", "missing", "equal", "stretched", "stretched"],
        ["result", "8", "3", "32", "32"],
    ]
    type_shapes(host, "4", "")
    assert [row.split() for row in rows.all_inner_texts()][1:3] == [["a", "4"], ["b", "(1)"]]


def test_what_is_no_shape_is_said_and_breaks_nothing(host):
    type_shapes(host, "3, x", "2, 2, 2, 2, 2, 2")
    assert "Axis 2 of the shape of a is “x”: expected a whole number from 0 to 9999, such as 3." in text(host)
    assert "The shape of b has 6 axes: expected at most 5." in text(host)
    assert host.get("fits") is False
    type_shapes(host, "", "")
    assert host.get("fits") is True
    assert host.get("result_shape") == []
    assert "result = a + b = 10 + 1 = 11" in text(host)


def test_arrows_move_over_the_cells_and_stop_at_the_ends(host):
    slider = host.page.get_by_role("slider", name="Cell worked out")
    slider.press("ArrowDown")
    host.settle()
    assert host.get("position") == 10
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):  # the first and the last lead nowhere
        slider.press(key)
    host.settle()
    assert host.get("position") == 11
    assert "30 + 4 = 34" in slider.get_attribute("aria-valuetext")
    host.page.get_by_role("radio", name="×").check()
    host.settle()
    assert "result[2, 3] = a[2, 0] × b[0, 3] = 30 × 4 = 120" in text(host)


def test_pointing_at_a_cell_of_any_tensor_works_it_out(host):
    box = host.page.locator("canvas").bounding_box()
    seen = set()
    for part in range(60):
        host.page.mouse.move(box["x"] + box["width"] * part / 60, box["y"] + box["height"] / 2 + 12)
        host.settle()
        seen.add(host.get("position"))
    assert {4, 5, 6, 7} <= seen  # the middle row


def test_the_rule_is_applied_a_step_at_a_time_and_the_result_comes_last(host):
    type_shapes(host, "3", "3, 1")
    host.page.get_by_role("radio", name="−").check()
    seen = [
        "(3,) − (3, 1): do they fit?",
        "Lined up from the right.",
        "Each axis of 1 is stretched",
        "gives (3, 3): 9",
    ]
    for step, words in enumerate(seen):  # at the end, a step begins anew
        host.page.get_by_role("button", name="Step").click()
        host.settle()
        assert host.get("step") == step
        assert words in host.page.locator(".d2l-verdict").inner_text()
        assert ("Ringed" in text(host)) == (step == 3)
        assert ("(1)" in text(host)) == (step > 0)
        assert ("stretched to 3" in text(host)) == (step > 1)
    host.page.get_by_role("button", name="Reset").click()
    host.settle()
    assert host.get("step") == 0
    host.page.get_by_role("slider", name="Cell worked out").press("ArrowRight")
    host.settle()
    assert "Ringed" not in text(host)  # nothing is told before its time


def test_a_clash_is_seen_where_the_axes_are_stretched(host):
    type_shapes(host, "3, 4", "3")
    for step, bad in ((0, False), (1, False), (2, True), (3, True)):
        host.set("step", step)
        assert (host.page.locator(".d2l-body .d2l-bad:visible").count() > 0) == bad


def test_of_large_tensors_a_part_is_drawn_and_said(host):
    type_shapes(host, "8, 3, 32, 32", "3, 1, 1")
    assert "24,576 numbers from 24,576 and 3." in text(host)
    assert (
        "Drawn: the first and the last of long axes, of the axes before the last three the index 0 only."
        in text(host)
    )
    host.page.get_by_role("slider", name="Cell worked out").press("End")
    host.settle()
    assert host.get("position") == 59
    assert "result[0, 2, 31, 31] = a[0, 2, 31, 31] + b[2, 0, 0]" in text(host)
    type_shapes(host, "3, 0", "3, 1")
    assert host.get("result_shape") == [3, 0]
    assert "Drawn:" not in text(host)


@pytest.mark.parametrize(
    "shapes",
    [
        ("60", "1"),
        ("8, 3, 32, 32", "3, 1, 1"),
        ("32, 10", "10"),
        ("1, 50, 1", "50, 1, 50"),
        ("1", "60, 1"),
        ("3, 4, 5", "5"),
        ("2, 1, 30", "1"),
        ("10, 6", "6"),
    ],
)
def test_every_picture_keeps_its_cells_inside(host, shapes):
    type_shapes(host, *shapes)
    for width in (360, 400, 800):
        host.resize(width)
        seen = host.page.evaluate("""() => {
            const canvas = document.querySelector(".d2l-body canvas");
            const { width, height } = canvas;
            const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
            copy.drawImage(canvas, 0, 0);
            const { data } = copy.getImageData(0, 0, width, height);
            const filled = (x, y) => data[4 * (y * width + x) + 3] > 0;
            const along = (length, test) => Array.from({ length }, (_, i) => test(i)).some(Boolean);
            const edge = along(height, (y) => filled(width - 1, y)) || along(width, (x) => filled(x, height - 1));
            return { edge, some: data.some(Boolean) };
        }""")
        assert seen == {"edge": False, "some": True}, (shapes, width)
