"""The chapter on questions and mistakes: its small functions, its recorded runs, some of them run again."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import d2lite
from d2lite.training import mistakes
from d2lite.training.mistakes import MISTAKES, PROGRAM, run_program
from d2lite.widgets import DebuggerExplorer
from d2lite.widgets.debugger.words import REASONS, ROLES


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("09_beyond/questions")
    chapter.define("setup", "memory", "sentences", "rotation", "use-code")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("mistakes")


@pytest.mark.parametrize(
    ("mistake", "seed"),
    [("none", 3), ("softmax_twice", 1), ("column_against_row", 5), ("no_eval", 8), ("list_of_layers", 2)],
)
def test_a_recorded_run_is_run_again(recorder, mistake, seed):
    point = {"mistake": mistake, "few": False}
    recorded, again = (
        d2lite.Sweep.recorded("mistakes").select(**point),
        recorder.train_point(**point, seed=seed),
    )
    run = next(run for run in recorded if run.seed == seed)
    assert again["raised"] == run["raised"]
    assert again["losses"] == pytest.approx(run["losses"], rel=0.03)
    assert [again["report"], again["true"]] == pytest.approx([run["report"], run["true"]], abs=0.03)


def test_a_recorded_run_on_twenty_photos_is_run_again(recorder):
    point = {"mistake": "whole_division", "few": True}
    run = d2lite.Sweep.recorded("mistakes_few").select(**point)[1]
    again = recorder.train_point(**point, seed=run.seed)
    assert again["losses"] == pytest.approx(run["losses"], rel=0.05)


def test_the_page_shows_what_was_recorded():
    cases = DebuggerExplorer().data["cases"]
    for name in ("none", *MISTAKES):
        runs = d2lite.Sweep.recorded("mistakes").select(mistake=name)
        shown = np.array(cases[name]["losses"], dtype=float)
        real = np.array([run["losses"] for run in runs])
        real[np.abs(real) >= 1000] = np.nan
        assert np.allclose(shown, real, atol=1e-4, equal_nan=True)


def test_every_line_and_every_mistake_has_its_words():
    assert {part: len(lines) for part, lines in PROGRAM.items()} == {p: len(r) for p, r in ROLES.items()}
    assert REASONS.keys() == MISTAKES.keys()


@pytest.mark.parametrize(("k", "s"), [(3, 1), (3, 2), (3, 3), (3, 4), (2, 3), (5, 7)])
def test_pixels_that_no_window_meets(lesson, k, s):
    """Against the gradient of a sum of all windows: a pixel without one is in none."""
    x = torch.zeros(1, 1, 1, 30, requires_grad=True)
    F.conv2d(x, torch.ones(1, 1, 1, k), stride=s).sum().backward()
    met = x.grad.flatten() > 0
    last = met.nonzero().max()
    assert lesson["unseen"](k, s) == int((~met[: last + 1]).sum())


def test_steps_kept_are_counted(lesson):
    a = torch.ones(2, requires_grad=True)
    assert lesson["count_steps"](a * 2) == 2  # the product, and the leaf
    assert lesson["count_steps"]((a * 2).sum()) == 3


def test_a_turn_of_ninety_degrees_is_numpys(lesson):
    photo = torch.rand(1, 1, 8, 8)
    turned = lesson["turned"](photo, 90)
    assert any(torch.allclose(turned, photo.rot90(k, (2, 3)), atol=1e-4) for k in (1, 3))


def test_five_questions_find_a_dead_network(lesson, capsys):
    torch.manual_seed(0)
    x, y = torch.randn(20, 196), torch.arange(20) % 10
    frozen = nn.Sequential(nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 10))
    lesson["ask"](frozen, torch.zeros(20, 196), y, 10)
    assert "loss on 20 inputs after 300 steps: 2.3" in capsys.readouterr().out
    lesson["ask"](nn.Sequential(nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 10)), x, y, 10)
    assert "loss on 20 inputs after 300 steps: 0.00" in capsys.readouterr().out


def test_labels_that_are_wrong_from_the_start_are_learned_by_heart(lesson, capsys):
    torch.manual_seed(0)
    photos = d2lite.datasets.fashion_mnist()[0][:20]
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    lesson["ask"](net, photos.inputs, photos.targets[torch.randperm(20)], 10)
    assert "loss on 20 inputs after 300 steps: 0.00" in capsys.readouterr().out


def test_dropout_in_a_plain_list_stays_on(monkeypatch):
    """Switched off by hand, the networks of a plain list name more than half of new photos rightly."""
    measure = mistakes._true

    def without_dropout(names):
        for layer in names["kept"].layers:
            layer.eval()
        return measure(names)

    as_they_are = [run_program("list_of_layers", seed)["true"] for seed in range(3)]
    monkeypatch.setattr(mistakes, "_true", without_dropout)
    switched_off = [run_program("list_of_layers", seed)["true"] for seed in range(3)]
    assert max(as_they_are) < 0.5 < min(switched_off)


def test_a_mistake_is_planted_for_the_run_alone():
    first = run_program(None, 6)
    run_program("softmax_twice", 6)
    assert run_program(None, 6) == first
