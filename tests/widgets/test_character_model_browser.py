"""The character model explorer, driven by mouse, keyboard and finger."""

import pytest
import torch
from torch import nn

from d2lite._utils.rng import Rng
from d2lite.models.character_rnn import CharacterRNN, pretrained
from d2lite.widgets import CharacterModelExplorer

pytestmark = pytest.mark.browser
LAST = 700  # the trait `place` at the text's end


@pytest.fixture
def host(make_host):
    return make_host().open("character_model").show("character_model")


@pytest.fixture(scope="module")
def model():
    return pretrained()[0]


def field(host):
    return host.page.get_by_role("textbox", name="Your text, which the model reads")


def reader(host):
    return host.page.get_by_role("slider", name="Characters read before the prediction")


def wait_for(host, name, value):
    host.page.wait_for_function("([n, v]) => views['d2l-x'].model.get(n) === v", arg=[name, value])
    host.settle()


def distribution(model, text):
    with torch.no_grad():
        return model(model.encode(text)[:, None])[0][-1, 0].softmax(0)


def test_typing_shows_what_torch_expects_next(host, model):
    field(host).fill("She was a very")
    wait_for(host, "text", "She was a very")
    p = distribution(model, "She was a very")
    host.page.wait_for_function(
        "() => document.querySelector('.d2l-explorer > .d2l-offscreen').textContent.includes('She was a very')"
        " || document.querySelector('.d2l-explorer > .d2l-offscreen').textContent.includes('was a very:')"
    )
    sentence = host.page.locator(".d2l-explorer > .d2l-offscreen").first.inner_text()
    best = model.alphabet[p.argmax()]
    assert ({" ": "a space"}.get(best, best) + f" {round(100 * p.max().item())}%") in sentence
    choices = torch.exp(-(p * p.log()).sum()).item()
    head = host.page.locator(".d2l-fact").first.inner_text()
    assert float(head.split("between ")[1].split()[0]) == pytest.approx(choices, rel=0.06)


def test_the_gradients_norm_is_that_of_autograd(host, model):
    text = "It is a truth"
    field(host).fill(text)
    wait_for(host, "text", text)
    logits = model(model.encode(text)[:, None])[0][-1]
    loss = nn.functional.cross_entropy(logits, logits.argmax(1))
    weights = [p for name, p in model.named_parameters() if name != "rnn.bias_hh_l0"]
    norm = torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights)]).norm().item()
    sentence = host.page.locator(".d2l-fact").last.inner_text()
    assert float(sentence.split("norm ")[1].split(" ")[0]) == pytest.approx(norm, rel=0.01)
    assert f"over {len(text)} steps" in sentence
    host.set("clip", 0.01)
    assert "clipped at 0.01" in host.page.locator(".d2l-fact").last.inner_text()
    host.set("truncation", 2)
    assert "cut after 2" in host.page.locator(".d2l-fact").last.inner_text()


def test_step_writes_the_character_that_python_draws(host, model):
    text = "She "
    field(host).fill(text)
    wait_for(host, "text", text)
    host.set("temperature", 0.8)
    written = ""
    for u in Rng(0).uniform(3):
        with torch.no_grad():
            logits = model(model.encode(text + written)[:, None])[0][-1, 0]
        written += model.alphabet[int(((logits / 0.8).softmax(0).cumsum(0) <= u).sum())]
    step = host.page.get_by_role("button", name="Step", exact=True)
    for count in (1, 2, 3):
        step.click()
        wait_for(host, "written", count)
    assert f"{(text + written)[-3:]}”" in host.page.locator(".d2l-fact").first.inner_text().replace("␣", " ")
    host.page.get_by_role("button", name="Reset", exact=True).click()
    wait_for(host, "written", 0)


def test_play_writes_to_the_end_and_stops(host):
    host.set("written", 280)
    host.set("speed", 80)
    host.page.get_by_role("button", name="Play", exact=True).click()
    wait_for(host, "written", 300)
    host.page.get_by_role("button", name="Play", exact=True).wait_for()


def test_arrows_and_clicks_choose_where_the_prediction_is_made(host):
    text = CharacterModelExplorer.params()["text"].spec["default"]
    reader(host).focus()
    for _ in range(3):
        host.page.keyboard.press("ArrowLeft")
    wait_for(host, "place", len(text) - 3)
    host.page.keyboard.press("Home")
    wait_for(host, "place", 0)
    host.page.keyboard.press("End")
    wait_for(host, "place", LAST)
    box = reader(host).bounding_box()
    host.page.mouse.click(box["x"] + 7, box["y"] + 12)
    wait_for(host, "place", 0)


def test_a_click_on_the_units_colours_the_text(host):
    box = host.page.locator(".d2l-strip canvas").bounding_box()
    host.page.mouse.click(box["x"] + box["width"] - 30, box["y"] + 0.75 * box["height"])
    wait_for(host, "color", "unit")
    assert 16 < host.get("unit") < 28  # of 32 rows
    label = f"unit {host.get('unit')}"
    host.page.mouse.move(box["x"] + box["width"] - 31, box["y"] + 0.75 * box["height"])
    assert label in host.page.locator(".d2l-strip .d2l-tip").inner_text()


def test_a_click_on_a_bar_follows_another_letter(host):
    box = host.page.locator(".d2l-distribution canvas").bounding_box()
    before = host.page.locator(".d2l-fact").last.inner_text()
    host.page.mouse.click(box["x"] + 60, box["y"] + 2.5 * 20)
    host.page.wait_for_function("() => views['d2l-x'].model.get('letter') !== ''")
    host.settle()
    assert host.page.locator(".d2l-fact").last.inner_text() != before


def test_what_the_model_cannot_read_is_said(host):
    field(host).fill("Room 101")
    wait_for(host, "text", "Room 101")
    hint = host.page.locator(".d2l-hint").first
    assert "“1”, “0”" in hint.inner_text()
    field(host).fill("Room “A”")
    wait_for(host, "text", "Room “A”")
    assert not hint.is_visible()


def test_a_long_text_fits_a_phone_and_a_small_model_runs(make_host):
    small = CharacterModelExplorer.from_model(CharacterRNN("ab \n", 3), "ab \n")
    host = make_host(360, has_touch=True, is_mobile=True).open("character_model")
    host.show("character_model", weights=small.weights, text="abba " * 80, unit=200, written=300)
    host.page.wait_for_function("() => document.querySelector('.d2l-reading').clientHeight > 300")
    assert not host.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    assert "over 64 steps" in host.page.locator(".d2l-fact").last.inner_text()


def test_an_empty_text_has_a_distribution(host, model):
    field(host).fill("")
    wait_for(host, "text", "")
    with torch.no_grad():
        p = model.readout(torch.zeros(256).double()).softmax(0)
    head = host.page.locator(".d2l-fact").first.inner_text()
    choices = torch.exp(-(p * p.log()).sum()).item()
    assert float(head.split("between ")[1].split()[0]) == pytest.approx(choices, rel=0.06)
    assert "over 0 steps" in host.page.locator(".d2l-fact").last.inner_text()
