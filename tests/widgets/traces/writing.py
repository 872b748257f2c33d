"""What the recording of a network that writes says, read again by NumPy and torch: the oracle of writing/model.js."""

import math

import numpy as np

from d2lite.models import weights
from d2lite.widgets.writing import load_writing


def checkpoint_case(author, place, kind, number):
    """One checkpoint: its text, which characters are in words the author lacks, and the counts it beats."""
    tensors, record = weights.load(f"{author}_writing")
    text = record["prompt"] + "".join(record["alphabet"][i] for i in tensors["texts"][place, kind, number])
    marks = np.concatenate([np.zeros(len(record["prompt"])), tensors["strange"][place, kind, number]])
    perplexity = math.exp(record["measured"]["test"][place])
    return {
        "name": f"{author}, checkpoint {place}, temperature {record['temperatures'][kind]}, text {number + 1}",
        "js": """(model, [data, ...at]) => {
            const { marks, ...found } = model.readCheckpoint(data, ...at);
            return { marks: marks.map(Number), ...found };
        }""",
        "input": [load_writing()[author], place, kind, number],
        "expected": {
            "text": text,
            "marks": marks.tolist(),
            "perplexity": perplexity,
            "known": record["measured"]["known"][place],
            "beaten": sum(count > perplexity for count in record["counts"]),
        },
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [
        *(checkpoint_case("austen", *at) for at in ((0, 0, 0), (4, 1, 2), (7, 0, 1), (11, 1, 0))),
        checkpoint_case("shakespeare", 9, 0, 2),
        checkpoint_case("python", 0, 1, 0),
        checkpoint_case("python", 9, 1, 1),
        {
            "name": "a training that has ended stays at its end",
            "js": "(model, asked) => asked.map((steps) => model.placeOf([0, 10, 50, 200], steps))",
            "input": [0, 9, 10, 50, 200, 5000],
            "expected": [0, 0, 1, 2, 3, 3],
        },
        {
            "name": "labels are spread, the lowest stays",
            "js": "(model, heights) => model.spreadLabels(heights, 12)",
            "input": [10, 50, 52, 60, 100],
            "expected": [10, 36, 48, 60, 100],
        },
    ]
