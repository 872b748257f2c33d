"""Traces of splits, their scores and what crosses over, by NumPy and scikit-learn: the oracle of splits/model.js."""

import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from d2lite._utils.rng import Rng
from d2lite.widgets.splits import load_birds

DATA = load_birds()
FACTS = np.array(DATA["facts"])
SIZES = np.array([size or [np.nan] * 4 for size in DATA["sizes"]])
NEST = np.arange(len(FACTS)) // 2
SMALL = np.isin(NEST, DATA["small"])
START = {
    "question": "egg",
    "size": "all",
    "prepare": "scaled",
    "assign": "shuffled",
    "seed": 0,
    "plan": "folds",
}
START |= {"numFolds": 5, "validationShare": 0.2, "testShare": 0.2, "opened": True}


def half_up(x):
    return int(np.floor(x + 0.5))


def tables(s):
    """Return the birds in the table, in order, and those left out."""
    whole = np.isfinite(SIZES).all(1) & (FACTS[:, 5] >= 0)
    usable = (whole & whole[np.arange(len(NEST)) ^ 1]) | (s["question"] == "egg")
    inside = SMALL | (s["size"] == "all")
    rows = np.flatnonzero(usable & inside)
    if s["prepare"] == "copied":
        rows = np.append(rows, rows[Rng(s["seed"]).permutation(len(rows))[: half_up(len(rows) / 5)]])
    return rows, np.flatnonzero(usable & ~inside)


def deal(birds, labels, s):
    """Return the units in the order dealt."""
    count = len(birds)
    if s["assign"] == "in_order":
        return [[i] for i in range(count)]
    order = np.array(Rng(s["seed"] + 1).permutation(count))
    if s["assign"] == "nest_by_nest":
        nests = list(dict.fromkeys((birds[order] // 2).tolist()))
        return [np.flatnonzero(birds // 2 == nest).tolist() for nest in nests]
    if s["assign"] == "stratified":
        at = np.empty(count)
        for label in (0, 1):
            mine = labels[order] == label
            at[mine] = (np.arange(mine.sum()) + 0.5) / mine.sum()
        order = order[np.argsort(at, kind="stable")]
    return [[i] for i in order.tolist()]


def part_of_rows(units, fold, s):
    """Return 0, 1 or 2 for each row."""
    kept = len(units) - half_up(s["testShare"] * len(units))
    first, last = kept - max(1, half_up(s["validationShare"] * len(units))), kept
    if s["plan"] == "folds":
        first, last = (half_up(k * kept / s["numFolds"]) for k in (fold - 1, fold))
    parts = np.zeros(sum(map(len, units)), int)
    for u, unit in enumerate(units):
        parts[unit] = 2 if u >= kept else int(first <= u < last)
    return parts


def columns(birds, fresh, labels, training, s):
    """Return the columns of the table and of the birds left out, as the model sees them."""
    both = np.append(birds, fresh).astype(int)
    if s["prepare"].startswith("noise"):
        noise = np.stack([Rng(s["seed"] * 1000 + j + 1).uniform(len(both)) for j in range(1000)], axis=1)
        looked = np.arange(len(birds)) if s["prepare"] == "noise_over_all" else training
        r = [abs(np.corrcoef(noise[looked, j], labels[looked])[0, 1]) for j in range(1000)]
        X = noise[:, np.argsort(-np.array(r), kind="stable")[:20]]
        return X[: len(birds)], X[len(birds) :]
    X = SIZES[both]
    if s["question"] == "egg":
        X = np.concatenate([np.eye(3)[FACTS[both, k]] for k in range(3)] + [FACTS[both][:, 3:5]], axis=1)
    if s["prepare"] == "with_remark":
        seen = np.arange(len(both)) < len(birds)
        X = np.column_stack([X, FACTS[both, 6] * seen])
    if s["prepare"] != "raw":
        X = (
            StandardScaler()
            .fit(X[: len(birds)] if s["prepare"] == "scaled_over_all" else X[training])
            .transform(X)
        )
    return X[: len(birds)], X[len(birds) :]


def first_nearest(known, X):
    """Return the place of the nearest row, the first of those that are equally near."""
    distances = NearestNeighbors(n_neighbors=len(known), algorithm="brute").fit(known)
    graph = distances.kneighbors_graph(X, mode="distance").toarray() ** 2
    return (graph <= graph.min(1, keepdims=True) + 1e-9).argmax(1)


def expected(s):
    birds, fresh = tables(s)
    target = FACTS[:, 5 if s["question"] == "sex" else 6]
    labels = target[birds]
    units = deal(birds, labels, s)
    parts, guesses, unseen, neighbours = [], [], [], []
    for fold in range(1, (s["numFolds"] if s["plan"] == "folds" else 1) + 1):
        part = part_of_rows(units, fold, s)
        training = np.flatnonzero(part == 0)
        X, X_fresh = columns(birds, fresh, labels, training, s)
        near = training[first_nearest(X[training], X)]
        parts.append(part.tolist())
        shut = (part == 2) & (not s["opened"])
        neighbours.append(np.where((part == 0) | shut, -1, near).tolist())
        guesses.append(np.stack([labels, labels[near]])[:, part == 1])
        if len(fresh):
            unseen.append(np.stack([target[fresh], labels[training[first_nearest(X[training], X_fresh)]]]))
    found = {
        "parts": parts,
        "neighbours": neighbours,
        "promised": balanced_accuracy_score(*np.concatenate(guesses, axis=1)),
        "worth": balanced_accuracy_score(*np.concatenate(unseen, axis=1)) if unseen else -1,
    }
    part = np.array(parts[0])
    trained = set(birds[part == 0].tolist())
    judged = [(i, b) for i, b in enumerate(birds.tolist()) if part[i] == 1]
    found["mates"] = [i for i, b in judged if b ^ 1 in trained]
    found["copies"] = [i for i, b in judged if b in trained]
    return found


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    changes = [{"assign": assign} for assign in ("in_order", "shuffled", "stratified", "nest_by_nest")]
    changes += [{"prepare": how} for how in ("raw", "scaled_over_all", "copied", "with_remark", "noise")]
    changes += [
        {"size": "small", "question": "sex", "prepare": "noise_over_all", "seed": 4},
        {"size": "small", "prepare": "with_remark", "assign": "nest_by_nest"},
        {
            "question": "sex",
            "plan": "one_part",
            "testShare": 0.15,
            "validationShare": 0.25,
            "assign": "stratified",
        },
        {"question": "sex", "prepare": "copied", "assign": "nest_by_nest", "seed": 7},
        {"prepare": "noise", "numFolds": 12, "assign": "stratified", "seed": 3, "opened": False},
        {"size": "small", "numFolds": 12, "testShare": 0.4, "assign": "nest_by_nest", "seed": 999},
    ]
    return [
        {
            "name": f"{', '.join(map(str, change.values()))}",
            "js": """(model, { data, settings }) => {
                const { rows, folds, promised, worth } = model.explore(data, settings);
                const { mates, copies } = model.crossings(rows, folds[0].parts, model.VALIDATION);
                return { parts: folds.map((f) => f.parts), neighbours: folds.map((f) => f.neighbours), promised, worth: worth ?? -1, mates, copies };
            }""",
            "input": {"data": DATA, "settings": START | change},
            "expected": expected(START | change),
        }
        for change in changes
    ]
