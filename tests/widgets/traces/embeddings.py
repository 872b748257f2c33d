"""Traces of sums and neighbours of words by NumPy on the page's vectors: the oracle of embeddings/model.js."""

import numpy as np

from d2lite.widgets.embeddings import load_vectors, page_vectors

QUESTIONS = (("king", "man", "woman"), ("paris", "france", "italy"), ("better", "good", "bad"))


def unit_vectors():
    """Return the page's words and their vectors of length 1."""
    words, codes, scales = page_vectors()
    vectors = codes * scales
    return words, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def answered(words, vectors, question, banned):
    """Return the ten words nearest to a - b + c, best first, and their cosines."""
    a, b, c = (vectors[words.index(word)] for word in question)
    target = a - b + c
    cosines = vectors @ (target / np.linalg.norm(target))
    order = [row for row in np.argsort(-cosines, kind="stable") if words[row] not in banned][:10]
    return [words[row] for row in order], cosines[order].tolist()


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    words, vectors = unit_vectors()
    data = load_vectors()
    answers = [answered(words, vectors, q, banned) for q in QUESTIONS for banned in ((), q)]
    axis = vectors[words.index("she")] - vectors[words.index("he")]
    axis /= np.linalg.norm(axis)
    shown = ["king", "queen", "nurse", "engineer"]
    return [
        {
            "name": "vectors",
            "js": "(model, data) => [...model.readVectors(data).vectors.slice(0, 5000)]",
            "input": data,
            "expected": vectors[:100].ravel().tolist(),
        },
        {
            "name": "answers",
            "js": """(model, { data, questions }) => {
                const space = model.readVectors(data);
                return questions.flatMap((words) => {
                    const rows = words.map((word) => space.index.get(word));
                    const scores = model.similarities(space, model.combine(space, rows.map((row, k) => [row, k === 1 ? -1 : 1])));
                    return [new Set(), new Set(rows)].map((banned) => {
                        const best = model.nearest(scores, 10, banned);
                        return [best.map((row) => space.words[row]), best.map((row) => scores[row])];
                    });
                });
            }""",
            "input": {"data": data, "questions": QUESTIONS},
            "expected": [list(answer) for answer in answers],
        },
        {
            "name": "places along an axis",
            "js": """(model, { data, shown }) => {
                const space = model.readVectors(data);
                const axis = model.axisOf(space, space.index.get("he"), space.index.get("she"));
                return shown.map((word) => model.dot(axis, model.vectorOf(space, space.index.get(word))));
            }""",
            "input": {"data": data, "shown": shown},
            "expected": [float(vectors[words.index(word)] @ axis) for word in shown],
        },
        {
            "name": "words that begin so, and words of a text",
            "js": """(model, data) => {
                const space = model.readVectors(data);
                const { rows, unknown } = model.findWords(space, " King, zzz");
                return [model.completions(space, "kin", 3), rows.map((row) => space.words[row]), unknown];
            }""",
            "input": data,
            "expected": [[w for w in words if w.startswith("kin")][:3], ["king"], ["zzz"]],
        },
    ]
