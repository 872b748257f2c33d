"""Traces of the two taggers made by nn.LSTM in 64 bits: the oracle of tagger/model.js."""

import torch
from torch import nn

from d2lite.language import tagging
from d2lite.models import quantization, weights
from d2lite.widgets.tagger import load_taggers

TEXTS = [
    "Mrs. Plimpton's aunt -- a very good-natured woman! -- had seen Zork; nobody else had.",
    "Dr. Zork said it was 12 o'clock",
    "x",
]


def tagger(name):
    """Return the embedding, the LSTM, the linear layer and the mean votes of a network that ships, in 64 bits."""
    tensors, record = weights.load("name_taggers")
    own = {
        key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")
    }
    numbers = {key: value.double() for key, value in quantization.dequantize_all(own).items()}
    table = numbers.pop("embedding.columns").T
    both = name == "both"
    units = len(numbers["lstm.bias_ih_l0"]) // 4
    lstm = nn.LSTM(table.shape[1], units, bidirectional=both, batch_first=True, dtype=torch.float64)
    head = nn.Linear(units * (1 + both), 1, dtype=torch.float64)
    for layer, start in ((lstm, "lstm."), (head, "head.")):
        layer.load_state_dict(
            {key.removeprefix(start): value for key, value in numbers.items() if key.startswith(start)}
        )
    return table, lstm, head, record["measured"][name]["mean_votes"]


def words_of(text):
    """Return a text's words in lower case, and their numbers."""
    known = weights.load("name_taggers")[1]["words"]
    place = {word: number for number, word in enumerate(known) if number}
    words = [word.lower() for sentence in tagging.split_sentences(text) for word in sentence]
    return words, [place.get(word, 0) for word in words]


def read(name, text):
    """Return base, votes from the left, votes from the right (or None) and scores, as lists."""
    table, lstm, head, means = tagger(name)
    _, numbers = words_of(text)
    with torch.no_grad():
        states = lstm(table[numbers][None])[0][0]  # (T, H) or (T, 2H)
        votes = (states * head.weight[0]).view(len(numbers), len(means), -1).sum(2) - torch.tensor(
            means, dtype=torch.float64
        )
        base = head.bias.item() + sum(means)
        scores = head(states)[:, 0]
    left, *right = votes.T.tolist()
    return {
        "base": base,
        "left": left,
        "right": right[0] if right else None,
        "scores": scores.tolist(),
    }


def reading_case(name, text):
    words, numbers = words_of(text)
    return {
        "name": f"the network that reads {name} way{'s' * (name == 'both')} on {len(words)} words",
        "js": """(model, { data, text, name }) => {
            const taggers = model.decodeTaggers(data);
            const words = model.splitWords(text);
            const numbers = words.map((word) => taggers.numbers.get(word) ?? 0);
            return { words, numbers, ...model.readNumbers(taggers[name], numbers) };
        }""",
        "input": {"data": load_taggers(), "text": text, "name": name},
        "expected": {"words": words, "numbers": numbers, **read(name, text)},
        "tolerance": 1e-9,
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [reading_case(name, text) for name in ("one", "both") for text in TEXTS]
