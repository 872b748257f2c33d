"""Traces of lines, their losses, best lines and descents by NumPy, scikit-learn and torch: the oracle of line_fit/model.js."""

import numpy as np

SETTINGS = (
    ("squared", "std", 0.1),
    ("squared", "raw", 0.001),
    ("absolute", "std", 10),
    ("absolute", "raw", 0.02),
)
LINE = [150.0, 60.0]  # its heights at 20 and 35


def inputs_of(points, unit):
    """Return the inputs in their unit, and the shift and scale between."""
    x = np.array(points)[:, 0]
    shift, scale = (x.mean(), x.std()) if unit == "std" else (0.0, 1.0)
    return (x - shift) / scale, shift, scale


def start_of(shift, scale):
    slope = (LINE[1] - LINE[0]) / 15
    return slope * scale, LINE[0] + slope * (shift - 20)


def descent(points, kind, unit, lr, num_steps=50):
    """Return weights, biases and losses of gradient descent, by torch's autograd and SGD."""
    import torch

    u, shift, scale = inputs_of(points, unit)
    u, y = torch.tensor(u), torch.tensor(np.array(points)[:, 1])
    theta = torch.tensor(start_of(shift, scale), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([theta], lr=lr)
    loss_of = torch.nn.MSELoss() if kind == "squared" else torch.nn.L1Loss()
    path, losses = [], []
    for _ in range(num_steps + 1):
        loss = loss_of(theta[0] * u + theta[1], y)
        path.append(theta.tolist())
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [[w for w, _ in path], [b for _, b in path], losses]


def least_absolute(points):
    """Return the least mean absolute error of any line, by linear programming."""
    from sklearn.linear_model import QuantileRegressor

    x, y = np.array(points).T
    model = QuantileRegressor(quantile=0.5, alpha=0, solver="highs").fit(x[:, None], y)
    return float(np.mean(np.abs(model.predict(x[:, None]) - y)))


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    from d2lite.widgets.line_fit import load_patients

    points = load_patients()["points"]
    x, y = np.array(points).T
    found = []
    for kind, unit, lr in SETTINGS:
        found.append(
            {
                "name": f"50 steps on {kind} errors, input {unit}",
                "js": "(model, { points, kind, unit, lr, ends }) => { const frame = model.makeFrame(points, unit); "
                "const run = model.makeRun(model.momentsOf(points, frame), { kind, lr, start: model.lineOf(ends, frame), lowest: 0 }); "
                "model.descendTo(run, 50); return [run.ws, run.bs, run.losses]; }",
                "input": {"points": points, "kind": kind, "unit": unit, "lr": lr, "ends": LINE},
                "expected": descent(points, kind, unit, lr),
            }
        )
    for unit in ("std", "raw"):
        u = inputs_of(points, unit)[0]
        theta = np.linalg.lstsq(np.stack([u, np.ones_like(u)], axis=1), y, rcond=None)[0]
        found.append(
            {
                "name": f"line of least squares, input {unit}",
                "js": "(model, { points, unit }) => { const { w, b } = model.bestLine(points, model.makeFrame(points, unit), 'squared'); return [w, b]; }",
                "input": {"points": points, "unit": unit},
                "expected": theta.tolist(),
            }
        )
    found += [
        {
            "name": "least absolute error",
            "js": "(model, points) => ['std', 'raw'].map((unit) => { const frame = model.makeFrame(points, unit); "
            "const { w, b } = model.bestLine(points, frame, 'absolute'); return model.lossOf(model.momentsOf(points, frame), 'absolute', w, b); })",
            "input": points,
            "expected": [least_absolute(points)] * 2,
            "tolerance": 1e-7,
        },
        {
            "name": "no best line where all inputs are equal",
            "js": "(model, points) => ['std', 'raw'].map((unit) => model.bestLine(points, model.makeFrame(points, unit), 'squared'))",
            "input": [[25.0, 100.0], [25.0, 200.0]],
            "expected": [None, None],
        },
        {
            "name": "steps until within 1% of the lowest loss, and divergence",
            "js": "(model, points) => [['std', 0.5], ['std', 0.1], ['std', 1.01], ['raw', 0.002]].map(([unit, lr]) => { const frame = model.makeFrame(points, unit); "
            "const moments = model.momentsOf(points, frame); const { w, b } = model.bestLine(points, frame, 'squared'); "
            "const run = model.makeRun(moments, { kind: 'squared', lr, start: model.lineOf([150, 60], frame), lowest: model.lossOf(moments, 'squared', w, b) }); "
            "model.descendTo(run, 2000); return [run.arrived, run.broken > 0]; })",
            "input": points,
            "expected": [[1, False], [arrival(x, y, 0.1), False], [-1, True], [-1, True]],
        },
        {
            "name": "a line's heights and back",
            "js": "(model, points) => { const frame = model.makeFrame(points, 'std'); return model.endsOf(model.lineOf([150, 60], frame), frame); }",
            "input": points,
            "expected": LINE,
        },
    ]
    return found


def arrival(x, y, lr):
    """Return after how many steps the mean squared error is within 1% of the least, the input in standard deviations."""
    points = np.stack([x, y], axis=1)
    losses = descent(points, "squared", "std", lr, num_steps=200)[2]
    least = np.mean((np.polyval(np.polyfit(x, y, 1), x) - y) ** 2)
    return int(np.argmax(np.array(losses) <= 1.01 * least))
