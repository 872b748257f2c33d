"""What the recording of a network that writes says, read again by NumPy and torch: the oracle of writing/model.js."""

import math

import numpy as np

from d2lite.models import weights
from d2lite.widgets.writing import load_writing


def checkpoint_case(place, kind, number):
    """One checkpoint: its text, which characters are in words the novels lack, and the counts it beats."""
    tensors, record = weights.load("austen_writing")
    text = record["prompt"] + "".join(record["alphabet"][i] for i in tensors["texts"][place, kind, number])
    marks = np.concatenate([np.zeros(len(record["prompt"])), tensors["strange"][place, kind, number]])
    perplexity = math.exp(record["measured"]["test"][place])
    return {
        "name": f"checkpoint {place}, temperature {record['temperatures'][kind]}, text {number + 1}",
        "js": """(model, [data, ...at]) => {
            const { marks, ...found } = model.readCheckpoint(data, ...at);
            return { marks: marks.map(Number), ...found };
        }""",
        "input": [load_writing(), place, kind, number],
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
        *(checkpoint_case(*at) for at in ((0, 0, 0), (4, 1, 2), (7, 0, 1), (11, 1, 0))),
        {
            "name": "labels are spread, the lowest stays",
            "js": "(model, heights) => model.spreadLabels(heights, 12)",
            "input": [10, 50, 52, 60, 100],
            "expected": [10, 36, 48, 60, 100],
        },
    ]
