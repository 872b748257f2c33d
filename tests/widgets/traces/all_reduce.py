"""Traces of all-reduce by NumPy: workers that hold arrays, add what comes in and hand it on."""

import numpy as np

NUMBERS = [
    [1, 4, 7, 3, 2, 6, 5, 8],
    [6, 2, 3, 5, 4, 1, 7, 2],
    [2, 9, 8, 1, 6, 3, 4, 7],
    [5, 3, 4, 8, 7, 2, 1, 6],
    [3, 7, 1, 2, 5, 9, 8, 4],
    [4, 1, 6, 7, 3, 5, 2, 9],
    [8, 5, 2, 4, 9, 7, 6, 1],
    [7, 6, 5, 9, 1, 4, 3, 2],
]


def ring(n):
    """Return what the workers hold before and after each step of a ring, by sums over the workers passed so far."""
    own = np.array(NUMBERS)[:n, :n]
    states = [own.copy()]
    for step in range(
        1, n
    ):  # worker w has added chunk w - step: its own, and those of the `step` workers before it
        held = states[-1].copy()
        for worker in range(n):
            chunk = (worker - step) % n
            held[worker, chunk] = own[[(worker - back) % n for back in range(step + 1)], chunk].sum()
        states.append(held)
    for step in range(1, n):  # then the whole sums travel on
        held = states[-1].copy()
        for worker in range(n):
            chunk = (worker + 1 - step) % n
            held[worker, chunk] = own[:, chunk].sum()
        states.append(held)
    return [state.ravel().tolist() for state in states]


def middle(n):
    """Return the same where worker 1 adds up and sends the sum back."""
    own = np.array(NUMBERS)[:n, :n]
    states = [own.copy()]
    for other in range(1, n):
        held = states[-1].copy()
        held[0] += own[other]
        states.append(held)
    for other in range(1, n):
        held = states[-1].copy()
        held[other] = held[0]
        states.append(held)
    return [state.ravel().tolist() for state in states]


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    run = "(model, { method, n }) => Array.from({ length: 2 * n - 1 }, (_, k) => model.runTo(method, n, k).values.flat())"
    sent = "(model, { method, n }) => model.runTo(method, n, 2 * n - 2).sent.map((count) => count / n)"
    found = []
    for n in range(2, 9):
        for method, states in (("ring", ring(n)), ("middle", middle(n))):
            found.append(
                {"name": f"{method} {n}", "js": run, "input": {"method": method, "n": n}, "expected": states}
            )
        share = [2 * (n - 1) / n] * n  # Patarasuk and Yuan, 2009
        found.append(
            {"name": f"sent {n}", "js": sent, "input": {"method": "ring", "n": n}, "expected": share}
        )
        centre = [n - 1.0] + [1.0] * (n - 1)
        found.append(
            {"name": f"centre {n}", "js": sent, "input": {"method": "middle", "n": n}, "expected": centre}
        )
    return found
