"""The graph explorer: typed into, stepped through, dragged, and asked for its mistakes."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("graph").show("graph")


def told(host):
    return host.page.locator(".d2l-told").inner_text()


def write(host, expression, inputs=None):
    host.page.get_by_role("textbox", name="expression").fill(expression)
    if inputs is not None:
        host.page.get_by_role("textbox", name="inputs").fill(inputs)
    host.settle()


def rows(host):
    return [row.split()[:3] for row in host.page.locator("table.d2l-checks tbody tr").all_inner_texts()]


def test_it_opens_on_the_way_back_and_a_step_ends_it(host):
    assert "−0.269 × 0.197 = −0.0529" in told(host)
    assert rows(host)[0] == ["w", "1", "…"]
    host.page.get_by_role("button", name="Step").click()
    host.settle()
    assert told(host).startswith("Step 13 of 13")
    assert rows(host) == [
        ["w", "1", "−0.0529"],
        ["x", "1", "−0.0529"],
        ["b", "1", "−0.269"],
        ["y", "2", "0.269"],
    ]
    assert host.get("names") == "w, x, b, y"
    assert host.get("gradients") == pytest.approx([-0.0528770, -0.0528770, -0.2689414, 0.2689414], abs=1e-6)


def test_a_typed_expression_is_drawn_whole_and_its_ways_add_up(host):
    write(host, "x * x + x", "x = 3")
    assert rows(host) == [["x", "3", "7"]]
    assert host.get("result") == 12
    assert "and 4 was there: 4 + 3 = 7" in told(host)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("2 x", "There is “x”: expected an operator, such as * for “times”, or the end."),
        ("sin x", "The function “sin” has no bracket: expected sin(…)."),
        ("log(x - x)", "log(0) has no value: expected a number above 0."),
        ("(x - 2)^0.5", "−1 to the power 0.5 has no value: expected a base above 0, or a whole power."),
        ("1 / (x - 1)", "1 / 0 has no value: expected a divisor that is not 0."),
        ("x)", "There is “)”: expected no bracket here, or a “(” before it."),
        ("alert(1)", "The function “alert” is not known"),
    ],
)
def test_what_has_no_value_is_explained_and_breaks_nothing(host, expression, said):
    write(host, expression)
    assert said in told(host)
    assert host.get("problem").startswith(said[:30])
    assert host.get("gradients") == []
    write(host, "x * 3", "x = 2")
    assert host.get("gradients") == [3]
    assert host.get("problem") == ""


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        (
            "0 * x^0.5",
            "The gradient of x is not a number (0 × ∞, or a slope that does not exist; torch gives nan):",
        ),
        ("x^0.5", "The gradient of x is infinite, in torch, too: expected inputs where each"),
    ],
)
def test_a_gradient_that_is_no_number_is_torchs_and_says_why(host, expression, said):
    write(host, expression, "x = 0")
    assert said in told(host)
    assert host.get("problem") == "A value or a gradient is not finite."
    write(host, "relu(x)^0.5", "x = −1")  # nothing passes a relu below 0
    assert host.get("gradients") == [0]


@pytest.mark.parametrize(
    ("expression", "mistake"),
    [
        ("x * x", "only the last way counts"),
        ("w - x", "a − b: b gets +1"),
        ("sigmoid(x)", "sigmoid: slope is p"),
    ],
)
def test_nudging_finds_each_planted_mistake(host, expression, mistake):
    write(host, expression, "x = 3, w = 1")
    bad = host.page.locator(".d2l-body p.d2l-bad:visible")
    assert bad.count() == 0
    host.page.get_by_role("combobox", name="planted mistake").select_option(label=mistake)
    host.settle()
    assert bad.all_inner_texts() == [
        "The gradient of x is not what nudging finds (red): a mistake, or a kink."
    ]


def test_inputs_are_moved_by_keys_and_by_the_pointer(host):
    write(host, "w * x", "w = 2, x = 1")
    canvas = host.page.locator(".d2l-stage canvas")
    canvas.focus()
    for key in ("PageDown", "ArrowRight", "ArrowRight", "ArrowUp"):
        canvas.press(key)
    host.settle()
    assert host.get("inputs") == "w = 2.3, x = 1"
    box = canvas.bounding_box()
    start = (box["x"] + 38, box["y"] + 31)  # the first input stands in the upper left corner
    host.page.mouse.move(*start)
    host.page.mouse.down()
    host.page.mouse.move(start[0] + 20, start[1])
    host.page.mouse.move(start[0] + 40, start[1])
    host.page.mouse.up()
    host.settle()
    assert host.get("inputs") == "w = 3.3, x = 1"
    assert host.get("gradients") == [1, 3.3]
