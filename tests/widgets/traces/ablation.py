"""Traces of gains and of near sets, by NumPy: the oracle of ablation/model.js."""

import numpy as np


def made_up():
    """Return four sets of changes with three seeds and 100 draws each."""
    random = np.random.RandomState(0)
    return [
        {
            "on": on,
            "test": (0.5 + 0.1 * random.rand(3)).tolist(),
            "test_merged": (0.9 + 0.05 * random.rand(3)).tolist(),
            "draws": (0.55 + 0.02 * random.randn(100)).tolist(),
        }
        for on in ([], [0], [2, 4], [0, 2, 4, 7])
    ]


def gain(one, base, measure):
    each = np.subtract(one[measure], base[measure])
    first, *others = made_up()
    spreads = [np.subtract(other[measure], first[measure]).var(ddof=1) for other in others]
    of_seeds = np.sqrt(np.mean(spreads) / len(each))
    of_scenes = np.subtract(one["draws"], base["draws"]).std(ddof=1) if measure == "test" else None
    error = np.hypot(of_seeds, of_scenes or 0)
    return {
        "gain": each.mean(),
        "each": each.tolist(),
        "ofSeeds": of_seeds,
        "ofScenes": of_scenes,
        "error": error,
    }


def nearest(sets, on):
    far = [len(set(one["on"]) ^ set(on)) for one in sets]
    return {"least": min(far), "found": [k for k, value in enumerate(far) if value == min(far)]}


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    sets = made_up()
    pairs = [(1, 0, "test"), (3, 1, "test"), (2, 0, "test_merged")]
    asked = [[], [0], [4], [2, 4, 7], [1, 3, 5], [7, 4, 2, 0]]
    return [
        *(
            {
                "name": f"gain of set {k} over {base} by {measure}",
                "js": "(model, { sets, k, base, measure }) => model.gainOver(sets[k], sets[base], measure, sets)",
                "input": {"sets": sets, "k": k, "base": base, "measure": measure},
                "expected": gain(sets[k], sets[base], measure),
            }
            for k, base, measure in pairs
        ),
        {
            "name": "a set gains nothing over itself",
            "js": "(model, sets) => model.gainOver(sets[1], sets[1], 'test', sets).error",
            "input": sets,
            "expected": 0,
        },
        {
            "name": "nearest recorded sets",
            "js": "(model, { sets, asked }) => asked.map((on) => model.nearestSets(sets, on))",
            "input": {"sets": sets, "asked": asked},
            "expected": [nearest(sets, on) for on in asked],
        },
        {
            "name": "a set is found by its changes in any order",
            "js": "(model, sets) => [[], [4, 2], [2], [7, 4, 2, 0]].map((on) => model.findSet(sets, on))",
            "input": sets,
            "expected": [0, 2, -1, 3],
        },
        {
            "name": "rows: tall where there is room, all while they fit, then the chosen one and a count",
            "js": """(model, asked) => asked.map(([count, at, room]) => {
                const rows = Array.from({ length: count }, (_, k) => ({ k }));
                const { line, shown, left } = model.fitRows(rows, at, room);
                return [line, shown.map(({ k }) => k), left];
            })""",
            "input": [[2, 1, 220], [13, 6, 240], [18, 6, 240], [6, 5, 52], [6, 0, 52]],
            "expected": [
                [22, [0, 1], 0],
                [18, list(range(13)), 0],
                [13, list(range(18)), 0],
                [13, [0, 1, 5], 3],
                [13, [0, 1, 2], 3],
            ],
        },
        {
            "name": "names",
            "js": """(model, { names, all }) => [[], [1], [0, 2], [0, 1, 3], all, [3, 4]].map(
                (on) => model.nameSet(names, on, all))""",
            "input": {"names": ["a", "b", "c", "d", "e"], "all": [0, 1, 3, 4]},
            "expected": ["baseline", "b", "a + c", "… less e", "all that helped", "d + e"],
        },
    ]
