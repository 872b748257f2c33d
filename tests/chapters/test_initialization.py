"""The chapter on initialization: its functions against torch's own, its law on other sizes and seeds."""

import itertools
import math

import pytest
import torch
from torch import nn

PATH = "03_networks/initialization"


@pytest.fixture(scope="module")
def chapter(read_chapter):
    chapter = read_chapter(PATH)
    chapter.define("setup", "network", "symmetry-run", "one-layer", "measure", "start", "recipe")
    chapter.run("rules")
    return chapter


@pytest.fixture(scope="module")
def images(chapter):
    """Random images and classes in place of the chapter's: what is tested is the loop."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(8000, 196, generator=generator)
    chapter["fit"] = inputs, (inputs[:, :10].argmax(1))
    return chapter["fit"]


@pytest.mark.parametrize(
    ("rule", "initialize"),
    [
        ("PyTorch's", lambda w: nn.init.kaiming_uniform_(w, a=math.sqrt(5))),
        ("Xavier", nn.init.xavier_normal_),
        ("He", lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu")),
        ("standard normal", nn.init.normal_),
    ],
)
@pytest.mark.parametrize(("n_in", "n_out"), [(900, 400), (300, 1200)])
def test_the_rules_have_torchs_variances(chapter, rule, initialize, n_in, n_out):
    torch.manual_seed(0)
    measured = initialize(torch.empty(n_out, n_in)).var().item()
    assert chapter["variance"](rule, n_in, n_out) == pytest.approx(measured, rel=0.02)


@pytest.mark.parametrize("rule", ["standard normal", "PyTorch's", "Xavier", "He"])
def test_a_start_has_the_variance_of_its_rule_in_every_layer(chapter, rule):
    net = chapter["start"](rule, seed=5)
    for layer in net[::2]:
        n_out, n_in = layer.weight.shape
        expected = chapter["variance"](rule, n_in, n_out)
        assert layer.weight.square().mean().item() == pytest.approx(expected, rel=0.15)
    assert len(net[::2]) == 21


def test_starts_are_paired(chapter):
    nets = [chapter["start"](rule, seed=3) for rule in ("PyTorch's", "He")]
    for a, b in zip(*(net[::2] for net in nets), strict=True):
        assert torch.allclose(b.weight, math.sqrt(6) * a.weight)
        assert torch.equal(a.bias, b.bias)


@pytest.mark.parametrize(
    ("function", "torch_layer"), [("tanh", nn.Tanh()), ("ReLU", nn.ReLU()), ("no function", nn.Identity())]
)
def test_sizes_are_those_of_a_network_of_torch(chapter, function, torch_layer):
    """The same numbers in nn.Linear layers, and autograd on the whole."""
    width, depth = 12, 6
    signal, gradient = chapter["measure"]("He", chapter["FUNCTIONS"][function], width, depth, seed=2)
    torch.manual_seed(2)
    new = lambda rows: torch.randn(rows, width, dtype=torch.float64)
    x, layers = new(64).requires_grad_(), []
    for _ in range(depth):
        linear = nn.Linear(width, width, bias=False).double()
        layers.append((linear, torch_layer))
    torch.manual_seed(2)
    new(64)
    with torch.no_grad():
        for linear, _ in layers:
            linear.weight.copy_(new(width) * math.sqrt(2 / width))
    values = [x]
    for linear, activation in layers:
        values.append(activation(linear(values[-1])))
        values[-1].retain_grad()
    values[-1].backward(new(64))
    rms = lambda v: v.square().mean().sqrt().item()
    assert signal.tolist() == pytest.approx([rms(v) for v in values], rel=1e-9)
    assert gradient.tolist() == pytest.approx([rms(v.grad) for v in values], rel=1e-9)


@pytest.mark.parametrize(("function", "lost"), [("no function", 1.0), ("ReLU", 0.5)])
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_the_law_holds_on_other_seeds(chapter, function, lost, seed):
    for rule in ("PyTorch's", "He"):
        signal, gradient = chapter["measure"](rule, chapter["FUNCTIONS"][function], seed=seed)
        law = 256 * chapter["variance"](rule, 256, 256) * lost
        for steps in ((signal[1:] / signal[:-1]) ** 2, (gradient[:-1] / gradient[1:]) ** 2):
            assert steps.mean().item() == pytest.approx(law, rel=0.08)


def test_the_loop_is_plain_gradient_descent(chapter, images):
    """Against SGD by hand on the same batches."""
    net, own = (chapter["deep_network"](2, width=8, seed=4) for _ in range(2))
    chapter["train"](net, lr=0.1, num_steps=5, batch_size=16, seed=9)
    generator = torch.Generator().manual_seed(9)
    for _ in range(5):
        batch = torch.randint(8000, (16,), generator=generator)
        loss = nn.functional.cross_entropy(own(images[0][batch]), images[1][batch])
        slopes = torch.autograd.grad(loss, list(own.parameters()))
        with torch.no_grad():
            for parameter, slope in zip(own.parameters(), slopes, strict=True):
                parameter -= 0.1 * slope
    for a, b in zip(net.parameters(), own.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("value", [0.02, -0.05, 0.3])
def test_equal_units_stay_equal_and_the_random_do_not(chapter, images, value):
    equal = chapter["deep_network"](1)
    with torch.no_grad():
        for parameter in equal.parameters():
            parameter.fill_(value)
    chapter["train"](equal, lr=0.05, num_steps=20)
    assert chapter["difference"](equal) < 1e-5
    assert chapter["difference"](chapter["deep_network"](1)) > 0.05


def test_the_recipe_is_he_with_biases_of_zero(chapter):
    torch.manual_seed(0)
    net = chapter["start_relu"](
        nn.Sequential(nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(800, 300))
    )
    for layer, n in ((net[0], 16 * 9), (net[3], 800)):
        assert layer.weight.var().item() * n == pytest.approx(2, rel=0.05)
        assert not layer.bias.any()
    x = torch.randn(5, 16, 7, 7)
    sizes = chapter["sizes_by_layer"](net, x)
    parts = itertools.accumulate(net, lambda value, layer: layer(value), initial=x)
    assert sizes == pytest.approx([v.square().mean().sqrt().item() for v in itertools.islice(parts, 1, None)])
