"""Traces of torch.nn.LSTMCell, GRUCell and autograd in double precision: the oracle of gates/model.js."""

import torch
from torch import nn

from d2lite.widgets.gates import load_cell, load_gru

PLAIN = {
    "forget_bias": 0, "input_bias": 0, "output_bias": 0,
    "forget_gate": "learned", "input_gate": "learned", "output_gate": "learned",
    "update_bias": 0, "reset_bias": 0, "update_gate": "learned", "reset_gate": "learned",
}  # fmt: skip


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def encode(text):
    rows = torch.zeros(len(text), 6, dtype=torch.float64)
    for row, sign in zip(rows, text, strict=True):
        if sign.lower() in "abcd":
            row["abcd".index(sign.lower())] = 1
            row[4] = float(sign.isupper())
        row[5] = float(sign == "?")
    return rows


def random_cell(num_units, seed):
    generator = torch.Generator().manual_seed(seed)
    shapes = {
        "weight_x": 24 * num_units, "weight_h": 4 * num_units**2, "bias": 4 * num_units,
        "head_weight": 4 * num_units, "head_bias": 4,
    }  # fmt: skip
    draw = {name: torch.randn(size, generator=generator).tolist() for name, size in shapes.items()}
    return {"num_units": num_units, **draw}


def torch_cell(cell, settings):
    """Return nn.LSTMCell with the cell's weights and moved biases; held gates get a bias that saturates them."""
    units = cell["num_units"]
    net = nn.LSTMCell(6, units, dtype=torch.float64)
    with torch.no_grad():
        net.weight_ih.copy_(tensor(cell["weight_x"]).reshape(-1, 6))
        net.weight_hh.copy_(tensor(cell["weight_h"]).reshape(-1, units))
        net.bias_ih.copy_(tensor(cell["bias"]))
        net.bias_hh.zero_()
        for place, gate in ((0, "input"), (1, "forget"), (3, "output")):
            rows = slice(place * units, (place + 1) * units)
            net.bias_hh[rows] += settings[f"{gate}_bias"]
            if settings[f"{gate}_gate"] != "learned":
                net.bias_hh[rows] += 1000.0 if settings[f"{gate}_gate"] == "open" else -1000.0
    return net


def read(cell, text, settings):
    """Return (T, H) cell and hidden states that autograd can follow, and the (T, 4) answers."""
    net, states = torch_cell(cell, settings), []
    h = c = torch.zeros(1, cell["num_units"], dtype=torch.float64)
    for x in encode(text):
        h, c = net(x[None], (h, c))
        states.append((h, c))
    hidden = torch.cat([h for h, _ in states])
    head = tensor(cell["head_weight"]).reshape(4, -1)
    return states, (hidden @ head.T + tensor(cell["head_bias"])).softmax(1)


def case(name, cell, text, **changes):
    settings = PLAIN | changes
    states, chances = read(cell, text, settings)
    last, unit = len(text) - 1, cell["num_units"] - 1
    gradients = torch.autograd.grad(states[last][1][0, unit], [c for _, c in states])
    return {
        "name": f"{name}: {text} {changes}",
        "js": """(model, { cell, text, settings, unit }) => {
            const steps = model.readText(cell, text, settings);
            const { total } = model.gradientBack(cell, steps, steps.length - 1, unit, settings);
            return { c: steps.map(({ c }) => c), h: steps.map(({ h }) => h), p: steps.map(({ p }) => p), total };
        }""",
        "input": {"cell": cell, "text": text, "settings": settings, "unit": unit},
        "expected": {
            "c": [c[0].tolist() for _, c in states],
            "h": [h[0].tolist() for h, _ in states],
            "p": chances.tolist(),
            "total": [g[0, unit].item() for g in gradients],
        },
    }


def random_gru(num_units, seed):
    generator = torch.Generator().manual_seed(seed)
    shapes = {
        "weight_x": 18 * num_units, "weight_h": 3 * num_units**2, "bias": 3 * num_units, "bias_hn": num_units,
        "head_weight": 4 * num_units, "head_bias": 4,
    }  # fmt: skip
    draw = {name: torch.randn(size, generator=generator).tolist() for name, size in shapes.items()}
    return {"num_units": num_units, **draw}


def torch_gru(cell, settings):
    """Return nn.GRUCell with the cell's weights; gates as in torch_cell."""
    units = cell["num_units"]
    net = nn.GRUCell(6, units, dtype=torch.float64)
    with torch.no_grad():
        net.weight_ih.copy_(tensor(cell["weight_x"]).reshape(-1, 6))
        net.weight_hh.copy_(tensor(cell["weight_h"]).reshape(-1, units))
        net.bias_ih.copy_(tensor(cell["bias"]))
        net.bias_hh.zero_()
        net.bias_hh[2 * units :] = tensor(cell["bias_hn"])
        for place, gate in enumerate(("reset", "update")):
            rows = slice(place * units, (place + 1) * units)
            net.bias_hh[rows] += settings[f"{gate}_bias"]
            if settings[f"{gate}_gate"] != "learned":
                net.bias_hh[rows] += 1000.0 if settings[f"{gate}_gate"] == "open" else -1000.0
    return net


def read_gru(cell, text, settings):
    """Return a list of (1, H) states that autograd can follow, and the (T, 4) answers."""
    net, states = torch_gru(cell, settings), [torch.zeros(1, cell["num_units"], dtype=torch.float64)]
    for x in encode(text):
        states.append(net(x[None], states[-1]))
    head = tensor(cell["head_weight"]).reshape(4, -1)
    return states[1:], (torch.cat(states[1:]) @ head.T + tensor(cell["head_bias"])).softmax(1)


def gru_case(name, cell, text, **changes):
    settings = PLAIN | changes
    states, chances = read_gru(cell, text, settings)
    unit = cell["num_units"] - 1
    gradients = torch.autograd.grad(states[-1][0, unit], states)
    return {
        "name": f"GRU {name}: {text} {changes}",
        "js": """(model, { cell, text, settings, unit }) => {
            const steps = model.readText(cell, text, settings);
            const { total } = model.gradientBack(cell, steps, steps.length - 1, unit, settings);
            return { h: steps.map(({ h }) => h), p: steps.map(({ p }) => p), total };
        }""",
        "input": {"cell": cell, "text": text, "settings": settings, "unit": unit},
        "expected": {
            "h": [h[0].tolist() for h in states],
            "p": chances.tolist(),
            "total": [g[0, unit].item() for g in gradients],
        },
    }


def gru_direct_case(cell):
    """With no way back through the gates and the candidate, the gradient is the product of the update gates."""
    alone = cell | {"weight_h": [0.0] * len(cell["weight_h"])}
    states, _ = read_gru(alone, "Babcd?abCd", PLAIN)
    expected = [g[0, 0].item() for g in torch.autograd.grad(states[-1][0, 0], states)]
    return {
        "name": "GRU: the way along the state",
        "js": """(model, { cell, settings }) => {
            const steps = model.readText(cell, "Babcd?abCd", settings);
            const { total, direct } = model.gradientBack(cell, steps, 9, 0, settings);
            return { total, direct };
        }""",
        "input": {"cell": alone, "settings": PLAIN},
        "expected": {"total": expected, "direct": expected},
    }


def direct_case(cell):
    """With no way back through the hidden state, the total gradient is the product of the forget gates."""
    alone = cell | {"weight_h": [0.0] * len(cell["weight_h"])}
    states, _ = read(alone, "Babcd?abCd", PLAIN)
    gradients = torch.autograd.grad(states[-1][1][0, 0], [c for _, c in states])
    expected = [g[0, 0].item() for g in gradients]
    return {
        "name": "the way along the cell state",
        "js": """(model, { cell, settings }) => {
            const steps = model.readText(cell, "Babcd?abCd", settings);
            const { total, direct } = model.gradientBack(cell, steps, 9, 0, settings);
            return { total, direct };
        }""",
        "input": {"cell": alone, "settings": PLAIN},
        "expected": {"total": expected, "direct": expected},
    }


def sums_case(cell, **changes):
    """What stands inside the sigmoids and the tanh, from nn.LSTMCell's weights, at the last step of a text."""
    settings, text = PLAIN | changes, "Babcd?abCd"
    net, (states, _) = torch_cell(cell, settings), read(cell, text, settings)
    h = states[-2][0][0]
    sums = net.weight_ih @ encode(text)[-1] + net.weight_hh @ h + net.bias_ih + net.bias_hh
    i, f, g, o = sums.view(4, -1)[:, 1].tolist()
    return {
        "name": f"the sums of a step {changes}",
        "js": """(model, { cell, settings }) =>
            model.sumsAt(cell, model.readText(cell, "Babcd?abCd", settings), 9, 1, settings)""",
        "input": {"cell": cell, "settings": settings},
        "expected": {"i": i, "f": f, "g": g, "o": o},
    }


def gru_sums_case(cell, **changes):
    """The same of nn.GRUCell: its candidate is the tanh of what is given and r times what is seen."""
    settings, text = PLAIN | changes, "Babcd?abCd"
    net, (states, _) = torch_gru(cell, settings), read_gru(cell, text, settings)
    given = net.weight_ih @ encode(text)[-1] + net.bias_ih
    seen = net.weight_hh @ states[-2][0] + net.bias_hh
    (r, z, _), (_, _, n) = (given + seen).view(3, -1)[:, 1].tolist(), given.view(3, -1)[:, 1].tolist()
    return {
        "name": f"GRU the sums of a step {changes}",
        "js": """(model, { cell, settings }) =>
            model.sumsAt(cell, model.readText(cell, "Babcd?abCd", settings), 9, 1, settings)""",
        "input": {"cell": cell, "settings": settings},
        "expected": {"r": r, "z": z, "given": n, "seen": seen.view(3, -1)[2, 1].item()},
    }


def score_case(cell):
    texts = ["B?", "Bac.A?dD?", "??", "abc", "Cabdabd.?A?"]
    expected = []
    for text in texts:
        right = asked = 0
        chances = read(cell, text, PLAIN)[1]
        for t, sign in enumerate(text):
            capitals = [s for s in text[:t] if s.isupper()]
            if sign == "?" and capitals:
                asked += 1
                right += int("ABCD"[chances[t].argmax()] == capitals[-1])
        expected.append([right, asked])
    return {
        "name": "questions answered",
        "js": "(model, { cell, texts, settings }) => texts.map((t) => model.countRight(model.readText(cell, t, settings)))",
        "input": {"cell": cell, "texts": texts, "settings": PLAIN},
        "expected": expected,
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    trained, other = load_cell(), random_cell(5, 3)
    return [
        case("trained", trained, "Bcad.b?ca.Dbacb?"),
        case("trained", trained, "AxB.?", forget_bias=-2.5, input_bias=1, output_bias=0.75),
        case("trained", trained, "Dabc?", forget_gate="open", input_gate="closed"),
        case("trained", trained, "Dabc?", output_gate="closed", forget_bias=1),
        case("random", other, "ABCDabcd.?" * 3),
        case("random", other, "C" + "abdc" * 7, forget_gate="closed"),
        direct_case(other),
        score_case(trained),
        sums_case(other, forget_bias=-1.5, input_bias=0.5),
        gru_sums_case(random_gru(5, 6), reset_bias=0.75),
        gru_case("trained", load_gru(), "Bcad.b?ca.Dbacb?"),
        gru_case("trained", load_gru(), "AxB.?", update_bias=-2.5, reset_bias=1),
        gru_case("random", random_gru(5, 3), "ABCDabcd.?" * 3),
        gru_case("random", random_gru(5, 4), "C" + "abdc" * 7, update_gate="open"),
        gru_case("random", random_gru(3, 5), "Dabc?", reset_gate="closed"),
        gru_direct_case(random_gru(5, 3)),
    ]
