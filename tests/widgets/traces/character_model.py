"""Traces of the character model made by nn.RNN and autograd in 64 bits: the oracle of character_model/model.js."""

import torch
from torch import nn

from d2lite._utils.rng import Rng
from d2lite.models.character_rnn import CharacterRNN, pack, pack_model, pretrained_payload, unpack

TEXT = "It was a very fine day, and she could not help thinking of him.\n"
READ = """(model, { weights, text }) => {
    const net = model.decodeModel(weights);
    const reading = model.makeReading(net);
    const { ids } = model.encodeText(net, text);
    model.extendReading(reading, ids, 0, 1, 0);
"""


def small(units=5, alphabet="ab c", seed=0):
    torch.manual_seed(seed)
    model = CharacterRNN(alphabet, units)
    weights = pack(model.rnn, model.readout, alphabet)
    return weights, unpack(weights)


def shipped():
    weights = pretrained_payload()
    return weights, unpack(weights)


def states_and_logits(model, text):
    """Return (T + 1, H) states and (T + 1, V) scores, those before the first character included."""
    one_hot = nn.functional.one_hot(model.encode(text), len(model.alphabet)).double()
    states = model.rnn(one_hot[:, None])[0][:, 0]
    states = torch.cat([torch.zeros(1, states.shape[1], dtype=torch.float64), states])
    return states, model.readout(states)


def reading_case(name, weights, model, text):
    states, logits = states_and_logits(model, text)
    p = logits.softmax(1)
    log_p = logits[:-1].log_softmax(1).gather(1, model.encode(text)[:, None])[:, 0]
    hot = (logits[-1] / 0.5).softmax(0)
    return {
        "name": f"{name} reads {len(text)} characters",
        "js": READ
        + """const last = ids.length;
            return { states: reading.states.map((s) => [...s]), logits: reading.logits.map((z) => [...z]),
                bits: model.surprises(reading), tail: model.surprises(reading, last - 2),
                p: model.predict(reading, last), hot: model.predict(reading, last, 0.5),
                entropy: model.entropyBits(model.predict(reading, last)) };
        }""",
        "input": {"weights": weights, "text": text},
        "expected": {
            "states": states.tolist(),
            "logits": logits.tolist(),
            "bits": (-log_p / torch.log(torch.tensor(2.0, dtype=torch.float64))).tolist(),
            "tail": (-log_p[-2:] / torch.log(torch.tensor(2.0, dtype=torch.float64))).tolist(),
            "p": p[-1].tolist(),
            "hot": hot.tolist(),
            "entropy": -(p[-1] * p[-1].log2()).sum().item(),
        },
        "tolerance": 1e-9,
    }


def gradient(model, ids, target, steps):
    """Return the gradients of -log p(target) after ids, time cut after some steps: of the states, and of all weights."""
    model.zero_grad()
    one_hot = nn.functional.one_hot(ids, len(model.alphabet)).double()
    before = len(ids) - steps
    with torch.no_grad():
        state = (
            model.rnn(one_hot[:before, None])[1]
            if before
            else torch.zeros(1, 1, model.rnn.hidden_size).double()
        )
    states = [state.requires_grad_()]
    for x in one_hot[before:]:
        state = model.rnn(x[None, None], state)[1]
        state.retain_grad()
        states.append(state)
    nn.functional.cross_entropy(model.readout(state)[0], torch.tensor([target])).backward()
    named = {
        name: p.grad for name, p in model.named_parameters() if name != "rnn.bias_hh_l0"
    }  # one bias, not two
    flat = torch.cat([g.flatten() if g is not None else torch.zeros(0) for g in named.values()])
    return [s.grad.norm().item() for s in reversed(states)], flat


def gradient_case(name, weights, model, text, place, target):
    ids = model.encode(text)[:place]
    most = min(64, place)
    norms, uncut = gradient(model, ids, target, most)
    cuts = sorted({1, 2, 5, most // 2, most} & set(range(1, most + 1)))
    flats = [gradient(model, ids, target, k)[1] for k in cuts]
    return {
        "name": f"{name}: the gradient back from character {place}",
        "js": READ
        + """const { norms, whole, cosines } = model.backThroughTime(reading, PLACE, TARGET);
            return { norms, whole: CUTS.map((k) => whole[k]), cosines: CUTS.map((k) => cosines[k]) };
        }""".replace("PLACE", str(place))
        .replace("TARGET", str(target))
        .replace("CUTS", str(cuts)),
        "input": {"weights": weights, "text": text},
        "expected": {
            "norms": norms,
            "whole": [flat.norm().item() for flat in flats],
            "cosines": [(flat @ uncut / flat.norm() / uncut.norm()).item() for flat in flats],
        },
        "tolerance": 1e-8,
    }


def writing_case(weights, model, text, count, temperature, seed):
    ids = model.encode(text).tolist()
    for u in Rng(seed).uniform(count):
        logits = states_and_logits(model, "".join(model.alphabet[i] for i in ids))[1][-1]
        sums = (logits / temperature).softmax(0).cumsum(0)
        ids.append(min(int((sums <= u).sum()), len(sums) - 1))
    return {
        "name": f"{count} characters written at temperature {temperature}, seed {seed}",
        "js": """(model, { weights, text, count, temperature, seed }) => {
            const net = model.decodeModel(weights);
            const reading = model.makeReading(net);
            const { ids } = model.encodeText(net, text);
            let calls = 0;
            model.extendReading(reading, ids.slice(0, 3), 5, 2, 1); // something else first: it must leave no trace
            while (model.extendReading(reading, ids, count, temperature, seed, () => ++calls % 4 === 0));
            const first = [...reading.ids];
            model.extendReading(reading, ids, count + 3, temperature, seed);
            model.extendReading(reading, ids, count, temperature, seed);
            return { first, again: reading.ids, states: reading.states.length };
        }""",
        "input": {"weights": weights, "text": text, "count": count, "temperature": temperature, "seed": seed},
        "expected": {"first": ids, "again": ids, "states": len(ids) + 1},
    }


def embedding_case():
    """A reader's own model, with an embedding and without biases."""
    torch.manual_seed(3)

    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.cell, self.head = (
                nn.Embedding(4, 3),
                nn.RNN(3, 6, bias=False),
                nn.Linear(6, 4),
            )

    own = Own()
    weights = pack_model(own, ["<unk>", "a", "b", " "])
    table = own.embedding.weight @ own.cell.weight_ih_l0.T  # (V, E) @ (E, H)
    return {
        "name": "a model with an embedding, in 8 bits",
        "js": """(model, weights) => {
            const net = model.decodeModel(weights);
            return { table: net.table, recurrent: net.recurrent, bias: net.bias, ...model.encodeText(net, "aXb“ ") };
        }""",
        "input": weights,
        "expected": {
            "table": table.flatten().tolist(),
            "recurrent": own.cell.weight_hh_l0.flatten().tolist(),
            "bias": [0.0] * 6,
            "ids": [1, 0, 2, 0, 3],
            "unknown": ["X", "“"],
        },
        "rounding": True,
    }


def eight_bits(case):
    """Put the true weights on the grid of 8 bits, as torch would round them."""
    unpacked = unpack(case["input"] | {"alphabet": "\ufffdab "})
    true = case["expected"]
    case.pop("rounding")
    for name, matrix in (("table", unpacked.rnn.weight_ih_l0.T), ("recurrent", unpacked.rnn.weight_hh_l0)):
        rounded = matrix.flatten().tolist()
        assert max(abs(a - b) for a, b in zip(true[name], rounded, strict=True)) < 0.01
        assert rounded != true[name]
        true[name] = rounded
    return case


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    own, real = small(), shipped()
    return [
        reading_case("a small model", *own, "ab ca"),
        reading_case("the shipped model", *real, TEXT),
        gradient_case("a small model", *own, "abc ab", 6, 1),
        gradient_case("a small model", *own, "abc ab", 0, 2),
        gradient_case("the shipped model", *real, TEXT + TEXT, 100, 30),
        gradient_case("the shipped model", *real, TEXT, 20, 7),
        writing_case(*real, "She was ", 30, 0.7, 3),
        writing_case(*real, "Mr. ", 20, 1.3, 0),
        eight_bits(embedding_case()),
    ]
