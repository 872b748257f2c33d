"""Windows made by d2lite.language.tokens, which is tested by itself against plain loops: the oracle of windowing/model.js."""

import itertools

import torch

from d2lite.language import batching

SETTINGS = ("num_steps", "batch_size", "order", "stride", "horizon", "seed")


def epoch_case(length, num_steps, batch_size, order, stride, horizon, seed):
    values = (num_steps, batch_size, order, stride, horizon, seed)
    settings = dict(zip(SETTINGS, values, strict=True))
    options = {"order": order, "horizon": horizon, "seed": seed}
    if order == "random":
        options["stride"] = stride
    sequence = torch.arange(length)
    starts = batching.window_starts(length, num_steps, batch_size, **options)
    batches = list(batching.windows(sequence, num_steps, batch_size, **options))
    used = torch.cat([inputs.flatten() for inputs, _ in batches]).bincount(minlength=length)
    last, row = len(batches) - 1, batch_size - 1
    inputs, targets = (part[row].tolist() for part in batches[last])
    history = torch.cat([x[row] for x, _ in batches[:last]]).tolist() if last else []
    seen = [history[0], history[-1] + 1] if history and order == "sequential" else [inputs[0], inputs[0]]
    return {
        "name": f"{length} elements, {settings}",
        "js": """(model, { length, settings, batch, row }) => {
            const plan = model.planEpoch(length, settings);
            const many = model.windowAt(plan, batch, row, "many to many");
            const one = model.windowAt(plan, batch, row, "many to one");
            return {
                starts: plan.starts, uses: plan.uses, inputs: many.inputs, targets: many.targets, last: one.targets,
                carried: model.carried(plan, batch, row), place: model.findElement(plan, plan.starts[0][row] + 1)[2],
                nowhere: plan.uses.findIndex((n) => n === 0),
            };
        }""",
        "input": {"length": length, "settings": settings, "batch": last, "row": row},
        "expected": {
            "starts": starts.tolist(),
            "uses": used.tolist(),
            "inputs": inputs,
            "targets": targets,
            "last": targets[-1:],
            "carried": seen,
            "place": first_step(starts, int(starts[0, row]) + 1, num_steps),
            "nowhere": (used == 0).nonzero()[0].item() if (used == 0).any() else -1,
        },
    }


def first_step(starts, element, num_steps):
    return next(element - s for s in starts.ravel().tolist() if s <= element < s + num_steps)


def short_case(order):
    """A sequence one element short gives no batch; the message of d2lite.language.tokens names the length it needs."""
    settings = dict(zip(SETTINGS, (5, 3, order, 4, 2, 7), strict=True))
    options = {"order": order, "horizon": 2, "seed": 7, **({"stride": 4} if order == "random" else {})}
    needed = next(n for n in itertools.count(1) if enough(n, options))
    return {
        "name": f"a sequence too short, {order}",
        "js": """(model, { needed, settings }) => [needed - 1, needed].map((length) => {
            const plan = model.planEpoch(length, settings);
            return [plan.starts.length, plan.needed];
        })""",
        "input": {"needed": needed, "settings": settings},
        "expected": [[0, needed], [1, needed]],
    }


def enough(length, options):
    try:
        batching.window_starts(length, 5, 3, **options)
    except ValueError:
        return False
    return True


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    return [
        epoch_case(118, 5, 3, "random", 5, 1, 0),
        epoch_case(118, 5, 3, "sequential", 5, 1, 0),
        epoch_case(140, 7, 2, "random", 1, 7, 12),
        epoch_case(140, 12, 6, "sequential", 3, 7, 999),
        epoch_case(60, 4, 5, "random", 9, 2, 3),
        epoch_case(31, 2, 1, "random", 12, 3, 41),
        epoch_case(31, 2, 1, "sequential", 12, 3, 41),
        short_case("random"),
        short_case("sequential"),
    ]
