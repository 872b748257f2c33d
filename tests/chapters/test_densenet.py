"""The chapter on DenseNet: its blocks against torch and the package's, its memory by hand, its recording made again."""

import json

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import d2lite
from d2lite.models import kept_bytes, layer_table, published
from d2lite.widgets import family

DIFFERENCE = 0.02  # sums in 32 bits differ between machines, and five passes magnify that


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("06_cnn/densenet")
    chapter.define("setup", "block-code", "densenet-code", "densenet-table", "light-code", "solution-3")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("family")


@pytest.mark.parametrize(("channels", "growth", "layers"), [(5, 3, 4), (1, 1, 1)])
def test_a_block_is_formula_1(lesson, channels, growth, layers):
    """Layer by layer with torch's functions, on the block's weights."""
    torch.manual_seed(0)
    block, x = lesson["DenseBlock"](channels, growth, layers), torch.randn(3, channels, 6, 6)
    parts = [x]
    for layer in block.layers:
        joined = torch.cat(parts, dim=1)
        normed = F.batch_norm(joined, None, None, training=True)
        parts.append(F.conv2d(F.relu(normed), layer[2].weight, padding=1))
    assert torch.allclose(block(x), torch.cat(parts, dim=1), atol=1e-5)
    assert block(x).shape[1] == channels + layers * growth


def test_densenet_121_is_the_packages(lesson):
    """The same layers in the same order, with the same shapes and counts."""
    with torch.device("meta"):
        nets = lesson["densenet121"](), published.densenet121()
    rows = [
        [
            (row.kind, row.shape, row.parameters, row.multiply_adds)
            for row in layer_table(net, (3, 224, 224))
            if row.parameters
        ]
        for net in nets
    ]
    assert rows[0] == rows[1]
    assert sum(row[2] for row in rows[0]) == 7_978_856


def test_densenet_121_has_the_shapes_of_the_paper(lesson):
    """Table 1 of Huang et al. (2017)."""
    with torch.device("meta"):
        table = layer_table(lesson["densenet121"](), (3, 224, 224), depth=1)
    shapes = {row.name: row.shape for row in table}
    assert shapes["start"] == (64, 56, 56)
    assert [shapes[f"block{k}"][1] for k in (1, 2, 3, 4)] == [56, 28, 14, 7]
    assert [shapes[f"transition{k}"] for k in (1, 2, 3)] == [(128, 28, 28), (256, 14, 14), (512, 7, 7)]
    assert shapes["head"] == (1000,)


def test_recomputing_changes_nothing_but_memory(lesson):
    torch.manual_seed(1)
    plain, light = lesson["Bottlenecks"](6, 4, 5), lesson["Light"](6, 4, 5)
    light.load_state_dict(plain.state_dict())
    x = torch.randn(4, 6, 8, 8)
    outputs = [net(x) for net in (plain, light)]
    assert torch.equal(*outputs)
    for output in outputs:
        output.square().sum().backward()
    for one, other in zip(plain.parameters(), light.parameters(), strict=True):
        assert torch.allclose(one.grad, other.grad, rtol=1e-4, atol=1e-5)


def test_recomputing_keeps_each_map_once(lesson):
    """The new maps of each layer that another one reads, and the join at the end."""
    with torch.device("meta"):
        light = lesson["Light"](6, 4, 5)
    assert kept_bytes(light, (6, 8, 8)) == 4 * 64 * (4 * 4 + 6 + 5 * 4)


def test_without_halving_is_a_network(lesson):
    """The parameters that the solution adds up, against a network that has no halving."""
    total, width = lesson["without_halving"]((2, 3), 4, 8)
    parts = [lesson["Bottlenecks"](8, 4, 2), lesson["unit"](16, 16, 1), lesson["Bottlenecks"](16, 4, 3)]
    assert total == sum(p.numel() for part in parts for p in part.parameters())
    assert width == 16 + 12


def test_all_but_lenet_do_about_equal_work(recorder):
    nets = [*recorder.OLDER, *recorder.NETS]
    work = {net: layer_table(recorder.make_net(net), (1, 28, 28)).multiply_adds for net in nets}
    assert work.pop("LeNet") < 0.5e6
    assert all(1.6e6 < multiply_adds < 1.95e6 for multiply_adds in work.values())


def test_recorded_costs_are_counted_again(recorder):
    for run in d2lite.Sweep.recorded("family_costs"):
        if run.seed == 0 and run.point["net"] in [*recorder.OLDER, *recorder.NETS]:
            net = recorder.make_net(run.point["net"])
            assert run["parameters"] == sum(p.numel() for p in net.parameters())
            assert run["multiply_adds"] == layer_table(net, (1, 28, 28)).multiply_adds
            assert run["seconds"] > 0


def test_a_recorded_dense_layer_is_the_packages(recorder):
    torch.manual_seed(0)
    ours, theirs = recorder.Dense(10, norm=True), published.DenseLayer(10, recorder.GROWTH)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    x = torch.randn(4, 10, 7, 7)
    assert torch.allclose(ours(x), theirs(x), atol=1e-6)


def test_rates_were_chosen_inside_the_grid(recorder):
    tried, runs = (d2lite.Sweep.recorded(name) for name in ("family", "family_seeds"))
    assert not set(tried.seeds) & set(runs.seeds)
    for point in recorder.chosen(tried):
        rates = recorder.RATES[point["net"]]
        assert min(rates) < point["lr"] < max(rates)
        assert len(runs.select(**point)) == len(recorder.NEW_SEEDS)


def test_inception_stands_at_the_rate_that_it_chose():
    """In the explorer; the chapter's table has the same means."""
    best = max(
        d2lite.Sweep.recorded("inception").select(net="paths, reduced"), key=lambda run: run["accuracy"]
    )
    assert best.point["lr"] == family.INCEPTION_RATE
    networks = family.load_family()["networks"]
    assert all(len(network["accuracies"]) == 3 for network in networks)


def test_networks_come_in_the_order_of_the_part():
    """Also after a page has written its data with sorted keys."""
    packed = json.loads(json.dumps(family.load_family(), sort_keys=True))
    assert [network["key"] for network in packed["networks"]] == list(family.NETWORKS)


def test_the_networks_have_2_to_19_convolutions(recorder):
    nets = [recorder.make_net(net) for net in [*recorder.OLDER, *recorder.NETS]]
    nets.append(recorder.make_inception("paths, reduced"))
    counts = [sum(isinstance(m, nn.Conv2d) for m in net.modules()) for net in nets]
    assert (min(counts), max(counts)) == (2, 19)


def test_a_recorded_run_can_be_made_again(recorder):
    (recorded,) = d2lite.Sweep.recorded("family_seeds").select(net="ResNet")[:1]
    made = recorder.train_point(**recorded.point, seed=recorded.seed)
    assert made["accuracy"] == pytest.approx(recorded["accuracy"], abs=DIFFERENCE)
    parts = torch.tensor(made["test_parts"]), torch.tensor(recorded["test_parts"])
    assert abs(parts[0].mean() - parts[1].mean()) < DIFFERENCE


def test_batch_norm_is_the_only_difference_of_the_pairs(recorder):
    kinds = lambda net: [
        type(m) for m in recorder.make_net(net).modules() if not isinstance(m, nn.BatchNorm2d)
    ]
    assert kinds("ResNet") == kinds("ResNet, no batch norm")
    assert kinds("VGG, averaged")[1:] == kinds("VGG, averaged, batch norm")[1:]
