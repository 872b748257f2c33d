"""Inception: the chapter's block and counts against the published network, its recording against a run made now."""

import pytest
import torch
from torch import nn

import d2lite
from d2lite.models import layer_table, published

DIFFERENCE = 0.02  # sums in 32 bits differ between machines, and five passes magnify that
NETS = ["paths, reduced", "paths", "one path, reduced", "one path", "one path, twice"]


@pytest.fixture(scope="module")
def chapter(read_chapter):
    """The chapter's functions and its narrow networks."""
    chapter = read_chapter("06_cnn/inception")
    chapter.run("setup", "block")
    chapter.define("path-cost", "count", "narrow", "narrow-count", "recipe")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("inception")


@pytest.fixture(scope="module")
def norm_recorder(read_recorder):
    return read_recorder("inception_norm")


def test_the_block_is_the_published_one(chapter):
    numbers = (12, 5, (6, 7), (2, 3), 4)
    ours, theirs = chapter["Inception"](*numbers), published.Inception(*numbers)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        other.data = mine.data
    x = torch.randn(2, 12, 9, 9)
    assert torch.allclose(ours(x), theirs(x))


def test_the_counts_of_the_nine_blocks_are_those_of_the_published_network(chapter):
    with torch.device("meta"):
        net = published.googlenet()
    table = layer_table(net, (3, 224, 224))
    rows = [row for row in table if row.name.startswith("inception")]
    convs = [
        module
        for name, module in net.named_modules()
        if name.startswith("inception") and isinstance(module, nn.Conv2d)
    ]
    weights = sum(conv.weight.numel() for conv in convs)
    assert chapter["count_blocks"](True, True) == (weights, sum(row.multiply_adds for row in rows), 1024)


def test_the_counts_without_reductions_are_those_of_layers(chapter):
    layers, channels, work = [], 192, 0
    for name, (ones, (_, three), (_, five), _) in published.INCEPTIONS.items():
        kinds = [(ones, 1), (three, 3), (five, 5)]
        with torch.device("meta"):
            new = [nn.Conv2d(channels, maps, k, padding=k // 2, bias=False) for maps, k in kinds]
        side = {"3": 28, "4": 14, "5": 7}[name[0]]
        work += sum(layer_table(nn.Sequential(layer), (channels, side, side)).multiply_adds for layer in new)
        layers, channels = layers + new, channels + ones + three + five
    assert chapter["count_blocks"](False, False) == (sum(x.weight.numel() for x in layers), work, channels)


@pytest.mark.parametrize(("name", "maker"), [(NETS[0], "narrow_inception"), (NETS[3], "narrow_plain")])
def test_the_narrow_networks_are_those_of_the_recording(chapter, recorder, name, maker):
    torch.manual_seed(3)
    ours = chapter[maker]().eval()
    torch.manual_seed(3)
    theirs = recorder.make_net(name).eval()
    x = torch.randn(4, 1, 28, 28)
    assert torch.allclose(ours(x), theirs(x), atol=1e-5)


def test_all_networks_do_equal_work(recorder):
    work = [layer_table(recorder.make_net(net), (1, 28, 28)).multiply_adds for net in NETS]
    assert list(recorder.BLOCKS) == NETS
    assert max(work) < 1.02 * min(work)


def test_the_recipe_gives_the_maps_it_is_asked_for(chapter):
    assert chapter["Block"](5, 48)(torch.randn(2, 5, 9, 9)).shape == (2, 48, 9, 9)


def test_the_recordings_chose_their_rates_inside_the_grid(recorder):
    tried, runs = (d2lite.Sweep.recorded(name) for name in ("inception", "inception_seeds"))
    best = {net: max(tried.select(net=net), key=lambda run: run["accuracy"]).point["lr"] for net in NETS}
    points = {(run.point["net"], run.point["lr"]) for run in runs}
    assert points == {*best.items(), recorder.SECOND}
    scores = sorted(tried.select(net=recorder.SECOND[0]), key=lambda run: run["accuracy"])
    assert scores[-2].point["lr"] == recorder.SECOND[1]
    assert all(recorder.RATES[0] < lr < recorder.RATES[-1] for lr in best.values())


def test_a_recorded_run_can_be_made_again(recorder):
    (recorded,) = d2lite.Sweep.recorded("inception_seeds").select(net="one path")[:1]
    made = recorder.train_point(**recorded.point, seed=recorded.seed)
    assert made["accuracy"] == pytest.approx(recorded["accuracy"], abs=DIFFERENCE)
    assert made["train_accuracy"] == pytest.approx(recorded["train_accuracy"], abs=DIFFERENCE)
    parts = torch.tensor(made["test_parts"]), torch.tensor(recorded["test_parts"])
    assert abs(parts[0].mean() - parts[1].mean()) < DIFFERENCE


@pytest.mark.parametrize("net", NETS)
def test_batch_norm_is_the_only_difference(recorder, norm_recorder, net):
    """The same kernels at the start, and a norm in place of the biases behind each."""
    made = []
    for make in (recorder.make_net, norm_recorder.make_normed):
        torch.manual_seed(3)
        made.append(make(net))
    plain, normed = ([m for m in one.modules() if isinstance(m, nn.Conv2d)] for one in made)
    assert all(torch.equal(a.weight, b.weight) for a, b in zip(plain, normed, strict=True))
    assert all(conv.bias is None for conv in normed)
    kinds = [[type(m) for m in one.modules() if not list(m.children())] for one in made]
    assert [kind for kind in kinds[1] if kind is not nn.BatchNorm2d] == kinds[0]
    behind = [kinds[1][k + 1] for k, kind in enumerate(kinds[1]) if kind is nn.Conv2d]
    assert behind == [nn.BatchNorm2d] * len(plain)


def test_rates_with_batch_norm_were_chosen_inside_the_grid(recorder, norm_recorder):
    tried, runs = (d2lite.Sweep.recorded(name) for name in ("inception_norm", "inception_norm_seeds"))
    points = norm_recorder.chosen(tried)
    assert {tuple(run.point.items()) for run in runs} == {tuple(point.items()) for point in points}
    for point in points:
        rates = {run.point["lr"] for run in tried.select(net=point["net"])}
        assert min(rates) < point["lr"] < max(rates)
    assert set(runs.seeds) == set(recorder.NEW_SEEDS)  # paired with the runs without
    assert not set(tried.seeds) & set(runs.seeds)


@pytest.mark.nightly
def test_a_run_recorded_with_batch_norm_can_be_made_again(norm_recorder):
    recorded = d2lite.Sweep.recorded("inception_norm_seeds").select(net="one path")[0]
    made = norm_recorder.train_point(**recorded.point, seed=recorded.seed)
    assert made["accuracy"] == pytest.approx(recorded["accuracy"], abs=DIFFERENCE)
    assert made["train_accuracy"] == pytest.approx(recorded["train_accuracy"], abs=DIFFERENCE)
    parts = torch.tensor(made["test_parts"]), torch.tensor(recorded["test_parts"])
    assert abs(parts[0].mean() - parts[1].mean()) < DIFFERENCE


def test_the_networks_of_the_part_were_run_again_with_seeds_of_their_own(read_recorder):
    again, runs = read_recorder("convnets_again"), d2lite.Sweep.recorded("convnets_again")
    assert [run.point for run in runs if run.seed == 200] == again.points()  # at the rates chosen before
    for source in again.MODULES:
        seen = {seed for name in (source, f"{source}_seeds") for seed in d2lite.Sweep.recorded(name).seeds}
        assert not seen & set(runs.seeds)
    (recorded,) = runs.select(source="inception", net="one path", seed=201)
    made = again.train_point(**recorded.point, seed=201)
    parts = torch.tensor(made["test_parts"]), torch.tensor(recorded["test_parts"])
    assert abs(parts[0].mean() - parts[1].mean()) < DIFFERENCE
