"""The overlap game, played by mouse and by keyboard."""

import numpy as np
import pytest
import torch

from d2lite.vision import boxes
from d2lite.widgets import OverlapGameExplorer
from d2lite.widgets.overlap_game import COUNT, LOW, WIDE, draw_pairs, load_items

pytestmark = pytest.mark.browser


@pytest.fixture
def host(make_host):
    return make_host().open("overlap_game").show("overlap_game")


def truths_of(seed):
    truth, answer = map(torch.tensor, OverlapGameExplorer.pairs(seed))
    return boxes.iou(truth.double(), answer.double(), pairwise=False).numpy()


def press(host, name):
    host.page.get_by_role("button", name=name, exact=True).click()
    host.settle()


def told(host):
    return host.page.locator(".d2l-told").inner_text()


def play(host):
    """Guess all ten by the keyboard alone: arrows and Enter on the slider."""
    slider = host.page.get_by_role("slider", name="your guess", exact=True)
    for k in range(COUNT):
        slider.press("PageUp" if k % 2 else "PageDown")
        slider.press("Enter")
        if k < COUNT - 1:
            slider.press("Enter")
    host.settle()


@pytest.mark.parametrize("seed", range(40))
def test_a_game_has_one_pair_in_each_tenth_and_twelve_items_to_choose_from(seed):
    items = load_items()["items"]
    overlaps = truths_of(seed)
    assert len(items) == 12
    assert sorted(np.floor((overlaps - LOW) / WIDE)) == list(range(COUNT))
    drawn = draw_pairs(items, seed)
    assert len({(pair["picture"], *pair["truth"]) for pair in drawn}) == COUNT
    sides = torch.tensor([pair["answer"] for pair in drawn])
    assert (sides[:, 2:] - sides[:, :2]).min() >= 6
    assert sides.min() >= 0
    assert sides.max() <= 96


def test_pairs_of_a_seed_are_no_widget_that_a_notebook_would_store(monkeypatch):
    monkeypatch.setattr(OverlapGameExplorer, "open", lambda self: pytest.fail("a widget was made"))
    assert len(OverlapGameExplorer.pairs(np.int64(7))[0]) == COUNT
    with pytest.raises(ValueError, match="seed is -1: expected a whole number from 0 to 9999"):
        OverlapGameExplorer.pairs(-1)


def test_the_truth_is_told_after_the_guess_and_not_before(host):
    truth = truths_of(host.get("seed"))[0]
    assert told(host) == "Pair 1 of 10. How much do they overlap?"
    assert f"{truth:.2f}" not in host.page.locator(".d2l-explorer").inner_text()
    host.set("guess", 0.9)
    press(host, "That is my guess")
    assert f"IoU {truth:.2f}" in told(host)
    assert f"You said 0.90: {0.9 - truth:.2f} too high." in told(host)
    assert host.get("score")[:2] == pytest.approx([0.9 - truth, abs(0.5 - truth)])
    press(host, "Next pair")
    assert told(host).startswith("Pair 2 of 10.")
    assert host.get("guess") == 0.5


def test_ten_guesses_by_keyboard_give_a_score_beside_two_rules(host):
    truths = truths_of(host.get("seed"))
    play(host)
    guesses = np.array(host.get("guesses"))
    assert len(guesses) == COUNT
    assert len(set(guesses)) == 2
    score = host.get("score")
    assert score[:2] == pytest.approx([np.abs(guesses - truths).mean(), np.abs(0.5 - truths).mean()])
    assert f"{score[0]:.3f}" in host.page.get_by_role("row", name="you").inner_text()
    assert "10 of 10" in host.page.get_by_role("row", name="share of the sides").inner_text()
    spoken = host.page.locator("[aria-live=polite]").last.inner_text()
    assert f"All ten: off by {score[0]:.2f} on average" in spoken


def test_after_ten_pairs_come_ten_new_ones(host):
    seed = host.get("seed")
    play(host)
    press(host, "Ten new pairs")
    assert host.get("seed") == seed + 1
    assert host.get("guesses") == []
    assert told(host) == "Pair 1 of 10. How much do they overlap?"


def test_another_number_of_pairs_begins_anew(host):
    press(host, "That is my guess")
    host.page.get_by_role("button", name="ten pairs, number +").click()
    host.settle()
    assert (host.get("guesses"), host.get("pair")) == ([], 1)


def test_a_friend_gets_the_same_pairs_without_the_guesses(make_host):
    host = make_host(permissions=["clipboard-read", "clipboard-write"]).open("overlap_game")
    host.show("overlap_game", seed=77)
    press(host, "That is my guess")
    host.page.get_by_role("button", name="Link for a friend").click()
    host.page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('seed=77'))")
    link = host.page.evaluate("navigator.clipboard.readText()")
    again = make_host().open("overlap_game", fragment="#" + link.split("#")[1]).show("overlap_game")
    assert (again.get("seed"), again.get("guesses"), again.get("pair")) == (77, [], 1)


def test_a_link_that_skips_pairs_shows_the_first_that_is_open(make_host):
    host = make_host().open("overlap_game", fragment="#d2l-x?pair=9&guesses=0.3").show("overlap_game")
    assert told(host).startswith("Pair 2 of 10.")
