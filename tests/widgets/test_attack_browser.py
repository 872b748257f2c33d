"""The attack explorer, driven by keyboard and pointer; its numbers against torch."""

import importlib.util
from pathlib import Path

import pytest
import torch

from d2lite.widgets.attack import IMAGES, LARGEST

pytestmark = pytest.mark.browser
PATH = Path(__file__).parent / "traces" / "attack.py"


@pytest.fixture(scope="module")
def oracle():
    """The attacks by torch that the traces are made with."""
    spec = importlib.util.spec_from_file_location("attack_oracle", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def host(make_host):
    return make_host(height=1400).open("attack").show("attack")


def stage(host, label):
    return host.page.locator(f"canvas[aria-label='{label}']")


def expected(oracle, network, image, **choice):
    moved = oracle.attack(network, oracle.IMAGES[image], label=oracle.PAGE["labels"][image], **choice)
    return oracle.logits_of(network, moved).softmax(0).tolist()


def settle_on(host, values):
    """Wait until the page reports these probabilities: many small steps take more than a frame."""
    host.page.wait_for_function(
        """(expected) => { const got = views['d2l-x'].model.get('probabilities');
        return expected.every((value, k) => Math.abs(value - got[k]) < 1e-6); }""",
        arg=values,
    )


def test_answers_are_torchs(host, oracle):
    settle_on(host, expected(oracle, "plain", 2, epsilon=8, method="fgsm"))
    host.set("epsilon", 20)
    settle_on(host, expected(oracle, "plain", 2, epsilon=20, method="fgsm"))
    host.page.get_by_role("radio", name="attacks").check()
    settle_on(host, expected(oracle, "defended", 2, epsilon=20, method="fgsm"))
    host.page.get_by_role("radio", name="many").check()
    settle_on(host, expected(oracle, "defended", 2, epsilon=20, method="pgd", steps=10))


def test_the_least_budget_is_that_of_the_curve(host, oracle):
    host.set("image", 7)
    host.page.wait_for_function("() => views['d2l-x'].model.get('fooled_at') >= 0")
    least = host.get("fooled_at")
    answers = [
        torch.tensor(expected(oracle, "plain", 7, epsilon=e, method="fgsm")).argmax().item()
        for e in range(least + 1)
    ]
    assert [answer == oracle.PAGE["labels"][7] for answer in answers] == [True] * least + [False]


def test_keys_and_a_click_on_the_curve_set_the_budget(host):
    curve = host.page.get_by_role("slider", name="Budget", exact=True)
    curve.press("End")
    host.settle()
    assert host.get("epsilon") == LARGEST
    curve.press("ArrowLeft")
    host.settle()
    assert host.get("epsilon") == LARGEST - 1
    box = curve.bounding_box()
    host.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    host.settle()
    assert abs(host.get("epsilon") - LARGEST / 2) < 4


def test_steps_play_only_where_there_are_many(host):
    assert not host.page.get_by_role("button", name="Step").is_visible()
    host.page.get_by_role("radio", name="many").check()
    host.settle()
    host.page.get_by_role("button", name="Reset").click()
    host.settle()
    assert host.get("step_count") == 0
    host.page.get_by_role("button", name="Step", exact=True).click()
    host.settle()
    assert host.get("step_count") == 1


def test_a_drawing_is_attacked_away_from_its_own_answer(host):
    host.set("image", -1)
    host.set("tool", "draw")
    box = stage(host, "The picture").bounding_box()
    host.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["width"] * 0.5)
    host.page.mouse.down()
    host.page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["width"] * 0.5, steps=4)
    host.page.mouse.up()
    host.settle()
    assert max(host.get("pixels")) > 150
    assert "Your drawing" in host.page.locator(".d2l-verdict").inner_text()


def test_looking_draws_nothing(host):
    stage(host, "The picture").click()
    host.settle()
    assert host.get("pixels") == []


def test_there_is_a_picture_for_each_image_and_an_empty_one(host):
    assert host.page.get_by_role("radiogroup", name="Image").get_by_role("radio").count() == IMAGES + 1
