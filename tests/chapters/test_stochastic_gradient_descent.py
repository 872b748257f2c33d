"""The chapter's own functions, taken from its cells, against torch and exact sums; recorded runs once more."""

import itertools

import pytest
import torch
import torch.nn.functional as F

import d2lite


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter("04_optimizers/stochastic_gradient_descent")
    chapter.run("setup", "data")
    chapter.define("train-loop", "floor-code", "fit", "recipe")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("batch_sizes")


def test_the_loop_is_torchs_sgd(chapter):
    net, losses = chapter["train"](32, lr=0.1, num_steps=48, seed=3)
    theirs = chapter["make_network"](3)
    order = chapter["batches"](32, torch.Generator().manual_seed(1003))
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    for _ in range(48):
        rows = next(order)
        optimizer.zero_grad()
        F.cross_entropy(theirs(chapter["X"][rows]), chapter["y"][rows]).backward()
        optimizer.step()
    assert len(losses) == 3
    for ours, other in zip(net.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(ours, other, rtol=1e-4, atol=1e-5)


def test_a_pass_takes_each_image_once(chapter):
    order = chapter["batches"](512, torch.Generator().manual_seed(0))
    rows = torch.cat([next(order) for _ in range(16)])
    assert rows.sort().values.equal(torch.arange(8192))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_two_formulas_by_counting_all_batches(size):
    slopes = torch.tensor([1.0, -2.0, 0.5, 4.0, 4.0], dtype=torch.float64)
    variance, count = slopes.var(correction=0).item(), len(slopes)
    without = torch.stack([slopes[list(rows)].mean() for rows in itertools.combinations(range(count), size)])
    assert without.var(correction=0).item() == pytest.approx(
        variance / size * (count - size) / (count - 1), rel=1e-5, abs=1e-9
    )
    again = torch.stack([slopes[list(rows)].mean() for rows in itertools.product(range(count), repeat=size)])
    assert again.var(correction=0).item() == pytest.approx(variance / size, rel=1e-5)


def test_the_fit_finds_what_made_the_counts(chapter):
    counts = {2**k: 120 * (1 + 90 / 2**k) for k in range(14)}
    assert chapter["fit_critical"](counts) == pytest.approx((120, 90), rel=0.03)


def test_the_noise_scale_is_that_of_single_gradients(chapter):
    """The estimate from batches of two sizes, against all single images' gradients of the same network."""
    net, gradient = chapter["make_network"](0), chapter["gradient"]
    inputs, targets = chapter["X"][:600], chapter["y"][:600]
    each = torch.stack([gradient(net, inputs[i : i + 1], targets[i : i + 1]) for i in range(600)])
    full = each.mean(0)
    exact = ((each - full).square().sum(1).mean() / full.square().sum()).item()
    torch.manual_seed(0)
    found = chapter["noise_scale"](net, inputs, targets, small=4, large=60, count=200)
    assert found == pytest.approx(exact, rel=0.25)


def test_the_recorders_noise_is_that_of_single_gradients(chapter, recorder, monkeypatch):
    net = chapter["make_network"](1)
    some = chapter["X"][:50], chapter["y"][:50]
    each = [chapter["gradient"](net, some[0][i : i + 1], some[1][i : i + 1]) for i in range(50)]
    monkeypatch.setattr(recorder, "load_data", lambda: (some, some))
    assert recorder.mean_square(net) == pytest.approx(
        torch.stack(each).square().sum(1).mean().item(), rel=1e-4
    )


def test_the_recorders_data_are_the_chapters(chapter, recorder):
    (inputs, targets), held_out = recorder.load_data()
    torch.testing.assert_close(inputs, chapter["X"])
    assert targets.equal(chapter["y"])
    torch.testing.assert_close(held_out[0], chapter["held_out"][0])


@pytest.mark.parametrize("size", [64, 1024])
def test_recorded_runs_happen_again(recorder, size):
    """Sums in 32 bits differ between machines, and training magnifies that."""
    tested = d2lite.Sweep.recorded("batch_sizes_seeds")
    lr = tested.provenance["tuned"][str(size)]
    (recorded,) = tested.select(batch_size=size, lr=lr, seed=103)
    again = recorder.train_point(size, lr, seed=103)["loss"][:40]
    assert again == pytest.approx(recorded["loss"][:40].tolist(), rel=0.05)


def test_recorded_noise_is_there_again(recorder, monkeypatch):
    (recorded,) = d2lite.Sweep.recorded("batch_sizes_noise").select(seed=1)
    monkeypatch.setattr(recorder, "MOMENTS", [0, 2, 4])
    again = recorder.measure_noise(**recorded.point, seed=1)
    for name in ("loss", "square", "trace", "spread_64"):
        assert again[name] == pytest.approx(recorded[name][:3].tolist(), rel=0.05)


def test_the_recordings_are_whole(recorder):
    tuning, tested, noise = map(
        d2lite.Sweep.recorded, ("batch_sizes", "batch_sizes_seeds", "batch_sizes_noise")
    )
    assert len(tuning) == len(recorder.BATCH_SIZES) * 9 * len(recorder.SEEDS)
    assert not tuning.failures + tested.failures + noise.failures
    assert not set(tuning.seeds) & set(tested.seeds)
    assert tuning.provenance["steps"] == tested.provenance["steps"] == recorder.STEPS
    assert [group[0].point for group in tested.points()] == recorder.chosen(tuning)
    assert tested.provenance["tuned"] == recorder.tuned_rates(tuning)
    assert noise[0].point == {"batch_size": 64, "lr": tested.provenance["tuned"]["64"]}
