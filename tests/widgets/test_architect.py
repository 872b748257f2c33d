"""The architect's table: the Python that it copies makes, in torch, the network that it shows."""

import json

import pytest
import torch
from torch import nn

from d2lite.models import layer_table
from d2lite.widgets import ArchitectExplorer, _preview
from d2lite.widgets.architect import KINDS, NETWORKS
from tests.widgets.traces.architect import COSTLESS, OWN

WRITE = """
import * as model from "./model.mjs";
import { readFileSync } from "node:fs";
const { name, rows, channels, side } = JSON.parse(readFileSync(0, "utf8"));
const own = name === "own" ? { rows, channels, size: side } : model.NETWORKS[name];
const net = model.makeNetwork(own.rows, own.channels, own.size);
const code = model.networkCode(own.rows, net, own.channels, own.size);
process.stdout.write(JSON.stringify({ net, code, side: own.size, channels: own.channels, kinds: model.KINDS.map((kind) => kind.name) }));
"""


def written(name, rows=(), channels=3, side=224):
    request = {"name": name, "rows": list(rows), "channels": channels, "side": side}
    found = json.loads(_preview.run_module(WRITE, {"model": ArchitectExplorer._folder / "model.js"}, request))
    code = found["code"].replace(
        "print(", "shape = ("
    )  # a batch of two through the network, on the meta device
    names = {}
    with torch.device("meta"):
        exec(code, names)
    return found, names


@pytest.mark.parametrize("name", NETWORKS[:-1])
def test_the_copied_cell_makes_a_published_network(name):
    found, names = written(name)
    assert names["shape"] == (2, 10 if name == "lenet" else 1000)
    check(found, names["net"])


@pytest.mark.parametrize("index", range(len(OWN)))
def test_the_copied_cell_makes_a_network_of_ones_own(index):
    found, names = written("own", *OWN[index])
    check(found, names["net"])


def check(found, net):
    table, shown = layer_table(net, (found["channels"], found["side"], found["side"])), found["net"]
    assert shown["problem"] == ""
    assert isinstance(net, nn.Sequential)
    assert (table.parameters, table.multiply_adds) == (shown["parameters"], shown["multiplyAdds"])
    kept = [row for row in table if row.kind not in COSTLESS[1:]]
    assert sum(row.values for row in kept) == shown["values"]
    last = shown["layers"][-1]  # of maps, the page keeps one side
    assert (list(table[-1].shape[:2]), table[-1].receptive_field) == (last["shape"], last["field"])


def test_the_kinds_are_those_of_the_page():
    assert tuple(written("lenet")[0]["kinds"]) == KINDS
