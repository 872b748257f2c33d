"""The playground's bridge to torch: the numbers of the page as a network, and networks from elsewhere in the page."""

import json

import numpy as np
import pytest
import torch
import torch.nn.utils.prune
from torch import nn

from d2lite import datasets
from d2lite.widgets import PlaygroundExplorer, _preview
from d2lite.widgets.playground import _torch

TRAIN = """
import * as model from "./model.mjs";
import { readFileSync } from "node:fs";
const { traits, features } = JSON.parse(readFileSync(0, "utf8"));
const run = model.makeRun(model.makeTask(traits), { ...traits, features });
model.trainTo(run, traits.epoch_count);
const all = model.tabulate(run.task.training, features, run.net.squash);
const outputs = [...model.outputsOf(run, all).subarray(0, all.rows)];
process.stdout.write(JSON.stringify({ weights: model.allWeights(run), outputs, code: model.networkCode(run), refused: run.refused }));
"""


def in_page(explorer):
    """Do what the page does with an explorer's traits, and give the explorer its weights."""
    names = [name for name, trait in explorer.params().items() if not trait.is_result]
    traits = {name: getattr(explorer, name) for name in names}
    request = {"traits": traits, "features": _torch.used_features(explorer)}
    found = json.loads(_preview.run_module(TRAIN, {"model": explorer._folder / "model.js"}, request))
    explorer.weights = found["weights"]
    return found


@pytest.fixture(
    params=[{}, {"dataset": "hills", "layers": []}, {"loss": "mse", "activation": "gelu"}], ids=str
)
def explorer(request):
    return PlaygroundExplorer(
        **{"layers": [5, 3], "batch_norm": True, "dropout": 0.2, "sin_x2": True} | request.param
    )


def test_the_network_gives_what_the_page_shows(explorer):
    outputs = torch.tensor(in_page(explorer)["outputs"])
    inputs, targets = explorer.data("training")
    assert torch.allclose(explorer.network()(inputs).squeeze(1), outputs, atol=1e-5)
    assert inputs.shape == (100, 3)
    assert targets.shape == (100,)


def test_the_copied_cell_makes_the_same_network(explorer):
    found, names = in_page(explorer), {}
    with torch.no_grad():
        exec(found["code"], names)
    made, wanted = names["network"].state_dict(), explorer.state_dict()
    assert made.keys() == wanted.keys()
    for key, value in wanted.items():
        assert torch.allclose(made[key], value, atol=1e-6), key


def test_what_is_loaded_is_shown(explorer):
    in_page(explorer)
    network, other = explorer.network(), PlaygroundExplorer(sin_x2=True)
    for source in (network, network.state_dict()):
        other.load(source)
        found = in_page(other)
        assert not found["refused"]
        assert (other.layers, other.batch_norm, other.epoch_count) == (
            explorer.layers,
            explorer.batch_norm and bool(explorer.layers),
            0,
        )
        assert found["weights"] == pytest.approx(explorer.weights, abs=1e-5)
    if explorer.layers:
        assert PlaygroundExplorer(sin_x2=True).activation == "tanh"
        other.load(network)
        assert other.activation == explorer.activation


def test_points_are_those_of_the_data_sets():
    explorer = PlaygroundExplorer(dataset="moons", num_samples=50, data_seed=3, train_share=0.7)
    training, test = explorer.data("training"), explorer.data("test")
    wanted = datasets.points("moons", num_samples=50, noise=0.05, seed=3)
    assert torch.allclose(torch.cat([training[0], test[0]]), torch.as_tensor(wanted.inputs))
    assert torch.cat([training[1], test[1]]).tolist() == list(map(float, wanted.targets))
    assert len(training[0]) == 35


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (nn.Linear(3, 1), r"3 inputs: expected 2"),
        (nn.Linear(2, 2), r"2 outputs: expected 1"),
        (nn.Sequential(nn.Linear(2, 9), nn.Linear(9, 1)), r"\[9\]: expected at most 6 of at most 8"),
        (nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 1)), "chain of Linear"),
        (nn.Linear(2, 1, bias=False), "Linear layers with biases"),
        (nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.ReLU(), nn.Linear(3, 1)), "something else than its"),
        (nn.Sequential(nn.Linear(2, 3), nn.ELU(), nn.Linear(3, 1)), "expected tanh, sigmoid, relu"),
        (nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(0.5), nn.Linear(3, 1)), "as torch has them by default"),
        (
            nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 3), nn.Linear(3, 1)),
            "after each hidden one",
        ),
        (nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)), "1 batch norms"),
        (nn.ModuleList([nn.Linear(2, 1)]), r"cannot be run on \(192, 2\) inputs"),
        ({"0.weight": "ab", "0.bias": torch.zeros(1)}, "0.weight of type str: expected a tensor"),
        (nn.Flatten(), "no Linear layer"),
        ([1, 2], "list: expected a torch.nn.Module"),
        ({"0.weight": torch.tensor([[float("nan"), 0]]), "0.bias": torch.zeros(1)}, "not finite"),
    ],
    ids=str,
)
def test_what_it_cannot_hold_is_refused_and_changes_nothing(source, message):
    explorer = PlaygroundExplorer()
    with pytest.raises(ValueError, match=message):
        explorer.load(source)
    assert explorer.state() == {}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda layer: nn.utils.prune.l1_unstructured(layer, "weight", amount=0.5), "0.weight_orig"),
        (nn.utils.parametrizations.weight_norm, "0.parametrizations.weight.original0"),
        (lambda layer: layer.register_buffer("mean", torch.ones(2)), "0.mean"),
    ],
)
def test_weights_that_are_computed_from_others_are_told(change, key):
    """The layer was left out without a word: what was left was a network of the other layer alone."""
    network = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    change(network[0])
    with pytest.raises(ValueError, match=f"source has {key}: expected Linear layers"):
        PlaygroundExplorer().load(network.state_dict())


def test_network_and_data_are_of_one_precision_whatever_the_default_is():
    torch.set_default_dtype(torch.float64)
    try:
        explorer = PlaygroundExplorer()
        explorer.load(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 1)))
        assert explorer.network()(explorer.data()[0]).dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


class ByFunctions(nn.Module):
    def __init__(self, activation=torch.relu):
        super().__init__()
        self.activation, self.first, self.last = activation, nn.Linear(2, 3), nn.Linear(3, 1)

    def forward(self, x):
        return self.last(self.activation(self.first(x)))


@pytest.mark.parametrize(
    ("source", "activation"),
    [
        (ByFunctions(), "relu"),
        (nn.Sequential(nn.Linear(2, 3), nn.GELU(), nn.Linear(3, 1)).bfloat16(), "gelu"),
        (nn.Sequential(nn.Linear(2, 3), nn.LeakyReLU(), nn.Linear(3, 1), nn.Sigmoid()).train(), "leaky_relu"),
        (nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)), "linear"),
        (nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Sigmoid(), nn.Linear(3, 1)), "sigmoid"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_activation_is_the_one_that_a_module_computes(source, activation):
    explorer, was_training = PlaygroundExplorer(), source.training
    explorer.load(source)
    assert (explorer.activation, source.training) == (activation, was_training)
    points = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = source.float().eval()(points)
        made = explorer.network()(points)
    ends = (made, made.sigmoid())
    assert torch.allclose(ends[isinstance(list(source.children())[-1], nn.Sigmoid)], wanted, atol=1e-2)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "gelu", "tanh", "sigmoid"])
@pytest.mark.parametrize("seed", range(3))
def test_small_weights_do_not_hide_the_activation(name, seed):
    """Of a leaky ReLU whose results are small, those of a ReLU are near; it was taken for one."""
    torch.manual_seed(seed)
    source, explorer = ByFunctions(getattr(nn.functional, name)), PlaygroundExplorer()
    with torch.no_grad():
        for weight in source.parameters():
            weight *= 0.05
    explorer.load(source)
    assert explorer.activation == name


def test_arrays_in_a_state_dict_are_taken():
    explorer = PlaygroundExplorer()
    explorer.load({"0.weight": np.array([[1, -2]]), "0.bias": np.array([0.5], dtype=np.float16)})
    assert explorer.start_weights == [1, -2, 0.5]


def test_a_batch_norm_after_the_activation_is_refused():
    network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.BatchNorm1d(3), nn.Linear(3, 1))
    network[2].running_mean.fill_(1)
    with pytest.raises(ValueError, match="something else than its Linear layers"):
        PlaygroundExplorer().load(network)


def test_what_is_loaded_is_the_network_at_once():
    explorer = PlaygroundExplorer()
    in_page(explorer)
    network = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    random = torch.get_rng_state()
    explorer.load(network)
    for key, value in network.state_dict().items():
        assert torch.equal(explorer.state_dict()[key], value)
    assert torch.equal(torch.get_rng_state(), random)  # what a student draws next stays the same


def test_weights_of_other_settings_are_not_those_shown():
    explorer = PlaygroundExplorer()
    in_page(explorer)
    explorer.show_test = True
    assert explorer.network()
    explorer.seed = 5
    with pytest.raises(RuntimeError, match="weights has 0 numbers: expected 17"):
        explorer.state_dict()
    in_page(explorer)
    assert explorer.network()


def test_weights_that_a_page_sends_with_its_settings_are_kept():
    explorer = PlaygroundExplorer()
    weights = [float(k) for k in range(17)]
    explorer.set_state({"weights": weights, "lr": 0.5, "epoch_count": 3})
    assert (explorer.weights, explorer.lr) == (weights, 0.5)


def test_weights_that_no_page_has_computed_are_missed():
    with pytest.raises(RuntimeError, match=r"weights has 0 numbers: expected 17; show the explorer"):
        PlaygroundExplorer().network()
    with pytest.raises(ValueError, match="'training' or 'test'"):
        PlaygroundExplorer().data("validation")
