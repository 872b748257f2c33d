"""Traces of sigmoids, their mean surprise and their descent by torch and scikit-learn: the oracle of sigmoid_fit/model.js."""

import numpy as np

STARTS = ((0.0, 0.0, 0.5), (1.5, 3.0, 0.5), (-4.0, 2.0, 3.0))  # weight, bias, rate
POINTS = "const points = { us: input.us, ys: input.ys };"


def problem():
    """Return the explorer's tumours: standardized radii and labels, (60,) each."""
    from d2lite.widgets.sigmoid_fit import load_tumours

    data = load_tumours()
    return (np.array(data["values"]) - data["mean"]) / data["spread"], np.array(data["malignant"])


def descent(u, y, weight, bias, lr, num_steps=50):
    """Return weights, biases and losses of gradient descent, by torch's autograd and SGD."""
    import torch

    inputs, targets = torch.tensor(u), torch.tensor(y, dtype=torch.float64)
    theta = torch.tensor([weight, bias], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=lr)
    path = []
    for _ in range(num_steps + 1):
        logits = theta[0] * inputs + theta[1]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets)
        path.append([*theta.tolist(), loss.item()])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return np.array(path).T.tolist()


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    from scipy.special import expit
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    u, y = problem()
    given = {"us": u.tolist(), "ys": y.tolist()}
    found = [
        {
            "name": f"50 steps from ({weight}, {bias}) at a rate of {lr}",
            "js": f"(model, input) => {{ {POINTS} const run = model.makeRun(points, "
            "{ lr: input.lr, start: { w: input.w, b: input.b }, lowest: 0 }); "
            "model.descendTo(run, 50); return [run.ws, run.bs, run.losses]; }",
            "input": given | {"w": weight, "b": bias, "lr": lr},
            "expected": descent(u, y, weight, bias, lr),
        }
        for weight, bias, lr in STARTS
    ]
    model = LogisticRegression(C=1e12, tol=1e-12, solver="newton-cholesky").fit(u[:, None], y)
    theta = [model.coef_[0, 0], model.intercept_[0]]
    found += [
        {
            "name": "the curve of least mean surprise",
            "js": f"(model, input) => {{ {POINTS} const {{ w, b }} = model.bestCurve(points); return [w, b, model.lossOf(points, {{ w, b }})]; }}",
            "input": given,
            "expected": [*theta, log_loss(y, model.predict_proba(u[:, None]))],
            "tolerance": 1e-5,
        },
        {
            "name": "surprise far out, where a probability would be rounded",
            "js": "(model) => [-40, 800, -800].map((z) => [model.surpriseOf(z, 1), model.surpriseOf(z, 0)])",
            "input": None,
            "expected": np.logaddexp(0, np.outer([-40, 800, -800], [-1, 1])).tolist(),
        },
        {
            "name": "a curve slid and tilted passes where it is asked to",
            "js": """(model) => {
                const at = ({ w, b }, u) => 1 / (1 + Math.exp(-w * u - b));
                const domain = [-2, 4];
                const slid = model.slideTo({ w: 2, b: 1 }, 0.7, 0.9);
                const lifted = model.slideTo({ w: 0, b: 1 }, 0.7, 0.9);
                const tilted = model.tiltTo({ w: 2, b: 1 }, 0.7, 0.8, domain);
                return [slid.w, at(slid, 0.7), lifted.w, at(lifted, 0.7), at(tilted, -0.5), at(tilted, 0.7)];
            }""",
            "input": None,
            "expected": [2, 0.5, 0, 0.9, 0.5, 0.8],
        },
        {
            "name": "the grips are at one half and at nine tenths, within the picture",
            "js": "(model) => [[2, 1], [-2, 1], [0, 1], [2, 40]].map(([w, b]) => model.gripsOf({ w, b }, [-2, 4]))",
            "input": None,
            "expected": [
                [-0.5, -0.5 + np.log(9) / 2],
                [0.5, 0.5 + np.log(9) / 2],
                [0, 4],
                [-2, -2 + 0.08],
            ],
        },
        {
            "name": "the first surprises",
            "js": "(model, input) => input.us.slice(0, 8).map((u, i) => model.surpriseOf(1.5 * u + 3, input.ys[i]))",
            "input": given,
            "expected": (-np.log(np.where(y == 1, expit(1.5 * u + 3), expit(-1.5 * u - 3))))[:8].tolist(),
        },
    ]
    return found
