"""The gates explorer, driven by mouse, keyboard and finger; torch's LSTMCell says what it must show."""

import re

import pytest
import torch

from d2lite.widgets.gates import load_cell, load_gru

from .test_screen_browser import OPENING, SCREENS
from .traces.gates import PLAIN, encode, read, read_gru, torch_cell

pytestmark = pytest.mark.browser
TEXT = "Bcad.b?ca.Dbacb?"


@pytest.fixture
def host(make_host):
    return make_host().open("gates").show("gates")


def answer(host):
    return host.page.locator(".d2l-answer").inner_text()


def answers(text, **changes):
    """The letter torch's cell answers after each sign, and its chance."""
    _, chances = read(load_cell(), text, PLAIN | changes)
    best = chances.max(1)
    return ["ABCD"[k] for k in best.indices], best.values.tolist()


def score(text, **changes):
    """How many of the questions torch's cell answers right."""
    letters, right, wanted = answers(text, **changes)[0], 0, None
    for sign, letter in zip(text, letters, strict=True):
        wanted = sign if sign in "ABCD" else wanted
        right += sign == "?" and letter == wanted
    return right


def test_it_opens_on_the_last_answer(host):
    letters, chances = answers(TEXT)
    assert answer(host).startswith(f"Step 16, “?”: it says {letters[-1]}")
    percent = float(re.search(r"\(([\d.]+)%\)", answer(host)).group(1))
    assert percent == pytest.approx(100 * chances[-1], rel=0.06)
    assert host.page.locator(".d2l-score").inner_text() == f"Questions answered right: {score(TEXT)} of 2."


def test_a_typed_text_is_read_as_torch_reads_it(host):
    field = host.page.get_by_role("textbox", name="text", exact=True)
    field.fill("Ab?Dd?")
    field.press("Enter")
    host.settle()
    assert answer(host).startswith(f"Step 6, “?”: it says {answers('Ab?Dd?')[0][-1]}")
    assert (
        host.page.locator(".d2l-score").inner_text() == f"Questions answered right: {score('Ab?Dd?')} of 2."
    )


def test_a_shut_forget_gate_forgets(host):
    host.page.get_by_role("radiogroup", name="forget gate").get_by_role("radio", name="closed").check()
    host.settle()
    assert "c = f·c₋₁ + i·g = 0.00·" in host.page.locator(".d2l-sums").inner_text()
    right = score(TEXT, forget_gate="closed")
    assert right < 2
    assert host.page.locator(".d2l-score").inner_text() == f"Questions answered right: {right} of 2."
    assert "along the cell state alone 0% would" in answer(host)


def test_keys_and_clicks_choose_a_step(host):
    strip = host.page.get_by_role("slider", name="Step shown")
    strip.focus()
    for key, step in (("Home", 0), ("ArrowRight", 1), ("PageDown", 0), ("PageUp", 10), ("End", 15)):
        host.page.keyboard.press(key)
        host.settle()
        assert host.get("step") == step
    box = strip.bounding_box()
    host.page.mouse.click(box["x"] + 96 + (box["width"] - 100) * 3.5 / 16, box["y"] + box["height"] / 2)
    host.settle()
    assert host.get("step") == 3
    assert answer(host).startswith("Step 4, “d”")


def test_play_reads_the_text_to_its_end(host):
    host.page.get_by_role("button", name="Reset", exact=True).click()
    host.set("speed", 5)
    host.page.get_by_role("button", name="Play", exact=True).click()
    host.page.wait_for_function("views['d2l-x'].model.get('step') === 15")
    host.page.get_by_role("button", name="Play", exact=True).wait_for()


def test_an_empty_text_is_no_error(host):
    host.set("text", "")
    assert answer(host) == "There is nothing to read."
    host.set("text", TEXT)
    assert answer(host).startswith("Step 16")


def test_one_finger_chooses_a_step(make_host):
    host = make_host(360, has_touch=True, is_mobile=True).open("gates").show("gates")
    strip = host.page.get_by_role("slider", name="Step shown")
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    host.page.touchscreen.tap(box["x"] + 36, box["y"] + box["height"] / 2)
    host.page.wait_for_function("views['d2l-x'].model.get('step') === 0")


def test_a_move_of_the_step_is_lit_with_its_equation(host):
    sums = host.page.locator(".d2l-sums")
    cell = host.page.locator(".d2l-cell canvas")
    assert sums.inner_text().startswith("c = f·c₋₁ + i·g = ")
    pictures = {cell.evaluate("(canvas) => canvas.toDataURL()")}
    for move in ("see", "1 keep", "2 write", "3 add", "4 show"):
        host.page.get_by_role("combobox", name="move", exact=True).select_option(move.split()[-1])
        host.settle()
        assert sums.inner_text().startswith(f"{move}: ")
        pictures.add(cell.evaluate("(canvas) => canvas.toDataURL()"))
    assert len(pictures) == 6


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text.replace("− ", "-").replace("−", "-"))]


@pytest.mark.parametrize("unit", [1, 2])
def test_the_equations_of_a_step_have_torchs_numbers(host, unit):
    """At the D, from nn.LSTMCell's own weights: what each gate sees, then the four moves."""
    at, k = TEXT.index("D"), unit - 1
    host.set("step", at)
    host.set("unit", unit)
    states, _ = read(load_cell(), TEXT, PLAIN)
    (h, before), (shown, c) = ((part[0].detach() for part in states[t]) for t in (at - 1, at))
    net = torch_cell(load_cell(), PLAIN)
    with torch.no_grad():
        sums = (net.weight_ih @ encode(TEXT)[at] + net.weight_hh @ h + net.bias_ih + net.bias_hh).view(4, 2)[
            :, k
        ]
    i, f, g, o = sums[0].sigmoid(), sums[1].sigmoid(), sums[2].tanh(), sums[3].sigmoid()
    expected = {
        "see": [sums[1], f, sums[0], i, sums[2], g, sums[3], o],
        "keep": [f, before[k], f * before[k]],
        "write": [i, g, i * g],
        "add": [f * before[k], i * g, c[k]],
        "show": [o, c[k].tanh(), shown[k]],
    }
    for move, values in expected.items():
        host.set("move", move)
        said = numbers(host.page.locator(".d2l-sums").inner_text())
        assert said == pytest.approx([value.item() for value in values], abs=6e-4), move


def test_a_step_alone_has_its_equation_over_the_picture_and_no_text(make_host):
    host = make_host(360).open("gates").show("gates", view="step", step=10, folded=True)
    line, cell = host.page.locator(".d2l-filled"), host.page.locator(".d2l-cell")
    assert line.inner_text().startswith("c = f·c₋₁ + i·g = 0.12·(−1.19) + 0.87·0.92 = 0.65")
    assert not host.page.locator(".d2l-strip").is_visible()
    assert not host.page.get_by_role("textbox", name="text", exact=True).is_visible()
    assert answer(host) == "Step 11, “D”: it says D (97%)."
    box, height = line.bounding_box(), cell.bounding_box()["y"]
    assert 0 <= height - box["y"] - box["height"] < 20
    host.page.get_by_role("combobox", name="move", exact=True).select_option("keep")
    host.settle()
    assert line.inner_text() == "1 keep: f·c₋₁ = 0.120·(−1.186) = −0.142"
    assert host.get("step") == 10
    assert cell.bounding_box()["y"] == height, "the picture stays where it is"
    host.set("view", "text")
    assert host.page.locator(".d2l-strip").is_visible()
    assert not line.is_visible()


def test_what_is_held_is_said_in_place_of_its_sum(host):
    host.set("move", "see")
    host.set("forget_gate", "open")
    assert "see: f = 1.00, held; i = σ(" in host.page.locator(".d2l-sums").inner_text()


def test_a_gru_has_the_moves_that_it_shares_with_the_lstm(host):
    at = TEXT.index("D")
    host.set("cell", "GRU")
    host.set("step", at)
    states, _ = read_gru(load_gru(), TEXT, PLAIN)
    before, now = states[at - 1][0, 1].item(), states[at][0, 1].item()
    sums, said = host.page.locator(".d2l-sums"), {}
    for move, start in (
        ("see", "see: z = σ("),
        ("keep", "1 keep: z·h₋₁ = "),
        ("write", "2 write: "),
        ("add", "3 add: h = "),
    ):
        host.set("move", move)
        assert sums.inner_text().startswith(start)
        said[move] = numbers(sums.inner_text().split(" = ", 1)[1])
    assert said["keep"][1] == pytest.approx(before, abs=6e-4)
    assert said["add"][-1] == pytest.approx(now, abs=6e-4)
    assert said["see"][1] == pytest.approx(said["keep"][0], abs=6e-4)
    host.set("move", "show")
    assert sums.inner_text() == f"show: h = {now:.3f}, as it is".replace("-", "−")


def test_what_passes_a_gate_is_as_wide_as_the_gate_is_open(host):
    """Pixels of the forget gate's blue in the cell: a full pipe when it is held open, the valve alone when shut."""
    count = """(canvas) => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
        copy.drawImage(canvas, 0, 0);
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
        let n = 0;
        for (let k = 0; k < data.length; k += 4) n += data[k] === 0x2f && data[k + 1] === 0x6f && data[k + 2] === 0xb3;
        return n;
    }"""
    blue = {}
    for gate in ("open", "closed"):
        host.set("forget_gate", gate)
        host.settle()
        blue[gate] = host.page.locator(".d2l-cell canvas").evaluate(count)
    assert blue["open"] > 3 * blue["closed"] > 0


def test_the_phrases_of_the_chapter_say_what_torch_says():
    """Held open, the forget gate keeps the first capital; lowered by 3, the answer is B after any capital."""
    assert answers(TEXT, forget_gate="open")[0][-1] == "B"
    assert {answers(capital + "abcd" * 7 + "ab?", forget_bias=-3)[0][-1] for capital in "ABCD"} == {"B"}


def gru_answers(text, **changes):
    """The letter torch's GRU cell answers after each sign."""
    return ["ABCD"[k] for k in read_gru(load_gru(), text, PLAIN | changes)[1].argmax(1)]


def test_both_cells_read_one_text(host):
    host.set("cell", "both")
    host.settle()
    said = f"Step 16, “?”: the LSTM says {answers(TEXT)[0][-1]} ("
    assert answer(host).startswith(said)
    assert f"; the GRU says {gru_answers(TEXT)[-1]} (" in answer(host)
    assert (
        host.page.locator(".d2l-score").inner_text() == "Questions answered right: LSTM 2 of 2, GRU 2 of 2."
    )
    sums = host.page.locator(".d2l-sums").inner_text().split("\n")
    assert [line[:9] for line in sums] == ["LSTM: c =", "GRU: h = "]  # a line each
    host.page.get_by_role("radiogroup", name="update gate").get_by_role("radio", name="closed").check()
    host.settle()
    assert f"; the GRU says {gru_answers(TEXT, update_gate='closed')[-1]} (" in answer(host)
    assert "next to nothing arrives here in the GRU" in answer(host)  # not -1.4e-12%
    assert "LSTM 2 of 2, GRU 0 of 2" in host.page.locator(".d2l-score").inner_text()


@pytest.mark.parametrize(("screen", "room", "tall"), SCREENS)
def test_both_cells_fit_a_screen_with_three_controls(make_host, screen, room, tall):
    host = make_host(screen[0], height=screen[1]).open("gates")
    host.page.add_style_tag(content=f"body {{ margin: 0 }} main {{ margin: auto; max-width: {room}px }}")
    host.show("gates", cell="both", folded=True)
    found = host.page.evaluate(OPENING)
    assert len(found["controls"]) == 3
    assert found["height"] <= tall


def test_the_gru_alone_shows_its_own_gates(host):
    host.set("cell", "GRU")
    host.settle()
    assert host.page.locator(".d2l-sums").inner_text().startswith("h = z·h₋₁ + (1−z)·n = ")
    assert answer(host).startswith(f"Step 16, “?”: it says {gru_answers(TEXT)[-1]} (")
    names = [
        name
        for name in ("forget", "update", "reset")
        if host.page.get_by_role("radiogroup", name=f"{name} gate").is_visible()
    ]
    assert names == ["update", "reset"]


def test_the_phrases_of_the_gru_chapter_say_what_torch_says():
    """Held shut, the update gate makes both answers wrong; held open, it makes them one; the reset gate is better shut."""
    asked = [t for t, sign in enumerate(TEXT) if sign == "?"]
    right = "".join(gru_answers(TEXT)[t] for t in asked)
    assert right == "BD"
    shut = [gru_answers(TEXT, update_gate="closed")[t] for t in asked]
    assert shut[0] != "B"
    assert shut[1] != "D"
    assert len(set(gru_answers(TEXT, update_gate="open"))) == 1
    assert "".join(gru_answers(TEXT, reset_gate="closed")[t] for t in asked) == right
    opened = [gru_answers(TEXT, reset_gate="open")[t] for t in asked]
    assert opened[0] != "B"
    assert opened[1] != "D"
