"""The chapter on tensors: what it writes out against NumPy and torch, and its finding for other numbers and seeds."""

import itertools
import random
import re
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("01_foundations/tensors")
    chapter.run("setup", "phrase-tools")
    chapter.define("attempt", "strides", "rule", "harm-code", "timing")
    return chapter


def shapes(count, seed):
    generator = random.Random(seed)
    return [
        tuple(generator.choice((0, 1, 1, 2, 3)) for _ in range(generator.randint(0, 5))) for _ in range(count)
    ]


def test_the_rule_gives_what_both_libraries_give(chapter):
    small = [shape for axes in range(3) for shape in itertools.product((0, 1, 2, 3), repeat=axes)]
    pairs = [*itertools.product(small, small), *zip(shapes(400, 0), shapes(400, 1), strict=True)]
    fits = 0
    for first, second in pairs:
        try:
            expected = np.broadcast_shapes(first, second)
        except ValueError:
            with pytest.raises(ValueError, match="neither equal nor 1"):
                chapter["broadcast_shape"](first, second)
            with pytest.raises(RuntimeError):
                torch.zeros(first) + torch.zeros(second)
            continue
        fits += 1
        assert (
            chapter["broadcast_shape"](first, second)
            == expected
            == (torch.zeros(first) + torch.zeros(second)).shape
        )
    assert 0 < fits < len(pairs)


@pytest.mark.parametrize("seed", range(5))
def test_strides_read_every_view(chapter, seed):
    """Random chains of slices, permutations and stretches, read from the bare cells."""
    generator = random.Random(seed)
    cells = list(range(120))
    for _ in range(20):
        x = torch.tensor(cells).reshape(2, 3, 4, 5)
        for _ in range(generator.randint(1, 4)):
            axis = generator.randrange(4)
            x = generator.choice([
                lambda x, axis=axis: x.narrow(axis, x.shape[axis] // 2, (x.shape[axis] + 1) // 2),
                lambda x: x.permute(generator.sample(range(4), 4)),
                lambda x, axis=axis: x.narrow(axis, 0, 1).expand(*(3 if i == axis else -1 for i in range(4))),
            ])(x)  # fmt: skip
        assert chapter["read"](cells, x.shape, x.stride(), x.storage_offset()) == x.tolist()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("draw", [torch.randn, torch.rand, lambda n, **how: torch.randint(10, (n,), **how)])
def test_perfect_predictions_cost_twice_the_mean_for_any_answers(chapter, draw, seed):
    y = draw(37, generator=torch.Generator().manual_seed(seed)).double()
    perfect, mean = (chapter["error"](p[:, None], y) for p in (y, y.mean().expand(37)))
    assert perfect / mean == pytest.approx(2)
    assert mean == pytest.approx(y.numpy().var())
    assert chapter["error"](y, y) == 0


@pytest.mark.parametrize("seed", range(5))
def test_training_on_the_stretched_error_gives_everybody_the_same_answer(chapter, seed):
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(64, 3, generator=generator)
    y = X @ torch.tensor([1.0, -2.0, 0.5]) + 3
    spread = {}
    for name, shape in (("wrong", (64,)), ("right", (64, 1))):
        torch.manual_seed(seed)
        net = torch.nn.Linear(3, 1)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(300):
            optimizer.zero_grad()
            chapter["error"](net(X), y.reshape(shape)).backward()
            optimizer.step()
        spread[name] = float(net(X).detach().std() / y.std())
        assert float(net(X).detach().mean()) == pytest.approx(float(y.mean()), abs=1e-3)
    assert spread["wrong"] < 1e-3
    assert spread["right"] == pytest.approx(1, abs=1e-3)


def test_the_loss_of_pytorch_warns_and_a_minus_sign_does_not():
    with pytest.warns(UserWarning, match="broadcasting"):
        F.mse_loss(torch.ones(3, 1), torch.ones(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (torch.ones(3, 1) - torch.ones(3)).shape == (3, 3)


PHRASES = [f"phrases-{group}" for group in ("make", "facts", "shape", "join", "entries", "axis", "products")]


def test_the_phrase_book_agrees_in_every_row_and_its_false_friends_in_none(chapter, capsys):
    chapter.run(*PHRASES, "false-friends")
    names = ("making", "facts", "shaping", "joining", "entries", "along", "products")
    rows = [row for name in names for row in chapter[name]]
    assert len(rows) >= 36
    assert all(chapter["same"](ours, theirs) for _, ours, theirs in rows)
    assert not any(chapter["same"](ours, theirs) for _, ours, theirs in chapter["friends"])
    printed = capsys.readouterr().out
    assert printed.count("same  ") == len(rows) and "DIFFERENT" not in printed  # and the page says so
    a, t = chapter["a"], chapter["t"]
    chapter["compare"]([("values", a + 1e-3, t), ("order", a.T.copy(), t), ("shape", a[:, :2], t)])
    assert capsys.readouterr().out.count("DIFFERENT") == 3


@pytest.mark.parametrize(
    ("numpy_code", "torch_code"),
    [
        ("a.dot(a.T)", "t.mm(t.t())"),
        ("np.square(a)", "t.pow(2)"),
        ("a.T", "t.t()"),
        ("np.maximum(a, 0)", "t.clamp(min=0)"),
        ("a[0, 0].item()", "t[0, 0].item()"),
        ("a.copy()", "t.clone()"),
        ("a", 't.to("cpu")'),
    ],
)
def test_the_phrases_that_everybody_needs_are_in_the_book(chapter, numpy_code, torch_code):
    source = "".join(chapter.sources[cell] for cell in PHRASES)
    assert re.search(rf" {re.escape(numpy_code)}, {re.escape(torch_code)}\),", source)


def test_loops_and_whole_tensors_agree(chapter):
    x = torch.rand(500, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    assert chapter["sum_of_squares"](x.tolist()) == pytest.approx(float((x * x).sum()))
    assert chapter["sum_of_squares"](x) == pytest.approx(float(x @ x))


def test_all_that_is_saved_comes_back(chapter, capsys):
    chapter.run("facts", "writing-code", "saving-code", "state-dict-code")
    saved = capsys.readouterr().out
    assert "[6, 6, 4, 8],\n" in saved
    assert "[tensor([7, 5, 9, 7]), tensor([6, 6, 4, 8])]" in saved
    assert "{'marks': tensor([7, 5, 9, 7]), 'term': 2}" in saved
    assert "the same weights: True" in saved
    chapter.run("safety-code")
    assert "printed by the file" in capsys.readouterr().out
    torch.save({"w": chapter["Surprise"]()}, chapter["path"])
    with pytest.raises(Exception, match="Weights only"):
        torch.load(chapter["path"])
    assert "printed by the file" not in capsys.readouterr().out  # nothing has run
    chapter["folder"].cleanup()


def test_an_attempt_gives_the_first_line_of_what_went_wrong(chapter):
    def fail():
        raise TypeError("a first line\nand a second")

    assert chapter["attempt"](fail) == "TypeError: a first line"
    assert chapter["attempt"](lambda: 3) == 3


def test_a_ready_made_loss_warns_of_the_forgotten_axis_and_a_minus_sign_does_not(recwarn):
    column, row = torch.ones(3, 1), torch.ones(3)
    assert (column - row).shape == (3, 3) and not recwarn
    torch.nn.functional.mse_loss(column, row)
    assert "target size" in str(recwarn.pop(UserWarning).message)
