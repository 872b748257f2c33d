"""Traces of the pairs of a seed and of the rules on them by the package in Python: the oracle of overlap_game/model.js."""

import numpy as np

SEEDS = (0, 1, 7, 9999)


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    import torch

    from d2lite.vision import boxes
    from d2lite.widgets.overlap_game import draw_pairs, load_items

    items = load_items()["items"]
    found = []
    for seed in SEEDS:
        pairs = draw_pairs(items, seed)
        truth, answer = (
            torch.tensor([pair[name] for pair in pairs], dtype=torch.float64) for name in ("truth", "answer")
        )
        overlaps = boxes.iou(truth, answer, pairwise=False)
        shared = torch.minimum(truth[:, 2:], answer[:, 2:]) - torch.maximum(truth[:, :2], answer[:, :2])
        sides = (shared.clamp(min=0) / (truth[:, 2:] - truth[:, :2])).mean(1)
        guesses = np.linspace(0, 1, 10)
        given = {"items": items, "seed": seed, "guesses": guesses.tolist()}
        found += [
            {
                "name": f"the pairs of seed {seed}",
                "js": "(model, { items, seed }) => model.drawPairs(items, seed).map(({ picture, truth, answer }) => [picture, ...truth, ...answer])",
                "input": given,
                "expected": [[pair["picture"], *pair["truth"], *pair["answer"]] for pair in pairs],
            },
            {
                "name": f"overlaps and shares of the sides of seed {seed}",
                "js": "(model, { items, seed }) => model.drawPairs(items, seed).map((pair) => [model.overlapOf(pair), model.sideShare(pair)])",
                "input": given,
                "expected": torch.stack([overlaps, sides], 1).tolist(),
            },
            {
                "name": f"the score of ten guesses, seed {seed}",
                "js": "(model, { items, seed, guesses }) => { const { error, high } = model.judge(guesses, model.drawPairs(items, seed).map(model.overlapOf)); return [error, high]; }",
                "input": given,
                "expected": [
                    float(np.abs(guesses - overlaps.numpy()).mean()),
                    int((guesses > overlaps.numpy()).sum()),
                ],
            },
        ]
    found.append(
        {
            "name": "of all seeds, each pair is found in its tenth of 0.05 to 0.95",
            "js": """(model, items) => {
                let missing = 0;
                for (let seed = 0; seed < 10_000; seed++) {
                    const overlaps = model.drawPairs(items, seed).map(model.overlapOf).sort((a, b) => a - b);
                    if (overlaps.some((overlap, k) => Math.abs(overlap - (0.05 + 0.09 * (k + 0.5))) > 0.045 + 1e-9)) missing++;
                }
                return missing;
            }""",
            "input": items,
            "expected": 0,
        }
    )
    found.append(
        {
            "name": "no pair is skipped, and the last stays",
            "js": "(model) => [[1, 0], [1, 1], [2, 1], [9, 2], [10, 10]].map(([pair, count]) => { const { shown, open } = model.stageOf(pair, Array(count).fill(0.5)); return [shown, Number(open)]; })",
            "input": None,
            "expected": [[0, 0], [0, 1], [1, 0], [2, 0], [9, 1]],
        }
    )
    return found
