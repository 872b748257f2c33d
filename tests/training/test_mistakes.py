"""The small program and its mistakes: what is planted where, and what a run gives back."""

import ast
import math

import pytest
import torch

from d2lite.training import mistakes


@pytest.mark.parametrize("name", mistakes.MISTAKES)
def test_a_mistake_changes_its_part_and_no_other(name):
    part = mistakes.MISTAKES[name][0]
    changed = [p for p in mistakes.PARTS if mistakes.part_of(p, name) != mistakes.part_of(p)]
    assert changed == [part]
    ast.parse(mistakes.source_of(name))
    assert mistakes.source_of(name) != mistakes.source_of()


def test_there_are_twenty_each_another():
    assert len(mistakes.MISTAKES) == len({mistakes.source_of(name) for name in mistakes.MISTAKES}) == 20


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mistakes.part_of("middle"), "part is 'middle': expected one of"),
        (lambda: mistakes.part_of("loop", "typo"), "mistake is 'typo': expected one of"),
        (lambda: mistakes.source_of("typo"), "mistake is 'typo': expected one of"),
        (lambda: mistakes.run_program("typo"), "mistake is 'typo': expected one of"),
        (lambda: mistakes.run_program(None, 0.5), "seed is 0.5: expected a whole number"),
    ],
)
def test_a_name_that_is_not_there_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_photos_are_drawn_apart_and_anew_for_each_seed():
    data = mistakes.draw_data(0)
    sizes = {name: len(part.x) for name, part in data.items()}
    assert sizes == {"train": 2000, "valid": 450, "test": 450, "new": 6000, "everything": 2900}
    rows = torch.cat([data[name].x for name in ("train", "valid", "test", "new")])
    assert len(rows.unique(dim=0)) > 0.99 * len(rows)  # a few photos of the set are there twice
    assert not torch.equal(data["train"].x, mistakes.draw_data(1)["train"].x)


def test_twenty_photos_are_shown_a_hundred_times():
    train = mistakes.draw_data(0, few=True)["train"]
    assert train.x.shape == (2000, 196)
    assert len(train.x.unique(dim=0)) == 20


def test_an_error_is_told_and_leaves_no_numbers():
    run = mistakes.run_program("wrong_axis")
    assert "must match" in run["raised"]
    assert math.isnan(run["report"])
    assert math.isnan(run["true"])
    assert run["accuracies"] == []


def test_where_nothing_is_wrong_with_the_training_it_is_the_same_to_the_digit():
    """The mistakes of the measuring part, and the one that fills the memory, leave every step as it is."""
    right = mistakes.run_program(None, 4)
    for name in ("column_against_row", "kept_by_name", "loss_kept_whole"):
        assert mistakes.run_program(name, 4)["losses"] == pytest.approx(right["losses"], rel=1e-6)


def test_a_run_leaves_no_trace_in_the_program():
    assert mistakes.run_program("no_eval", 2) == mistakes.run_program("no_eval", 2)


def test_a_run_leaves_random_state_alone_and_needs_no_gradients_around_it():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    for without in (torch.no_grad, torch.inference_mode):
        with without():
            run = mistakes.run_program("no_eval", 2)
        assert torch.equal(torch.get_rng_state(), before)
        assert run == mistakes.run_program("no_eval", 2)


def test_the_lucky_number_is_that_of_the_photos_it_is_shown(monkeypatch):
    reports, asked, program = {10: 0.1, 13: 0.3}, [], mistakes.run_program

    def report(mistake, seed, *, first, few=False):
        asked.append(few)
        return {"report": reports.get(first, 0.0)}

    monkeypatch.setattr(mistakes, "run_program", report)
    lucky = program("lucky_seed", 1, few=True)
    assert asked == [True] * 10
    assert lucky == program(None, 1, first=13, few=True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("    loss = cross_entropy(net(x[rows]), y)", "match"),
        ("    assert False", "AssertionError"),
        ("    loss = y[1.5]", ""),
    ],
)
def test_an_error_of_any_kind_is_told(line, said, monkeypatch):
    monkeypatch.setitem(mistakes.MISTAKES, "own", ("loop", 3, 4, (line,)))
    run = mistakes.run_program("own")
    assert said in run["raised"] != ""
    assert math.isnan(run["report"]) and run["losses"] == []
