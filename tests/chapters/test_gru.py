"""The GRU chapter's code against torch; its recordings against runs made now."""

import math
import re
from pathlib import Path

import pytest
import torch
from torch import nn

import d2lite
from d2lite.models import weights
from d2lite.widgets import gates
from d2lite.widgets.gates import GatesExplorer, load_gru

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("07_rnn/gru")
    chapter.update(torch=torch, nn=nn, gates=gates)
    chapter.run("forward", "backward-code", "train")
    chapter.define("use-it", "reach-code", "reset-code", "reset-need", "solution-3")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("gru")


def make_gru(T, B, D, H):
    torch.manual_seed(T)
    net = nn.GRU(D, H, dtype=torch.float64)
    x, h0 = torch.randn(T, B, D, dtype=torch.float64), torch.randn(B, H, dtype=torch.float64)
    return net, [w.detach() for w in net.parameters()], x, h0


@pytest.mark.parametrize(("T", "B", "D", "H"), [(1, 1, 1, 1), (9, 4, 3, 6), (30, 2, 5, 2)])
def test_forward_and_backward_are_those_of_torch(chapter, T, B, D, H):
    net, weights, x, h0 = make_gru(T, B, D, H)
    x.requires_grad_(), h0.requires_grad_()
    outputs, h_n = net(x, h0[None])
    ours, kept = chapter["gru_forward"](x.detach(), h0.detach(), weights)
    assert (ours - outputs).abs().max() < 1e-12
    pull, pull_last = torch.randn_like(outputs), torch.randn_like(h0)
    loss = (outputs * pull).sum() + (h_n[0] * pull_last).sum()
    expected = torch.autograd.grad(loss, [x, h0, *net.parameters()])
    for a, b in zip(chapter["gru_backward"](pull, pull_last, kept, weights), expected, strict=True):
        assert (a - b).abs().max() < 1e-10


def test_the_published_form_is_a_loop_of_our_own(chapter):
    """One unit after another, by the paper's equations, and nn.GRU where the reset gates of all units are 1."""
    _, (W_x, W_h, b_x, b_h), x, h = make_gru(5, 3, 4, 6)
    found = chapter["paper_step"](x[0], h, W_x, W_h, b_x, b_h)
    for row in range(3):
        sums = [W_x[k] @ x[0, row] + b_x[k] + W_h[k] @ h[row] + b_h[k] for k in range(12)]
        r, z = torch.stack(sums[:6]).sigmoid(), torch.stack(sums[6:]).sigmoid()
        n = [math.tanh(W_x[k] @ x[0, row] + b_x[k] + W_h[k] @ (r * h[row]) + b_h[k]) for k in range(12, 18)]
        expected = z * h[row] + (1 - z) * torch.tensor(n, dtype=torch.float64)
        assert (found[row] - expected).abs().max() < 1e-12
    b_x[:6] = 100
    same = chapter["gru_step"](x[0], h, W_x, W_h, b_x, b_h)[0]
    assert (chapter["paper_step"](x[0], h, W_x, W_h, b_x, b_h) - same).abs().max() < 1e-12


def test_where_z_writes_the_sign_of_its_block_changes(chapter):
    _, ours, x, h = make_gru(6, 2, 3, 4)
    written = chapter["chung_step"](x[0], h, *ours)
    kept = chapter["gru_step"](x[0], h, *chapter["from_chung"](ours))[0]
    assert (written - kept).abs().max() < 1e-12


def test_opened_gates_keep_as_much_as_was_asked(chapter):
    gru = nn.GRU(3, 5, num_layers=2, bidirectional=True)
    others = {name: value.clone() for name, value in gru.named_parameters()}
    chapter["open_update_gates"](gru, memory=30)
    parameters = dict(gru.named_parameters())
    rest = torch.tensor([True] * 5 + [False] * 5 + [True] * 5)
    for name, value in parameters.items():
        same = rest if name.startswith("bias") else slice(None)
        assert torch.equal(value[same], others[name][same]), "only the update gates' biases change"
        if name.startswith("bias_ih"):
            update = (value + parameters[name.replace("_ih_", "_hh_")])[5:10]
            assert torch.allclose(update.sigmoid(), torch.tensor(1 - 1 / 30), atol=1e-6)


def test_gradients_along_the_state_are_products_of_update_gates(chapter):
    """The chapter's measure against formula (3), with the gates read off a loop of our own."""
    norms = chapter["gradient_left"](1.5, along=True, T=9, seed=3)
    torch.manual_seed(3)
    cell = nn.GRUCell(4, 32, dtype=torch.float64)
    W_x, W_h, b_x, b_h = (w.detach() for w in cell.parameters())
    b_x[32:64], b_h[32:64] = 1.5, 0
    h, product = torch.zeros(1, 32, dtype=torch.float64), torch.ones(32, dtype=torch.float64)
    for _ in range(9):
        x = torch.randn(1, 4, dtype=torch.float64)
        product *= (x @ W_x.T + b_x + h @ W_h.T + b_h)[0, 32:64].sigmoid()
        h = cell(x, h).detach()
    v = torch.randn(32, dtype=torch.float64)
    assert norms[0].item() == pytest.approx(1)
    assert norms[9].item() == pytest.approx((product * v / v.norm()).norm().item(), rel=1e-9)


def test_the_networks_of_a_task_have_equal_weights(recorder):
    for task, inputs, classes in (("memory", 6, 4), ("text", 66, 66)):
        sizes = []
        for cell, units in recorder.UNITS[task].items():
            parts = recorder.make_network(cell, 1.0, inputs, units, classes)
            sizes.append(sum(w.numel() for part in parts for w in part.parameters()))
        assert max(sizes) < 1.04 * min(sizes)


def test_a_start_is_what_each_cell_begins_by_keeping(recorder):
    for cell, blocks in (("LSTM", 4), ("GRU", 3)):
        net, _ = recorder.make_network(cell, 2.0, 6, 5, 4)
        total = (net.bias_ih_l0 + net.bias_hh_l0).detach().view(blocks, 5)
        assert (total[1] == 2).all(), "PyTorch's order: i, f, g, o and r, z, n"
        assert total[0].abs().max() < 1
    recurrent = recorder.make_network("RNN", 1.1, 6, 5, 4)[0].weight_hh_l0.detach()
    assert torch.allclose(recurrent @ recurrent.T, 1.21 * torch.eye(5), atol=1e-5)


def test_the_choice_is_the_least_loss_on_validation(recorder):
    sweep = d2lite.Sweep.recorded("cells")
    points = recorder.chosen(sweep)
    assert [point for point in recorder.GRID if sweep.select(**point)] == recorder.GRID
    for point in points:
        rivals = [p for p in recorder.GRID if all(p[k] == point[k] for k in ("task", "cell"))]
        if point["start"] == 0 and point["task"] == "memory":
            rivals = [p for p in rivals if p["start"] == 0]
        mean = {str(p): sum(run["loss"] for run in sweep.select(**p)) for p in rivals}
        assert mean[str(point)] == min(mean.values())
    seeds = d2lite.Sweep.recorded("cells_seeds")
    assert all(len(seeds.select(**point)) == len(recorder.TEST_SEEDS) for point in points)
    assert not set(recorder.SEEDS) & set(recorder.TEST_SEEDS)


@pytest.mark.parametrize("cell", ["RNN", "LSTM", "GRU"])
def test_recorded_runs_happen_again(recorder, cell):
    point = {"task": "text", "cell": cell, "start": 1.0 if cell == "RNN" else 0.0, "lr": 0.03}
    recorded = d2lite.Sweep.recorded("cells").select(**point, seed=0)[0]
    now = recorder.train_point(**point, seed=0)
    assert abs(now["loss"] - recorded["loss"]) < 0.02


def test_the_explorers_gru_answers_and_its_training_begins_as_recorded(recorder):
    cell = load_gru()
    net, head = nn.GRU(6, 2, batch_first=True), nn.Linear(2, 4)
    with torch.no_grad():
        named = {"weight_x": net.weight_ih_l0, "weight_h": net.weight_hh_l0, "bias": net.bias_ih_l0}
        for name, weight in (named | {"head_weight": head.weight, "head_bias": head.bias}).items():
            weight.copy_(torch.tensor(cell[name]).reshape(weight.shape))
        net.bias_hh_l0.zero_()
        net.bias_hh_l0[4:] = torch.tensor(cell["bias_hn"])
        inputs, letters, asked = recorder.last_capital(400, 40, torch.Generator().manual_seed(9))
        right = head(net(inputs)[0])[asked].argmax(1) == letters[asked]
    assert right.float().mean() > 0.98
    about = weights.load("gates_gru")[1]["provenance"]
    losses = recorder.train_cell(stop_after=100)[2]
    assert abs(losses[99] - about["loss_every_100_steps"][0]) < 0.1


def test_the_reset_gate_keeps_the_old_capital_out_on_other_texts(chapter):
    """The chapter's loop against nn.GRU; held open, texts with one capital stay right far more often."""
    x, asked_for, capitals = chapter["some_texts"](3000, seed=5)
    cell, net = load_gru(), nn.GRU(6, 2)
    with torch.no_grad():
        for name, key in {
            "weight_ih_l0": "weight_x",
            "weight_hh_l0": "weight_h",
            "bias_ih_l0": "bias",
        }.items():
            weight = net.get_parameter(name)
            weight.copy_(torch.tensor(cell[key]).reshape(weight.shape))
        net.bias_hh_l0.zero_()
        net.bias_hh_l0[4:] = torch.tensor(cell["bias_hn"])
        scores = net(x)[0][-1] @ torch.tensor(cell["head_weight"]).view(4, 2).T + torch.tensor(
            cell["head_bias"]
        )
    assert torch.equal(chapter["says"](x), scores.argmax(1))
    right = {shift: chapter["says"](x, shift) == asked_for for shift in (0.0, 100.0, -100.0)}
    assert right[0.0].float().mean() > 0.98
    assert right[-100.0].float().mean() > 0.9, "held shut, nearly all answers stay right"
    assert 0.25 < right[100.0].float().mean() < 0.37, "held open, a third"
    assert right[100.0][capitals == 1].float().mean() > 2 * right[100.0][capitals > 1].float().mean()


def test_a_tied_lstm_writes_what_it_does_not_keep(chapter, recorder):
    """The chapter's and the recorder's, against a loop of our own with i = 1 - f."""
    chapter.define("tied-code")
    torch.manual_seed(0)
    for net in (chapter["TiedLSTM"](6, 5), recorder.TiedLSTM(6, 5)):
        W_x, W_h, b_x, b_h = (w.detach() for w in net.lstm.parameters())
        x, h = torch.randn(3, 9, 6), torch.zeros(3, 5)
        c = h
        for x_t in x.unbind(1):
            _, f, g, o = (x_t @ W_x.T + b_x + h @ W_h.T + b_h).chunk(4, dim=1)
            c = f.sigmoid() * c + (1 - f.sigmoid()) * g.tanh()
            h = o.sigmoid() * c.tanh()
        assert (net(x)[0][:, -1] - h).abs().max() < 1e-6


@pytest.mark.parametrize(("cell", "seed"), [("LSTM", 101), ("tied LSTM", 104)])
def test_runs_with_tied_gates_happen_again(recorder, cell, seed):
    recorded = d2lite.Sweep.recorded("cells_tied").select(cell=cell, lr=0.1, seed=seed)[0]
    assert abs(recorder.train_tied(cell, 0.1, seed=seed)["accuracy"] - recorded["accuracy"]) < 0.06


def test_a_run_with_both_gates_started_happens_again(recorder):
    run = d2lite.Sweep.recorded("cells_shut_seeds")[0]
    assert abs(recorder.train_shut(**run.point, seed=run.seed)["accuracy"] - run["accuracy"]) < 0.06


def test_the_first_screen_says_what_the_held_update_gate_does(chapter):
    """Both questions right as learned; both wrong with z shut; one answer to everything with z open."""
    cell = load_gru()
    text, x = GatesExplorer().text, []
    for sign in text:
        x.append([*(float(sign.lower() == k) for k in "abcd"), sign.isupper(), sign == "?"])
    W_x, W_h, bias, head = (torch.tensor(cell[k]) for k in ("weight_x", "weight_h", "bias", "head_weight"))
    b_h = torch.tensor([0.0] * 4 + cell["bias_hn"])
    answers = {}
    for name, shift in {"learned": 0, "closed": -100, "open": 100}.items():
        shifted = bias + torch.tensor([0, 0, shift, shift, 0, 0])
        read = (W_x.view(6, 6), W_h.view(6, 2), shifted, b_h)
        states, _ = chapter["gru_forward"](torch.tensor(x)[:, None], torch.zeros(1, 2), read)
        scores = states[:, 0] @ head.view(4, 2).T + torch.tensor(cell["head_bias"])
        answers[name] = "".join("ABCD"[scores[t].argmax()] for t, sign in enumerate(text) if sign == "?")
    assert answers["learned"] == "BD"
    assert answers["closed"][0] != "B" and answers["closed"][1] != "D"
    assert answers["open"][0] == answers["open"][1]


@pytest.mark.parametrize("cell", ["use-it"])
def test_a_program_to_copy_runs_alone(chapter, capsys, cell):
    """In an empty file, with nothing of the chapter but the cell; two steps of training are enough to see it."""
    source = re.sub(r"in range\(\d+\)", "in range(2)", chapter.sources[cell])
    exec(compile(source, cell, "exec"), {"__name__": "__main__"})
    assert "guessing" in capsys.readouterr().out
