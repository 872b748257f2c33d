"""_math/nn.js gives torch's numbers, also for huge logits."""

import json

import pytest
import torch

from d2lite.widgets._bundle import shared
from d2lite.widgets._preview import run_module

LOGITS = [[0.0], [1.5, -2.0, 0.25], [800.0, -800.0, 799.0], [-1e4, -1e4], [3.0] * 5]
RUN = """
import * as nn from "./nn.mjs";
import { readFileSync } from "node:fs";
const logits = JSON.parse(readFileSync(0, "utf8"));
const plain = (key, value) => (ArrayBuffer.isView(value) ? [...value] : value);
const of = (z) => ({
  sigmoid: z.map(nn.sigmoid), softplus: z.map(nn.softplus), relu: z.map(nn.ACTIVATIONS.relu), tanh: z.map(nn.ACTIVATIONS.tanh),
  softmax: nn.softmax(Float64Array.from(z)), cold: nn.softmax(z, 0.25), logsumexp: [nn.logSumExp(z)], argmax: [nn.argmax(z)],
  dense: nn.dense(z.flatMap((v) => [v, 1, 2]), z, [0.5, -1, 4]),
});
process.stdout.write(JSON.stringify(logits.map(of), plain));
"""


@pytest.fixture(scope="module")
def answers():
    return json.loads(run_module(RUN, {"nn": shared("nn")}, LOGITS))


@pytest.mark.parametrize("i", range(len(LOGITS)))
def test_values_are_those_of_torch(answers, i):
    z = torch.tensor(LOGITS[i], dtype=torch.float64)
    weight = torch.stack([z, torch.ones_like(z), 2 * torch.ones_like(z)], 1)
    expected = {
        "sigmoid": z.sigmoid(),
        "softplus": torch.logaddexp(z, torch.zeros_like(z)),
        "relu": z.relu(),
        "tanh": z.tanh(),
        "softmax": z.softmax(0),
        "cold": (z / 0.25).softmax(0),
        "logsumexp": z.logsumexp(0)[None],
        "argmax": torch.argmax(z)[None],
        "dense": weight @ torch.tensor([0.5, -1.0, 4.0], dtype=torch.float64) + z,
    }
    assert answers[i].keys() == expected.keys()
    for name, values in expected.items():
        assert answers[i][name] == pytest.approx(values.tolist(), rel=1e-12, abs=1e-300), name
