"""The Transformer explorer, driven by mouse, keyboard, finger and a file of one's own."""

import pytest
import torch

from d2lite._utils.rng import Rng
from d2lite.models import CharacterTransformer, character_transformer, weights
from d2lite.models.character_transformer import pretrained
from d2lite.widgets import TransformerExplorer

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("transformer").show("transformer")


@pytest.fixture(scope="module")
def model():
    return pretrained()[0]


def chances(model, text, silent=()):
    with torch.no_grad():
        return model(model.encode(text)[None], silent=silent)[0][0, -1].softmax(0)


def said(host):
    host.settle()
    return host.page.locator(".d2l-explorer > .d2l-offscreen").first.text_content()


def wait_for_sentence(host, words):
    host.page.wait_for_function(
        "(words) => document.querySelector('.d2l-explorer > .d2l-offscreen').textContent.includes(words)",
        arg=words,
    )


def best_of(model, p):
    share = round(100 * p.max().item())
    name = {" ": "a space", "\n": "a new line"}.get(model.alphabet[p.argmax()], model.alphabet[p.argmax()])
    return f"{name} {share}%"


def type_text(host, text):
    host.page.get_by_role("textbox", name="Your text, which the model reads").fill(text)
    host.wait(f"get('text') === {text!r}")
    host.settle()


def test_typing_shows_what_torch_expects_next(host, model):
    type_text(host, "She was a ver")
    wait_for_sentence(host, best_of(model, chances(model, "She was a ver")))


def test_units_are_counted_from_1_as_layers_heads_and_positions_are(host, model):
    host.set("part", "network")
    box = host.page.locator(".d2l-pane canvas").bounding_box()
    host.page.mouse.move(box["x"] + 6, box["y"] + 72)
    host.page.locator(".d2l-tip", has_text="unit 1: ").wait_for()
    host.page.mouse.move(box["x"] + box["width"] - 6, box["y"] + box["height"] - 72)
    host.page.locator(".d2l-tip", has_text=f"unit {4 * model.embedding.embedding_dim}: ").wait_for()


def test_step_writes_the_character_that_python_draws(host, model):
    type_text(host, "She ")
    host.set("temperature", 0.8)
    written = ""
    for u in Rng(0).uniform(3):
        with torch.no_grad():
            logits = model(model.encode("She " + written)[None])[0][0, -1]
        written += model.alphabet[int(((logits / 0.8).softmax(0).cumsum(0) <= u).sum())]
    step = host.page.get_by_role("button", name="Step", exact=True)
    for count in (1, 2, 3):
        step.click()
        host.wait(f"get('written') === {count}")
    host.page.wait_for_function(
        "(text) => document.querySelector('.d2l-left .d2l-hint').textContent.includes(text)",
        arg=f"{written[-3:]}”",
    )
    host.page.get_by_role("button", name="Reset", exact=True).click()
    host.wait("get('written') === 0")


def test_arrows_choose_a_head_and_a_press_switches_it_off(host, model):
    cells = host.page.get_by_role("slider", name="Head shown")
    cells.focus()
    host.page.keyboard.press("ArrowUp")
    host.page.keyboard.press("ArrowRight")
    host.wait("get('layer') === 1 && get('head') === 2")
    host.page.get_by_role("button", name="Head on/off").press("Enter")
    host.wait("get('off').join() === '1'")
    text = host.get("text")
    p = chances(model, text, silent=[(0, 1)])
    wait_for_sentence(host, best_of(model, p))
    ids = model.encode(text)
    with torch.no_grad():
        z = model(ids[None, :-1], silent=[(0, 1)])[0][0]
    bits = torch.nn.functional.cross_entropy(z, ids[1:]).item() / torch.log(torch.tensor(2.0)).item()
    assert f"{bits:.2f} without the one that is off" in host.read()
    host.page.get_by_role("button", name="All on").click()
    host.wait("get('off').length === 0")


def test_a_click_on_the_map_chooses_and_a_click_on_a_row_asks(host):
    box = host.page.locator(".d2l-map canvas").bounding_box()
    host.page.mouse.click(box["x"] + 50 + 5, box["y"] + box["height"] - 12)
    host.wait("get('layer') === 3 && get('head') === 1")
    host.set("part", "attention")
    box = host.page.locator(".d2l-pane canvas").bounding_box()
    host.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 24)
    host.wait("get('place') === 1")
    wait_for_sentence(host, 'After ":')


@pytest.mark.parametrize("part", ["embed", "lookup", "attention", "network", "output"])
def test_every_part_is_drawn_and_described(host, part):
    before = host.page.locator(".d2l-pane canvas").evaluate("(c) => c.toDataURL()")
    host.set("part", "output" if part == "lookup" else "lookup")
    host.set("part", part)
    after = host.page.locator(".d2l-pane canvas").evaluate("(c) => c.toDataURL()")
    assert (before == after) == (part == "lookup")
    assert host.page.locator(".d2l-right .d2l-hint").inner_text()


@pytest.mark.parametrize("part", ["embed", "lookup", "attention", "network", "output"])
def test_a_part_without_room_is_no_error(host, part):
    host.page.add_style_tag(content=".d2l-pane { width: 4px !important }")  # as while a page is laid out
    host.set("part", part)
    host.settle()
    assert host.page.locator(".d2l-note").count() == 0


def small():
    torch.manual_seed(0)
    return CharacterTransformer("ab \n", width=8, num_layers=1, num_heads=2, context=8, positions="learned")


def test_a_file_of_ones_own_is_read_and_the_books_comes_back(host, tmp_path):
    own, _ = character_transformer.load(character_transformer.save(tmp_path / "own.npz", small()))
    host.page.get_by_label("A file of your own model").set_input_files(tmp_path / "own.npz")
    host.page.get_by_text("own.npz: 1 layer of 2 heads, 4 characters").wait_for()
    type_text(host, "abba")
    wait_for_sentence(host, best_of(own, chances(own, "abba")))
    host.page.get_by_role("button", name="The book's model again").click()
    book = pretrained()[0]
    wait_for_sentence(host, best_of(book, chances(book, "abba")))


def test_a_file_that_is_no_model_is_refused_with_a_reason(host, tmp_path):
    field = host.page.get_by_label("A file of your own model")
    whole = (character_transformer.save(tmp_path / "own.npz", small())).read_bytes()
    tensors, record = weights.load(tmp_path / "own.npz")
    weights.save(tmp_path / "wide.npz", tensors, record | {"width": 16})
    cases = {"text.npz": b"no archive", "cut.npz": whole[: len(whole) // 2]}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
    other = weights.FOLDER / "gates_cell.npz"
    said = {
        tmp_path / "text.npz": "the file is no .npz archive",
        tmp_path / "cut.npz": "the file is no .npz archive",
        tmp_path / "wide.npz": "numbers: expected 16",
        other: "its format is",
    }
    for path, words in said.items():
        field.set_input_files(path)
        host.page.get_by_text(f"{path.name} is not read").wait_for()
        assert words in host.page.locator(".d2l-note").last.inner_text()
    assert "After " in host.page.locator(".d2l-explorer > .d2l-offscreen").first.text_content()


def test_a_model_of_ones_own_runs_and_a_long_text_fits_a_phone(make_host):
    own = TransformerExplorer.from_model(small())
    host = make_host(360, has_touch=True, is_mobile=True).open("transformer")
    host.show(
        "transformer", weights=own.weights, text="abba " * 20, written=100, layer=6, head=8, off=[0, 40]
    )
    assert not host.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    assert "Head 2 of layer 1" in said(host)
