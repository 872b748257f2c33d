"""Solutions by scikit-learn (Ridge, Lasso, ElasticNet) and by brute force: the oracle of penalty_geometry/model.js."""

import itertools

import numpy as np
from scipy import optimize
from sklearn.linear_model import ElasticNet, Lasso, Ridge

SOLVE = "(model, cases) => cases.map((settings) => model.solve(settings))"
TARGETS = [(1.7, 0.6), (2.0, -0.3), (-1.2, 0.9), (0.2, -2.4), (-2.5, -2.4), (0.3, 0.1), (1.0, 0.0)]


def make(penalty, strength, correlation, target, ratio=0.5, q=0.5):
    return {
        "penalty": penalty,
        "strength": strength,
        "correlation": correlation,
        "target": list(target),
        "ratio": ratio,
        "q": q,
    }


def regression(correlation, target):
    """Two samples whose half mean squared error is the explorer's loss: X^T X / N is the correlation matrix."""
    factor = np.linalg.cholesky([[1, correlation], [correlation, 1]])
    X = np.sqrt(2) * factor.T
    return X, X @ np.array(target)


def by_sklearn(s):
    X, y = regression(s["correlation"], s["target"])
    exact = {"fit_intercept": False, "tol": 1e-14, "max_iter": 20_000}
    if s["penalty"] == "l2":
        fitted = Ridge(alpha=2 * s["strength"], fit_intercept=False, solver="cholesky").fit(X, y)
    elif s["penalty"] == "l1":
        fitted = Lasso(alpha=s["strength"], **exact).fit(X, y)
    else:
        fitted = ElasticNet(alpha=s["strength"], l1_ratio=s["ratio"], **exact).fit(X, y)
    return fitted.coef_.tolist()


def objective(s, w):
    """Loss plus penalty for w of shape (..., 2), written anew."""
    d = np.asarray(w) - s["target"]
    loss = 0.5 * (d @ np.array([[1, s["correlation"]], [s["correlation"], 1]]) * d).sum(-1)
    return loss + s["strength"] * (np.abs(w) ** s["q"]).sum(-1) / s["q"]


def by_search(s):
    """The global minimum of the objective with powers: a fine grid with the axes on it, then refined where smooth."""
    line = np.linspace(-4, 4, 401)
    line[200] = 0.0
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), -1)  # (401, 401, 2)
    w = grid.reshape(-1, 2)[objective(s, grid).argmin()]
    free = [j for j in (0, 1) if w[j] != 0 or s["q"] > 1]
    if not free:
        return w.tolist()

    def inside(part):
        full = w.copy()
        full[free] = part
        return objective(s, full)

    options = {"xatol": 1e-13, "fatol": 1e-16, "maxiter": 4000}
    w[free] = optimize.minimize(inside, w[free], method="Nelder-Mead", options=options).x
    return w.tolist()


def linear_cases():
    grid = itertools.product(TARGETS, (-0.9, 0.0, 0.4, 0.85), (0.0, 0.05, 0.6, 3.0))
    cases = []
    for target, correlation, strength in grid:
        if strength == 0:
            cases.append((make("l1", 0.0, correlation, target), list(target)))
            continue
        for penalty, ratio in (("l2", 0.5), ("l1", 0.5), ("elastic", 0.3), ("elastic", 0.8)):
            settings = make(penalty, strength, correlation, target, ratio)
            cases.append((settings, by_sklearn(settings)))
    inputs, expected = zip(*cases, strict=True)
    assert any(0.0 in w for w in expected)
    return {
        "name": "solutions of scikit-learn",
        "js": SOLVE,
        "input": list(inputs),
        "expected": list(expected),
        "tolerance": 1e-8,
    }


def power_cases():
    cases = []
    for target, q, correlation in itertools.product(TARGETS[:6], (0.3, 0.5, 1.5, 3.0), (-0.6, 0.4)):
        settings = make("lq", 0.7, correlation, target, q=q)
        cases.append((settings, by_search(settings)))
    inputs, expected = zip(*cases, strict=True)
    assert any(0.0 in w for w in expected)
    return {
        "name": "solutions with powers",
        "js": SOLVE,
        "input": list(inputs),
        "expected": list(expected),
        "tolerance": 1e-5,
    }


def edge_case():
    """Where a weight is about to leave zero, on the sliders' marks; and where coordinate descent ends too high."""
    edges = [
        (0.01, -0.9, (2.0, 0.1)),
        (0.01, -0.9, (1.5, 0.1)),
        (0.1, -0.9, (1.5, 0.1)),
        (0.3, 0.5, (-2.0, 0.4)),
    ]
    traps = [(0.822, 0.65, (1.4, 1.4)), (1.177, 0.65, (-1.85, -1.85)), (1.709, 0.45, (-2.3, -2.3))]
    one = [make("l1", *edge) for edge in edges]
    powers = [make("lq", *trap, q=0.8) for trap in traps]
    return {
        "name": "edges and traps",
        "js": SOLVE,
        "input": [*one, *({**settings, "penalty": "lq", "q": 1} for settings in one), *powers],
        "expected": [*map(by_sklearn, one), *map(by_sklearn, one), *map(by_search, powers)],
        "tolerance": 1e-5,
    }


def path_case(penalty):
    strengths = np.geomspace(0.01, 10, 25).tolist()
    settings = make(penalty, 0.0, 0.7, (1.9, -0.4))
    ends = [by_sklearn({**settings, "strength": strength}) for strength in strengths]
    first, second = (list(column) for column in zip(*ends, strict=True))
    return {
        "name": f"the coefficient path of {penalty}",
        "js": "(model, [settings, strengths]) => model.coefficientPath(settings, strengths)",
        "input": [settings, strengths],
        "expected": {"strengths": strengths, "first": first, "second": second},
        "tolerance": 1e-8,
    }


def shrink_case():
    """One weight alone, by a bounded search on either side of zero and zero itself."""
    inputs, expected = [], []
    for penalty, q, z in itertools.product(("l1", "l2", "elastic", "lq"), (0.4, 2.5), (-2.0, 0.3, 1.1)):
        settings = make(penalty, 0.5, 0, (0, 0), ratio=0.25, q=q)
        parts = {"l1": (1, 0), "l2": (0, 1), "elastic": (0.25, 0.75)}.get(penalty)

        def height(w, z=z, q=q, parts=parts):
            power = abs(w) ** q / q if parts is None else parts[0] * abs(w) + parts[1] * w * w / 2
            return 0.5 * (w - z) ** 2 + 0.5 * power

        fine = np.linspace(-3, 3, 6001)
        w = float(fine[np.argmin([height(v) for v in fine])])
        if abs(w) > 1e-9:
            bounds = (w - 2e-3, w + 2e-3)
            w = optimize.minimize_scalar(height, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
        inputs.append([settings, z])
        expected.append(0.0 if abs(w) < 1e-9 else w)
    return {
        "name": "one weight",
        "js": "(model, cases) => cases.map(([settings, z]) => model.shrink(settings, z))",
        "input": inputs,
        "expected": expected,
        "tolerance": 1e-6,
    }


def picture_case():
    """Points of balls and ellipses have the level they were asked for; w is what shrinking its partial target gives."""
    inputs = [
        make(penalty, 0.6, correlation, (1.7, -0.8), 0.3, q)
        for penalty, q in (("l1", 1), ("l2", 1), ("elastic", 1), ("lq", 0.5), ("lq", 3))
        for correlation in (-0.5, 0.8)
    ]
    return {
        "name": "balls, ellipses and partial targets",
        "js": """(model, all) => all.map((s) => {
            const angles = [0, 0.3, 1.2, 2.9, 4.4];
            const w = model.solve(s);
            const z = model.partialTargets(s, w);
            return [
                angles.map((t) => model.penaltyOf(s, model.ballPoint(s, 0.8, t))),
                angles.map((t) => model.lossOf(s, model.contourPoint(s, 1.3, t))),
                z.map((v, j) => model.shrink(s, v) - w[j]),
            ];
        })""",
        "input": inputs,
        "expected": [[[0.8] * 5, [1.3] * 5, [0.0, 0.0]]] * len(inputs),
        "tolerance": 1e-9,
    }


def zeros_case():
    """L1 on uncorrelated columns: exactly the weights within λ of zero vanish."""
    targets = [(0.5, 2.0), (0.7, -0.59), (0.3, -0.2), (2.0, 2.0)]
    return {
        "name": "which weights vanish",
        "js": """(model, cases) => cases.map((s) =>
            [model.zerosOf(model.solve(s)), model.canBeSparse(s), model.canBeSparse({ ...s, penalty: "l2" })])""",
        "input": [make("l1", 0.6, 0.0, target) for target in targets],
        "expected": [
            [sum(bit for bit, v in zip((1, 2), target, strict=True) if abs(v) <= 0.6), True, False]
            for target in targets
        ],
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    paths = [path_case(penalty) for penalty in ("l1", "l2", "elastic")]
    return [linear_cases(), power_cases(), edge_case(), *paths, shrink_case(), picture_case(), zeros_case()]
