"""The LSTM chapter's code against torch; its recordings against runs made now."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import d2lite
from d2lite.models import weights
from d2lite.widgets.gates import load_cell

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("07_rnn/lstm")
    chapter.update(torch=torch, nn=nn, math=math)
    chapter.run("forward", "backward-code", "first-letter", "train")
    chapter.define("use-it", "reach-code")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("memory")


@pytest.mark.parametrize(("T", "B", "D", "H"), [(1, 1, 1, 1), (9, 4, 3, 6), (30, 2, 5, 2)])
def test_forward_and_backward_are_those_of_torch(chapter, T, B, D, H):
    torch.manual_seed(T)
    net = nn.LSTM(D, H, dtype=torch.float64)
    weights = [w.detach() for w in net.parameters()]
    x, h0, c0 = (
        torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in ((T, B, D), (B, H), (B, H))
    )
    outputs, (h_n, c_n) = net(x, (h0[None], c0[None]))
    ours, h, c, kept = chapter["lstm_forward"](x.detach(), h0.detach(), c0.detach(), weights)
    for a, b in ((ours, outputs), (h, h_n[0]), (c, c_n[0])):
        assert (a - b).abs().max() < 1e-12
    pulls = [torch.randn_like(part) for part in (outputs, h_n[0], c_n[0])]
    loss = sum((part * pull).sum() for part, pull in zip((outputs, h_n[0], c_n[0]), pulls, strict=True))
    expected = torch.autograd.grad(loss, [x, h0, c0, *net.parameters()])
    for a, b in zip(chapter["lstm_backward"](*pulls, kept, weights), expected, strict=True):
        assert (a - b).abs().max() < 1e-10


def test_task_and_cells_are_the_recorders(chapter, recorder):
    ours, theirs = (
        make(50, 7, torch.Generator().manual_seed(3))
        for make in (chapter["first_letter"], recorder.first_letter)
    )
    assert torch.equal(ours[0], theirs[0])
    assert torch.equal(ours[1], theirs[1])


def test_opened_gates_keep_as_much_as_was_asked(chapter):
    lstm = nn.LSTM(3, 5, num_layers=2, bidirectional=True)
    others = {name: value.clone() for name, value in lstm.named_parameters()}
    chapter["open_forget_gates"](lstm, memory=30)
    parameters = dict(lstm.named_parameters())
    for name, bias in parameters.items():
        if name.startswith("bias_ih"):
            forget = (bias + parameters[name.replace("_ih_", "_hh_")])[5:10]
            assert torch.allclose(forget.sigmoid(), torch.tensor(1 - 1 / 30), atol=1e-6)
    rest = torch.tensor([True] * 5 + [False] * 5 + [True] * 10)
    for name, value in parameters.items():
        same = rest if name.startswith("bias") else slice(None)
        assert torch.equal(value[same], others[name][same]), "only the forget gates' biases change"


@pytest.mark.parametrize("name", ["lstm", "lstm 0", "lstm 4", "lstm 4 -2", "lstm rule"])
def test_a_cells_name_says_its_biases(recorder, name):
    torch.manual_seed(0)
    net = recorder.make_cell(name, 40)
    total = (net.bias_ih_l0 + net.bias_hh_l0).detach().view(4, -1)  # i, f, g, o
    if name == "lstm":
        torch.manual_seed(0)
        plain = nn.LSTM(6, 16, batch_first=True)
        assert all(torch.equal(a, b) for a, b in zip(net.parameters(), plain.parameters(), strict=True))
    elif name == "lstm rule":
        assert torch.equal(total[0], -total[1])
        assert total[1].min() >= 0
        assert math.log(10) < total[1].max() <= math.log(39)
    else:
        forget, *given = map(float, name.split()[1:])
        assert (total[1] == forget).all()
        assert not given or (total[0] == given[0]).all()


def test_gradients_along_the_cell_state_are_products_of_forget_gates(chapter):
    """The chapter's measure against formula (3), with the gates read off a loop of our own."""
    cell = chapter["new_cell"]("LSTM 1", 3)
    norms = chapter["gradient_norms"](cell, along=True, T=9, seed=3)
    generator = torch.Generator().manual_seed(3)
    h = c = torch.zeros(1, 32, dtype=torch.float64)
    product, weights = torch.ones(32, dtype=torch.float64), [w.detach() for w in cell.parameters()]
    for _ in range(9):
        x = torch.randn(1, 4, dtype=torch.float64, generator=generator)
        h, c, values = chapter["lstm_step"](x, h, c, *weights)
        product *= values[4][0]
    v = torch.randn(32, dtype=torch.float64, generator=generator)
    assert norms[0] == pytest.approx(1)
    assert norms[9].item() == pytest.approx((product * v / v.norm()).norm().item(), rel=1e-9)


@pytest.mark.parametrize(
    ("cell", "lag", "seed"),
    [("lstm 4", 10, 1), ("rnn orthogonal", 5, 7), ("lstm", 20, 0), ("lstm rule", 10, 5)],
)
def test_recorded_runs_happen_again(recorder, cell, lag, seed):
    recorded = d2lite.Sweep.recorded("memory").select(cell=cell, lag=lag, seed=seed)[0]
    now = recorder.train_point(cell, lag, seed=seed)
    assert abs(now["test_accuracy"] - recorded["test_accuracy"]) < 0.06
    np.testing.assert_allclose(now["train_loss"][:3], recorded["train_loss"][:3], atol=0.05)


def test_a_longer_run_begins_as_recorded(recorder):
    recorded = d2lite.Sweep.recorded("memory_rates").select(cell="lstm", lr=1e-2, seed=2)[0]
    now = recorder.train_point("lstm", 20, lr=1e-2, num_steps=90, seed=2)
    np.testing.assert_allclose(now["train_loss"], recorded["train_loss"][:3], atol=0.05)


def test_recordings_are_whole(recorder):
    sweep = d2lite.Sweep.recorded("memory")
    assert sweep.axes == {"cell": recorder.CELLS, "lag": recorder.LAGS}
    assert len(sweep) == 320
    assert all(len(run["accuracy"]) == recorder.NUM_STEPS // recorder.EVERY for run in sweep)
    rates = d2lite.Sweep.recorded("memory_rates")
    assert {name: rates.axes[name] for name in recorder.RATES} == recorder.RATES


def test_the_explorers_cell_answers_and_its_training_begins_as_recorded(recorder):
    cell = load_cell()
    net, head = nn.LSTM(6, 2, batch_first=True), nn.Linear(2, 4)
    with torch.no_grad():
        named = {"weight_x": net.weight_ih_l0, "weight_h": net.weight_hh_l0, "bias": net.bias_ih_l0}
        for name, weight in (named | {"head_weight": head.weight, "head_bias": head.bias}).items():
            weight.copy_(torch.tensor(cell[name]).reshape(weight.shape))
        net.bias_hh_l0.zero_()
        inputs, letters, asked = recorder.last_capital(400, 40, torch.Generator().manual_seed(9))
        right = head(net(inputs)[0])[asked].argmax(1) == letters[asked]
    assert right.float().mean() > 0.98
    about = weights.load("gates_cell")[1]["provenance"]
    losses = recorder.train_cell(stop_after=100)[2]
    assert abs(losses[99] - about["loss_every_100_steps"][0]) < 0.1


@pytest.mark.parametrize("cell", ["use-it", "own-text"])
def test_a_program_to_copy_runs_alone(chapter, capsys, cell):
    """In an empty file, with nothing of the chapter but the cell; two steps of training are enough to see it."""
    source = re.sub(r"in range\(\d+\)", "in range(2)", chapter.sources[cell])
    exec(compile(source, cell, "exec"), {"__name__": "__main__"})
    assert "guessing" in capsys.readouterr().out


def test_a_run_with_another_seed_comes_out_again(read_recorder):
    more = read_recorder("memory_more")
    runs = d2lite.Sweep.recorded("memory_more")
    assert not set(runs.seeds) & set(d2lite.Sweep.recorded("memory").seeds)
    (recorded,) = runs.select(seed=9)
    made = more.train_point(**recorded.point, seed=9)
    assert made["test_accuracy"] == pytest.approx(recorded["test_accuracy"], abs=0.05)
