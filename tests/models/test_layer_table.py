"""The table of layers: counts against the literature and against autograd, and what it refuses."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune

from d2lite.models import layer_table, published


def on_meta(make, **settings):
    with torch.device("meta"):
        return make(**settings)


@pytest.mark.parametrize(
    ("make", "parameters", "multiply_adds"),
    [
        (published.alexnet, 61_100_840, 714_188_480),
        (published.vgg16, 138_357_544, 15_470_264_320),
        (published.resnet50, 25_557_032, 4_089_184_256),
        (published.densenet121, 7_978_856, 2_834_161_664),
    ],
)
def test_totals_are_those_of_the_literature(make, parameters, multiply_adds):
    table = layer_table(on_meta(make), (3, 224, 224))
    assert (table.parameters, table.multiply_adds) == (parameters, multiply_adds)


@pytest.mark.parametrize(
    ("make", "settings", "layer", "field"),
    [  # Araujo, Norris and Sim 2019, table 1: AlexNet and VGG-16
        (published.alexnet, {}, "features.12", 195),
        (published.vgg16, {}, "features.30", 212),
    ],
)
def test_receptive_fields_are_those_of_the_literature(make, settings, layer, field):
    table = layer_table(on_meta(make, **settings), (3, 224, 224))
    assert {row.name: row.receptive_field for row in table}[layer] == field


class Paths(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 2, 3, stride=2, padding=1)
        self.left, self.right = nn.Conv2d(2, 2, 5, padding=2), nn.Conv2d(2, 2, 3, padding=2, dilation=2)
        self.last = nn.AvgPool2d(2)

    def forward(self, x):
        x = self.stem(x)
        return self.last(torch.cat([x + self.left(x), functional.relu(self.right(x))], dim=1))


def test_a_receptive_field_is_what_the_gradient_reaches():
    net = Paths()
    for p in net.parameters():
        nn.init.constant_(p, 0.1)
    x = torch.ones(1, 1, 41, 41, requires_grad=True)
    output = net(x)
    output[0, :, 5, 5].sum().backward()
    reached = x.grad[0, 0].abs().sum(dim=1).nonzero().flatten()
    table = layer_table(net, (1, 41, 41))
    assert table[-1].receptive_field == reached.max() - reached.min() + 1
    assert [(row.name, row.kind) for row in table] == [
        ("stem", "Conv2d"), ("left", "Conv2d"), ("add", "add"), ("right", "Conv2d"), ("cat", "cat"),
        ("last", "AvgPool2d"),
    ]  # fmt: skip
    assert all(p.device.type == "cpu" for p in net.parameters())


def test_multiply_adds_are_the_products_of_the_loops():
    table = layer_table(
        nn.Sequential(nn.Conv2d(4, 6, (3, 2), groups=2), nn.Flatten(), nn.Linear(84, 5)), (4, 4, 8)
    )
    outputs, products = 6 * 2 * 7, (4 // 2) * 3 * 2
    assert [row.multiply_adds for row in table] == [outputs * products, 0, 84 * 5]
    assert table[0].values == outputs


def test_a_layer_used_twice_is_counted_once():
    shared = nn.Linear(3, 3)
    table = layer_table(nn.Sequential(shared, nn.ReLU(), shared), (3,))
    assert [row.parameters for row in table] == [12, 0]
    assert table.multiply_adds == 18


def test_a_model_in_training_mode_stays_as_it_is():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    layer_table(net, (1, 3, 3))
    assert net.training
    assert net[1].num_batches_tracked == 0


def test_blocks_gather_their_layers():
    table = layer_table(on_meta(published.googlenet), (3, 224, 224), depth=1)
    rows = {row.name: row for row in table}
    assert rows["inception3a"].shape == (256, 28, 28)
    assert rows["inception3a"].parameters == 163_696
    assert sum(row.parameters for row in table) == 6_998_552
    resnet = layer_table(on_meta(published.resnet50), (3, 224, 224), depth=2)
    assert {row.name: row.shape for row in resnet}["layer3.5"] == (1024, 14, 14)


def test_it_prints_as_a_table():
    lines = str(
        layer_table(nn.Sequential(nn.Linear(1000, 20), nn.ReLU(), nn.Linear(20, 2)), (1000,))
    ).splitlines()
    assert lines[1].split() == ["0", "Linear", "20", "20,020", "20,000", "1"]
    assert lines[-1].split() == ["total", "20,062", "20,040"]


def test_layers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"model fails on inputs of shape \(3, 8, 8\)"):
        layer_table(nn.Conv2d(1, 1, 3), (3, 8, 8))


@pytest.mark.parametrize(
    ("layer", "shape", "work"), [(nn.Conv2d(3, 8, 5), (3, 9, 9), 8 * 25 * 75), (nn.Linear(7, 4), (7,), 28)]
)
def test_a_layer_alone_is_counted_like_one_in_a_network(layer, shape, work):
    table = layer_table(layer, shape)
    assert [row.kind for row in table] == [type(layer).__name__]
    assert table.multiply_adds == work
    assert table.parameters == sum(p.numel() for p in layer.parameters())


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.ConvTranspose2d(3, 8, 2), (3, 9, 9)), (nn.Conv1d(3, 8, 2), (3, 9)), (nn.LSTM(3, 4), (9, 3))],
)
def test_layers_whose_work_is_not_known_are_refused_not_counted_as_nothing(layer, shape):
    with pytest.raises(
        ValueError, match=f"is {type(layer).__name__}: expected Conv2d, Linear or a normalization"
    ):
        layer_table(nn.Sequential(layer), shape)


class Gate(nn.Module):
    """Scales its channels by what a glance at the whole picture says (squeeze and excitation)."""

    def __init__(self, channels):
        super().__init__()
        self.look, self.say = nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return x * self.say(self.look(x)).sigmoid()


def test_a_gate_that_sees_all_makes_no_later_step_wider():
    """Beyond the gate the next unit still lies a row further, not a whole picture: this was 98."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), Gate(4), nn.Conv2d(4, 4, 3, padding=1), Gate(4))
    fields = {row.name: row.receptive_field for row in layer_table(net, (3, 32, 32))}
    assert (fields["0"], fields["1.mul"], fields["2"], fields["3.mul"]) == (3, 34, 36, 67)


def test_a_row_of_patches_claims_no_field():
    """Each patch sees its own 16 rows; the table said 224."""
    table = layer_table(nn.Sequential(nn.Conv2d(3, 8, 16, 16), nn.Flatten(2)), (3, 224, 224))
    assert [row.receptive_field for row in table] == [16, None]


def test_pruned_layers_and_plain_tensors_are_counted():
    pruned = nn.Conv2d(3, 4, 3)
    prune.random_unstructured(pruned, "weight", 0.5)
    kernel = nn.Conv2d(4, 4, 1)
    kernel.offset = torch.randn(4)  # neither parameter nor buffer
    table = layer_table(nn.Sequential(pruned, kernel), (3, 8, 8))
    assert [row.parameters for row in table] == [112, 20]
    assert [row.multiply_adds for row in table] == [36 * 108, 36 * 16]
    assert pruned.weight.device.type == kernel.offset.device.type == "cpu"


def test_constants_of_a_network_are_no_paths():
    """Pictures that the network standardizes itself: there were rows "sub" and "truediv", and no field after them."""

    class Standardized(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.full((3, 1, 1), 0.5))
            self.std, self.conv = torch.full((3, 1, 1), 0.2), nn.Conv2d(3, 4, 5)

        def forward(self, x):
            return self.conv((x - self.mean) / self.std)

    table = layer_table(Standardized(), (3, 8, 8))
    assert [(row.name, row.receptive_field) for row in table] == [("conv", 5)]


def test_hooks_note_nothing_that_the_model_has_not_computed():
    """A dict of activations held tensors without numbers after the table was made."""
    noted, net = {}, nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    for i, layer in enumerate(net):
        layer.register_forward_hook(lambda module, inputs, output, i=i: noted.update({i: output}))
        layer.register_forward_pre_hook(lambda module, inputs, i=i: noted.update({f"before {i}": inputs[0]}))
    net(torch.zeros(1, 1, 4, 4))
    before = dict(noted)
    assert layer_table(net, (1, 4, 4)).parameters == 20
    assert noted == before and len(noted) == 4
    net(torch.ones(1, 1, 4, 4))
    assert all(noted[key] is not before[key] for key in before)
