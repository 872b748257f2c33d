"""Traces of averages of the shipped births by SciPy's filters and plain sums: the oracle of ewma/model.js."""

import math

import numpy as np
from scipy.signal import lfilter

from d2lite import datasets
from d2lite.widgets import EwmaExplorer

BETAS = (0.0, 0.5, 0.9, 0.98, 0.999)


def days():
    series = datasets.series("births")[-1461:]
    return series.dates, series.values.double().numpy()


def average_case(beta, correct):
    values = days()[1]
    v = np.concatenate([[0.0], lfilter([1 - beta], [1, -beta], values)])
    expected = (v[1:] / (1 - beta ** np.arange(1, len(v)))).tolist() if correct else v[1:].tolist()
    return {
        "name": f"the average with β = {beta}, corrected: {correct}",
        "js": """(model, [payload, beta, correct]) => {
            const v = model.averages(model.openSeries(payload).values, beta, correct);
            return [Number.isNaN(v[0]), [...v].slice(1)];
        }""",
        "input": [EwmaExplorer().data, beta, correct],
        "expected": [correct, expected],
    }


def weights_case():
    """The weights are what each day adds: the average of a series that is 1 on that day and 0 on all others."""
    expected = []
    for beta in BETAS:
        impulses = lfilter([1 - beta], [1, -beta], np.eye(40), axis=1)[:, -1]  # (40, 40) -> (40,)
        assert math.isclose(impulses.sum(), 1 - beta**40)
        expected.append([impulses.tolist(), (impulses / impulses.sum()).tolist(), impulses[-10:].sum()])
    return {
        "name": "the weights",
        "js": """(model, betas) => betas.map((beta) => [
            model.dayWeights(beta, 40, false), model.dayWeights(beta, 40, true), model.recentWeight(beta, 10, 40, false)])""",
        "input": list(BETAS),
        "expected": expected,
    }


def facts_case():
    """Mean age of the weights plus one is 1/(1 - β); after a half-life the weight is half."""
    ages = [sum(k * (1 - beta) * beta**k for k in range(60_000)) for beta in BETAS]
    return {
        "name": "window and half-life",
        "js": """(model, betas) => betas.map((beta) => [model.effectiveDays(beta), beta && beta ** model.halfLife(beta)])""",
        "input": list(BETAS),
        "expected": [[age + 1, 0.5 if beta else 0] for age, beta in zip(ages, BETAS, strict=True)],
        "tolerance": 1e-8,
    }


def plain_case(n):
    values = days()[1]
    expected = [values[max(0, t - n) : t].mean() for t in range(1, len(values) + 1)]
    return {
        "name": f"plain means of {n} days",
        "js": "(model, [payload, n]) => [...model.plainMeans(model.openSeries(payload).values, n)].slice(1)",
        "input": [EwmaExplorer().data, n],
        "expected": expected,
    }


def dates_case():
    dates, values = days()
    places = [1, 60, 425, 1155, 1461]
    expected = [f"{dates[t - 1].item():%-d %b %Y}" for t in places]
    assert expected[0] == "1 Jan 1985"
    return {
        "name": "the days themselves",
        "js": """(model, [payload, places]) => {
            const { values, dateOf } = model.openSeries(payload);
            return [places.map(dateOf), [...values]];
        }""",
        "input": [EwmaExplorer().data, places],
        "expected": [expected, values.tolist()],
    }


def cases():
    """Return the cases test_parity.py checks: name, js, input, expected."""
    averages = [average_case(beta, correct) for beta in BETAS for correct in (False, True)]
    return [
        *averages,
        weights_case(),
        facts_case(),
        plain_case(1),
        plain_case(30),
        plain_case(1000),
        dates_case(),
    ]
