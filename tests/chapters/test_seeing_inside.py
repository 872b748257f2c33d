"""The chapter on seeing inside: its maps and attacks against slow or exact ones, its recorded runs, one run again."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import spearmanr
from torch import nn

import d2lite
from d2lite.models import lenet


@pytest.fixture(scope="module")
def lesson(read_chapter):
    chapter = read_chapter("06_cnn/seeing_inside")
    chapter.define("setup", "load", "slopes-code", "cam-code", "occlusion-code", "ranks-code", "fgsm-code")
    chapter.define("pgd-code", "margin-code", "use-code")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("attacks")


@pytest.fixture(scope="module")
def exact(lesson):
    """The network that ships, in 64 bits."""
    return lesson["load_lenet"]("lenet").double()


@pytest.fixture(scope="module")
def images():
    """Three photos, no two pixels alike: in a black window a pool has four greatest values, and no slope."""
    noise = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0)).double() / 50
    return 0.98 * d2lite.datasets.fashion_mnist()[0].inputs[9000:9003].double() + noise


class Linear(nn.Module):
    """Two logits, 0 and a sum of pixels."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def forward(self, x):
        score = (x * self.weight).flatten(1).sum(1)
        return torch.stack([torch.zeros_like(score), score], dim=1)


@pytest.mark.parametrize("name", ["lenet", "lenet_defended"])
def test_the_network_is_the_packages(lesson, images, name):
    tensors, about = d2lite.models.weights.load(name)
    x = (images - about["mean"]) / about["std"]
    logits = lenet.compute(lenet.from_tensors(tensors), about["activation"], about["pooling"], x)
    assert torch.allclose(lesson["load_lenet"](name).double()(images), logits, atol=1e-5)


def test_slopes_are_differences(lesson, exact, images):
    """Central differences at the ten steepest pixels of each image."""
    k = torch.tensor([3, 0, 7])
    s = lesson["slopes"](exact, images, k)
    for n in range(3):
        for place in s[n].flatten().abs().topk(10).indices:
            step = torch.zeros(784).double()
            step[place] = 1e-6
            step = step.view(1, 1, 28, 28)
            up, down = (exact(images[n : n + 1] + sign * step)[0, k[n]] for sign in (1, -1))
            assert s[n].flatten()[place] == pytest.approx(((up - down) / 2e-6).item(), rel=1e-4)


def test_grad_cam_by_raising_whole_maps(lesson, exact, images):
    """The mean slope over a map, by differences: raise the whole map a little, see how far the score moves."""
    k = torch.tensor([3, 0, 7])
    before = exact[:6](images)  # (3, 16, 10, 10)
    heat = torch.zeros(3, 10, 10).double()
    for c in range(16):
        step = torch.zeros_like(before)
        step[:, c] = 1e-6
        up, down = (exact[6:](before + sign * step).gather(1, k[:, None])[:, 0] for sign in (1, -1))
        alpha = (up - down) / 2e-6 / 100  # the sum of 100 slopes
        heat += alpha[:, None, None] * before[:, c]
    expected = F.interpolate(heat.clamp(min=0)[:, None], size=20, mode="bilinear")
    expected = F.pad(expected, (4, 4, 4, 4))
    assert torch.allclose(lesson["grad_cam"](exact, images, k), expected, atol=1e-6)
    assert not exact[5]._forward_hooks  # the hook is taken away


@pytest.mark.parametrize("place", [(2, 2), (3, 7), (6, 4)])
def test_grad_cam_lies_over_what_its_maps_see(lesson, place):
    """Of a network of ones whose score is one cell of its maps: brightest in the middle of the pixels it sees."""
    net = nn.Sequential(nn.Identity(), nn.Conv2d(1, 1, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2))
    net.extend([nn.Conv2d(1, 1, 5), nn.ReLU(), nn.Flatten(), nn.Linear(100, 1)])
    for layer in (net[1], net[4]):
        nn.init.ones_(layer.weight)
        nn.init.zeros_(layer.bias)
    net[7].weight = nn.Parameter(torch.zeros(1, 100))
    net[7].weight.data[0, 10 * place[0] + place[1]] = 1
    seen = lesson["slopes"](net, torch.ones(1, 1, 28, 28), torch.tensor([0]))[0, 0]
    # Light only where that cell looks, so that its maps are greatest there.
    heat = lesson["grad_cam"](net, (seen > 0).float()[None, None], torch.tensor([0]))[0, 0]
    brightest = (heat > 0.999 * heat.max()).nonzero().double().mean(0)
    middle = (seen > 0).nonzero().double().mean(0)
    assert brightest.tolist() == middle.tolist()


def test_occlusion_covers_what_it_says(lesson, exact, images):
    """At the middle of the picture and in a corner, against a square covered by hand."""
    k = torch.tensor([3, 0, 7])
    drops = []
    for top, left in ((0, 0), (11, 13)):
        covered = images.clone()
        covered[..., max(0, top - 3) : top + 4, max(0, left - 3) : left + 4] = 0
        drops.append((exact(images).softmax(1) - exact(covered).softmax(1)).gather(1, k[:, None])[:, 0])
    plain = F.interpolate
    try:
        F.interpolate = lambda maps, **_: maps  # the 14 x 14 drops themselves
        found = lesson["occlusion"](exact, images, k)[:, 0]
    finally:
        F.interpolate = plain
    assert torch.allclose(found[:, 0, 0], drops[0])
    covered = images.clone()
    covered[..., 11:18, 9:16] = 0
    drop = (exact(images).softmax(1) - exact(covered).softmax(1)).gather(1, k[:, None])[:, 0]
    assert torch.allclose(found[:, 7, 6], drop)  # rows from 2 · 7 - 3, columns from 2 · 6 - 3


def test_agreement_is_scipys_rank_correlation(lesson):
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.rand(4, 1, 6, 6, generator=generator).mul(9).round() for _ in range(2))  # with ties
    for where in (a > 3, torch.ones_like(a, dtype=torch.bool)):
        expected = [spearmanr(a[n][where[n]], b[n][where[n]]).statistic for n in range(4)]
        assert lesson["agreement"](a, b, where) == pytest.approx(np.mean(expected))
        assert lesson["agreement"](a, a * 3 + 1, where) == pytest.approx(1)
        assert lesson["agreement"](a, torch.zeros_like(b), where) == 0


@pytest.mark.parametrize("label", [0, 1])
def test_one_step_is_the_worst_of_all_corners(lesson, label):
    """On a linear score the worst within the budget is a corner: try all 2^6."""
    generator = torch.Generator().manual_seed(label)
    weight, x = (torch.randn(1, 1, 2, 3, generator=generator) for _ in range(2))
    x, y, epsilon = 0.5 + 0.1 * x.tanh(), torch.tensor([label]), 0.05
    net = Linear(weight)
    corners = [torch.tensor(signs).view(1, 1, 2, 3) for signs in itertools.product((-1.0, 1.0), repeat=6)]
    worst = max(F.cross_entropy(net(x + epsilon * corner), y).item() for corner in corners)
    for attack in (lesson["fgsm"], lesson["pgd"]):
        found = attack(net, x, y, epsilon)
        assert F.cross_entropy(net(found), y).item() == pytest.approx(worst)
        assert (found - x).abs().max() <= epsilon + 1e-6


def test_attacks_stay_within_the_budget_and_the_range(lesson, exact, images):
    y, epsilon = torch.tensor([1, 2, 3]), 0.2
    for found in (lesson["fgsm"](exact, images, y, epsilon), lesson["pgd"](exact, images, y, epsilon)):
        assert (found - images).abs().max() <= epsilon + 1e-9
        assert found.min() >= 0
        assert found.max() <= 1
        before, after = (F.cross_entropy(exact(x), y) for x in (images, found))
        assert after > before + 1


def test_the_chapters_attack_is_the_recorders(lesson, recorder, exact, images):
    y = torch.tensor([1, 2, 3])
    ours = lesson["pgd"](exact, images, y, 0.1)
    theirs = recorder.ascend(exact, images, y, 0.1, 10, 0.1 / 4, images)
    assert torch.allclose(ours, theirs)
    one = recorder.ascend(exact, images, y, 0.1, 1, 0.1, images)
    assert torch.allclose(lesson["fgsm"](exact, images, y, 0.1), one)


def test_the_margin_is_that_to_the_greatest_other_logit(lesson):
    """Slopes of a linear network: the weights of the best other class minus those of the true one."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(4, 5))
    x, y = torch.rand(3, 1, 2, 2), torch.tensor([0, 1, 2])
    logits, weight = net(x), net[1].weight
    for n in range(3):
        other = max((k for k in range(5) if k != y[n]), key=lambda k: logits[n, k].item())
        expected = (weight[other] - weight[y[n]]).view(1, 2, 2)
        assert torch.allclose(lesson["margin_slopes"](net, x, y)[n], expected, atol=1e-6)


def test_survivors_are_right_before_and_after(lesson, exact, images):
    answers = exact(images).argmax(1)
    wrong = (answers + 1) % 10
    assert not lesson["survivors"](exact, images, wrong, 0.0, num_steps=1).any()
    assert lesson["survivors"](exact, images, answers, 0.0, num_steps=1).all()


def test_rates_are_inside_their_grid():
    """The rate of each defence is neither the least nor the greatest that was tried."""
    tried = d2lite.Sweep.recorded("attacks").axes["lr"]
    taken = d2lite.Sweep.recorded("attacks_seeds")
    assert len(taken) == 15
    assert all(min(tried) < run.point["lr"] < max(tried) for run in taken)


def test_what_was_chosen_is_what_was_best(recorder):
    points = recorder.chosen(d2lite.Sweep.recorded("attacks"))
    taken = d2lite.Sweep.recorded("attacks_seeds")
    assert points == [dict(run.point) for run in taken.runs[::5]]


def test_a_recorded_run_is_found_again(recorder):
    run = d2lite.Sweep.recorded("attacks").select(defence="none", lr=0.01)[0]
    again = recorder.train_point("none", 0.01, seed=run.seed)
    for name, value in again.items():
        assert run[name] == pytest.approx(value, abs=0.02), name


def test_the_defended_network_is_as_accurate_as_recorded(recorder):
    tensors, about = d2lite.models.weights.load("lenet_defended")
    test = d2lite.datasets.fashion_mnist()[1][:500]
    x = (test.inputs.double() - about["mean"]) / about["std"]
    logits = lenet.compute(lenet.from_tensors(tensors), about["activation"], about["pooling"], x)
    right = (logits.argmax(1) == test.targets).double().mean().item()
    assert abs(right - about["test_accuracy"]["quantized"]) < 0.05  # 500 of the 2,000
    best = next(p for p in recorder.chosen(d2lite.Sweep.recorded("attacks")) if p["defence"] == "attack")
    assert about["provenance"]["rate"] == best["lr"]
