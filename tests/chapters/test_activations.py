"""The chapter on activation functions: its curves against torch, its networks, and its recorded runs."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import d2lite

THEIRS = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": F.relu, "leaky ReLU": F.leaky_relu,
    "ELU": F.elu, "GELU": F.gelu, "Swish": F.silu, "Mish": F.mish,
}  # fmt: skip


@pytest.fixture(scope="module")
def lesson(read_chapter):
    """The chapter's names after its curves, its scales and its data."""
    chapter = read_chapter("03_networks/activations")
    chapter.run("setup", "two-code", "curves-code", "formulas-code", "scales", "data-code")
    chapter.define("send", "network", "dead-code", "recorded", "recipe")
    chapter.run("kinked")
    return chapter


@pytest.fixture(scope="module")
def recorder(read_recorder):
    return read_recorder("activations")


@pytest.mark.parametrize("name", THEIRS)
def test_values_and_slopes_are_those_of_torch(lesson, name):
    z = torch.linspace(-12, 12, 4001, dtype=torch.float64) + 1e-4  # 0 itself is a kink
    leaf = z.clone().requires_grad_()
    (slope,) = torch.autograd.grad(THEIRS[name](leaf).sum(), leaf)
    value, own_slope = (part(z) for part in lesson["by_formula"][name])
    assert torch.allclose(value, THEIRS[name](z), atol=1e-9)
    assert torch.allclose(own_slope, slope, atol=1e-9)
    assert torch.equal(lesson["slope_of"](lesson["functions"][name], z), slope)


def test_all_functions_of_the_table_are_tested(lesson):
    assert list(THEIRS) == list(lesson["by_formula"])
    assert [*THEIRS, "lowered sigmoid"] == list(lesson["functions"])


def test_fitting_scales_are_integrals(lesson, recorder):
    """By quadrature; ReLU's is the root of two."""
    for name, key in zip(THEIRS, recorder.FUNCTIONS, strict=False):
        assert lesson["scales"][name] == pytest.approx(recorder.own_scale(key), rel=0.005)
    assert recorder.own_scale("relu") == pytest.approx(2**0.5, abs=0.001)
    assert lesson["scales"]["lowered sigmoid"] == pytest.approx(recorder.own_scale("sigmoid", 0.5), rel=0.005)


def test_a_linear_layer_of_scale_one_keeps_signal_and_gradient(lesson):
    parts = np.array([lesson["send"](lambda z: z, 1.0, depth=5, width=64, seed=seed) for seed in range(20)])
    assert parts[:, 0].mean() == pytest.approx(1, abs=0.01)
    assert np.sqrt((parts[:, 1] ** 2).mean()) == pytest.approx(1, abs=0.1)


def test_the_kinked_mish_is_mish_at_its_knots_and_nowhere_smooth_there(lesson, recorder):
    knots = lesson["knots"]
    assert torch.allclose(lesson["kinked"](knots), F.mish(knots), atol=1e-6)
    z = torch.linspace(-9, 6, 501)
    assert torch.equal(lesson["kinked"](z), recorder.kinked_mish(z))
    slopes = [(lesson["kinked"](knots + step) - lesson["kinked"](knots)) / step for step in (0.25, -0.25)]
    assert (slopes[0] - slopes[1]).abs().min() > 0.001


def test_the_network_of_the_chapter_is_the_recorders(lesson, recorder):
    torch.manual_seed(3)
    ours = lesson["network"](nn.SiLU(), 1.677, depth=4)
    theirs = recorder.Deep("silu", 0.0, 1.677, depth=4)
    pairs = list(zip(ours[::2], theirs.layers, strict=True))
    for k, (one, other) in enumerate(pairs):
        wanted = (1.677 if k else 1) / one.in_features**0.5
        assert [layer.weight.std().item() for layer in (one, other)] == pytest.approx([wanted] * 2, rel=0.1)
        assert not one.bias.any()
        assert not other.bias.any()
        one.load_state_dict(other.state_dict())
    x = torch.randn(7, 196)
    assert torch.equal(ours(x), theirs(x))


def test_images_of_the_chapter_are_the_recorders(lesson, recorder):
    (X, y), (X_val, y_val), _ = recorder.load_data()
    for ours, theirs in (
        (lesson["X"], X),
        (lesson["X_val"], X_val),
        (lesson["y"], y),
        (lesson["y_val"], y_val),
    ):
        assert torch.equal(ours, theirs)


def test_silent_units_are_counted_over_all_images(lesson):
    torch.manual_seed(0)
    net = lesson["network"](nn.ReLU(), 1.0, depth=1)
    with torch.no_grad():
        net[0].bias[:16] = -1e3
        net[0].bias[16:] = 1e3
    assert lesson["silent"](net) == 0.25


def test_fitted_weights_have_the_functions_scale(lesson):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(300, 200), nn.Tanh(), nn.Linear(200, 400), nn.Tanh())
    lesson["fit_weights"](net, nn.Tanh())
    deviations = [layer.weight.std().item() * layer.in_features**0.5 for layer in (net[0], net[2])]
    assert deviations == pytest.approx([1, 1.593], rel=0.02)
    assert not net[0].bias.any()


@pytest.mark.parametrize(
    ("function", "scale", "lowered", "depth", "lr"),
    [("tanh", 1.593, 0.0, 10, 0.03), ("sigmoid", 4.801, 0.5, 10, 0.1), ("relu", 0.0, 0.0, 10, 0.1)],
)
def test_recorded_runs_happen_again(recorder, function, scale, lowered, depth, lr):
    """Sums in 32 bits differ between machines, and fifteen passes magnify that."""
    point = {"function": function, "lowered": lowered, "scale": scale, "depth": depth, "lr": lr}
    (recorded,) = d2lite.Sweep.recorded("activations").select(**point, seed=1)
    assert recorder.train_point(**point, seed=1)["accuracy"] == pytest.approx(recorded["accuracy"], abs=0.04)


def test_the_recordings_are_whole(recorder):
    tuning, tested = map(d2lite.Sweep.recorded, ("activations", "activations_seeds"))
    assert len(tuning) == len(recorder.grid()) * len(recorder.SEEDS)
    assert "test_accuracy" not in tuning.metrics
    assert not tuning.failures + tested.failures
    assert not set(tuning.seeds) & set(tested.seeds)
    assert [group[0].point for group in tested.points()] == recorder.chosen(tuning)
    assert len(tested) == len(recorder.contestants()) * len(recorder.TEST_SEEDS)
